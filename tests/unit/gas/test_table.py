"""The gas table: written, read again, and held against another."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.gas.table import Row, complaints, parse, render

MET = Row("sign, a later one", 100_000, "EAS attestation", 180_708, 0.65)
MISSED = Row("publish", 406_828, "EAS attestation", 180_708, 0.7)
FREE = Row("register a node", 79_287, "bare floor", 44_424)
ROWS = [MET, MISSED, FREE]


def test_says_what_is_met() -> None:
    assert MET.cells() == (
        *("sign, a later one", "100,000", "EAS attestation", "180,708"),
        *("0.553", "≤ 0.65", "yes"),
    )
    assert MISSED.cells()[-2:] == ("≤ 0.7", "**no**")
    assert FREE.cells()[-2:] == ("-", "-")


def test_a_target_is_met_up_to_itself() -> None:
    assert not Row("act", 65, "anchor", 100, 0.65).missed
    assert Row("act", 66, "anchor", 100, 0.65).missed


def test_what_is_written_is_read_again() -> None:
    text = f"# Gas\n\nBefore.\n\n{render(ROWS)}\n\nAfter.\n\n| another | table |\n|---|---|\n"
    assert parse(text) == ROWS


def test_nothing_is_said_of_the_same_within_two_per_cent() -> None:
    measured = [replace(row, gas=round(row.gas * 1.019)) for row in ROWS]
    assert complaints(ROWS, ROWS) == []
    assert complaints(ROWS, measured) == []


@pytest.mark.parametrize(
    ("measured", "said"),
    [
        (replace(FREE, gas=81_000), "'register a node' costs 81,000, not 79,287 as committed."),
        (replace(FREE, gas=77_000), "'register a node' costs 77,000, not 79,287 as committed."),
        (
            replace(FREE, anchor_gas=46_000),
            "'register a node' (the anchor) costs 46,000, not 44,424 as committed.",
        ),
        (
            replace(FREE, target=2.0),
            "'register a node' is held against something else than in the committed table.",
        ),
        (replace(FREE, act="apply"), "'apply' is missing in the committed table."),
    ],
)
def test_what_differs_is_said(measured: Row, said: str) -> None:
    assert said in complaints(ROWS, [MET, MISSED, measured])


def test_a_row_that_is_gone_is_said() -> None:
    assert complaints(ROWS, [MET, FREE]) == ["'publish' is measured no longer."]


def test_a_target_that_is_met_no_longer_is_said_however_small_the_difference() -> None:
    close = Row("attest", 72_283, "EAS attestation", 180_708, 0.4)
    assert complaints([close], [replace(close, gas=72_284)]) == [
        "'attest' met its target and does no longer: 72,284 is 0.400 x EAS attestation, "
        "aimed at 0.4."
    ]


def test_a_target_that_was_never_met_is_no_news() -> None:
    assert complaints([MISSED], [replace(MISSED, gas=410_000)]) == []
