"""Recursive length prefix, the encoding of Ethereum's headers: bytes, and lists of them.

Written out here because the package `rlp` takes a quarter of a second to import, which every
reading command would pay, and because what is decoded comes from endpoints that may lie: only the
one canonical encoding of a value is taken.
"""

from __future__ import annotations

from typing import TypeAlias

Item: TypeAlias = "bytes | list[Item]"

DEPTH_LIMIT = 8
"""Lists within lists; a header needs three."""

_STRING = 0x80
_LIST = 0xC0
_SHORT = 55


class RlpInvalid(ValueError):
    """The bytes are not the canonical encoding of anything."""


def encode(item: Item) -> bytes:
    """The encoding of bytes, or of a list of items."""
    if isinstance(item, bytes):
        if len(item) == 1 and item[0] < _STRING:
            return item
        return _prefix(len(item), _STRING) + item
    payload = b"".join(map(encode, item))
    return _prefix(len(payload), _LIST) + payload


def encode_number(number: int) -> bytes:
    """A number as bytes without leading zeros, ready to be an item; zero is none at all."""
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


def decode(data: bytes) -> Item:
    """The item that the bytes encode.

    Raises:
        RlpInvalid: they encode none, in another than the canonical way, or more than one.
    """
    item, end = _item(data, 0, len(data), 0)
    if end != len(data):
        raise RlpInvalid("something follows the item")
    return item


def decode_number(item: Item) -> int:
    """The number that an item stands for.

    Raises:
        RlpInvalid: it is a list, or begins with a zero.
    """
    if not isinstance(item, bytes) or item[:1] == b"\0":
        raise RlpInvalid("a number is none")
    return int.from_bytes(item, "big")


def _prefix(length: int, kind: int) -> bytes:
    if length <= _SHORT:
        return bytes([kind + length])
    size = encode_number(length)
    return bytes([kind + _SHORT + len(size)]) + size


def _item(data: bytes, at: int, end: int, depth: int) -> tuple[Item, int]:
    if at >= end:
        raise RlpInvalid("it breaks off")
    first = data[at]
    if first < _STRING:
        return data[at : at + 1], at + 1
    if first < _LIST:
        start, stop = _span(data, at, end, _STRING)
        if stop - start == 1 and data[start] < _STRING:
            raise RlpInvalid("a byte that stands for itself has a prefix")
        return data[start:stop], stop
    if depth == DEPTH_LIMIT:
        raise RlpInvalid("lists lie too deep in each other")
    start, stop = _span(data, at, end, _LIST)
    items: list[Item] = []
    while start < stop:
        item, start = _item(data, start, stop, depth + 1)
        items.append(item)
    return items, stop


def _span(data: bytes, at: int, end: int, kind: int) -> tuple[int, int]:
    """Where the payload of the item at `at` begins and ends."""
    length, start = data[at] - kind, at + 1
    if length > _SHORT:
        size = length - _SHORT
        written = data[start : start + size]
        start += size
        length = int.from_bytes(written, "big")
        if start > end or written[:1] == b"\0" or length <= _SHORT:
            raise RlpInvalid("a length is not written in the shortest way")
    if start + length > end:
        raise RlpInvalid("it breaks off")
    return start, start + length
