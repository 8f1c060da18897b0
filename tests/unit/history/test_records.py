"""The codec against eth_abi: what it reads, what it refuses, and what a record is."""

from __future__ import annotations

import typing
from dataclasses import dataclass, fields, is_dataclass, replace
from enum import IntEnum
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.history import (
    HistoryMalformed,
    Log,
    decode_countersignature,
    decode_log,
    decode_record,
    record_bytes,
    record_of,
    shapes,
    topics_of_record,
)
from governance.history import events as e
from governance.history.abi import snake_case, struct_decoder
from governance.history.table import countersigned
from governance.primitives import checksum_address
from governance.vocabulary import Kind, Sector
from tests.unit.history.chronicle import address, declaration, digest, encoded, topics_and_data

if typing.TYPE_CHECKING:
    from governance.abi import Field

ALL = (*e.OF_RECORD, e.Countersigned)


def values(field: Field, wanted: Any) -> st.SearchStrategy[Any]:
    """Any value of a field."""
    kind = field.type
    if kind.endswith("[]"):
        inner = replace(field, type=kind.removesuffix("[]"))
        return st.lists(values(inner, typing.get_args(wanted)[0]), max_size=3).map(tuple)
    if isinstance(wanted, type) and is_dataclass(wanted):
        return structs(field.components, wanted)
    if isinstance(wanted, type) and issubclass(wanted, IntEnum):
        return st.sampled_from(wanted)
    return UNSIZED[kind] if kind in UNSIZED else sized(kind)


UNSIZED: dict[str, st.SearchStrategy[Any]] = {
    "address": st.binary(min_size=20, max_size=20).map(checksum_address),
    "bool": st.booleans(),
    "string": st.text(max_size=70),
    "bytes": st.binary(max_size=70),
}


def sized(kind: str) -> st.SearchStrategy[Any]:
    """Any value of a `bytesN` or `uintN`."""
    if kind.startswith("bytes"):
        return st.binary(min_size=int(kind[5:]), max_size=int(kind[5:]))
    return st.integers(0, 2 ** int(kind[4:]) - 1)


def structs(components: typing.Sequence[Field], wanted: type) -> st.SearchStrategy[Any]:
    """Any value of a struct."""
    hints = typing.get_type_hints(wanted)
    names = [field.name for field in fields(wanted)]
    parts = [values(part, hints[name]) for part, name in zip(components, names, strict=True)]
    return st.tuples(*parts).map(lambda arguments: wanted(*arguments))


def events(kind: type[e.Event]) -> st.SearchStrategy[e.Event]:
    """Any event of a kind."""
    return structs(declaration(kind).inputs, kind)


def log(topics: tuple[bytes, ...], data: bytes) -> Log:
    return Log(address("swarm"), topics, data, 5, bytes(32), 1000, bytes(32), 3)


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.__name__)
def test_every_event_is_read_as_it_was_written(kind: type[e.Event]) -> None:
    @settings(max_examples=40)
    @given(events(kind))
    def check(event: e.Event) -> None:
        topics, data = topics_and_data(event)
        assert decode_log(log(topics, data)) == event
        if kind is not e.Countersigned:
            record = record_of(log(topics, data))
            assert record.data == encoded(event)
            assert decode_record(record.data) == event

    check()


@pytest.mark.parametrize(
    "kind",
    [e.InstitutionApplied, e.ProposalCreated, e.TermsProposed, e.CheckpointPublished, e.VoteCast],
    ids=lambda kind: kind.__name__,
)
def test_no_two_records_are_read_as_the_same_event(kind: type[e.Event]) -> None:
    @settings(max_examples=60)
    @given(events(kind), st.data())
    def check(event: e.Event, data: st.DataObject) -> None:
        record = encoded(event)
        place = data.draw(st.integers(32, len(record) - 1))
        change = data.draw(st.integers(1, 255))
        other = bytearray(record)
        other[place] ^= change
        try:
            read = decode_record(bytes(other))
        except HistoryMalformed:
            return
        # Text that is no UTF-8 is read with replacement characters, so it may look the same.
        assert read != event or b"\xef\xbf\xbd" in record

    check()


