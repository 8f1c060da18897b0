"""What is concluded from what a validator sees."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.network.genesis import EMPTY_BLOCK_SECONDS, ROUND_SECONDS
from deploy.network.health import (
    CLOCKS_APART,
    DISK_LOW,
    LONG,
    PATIENCE,
    Level,
    Observation,
    findings,
    rounds_meet,
    until_blocks,
)

VALIDATORS = ("0xA", "0xB", "0xC", "0xD")
NOW = 1_800_000_000.0


def seen(**changed: Any) -> Observation:
    """A network that is well, but for what is changed."""
    fields: dict[str, Any] = {
        "now": NOW,
        "validator": "0xA",
        "block": 100,
        "block_at": int(NOW) - 3,
        "round": 0,
        "proposer": "0xD",
        "validators": VALIDATORS,
        "sealers": frozenset(VALIDATORS[:3]),
        "peers": frozenset(VALIDATORS[1:]),
        "waiting": 0,
        "started_at": 0.0,
        "syncing": False,
        "disk_free": 2 * DISK_LOW,
        "wanted": frozenset(VALIDATORS),
    }
    return Observation(**fields | changed)


def codes(**changed: Any) -> dict[str, Level]:
    return {finding.code: finding.level for finding in findings(seen(**changed))}


def test_all_is_well() -> None:
    assert findings(seen()) == []
    assert findings(seen(wanted=None)) == []


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"syncing": True}, {"Syncing": Level.WARNING}),
        ({"round": 1}, {"RoundsLost": Level.WARNING}),
        ({"peers": frozenset({"0xB", "0xC"})}, {"ValidatorsAway": Level.WARNING}),
        ({"peers": frozenset({"0xB"})}, {"ValidatorsAway": Level.CRITICAL}),
        ({"validator": "0xE", "peers": frozenset(VALIDATORS)}, {"NotValidating": Level.WARNING}),
        ({"wanted": frozenset(VALIDATORS[:3])}, {"ValidatorsNotMembers": Level.WARNING}),
        ({"wanted": frozenset({*VALIDATORS, "0xE"})}, {"ValidatorsNotMembers": Level.WARNING}),
        ({"block_at": int(NOW) + CLOCKS_APART}, {}),
        ({"block_at": int(NOW) + CLOCKS_APART + 1}, {"ClocksApart": Level.WARNING}),
        ({"disk_free": DISK_LOW}, {}),
        ({"disk_free": DISK_LOW - 1}, {"DiskLow": Level.CRITICAL}),
        ({"block_at": int(NOW) - PATIENCE}, {}),
        ({"block_at": int(NOW) - PATIENCE - 1}, {"ChainHalted": Level.CRITICAL}),
    ],
)
def test_what_is_not_as_it_should_be(changed: dict[str, Any], expected: dict[str, Level]) -> None:
    assert codes(**changed) == expected


def test_before_the_first_block() -> None:
    """Its parent, the genesis, has no time of its own."""
    begun = {"block": 0, "block_at": 0, "sealers": frozenset()}
    alone = {**begun, "peers": frozenset()}
    assert seen(**begun).age == 0
    assert codes(**begun) == {"NoBlockYet": Level.WARNING}
    assert codes(**begun, started_at=NOW - PATIENCE) == {"NoBlockYet": Level.WARNING}
    late = {**alone, "started_at": NOW - PATIENCE - 1}
    assert codes(**late) == {"ChainHalted": Level.CRITICAL}
    text = findings(seen(**late))[0].text
    assert text.startswith("The chain has made no block yet: 1 of 4 validators can be reached")
    # 45 s after it began, four are there: 2 + 4 + 8 + 16 + 32 s at most until rounds meet.
    enough = findings(seen(**begun, started_at=NOW - PATIENCE - 1))[0].text
    assert "within 62 seconds" in enough


def test_the_worst_comes_first() -> None:
    found = findings(seen(syncing=True, disk_free=0, round=2))
    assert [each.level for each in found] == [Level.CRITICAL, Level.WARNING, Level.WARNING]


def test_a_halt_says_who_is_missing_or_how_long_it_lasts() -> None:
    halted = {"block_at": int(NOW) - 60}
    few = findings(seen(**halted, peers=frozenset({"0xB"})))[0].text
    assert "2 of 4 validators can be reached, 3 are needed" in few
    assert "Have the others start" in few
    # Rounds began 45 s ago: of 2, 4, 8, 16, 32 and 64 seconds, the last is the first long enough.
    enough = findings(seen(**halted))[0].text
    assert "within 62 seconds" in enough
    assert "restart all" in enough
    back = findings(seen(**halted, started_at=NOW - 30))[0].text
    assert "within 2 seconds. Wait." in back, "it came back 15 s after rounds began: 30 s, and over"
    soon = findings(seen(**halted, started_at=NOW - 10))[0].text
    assert "restart all" not in soon
    assert LONG == 60


@pytest.mark.parametrize(("apart", "left"), [(58, 62), (60, 126), (63, 126), (65, 126)])
def test_a_round_in_which_they_hardly_meet_is_not_counted_on(apart: int, left: int) -> None:
    """The round of 64 seconds begins 62 seconds after the first, for each by its own clock."""
    pause = 1
    halted = {"block_at": int(NOW) - apart - pause, "started_at": NOW, "waiting": 1}
    assert until_blocks(seen(**halted)) == left


def test_a_round_whose_proposer_is_away_is_lost() -> None:
    """Rounds 0 to 5 are too short; 6 after 0xD is the turn of 0xC, 7 of 0xD, 8 of 0xA again."""
    halted = {"block_at": int(NOW) - 80, "started_at": NOW, "waiting": 1}
    assert until_blocks(seen(**halted)) == 126
    assert until_blocks(seen(**halted, peers=frozenset({"0xB", "0xC"}))) == 126
    assert until_blocks(seen(**halted, peers=frozenset({"0xB", "0xD"}))) == 126 + 128
    assert until_blocks(seen(**halted, peers=frozenset({"0xB"}))) == 126 + 128 + 256
    # The last proposer validates no more: whoever stands behind its place begins, here 0xC.
    gone = {**halted, "proposer": "0xBB"}
    assert (
        until_blocks(seen(**gone, validators=("0xA", "0xB", "0xC"), peers=frozenset({"0xB"})))
        == 254
    )


@given(apart=st.floats(0, 1e6))
def test_rounds_meet_where_the_others_still_are(apart: float) -> None:
    """A model: both go through rounds of doubling length, one of them `apart` seconds later."""
    met = rounds_meet(apart)

    def round_at(passed: float) -> int:
        number, end = 0, float(ROUND_SECONDS)
        while passed >= end:
            number += 1
            end += ROUND_SECONDS * 2.0**number
        return number

    assert round_at(met) == round_at(met + apart), "they are in the same round then"
    if met:
        before = met - 0.001
        assert round_at(before) < round_at(before + apart), "and were not before"


def test_what_was_measured() -> None:
    """On four validators: one back 47.8 s after rounds had begun, blocks 61.4 s later."""
    assert rounds_meet(62.8 - EMPTY_BLOCK_SECONDS) == 62
