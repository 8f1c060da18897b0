"""What somebody could do to an evidence bundle, each with what must be said to it.

Changes are made to the bundle as it was read, and written again in its one form: checksums,
dictionaries, order and container are all repaired, so that only the proofs are left to object.
What nobody could do are signatures of others, hashes' second pre-images, and sealed states: all
else is free.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace
from enum import Enum
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from eth_abi.exceptions import EncodingError

from governance.audit.bundle import Bundle, Seal, archive, in_order
from governance.audit.bundle import records as codec
from governance.audit.verify import verify
from governance.audit.vouching import countersignature_digest
from governance.chain.founded import CONTRACTS
from governance.chain.proven import HEAD_SLOT, LENGTH_SLOT
from governance.chain.qbft import Header, doubt, needed
from governance.chain.rlp import decode, encode, encode_number
from governance.chain.signer import LocalSigner
from governance.chain.trie import Trie
from governance.checkpoints.canonical import canonical_json
from governance.history import Record, genesis_head, replay
from governance.history import events as e
from governance.primitives import (
    address_bytes,
    address_of,
    checksum_address,
    keccak,
    sha256,
    sign,
    to_hex,
)
from governance.vocabulary import Kind as Institution
from governance.vocabulary import Sector
from tests.unit.history.chronicle import encoded

if TYPE_CHECKING:
    from random import Random

    from governance.audit.report import Report
    from governance.chain.house import Trust
    from governance.chain.signer import Signer
    from governance.history.events import Countersigned

Said = Mapping[str, str]
"""What verifying may say to a change: codes of errors, and words of each one's sentence."""

STRANGER: Final = sha256(b"a stranger's key")
_EXTRA: Final = 12
_STATE_ROOT: Final = 3
_WORD: Final = 32
_ORDER: Final = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


class Redraw(Exception):
    """The dice fell on a change that is none."""


@dataclass(frozen=True)
class Evidence:
    """A bundle as it was collected, and what whoever tampers with it has besides.

    Attributes:
        bundle: the bundle.
        trust: the trust file that it is held against.
        blocks: headers of the whole chain, with all seals.
        others: nodes of the newest state that lead to another account.
        earlier: the same history as it was collected before.
        keys: the institutions' keys, by their names.
    """

    bundle: Bundle
    trust: Trust
    blocks: Mapping[int, Header]
    others: Sequence[bytes] = ()
    earlier: Evidence | None = None
    keys: Mapping[str, Signer] = field(default_factory=dict)

    @cached_property
    def data(self) -> bytes:
        return self.bundle.to_bytes()

    @cached_property
    def members(self) -> dict[str, bytes]:
        return archive.read(self.data)

    @cached_property
    def report(self) -> Report:
        return verify(self.data, self.trust)

    @property
    def before(self) -> Evidence:
        assert self.earlier is not None
        return self.earlier

    @property
    def is_sealed(self) -> bool:
        return self.bundle.seal is not None

    @property
    def swarm(self) -> str:
        return self.bundle.records[0].emitter


@dataclass(frozen=True)
class Change:
    """One kind of change.

    Attributes:
        make: the changed file.
        sealed: what is said to it on a chain with seals; nothing where there is no such change.
        unsealed: what is said to it on a chain without.
    """

    make: Callable[[Evidence, Random], Bundle | bytes]
    sealed: Said | None
    unsealed: Said | None

    def of(self, evidence: Evidence, dice: Random) -> bytes:
        """A changed file, never the one that it was."""
        while True:
            try:
                made = self.make(evidence, dice)
                data = made.to_bytes() if isinstance(made, Bundle) else made
            except (Redraw, codec.RecordsInvalid, EncodingError, OverflowError):
                continue
            if data != evidence.data:
                return data


# --- what is said ---------------------------------------------------------------------------------

MALFORMED: Final = {"EvidenceMalformed": "no evidence bundle in canonical form: "}
NOT_CARRIED: Final = "are countersigned by more than two thirds"
HISTORY: Final = {
    "FoundingUnsound": "founding|founder",
    "HistoryMalformed": "record|[Ee]ncoded",
    "HistoryInconsistent": "[0-9]|house|history|found|emitted by",
}
OF_RECORDS_SEALED: Final = {
    **HISTORY,
    "EvidenceUnproven": "do not hash to the head that History holds|does not hold it",
    "CodeForeign": "has another value",
}
LONGER: Final = "a countersignature is of a longer history, whose end it lacks"
OF_RECORDS_UNSEALED: Final = {**HISTORY, "EvidenceUnproven": f"{NOT_CARRIED}|{LONGER}"}
FORGED: Final = {"EvidenceUnproven": "a countersignature is not by the account that it names"}
NOT_SEALED: Final = "the header of block [0-9]+ is not sealed: "
FOREIGN_SEAL: Final = {"EvidenceUnproven": NOT_SEALED + "a seal is not of one of its validators"}
TWICE: Final = {"EvidenceUnproven": NOT_SEALED + "a validator's seal is there twice"}
TOO_FEW: Final = {
    "EvidenceUnproven": NOT_SEALED + "(fewer than two thirds|a third of the validators believed)"
}
UNKNOWN_SEALERS: Final = {"EvidenceUnproven": NOT_SEALED + "a third of the validators believed"}
SURPLUS: Final = {"EvidenceMalformed": "seals or headers that prove nothing more"}
OUT_OF_ORDER: Final = {"EvidenceMalformed": "headers are out of order"}
NOT_HELD: Final = {"EvidenceUnproven": "the state after block [0-9]+ does not hold it"}
OTHER_CODE: Final = {"EvidenceUnproven": "(History|Swarm|Relay|Studies|Study|Benefits).* has other"}
NODES: Final = {"EvidenceMalformed": "nodes of the state that prove nothing, or in other order"}
MEMBERS: Final = {"EvidenceMalformed": "members|lacks|twice|form|manifest|breaks off|missing"}

