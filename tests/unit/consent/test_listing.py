"""The list of the records that may be used: what is written is read, and nothing else."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.consent import Reason, Verdict, read_eligible, write_eligible
from governance.consent.errors import EligibleListInvalid
from governance.consent.spans import ALWAYS, BEGINNING, END

if TYPE_CHECKING:
    from pathlib import Path

    from governance.consent.spans import Span

HEADING = "record,collected_from,collected_until\n"
FROM, UNTIL = "2001-02-03 04:05:06 UTC", "2031-02-03 04:05:06 UTC"


def _written(permitted: dict[str, list[Span]]) -> str:
    file = io.StringIO(newline="")
    verdicts = {name: Verdict(Reason.PERMITTED, tuple(spans)) for name, spans in permitted.items()}
    write_eligible(file, verdicts.items())
    return file.getvalue()


# Whatever a FHIR date can come to, and some that nobody writes.
_SECONDS = st.integers(-63_000_000_000, 260_000_000_000)
_SPANS = st.tuples(_SECONDS | st.just(BEGINNING), _SECONDS | st.just(END)).filter(
    lambda span: span[0] < span[1]
)
_NAMES = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), min_size=1)


@given(st.dictionaries(_NAMES, st.lists(_SPANS, min_size=1, max_size=3), max_size=5))
def test_what_is_written_is_read(
    tmp_path_factory: pytest.TempPathFactory, permitted: dict[str, list[Span]]
) -> None:
    path = tmp_path_factory.getbasetemp() / "eligible.csv"
    path.write_text(_written(permitted), encoding="utf-8", newline="")
    assert read_eligible(path) == permitted


def test_who_does_not_permit_is_not_on_it() -> None:
    file = io.StringIO(newline="")
    write_eligible(
        file, [("a", Verdict(Reason.USE_DENIED)), ("b", Verdict(Reason.PERMITTED, (ALWAYS,)))]
    )
    assert file.getvalue() == f"{HEADING}b,,\n"


def test_nobody_on_it_is_a_list_too(tmp_path: Path) -> None:
    (tmp_path / "eligible.csv").write_text(HEADING)
    assert read_eligible(tmp_path / "eligible.csv") == {}


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", 1),
        ("a\nb\n", 1),
        ("a,,\n", 1),
        ("record;collected_from;collected_until\n", 1),
        ("record,collected_until,collected_from\n", 1),
        ("\ufeff" + HEADING, 1),
        (HEADING + "a\n", 2),
        (HEADING + "a,,\n\nb,,\n", 3),
        (HEADING + ",,\n", 2),
        (HEADING + "a,,,\n", 2),
        (HEADING + 'a,,\n"b,,\n', 3),
        (HEADING + f"a,{UNTIL},{FROM}\n", 2),
        (HEADING + f"a,{FROM},{FROM}\n", 2),
        (HEADING + "a,2001-02-03,\n", 2),
        (HEADING + "a,2001-02-03 04:05:06,\n", 2),
        (HEADING + "a,2001-2-3 04:05:06 UTC,\n", 2),
        (HEADING + "a,2001-02-30 04:05:06 UTC,\n", 2),
        (HEADING + "a, ,\n", 2),
        (HEADING + "a,1000000000,\n", 2),
    ],
)
def test_a_file_of_another_form_is_no_empty_list(tmp_path: Path, text: str, line: int) -> None:
    path = tmp_path / "eligible.csv"
    path.write_text(text, encoding="utf-8", newline="")
    with pytest.raises(EligibleListInvalid, match=rf"eligible\.csv, line {line}:"):
        read_eligible(path)


def test_a_file_that_is_no_text_is_none(tmp_path: Path) -> None:
    (tmp_path / "eligible.csv").write_bytes(HEADING.encode() + b"\xff\xfe,,\n")
    with pytest.raises(EligibleListInvalid):
        read_eligible(tmp_path / "eligible.csv")
