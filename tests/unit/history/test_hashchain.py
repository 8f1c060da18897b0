"""The hash chain, computed a second time with nothing but hashlib."""

from __future__ import annotations

import hashlib

from governance.history import advance_head, genesis_head, replay
from tests.unit.history.chronicle import Chronicle, address


def number(value: int) -> bytes:
    return value.to_bytes(32, "big")


def test_the_first_head_names_chain_and_history() -> None:
    raw = bytes.fromhex(address("history")[2:])
    assert genesis_head(7, address("history")) == hashlib.sha256(number(7) + raw).digest()


def test_heads_follow_the_formula() -> None:
    chronicle = Chronicle(2).apply(3).later()
    head = genesis_head(7, address("history"))
    expected = head
    for record in chronicle.records:
        emitter = bytes.fromhex(record.emitter[2:])
        place = number(record.number) + number(record.timestamp)
        expected = hashlib.sha256(expected + emitter + place + record.data).digest()
    assert replay(chronicle.records, head) == (expected, len(chronicle.records))


def test_a_replay_goes_on_where_it_stopped() -> None:
    records = Chronicle(3).records
    genesis = genesis_head(7, address("history"))
    head, length = replay(records[:4], genesis)
    assert replay(records[4:], head, length) == replay(records, genesis)


def test_whatever_is_changed_changes_the_head() -> None:
    said = (bytes(32), bytes(20), 1, 2, b"record")
    changed = [
        (b"\x01" * 32, *said[1:]),
        (said[0], b"\x01" * 20, *said[2:]),
        (*said[:2], 2, *said[3:]),
        (*said[:3], 3, said[4]),
        (*said[:4], b"recorD"),
    ]
    heads = {advance_head(*said), *(advance_head(*each) for each in changed)}
    assert len(heads) == 6