CHANGES: dict[str, Change] = {}


def change(
    sealed: Said | None = None, unsealed: Said | None = None
) -> Callable[
    [Callable[[Evidence, Random], Bundle | bytes]], Callable[[Evidence, Random], Bundle | bytes]
]:
    """Enters a kind of change in `CHANGES`, under its function's name in plain words."""

    def enter(
        make: Callable[[Evidence, Random], Bundle | bytes],
    ) -> Callable[[Evidence, Random], Bundle | bytes]:
        CHANGES[make.__name__.replace("_", " ")] = Change(make, sealed, unsealed)
        return make

    return enter


def both(said: Said) -> dict[str, Said]:
    return {"sealed": said, "unsealed": said}


of_records = change(OF_RECORDS_SEALED, OF_RECORDS_UNSEALED)

# --- bytes ----------------------------------------------------------------------------------------


def flipped(data: bytes, dice: Random) -> bytes:
    at = dice.randrange(len(data))
    return data[:at] + bytes([data[at] ^ dice.randrange(1, 256)]) + data[at + 1 :]


@change(**both(MALFORMED))
def a_byte_of_the_file_flipped(own: Evidence, dice: Random) -> bytes:
    return flipped(own.data, dice)


@change(**both(MALFORMED))
def the_file_cut(own: Evidence, dice: Random) -> bytes:
    return own.data[: dice.randrange(len(own.data))]


def _flipped_member(own: Evidence, dice: Random, prefix: str) -> bytes:
    name = dice.choice([each for each in own.members if each.startswith(prefix)])
    return archive.write(own.members | {name: flipped(own.members[name], dice)})


@change(**both(MALFORMED | {"EvidenceForeign": "of chain [0-9]+ and History"}))
def a_byte_of_the_manifest_flipped(own: Evidence, dice: Random) -> bytes:
    return _flipped_member(own, dice, "manifest")


@change(OF_RECORDS_SEALED | MALFORMED, OF_RECORDS_UNSEALED | MALFORMED)
def a_byte_of_the_records_flipped(own: Evidence, dice: Random) -> bytes:
    return _flipped_member(own, dice, "records")


@change(MALFORMED | {"EvidenceUnproven": NOT_SEALED})
def a_byte_of_the_headers_flipped(own: Evidence, dice: Random) -> bytes:
    return _flipped_member(own, dice, "headers")


@change(MALFORMED | NOT_HELD)
def a_byte_of_the_state_flipped(own: Evidence, dice: Random) -> bytes:
    return _flipped_member(own, dice, "state")


@change(OTHER_CODE)
def a_byte_of_the_code_flipped(own: Evidence, dice: Random) -> bytes:
    return _flipped_member(own, dice, "code/")


@change(**both(MALFORMED | FORGED))
def a_byte_of_the_countersignatures_flipped(own: Evidence, dice: Random) -> bytes:
    return _flipped_member(own, dice, "countersignatures")


# --- events ---------------------------------------------------------------------------------------


def with_records(own: Evidence, records: Sequence[Record]) -> Bundle:
    return replace(own.bundle, records=tuple(records))


def retold(record: Record, data: bytes, emitter: str | None = None) -> Record:
    """Other content at the same place."""
    place = (record.number, record.timestamp, record.log_index)
    return Record(emitter or record.emitter, *place, data)


def altered(value: Any, dice: Random) -> Any:  # noqa: PLR0911 - one for each type
    """Another value of the same type."""
    if is_dataclass(value):
        if not fields(value):
            raise Redraw
        name = dice.choice([field.name for field in fields(value)])
        return replace(value, **{name: altered(getattr(value, name), dice)})  # type: ignore[type-var]
    if isinstance(value, Enum):
        return dice.choice(list(type(value)))
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return max(0, value + dice.choice([-1, 1, 2, 1_000]))
    if isinstance(value, bytes):
        return flipped(value, dice) if value else b"x"
    if isinstance(value, str):
        is_address = value.startswith("0x")
        return checksum_address(dice.randbytes(20)) if is_address else value + "."
    assert isinstance(value, tuple)
    if not value:
        raise Redraw
    at = dice.randrange(len(value))
    instead = dice.choice([(), (altered(value[at], dice),), (value[at],) * 2])
    return (*value[:at], *instead, *value[at + 1 :])


@of_records
def an_event_dropped(own: Evidence, dice: Random) -> Bundle:
    records = list(own.bundle.records)
    del records[dice.randrange(len(records))]
    return with_records(own, records)


@of_records
def two_events_swapped(own: Evidence, dice: Random) -> Bundle:
    records = list(own.bundle.records)
    one, other = dice.sample(range(len(records)), 2)
    first, second = records[one], records[other]
    records[one] = retold(first, second.data, second.emitter)
    records[other] = retold(second, first.data, first.emitter)
    return with_records(own, records)


@of_records
def an_event_doubled(own: Evidence, dice: Random) -> Bundle:
    records = list(own.bundle.records)
    at = dice.randrange(len(records))
    return with_records(own, [*records[: at + 1], *records[at:]])


