"""The one byte form of an update, and its digest.

An update is a set of named arrays, such as a model's layers. Its digest is

    sha256(text(scheme) ‖ uint64(arrays) ‖ for each array, by name as UTF-8, ascending:
           text(name) ‖ text(dtype) ‖ uint64(dimensions) ‖ uint64 each dimension ‖ data)

with `text(s) = uint64(bytes of s) ‖ s`, big-endian lengths, and the data in C order with
little-endian items. The dtype is a letter and the item's bytes, such as `f4` or `i8`, and `bf2` for
bfloat16; so name, type and shape are bound in and no two updates share their bytes.

Nothing here imports numpy or torch: whatever offers its buffer, or becomes a numpy array, is an
array, and so is what lies in a file.
"""

from __future__ import annotations

import hashlib
import os
import struct
import sys
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from governance.checkpoints.arrays import StoredArray, stored_arrays
from governance.checkpoints.errors import UpdateInvalid

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

UPDATE_SCHEME = "swarm-charter/update/1"

_DTYPES = frozenset({"b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "bf2", "f4", "f8"})
_FORMATS = (
    {"?": "b", "e": "f", "f": "f", "d": "f"}
    | dict.fromkeys("bhilq", "i")
    | dict.fromkeys("BHILQ", "u")
)
_REMEDY = "Give named arrays of booleans, integers or floats, such as those of numpy."


def update_digest(arrays: Mapping[str, Any]) -> bytes:
    """Return the SHA-256 of an update's byte form.

    Args:
        arrays: The update's arrays by name: of numpy, `array.array`, `memoryview`s, tensors of
            torch on any device, `StoredArray`s.

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
        array = in_pieces(name.decode(), named[name])
        digest.update(_text(name) + _text(array.dtype.encode()) + _uint64(len(array.shape)))
        digest.update(b"".join(map(_uint64, array.shape)))
        for piece in array.pieces():
            digest.update(piece)
    return digest.digest()


def update_file_digest(path: Path) -> bytes:
    """Return the digest of an update that lies in a file or a folder of files.

    Args:
        path: A `.safetensors` or `.npy` file, or a folder of such, as `stored_arrays` reads them.
            What a safetensors file says in `__metadata__` is no part of the update.

    Raises:
        UpdateInvalid: It holds no update, or changes while it is read.
        ModelFilesInvalid: A folder holds something else than plain files.
    """
    return update_digest(stored_arrays(path))


def update_digests(updates: Sequence[Mapping[str, Any]]) -> list[bytes]:
    """Return the digests of several updates, computed side by side on all processors.

    Args:
        updates: Each as `update_digest` takes it.

    Raises:
        UpdateInvalid: See `update_digest`, of the first that is none.
    """
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        return list(pool.map(update_digest, updates))


class InPieces(Protocol):
    """An array as the byte form takes it: items little-endian, in C order."""

    @property
    def dtype(self) -> str:
        """A letter (`bf` for bfloat16) and the item's bytes."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Its dimensions."""

    def pieces(self) -> Iterable[Any]:
        """The data, as buffers one after the other."""


@dataclass(frozen=True, slots=True)
class _InMemory:
    """An array that somebody else holds in memory."""

    dtype: str
    view: memoryview

    @property
    def shape(self) -> tuple[int, ...]:
        """Its dimensions."""
        return self.view.shape or ()

    def pieces(self) -> Iterable[Any]:
        """The data, without a copy where they lie in order already."""
        if not self.view.nbytes:
            return ()
        if _is_big_endian(self.view):
            data = bytearray(self.view.tobytes(order="C"))
            _swap(data, self.view.itemsize)
            return (data,)
        return (self.view if self.view.c_contiguous else self.view.tobytes(order="C"),)


def in_pieces(name: str, array: Any) -> InPieces:
    """An array as the byte form takes it.

    Args:
        name: What it is called, should it be none.
        array: The array; see `update_digest`.

    Raises:
        UpdateInvalid: It holds something else than booleans, integers or floats.
    """
    if isinstance(array, StoredArray):
        return array
    try:
        array, is_bfloat = _of_torch(array)
    except (TypeError, RuntimeError):
        # Sparse, quantised and 8-bit float tensors have no form that numpy knows.
        raise _no_array(name, array) from None
    view = _view(name, array)
    kind = _FORMATS.get(view.format.lstrip("<>=@|") if view.format else "")
    dtype = "bf2" if is_bfloat else f"{kind}{view.itemsize}"
    if dtype not in _DTYPES:
        raise UpdateInvalid(f"The array {name!r} holds items of type {view.format!r}.", _REMEDY)
    return _InMemory(dtype, view)


def _name(name: str) -> bytes:
    if not name:
        raise UpdateInvalid("An array of the update has no name.", _REMEDY)
    return unicodedata.normalize("NFC", name).encode()


def _of_torch(array: Any) -> tuple[Any, bool]:
    """A tensor of torch as what has a buffer, and whether its items are bfloat16.

    numpy has no bfloat16, so these are handed over as the 16-bit integers of the same bits.
    """
    # Who has made a tensor has loaded torch; nobody else needs it.
    torch = sys.modules.get("torch")
    if torch is None or not isinstance(array, torch.Tensor):
        return array, False
    plain = array.detach().cpu().resolve_conj().resolve_neg().contiguous()
    if plain.dtype is torch.bfloat16:
        return plain.view(torch.int16).numpy(), True
    return plain.numpy(), False


def _view(name: str, array: Any) -> memoryview:
    try:
        # What has no buffer of its own, such as a tensor, may know how to become a numpy array.
        return memoryview(array if _has_buffer(array) else array.__array__())
    except (TypeError, ValueError, BufferError, AttributeError, RuntimeError):
        raise _no_array(name, array) from None


def _no_array(name: str, array: Any) -> UpdateInvalid:
    what = f"The array {name!r} is a {type(array).__name__}, which is no array of numbers."
    return UpdateInvalid(what, _REMEDY)


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
