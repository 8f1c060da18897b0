"""A validator's card: what an institution hands to the others before there is a chain.

It says where the institution's validator is reached and which account speaks for the institution.
The account signs it, so nobody else can change it, and the validator's key proves that it is in the
institution's hands. A card holds nothing secret.

A card that replaces an earlier one of the same validator says since when. The first says nothing of
it, and is signed as if there were no such field: it is part of what all compared as they began.
"""

from __future__ import annotations

import ipaddress
import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from governance.chain.files import write_atomically
from governance.errors import CharterError
from governance.primitives import (
    ZERO_ADDRESS,
    address_of_public_key,
    checksum_address,
    domain_separator,
    from_hex,
    recover,
    struct_hash,
    to_hex,
    typed_digest,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from deploy.network.validator_key import ValidatorKey
    from governance.chain.signer import Signer

SCHEME = "swarm-charter/validator-card/1"
"""What a card's file names itself."""

_TYPE = (
    "ValidatorCard(string name,address account,address validator,bytes publicKey,"
    "string host,uint256 port)"
)
_LATER_TYPE = f"{_TYPE.removesuffix(')')},uint256 issuedAt)"
_KEYS = frozenset(
    {"scheme", "name", "account", "chain_id", "public_key", "host", "port", "proof", "signature"}
)
_PLAIN = {"name": str, "host": str, "chain_id": int, "port": int, "issued_at": int}
_NAME_BYTES = 128
_MOST_BYTES = 8_192
_PORTS = range(1, 65_536)
_CHAIN_IDS = range(1, 1 << 64)
_TIMES = range(1, 1 << 64)
_PUBLIC_KEY_BYTES = 64
_READABLE_BY_ALL = 0o644


class CardInvalid(CharterError):
    """A card is not what its institution signed, or not a card at all."""

    code = "CardInvalid"

    def __init__(self, source: Path | str, reason: str) -> None:
        super().__init__(
            f"The card {source} cannot be used: {reason}.",
            "Ask the institution for its card again, by a way that you trust.",
        )


class CardFieldWrong(CharterError):
    """What is to be written into one's own card does not fit."""

    code = "CardFieldWrong"

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"The card cannot be made: {reason}.",
            "Give the institution's name, an IP address and a port at which others reach you.",
        )


