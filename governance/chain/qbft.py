"""Headers of a QBFT chain and the seals of its validators: what makes a block final.

Pure: no network, no clock. A header names the validators of its block in `extraData`, and carries
the seals of those who committed to it. The block's hash leaves out round and seals; what a
validator seals leaves out the seals alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Any

from governance.chain.rlp import Item, RlpInvalid, decode, decode_number, encode, encode_number
from governance.errors import CharterError, ExitStatus
from governance.primitives import (
    SignatureInvalid,
    address_bytes,
    checksum_address,
    keccak,
    recover,
    to_hex,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

_EXTRA = 12
"""Where `extraData` stands among a header's fields."""

# The fields of a header in the order in which it is hashed, by JSON-RPC's names.
_NAMES = (
    *("parentHash", "sha3Uncles", "miner", "stateRoot", "transactionsRoot", "receiptsRoot"),
    *("logsBloom", "difficulty", "number", "gasLimit", "gasUsed", "timestamp", "extraData"),
    *("mixHash", "nonce"),
)
# What came later stands at the end, each only if all before it do.
_LATER_NAMES = (
    *("baseFeePerGas", "withdrawalsRoot", "blobGasUsed", "excessBlobGas"),
    *("parentBeaconBlockRoot", "requestsHash"),
)
_NUMBERS = frozenset(
    {
        *("difficulty", "number", "gasLimit", "gasUsed", "timestamp"),
        *("baseFeePerGas", "blobGasUsed", "excessBlobGas"),
    }
)
_SIZES = {"miner": 20, "logsBloom": 256, "nonce": 8}
_WORD = 32
_ADDRESS = 20
_SEAL = 65
_PARTS = 5
_VOTE_PARTS = 2
_IN, _OUT = (b"\xff", b"")
_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


class HeaderInvalid(CharterError):
    """What should be the header of a QBFT block is none, or has another hash than is said."""

    code = "HeaderInvalid"
    exit_status = ExitStatus.UNVERIFIABLE

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"What should be the header of a QBFT block is none: {reason}.",
            "Do not rely on where it came from; ask another endpoint of the same chain.",
        )


class Doubt(StrEnum):
    """Why a header is not believed."""

    SEAL_FOREIGN = "a seal is not of one of its validators"
    SEAL_REPEATED = "a validator's seal is there twice"
    SEALS_TOO_FEW = "fewer than two thirds of its validators sealed it"
    SEALERS_UNKNOWN = "a third of the validators believed last, or fewer, sealed it"


@dataclass(frozen=True, slots=True)
class Vote:
    """What the block's proposer wants: a validator let in, or put out."""

    validator: str
    joins: bool


@dataclass(frozen=True)
class Header:
    """The header of a QBFT block, its hash computed.

    Attributes:
        number: the block's.
        hash: the block's, `0x…`, computed from the fields.
        parent: the parent's hash.
        timestamp: Unix seconds.
        proposer: address of the validator that made the block, with checksum.
        state_root: root of the state after the block.
        receipts_root: root of the trie of its transactions' receipts.
        validators: addresses of the block's validators, with checksum, in the header's order.
        vote: what its proposer votes for, if for anything.
        round: the round in which the block was agreed on; above 0, proposers before failed.
        seals: `r ‖ s ‖ v`, 65 bytes each, v 0 or 1.
        digest: the 32 bytes that the validators sealed.
        fields: all fields in the order in which they are hashed, seals included.
    """

    number: int
    hash: str
    parent: str
    timestamp: int
    proposer: str
    state_root: bytes
    validators: tuple[str, ...]
    vote: Vote | None
    round: int
    seals: tuple[bytes, ...]
    digest: bytes
    receipts_root: bytes
    fields: tuple[bytes, ...]

    @classmethod
    def from_json(cls, value: Any) -> Header:
        """The header of a block as `eth_getBlockByNumber` gives it.

        Raises:
            HeaderInvalid: it is none, or hashes to something else than the node says.
        """
        if not isinstance(value, dict):
            raise HeaderInvalid("there is no such block")
        header = cls.from_fields(fields_of(value))
        if value.get("hash") != header.hash:
            raise HeaderInvalid("its fields do not hash to the hash that is given for it")
        return header

    @classmethod
    def from_raw(cls, raw: bytes) -> Header:
        """The header that RLP encodes, as `debug_getRawHeader` gives it.

        Raises:
            HeaderInvalid: it encodes none.
        """
        return cls.from_fields(fields_in(raw))

    @classmethod
    def from_fields(cls, fields: list[bytes]) -> Header:
        """The header with these fields, in the order in which it is hashed.

        Raises:
            HeaderInvalid: fields are missing, or are not what they should be.
        """
        named = named_fields(fields)
        extra = _Extra.of(named["extraData"])
        return cls(
            number=int.from_bytes(named["number"], "big"),
            hash=to_hex(_digest(fields, extra.encoded(0))),
            parent=to_hex(named["parentHash"]),
            timestamp=int.from_bytes(named["timestamp"], "big"),
            proposer=checksum_address(named["miner"]),
            state_root=named["stateRoot"],
            validators=extra.validators,
            vote=extra.vote,
            round=extra.round,
            seals=extra.seals,
            digest=_digest(fields, extra.encoded(extra.round)),
            receipts_root=named["receiptsRoot"],
            fields=tuple(fields),
        )

    @property
    def raw(self) -> bytes:
        """The header as RLP encodes it, as `debug_getRawHeader` gives it."""
        return encode(list(self.fields))

    def with_seals(self, seals: Sequence[bytes]) -> Header:
        """The same block's header with other seals, which its hash leaves out.

        Raises:
            HeaderInvalid: one is none.
        """
        extra = _Extra.of(self.fields[_EXTRA]).encoded(self.round, seals)
        return Header.from_fields([*self.fields[:_EXTRA], extra, *self.fields[_EXTRA + 1 :]])

    @cached_property
    def signers(self) -> tuple[str | None, ...]:
        """Whose each seal is; nothing for a seal that is nobody's."""
        return tuple(_signer(self.digest, seal) for seal in self.seals)

    @property
    def sealers(self) -> frozenset[str]:
        """The header's validators who sealed it."""
        return frozenset(self.validators) & frozenset(filter(None, self.signers))