@of_records
def an_event_of_elsewhere_added(own: Evidence, dice: Random) -> Bundle:
    records = list(own.bundle.records)
    at, other = dice.randrange(len(records)), dice.choice(records)
    return with_records(
        own,
        [*records[: at + 1], retold(records[at], other.data, other.emitter), *records[at + 1 :]],
    )


@of_records
def an_event_invented(own: Evidence, dice: Random) -> Bundle:
    records = list(own.bundle.records)
    at, account = dice.randrange(len(records)), address_of(STRANGER)
    number = dice.randrange(1, 5)
    previous = dice.choice(own.trust.founders)
    country, document = b"DE", dice.randbytes(32)
    event = dice.choice(
        [
            e.InstitutionApplied(
                5, account, "Hospital", Institution.HOSPITAL, Sector.PUBLIC, country, document
            ),
            e.InstitutionAdmitted(5),
            e.InstitutionExpelled(number),
            e.InstitutionLeft(number),
            e.AccountRotated(number, previous, account, by_vote=dice.random() < 0.5),
        ]
    )
    added = retold(records[at], encoded(event), own.swarm)
    return with_records(own, [*records[: at + 1], added, *records[at + 1 :]])


@of_records
def a_field_changed(own: Evidence, dice: Random) -> Bundle:
    records = list(own.bundle.records)
    at = dice.randrange(len(records))
    records[at] = retold(records[at], encoded(altered(records[at].event, dice)))
    return with_records(own, records)


@of_records
def fields_of_the_same_event_changed(own: Evidence, dice: Random) -> Bundle:
    """Whatever is of the same kind is exchanged between two events of one kind."""
    records = list(own.bundle.records)
    one, other = dice.sample(range(len(records)), 2)
    first, second = records[one].event, records[other].event
    if type(first) is not type(second):
        raise Redraw
    name = dice.choice([field.name for field in fields(first)])
    records[one] = retold(records[one], encoded(replace(first, **{name: getattr(second, name)})))
    return with_records(own, records)


@of_records
def a_word_changed_wherever_it_stands(own: Evidence, dice: Random) -> Bundle:
    """A digest, an account or a key, in all events alike: the history agrees with itself."""
    record = dice.choice(own.bundle.records)
    at = dice.randrange(0, len(record.data), _WORD)
    word = record.data[at : at + _WORD]
    if not at or len(set(word)) < 8:
        raise Redraw
    other = word[:12] + dice.randbytes(20) if word[:12] == bytes(12) else dice.randbytes(_WORD)
    return with_records(
        own, [retold(each, each.data.replace(word, other)) for each in own.bundle.records]
    )


@of_records
def the_emitter_exchanged(own: Evidence, dice: Random) -> Bundle:
    records = list(own.bundle.records)
    at = dice.randrange(len(records))
    emitter = dice.choice([*{each.emitter for each in records}, checksum_address(bytes(20))])
    records[at] = retold(records[at], records[at].data, emitter)
    return with_records(own, records)


@of_records
def the_time_or_number_of_blocks_moved(own: Evidence, dice: Random) -> Bundle:
    """From an event on, all are later by as much."""
    records = list(own.bundle.records)
    at, number, time = dice.randrange(len(records)), dice.randrange(3), dice.randrange(100)
    return with_records(
        own,
        [
            *records[:at],
            *(
                Record(r.emitter, r.number + number, r.timestamp + time, r.log_index, r.data)
                for r in records[at:]
            ),
        ],
    )


@of_records
def an_event_moved_to_another_block(own: Evidence, dice: Random) -> Bundle:
    records = list(own.bundle.records)
    at = dice.randrange(1, len(records))
    before, r = records[at - 1], records[at]
    records[at] = Record(r.emitter, before.number, before.timestamp, 0, r.data)
    return with_records(own, records)


@change(
    {"EvidenceUnproven": "do not hash to the head", "FoundingUnsound": "founded|founding"},
    {
        "EvidenceUnproven": LONGER,
        "FoundingUnsound": "founded|founding",
    },
)
def the_tail_cut(own: Evidence, dice: Random) -> Bundle:
    return with_records(own, own.bundle.records[: dice.randrange(len(own.bundle.records))])


@change(None, {"EvidenceUnproven": NOT_CARRIED, "FoundingUnsound": "founded|founding"})
def the_tail_cut_where_nobody_signed(own: Evidence, dice: Random) -> Bundle:
    """With all that was signed of what is cut."""
    length = dice.randrange(len(own.bundle.records))
    if length in own.report.vouching.lengths:
        raise Redraw
    kept = tuple(each for each in own.bundle.countersignatures if each.length <= length)
    return replace(with_records(own, own.bundle.records[:length]), countersignatures=kept)


# --- which swarm ----------------------------------------------------------------------------------


@change(**both({"EvidenceForeign": "of chain [0-9]+ and History 0x"}))
def the_chain_id_changed(own: Evidence, dice: Random) -> Bundle:
    return replace(own.bundle, chain_id=dice.randrange(1, 2**40))


@change(**both({"EvidenceForeign": "of chain [0-9]+ and History 0x"}))
def the_history_s_address_changed(own: Evidence, dice: Random) -> Bundle:
    other = dice.choice([own.swarm, checksum_address(dice.randbytes(20))])
    return replace(own.bundle, history=other)


# --- headers --------------------------------------------------------------------------------------