@dataclass(frozen=True, slots=True)
class Card:
    """One institution's validator, as it says itself.

    Attributes:
        name: what the institution calls itself, for people.
        account: the address that speaks for it.
        chain_id: number of the chain that is to be.
        public_key: the validator's, 64 bytes.
        host: IP address at which other validators reach it.
        port: TCP port there.
        proof: the validator key's signature of the card.
        signature: the account's signature of the card.
        issued_at: when it replaced an earlier one, Unix seconds; zero for the first.
    """

    name: str
    account: str
    chain_id: int
    public_key: bytes
    host: str
    port: int
    proof: bytes
    signature: bytes
    issued_at: int = 0

    @property
    def validator(self) -> str:
        """The validator's address, which follows from its key."""
        return address_of_public_key(self.public_key)

    @property
    def enode(self) -> str:
        """The URL by which Besu knows the validator as a peer."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"enode://{self.public_key.hex()}@{host}:{self.port}"

    @classmethod
    def make(
        cls,
        name: str,
        account: Signer,
        validator: ValidatorKey,
        *,
        chain_id: int,
        host: str,
        port: int,
        issued_at: int = 0,
    ) -> Card:
        """Makes and signs one's own card.

        Args:
            name: what the institution calls itself.
            account: the key that speaks for it.
            validator: its validator's key.
            chain_id: number of the chain that is to be.
            host: IP address at which other validators reach it.
            port: TCP port there.
            issued_at: when it replaces an earlier one, Unix seconds; zero for the first.

        Raises:
            CardFieldWrong: a field does not fit.
        """
        cls.check_fields(name, chain_id=chain_id, host=host, port=port)
        unsigned = cls(
            name=name,
            account=account.address,
            chain_id=chain_id,
            public_key=validator.public_key,
            host=host,
            port=port,
            proof=b"",
            signature=b"",
            issued_at=issued_at,
        )
        digest = unsigned.digest()
        return replace(
            unsigned,
            proof=validator.sign_digest(digest),
            signature=account.sign_digest(digest),
        )

    @staticmethod
    def check_fields(name: str, *, chain_id: int, host: str, port: int) -> None:
        """Makes sure that a card could say this.

        Raises:
            CardFieldWrong: a field does not fit.
        """
        if flaw := _flaw(name, chain_id, host, port):
            raise CardFieldWrong(flaw)

    def digest(self) -> bytes:
        """What both keys sign (EIP-712); the chain's number is in the domain."""
        said = (self.name, self.account, self.validator, self.public_key, self.host, self.port)
        struct = (
            struct_hash(_LATER_TYPE, *said, self.issued_at)
            if self.issued_at
            else struct_hash(_TYPE, *said)
        )
        return typed_digest(domain_separator(self.chain_id, ZERO_ADDRESS), struct)

    def as_json(self) -> dict[str, Any]:
        """The card as its file holds it."""
        return {
            "scheme": SCHEME,
            "name": self.name,
            "account": self.account,
            "chain_id": self.chain_id,
            "public_key": to_hex(self.public_key),
            "host": self.host,
            "port": self.port,
            **({"issued_at": self.issued_at} if self.issued_at else {}),
            "proof": to_hex(self.proof),
            "signature": to_hex(self.signature),
        }

    def save(self, path: Path) -> None:
        """Writes the card whole or not at all."""
        write_atomically(path, json.dumps(self.as_json(), indent=2) + "\n", _READABLE_BY_ALL)

    @classmethod
    def load(cls, path: Path) -> Card:
        """Reads a card and holds it against both of its signatures.

        Raises:
            CardInvalid: it is no card, or was altered.
        """
        try:
            raw = path.read_bytes()
        except OSError as error:
            raise CardInvalid(path, error.strerror or "it cannot be read") from None
        if len(raw) > _MOST_BYTES:
            raise CardInvalid(path, f"it is larger than {_MOST_BYTES} bytes")
        try:
            value = json.loads(raw)
        except (ValueError, RecursionError):
            raise CardInvalid(path, "it is not JSON") from None
        return cls.from_json(value, path)

    @classmethod
    def from_json(cls, value: Any, source: Path | str = "in hand") -> Card:
        """The card in plain data, checked.

        Args:
            value: what the JSON holds.
            source: what an error names as the file it came from.

        Raises:
            CardInvalid: it is no card, or was altered.
        """
        if not isinstance(value, dict) or value.get("scheme") != SCHEME:
            raise CardInvalid(source, f"its scheme is not {SCHEME}")
        if odd := (value.keys() - {"issued_at"}) ^ _KEYS:
            listed = ", ".join(sorted(map(str, odd)))
            raise CardInvalid(source, f"fields are missing or unknown ({listed})")
        for field, kind in _PLAIN.items():
            if field in value and type(value[field]) is not kind:
                raise CardInvalid(source, f"{field} is malformed")
        # The first card has no such field, and the others a time.
        if "issued_at" in value and value["issued_at"] not in _TIMES:
            raise CardInvalid(source, "issued_at is no time")
        try:
            card = cls(
                name=value["name"],
                account=checksum_address(value["account"]),
                chain_id=value["chain_id"],
                public_key=from_hex(value["public_key"], _PUBLIC_KEY_BYTES, "public_key"),
                host=value["host"],
                port=value["port"],
                proof=from_hex(value["proof"], what="proof"),
                signature=from_hex(value["signature"], what="signature"),
                issued_at=value.get("issued_at", 0),
            )
        except (CharterError, TypeError, AttributeError) as error:
            reason = error.message.rstrip(".") if isinstance(error, CharterError) else "malformed"
            raise CardInvalid(source, reason) from None
        card._check(source)
        return card

    def _check(self, source: Path | str) -> None:
        if flaw := _flaw(self.name, self.chain_id, self.host, self.port):
            raise CardInvalid(source, flaw)
        digest = self.digest()
        for whose, signature, expected in (
            ("the validator's key", self.proof, self.validator),
            (f"the account {self.account}", self.signature, self.account),
        ):
            try:
                signer = recover(digest, signature)
            except CharterError:
                signer = ""
            if signer != expected:
                raise CardInvalid(source, f"it is not signed by {whose}, or was altered since")


def newest(cards: Iterable[Card]) -> dict[str, Card]:
    """Of each validator, by address, the card that replaces its others; the first of equals."""
    found: dict[str, Card] = {}
    for card in cards:
        if card.issued_at > found.setdefault(card.validator, card).issued_at:
            found[card.validator] = card
    return found


def _flaw(name: str, chain_id: int, host: str, port: int) -> str:
    # What is not printable may have no bytes either.
    if not name.isprintable() or not 1 <= len(name.encode()) <= _NAME_BYTES:
        return f"the name is not 1 to {_NAME_BYTES} bytes of printable text"
    if port not in _PORTS:
        return "the port is not between 1 and 65535"
    if chain_id not in _CHAIN_IDS:
        return "the chain's number is not positive, or larger than 64 bits"
    return _host_flaw(host)


def _host_flaw(host: str) -> str:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return "the host is no IP address (Besu's lists of peers hold no names)"
    if "%" in host:
        return "the host is an address that has a meaning on one machine alone"
    if address.is_unspecified or address.is_multicast:
        return "the host is an address at which nobody is reached"
    return "" if str(address) == host else f"the host is not written as {address}"
