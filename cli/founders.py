"""The file that says with whom, by which rules and under which charter a swarm is founded."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cli.errors import FoundersFileInvalid
from governance.errors import CharterError
from governance.primitives import checksum_address, from_hex
from governance.vocabulary import Founder, Kind, Profile, Sector, VotingRules

if TYPE_CHECKING:
    from enum import IntEnum
    from pathlib import Path

    from governance.chain.keystore import Keystore

SCHEME = "swarm-charter/founders/1"

_KEYS = {"scheme", "charter", "voting", "founders"}
_VOTING_KEYS = {"period", "quorum", "expiry"}
_FOUNDER_KEYS = {"name", "kind", "sector", "country", "account", "document"}


@dataclass(frozen=True, slots=True)
class FoundersFile:
    """What the file says.

    Attributes:
        charter: SHA-256 of the charter document.
        charter_file: the document, where the file names it and not its digest.
        rules: how the swarm decides at first.
        founders: in the order of their numbers.
        keys: the founders' accounts that the file names by a key of this machine, by that name.
    """

    charter: bytes
    charter_file: Path | None
    rules: VotingRules
    founders: tuple[Founder, ...]
    keys: dict[str, str]


def load_founders(path: Path, keystore: Keystore) -> FoundersFile:
    """Reads the file.

    Documents are digests (`0x…`), or files, relative to this one, whose SHA-256 is taken. Accounts
    are addresses, or names of keys of this machine.

    Raises:
        FoundersFileInvalid: something in it is missing, unknown or of the wrong kind.
        KeystoreUnknown: an account is neither an address nor a key of this machine.
    """
    from governance.terms.document import read_yaml  # noqa: PLC0415 - loads pydantic

    try:
        document = read_yaml(path.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError:
        raise FoundersFileInvalid(path, "it is not text in UTF-8") from None
    if document.problems:
        raise FoundersFileInvalid(path, str(document.problems[0]).rstrip("."))
    return _Reader(path, keystore).read(document.data)


class _Reader:
    def __init__(self, path: Path, keystore: Keystore) -> None:
        self.path = path
        self.keystore = keystore
        self.keys: dict[str, str] = {}

    def read(self, written: Any) -> FoundersFile:
        top = self._mapping(written, "the file", _KEYS)
        if top["scheme"] != SCHEME:
            raise self._invalid(f"its scheme is not {SCHEME}")
        voting = self._mapping(top["voting"], "voting", _VOTING_KEYS)
        founders = top["founders"]
        if not isinstance(founders, tuple):
            raise self._invalid("founders is not a list")
        return FoundersFile(
            charter=self._digest(top["charter"], "charter"),
            charter_file=self._file(top["charter"]),
            rules=VotingRules(
                self._number(voting["period"], "voting.period"),
                self._number(voting["quorum"], "voting.quorum"),
                self._number(voting["expiry"], "voting.expiry"),
            ),
            founders=tuple(self._founder(each, n) for n, each in enumerate(founders, 1)),
            keys=self.keys,
        )

    def _founder(self, written: Any, number: int) -> Founder:
        where = f"founder {number}"
        entry = self._mapping(written, where, _FOUNDER_KEYS)
        profile = Profile(
            name=self._text(entry["name"], f"{where}'s name"),
            kind=self._member(Kind, entry["kind"], f"{where}'s kind"),
            sector=self._member(Sector, entry["sector"], f"{where}'s sector"),
            country=self._country(entry["country"], f"{where}'s country"),
            document=self._digest(entry["document"], f"{where}'s document"),
        )
        return Founder(self._account(entry["account"], f"{where}'s account"), profile)

    def _country(self, written: Any, what: str) -> bytes:
        text = self._text(written, what)
        if not re.fullmatch("[A-Z]{2}", text):
            raise self._invalid(f"{what} is not two capital letters, such as DE")
        return text.encode()

    def _account(self, written: Any, what: str) -> str:
        text = self._text(written, what)
        if text.startswith("0x"):
            try:
                return checksum_address(text)
            except CharterError as error:
                raise self._invalid(f"{what}: {error.message.rstrip('.')}") from None
        self.keys[text] = self.keystore.address(text)
        return self.keys[text]

    def _digest(self, written: Any, what: str) -> bytes:
        text = self._text(written, what)
        if text.startswith("0x"):
            try:
                return from_hex(text, 32, "digest")
            except CharterError as error:
                raise self._invalid(f"{what}: {error.message.rstrip('.')}") from None
        place = self.path.parent / text
        if place.exists() and not place.is_file():
            raise self._invalid(f"{what}: {text} is no plain file")
        try:
            with place.open("rb") as file:
                return hashlib.file_digest(file, "sha256").digest()
        except OSError as error:
            raise self._invalid(f"{what}: {text} cannot be read ({error.strerror})") from None

    def _file(self, written: str) -> Path | None:
        return None if written.startswith("0x") else self.path.parent / written

    def _member(self, members: type[IntEnum], written: Any, what: str) -> Any:
        words = {each.name.lower().replace("_", "-"): each for each in members}
        if written not in words:
            raise self._invalid(f"{what} is none of {', '.join(words)}")
        return words[written]

    def _mapping(self, written: Any, what: str, keys: set[str]) -> dict[str, Any]:
        if not isinstance(written, dict):
            raise self._invalid(f"{what} is not a mapping")
        odd = sorted(map(str, written.keys() ^ keys))
        if odd:
            raise self._invalid(f"in {what}, missing or unknown: {', '.join(odd)}")
        return written

    def _text(self, written: Any, what: str) -> str:
        if not isinstance(written, str):
            raise self._invalid(f"{what} is not text")
        return written

    def _number(self, written: Any, what: str) -> int:
        if type(written) is not int or not 0 < written < 2**32:
            raise self._invalid(f"{what} is not a whole number above zero")
        return written

    def _invalid(self, reason: str) -> FoundersFileInvalid:
        return FoundersFileInvalid(self.path, reason)
