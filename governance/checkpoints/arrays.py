"""Named arrays as they lie in files: safetensors and npy, read without numpy or a framework.

Files come from others. Headers are bounded and must describe the file to the byte; data are read in
pieces when they are needed, so an update may be larger than the memory.
"""

from __future__ import annotations

import ast
import io
import json
import os
import stat
import struct
from dataclasses import dataclass, field
from math import prod
from typing import TYPE_CHECKING, Any, Final

from governance.checkpoints.errors import ModelFilesInvalid, UpdateInvalid
from governance.checkpoints.manifest import model_files
from governance.primitives import each_once

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

LARGEST_HEADER: Final = 16 * 2**20
"""Bytes of a file's header that are read at most; more than a hundred thousand arrays need."""

SUFFIXES: Final = (".safetensors", ".npy")
"""How the names of files with arrays end."""

_PIECE: Final = 2**18
_SAFETENSORS: Final = {
    "BOOL": "b1",
    "I8": "i1",
    "I16": "i2",
    "I32": "i4",
    "I64": "i8",
    "U8": "u1",
    "U16": "u2",
    "U32": "u4",
    "U64": "u8",
    "F16": "f2",
    "BF16": "bf2",
    "F32": "f4",
    "F64": "f8",
}
_NAMES: Final = {ours: theirs for theirs, ours in _SAFETENSORS.items()}
_NPY: Final = {
    ("|" if dtype.endswith("1") else "<") + dtype: dtype for dtype in _NAMES if dtype != "bf2"
}
_NPY_MAGIC: Final = b"\x93NUMPY"
_MOST_DIMENSIONS: Final = 64
_REMEDY: Final = "Write the arrays again as safetensors, with a current version of its library."


@dataclass(frozen=True, slots=True)
class StoredArray:
    """An array in a file, its items little-endian and in C order.

    Attributes:
        dtype: As the byte form of updates names it, such as `f4`, or `bf2` for bfloat16.
        shape: Its dimensions.
        path: The file.
        offset: Where its data begin, in bytes.
        size: Bytes of its data.
    """

    dtype: str
    shape: tuple[int, ...]
    path: Path
    offset: int
    size: int
    _stamp: tuple[int, ...] = field(repr=False, compare=False)

    def pieces(self) -> Iterator[memoryview]:
        """The data, piece by piece; a piece is good until the next one is asked for.

        Raises:
            UpdateInvalid: The file cannot be read, or has changed since its header was read.
        """
        # Reading, not mapping: a file that is cut off meanwhile must not end the process.
        buffer = memoryview(bytearray(min(self.size, _PIECE)))
        left = self.size
        with _opened(self.path) as file:
            file.seek(self.offset)
            while left:
                read = file.readinto(buffer[: min(left, _PIECE)])
                if not read or _stamp(file) != self._stamp:
                    raise _invalid(self.path, "changed while it was read")
                left -= read
                yield buffer[:read]

    def data(self) -> bytearray:
        """All of the data at once.

        Raises:
            UpdateInvalid: See `pieces`.
        """
        whole = bytearray()
        for piece in self.pieces():
            whole += piece
        return whole


def stored_arrays(path: Path) -> dict[str, StoredArray]:
    """The arrays of a file, or of all files with arrays in a folder, by name.

    In a `.safetensors` file arrays have names; an `.npy` file holds one, which has the file's name
    without its ending (in a folder, with the folders before it and `/` in between).

    Raises:
        UpdateInvalid: There is none, a file is not of one of the two kinds or breaks its format, or
            two arrays have the same name.
        ModelFilesInvalid: A folder holds something else than plain files.
    """
    files = model_files(path)
    if path.is_dir():
        files = {name: place for name, place in files.items() if name.endswith(SUFFIXES)}
    found: dict[str, StoredArray] = {}
    for name, place in sorted(files.items()):
        arrays = _of_file(name, place)
        if found.keys() & arrays.keys():
            raise _invalid(place, "names an array that another file names too")
        found |= arrays
    if not found:
        raise _invalid(path, "holds no array")
    return found


def write_safetensors(path: Path, arrays: Mapping[str, StoredArray | Any]) -> None:
    """Writes arrays as a safetensors file: those of the largest items first, then by name.

    Args:
        path: The file, which is begun anew.
        arrays: By name: `StoredArray`s, or what `update_digest` takes.

    Raises:
        UpdateInvalid: One is no array of numbers.
    """
    from governance.checkpoints.update import in_pieces  # noqa: PLC0415 - it needs this module

    plain = {name: in_pieces(name, array) for name, array in arrays.items()}
    # By item size, so that every array lies where its items may.
    order = sorted(plain, key=lambda name: (-int(plain[name].dtype[-1]), name))
    header: dict[str, Any] = {}
    at = 0
    for name in order:
        array = plain[name]
        size = prod(array.shape) * int(array.dtype[-1])
        header[name] = {
            "dtype": _NAMES[array.dtype],
            "shape": list(array.shape),
            "data_offsets": [at, at + size],
        }
        at += size
    told = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    told += b" " * (-len(told) % 8)
    with path.open("wb") as file:
        file.write(struct.pack("<Q", len(told)) + told)
        for name in order:
            for piece in plain[name].pieces():
                file.write(piece)
        file.flush()
        os.fsync(file.fileno())


