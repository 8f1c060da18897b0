"""Acts that an account signs and anybody sends.

A request names who acts, on which contract, by which call, and until when. It is signed as EIP-712
typed data in the domain of the house's `Relay`, by a key, or by the persons whose signatures a
contract account takes together (ERC-1271). It can be used once.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from governance.chain.files import write_atomically
from governance.errors import CharterError
from governance.primitives import (
    FieldRepeated,
    checksum_address,
    domain_separator,
    each_once,
    from_hex,
    recover,
    struct_hash,
    to_hex,
    typed_digest,
)

if TYPE_CHECKING:
    from pathlib import Path

    from governance.chain.signer import Signer

SCHEME: Final = "swarm-charter/relay/1"
"""Names the file's JSON form."""

REQUEST_TYPE: Final = (
    "RelayRequest(address from,address to,bytes data,uint256 nonce,uint256 deadline)"
)
"""The EIP-712 type that accounts sign."""

LARGEST_TEXT: Final = 262_144
"""More bytes than any request takes, terms included; longer texts are not parsed at all."""

COUNT_BITS: Final = 64
"""Bits of a nonce that count; those above are its key."""

_LARGEST_NUMBER: Final = 2**53 - 1
_LARGEST_NONCE: Final = 2**256 - 1
_KEY_BYTES: Final = 24
_NONCE_BYTES: Final = 32
_SIGNATURE_BYTES: Final = 65
_READABLE_BY_ALL: Final = 0o644
_REMEDY: Final = "Have the act signed again, with --sign-only."
_FIELDS: Final = frozenset(
    {"scheme", "chainId", "relay", "from", "to", "data", "nonce", "deadline", "signatures"}
)


class RelayRequestInvalid(CharterError):
    """A request is malformed, so that nobody can have signed it."""

    code = "RelayRequestInvalid"


@dataclass(frozen=True)
class RelayRequest:
    """An act that an account signs, for anyone to send.

    Attributes:
        chain_id: the chain's number.
        relay: address of the house's Relay, with checksum.
        account: whose act it is: a key's address, or a contract account's.
        to: the contract of the house that it calls.
        data: the call, as `call_data` makes it.
        nonce: 192 bits of any key, then 64 bits that count from zero.
        deadline: Unix seconds up to which it may be sent.

    Raises:
        RelayRequestInvalid: a value is of the wrong type or out of range.
        AddressInvalid: an address is none.
    """

    chain_id: int
    relay: str
    account: str
    to: str
    data: bytes
    nonce: int
    deadline: int

    def __post_init__(self) -> None:
        _number("chainId", self.chain_id, 1, _LARGEST_NUMBER)
        _number("nonce", self.nonce, 0, _LARGEST_NONCE)
        _number("deadline", self.deadline, 0, _LARGEST_NUMBER)
        if not isinstance(self.data, bytes):
            raise RelayRequestInvalid("The request's data is not made of bytes.", _REMEDY)
        for name in ("relay", "account", "to"):
            object.__setattr__(self, name, checksum_address(getattr(self, name)))

    @cached_property
    def digest(self) -> bytes:
        """The 32 bytes that are signed."""
        struct = struct_hash(
            REQUEST_TYPE, self.account, self.to, self.data, self.nonce, self.deadline
        )
        return typed_digest(domain_separator(self.chain_id, self.relay), struct)

    def is_same_act(self, other: RelayRequest) -> bool:
        """Whether both would do the same, whenever and by whichever signature."""
        return replace(other, nonce=self.nonce, deadline=self.deadline) == self


