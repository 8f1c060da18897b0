"""Records in few bytes, of which there is only one form. Pure.

A record is a row of 32-byte words. Words that come again are written once: a dictionary holds each
word, and rows hold its places in it, column by column for all records of the same shape (event and
number of words). Numbers are little-endian:

    count, emitters, shapes, words        4 bytes each
    emitters                              20 bytes each
    words of each shape                   a column
    shape of each record                  a column
    emitter of each record                a column
    block number, less the one before     a column
    block time, less the one before       a column
    for each shape, for each of its words: its places in the dictionary, a column
    words                                 32 bytes each

A column begins with a byte for its width: 1, 2, 4 or 8 bytes a number, the fewest that hold the
largest; or 0, followed by 8 bytes, where all numbers are the same. Emitters, shapes and words stand
in the order in which they are first used.
"""

from __future__ import annotations

import struct
import sys
from array import array
from itertools import accumulate, chain, pairwise
from typing import TYPE_CHECKING, Final

from governance.history import Record
from governance.primitives import address_bytes, checksum_address

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_WORD: Final = 32
_ADDRESS: Final = 20
_COUNTS: Final = struct.Struct("<4I")
_SAME: Final = struct.Struct("<BQ")
_CODES: Final = {1: "B", 2: "H", 4: "I", 8: "Q"}
_LARGEST_NUMBER: Final = 2**63
_FREE: Final = 2**26
_EXPANSION: Final = 64
"""What `decode` gives is at most so many times as long as what it is given, above 64 MiB: words
that are written once must not fill a machine."""


class RecordsInvalid(ValueError):
    """The bytes are no records in the one form that there is."""


