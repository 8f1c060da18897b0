"""Strict decoding of ABI-encoded fields into Python values.

A decoder is compiled once from a field's description in the event table and the Python type that
is wanted. Only the one encoding that Solidity itself writes is accepted: tails without gaps in the
order of their heads, zero padding, values within their types. So two different records never
decode to the same event (but for text that is no UTF-8), and what was decoded is what was hashed.
"""

from __future__ import annotations

import typing
from dataclasses import dataclass, fields, is_dataclass, replace
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from governance.history.errors import HistoryMalformed
from governance.primitives import checksum_address

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from governance.abi import Field

WORD = 32


@dataclass(frozen=True, slots=True)
class Decoder:
    """Reads one type.

    Attributes:
        read: From the bytes and the place of the value, the value and the place after it.
        size: Bytes that the value takes where it stands; for a dynamic type, one word.
        dynamic: Whether only an offset to the value stands in its place.
    """

    read: Callable[[bytes, int], tuple[Any, int]]
    size: int
    dynamic: bool


def snake_case(name: str) -> str:
    """A Solidity name as Python writes it: `termsDigest` is `terms_digest`."""
    return "".join("_" + letter.lower() if letter.isupper() else letter for letter in name)


def is_dynamic(field: Field) -> bool:
    """Whether a type has no fixed size, so that its place in a head is taken by an offset."""
    kind = field.type
    if kind == "tuple":
        return any(map(is_dynamic, field.components))
    return kind in {"bytes", "string"} or kind.endswith("[]")


def head_size(field: Field) -> int:
    """Bytes that a field takes in the head of a tuple."""
    if field.type == "tuple" and not is_dynamic(field):
        return sum(map(head_size, field.components))
    return WORD


def struct_decoder(components: Sequence[Field], wanted: type) -> Decoder:
    """A decoder of a tuple into a dataclass with the same fields in the same order.

    Raises:
        TypeError: The dataclass has other fields than the tuple.
    """
    if not is_dataclass(wanted):
        raise TypeError(f"{wanted!r} is no dataclass")
    names = [snake_case(component.name) for component in components]
    if names != [field.name for field in fields(wanted)]:
        raise TypeError(f"{wanted.__name__} has other fields than {names}")
    hints = typing.get_type_hints(wanted)
    parts = [_decoder(part, hints[name]) for part, name in zip(components, names, strict=True)]
    size = sum(part.size for part in parts)
    if any(part.dynamic for part in parts):
        return Decoder(_dynamic_struct(parts, size, wanted), WORD, dynamic=True)
    return Decoder(_static_struct(parts, wanted), size, dynamic=False)


def _decoder(field: Field, wanted: Any) -> Decoder:
    kind = field.type
    if kind.endswith("[]"):
        inner = replace(field, type=kind.removesuffix("[]"))
        origin, arguments = typing.get_origin(wanted), typing.get_args(wanted)
        if origin is not tuple or len(arguments) != 2 or arguments[1] is not Ellipsis:  # noqa: PLR2004
            raise TypeError(f"{kind} is read into tuple[…, ...], not {wanted!r}")
        return Decoder(_array(_decoder(inner, arguments[0])), WORD, dynamic=True)
    if kind == "tuple":
        return struct_decoder(field.components, wanted)
    if kind == "bytes" and wanted is bytes:
        return Decoder(_bytes, WORD, dynamic=True)
    if kind == "string" and wanted is str:
        return Decoder(_string, WORD, dynamic=True)
    return Decoder(_word_reader(kind, wanted), WORD, dynamic=False)


def _word_reader(kind: str, wanted: Any) -> Callable[[bytes, int], tuple[Any, int]]:
    # Numbers and digests are most of what there is to read: they do without a call more.
    if kind.startswith("uint") and wanted is int:
        return _uint(1 << int(kind[4:]))
    if kind == "bytes32" and wanted is bytes:
        return _whole_word
    return _word(_word_value(kind, wanted))


def _word_value(kind: str, wanted: Any) -> Callable[[bytes], Any]:
    if kind.startswith("uint") and isinstance(wanted, type) and issubclass(wanted, IntEnum):
        return _enum(wanted)
    if kind == "bool" and wanted is bool:
        return _bool
    if kind == "address" and wanted is str:
        return _address
    if kind.startswith("bytes") and wanted is bytes:
        return _fixed_bytes(int(kind[5:]))
    raise TypeError(f"{kind} is not read into {wanted!r}")


# --- structs and arrays ---------------------------------------------------------------------------


def _static_struct(
    parts: Sequence[Decoder], wanted: type
) -> Callable[[bytes, int], tuple[Any, int]]:
    reads = [part.read for part in parts]

    def read(data: bytes, at: int) -> tuple[Any, int]:
        values = []
        for part in reads:
            value, at = part(data, at)
            values.append(value)
        return wanted(*values), at

    return read