def with_headers(own: Evidence, headers: Sequence[Sequence[bytes]]) -> Bundle:
    assert own.bundle.seal is not None
    return replace(own.bundle, seal=replace(own.bundle.seal, headers=tuple(map(tuple, headers))))


def headers_of(own: Evidence) -> list[tuple[bytes, ...]]:
    assert own.bundle.seal is not None
    return list(own.bundle.seal.headers)


def parsed(header: Sequence[bytes]) -> Header:
    return Header.from_fields(list(header))


def seal_of(key: bytes, digest: bytes) -> bytes:
    signature = sign(digest, key)
    return signature[:64] + bytes([signature[64] - 27])


def with_seals(own: Evidence, dice: Random, change: Callable[[Header], Sequence[bytes]]) -> Bundle:
    """Other seals on one of the headers."""
    headers = headers_of(own)
    at = dice.randrange(len(headers))
    header = parsed(headers[at])
    headers[at] = header.with_seals(change(header)).fields
    return with_headers(own, headers)


def with_extra(
    fields: Sequence[bytes], alter: Callable[[list[Any]], Sequence[Any]]
) -> tuple[bytes, ...]:
    extra = decode(fields[_EXTRA])
    assert isinstance(extra, list)
    return (*fields[:_EXTRA], encode(list(alter(extra))), *fields[_EXTRA + 1 :])


@change(FOREIGN_SEAL)
def a_header_s_field_altered(own: Evidence, dice: Random) -> Bundle:
    headers = headers_of(own)
    at, field = dice.randrange(len(headers)), dice.choice([0, 2, 3, 4, 5, 6, 9, 10, 11, 13])
    value = headers[at][field]
    if field in (9, 10, 11):
        instead = encode_number(int.from_bytes(value, "big") + dice.randrange(1, 1_000))
    else:
        instead = flipped(value, dice)
    headers[at] = (*headers[at][:field], instead, *headers[at][field + 1 :])
    return with_headers(own, headers)


@change(FOREIGN_SEAL)
def the_header_s_number_raised(own: Evidence, dice: Random) -> Bundle:
    *between, newest = headers_of(own)
    number = encode_number(parsed(newest).number + dice.randrange(1, 99))
    return with_headers(own, [*between, (*newest[:8], number, *newest[9:])])


@change(FOREIGN_SEAL)
def a_header_s_vanity_altered(own: Evidence, dice: Random) -> Bundle:
    headers = headers_of(own)
    at = dice.randrange(len(headers))
    headers[at] = with_extra(headers[at], lambda extra: [dice.randbytes(32), *extra[1:]])
    return with_headers(own, headers)


@change(FOREIGN_SEAL)
def a_header_s_round_altered(own: Evidence, dice: Random) -> Bundle:
    headers = headers_of(own)
    at, number = dice.randrange(len(headers)), encode_number(dice.randrange(1, 9))
    headers[at] = with_extra(headers[at], lambda extra: [*extra[:3], number, extra[4]])
    return with_headers(own, headers)


@change(FOREIGN_SEAL)
def a_header_s_validators_altered(own: Evidence, dice: Random) -> Bundle:
    headers = headers_of(own)
    at = dice.randrange(len(headers))

    def fewer(extra: list[Any]) -> list[Any]:
        validators = list(extra[1])
        del validators[dice.randrange(len(validators))]
        return [extra[0], validators, *extra[2:]]

    headers[at] = with_extra(headers[at], fewer)
    return with_headers(own, headers)


@change(NOT_HELD)
def an_older_genuine_header_without_its_proof(own: Evidence, dice: Random) -> Bundle:
    del dice
    return with_headers(own, headers_of(own.before))


@change({"EvidenceUnproven": "do not hash to the head that History holds after block"})
def an_older_genuine_header_with_its_proof(own: Evidence, dice: Random) -> Bundle:
    kept = dice.randrange(len(own.before.bundle.records) + 1, len(own.bundle.records) + 1)
    return replace(with_records(own, own.bundle.records[:kept]), seal=own.before.bundle.seal)


@change({"EvidenceUnproven": "do not hash to the head that History holds after block"})
def older_records_under_the_newest_header(own: Evidence, dice: Random) -> Bundle:
    del dice
    return with_records(own, own.before.bundle.records)


@change(
    {"EvidenceUnproven": "it has no sealed header"},
    None,
)
def the_seal_taken_away(own: Evidence, dice: Random) -> Bundle:
    del dice
    return replace(own.bundle, seal=None)


@change({"EvidenceUnproven": "it has no sealed header"})
def no_headers_at_all(own: Evidence, dice: Random) -> Bundle:
    del dice
    return with_headers(own, [])


@change(OUT_OF_ORDER)
def headers_in_other_order(own: Evidence, dice: Random) -> Bundle:
    headers = headers_of(own)
    one = dice.randrange(1, len(headers))
    # What comes first is believed as it stands; what follows is older.
    return with_headers(own, [*headers[: one + 1], headers[one - 1], *headers[one + 1 :]])


@change(OUT_OF_ORDER)
def a_header_doubled(own: Evidence, dice: Random) -> Bundle:
    headers = headers_of(own)
    at = dice.randrange(len(headers))
    return with_headers(own, [*headers[: at + 1], *headers[at:]])


@change(UNKNOWN_SEALERS)
def a_header_in_between_dropped(own: Evidence, dice: Random) -> Bundle:
    headers = headers_of(own)
    del headers[dice.randrange(len(headers) - 1)]
    return with_headers(own, headers)