@given(events(e.TermsProposed), st.data())
def test_a_record_cut_short_or_drawn_out_is_refused(event: e.Event, data: st.DataObject) -> None:
    record = encoded(event)
    with pytest.raises(HistoryMalformed):
        decode_record(record[: data.draw(st.integers(0, len(record) - 1))])
    with pytest.raises(HistoryMalformed):
        decode_record(record + data.draw(st.binary(min_size=1, max_size=40)))


@given(st.sampled_from(e.OF_RECORD), st.binary(max_size=400))
def test_garbage_is_refused_and_nothing_else_happens(kind: type[e.Event], garbage: bytes) -> None:
    topic = declaration(kind).identity
    try:
        event = decode_record(topic + garbage)
    except HistoryMalformed:
        return
    assert encoded(event) == topic + garbage


@pytest.mark.parametrize("offset", [0, 2**256 - 1, 2**255, 64, 33])
def test_a_forged_offset_is_refused(offset: int) -> None:
    topics, data = topics_and_data(e.VoteCast(address("a"), 1, 1, 1, "because"))
    forged = data[:96] + offset.to_bytes(32, "big") + data[128:]
    with pytest.raises(HistoryMalformed):
        decode_log(log(topics, forged))


def test_a_length_beyond_the_record_costs_nothing() -> None:
    record = encoded(e.VoteCast(address("a"), 1, 1, 1, ""))
    with pytest.raises(HistoryMalformed, match="longer than its record"):
        decode_record(record[:-32] + (2**255).to_bytes(32, "big"))


def test_text_that_is_no_utf_8_does_not_stop_the_reader() -> None:
    record = encoded(e.VoteCast(address("a"), 1, 1, 1, "abc"))
    event = decode_record(record.replace(b"abc", b"a\xffc"))
    assert isinstance(event, e.VoteCast)
    assert event.reason == "a\N{REPLACEMENT CHARACTER}c"


def test_logs_of_other_events_are_refused() -> None:
    for topics in ((), (bytes(32),), (declaration(e.StudyStarted).identity, bytes(32))):
        with pytest.raises(HistoryMalformed):
            record_of(log(topics, b""))
    with pytest.raises(HistoryMalformed):
        decode_record(bytes(32))


def test_a_countersignature_is_no_record_but_is_read() -> None:
    said = e.Countersigned(address("account 1"), 7, digest("head"), bytes(65))
    topics, data = topics_and_data(said)
    assert decode_countersignature(log(topics, data)) == said
    assert countersigned().topic not in shapes()
    with pytest.raises(HistoryMalformed):
        record_bytes(topics, data, shapes())
    with pytest.raises(HistoryMalformed, match="no countersignature"):
        decode_countersignature(log(*topics_and_data(e.InstitutionLeft(1))))


def test_a_dataclass_that_differs_from_its_event_is_noticed() -> None:
    with pytest.raises(TypeError, match="other fields"):
        struct_decoder(declaration(e.NodeRevoked).inputs, e.ValidatorRemoved)


def test_names_are_those_of_solidity_in_python_s_way() -> None:
    assert snake_case("termsDigest") == "terms_digest"
    assert snake_case("contractAddress") == "contract_address"
    assert snake_case("amount") == "amount"


# --- logs as JSON-RPC gives them ------------------------------------------------------------------


def rpc_log(**changes: Any) -> dict[str, Any]:
    topics, data = topics_and_data(e.InstitutionLeft(3))
    entry = {
        "address": address("swarm").lower(),
        "topics": ["0x" + topic.hex() for topic in topics],
        "data": "0x" + data.hex(),
        "blockNumber": "0x10",
        "blockHash": "0x" + "ab" * 32,
        "blockTimestamp": "0x3e8",
        "transactionHash": "0x" + "cd" * 32,
        "transactionIndex": "0x0",
        "logIndex": "0x2",
        "removed": False,
    }
    return {**entry, **changes}


