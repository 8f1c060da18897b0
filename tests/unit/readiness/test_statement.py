from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from governance.primitives import from_hex
from governance.readiness import (
    AgreementReached,
    ConsentCounts,
    ReadinessInvalid,
    Statement,
    statement,
    statement_from_canonical,
)
from governance.terms import Terms, digest, load_terms, parse_terms

ROOT = Path(__file__).parents[3]
VECTOR = json.loads((ROOT / "tests" / "vectors" / "readiness.json").read_text(encoding="utf-8"))
EXAMPLE = ROOT / "examples" / "terms.yaml"


@pytest.fixture(scope="module")
def terms() -> Terms:
    return load_terms(EXAMPLE)


def stated(terms: Terms, **changed: Any) -> Statement:
    fields: dict[str, Any] = {
        "schema_digest": from_hex(terms.data.schema_digest),
        "agreement": AgreementReached("cohen-kappa", "0.83"),
        "consent": ConsentCounts(asked=210, permitting=198),
        "exposure": "The data were used to train no other model.",
    }
    return statement(terms, 3, **(fields | changed))


def test_the_committed_statement_has_the_committed_digest(terms: Terms) -> None:
    made = stated(terms)
    assert made.canonical().decode() == VECTOR["canonical"]
    assert made.digest().hex() == VECTOR["digest"]


def test_a_statement_is_bound_to_its_terms(terms: Terms) -> None:
    assert stated(terms).terms_digest == digest(terms)
    other = parse_terms(EXAMPLE.read_text(encoding="utf-8").replace("rounds: 50", "rounds: 60"))
    assert stated(other).digest() != stated(terms).digest()


def test_a_statement_reads_back(terms: Terms) -> None:
    made = stated(terms)
    assert statement_from_canonical(made.canonical()) == made


def test_terms_that_ask_for_nothing_get_nothing() -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    start, end = text.index("annotation:"), text.index("consent:")
    text = (text[:start] + "annotation: null\n" + text[end:]).replace("30d", "null")
    made = stated(parse_terms(text), agreement=None, consent=None)
    assert statement_from_canonical(made.canonical()) == made


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"schema_digest": bytes(31)}, "not 32 bytes"),
        ({"schema_digest": bytes(32)}, "another schema"),
        ({"agreement": None}, "ask for an agreement"),
        ({"agreement": AgreementReached("dice", "0.9")}, "by cohen-kappa"),
        ({"agreement": AgreementReached("cohen-kappa", "0.79")}, "0.79 is below 0.8"),
        ({"agreement": AgreementReached("cohen-kappa", "0.799999")}, "is below 0.8"),
        ({"agreement": AgreementReached("cohen-kappa", "0.90")}, "needless zeros"),
        ({"agreement": AgreementReached("cohen-kappa", "1.1")}, "from 0 to 1"),
        ({"consent": None}, "ask for a consent commitment"),
        ({"consent": ConsentCounts(10, 11)}, "more patients permit"),
        ({"consent": ConsentCounts(10, -1)}, "fewer than none"),
        ({"consent": ConsentCounts(10, 0)}, "no patient permits"),
        ({"exposure": ""}, "exposure is to be told"),
        ({"exposure": "x" * 4_001}, "exposure is to be told"),
    ],
)
def test_data_that_do_not_meet_the_terms_are_not_ready(
    terms: Terms, changed: dict[str, Any], words: str
) -> None:
    with pytest.raises(ReadinessInvalid, match=words):
        stated(terms, **changed)


@pytest.mark.parametrize("reached", ["0.8", "0.800001", "1"])
def test_an_agreement_that_suffices(terms: Terms, reached: str) -> None:
    stated(terms, agreement=AgreementReached("cohen-kappa", reached))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: data + b"\n",
        lambda data: data.replace(b"readiness/1", b"readiness/2"),
        lambda data: data.replace(b'"asked":210', b'"asked":"210"'),
        lambda data: data.replace(b'"asked":210', b'"asked":1'),
        lambda data: data.replace(b'"institution":3', b'"institution":0'),
        lambda data: data.replace(b'"0.83"', b"0.83"),
        lambda data: data.replace(b'"0.83"', b'"0.830"'),
        lambda data: b"{}",
        lambda data: b"\xff",
    ],
)
def test_other_bytes_are_no_statement(terms: Terms, spoil: Any) -> None:
    with pytest.raises(ReadinessInvalid, match="no statement"):
        statement_from_canonical(spoil(stated(terms).canonical()))
