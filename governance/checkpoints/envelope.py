"""The signed envelope in which a node announces its update of a round.

The envelope is what the gate judges, what the evidence keeps and what a checkpoint's Merkle root
covers. It is signed as EIP-712 typed data in the domain of its study's contract.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Final

from governance.checkpoints.canonical import canonical_json
from governance.errors import CharterError
from governance.primitives import (
    FieldRepeated,
    checksum_address,
    domain_separator,
    each_once,
    from_hex,
    keccak,
    recover,
    to_hex,
    typed_digest,
)

if TYPE_CHECKING:
    from collections.abc import Callable

SCHEME: Final = "swarm-charter/envelope/1"
"""Names the envelope's JSON form."""

ENVELOPE_TYPE: Final = (
    "Envelope(uint32 termsVersion,uint32 round,uint32 attempt,bytes32 parent,bytes32 update,"
    "uint64 records,uint256 historyLength,uint256 deadline)"
)
"""The EIP-712 type that nodes sign."""

LARGEST_NUMBER: Final = 2**53 - 1
"""The largest number that JSON carries exactly (RFC 8785)."""

LARGEST_TEXT: Final = 4096
"""More bytes than any envelope takes; longer texts, or deeper ones, are not parsed at all."""

_WORDS: Final = struct.Struct(">" + 3 * "28xI" + "32s32s" + 3 * "24xQ")
"""The members of `ENVELOPE_TYPE`, each in 32 bytes."""

_DIGEST_BYTES: Final = 32
_SIGNATURE_BYTES: Final = 65
_LARGEST_UINT32: Final = 2**32 - 1
_REMEDY: Final = "Have the node sign the envelope again with its current software."


class EnvelopeInvalid(CharterError):
    """An envelope is malformed, so that nobody can have signed it."""

    code = "EnvelopeInvalid"


@dataclass(frozen=True)
class Envelope:
    """What a node says of one update.

    Attributes:
        chain_id: The chain that the study lives on.
        study: Address of the study's contract, with checksum.
        terms_version: The version of the terms that the node trains under.
        round: The round, counted from 1.
        attempt: Which try at the round it is, counted from 1.
        parent: Digest of the last final checkpoint, 32 bytes; zero before the first.
        update: Digest of the update, 32 bytes.
        records: Number of patients' records behind the update; zero where the terms keep it at
        home.
        history_length: Length of the history that the node knew when it signed.
        deadline: Unix seconds up to which the envelope counts.
        digest: The 32 bytes that the node signs; also the leaf in a checkpoint's envelopes root.

    Raises:
        EnvelopeInvalid: If a value is of the wrong type or out of range.
        AddressInvalid: If `study` is no address.
    """

    chain_id: int
    study: str
    terms_version: int
    round: int
    attempt: int
    parent: bytes
    update: bytes
    records: int
    history_length: int
    deadline: int
    digest: bytes = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        _number("chainId", self.chain_id, 1, LARGEST_NUMBER)
        _number("termsVersion", self.terms_version, 1, _LARGEST_UINT32)
        _number("round", self.round, 1, _LARGEST_UINT32)
        _number("attempt", self.attempt, 1, _LARGEST_UINT32)
        _number("records", self.records, 0, LARGEST_NUMBER)
        _number("historyLength", self.history_length, 0, LARGEST_NUMBER)
        _number("deadline", self.deadline, 0, LARGEST_NUMBER)
        _octets("parent", self.parent, _DIGEST_BYTES)
        _octets("update", self.update, _DIGEST_BYTES)
        object.__setattr__(self, "study", checksum_address(self.study))
        # At once: nobody reads an envelope who does not ask for it.
        object.__setattr__(self, "digest", self._typed_digest())

    def _typed_digest(self) -> bytes:
        # All values are in their range, so each is its word as it stands.
        words = _WORDS.pack(
            self.terms_version,
            self.round,
            self.attempt,
            self.parent,
            self.update,
            self.records,
            self.history_length,
            self.deadline,
        )
        domain = domain_separator(self.chain_id, self.study)
        return typed_digest(domain, keccak(_type_hash() + words))

    def signed(self, node: str, sign: Callable[[bytes], bytes]) -> SignedEnvelope:
        """The envelope with a node's signature.

        Args:
            node: Address of the node key.
            sign: Signs 32 bytes with the node key and gives back 65 (r, s, v).
        """
        return SignedEnvelope(self, node, sign(self.digest))