def test_a_log_is_read_from_json_rpc() -> None:
    read = Log.from_json(rpc_log())
    assert (read.emitter, read.block_number, read.block_timestamp) == (address("swarm"), 16, 1000)
    assert decode_log(read) == e.InstitutionLeft(3)
    assert Log.from_json(rpc_log(blockTimestamp="0x0"), 77).block_timestamp == 77
    record = record_of(read)
    assert (record.number, record.timestamp, record.log_index) == (16, 1000, 2)
    assert record == record_of(read)
    assert len({record, record_of(read)}) == 1
    assert "block 16" in repr(record)


@pytest.mark.parametrize(
    "changes",
    [
        {"address": "0x12"},
        {"topics": ["0x12"]},
        {"topics": None},
        {"data": "zz"},
        {"blockNumber": None},
        {"blockNumber": "sixteen"},
        {"blockNumber": "16"},
        {"logIndex": "-0x5"},
        {"logIndex": "0x1" + 16 * "0"},
        {"blockTimestamp": None},
        {"blockHash": 7},
    ],
    ids=str,
)
def test_a_log_that_json_rpc_would_not_give_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(HistoryMalformed):
        Log.from_json(rpc_log(**changes))


def test_a_log_without_its_time_is_refused() -> None:
    entry = rpc_log()
    del entry["blockTimestamp"]
    with pytest.raises(HistoryMalformed):
        Log.from_json(entry)


# --- words and shapes -----------------------------------------------------------------------------


def with_word(event: e.Event, place: int, value: int) -> bytes:
    """An event's record with another word in the head, counted from 0."""
    record = bytearray(encoded(event))
    record[32 + 32 * place : 64 + 32 * place] = value.to_bytes(32, "big")
    return bytes(record)


ROTATED = e.AccountRotated(1, address("a"), address("b"), by_vote=True)
APPLIED = e.InstitutionApplied(
    1, address("a"), "A", Kind.COMPANY, Sector.PRIVATE, b"DE", digest("profile")
)


@pytest.mark.parametrize(
    ("event", "place", "value", "what"),
    [
        (ROTATED, 0, 2**32, "larger than its type"),
        (ROTATED, 1, 2**160, "longer than 20 bytes"),
        (ROTATED, 3, 2, "neither"),
        (APPLIED, 3, 4, "Kind"),
        (APPLIED, 4, 2, "Sector"),
        (APPLIED, 5, 1, "bytes2"),
    ],
)
def test_a_value_beyond_its_type_is_refused(
    event: e.Event, place: int, value: int, what: str
) -> None:
    with pytest.raises(HistoryMalformed, match=what):
        decode_record(with_word(event, place, value))


def test_padding_that_is_not_zero_is_refused() -> None:
    record = encoded(APPLIED)
    with pytest.raises(HistoryMalformed, match="padded"):
        decode_record(record[:-1] + b"\x01")


@dataclass(frozen=True)
class Bag:
    """Something that no event looks like."""

    thing: list[int]


@pytest.mark.parametrize("kind", ["uint8[]", "uint8", "function"])
def test_a_type_that_python_cannot_hold_is_noticed(kind: str) -> None:
    field = declaration(e.InstitutionLeft).inputs[0]
    with pytest.raises(TypeError, match="read into"):
        struct_decoder([replace(field, name="thing", type=kind)], Bag)


def test_only_dataclasses_are_decoded_into() -> None:
    with pytest.raises(TypeError, match="no dataclass"):
        struct_decoder([], int)


def test_readers_ask_for_the_events_of_record_and_no_others() -> None:
    assert set(topics_of_record()) == {declaration(event).identity for event in e.OF_RECORD}