def _of_file(name: str, path: Path) -> dict[str, StoredArray]:
    if name.endswith(".safetensors"):
        return _safetensors(path)
    if name.endswith(".npy"):
        return {name.removesuffix(".npy"): _npy(path)}
    raise _invalid(path, "is neither a safetensors nor an npy file")


# --- safetensors ----------------------------------------------------------------------------------


def _safetensors(path: Path) -> dict[str, StoredArray]:
    with _opened(path) as file:
        stamp = _stamp(file)
        (length,) = struct.unpack("<Q", _exactly(file, 8, path))
        if length > LARGEST_HEADER:
            raise _invalid(path, f"has a header of {length} bytes")
        told = _exactly(file, length, path)
    begin, end = 8 + length, stamp[0]
    try:
        header = json.loads(told.decode(), object_pairs_hook=each_once)
    except (ValueError, RecursionError):
        raise _invalid(path, "has a header that is no JSON, or names something twice") from None
    if not told.startswith(b"{") or not isinstance(header, dict):
        raise _invalid(path, "has a header that is no JSON object")
    metadata = header.pop("__metadata__", {})
    if not isinstance(metadata, dict) or not all(isinstance(v, str) for v in metadata.values()):
        raise _invalid(path, "has metadata that are not texts by name")
    arrays = {name: _tensor(told, path, begin, stamp) for name, told in header.items()}
    at = begin
    for array in sorted(arrays.values(), key=lambda each: (each.offset, each.size)):
        if array.offset != at:
            raise _invalid(path, "leaves a gap between its arrays, or lets them overlap")
        at += array.size
    if at != end:
        raise _invalid(path, "is longer or shorter than its header says")
    return arrays


def _tensor(told: Any, path: Path, begin: int, stamp: tuple[int, ...]) -> StoredArray:
    match told:
        case {"dtype": str(kind), "shape": list(shape), "data_offsets": [first, last]} if (
            len(told) == 3  # noqa: PLR2004 - these and no others
        ):
            numbers = [*shape, first, last]
        case _:
            raise _invalid(path, "describes an array otherwise than the format says")
    if any(type(number) is not int or number < 0 for number in numbers):
        raise _invalid(path, "gives an array dimensions or places that are no numbers")
    if kind not in _SAFETENSORS:
        raise _invalid(path, f"holds items of the type {kind!r}, which updates do not have")
    dtype = _SAFETENSORS[kind]
    return _stored(dtype, tuple(shape), path, (begin + first, last - first), stamp)


# --- npy ------------------------------------------------------------------------------------------


def _npy(path: Path) -> StoredArray:
    with _opened(path) as file:
        stamp = _stamp(file)
        magic = _exactly(file, 8, path)
        width = {1: 2, 2: 4, 3: 4}.get(magic[6])
        if magic[:6] != _NPY_MAGIC or width is None or magic[7]:
            raise _invalid(path, "is no npy file of a known version")
        length = int.from_bytes(_exactly(file, width, path), "little")
        if length > LARGEST_HEADER:
            raise _invalid(path, f"has a header of {length} bytes")
        told = _exactly(file, length, path)
    try:
        header = ast.literal_eval(told.decode("utf-8").strip())
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        raise _invalid(path, "has a header that cannot be read") from None
    match header:
        case {"descr": str(descr), "fortran_order": bool(fortran), "shape": tuple(shape)} if (
            len(header) == 3  # noqa: PLR2004 - these and no others
        ):
            pass
        case _:
            raise _invalid(path, "describes its array otherwise than the format says")
    if any(type(number) is not int or number < 0 for number in shape):
        raise _invalid(path, "gives its array dimensions that are no numbers")
    if descr not in _NPY or (fortran and len(shape) > 1):
        raise _invalid(path, f"holds items of type {descr!r}, or not little-endian in C order")
    begin = 8 + width + length
    return _stored(_NPY[descr], shape, path, (begin, stamp[0] - begin), stamp)


# --- what both share ------------------------------------------------------------------------------


def _stored(
    dtype: str,
    shape: tuple[int, ...],
    path: Path,
    place: tuple[int, int],
    stamp: tuple[int, ...],
) -> StoredArray:
    offset, size = place
    if len(shape) > _MOST_DIMENSIONS or prod(shape) * int(dtype[-1]) != size:
        raise _invalid(path, "gives an array more or fewer bytes than its dimensions ask for")
    return StoredArray(dtype, shape, path, offset, size, stamp)


def _opened(path: Path) -> io.FileIO:
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        return io.FileIO(os.open(path, flags | getattr(os, "O_BINARY", 0)), "rb")
    except OSError as error:
        raise _invalid(path, f"cannot be read: {error.strerror}") from None


def _stamp(file: io.FileIO) -> tuple[int, ...]:
    """What changes with a file; its size comes first."""
    told = os.fstat(file.fileno())
    if not stat.S_ISREG(told.st_mode):
        raise ModelFilesInvalid("What should hold arrays is no plain file.", _REMEDY)
    return told.st_size, told.st_mtime_ns, told.st_ino


def _exactly(file: io.FileIO, length: int, path: Path) -> bytes:
    data = bytearray()
    while len(data) < length:
        piece = file.read(length - len(data))
        if not piece:
            raise _invalid(path, "ends before its header does")
        data += piece
    return bytes(data)


def _invalid(path: Path, what: str) -> UpdateInvalid:
    return UpdateInvalid(f"The file {path} {what}.", _REMEDY)