@change(SURPLUS)
def a_surplus_genuine_header_in_between(own: Evidence, dice: Random) -> Bundle:
    """With the seals that it and the next one need, as if both were needed.

    Where the fewest seals carry the next one by the surplus one alone, it is none: then this is
    another proof of the same, in which nothing could be left out.
    """
    headers = [own.blocks[parsed(each).number] for each in headers_of(own)]
    surplus = own.blocks[dice.randrange(1, headers[-1].number)]
    if surplus in headers:
        raise Redraw
    chain = sorted([*headers, surplus], key=lambda header: header.number)
    believed: Sequence[str] = own.trust.validators
    before: list[Sequence[str]] = []
    found: list[Header] = []
    is_surplus = False
    for header in chain:
        if doubt(header, believed) is not None:
            raise Redraw
        found.append(needed(header, believed))
        is_surplus |= any(doubt(found[-1], earlier) is None for earlier in before)
        before.append(believed)
        believed = header.validators
    if not is_surplus:
        raise Redraw
    return with_headers(own, [each.fields for each in found])


@change(UNKNOWN_SEALERS)
def the_newest_header_sealed_by_strangers_alone(own: Evidence, dice: Random) -> Bundle:
    """A header of one's own making, with validators of one's own and all their seals."""
    *between, newest = headers_of(own)
    keys = [sha256(dice.randbytes(8)) for _ in range(4)]
    validators = [address_bytes(address_of(key)) for key in keys]
    blank = parsed(
        with_extra(newest, lambda extra: [extra[0], sorted(validators), extra[2], extra[3], []])
    )
    seals = [seal_of(key, blank.digest) for key in keys]
    return with_headers(own, [*between, needed(blank.with_seals(seals), ()).fields])


# --- seals ----------------------------------------------------------------------------------------


@change(TOO_FEW)
def a_seal_dropped(own: Evidence, dice: Random) -> Bundle:
    return with_seals(own, dice, lambda header: dice.sample(header.seals, len(header.seals) - 1))


@change({"EvidenceUnproven": NOT_SEALED + "fewer than two thirds"})
def all_seals_dropped(own: Evidence, dice: Random) -> Bundle:
    return with_seals(own, dice, lambda _: [])


@change(TWICE)
def a_seal_doubled(own: Evidence, dice: Random) -> Bundle:
    return with_seals(own, dice, lambda header: [*header.seals, dice.choice(header.seals)])


@change(TWICE)
def a_seal_in_place_of_another(own: Evidence, dice: Random) -> Bundle:
    return with_seals(own, dice, lambda header: [*header.seals[1:], header.seals[-1]])


@change(FOREIGN_SEAL)
def a_seal_by_no_validator_instead(own: Evidence, dice: Random) -> Bundle:
    return with_seals(
        own, dice, lambda header: [*header.seals[1:], seal_of(STRANGER, header.digest)]
    )


@change(FOREIGN_SEAL)
def a_seal_by_no_validator_added(own: Evidence, dice: Random) -> Bundle:
    return with_seals(own, dice, lambda header: [*header.seals, seal_of(STRANGER, header.digest)])


@change(FOREIGN_SEAL)
def a_seal_of_another_header(own: Evidence, dice: Random) -> Bundle:
    other = own.blocks[dice.randrange(1, len(own.blocks))]
    if other.number in {parsed(each).number for each in headers_of(own)}:
        raise Redraw
    return with_seals(own, dice, lambda header: [*header.seals[1:], dice.choice(other.seals)])


@change(FOREIGN_SEAL)
def a_seal_s_flag_changed(own: Evidence, dice: Random) -> Bundle:
    flag = dice.choice([0, 1, 2, 27, 28, 255])

    def other(header: Header) -> list[bytes]:
        if header.seals[0][64] == flag:
            raise Redraw
        return [header.seals[0][:64] + bytes([flag]), *header.seals[1:]]

    return with_seals(own, dice, other)


@change(SURPLUS)
def a_seal_in_its_high_form(own: Evidence, dice: Random) -> Bundle:
    def high(header: Header) -> list[bytes]:
        at = dice.randrange(len(header.seals))
        seal = header.seals[at]
        s = (_ORDER - int.from_bytes(seal[32:64], "big")).to_bytes(_WORD, "big")
        other = seal[:32] + s + bytes([seal[64] ^ 1])
        return [*header.seals[:at], other, *header.seals[at + 1 :]]

    return with_seals(own, dice, high)


@change(SURPLUS)
def seals_in_other_order(own: Evidence, dice: Random) -> Bundle:
    return with_seals(own, dice, lambda header: dice.sample(header.seals, len(header.seals)))


@change(SURPLUS)
def a_surplus_genuine_seal(own: Evidence, dice: Random) -> Bundle:
    def more(header: Header) -> list[bytes]:
        block = own.blocks[header.number]
        by_signer = dict(zip(block.signers, block.seals, strict=True))
        spare = [each for each in header.validators if each not in header.sealers]
        kept = sorted([*header.sealers, dice.choice(spare)], key=address_bytes)
        return [by_signer[each] for each in kept]

    return with_seals(own, dice, more)


# --- the state ------------------------------------------------------------------------------------


def with_nodes(own: Evidence, nodes: Sequence[bytes]) -> Bundle:
    assert own.bundle.seal is not None
    return replace(own.bundle, seal=replace(own.bundle.seal, nodes=tuple(nodes)))


def nodes_of(own: Evidence) -> list[bytes]:
    assert own.bundle.seal is not None
    return list(own.bundle.seal.nodes)


