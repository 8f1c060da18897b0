"""The trust file, and the addresses of the house that follow from the chain's first record."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from governance.chain.errors import TrustInvalid, TrustMissing
from governance.chain.files import write_atomically
from governance.primitives import AddressInvalid, checksum_address

if TYPE_CHECKING:
    from pathlib import Path

SCHEME = "swarm-charter/trust/1"

_KEYS = frozenset({"scheme", "chain_id", "history", "founders", "validators"})
_READABLE_BY_ALL = 0o644


@dataclass(frozen=True, slots=True)
class Trust:
    """Where all trust begins: handed over out of band, never taken from the chain.

    Attributes:
        chain_id: the chain's number.
        history: address of the History contract.
        founders: the founders' accounts at the founding, in the order of their numbers.
        validators: the first validators; empty on a chain without seals.
    """

    chain_id: int
    history: str
    founders: tuple[str, ...]
    validators: tuple[str, ...] = ()

    @classmethod
    def load(cls, path: Path) -> Trust:
        """Reads a trust file.

        Raises:
            TrustMissing: there is no such file.
            TrustInvalid: it is not what `save` writes.
        """
        try:
            text = path.read_text(encoding="utf-8")
        except FileNotFoundError:
            raise TrustMissing(path) from None
        except OSError as error:
            raise TrustInvalid(path, error.strerror or "it cannot be read") from None
        except UnicodeDecodeError:
            raise TrustInvalid(path, "it is not text") from None
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            raise TrustInvalid(path, "it is not JSON") from None
        return cls.from_json(value, path)

    @classmethod
    def from_json(cls, value: Any, source: Path | str = "in hand") -> Trust:
        """The trust in plain data, checked.

        Args:
            value: what the JSON holds.
            source: what an error names as the file it came from.

        Raises:
            TrustInvalid: it is not what `as_json` gives.
        """
        try:
            return cls._checked(value)
        except _Flaw as flaw:
            raise TrustInvalid(source, flaw.reason) from None

    @classmethod
    def _checked(cls, value: Any) -> Trust:
        if not isinstance(value, dict):
            raise _Flaw("it is not a JSON object")
        if value.get("scheme") != SCHEME:
            raise _Flaw(f"its scheme is not {SCHEME}")
        if value.keys() != _KEYS:
            odd = ", ".join(sorted(map(str, value.keys() ^ _KEYS)))
            raise _Flaw(f"fields are missing or unknown ({odd})")
        number = value["chain_id"]
        if type(number) is not int or number <= 0:
            raise _Flaw("chain_id is not a positive number")
        founders = _addresses(value["founders"], "founders")
        if not founders:
            raise _Flaw("it names no founder")
        return cls(
            chain_id=number,
            history=_address(value["history"], "history"),
            founders=founders,
            validators=_addresses(value["validators"], "validators"),
        )

    def as_json(self) -> dict[str, Any]:
        """The trust as the file holds it."""
        return {
            "scheme": SCHEME,
            "chain_id": self.chain_id,
            "history": self.history,
            "founders": list(self.founders),
            "validators": list(self.validators),
        }

    def save(self, path: Path) -> None:
        """Writes the file whole or not at all."""
        write_atomically(path, json.dumps(self.as_json(), indent=2) + "\n", _READABLE_BY_ALL)


@dataclass(frozen=True, slots=True)
class House:
    """Addresses of the contracts that stand from the founding on, with checksum."""

    history: str
    relay: str
    swarm: str
    governor: str
    studies: str


class _Flaw(Exception):
    """What is wrong with a trust file, before its name is known."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def _address(value: Any, what: str) -> str:
    if not isinstance(value, str):
        raise _Flaw(f"{what} is no address")
    try:
        return checksum_address(value)
    except AddressInvalid as error:
        raise _Flaw(f"{what}: {error.message}") from None


def _addresses(value: Any, what: str) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise _Flaw(f"{what} is not a list")
    found = tuple(_address(entry, what) for entry in value)
    if len(set(found)) != len(found):
        raise _Flaw(f"{what} names an address twice")
    return found
