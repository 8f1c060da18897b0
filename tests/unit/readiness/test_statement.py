from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from governance.readiness import (
    AgreementReached,
    Column,
    ConsentCounts,
    NotReady,
    ReadinessInvalid,
    Verdict,
    require_passing,
    shortfalls,
    statement_from_canonical,
)
from governance.terms import Terms, load_terms, parse_terms
from tests.unit.readiness.made import EXAMPLE, asked, made, table

ROOT = Path(__file__).parents[3]
VECTOR = json.loads((ROOT / "tests" / "vectors" / "readiness.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def terms() -> Terms:
    return load_terms(EXAMPLE)


def changed_terms(old: str, new: str) -> Terms:
    text = EXAMPLE.read_text(encoding="utf-8")
    assert old in text
    return parse_terms(text.replace(old, new))


def test_the_committed_statement_has_the_committed_digest(terms: Terms) -> None:
    assert made(terms).canonical().decode() == VECTOR["canonical"]
    assert made(terms).digest().hex() == VECTOR["digest"]


def test_a_statement_passes_and_reads_back(terms: Terms) -> None:
    statement = made(terms)
    assert shortfalls(statement, terms) == ()
    assert statement_from_canonical(statement.canonical()) == statement
    assert require_passing(statement.canonical(), terms, 3) == statement


def test_terms_that_ask_for_nothing_get_nothing() -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    start, end = text.index("annotation:"), text.index("consent:")
    text = (text[:start] + "annotation: null\n" + text[end:]).replace("30d", "null")
    lenient = parse_terms(text)
    bare = made(lenient, agreement=None, consent=None, exposure=(), prior_use=None)
    assert shortfalls(bare, lenient) == ()
    assert statement_from_canonical(bare.canonical()) == bare


def test_a_statement_is_bound_to_its_terms(terms: Terms) -> None:
    other = changed_terms("rounds: 50", "rounds: 60")
    assert made(other).digest() != made(terms).digest()
    (problem,) = shortfalls(made(terms), other)
    assert "about other terms" in problem


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"agreement": None}, "ask for the annotators' agreement by cohen-kappa"),
        ({"agreement": AgreementReached("dice", "0.9")}, "by cohen-kappa, not by dice"),
        ({"agreement": AgreementReached("cohen-kappa", "0.79")}, "0.79 is below 0.8"),
        ({"agreement": AgreementReached("cohen-kappa", "0.799999")}, "is below 0.8"),
        ({"agreement": AgreementReached("cohen-kappa", "-0.9")}, "-0.9 is below 0.8"),
        ({"agreement": AgreementReached("cohen-kappa", None)}, "labels give no value"),
        ({"consent": None}, "ask for a consent commitment"),
        ({"consent": ConsentCounts(10, 0)}, "no patient permits"),
        ({"exposure": (asked(Verdict.CLOSED), asked(Verdict.OPEN))}, "open to anybody .* 10.1.2.3"),
    ],
)
def test_what_does_not_meet_the_terms_is_told(
    terms: Terms, changed: dict[str, Any], words: str
) -> None:
    statement = made(terms, **changed)
    assert len(shortfalls(statement, terms)) == 1
    with pytest.raises(NotReady, match=words):
        require_passing(statement.canonical(), terms, 3)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"schema_digest": bytes(32)}, "another schema"),
        ({"rows": 0, "columns": ()}, "there is no record"),
        ({"faulty": 2, "columns": (Column("age", None, 0, 2),)}, "2 of 198 rows .*, in age$"),
        ({"faulty": 1}, "1 of 198 rows break the schema$"),
        ({"unlike": ("chol",)}, "unit of chol"),
    ],
)
def test_data_that_do_not_meet_the_terms_are_told(
    terms: Terms, changed: dict[str, Any], words: str
) -> None:
    found = shortfalls(made(terms, data=table(terms, **changed)), terms)
    assert len(found) == 1
    assert re.search(words, found[0])


@pytest.mark.parametrize("value", ["0.8", "0.800001", "1"])
def test_an_agreement_that_suffices(terms: Terms, value: str) -> None:
    assert not shortfalls(made(terms, agreement=AgreementReached("cohen-kappa", value)), terms)


def test_silence_keeps_nobody_from_signing_and_stays_what_it_is(terms: Terms) -> None:
    silent = made(terms, exposure=(asked(Verdict.UNKNOWN),))
    assert shortfalls(silent, terms) == ()
    assert b'"verdict":"unknown"' in silent.canonical()


def test_another_institutions_statement_is_not_signed(terms: Terms) -> None:
    with pytest.raises(ReadinessInvalid, match="that of institution 3"):
        require_passing(made(terms).canonical(), terms, 4)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"institution": 0}, "counted from 1"),
        ({"institution": True}, "no whole number"),
        ({"checked_at": -1}, "no whole number"),
        ({"terms_digest": bytes(31)}, "not 32 bytes"),
        ({"agreement": AgreementReached("cohen-kappa", "0.90")}, "needless zeros"),
        ({"agreement": AgreementReached("cohen-kappa", "1.1")}, "from -1 to 1"),
        ({"agreement": AgreementReached("cohen-kappa", "-0")}, "from -1 to 1"),
        ({"consent": ConsentCounts(10, 11)}, "more patients permit"),
        ({"consent": ConsentCounts(10, -1)}, "no whole number"),
        ({"prior_use": ""}, "to be told in 1"),
        ({"prior_use": "x" * 4_001}, "to be told in 1"),
    ],
)
def test_a_statement_that_contradicts_itself_cannot_be_made(
    terms: Terms, changed: dict[str, Any], words: str
) -> None:
    with pytest.raises(ReadinessInvalid, match=words):
        made(terms, **changed)


@pytest.mark.parametrize(
    "changed", [{"faulty": 199}, {"columns": (Column("age", None, 199, 0),)}, {"rows": 1.5}]
)
def test_counts_that_contradict_each_other_cannot_be_stated(
    terms: Terms, changed: dict[str, Any]
) -> None:
    with pytest.raises(ReadinessInvalid):
        made(terms, data=table(terms, **changed))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: data + b"\n",
        lambda data: data.replace(b"readiness/2", b"readiness/1"),
        lambda data: data.replace(b'"asked":210', b'"asked":"210"'),
        lambda data: data.replace(b'"asked":210', b'"asked":1'),
        lambda data: data.replace(b'"institution":3', b'"institution":0'),
        lambda data: data.replace(b'"0.83"', b"0.83"),
        lambda data: data.replace(b'"0.83"', b'"0.830"'),
        lambda data: data.replace(b'"closed"', b'"safe"'),
        lambda data: data.replace(b'"computed"', b'"guessed"'),
        lambda data: data.replace(b'{"agreement"', b'{"a":1,"agreement"'),
        lambda data: data.replace(b'"faulty":0,', b"", 1),
        lambda data: b"{}",
        lambda data: b"[]",
        lambda data: b"\xff",
    ],
)
def test_other_bytes_are_no_statement(terms: Terms, spoil: Any) -> None:
    spoilt = spoil(made(terms).canonical())
    assert spoilt != made(terms).canonical()
    with pytest.raises(ReadinessInvalid, match="no statement"):
        statement_from_canonical(spoilt)


def test_refusing_ends_as_a_refusal() -> None:
    error = NotReady(("a", "b"))
    assert (error.exit_status, error.message) == (4, "The data are not ready for the study: a; b.")