@change(NOT_HELD)
def a_node_dropped(own: Evidence, dice: Random) -> Bundle:
    nodes = nodes_of(own)
    del nodes[dice.randrange(len(nodes))]
    return with_nodes(own, nodes)


@change(NOT_HELD)
def a_node_s_value_changed(own: Evidence, dice: Random) -> Bundle:
    nodes = nodes_of(own)
    at = dice.randrange(len(nodes))
    node = decode(nodes[at])
    assert isinstance(node, list)
    place = dice.choice([n for n, item in enumerate(node) if item and isinstance(item, bytes)])
    item = node[place]
    assert isinstance(item, bytes)
    node[place] = flipped(item, dice)
    nodes[at] = encode(node)
    return with_nodes(own, nodes)


@change(NODES)
def a_surplus_genuine_node(own: Evidence, dice: Random) -> Bundle:
    nodes = nodes_of(own)
    surplus = [each for each in (*own.others, *nodes_of(own.before)) if each not in nodes]
    nodes.insert(dice.randrange(len(nodes) + 1), dice.choice(surplus))
    return with_nodes(own, nodes)


@change(NODES)
def a_node_doubled(own: Evidence, dice: Random) -> Bundle:
    nodes = nodes_of(own)
    nodes.insert(dice.randrange(len(nodes) + 1), dice.choice(nodes))
    return with_nodes(own, nodes)


@change(NODES)
def nodes_in_other_order(own: Evidence, dice: Random) -> Bundle:
    return with_nodes(own, dice.sample(nodes_of(own), len(nodes_of(own))))


@change(NOT_HELD)
def the_proof_of_another_account(own: Evidence, dice: Random) -> Bundle:
    nodes, other = nodes_of(own), [each for each in own.others if each not in nodes_of(own)]
    nodes[dice.randrange(1, len(nodes))] = dice.choice(other)
    return with_nodes(own, nodes)


@change(NOT_HELD)
def the_genuine_proof_of_an_older_block(own: Evidence, dice: Random) -> Bundle:
    nodes, older = nodes_of(own), nodes_of(own.before)
    if dice.random() < 0.5:
        return with_nodes(own, older)
    stale = [each for each in older if each not in nodes]
    gone = [each for each in nodes if each not in older]
    nodes[nodes.index(dice.choice(gone))] = dice.choice(stale)
    return with_nodes(own, nodes)


@change(HISTORY | FOREIGN_SEAL)
def a_forged_state_under_the_seals(own: Evidence, dice: Random) -> Bundle:
    return _forged_state(own, dice, reseal=False)


@change(HISTORY | UNKNOWN_SEALERS)
def a_forged_state_sealed_by_strangers(own: Evidence, dice: Random) -> Bundle:
    return _forged_state(own, dice, reseal=True)


def _forged_state(own: Evidence, dice: Random, *, reseal: bool) -> Bundle:
    """Another history whose head a whole state holds, with the code of the house."""
    forged = a_field_changed(own, dice)
    assert isinstance(forged, Bundle)
    assert forged.seal is not None
    head, length = replay(forged.records, genesis_head(own.trust.chain_id, own.trust.history))
    slots = {HEAD_SLOT: head, LENGTH_SLOT: encode_number(length)}
    storage = Trie.of(
        {
            keccak(slot.to_bytes(_WORD, "big")): encode(value.lstrip(b"\0"))
            for slot, value in slots.items()
        }
    )
    code = keccak(forged.seal.code["History"])
    account = encode([b"\1", b"", storage.root, code])
    state = Trie.of({keccak(address_bytes(own.trust.history)): account})
    *between, newest = forged.seal.headers
    newest = (*newest[:_STATE_ROOT], state.root, *newest[_STATE_ROOT + 1 :])
    forged = replace(
        forged,
        seal=replace(
            forged.seal,
            headers=(*between, newest),
            nodes=(*state.nodes.values(), *storage.nodes.values()),
        ),
    )
    if not reseal:
        return forged
    return the_newest_header_sealed_by_strangers_alone(replace(own, bundle=forged), dice)  # type: ignore[return-value]


# --- code -----------------------------------------------------------------------------------------


@change(OTHER_CODE)
def other_code_of_the_same_length(own: Evidence, dice: Random) -> Bundle:
    assert own.bundle.seal is not None
    code = dict(own.bundle.seal.code)
    name = dice.choice(sorted(code))
    code[name] = dice.randbytes(len(code[name]))
    return replace(own.bundle, seal=replace(own.bundle.seal, code=code))


@change(OTHER_CODE)
def the_code_of_another_contract(own: Evidence, dice: Random) -> Bundle:
    assert own.bundle.seal is not None
    code = dict(own.bundle.seal.code)
    one, other = dice.sample(sorted(code), 2)
    code[one], code[other] = code[other], code[one]
    return replace(own.bundle, seal=replace(own.bundle.seal, code=code))


@change(OTHER_CODE)
def no_code(own: Evidence, dice: Random) -> Bundle:
    assert own.bundle.seal is not None
    code = dict(own.bundle.seal.code)
    code[dice.choice(sorted(code))] = b""
    return replace(own.bundle, seal=replace(own.bundle.seal, code=code))


# --- countersignatures ----------------------------------------------------------------------------


def with_signed(own: Evidence, signed: Sequence[Countersigned]) -> Bundle:
    """Each place once, in order."""
    by_place = {in_order(each): each for each in signed}
    if len(by_place) != len(signed):
        raise Redraw
    return replace(own.bundle, countersignatures=tuple(by_place[each] for each in sorted(by_place)))


