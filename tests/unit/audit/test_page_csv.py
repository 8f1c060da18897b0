"""The participation history as a spreadsheet reads it."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.audit.page import AccountUnknown, as_csv
from governance.audit.page.spreadsheet import COLUMNS, _safe
from governance.audit.page.text import cleaned, shortened
from governance.history import events as e
from governance.vocabulary import Kind, Sector
from tests.generating import records
from tests.unit.audit.reports import report_of
from tests.unit.history.chronicle import Chronicle, address, digest
from tests.unit.history.test_fold import whole_story


def rows(written: str) -> list[dict[str, str]]:
    assert written.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(written.removeprefix("\ufeff"), newline="")))


def test_it_tells_who_did_what_when_in_order_of_time() -> None:
    report = report_of(list(records(institutions=12, studies=6, checkpoints=90, contributors=5)))
    told = rows(as_csv(report))
    assert tuple(told[0]) == COLUMNS
    assert [row["time_utc"] for row in told] == sorted(row["time_utc"] for row in told)
    finals = [final for study in report.state.studies.values() for final in study.finals]
    contributed = [row for row in told if row["act"] == "contributed"]
    assert len(contributed) == sum(len(final.contributions) for final in finals)
    assert {
        "applied",
        "admitted",
        "signed",
        "withdrew",
        "published",
        "attested",
        "paid-share",
        "confirmed-share",
    } <= {row["act"] for row in told}


def test_money_is_a_plain_decimal_number() -> None:
    told = rows(as_csv(report_of(whole_story().records)))
    (declared,) = [row for row in told if row["act"] == "declared-revenue"]
    assert (declared["amount"], declared["currency"]) == ("100000.01", "EUR")


def test_one_institution_finds_its_own_acts_alone() -> None:
    report = report_of(whole_story().records)
    told = rows(as_csv(report, address("account 2")))
    assert {row["institution"] for row in told} == {"2"}
    assert len(told) < len(rows(as_csv(report)))
    with pytest.raises(AccountUnknown):
        as_csv(report, address("nobody"))


@pytest.mark.parametrize(
    "begin", ["=", "+", "-", "@", "\t=", "\r=", "\n=", " =", "\u3000@", "\uff1d", "\uff0d"]
)
def test_a_name_is_never_a_formula(begin: str) -> None:
    chronicle = Chronicle(1)
    name = f'{begin}HYPERLINK("http://evil","click")'
    chronicle.emit(
        e.InstitutionApplied(
            2, address("account 2"), name, Kind.HOSPITAL, Sector.PUBLIC, b"DE", digest("p")
        )
    ).later()
    (applied,) = [
        row for row in rows(as_csv(report_of(chronicle.records))) if row["institution"] == "2"
    ]
    assert applied["name"].startswith("'")


@pytest.mark.parametrize("name", ["Klinik;=1+1", 'Klinik"; @SUM(A1)', ";=1+1;-2"])
def test_no_name_becomes_a_formula_where_semicolons_part_the_cells(name: str) -> None:
    # A spreadsheet that is set to German does not heed commas, nor the quotes after them.
    assert not any(cell.lstrip(" ").startswith(("=", "@", "-")) for cell in _safe(name).split(";"))


@given(st.text())
def test_no_text_is_a_formula_or_hides_anything(text: str) -> None:
    safe = _safe(text)
    for cell in safe.split(";"):
        assert not cell.lstrip().startswith(
            ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
        )
    assert safe.replace("\u00a0", " ").isprintable()


@given(st.text())
def test_what_is_cleaned_once_stays_as_it_is(text: str) -> None:
    assert cleaned(cleaned(text)) == cleaned(text)
    assert cleaned("Universitätsklinikum Süderhöhe") == "Universitätsklinikum Süderhöhe"


@pytest.mark.parametrize(
    "letter",
    [
        *("\u034f", "\u115f", "\u1160", "\u17b5", "\u180d", "\u2800", "\u3164", "\ufe0f"),
        *("\uffa0", "\U000e0100", "\u200b", "\u202e", "\u00ad"),
    ],
)
def test_what_is_drawn_as_nothing_is_named(letter: str) -> None:
    assert cleaned(f"a{letter}b") == f"a[U+{ord(letter):04X}]b"


@given(st.text(), st.integers(min_value=2, max_value=60))
def test_a_shortened_text_is_the_beginning_of_it_and_fits(text: str, width: int) -> None:
    short = shortened(text, width)
    assert len(short) <= width + 1
    assert cleaned(text).startswith(short.removesuffix("\u2026").rstrip())
    assert shortened("W" * 40, 28) == "W" * 15 + "\u2026"
