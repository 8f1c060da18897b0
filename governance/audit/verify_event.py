"""Whether the proof of a single event holds. Pure: no network, no clock, no disk."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final, NoReturn

from governance.abi import load_code
from governance.chain.code import as_word, immutables
from governance.chain.errors import CodeForeign
from governance.chain.qbft import (
    Doubt,
    Header,
    HeaderInvalid,
    doubt,
    fields_in,
    named_fields,
    needed,
)
from governance.chain.receipt_proof import Emitted, logs_at
from governance.chain.rlp import RlpInvalid, decode, encode
from governance.chain.trie import ProofInvalid, value_along
from governance.errors import CharterError, ExitStatus
from governance.history.errors import HistoryMalformed
from governance.history.events import Event, Role
from governance.history.records import Log, decode_log
from governance.primitives import address_bytes, keccak, sha256, to_hex

if TYPE_CHECKING:
    from governance.audit.event_proof import EventProof, HouseProof
    from governance.chain.house import Trust

_LATEST: Final = 2**40
"""Unix seconds; no block is of a later time, and calendars end."""

_WORD: Final = 32
_ACCOUNT: Final = 4
_STORAGE_ROOT: Final = 2
_CODE_HASH: Final = 3
_NAMED: Final = {
    "History.SWARM": Role.SWARM,
    "History.GOVERNOR": Role.GOVERNOR,
    "History.STUDIES": Role.STUDIES,
}
_OPENED: Final = (Role.STUDY, Role.BENEFITS)
_TRUE: Final = b"\x01"


class EventNotProven(CharterError):
    """A proof of an event does not hold."""

    code = "EventNotProven"
    exit_status = ExitStatus.UNVERIFIABLE

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"The event is not proven: {reason}.",
            "Believe nothing of it; have it proven again by somebody else.",
        )


class HeaderUnsealed(CharterError):
    """The chain has no seals, so that nothing vouches for the header."""

    code = "HeaderUnsealed"
    exit_status = ExitStatus.UNVERIFIABLE

    def __init__(self, found: str) -> None:
        super().__init__(
            "The trust file names no validators: nothing vouches for the header of the event's "
            f"block, whose hash is {found}.",
            "Get the hash of that block from somebody whom you trust, and give it with "
            "--head-hash; or have the whole history countersigned.",
        )


class Basis(StrEnum):
    """Who vouches for the block's header: its validators, or whoever gave its hash."""

    SEALS = "seals"
    HASH = "the hash that was given"


@dataclass(frozen=True, slots=True)
class ProvenEvent:
    """An event that is proven, and what else is known of it.

    Attributes:
        id: names it.
        event: what it says.
        emitter: address of the contract that emitted it.
        of_the_house: whether it is shown that this contract belongs to the house.
        block: number of its block.
        block_hash: `0x…`.
        timestamp: of the block, Unix seconds.
        transaction: place of its transaction in the block.
        log: its place among the transaction's logs.
        basis: who vouches for the header.
        sealers: validators whose seals were counted.
        validators: how many validators the header names.
        headers: how many headers were looked at.
    """

    id: bytes
    event: Event
    emitter: str
    of_the_house: bool
    block: int
    block_hash: str
    timestamp: int
    transaction: int
    log: int
    basis: Basis
    sealers: tuple[str, ...]
    validators: int
    headers: int


@dataclass(frozen=True, slots=True)
class _Block:
    """What is believed of the event's block."""

    number: int
    hash: str
    timestamp: int
    state_root: bytes
    receipts_root: bytes
    sealers: tuple[str, ...] = ()
    validators: int = 0


def verify_event(proof: EventProof, trust: Trust, head_hash: str | None = None) -> ProvenEvent:
    """Verifies the proof of an event. Pure: no network, no clock.

    In this order:

    1. The proof is for the chain and the History that the trust file names.
    2. Each header is sealed by whom it must be, beginning with the validators in the trust file,
       by as many as are needed; headers in between are there only where the next one would not be
       believed without. Where the trust file names no validators, there is one header, and its
       hash is the one that was given by hand.
    3. The receipt stands under the header's receipts' root, at the transaction's place.
    4. The log stands in the receipt, and is an event of the house as Solidity encodes it.
    5. The proof's id is the event's.
    6. The emitter is `History` itself; or the proof shows that it belongs to the house, by
       `History`'s account, code and storage in the state after the block; or nothing is said of it.

    Args:
        proof: the proof.
        trust: where all trust begins.
        head_hash: the hash of the event's block, `0x…`, from somebody who is trusted; needed where
            there are no seals, and held against the header where there are.

    Raises:
        EventNotProven: something does not hold.
        HeaderUnsealed: there are no seals, and no hash was given.
    """
    if (proof.chain_id, proof.history) != (trust.chain_id, trust.history):
        _refuse("it is for another swarm than the trust file's")
    try:
        block = _sealed(proof, trust) if trust.validators else _unsealed(proof, head_hash)
        if head_hash is not None and block.hash != head_hash.lower():
            _refuse(f"the block's hash is {block.hash}, not the one that was given")
        logs = logs_at(block.receipts_root, proof.transaction, proof.receipt)
        if proof.log >= len(logs):
            _refuse(f"the transaction has {len(logs)} logs")
        log = logs[proof.log]
        event = _event(log, block)
        if proof.id != event_id(block.hash, proof.transaction, proof.log, log):
            _refuse("its id is that of another event")
        of_the_house = _of_the_house(proof, block, log, event)
    except (HeaderInvalid, HistoryMalformed, CodeForeign) as error:
        raise EventNotProven(_clause(error.message)) from None
    except (ProofInvalid, RlpInvalid) as error:
        raise EventNotProven(str(error)) from None
    return ProvenEvent(
        id=proof.id,
        event=event,
        emitter=log.emitter,
        of_the_house=of_the_house,
        block=block.number,
        block_hash=block.hash,
        timestamp=block.timestamp,
        transaction=proof.transaction,
        log=proof.log,
        basis=Basis.SEALS if trust.validators else Basis.HASH,
        sealers=block.sealers,
        validators=block.validators,
        headers=len(proof.headers),
    )