def one_changed(
    own: Evidence, dice: Random, alter: Callable[[Countersigned], Countersigned]
) -> Bundle:
    signed = list(own.bundle.countersignatures)
    at = dice.randrange(len(signed))
    signed[at] = alter(signed[at])
    return with_signed(own, signed)


def by(signer: Signer, own: Evidence, length: int, head: bytes) -> Countersigned:
    digest = countersignature_digest(own.trust.chain_id, own.trust.history, length, head)
    return e.Countersigned(signer.address, length, head, signer.sign_digest(digest))


def by_stranger(own: Evidence, length: int, head: bytes) -> Countersigned:
    return by(LocalSigner(STRANGER), own, length, head)


@change(**both(FORGED))
def a_countersignature_moved_to_another_length(own: Evidence, dice: Random) -> Bundle:
    length = dice.randrange(1, len(own.bundle.records) + 1)
    return one_changed(own, dice, lambda each: replace(each, length=length))


@change(**both(FORGED))
def a_countersignature_moved_with_its_head(own: Evidence, dice: Random) -> Bundle:
    other = dice.choice(own.bundle.countersignatures)
    return one_changed(own, dice, lambda each: replace(each, length=other.length, head=other.head))


@change(**both(FORGED))
def a_countersignature_moved_to_another_account(own: Evidence, dice: Random) -> Bundle:
    account = dice.choice([each.account for each in own.bundle.countersignatures])
    return one_changed(own, dice, lambda each: replace(each, account=account))


@change(**both(FORGED))
def a_countersignature_moved_to_another_head(own: Evidence, dice: Random) -> Bundle:
    return one_changed(own, dice, lambda each: replace(each, head=dice.randbytes(_WORD)))


@change(**both(FORGED))
def a_countersignature_in_place_of_another(own: Evidence, dice: Random) -> Bundle:
    other = dice.choice(own.bundle.countersignatures).signature
    return one_changed(own, dice, lambda each: replace(each, signature=other))


@change(**both(FORGED))
def a_countersignature_in_its_high_form(own: Evidence, dice: Random) -> Bundle:
    def high(each: Countersigned) -> Countersigned:
        seal = each.signature
        s = (_ORDER - int.from_bytes(seal[32:64], "big")).to_bytes(_WORD, "big")
        return replace(each, signature=seal[:32] + s + bytes([55 - seal[64]]))

    return one_changed(own, dice, high)


@change(**both(FORGED))
def a_countersignature_re_signed_by_a_stranger(own: Evidence, dice: Random) -> Bundle:
    return one_changed(
        own,
        dice,
        lambda each: replace(each, signature=by_stranger(own, each.length, each.head).signature),
    )


NOBODY: Final = {"EvidenceMalformed": "a countersignature is by nobody whom the history knows"}


@change(NOBODY, NOBODY | {"EvidenceUnproven": NOT_CARRIED})
def a_stranger_s_own_countersignature_instead(own: Evidence, dice: Random) -> Bundle:
    return one_changed(own, dice, lambda each: by_stranger(own, each.length, each.head))


@change(**both(NOBODY))
def a_stranger_s_own_countersignature_added(own: Evidence, dice: Random) -> Bundle:
    signed = own.bundle.countersignatures
    other = dice.choice(signed)
    head = dice.choice([other.head, dice.randbytes(_WORD)])
    return with_signed(own, [*signed, by_stranger(own, other.length, head)])


@change(**both({"EvidenceMalformed": "countersignatures are out of order, or there twice"}))
def countersignatures_in_other_order(own: Evidence, dice: Random) -> Bundle:
    signed = own.bundle.countersignatures
    return replace(own.bundle, countersignatures=tuple(dice.sample(signed, len(signed))))


@change(**both({"EvidenceMalformed": "countersignatures are out of order, or there twice"}))
def a_countersignature_doubled(own: Evidence, dice: Random) -> Bundle:
    signed = own.bundle.countersignatures
    at = dice.randrange(len(signed))
    return replace(own.bundle, countersignatures=(*signed[: at + 1], *signed[at:]))


@change(None, {"EvidenceUnproven": NOT_CARRIED})
def too_few_countersignatures_of_the_last_head(own: Evidence, dice: Random) -> Bundle:
    signed = own.bundle.countersignatures
    end = [each for each in signed if each.length == len(own.bundle.records)]
    kept = dice.sample(end, dice.randrange(3))
    return with_signed(own, [each for each in signed if each not in end or each in kept])


@change(None, {"EvidenceUnproven": NOT_CARRIED})
def no_countersignatures(own: Evidence, dice: Random) -> Bundle:
    del dice
    return replace(own.bundle, countersignatures=())


@change(None, {"EvidenceMalformed": "it has headers, and the trust file names no validators"})
def a_seal_that_the_trust_file_does_not_ask_for(own: Evidence, dice: Random) -> Bundle:
    """The evidence of another chain, whatever its seals are worth."""
    assert own.before.bundle.seal is None
    number = dice.choice([n for n in own.blocks if n])
    header = own.blocks[number]
    return replace(own.bundle, seal=Seal((header.fields,), (), dict.fromkeys(CONTRACTS, b"")))


# --- evidence logs --------------------------------------------------------------------------------