def encode(records: Sequence[Record]) -> bytes:
    """The bytes of records.

    Raises:
        RecordsInvalid: a record is no row of words, or blocks go back.
    """
    shapes: dict[tuple[bytes, int], int] = {}
    emitters: dict[str, int] = {}
    shape_of, emitter_of = [], []
    rows: list[list[bytes]] = []
    for record in records:
        data = record.data
        if not data or len(data) % _WORD:
            raise RecordsInvalid("a record is no row of words")
        shape = shapes.setdefault((data[:_WORD], len(data)), len(shapes))
        if shape == len(rows):
            rows.append([])
        rows[shape].append(data)
        shape_of.append(shape)
        emitter_of.append(emitters.setdefault(record.emitter, len(emitters)))
    columns = [
        b"".join(data[at : at + _WORD] for data in found)
        for found in rows
        for at in range(0, len(found[0]), _WORD)
    ]
    words: dict[bytes, int] = {}
    places = [[words.setdefault(word, len(words)) for word in _words(column)] for column in columns]
    return b"".join(
        (
            _COUNTS.pack(len(records), len(emitters), len(shapes), len(words)),
            *map(address_bytes, emitters),
            _column([size // _WORD for _, size in shapes]),
            _column(shape_of),
            _column(emitter_of),
            _column(_deltas(record.number for record in records)),
            _column(_deltas(record.timestamp for record in records)),
            *map(_column, places),
            *words,
        )
    )


def decode(data: bytes) -> list[Record]:
    """The records that bytes stand for; each one's place in its block is counted anew.

    Raises:
        RecordsInvalid: they are not what `encode` makes of any records.
    """
    source = _Source(data)
    count, emitters, shapes, words = _COUNTS.unpack(source.take(_COUNTS.size))
    # What is the same in all records takes no bytes; but there is a record for each byte at most.
    if max(count, shapes, emitters * _ADDRESS, words * _WORD) > len(data):
        raise RecordsInvalid("it breaks off")
    accounts = [source.take(_ADDRESS) for _ in range(emitters)]
    sizes = source.column(shapes)
    shape_of = source.column(count)
    emitter_of = source.column(count)
    numbers = list(accumulate(source.column(count)))
    times = list(accumulate(source.column(count)))
    if count and max(numbers[-1], times[-1]) >= _LARGEST_NUMBER:
        raise RecordsInvalid("a block's number or time is too large")
    _require_first_use(shape_of, shapes)
    _require_first_use(emitter_of, emitters)
    in_shape = [0] * shapes
    for shape in shape_of:
        in_shape[shape] += 1
    expanded = _WORD * sum(map(int.__mul__, in_shape, sizes))
    if expanded > max(_FREE, _EXPANSION * len(data)) or (shapes and min(sizes) < 1):
        raise RecordsInvalid("it stands for more than it may")
    tables = [
        [source.column(rows) for _ in range(size)]
        for rows, size in zip(in_shape, sizes, strict=True)
    ]
    _require_first_use(chain.from_iterable(chain.from_iterable(tables)), words)
    dictionary = list(_words(source.take(words * _WORD)))
    source.end()
    kinds = {(dictionary[table[0][0]], len(table)) for table in tables}
    if len(set(dictionary)) != words or len(set(accounts)) != emitters or len(kinds) != shapes:
        raise RecordsInvalid("something is written twice")
    if any(len(set(table[0])) != 1 for table in tables):
        raise RecordsInvalid("a shape is of two events")
    look = dictionary.__getitem__
    queues = [
        map(b"".join, zip(*(map(look, column) for column in table), strict=True))
        for table in tables
    ]
    names = [checksum_address(account) for account in accounts]
    return [
        Record(names[emitter], number, time, place, next(queues[shape]))
        for emitter, number, time, place, shape in zip(
            emitter_of, numbers, times, _places(numbers), shape_of, strict=True
        )
    ]


class _Source:
    """Bytes that are taken from the beginning to the end."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def take(self, size: int) -> bytes:
        taken = self._data[self._at : self._at + size]
        if len(taken) != size:
            raise RecordsInvalid("it breaks off")
        self._at += size
        return taken

    def column(self, count: int) -> Sequence[int]:
        width = self.take(1)[0]
        if width == 0:
            value = int.from_bytes(self.take(8), "little")
            if not count:
                raise RecordsInvalid("a column of nothing has a value")
            return [value] * count
        code = _CODES.get(width)
        if code is None:
            raise RecordsInvalid("a column has a width that there is not")
        found = array(code, self.take(width * count))
        if sys.byteorder == "big":
            found.byteswap()
        largest = max(found, default=0)
        if _width(largest) != width or (count and largest == min(found)):
            raise RecordsInvalid("a column is wider than it must be")
        return found

    def end(self) -> None:
        if self._at != len(self._data):
            raise RecordsInvalid("something follows")


def _column(numbers: Sequence[int]) -> bytes:
    largest, least = max(numbers, default=0), min(numbers, default=0)
    if numbers and largest == least:
        return _SAME.pack(0, largest)
    width = _width(largest)
    written = array(_CODES[width], numbers)
    if sys.byteorder == "big":
        written.byteswap()
    return bytes([width]) + written.tobytes()


def _width(largest: int) -> int:
    return next(width for width in _CODES if not largest >> (8 * width))


def _deltas(numbers: Iterable[int]) -> list[int]:
    found = [after - before for before, after in pairwise(chain((0,), numbers))]
    if found and (min(found) < 0 or sum(found) >= _LARGEST_NUMBER):
        raise RecordsInvalid("blocks go back")
    return found


def _words(data: bytes) -> Iterator[bytes]:
    return (data[at : at + _WORD] for at in range(0, len(data), _WORD))


def _require_first_use(used: Iterable[int], count: int) -> None:
    found = list(dict.fromkeys(used))
    if len(found) != count or found != list(range(count)):
        raise RecordsInvalid("something is not where it is first used, or not used at all")


def _places(numbers: Sequence[int]) -> Iterator[int]:
    """Of each record its place among those of its block."""
    before, place = -1, 0
    for number in numbers:
        place = place + 1 if number == before else 0
        before = number
        yield place
