"""One event, proven alone: a file that shows that a contract emitted it, to whoever has the trust.

The file carries the sealed header of the event's block, headers in between where validators have
changed, and the way from the header's receipts' root to the receipt in which the event stands.
Where the endpoint still has the state after the block, it also carries what shows that the contract
belongs to the house: `History`'s code names the contracts that may append, and its storage those
that were opened later.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from governance.errors import CharterError
from governance.primitives import AddressInvalid, HexInvalid, checksum_address, from_hex, to_hex

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

SCHEME: Final = "swarm-charter/event-proof/1"
"""Names the file's JSON form."""

LARGEST_FILE: Final = 4 * 2**20
"""Bytes; larger files are not parsed at all."""

MOST_HEADERS: Final = 1_024
"""More headers than a chain of a thousand changes of its validators needs."""

MOST_NODES: Final = 64
"""As many as there are digits in a hashed key."""

_LARGEST_INDEX: Final = 2**32 - 1
_FIELDS: Final = frozenset(
    {
        *("scheme", "chain_id", "history", "headers", "transaction", "receipt", "log"),
        *("house", "id"),
    }
)
_HOUSE_FIELDS: Final = frozenset({"account", "code", "storage"})


class EventProofInvalid(CharterError):
    """A file is no proof of an event."""

    code = "EventProofInvalid"

    def __init__(self, source: Path | str, reason: str) -> None:
        super().__init__(
            f"{source} is no proof of an event: {reason}.",
            "Have it made again with `charter audit prove-event`.",
        )


@dataclass(frozen=True, slots=True)
class HouseProof:
    """What shows that a contract belongs to the house, in the state after the event's block.

    Attributes:
        account: nodes on the way from the state root to `History`'s account.
        code: `History`'s code, which names Swarm, Governor and Studies.
        storage: nodes on the way to where `History` notes that the contract was enrolled; none for
            a contract that the code names.
    """

    account: tuple[bytes, ...]
    code: bytes
    storage: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class EventProof:
    """What the file holds; nothing of it is believed before `verify_event` has said so.

    Attributes:
        chain_id: the chain's number.
        history: address of the History contract.
        headers: as RLP encodes them, the event's block last.
        transaction: its place in the block.
        receipt: nodes on the way to the transaction's receipt.
        log: the event's place among the transaction's logs.
        house: what shows that the emitter belongs to the house, if that could be had.
        id: names the event, to quote it by: see `event_id`.
    """

    chain_id: int
    history: str
    headers: tuple[bytes, ...]
    transaction: int
    receipt: tuple[bytes, ...]
    log: int
    house: HouseProof | None
    id: bytes

    def to_bytes(self) -> bytes:
        """The file's content: canonical JSON (RFC 8785)."""
        import rfc8785  # noqa: PLC0415 - only where a proof is read or written

        house = self.house
        return rfc8785.dumps(
            {
                "scheme": SCHEME,
                "chain_id": self.chain_id,
                "history": self.history,
                "headers": _hexes(self.headers),
                "transaction": self.transaction,
                "receipt": _hexes(self.receipt),
                "log": self.log,
                "house": None
                if house is None
                else {
                    "account": _hexes(house.account),
                    "code": to_hex(house.code),
                    "storage": _hexes(house.storage),
                },
                "id": to_hex(self.id),
            }
        )

    @classmethod
    def from_bytes(cls, content: bytes, source: Path | str = "What was given") -> EventProof:
        """The proof that a file holds. Only its form is looked at.

        Args:
            content: the file's bytes.
            source: what an error names as the file they came from.

        Raises:
            EventProofInvalid: it holds none, or one in another form than `to_bytes` gives.
        """
        try:
            if len(content) > LARGEST_FILE:
                raise _Flaw(f"it is larger than {LARGEST_FILE} bytes")
            try:
                value = json.loads(content.decode())
            except (ValueError, RecursionError):
                raise _Flaw("it is not JSON") from None
            proof = cls._of(value)
        except _Flaw as flaw:
            raise EventProofInvalid(source, flaw.reason) from None
        if proof.to_bytes() != content:
            raise EventProofInvalid(source, "it is not in its canonical form (RFC 8785)")
        return proof

    @classmethod
    def _of(cls, value: Any) -> EventProof:
        if not isinstance(value, dict) or value.get("scheme") != SCHEME:
            raise _Flaw(f"its scheme is not {SCHEME}")
        _require_fields(value, _FIELDS)
        house = value["house"]
        if house is not None:
            if not isinstance(house, dict):
                raise _Flaw("house is no object")
            _require_fields(house, _HOUSE_FIELDS)
            house = HouseProof(
                account=_list(house, "account", MOST_NODES),
                code=_data(house["code"], "code"),
                storage=_list(house, "storage", MOST_NODES),
            )
        if not isinstance(value["history"], str):
            raise _Flaw("history is no address")
        try:
            history = checksum_address(value["history"])
        except AddressInvalid:
            raise _Flaw("history is no address") from None
        return cls(
            chain_id=_number(value, "chain_id", 2**53 - 1),
            history=history,
            headers=_list(value, "headers", MOST_HEADERS),
            transaction=_number(value, "transaction", _LARGEST_INDEX),
            receipt=_list(value, "receipt", MOST_NODES),
            log=_number(value, "log", _LARGEST_INDEX),
            house=house,
            id=_data(value["id"], "id"),
        )


class _Flaw(Exception):
    """What is wrong with a file, before its name is known."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def _hexes(each: Sequence[bytes]) -> list[str]:
    return [to_hex(data) for data in each]


def _require_fields(value: dict[str, Any], wanted: frozenset[str]) -> None:
    if value.keys() != wanted:
        odd = ", ".join(sorted(map(str, value.keys() ^ wanted)))
        raise _Flaw(f"fields are missing or unknown ({odd})")


def _number(value: dict[str, Any], name: str, largest: int) -> int:
    number = value[name]
    if type(number) is not int or not 0 <= number <= largest:
        raise _Flaw(f"{name} is no number, or too large")
    return number


def _list(value: dict[str, Any], name: str, most: int) -> tuple[bytes, ...]:
    entries = value[name]
    if not isinstance(entries, list) or len(entries) > most:
        raise _Flaw(f"{name} is no list, or longer than {most}")
    return tuple(_data(entry, name) for entry in entries)


def _data(value: Any, name: str) -> bytes:
    if not isinstance(value, str):
        raise _Flaw(f"{name} is not hexadecimal")
    try:
        return from_hex(value)
    except HexInvalid:
        raise _Flaw(f"{name} is not hexadecimal") from None