def event_id(block_hash: str, transaction: int, log: int, emitted: Emitted) -> bytes:
    """Names an event: SHA-256 of the block's hash, both places in 32 bytes, and the log in RLP."""
    return sha256(
        bytes.fromhex(block_hash.removeprefix("0x"))
        + transaction.to_bytes(_WORD, "big")
        + log.to_bytes(_WORD, "big")
        + encode(emitted.as_item())
    )


def enrolled_slot(emitter: str) -> bytes:
    """Where `History` notes that a contract which was opened later may append."""
    return keccak(as_word(emitter) + load_code("History").slots["_enrolled"].to_bytes(_WORD, "big"))


def _sealed(proof: EventProof, trust: Trust) -> _Block:
    if not proof.headers:
        _refuse("there is no header")
    believed, before = frozenset(trust.validators), None
    number = 0
    header = None
    for raw in proof.headers:
        header = Header.from_raw(raw)
        if header.number <= number:
            _refuse("its headers are out of order")
        why = doubt(header, believed)
        if why is not None:
            _refuse(f"block {header.number} is not believed: {why}")
        if needed(header, believed).raw != raw:
            _refuse(f"block {header.number} has other seals than are needed, or in another form")
        if before is not None and doubt(header, before) is not Doubt.SEALERS_UNKNOWN:
            _refuse(f"a header before block {header.number} is not needed")
        number, before, believed = header.number, believed, frozenset(header.validators)
    assert header is not None
    return _Block(
        header.number,
        header.hash,
        _time(header.timestamp),
        header.state_root,
        header.receipts_root,
        tuple(signer for signer in header.signers if signer is not None),
        len(header.validators),
    )


def _unsealed(proof: EventProof, head_hash: str | None) -> _Block:
    if len(proof.headers) != 1:
        _refuse("without seals there is one header")
    (raw,) = proof.headers
    named = named_fields(fields_in(raw))
    found = to_hex(keccak(raw))
    if head_hash is None:
        raise HeaderUnsealed(found)
    return _Block(
        int.from_bytes(named["number"], "big"),
        found,
        _time(int.from_bytes(named["timestamp"], "big")),
        named["stateRoot"],
        named["receiptsRoot"],
    )


def _time(seconds: int) -> int:
    if seconds > _LATEST:
        _refuse("its block's time is none")
    return seconds


def _event(log: Emitted, block: _Block) -> Event:
    # What the place of a log adds to it is not looked at in decoding.
    return decode_log(
        Log(
            emitter=log.emitter,
            topics=log.topics,
            data=log.data,
            block_number=block.number,
            block_hash=bytes.fromhex(block.hash[2:]),
            block_timestamp=block.timestamp,
            transaction_hash=bytes(_WORD),
            log_index=0,
        )
    )


def _of_the_house(proof: EventProof, block: _Block, log: Emitted, event: Event) -> bool:
    house = proof.house
    if log.emitter == proof.history:
        if house is not None:
            _refuse("what it says of the house is not needed for an event of History")
        if event.emitter is not Role.HISTORY:
            _refuse("History emits no such event")
        return True
    if event.emitter is Role.HISTORY:
        _refuse("an event of History comes from another contract")
    if house is None:
        return False
    root = _storage(proof, house, block)
    values = immutables("History", proof.history, house.code)
    named = [role for name, role in _NAMED.items() if values[name] == as_word(log.emitter)]
    if named and house.storage:
        _refuse("a node is not on the way")
    if not named and value_along(root, keccak(enrolled_slot(log.emitter)), house.storage) != _TRUE:
        _refuse("its emitter does not belong to the house")
    if event.emitter not in (named or _OPENED):
        _refuse("that contract of the house emits no such event")
    return True


def _storage(proof: EventProof, house: HouseProof, block: _Block) -> bytes:
    """The root of History's storage, once its account has the code that is given for it."""
    account = decode(
        value_along(block.state_root, keccak(address_bytes(proof.history)), house.account)
    )
    if not isinstance(account, list) or len(account) != _ACCOUNT:
        _refuse("History has no account")
    root = account[_STORAGE_ROOT]
    if not isinstance(root, bytes) or account[_CODE_HASH] != keccak(house.code):
        _refuse("the code is not History's")
    return root


def _refuse(reason: str) -> NoReturn:
    raise EventNotProven(reason)


def _clause(sentence: str) -> str:
    """A sentence as a part of another one."""
    return sentence[:1].lower() + sentence[1:].rstrip(".")
