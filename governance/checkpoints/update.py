"""The one byte form of an update, and its digest.

An update is a set of named arrays, such as a model's layers. Its digest is

    sha256(text(scheme) ‖ uint64(arrays) ‖ for each array, by name as UTF-8, ascending:
           text(name) ‖ text(dtype) ‖ uint64(dimensions) ‖ uint64 each dimension ‖ data)

with `text(s) = uint64(bytes of s) ‖ s`, big-endian lengths, and the data in C order with
little-endian items. The dtype is a letter and the item's bytes, such as `f4` or `i8`; so name, type
and shape are bound in and no two updates share their bytes.

Nothing here imports numpy: whatever offers its buffer, or becomes a numpy array, is an array.
"""

from __future__ import annotations

import hashlib
import struct
import sys
import unicodedata
from typing import TYPE_CHECKING, Any

from governance.checkpoints.errors import UpdateInvalid

if TYPE_CHECKING:
    from collections.abc import Mapping

UPDATE_SCHEME = "swarm-charter/update/1"

_DTYPES = frozenset({"b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8"})
_FORMATS = (
    {"?": "b", "e": "f", "f": "f", "d": "f"}
    | dict.fromkeys("bhilq", "i")
    | dict.fromkeys("BHILQ", "u")
)
_REMEDY = "Give named arrays of booleans, integers or floats, such as those of numpy."


def update_digest(arrays: Mapping[str, Any]) -> bytes:
    """Return the SHA-256 of an update's byte form.

    Args:
        arrays: The update's arrays by name: of numpy, `array.array`, `memoryview`s, tensors.

    Raises:
        UpdateInvalid: there is no array, a name is empty or stands there twice after Unicode
            normalisation, or an array holds something else than booleans, integers or floats.
    """
    named = {_name(name): array for name, array in arrays.items()}
    if len(named) != len(arrays):
        raise UpdateInvalid("Two arrays of the update have the same name.", _REMEDY)
    if not named:
        raise UpdateInvalid("The update holds no array.", _REMEDY)
    digest = hashlib.sha256(_text(UPDATE_SCHEME.encode()) + _uint64(len(named)))
    for name in sorted(named):
        _add(digest, name, named[name])
    return digest.digest()


def _name(name: str) -> bytes:
    if not name:
        raise UpdateInvalid("An array of the update has no name.", _REMEDY)
    return unicodedata.normalize("NFC", name).encode()


def _add(digest: Any, name: bytes, array: Any) -> None:
    view = _view(name.decode(), array)
    kind = _FORMATS.get(view.format.lstrip("<>=@|") if view.format else "")
    dtype = f"{kind}{view.itemsize}"
    if dtype not in _DTYPES:
        raise UpdateInvalid(
            f"The array {name.decode()!r} holds items of type {view.format!r}.", _REMEDY
        )
    digest.update(_text(name) + _text(dtype.encode()) + _uint64(view.ndim))
    digest.update(b"".join(map(_uint64, view.shape or ())))
    if not view.nbytes:
        return
    if _is_big_endian(view):
        data = bytearray(view.tobytes(order="C"))
        _swap(data, view.itemsize)
        digest.update(data)
    elif view.c_contiguous:
        digest.update(view)
    else:
        digest.update(view.tobytes(order="C"))


def _view(name: str, array: Any) -> memoryview:
    try:
        # What has no buffer of its own, such as a tensor, may know how to become a numpy array.
        return memoryview(array if _has_buffer(array) else array.__array__())
    except (TypeError, ValueError, BufferError, AttributeError, RuntimeError):
        message = f"The array {name!r} is a {type(array).__name__}, which is no array of numbers."
        raise UpdateInvalid(message, _REMEDY) from None


def _has_buffer(array: Any) -> bool:
    try:
        memoryview(array).release()
    except TypeError:
        return False
    return True


def _is_big_endian(view: memoryview) -> bool:
    if view.itemsize == 1:
        return False
    if view.format and view.format[0] in "<>!":
        return view.format[0] != "<"
    return sys.byteorder == "big"


def _swap(data: bytearray, size: int) -> None:
    for place in range(size // 2):
        other = size - 1 - place
        data[place::size], data[other::size] = data[other::size], data[place::size]


def _uint64(number: int) -> bytes:
    return struct.pack(">Q", number)


def _text(data: bytes) -> bytes:
    return _uint64(len(data)) + data
