"""Records in few bytes: read as they were written, in one form, and never more than they may be."""

from __future__ import annotations

import random
import struct
from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.audit.bundle.records import RecordsInvalid, decode, encode
from governance.history import Record
from tests.generating import records
from tests.unit.history.chronicle import address

HISTORY = list(islice(records(institutions=8, studies=3, checkpoints=60, contributors=4), 400))

words = st.binary(min_size=32, max_size=32)


@st.composite
def histories(draw: st.DrawFn) -> list[Record]:
    number = time = 0
    found: list[Record] = []
    for _ in range(draw(st.integers(0, 12))):
        step = draw(st.sampled_from([0, 0, 1, 300, 70_000, 2**40]))
        number, time = number + step, time + (draw(st.integers(0, 2**33)) if step else 0)
        place = found[-1].log_index + 1 if found and found[-1].number == number else 0
        body = b"".join(draw(st.lists(words, min_size=1, max_size=4)))
        found.append(Record(address(draw(st.sampled_from("abc"))), number, time, place, body))
    return found


@given(histories())
def test_what_is_written_is_read(history: list[Record]) -> None:
    assert decode(encode(history)) == history


def test_a_real_history_takes_few_bytes() -> None:
    written = encode(HISTORY)
    assert [(r.emitter, r.number, r.timestamp, r.data) for r in decode(written)] == [
        (r.emitter, r.number, r.timestamp, r.data) for r in HISTORY
    ]
    long = list(islice(records(checkpoints=2_000), 8_000))
    assert len(encode(long)) / len(long) < 120


@settings(max_examples=2_000)
@given(st.data())
def test_whatever_is_read_is_in_its_one_form(data: st.DataObject) -> None:
    written = bytearray(encode(HISTORY[: data.draw(st.integers(1, 60))]))
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(written) - 1))
        written[at] = data.draw(st.integers(0, 255))
    try:
        found = decode(bytes(written))
    except RecordsInvalid:
        return
    assert encode(found) == bytes(written)


@given(st.binary(max_size=400))
def test_any_bytes_are_refused_or_in_their_one_form(data: bytes) -> None:
    try:
        found = decode(data)
    except RecordsInvalid:
        return
    assert encode(found) == data


def _same(value: int) -> bytes:
    return struct.pack("<BQ", 0, value)


def bombs() -> dict[str, bytes]:
    """Few bytes that say they stand for many."""
    count = 2**32 - 1
    head = struct.pack("<4I", count, 1, 1, 1) + bytes(20)
    tail = _same(0) * 4
    return {
        "records without bytes": head + _same(2) + tail + _same(0) * 2 + bytes(32),
        "long records": struct.pack("<4I", 400, 1, 1, 1)
        + bytes(20)
        + _same(2**40)
        + tail
        + bytes(400),
        "emitters": struct.pack("<4I", 1, count, 1, 1),
        "shapes": struct.pack("<4I", 1, 1, count, 1) + bytes(20) + _same(1),
        "words": struct.pack("<4I", 1, 1, 1, count) + bytes(20) + _same(1) + tail + _same(0),
    }


@pytest.mark.parametrize("kind", bombs())
def test_nothing_unpacks_to_what_fills_a_machine(kind: str) -> None:
    with pytest.raises(RecordsInvalid):
        decode(bombs()[kind])


@pytest.mark.parametrize(
    "record",
    [
        Record(address("a"), 1, 1, 0, b""),
        Record(address("a"), 1, 1, 0, bytes(33)),
        Record(address("a"), 2**63, 1, 0, bytes(32)),
    ],
)
def test_what_is_no_record_is_not_written(record: Record) -> None:
    with pytest.raises(RecordsInvalid):
        encode([record])


def test_blocks_do_not_go_back() -> None:
    dice = random.Random(3)
    shuffled = dice.sample(HISTORY[:40], 40)
    with pytest.raises(RecordsInvalid):
        encode(shuffled)
