"""A ZIP archive of which there is only one for the same members. Pure.

Any program opens it. But members are stored, not compressed, in the order given, with no time, no
rights and no comment, so that nothing in it is without meaning: what is read is written again and
must be the same. Nothing can unpack to more than the file itself, or anywhere else than in memory.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING
from zlib import crc32

if TYPE_CHECKING:
    from collections.abc import Mapping

LARGEST = 2**31
"""Bytes of an archive; beyond them ZIP has another form."""

MOST_MEMBERS = 10_000

_LOCAL = struct.Struct("<4s5H3I2H")
_CENTRAL = struct.Struct("<4s6H3I5H2I")
_END = struct.Struct("<4s4H2IH")
_VERSION = 20
_DATE = 0x21
"""The first day of 1980: the earliest that ZIP can name, and as good as none."""


class ArchiveInvalid(ValueError):
    """The bytes are no archive in the one form that there is."""


def write(members: Mapping[str, bytes]) -> bytes:
    """The archive of these members, by name, in their order.

    Raises:
        ArchiveInvalid: there are too many, or they are too large.
    """
    if len(members) > MOST_MEMBERS or sum(map(len, members.values())) > LARGEST:
        raise ArchiveInvalid("it would be too large")
    parts: list[bytes] = []
    directory: list[bytes] = []
    at = 0
    for name, data in members.items():
        encoded = name.encode("ascii")
        checksum, size = crc32(data), len(data)
        common = (_VERSION, 0, 0, 0, _DATE, checksum, size, size, len(encoded), 0)
        parts += (_LOCAL.pack(b"PK\3\4", *common), encoded, data)
        directory += (
            _CENTRAL.pack(b"PK\1\2", _VERSION, *common, 0, 0, 0, 0, at),
            encoded,
        )
        at += _LOCAL.size + len(encoded) + size
    index = b"".join(directory)
    count = len(members)
    end = _END.pack(b"PK\5\6", 0, 0, count, count, len(index), at, 0)
    return b"".join((*parts, index, end))


def read(data: bytes) -> dict[str, bytes]:
    """The members of an archive, by name, in their order.

    Raises:
        ArchiveInvalid: it is not what `write` makes of them.
    """
    if len(data) > LARGEST:
        raise ArchiveInvalid("it is too large")
    members: dict[str, bytes] = {}
    at = 0
    while data[at : at + 4] == b"PK\3\4":
        if len(data) < at + _LOCAL.size or len(members) == MOST_MEMBERS:
            raise ArchiveInvalid("it breaks off, or holds too much")
        *_, size, name_size, _extra = _LOCAL.unpack_from(data, at)
        at += _LOCAL.size
        name = data[at : at + name_size]
        at += name_size
        if not name.isascii() or name.decode("ascii") in members:
            raise ArchiveInvalid("a name is there twice, or is none")
        members[name.decode("ascii")] = data[at : at + size]
        at += size
    if write(members) != data:
        raise ArchiveInvalid("it is not in the one form that it has")
    return members