def _dynamic_struct(
    parts: Sequence[Decoder], size: int, wanted: type
) -> Callable[[bytes, int], tuple[Any, int]]:
    def read(data: bytes, start: int) -> tuple[Any, int]:
        values, at, tail = [], start, start + size
        for part in parts:
            if part.dynamic:
                _require_offset(data, at, tail - start)
                value, tail = part.read(data, tail)
                at += WORD
            else:
                value, at = part.read(data, at)
            values.append(value)
        return wanted(*values), tail

    return read


def _array(item: Decoder) -> Callable[[bytes, int], tuple[Any, int]]:
    def read(data: bytes, at: int) -> tuple[Any, int]:
        count = _count(data, at, item.size)
        start = at + WORD
        values = []
        if not item.dynamic:
            at = start
            for _ in range(count):
                value, at = item.read(data, at)
                values.append(value)
            return tuple(values), at
        tail = start + count * WORD
        for index in range(count):
            _require_offset(data, start + index * WORD, tail - start)
            value, tail = item.read(data, tail)
            values.append(value)
        return tuple(values), tail

    return read


def _require_offset(data: bytes, at: int, expected: int) -> None:
    if int.from_bytes(_slice(data, at, WORD), "big") != expected:
        raise HistoryMalformed("An encoded field does not stand where its contract would put it.")


def _count(data: bytes, at: int, item_size: int) -> int:
    count = int.from_bytes(_slice(data, at, WORD), "big")
    # Bounds the work that forged bytes can ask for.
    if count * item_size > len(data) - at - WORD:
        raise HistoryMalformed("An encoded list is longer than its record.")
    return count


def _slice(data: bytes, at: int, size: int) -> bytes:
    piece = data[at : at + size]
    if len(piece) != size:
        raise _too_early()
    return piece


# --- dynamic values -------------------------------------------------------------------------------


def _bytes(data: bytes, at: int) -> tuple[bytes, int]:
    length = _count(data, at, 1)
    padded = -(-length // WORD) * WORD
    body = _slice(data, at + WORD, padded)
    if any(body[length:]):
        raise HistoryMalformed("An encoded byte string is not padded with zeros.")
    return body[:length], at + WORD + padded


def _string(data: bytes, at: int) -> tuple[str, int]:
    # Contracts do not check UTF-8; a text that is none must not keep anybody from reading on.
    raw, end = _bytes(data, at)
    return raw.decode("utf-8", "replace"), end


# --- words ----------------------------------------------------------------------------------------


def _word(value: Callable[[bytes], Any]) -> Callable[[bytes, int], tuple[Any, int]]:
    def read(data: bytes, at: int) -> tuple[Any, int]:
        end = at + WORD
        word = data[at:end]
        if len(word) != WORD:
            raise _too_early()
        return value(word), end

    return read


def _whole_word(data: bytes, at: int) -> tuple[bytes, int]:
    end = at + WORD
    if end > len(data):
        raise _too_early()
    return data[at:end], end


def _uint(limit: int) -> Callable[[bytes, int], tuple[int, int]]:
    def read(data: bytes, at: int) -> tuple[int, int]:
        end = at + WORD
        if end > len(data):
            raise _too_early()
        number = int.from_bytes(data[at:end], "big")
        if number >= limit:
            raise HistoryMalformed("An encoded number is larger than its type.")
        return number, end

    return read


def _too_early() -> HistoryMalformed:
    return HistoryMalformed("An encoded record ends too early.")


def _enum(kind: type[IntEnum]) -> Callable[[bytes], IntEnum]:
    members = {member.to_bytes(WORD, "big"): member for member in kind}

    def read(word: bytes) -> IntEnum:
        member = members.get(word)
        if member is None:
            raise HistoryMalformed(f"An encoded {kind.__name__} is none of its values.")
        return member

    return read


_BOOLS = {bytes(WORD): False, bytes(WORD - 1) + b"\x01": True}


def _bool(word: bytes) -> bool:
    value = _BOOLS.get(word)
    if value is None:
        raise HistoryMalformed("An encoded yes or no is neither.")
    return value


def _address(word: bytes) -> str:
    if word[:12] != bytes(12):
        raise HistoryMalformed("An encoded address is longer than 20 bytes.")
    return checksum_address(word[12:])


def _fixed_bytes(size: int) -> Callable[[bytes], bytes]:
    padding = bytes(WORD - size)

    def read(word: bytes) -> bytes:
        if word[size:] != padding:
            raise HistoryMalformed(f"Encoded bytes{size} are not padded with zeros.")
        return word[:size]

    return read