@dataclass(frozen=True)
class SignedRequest:
    """A request with the signatures that it has so far.

    A key's request has one. Those of a contract account are handed to it one after the other, in
    this order; whether they are enough is for the account to say.

    Attributes:
        request: what is signed.
        signatures: each of 65 bytes: r, s, v.

    Raises:
        RelayRequestInvalid: a signature has the wrong length.
    """

    request: RelayRequest
    signatures: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        if any(len(each) != _SIGNATURE_BYTES for each in self.signatures):
            raise RelayRequestInvalid(
                f"A signature of the request has not {_SIGNATURE_BYTES} bytes.", _REMEDY
            )

    @cached_property
    def signers(self) -> tuple[str, ...]:
        """The addresses whose keys made the signatures, in their order.

        Raises:
            SignatureInvalid: one is nobody's, or not in canonical form.
        """
        return tuple(recover(self.request.digest, each) for each in self.signatures)

    @property
    def signature(self) -> bytes:
        """What is handed to the relay."""
        return b"".join(self.signatures)

    def signed(self, signer: Signer) -> SignedRequest:
        """The request with one more signature, or as it is if this key has signed it already."""
        if signer.address in self.signers:
            return self
        signature = signer.sign_digest(self.request.digest)
        return SignedRequest(self.request, (*self.signatures, signature))

    # --- the file ---------------------------------------------------------------------------------

    def as_json(self) -> dict[str, Any]:
        """The request as plain data; `SCHEME` names the form."""
        said = self.request
        return {
            "scheme": SCHEME,
            "chainId": said.chain_id,
            "relay": said.relay,
            "from": said.account,
            "to": said.to,
            "data": to_hex(said.data),
            # A JSON number does not hold it.
            "nonce": to_hex(said.nonce.to_bytes(_NONCE_BYTES, "big")),
            "deadline": said.deadline,
            "signatures": [to_hex(each) for each in self.signatures],
        }

    def to_bytes(self) -> bytes:
        """The request as canonical JSON (RFC 8785)."""
        import rfc8785  # noqa: PLC0415 - only where a request is written

        return rfc8785.dumps(self.as_json())

    @classmethod
    def from_json(cls, said: object) -> SignedRequest:
        """The request that plain data describe.

        Raises:
            RelayRequestInvalid: a field is missing, unknown, or malformed.
            HexInvalid: what should be bytes is not hexadecimal or of the wrong length.
            AddressInvalid: an address is none.
        """
        if not isinstance(said, Mapping):
            raise RelayRequestInvalid("The request is not a JSON object.", _REMEDY)
        if said.get("scheme") != SCHEME:
            raise RelayRequestInvalid(f"The request is not of the scheme {SCHEME}.", _REMEDY)
        for name in sorted(_FIELDS - said.keys()):
            raise RelayRequestInvalid(f"The request lacks the field {name}.", _REMEDY)
        for name in sorted(said.keys() - _FIELDS):
            raise RelayRequestInvalid(f"The request has an unknown field: {name!r}.", _REMEDY)
        signatures = said["signatures"]
        if not isinstance(signatures, list):
            raise RelayRequestInvalid("The request's signatures are not a list.", _REMEDY)
        nonce = from_hex(_text("nonce", said["nonce"]), _NONCE_BYTES, "nonce")
        return cls(
            RelayRequest(
                chain_id=said["chainId"],
                relay=_text("relay", said["relay"]),
                account=_text("from", said["from"]),
                to=_text("to", said["to"]),
                data=from_hex(_text("data", said["data"]), None, "data"),
                nonce=int.from_bytes(nonce, "big"),
                deadline=said["deadline"],
            ),
            tuple(
                from_hex(_text("signature", each), _SIGNATURE_BYTES, "signature")
                for each in signatures
            ),
        )

    @classmethod
    def from_bytes(cls, text: bytes) -> SignedRequest:
        """The request that a JSON text describes.

        Raises:
            RelayRequestInvalid: it is not JSON, too long, names a field twice, or is malformed.
            HexInvalid, AddressInvalid: as `from_json`.
        """
        if len(text) > LARGEST_TEXT:
            raise RelayRequestInvalid(f"The request is longer than {LARGEST_TEXT} bytes.", _REMEDY)
        try:
            said = json.loads(text, object_pairs_hook=each_once)
        except FieldRepeated:
            raise RelayRequestInvalid("The request names a field twice.", _REMEDY) from None
        except (ValueError, RecursionError):
            raise RelayRequestInvalid("The request is not JSON.", _REMEDY) from None
        return cls.from_json(said)

    def save(self, path: Path) -> None:
        """Writes the file whole or not at all; it holds no secret."""
        write_atomically(path, self.to_bytes().decode() + "\n", _READABLE_BY_ALL)


def random_nonce() -> int:
    """A nonce that nobody has used: whoever is offline cannot ask the chain for the next one."""
    return int.from_bytes(secrets.token_bytes(_KEY_BYTES), "big") << COUNT_BITS


def _number(name: str, value: object, least: int, largest: int) -> None:
    if type(value) is not int:
        raise RelayRequestInvalid(f"The request's {name} is not a whole number.", _REMEDY)
    if not least <= value <= largest:
        raise RelayRequestInvalid(
            f"The request's {name} is {value}, not between {least} and {largest}.", _REMEDY
        )


def _text(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise RelayRequestInvalid(f"The request's {name} is not text.", _REMEDY)
    return value
