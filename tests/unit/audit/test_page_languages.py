"""Both languages say everything, say the same things, and nothing that is never said."""

from __future__ import annotations

import re
from pathlib import Path
from string import Formatter
from typing import Any

import pytest

import governance.audit.page
from governance.audit import Severity
from governance.audit.page import LANGUAGES
from governance.audit.page.english import ENGLISH
from governance.audit.page.german import GERMAN
from governance.gate import Reason
from governance.history import ProposalState
from governance.vocabulary import (
    Ground,
    Kind,
    Level,
    Part,
    Sector,
    Settlement,
    Standing,
    StudyState,
)

PACKAGE = Path(governance.audit.page.__file__).parent
DYNAMIC = {
    "act": r"act\.",
    "count": r"count\.(breach|concern|notice)",
    "figure": r"figure\.(timeline|overview|matrix|lineage|shares)(\.desc)?",
    "span": r"span\.(d|h|min|s)",
    "upto": r"upto\.(seals(\.unnamed)?|countersignatures|endpoint)",
    "verdict": r"(own\.)?verdict\.(clean|open|breach)|verdict\.(proven|endpoint)",
    "lead": r"own\.lead|lead",
    "revenue": r"revenue\.caption(\.plain)?",
}
"""Keys that are put together where they are used."""


def forms(text: str | tuple[str, str]) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else text


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_both_languages_have_the_same_texts_with_the_same_values_in_them() -> None:
    assert ENGLISH.texts.keys() == GERMAN.texts.keys()
    for key, text in ENGLISH.texts.items():
        assert isinstance(text, str) == isinstance(GERMAN.texts[key], str), key
        for english, german in zip(forms(text), forms(GERMAN.texts[key]), strict=True):
            assert fields(english) == fields(german), key
    assert ENGLISH.names.keys() == GERMAN.names.keys()
    for family, names in ENGLISH.names.items():
        assert names.keys() == GERMAN.names[family].keys(), family
    assert len(ENGLISH.months) == len(GERMAN.months) == 12


def test_every_text_is_used() -> None:
    sources = "\n".join(
        path.read_text(encoding="utf-8")
        for path in PACKAGE.iterdir()
        if path.suffix in {".py", ".j2"} and path.name not in {"english.py", "german.py"}
    )
    unused = [
        key
        for key in ENGLISH.texts
        if not re.search(rf"[\"']{re.escape(key)}[\"']", sources)
        and not any(re.match(pattern, key) for pattern in DYNAMIC.values())
    ]
    assert unused == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_value_has_a_name(language: Any) -> None:
    names = LANGUAGES[language].names
    expected: dict[str, set[str]] = {
        "kind": {each.name.lower() for each in Kind},
        "sector": {each.name.lower() for each in Sector},
        "standing": {each.name.lower() for each in Standing} - {"unknown"},
        "study": {each.name.lower() for each in StudyState},
        "proposal": {each.name.lower() for each in ProposalState} - {"queued"},
        "part": {each.name.lower() for each in Part},
        "settlement": {each.name.lower() for each in Settlement},
        "level": {each.name.lower().replace("_", "-") for each in Level} - {"none"},
        "ground": {each.name.lower() for each in Ground},
        "severity": {each.value for each in Severity},
        "reason": {each.value for each in Reason} - {"Authorised"},
    }
    for family, values in expected.items():
        assert names[family].keys() == values, family


@pytest.mark.parametrize("language", [ENGLISH, GERMAN])
def test_no_text_says_more_than_a_history_can_show(language: Any) -> None:
    # Where data are, and whether money has moved, no chain knows.
    claims = ("without any patient's data", "have trained", "ohne dass", "verlassen")
    assert not any(claim in language("lead") for claim in claims)
    assert not language("act.paid-share", amount="1").startswith(("paid", "bezahlte"))


@pytest.mark.parametrize(
    ("reason", "about"),
    [("TermsMismatch", ("smart contract", "Smart Contract")), ("Unknown", ("gate", "Prüftor"))],
)
def test_reasons_mean_what_the_gate_means_by_them(reason: str, about: tuple[str, str]) -> None:
    for language, word in zip((ENGLISH, GERMAN), about, strict=True):
        assert word in language.name("reason", reason)


def test_numbers_money_and_times_are_written_as_the_language_does() -> None:
    at = 1_778_594_591
    assert ENGLISH.moment(at) == "12 May 2026, 14:03:11 UTC"
    assert GERMAN.moment(at) == "12. Mai 2026, 14:03:11 Uhr UTC"
    assert ENGLISH.when(at) == "2026-05-12 14:03"
    assert GERMAN.when(at) == "12.05.2026 14:03"
    assert ENGLISH.money(123_456_789, "EUR") == "1,234,567.89\u00a0EUR"
    assert GERMAN.money(123_456_705, "EUR") == "1.234.567,05\u00a0EUR"
    assert GERMAN.money(1_234, "JPY") == "1.234\u00a0JPY"
    assert ENGLISH.money(1_234, "KWD") == "1.234\u00a0KWD"
    assert ENGLISH("count.breach", count=1) == "1 breach"
    assert GERMAN("count.breach", count=1_200) == "1.200 Verstöße"