def quorum(validators: int) -> int:
    """How many of so many validators must seal a block: two thirds, rounded up."""
    return -(-2 * validators // 3)


def doubt(header: Header, believed: Collection[str]) -> Doubt | None:
    """Why a header is not to be believed, or nothing if it is.

    1. Every seal is of one of the validators that the header names, and of each there is one.
    2. At least two thirds of them, rounded up, sealed it.
    3. More than a third of those believed before are among them: fewer than that many may lie.

    Args:
        header: the header.
        believed: the validators of the last header believed, or those that the trust file names.
    """
    if not frozenset(header.signers) <= frozenset(header.validators):
        return Doubt.SEAL_FOREIGN
    sealers = header.sealers
    if len(sealers) != len(header.seals):
        return Doubt.SEAL_REPEATED
    # A header without validators would be sealed by none of none.
    if not header.validators or len(sealers) < quorum(len(header.validators)):
        return Doubt.SEALS_TOO_FEW
    if 3 * len(sealers & frozenset(believed)) <= len(frozenset(believed)):
        return Doubt.SEALERS_UNKNOWN
    return None


def validators_in(block: Any) -> tuple[str, ...]:
    """The validators that a block names, as any node gives it; none if it is of another engine.

    Args:
        block: what `eth_getBlockByNumber` gives. Nothing else of it is checked.
    """
    extra = block.get("extraData") if isinstance(block, dict) else None
    try:
        return _Extra.of(_hex(extra, "extraData")).validators
    except HeaderInvalid:
        return ()


def needed(header: Header, believed: Collection[str]) -> Header:
    """The header with the seals that are needed to believe it, and no more.

    Those of the validators believed before come first, in the order of their addresses, then the
    others', until there are enough. What is kept stands in the order of the addresses, each with
    the low of the two values of s, so that of one block sealed by the same there is one form.

    Args:
        header: a header that `doubt` has nothing against.
        believed: as for `doubt`.
    """
    known = frozenset(believed)
    by_signer = {
        signer: seal
        for signer, seal in zip(header.signers, header.seals, strict=True)
        if signer is not None
    }
    order = sorted(by_signer, key=lambda signer: (signer not in known, address_bytes(signer)))
    enough = max(quorum(len(header.validators)), len(known) // 3 + 1)
    kept = sorted(order[:enough], key=address_bytes)
    return header.with_seals([_low(by_signer[signer]) for signer in kept])


def named_fields(fields: Sequence[bytes]) -> dict[str, bytes]:
    """A header's fields by JSON-RPC's names; what `extraData` holds is not looked at.

    Raises:
        HeaderInvalid: fields are missing, or are not what they should be.
    """
    if not len(_NAMES) <= len(fields) <= len(_NAMES) + len(_LATER_NAMES):
        raise HeaderInvalid(f"it has {len(fields)} fields")
    named = dict(zip(_NAMES + _LATER_NAMES, fields, strict=False))
    for name, field in named.items():
        if name == "extraData":
            continue
        if name not in _NUMBERS and len(field) != _SIZES.get(name, _WORD):
            raise HeaderInvalid(f"its {name} has {len(field)} bytes")
        if name in _NUMBERS and (field[:1] == b"\0" or len(field) > _WORD):
            raise HeaderInvalid(f"its {name} is no number")
    return named


def fields_in(raw: bytes) -> list[bytes]:
    """The fields of a header that RLP encodes, in the order in which it is hashed.

    Raises:
        HeaderInvalid: it encodes no list of them.
    """
    try:
        fields = decode(raw)
    except RlpInvalid as error:
        raise HeaderInvalid(f"it is not RLP, {error}") from None
    if not isinstance(fields, list) or any(not isinstance(field, bytes) for field in fields):
        raise HeaderInvalid("it is no list of fields")
    return [field for field in fields if isinstance(field, bytes)]


def fields_of(value: dict[str, Any]) -> list[bytes]:
    """A header's fields in the order in which it is hashed, from a block as JSON-RPC gives it.

    Raises:
        HeaderInvalid: one is missing, or is not what JSON-RPC writes.
    """
    later = [name for name in _LATER_NAMES if value.get(name) is not None]
    return [_field(name, value.get(name)) for name in (*_NAMES, *later)]


@dataclass(frozen=True, slots=True)
class _Extra:
    """What QBFT keeps in `extraData`."""

    validators: tuple[str, ...]
    vote: Vote | None
    round: int
    seals: tuple[bytes, ...]
    items: tuple[Item, Item, Item]
    """Vanity, validators and vote as they stand there: what is hashed."""

    @classmethod
    def of(cls, data: bytes) -> _Extra:
        try:
            item = decode(data)
            if not isinstance(item, list) or len(item) != _PARTS:
                raise HeaderInvalid("its extraData has not the five parts of QBFT")
            vanity, validators, vote, number, seals = item
            return cls(
                items=(_bytes(vanity, _WORD, "vanity"), validators, vote),
                validators=_validators(validators),
                vote=_vote(vote),
                round=decode_number(number),
                seals=tuple(_bytes(seal, _SEAL, "seal") for seal in _list(seals)),
            )
        except RlpInvalid as error:
            raise HeaderInvalid(f"its extraData is not RLP, {error}") from None

    def encoded(self, number: int, seals: Sequence[bytes] = ()) -> bytes:
        """`extraData` with this round, and without seals unless there are some."""
        return encode([*self.items, encode_number(number), list(seals)])


def _digest(fields: list[bytes], extra: bytes) -> bytes:
    return keccak(encode([*fields[:_EXTRA], extra, *fields[_EXTRA + 1 :]]))


def _signer(digest: bytes, seal: bytes) -> str | None:
    seal = _low(seal)
    if seal[64] not in (0, 1):
        return None
    try:
        return recover(digest, seal[:64] + bytes([27 + seal[64]]))
    except SignatureInvalid:
        return None


def _low(seal: bytes) -> bytes:
    """A seal with the low of its two values of s.

    A validator may seal with the other one: its peers take either, so a block that carries it is
    final all the same.
    """
    s, flag = int.from_bytes(seal[32:64], "big"), seal[64]
    if not _ORDER // 2 < s < _ORDER or flag not in (0, 1):
        return seal
    return seal[:32] + (_ORDER - s).to_bytes(_WORD, "big") + bytes([flag ^ 1])


def _field(name: str, value: Any) -> bytes:
    if name not in _NUMBERS:
        return _hex(value, name)
    digits = value.removeprefix("0x") if isinstance(value, str) else ""
    if not digits or not digits.isascii() or not digits.isalnum():
        raise HeaderInvalid(f"its {name} is no number")
    try:
        return encode_number(int(digits, 16))
    except ValueError:
        raise HeaderInvalid(f"its {name} is no number") from None


def _hex(value: Any, what: str) -> bytes:
    digits = value.removeprefix("0x") if isinstance(value, str) else " "
    if not digits.isascii() or (digits and not digits.isalnum()):
        raise HeaderInvalid(f"its {what} is not hexadecimal")
    try:
        return bytes.fromhex(digits)
    except ValueError:
        raise HeaderInvalid(f"its {what} is not hexadecimal") from None


def _list(item: Item) -> list[Item]:
    if not isinstance(item, list):
        raise HeaderInvalid("a list in its extraData is none")
    return item


def _bytes(item: Item, length: int, what: str) -> bytes:
    if not isinstance(item, bytes) or len(item) != length:
        raise HeaderInvalid(f"a {what} in its extraData has not {length} bytes")
    return item


def _validators(item: Item) -> tuple[str, ...]:
    found = tuple(_address(entry) for entry in _list(item))
    if len(set(found)) != len(found):
        raise HeaderInvalid("it names a validator twice")
    return found


def _address(item: Item) -> str:
    return checksum_address(_bytes(item, _ADDRESS, "validator"))


def _vote(item: Item) -> Vote | None:
    parts = _list(item)
    if not parts:
        return None
    if len(parts) != _VOTE_PARTS or parts[1] not in (_IN, _OUT):
        raise HeaderInvalid("its vote is none")
    return Vote(_address(parts[0]), joins=parts[1] == _IN)