def chained(lines: Sequence[Mapping[str, Any]]) -> bytes:
    """A log of these lines, each with its number and the hash of the one before."""
    found, previous = [], bytes(_WORD)
    for number, line in enumerate(lines, 1):
        written = canonical_json({**line, "number": number, "previous": to_hex(previous)})
        previous = hashlib.sha256(written).digest()
        found.append(written + b"\n")
    return b"".join(found)


def lines_of(log: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.splitlines()]


def with_log(own: Evidence, dice: Random, alter: Callable[[bytes], bytes]) -> Bundle:
    logs = list(own.bundle.logs)
    at = dice.randrange(len(logs))
    logs[at] = alter(logs[at])
    if logs[at] in own.bundle.logs:
        raise Redraw
    return replace(own.bundle, logs=tuple(logs))


def with_logs(own: Evidence, logs: Sequence[bytes]) -> bytes:
    """The members as they are, with these logs as they stand."""
    others = {name: data for name, data in own.members.items() if not name.startswith("logs/")}
    named = {f"logs/{number}.jsonl": log for number, log in enumerate(logs, 1)}
    return archive.write(others | named)


BROKEN: Final = {"EvidenceBroken": "Line [0-9]+ of the evidence log logs/[0-9]+.jsonl"}
LOGS: Final = {"EvidenceMalformed": "evidence logs are there twice, or in other order"}


@change(**both(BROKEN))
def a_line_of_a_log_not_chained(own: Evidence, dice: Random) -> Bundle:
    def cut(log: bytes) -> bytes:
        lines = log.splitlines(keepends=True)
        at = dice.randrange(len(lines) - 1)
        instead = dice.choice([[], [lines[at], lines[at]], [b"\n"], [b"{}\n"], [lines[at].upper()]])
        return b"".join([*lines[:at], *instead, *lines[at + 1 :]])

    return with_log(own, dice, cut)


@change(**both({"EvidenceMalformed": "an evidence log breaks off"}))
def a_log_cut_within_a_line(own: Evidence, dice: Random) -> Bundle:
    def cut(log: bytes) -> bytes:
        found = log[: dice.randrange(len(log))]
        if found.endswith(b"\n"):
            raise Redraw
        return found

    return with_log(own, dice, cut)


@change(**both(LOGS))
def a_log_twice(own: Evidence, dice: Random) -> bytes:
    logs = own.bundle.logs
    return with_logs(own, sorted((*logs, dice.choice(logs))))


@change(**both(LOGS))
def logs_in_other_order(own: Evidence, dice: Random) -> bytes:
    return with_logs(own, dice.sample(own.bundle.logs, len(own.bundle.logs)))


# --- the container --------------------------------------------------------------------------------


@change(**both(MEMBERS))
def members_in_other_order(own: Evidence, dice: Random) -> bytes:
    names = dice.sample(list(own.members), len(own.members))
    return archive.write({name: own.members[name] for name in names})


@change(**both(MEMBERS))
def a_member_added(own: Evidence, dice: Random) -> bytes:
    name = dice.choice(
        ["readme.txt", "../evil", "/etc/passwd", "logs/", "logs/9.jsonl", "logs/../x", "code/", ""]
    )
    data = own.bundle.logs[0] if name.startswith("logs/9") else dice.randbytes(9)
    members = list(own.members.items())
    members.insert(dice.randrange(len(members) + 1), (name, data))
    return archive.write(dict(members))


@change(**both(MEMBERS))
def a_member_removed_that_must_be_there(own: Evidence, dice: Random) -> bytes:
    free = ("logs/", "countersignatures", "headers")
    name = dice.choice([each for each in own.members if not each.startswith(free)])
    return archive.write({each: data for each, data in own.members.items() if each != name})


@change(**both(MEMBERS))
def a_member_renamed(own: Evidence, dice: Random) -> bytes:
    name = dice.choice([each for each in own.members if each != "headers.rlp"])
    other = dice.choice([name.upper(), "./" + name, name + " ", name.replace("/", "\\") + "\0"])
    return archive.write(
        {other if each == name else each: data for each, data in own.members.items()}
    )


@change(**both(MEMBERS))
def another_program_s_archive(own: Evidence, dice: Random) -> bytes:
    """Compressed, dated, with rights, extra fields or a comment: the same members in another."""
    out = io.BytesIO()
    how = dice.choice([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA])
    comment = dice.randbytes(dice.randrange(3))
    with zipfile.ZipFile(out, "w", how) as written:
        for name, data in own.members.items():
            info = zipfile.ZipInfo(name, (1980 + dice.randrange(40), 1, 1, 0, 0, 0))
            info.compress_type, info.comment = how, dice.randbytes(dice.randrange(2))
            written.writestr(info, data)
        written.comment = comment
    return out.getvalue()


@change(**both(MEMBERS))
def bytes_around_the_archive(own: Evidence, dice: Random) -> bytes:
    more = dice.randbytes(dice.randrange(1, 9))
    return dice.choice([more + own.data, own.data + more, own.data + own.data])


@change(**both(MEMBERS))
def json_in_another_form(own: Evidence, dice: Random) -> bytes:
    name = dice.choice(["manifest.json", "countersignatures.jsonl"])
    old = own.members[name]
    new = dice.choice(
        [
            old.replace(b":", b": ", 1),
            old.replace(b'{"', b'{"x":1,"', 1),
            old.replace(b"0x", b"0X", 1),
            old + b"\n",
            b"\xef\xbb\xbf" + old,
            old.replace(b"}", b',"chain_id":1}', 1),
        ]
    )
    return archive.write(own.members | {name: new})