@dataclass(frozen=True)
class SignedEnvelope:
    """An envelope, the node that says it signed it, and the signature.

    Whether the signature is the node's is for the gate to find out.

    Attributes:
        envelope: What is signed.
        node: Address of the node key, with checksum.
        signature: 65 bytes: r, s, v.

    Raises:
        EnvelopeInvalid: If the signature has the wrong length.
        AddressInvalid: If `node` is no address.
    """

    envelope: Envelope
    node: str
    signature: bytes

    def __post_init__(self) -> None:
        _octets("signature", self.signature, _SIGNATURE_BYTES)
        object.__setattr__(self, "node", checksum_address(self.node))

    def signer(self) -> str:
        """The address whose key made the signature, whatever `node` says.

        Raises:
            SignatureInvalid: If it is nobody's signature, or not in canonical form.
        """
        return recover(self.envelope.digest, self.signature)

    def as_json(self) -> dict[str, str | int]:
        """The envelope as plain data; `SCHEME` names the form."""
        said = self.envelope
        return {
            "scheme": SCHEME,
            "chainId": said.chain_id,
            "study": said.study,
            "termsVersion": said.terms_version,
            "round": said.round,
            "attempt": said.attempt,
            "parent": to_hex(said.parent),
            "update": to_hex(said.update),
            "records": said.records,
            "historyLength": said.history_length,
            "deadline": said.deadline,
            "node": self.node,
            "signature": to_hex(self.signature),
        }

    def to_bytes(self) -> bytes:
        """The envelope as canonical JSON (RFC 8785)."""
        return canonical_json(self.as_json())

    @classmethod
    def from_json(cls, data: object) -> SignedEnvelope:
        """The envelope that plain data describe.

        Raises:
            EnvelopeInvalid: If a field is missing, unknown, or malformed.
            HexInvalid: If a digest or the signature is not hexadecimal or of the wrong length.
            AddressInvalid: If an address is none.
        """
        if not isinstance(data, Mapping):
            raise EnvelopeInvalid("The envelope is not a JSON object.", _REMEDY)
        if data.get("scheme") != SCHEME:
            raise EnvelopeInvalid(f"The envelope is not of the scheme {SCHEME}.", _REMEDY)
        for name in _FIELDS - data.keys():
            raise EnvelopeInvalid(f"The envelope lacks the field {name}.", _REMEDY)
        for name in data.keys() - _FIELDS:
            raise EnvelopeInvalid(f"The envelope has a field that is unknown: {name!r}.", _REMEDY)
        return cls(
            Envelope(
                chain_id=data["chainId"],
                study=_text(data, "study"),
                terms_version=data["termsVersion"],
                round=data["round"],
                attempt=data["attempt"],
                parent=from_hex(_text(data, "parent"), _DIGEST_BYTES, "parent"),
                update=from_hex(_text(data, "update"), _DIGEST_BYTES, "update"),
                records=data["records"],
                history_length=data["historyLength"],
                deadline=data["deadline"],
            ),
            _text(data, "node"),
            from_hex(_text(data, "signature"), _SIGNATURE_BYTES, "signature"),
        )

    @classmethod
    def from_bytes(cls, text: bytes | str) -> SignedEnvelope:
        """The envelope that a JSON text describes.

        Raises:
            EnvelopeInvalid: If it is not JSON, too long, names a field twice, or is malformed.
            HexInvalid: If a digest or the signature is not hexadecimal or of the wrong length.
            AddressInvalid: If an address is none.
        """
        if len(text) > LARGEST_TEXT:
            raise EnvelopeInvalid(f"The envelope is longer than {LARGEST_TEXT} bytes.", _REMEDY)
        try:
            data = json.loads(text, object_pairs_hook=each_once)
        except FieldRepeated:
            raise EnvelopeInvalid("The envelope names a field twice.", _REMEDY) from None
        except (ValueError, RecursionError):
            raise EnvelopeInvalid("The envelope is not JSON.", _REMEDY) from None
        return cls.from_json(data)


@cache
def _type_hash() -> bytes:
    return keccak(ENVELOPE_TYPE.encode())


def _number(name: str, value: object, least: int, largest: int) -> None:
    if type(value) is not int:
        raise EnvelopeInvalid(f"The envelope's {name} is not a whole number.", _REMEDY)
    if not least <= value <= largest:
        raise EnvelopeInvalid(
            f"The envelope's {name} is {value}, not between {least} and {largest}.", _REMEDY
        )


def _octets(name: str, value: object, length: int) -> None:
    if not isinstance(value, bytes) or len(value) != length:
        raise EnvelopeInvalid(f"The envelope's {name} is not {length} bytes.", _REMEDY)


def _text(data: Mapping[str, object], name: str) -> str:
    value = data[name]
    if not isinstance(value, str):
        raise EnvelopeInvalid(f"The envelope's {name} is not text.", _REMEDY)
    return value


_FIELDS: Final = frozenset(
    {
        "scheme",
        "chainId",
        "study",
        "termsVersion",
        "round",
        "attempt",
        "parent",
        "update",
        "records",
        "historyLength",
        "deadline",
        "node",
        "signature",
    }
)
