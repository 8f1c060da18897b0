"""Kinds of values that commands take as words: digests, numbers of things, members of enums."""

from __future__ import annotations

import hashlib
import math
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import click

from cli.files import PlainFile
from governance.errors import CharterError
from governance.primitives import checksum_address, from_hex

if TYPE_CHECKING:
    from enum import IntEnum
    from pathlib import Path

    Member = TypeVar("Member", bound=IntEnum)

NUMBER = click.IntRange(min=1, max=2**32 - 1)
"""The number of an institution, study, proposal, version, round or revenue."""


_SECONDS = {"s": 1, "min": 60, "h": 3_600, "d": 86_400}

_KEPT = PlainFile(largest=256 * 2**20)
"""A document whose bytes are looked at too, whole."""


class TextType(click.ParamType[str]):
    """Text that others will read: the bytes of a terminal with another encoding are none."""

    name = "text"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The text."""
        try:
            str(value).encode()
        except UnicodeEncodeError:
            self.fail("it is not text in UTF-8", param, ctx)
        return str(value)


class ContextNameType(TextType):
    """What a context can be called: journals lie in folders of these names."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The name."""
        name = super().convert(value, param, ctx)
        if not re.fullmatch(r"\w[\w .@+-]{0,63}", name) or name != name.strip():
            self.fail(
                f"'{name}' is no name such as 'hospital': up to 64 letters, digits, or any of . - "
                "_ @ + in between",
                param,
                ctx,
            )
        return name


class HashType(click.ParamType[bytes]):
    """32 bytes, given as 0x and 64 hexadecimal digits: of what is no file of this machine."""

    name = "0x…"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> bytes:
        """The 32 bytes."""
        if isinstance(value, bytes):
            return value
        try:
            return from_hex(value, 32, "value")
        except CharterError as error:
            self.fail(error.message.rstrip("."), param, ctx)


class DigestType(click.ParamType[bytes]):
    """32 bytes: the SHA-256 of a file that is named, or given as 0x and 64 hexadecimal digits."""

    name = "file or 0x…"
    file = PlainFile()

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> bytes:
        """The 32 bytes."""
        if isinstance(value, bytes) or value.startswith("0x"):
            return HASH.convert(value, param, ctx)
        return self.digest_of(self.file.convert(value, param, ctx))

    def digest_of(self, path: Path) -> bytes:
        """The digest of a file that is there."""
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").digest()


class Document(NamedTuple):
    """What stays home and is named on chain by its digest.

    Attributes:
        digest: its SHA-256.
        content: its bytes; None where only the digest was given.
        path: the file; None where there was none.
    """

    digest: bytes
    content: bytes | None
    path: Path | None = None


class DocumentType(click.ParamType[Document]):
    """A document: the file that is named, or only its digest as 0x and 64 hexadecimal digits."""

    name = DigestType.name

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Document:
        """The document."""
        if isinstance(value, Document):
            return value
        if value.startswith("0x"):
            return Document(HASH.convert(value, param, ctx), None)
        path = _KEPT.convert(value, param, ctx)
        content = path.read_bytes()
        return Document(hashlib.sha256(content).digest(), content, path)


class UpdateType(DigestType):
    """The digest of an update: of a file or folder that is named, or given as 0x and 64 digits."""

    file = PlainFile(folder=True)

    def digest_of(self, path: Path) -> bytes:
        """The digest of an update's arrays."""
        from governance.checkpoints import update_file_digest  # noqa: PLC0415 - only for files

        return update_file_digest(path)


class SecondsType(click.FloatRange):
    """A length of time in seconds: between bounds, and a number that can be waited for."""

    def __init__(self, least: float, most: float = 1e9) -> None:
        super().__init__(least, most)

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """The seconds."""
        # What is no number lies within all bounds, for it is neither below nor above one.
        if math.isnan(found := float(super().convert(value, param, ctx))):
            self.fail(f"'{value}' is no number of seconds", param, ctx)
        return found


class AddressType(click.ParamType[str]):
    """An address, with checksum or in one case."""

    name = "address"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The address with its checksum."""
        try:
            return checksum_address(value)
        except CharterError as error:
            self.fail(error.message.rstrip("."), param, ctx)


class DurationType(click.ParamType[int]):
    """A length of time in seconds, written as terms write it: 45s, 90min, 12h, 30d."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The seconds."""
        if isinstance(value, int):
            return value
        found = re.fullmatch(r"([1-9][0-9]{0,8})(s|min|h|d)", value)
        if found is None:
            self.fail(f"'{value}' is no length of time such as 90min, 12h or 30d", param, ctx)
        return int(found[1]) * _SECONDS[found[2]]


class InstantType(click.ParamType[int]):
    """A point in time in Unix seconds, written as a date or as date and time, in UTC."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The Unix seconds."""
        if isinstance(value, int):
            return value
        try:
            found = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"'{value}' is no date such as 2026-11-22 or 2026-11-22T08:00Z", param, ctx)
        return int((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp())


TEXT = TextType()
CONTEXT_NAME = ContextNameType()
HASH = HashType()
DIGEST = DigestType()
DOCUMENT = DocumentType()
UPDATE = UpdateType()
ADDRESS = AddressType()
DURATION = DurationType()
INSTANT = InstantType()


def choice(members: type[Member], *names: str) -> click.Choice[str]:
    """The words of an enum's members as the values of an option; of some, where `names` says."""
    words = [member.name.lower().replace("_", "-") for member in members]
    return click.Choice([word for word in words if not names or word in names])


def member(members: type[Member], word: str) -> Member:
    """The member of an enum that a word stands for."""
    return members[word.upper().replace("-", "_")]
