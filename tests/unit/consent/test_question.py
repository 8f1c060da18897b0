"""What a study asks of consent follows from its terms, and never asks less than they admit."""

from __future__ import annotations

from pathlib import Path

import pytest

from governance.consent import Question, question
from governance.consent.errors import ConsentNotAsked
from governance.terms import parse_terms

TEXT = (Path(__file__).parents[3] / "examples" / "terms.yaml").read_text(encoding="utf-8")


def asked(*changes: tuple[str, str]) -> Question:
    text = TEXT
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return question(parse_terms(text), 7)


def test_the_example_asks_what_it_says() -> None:
    assert asked() == Question(
        at=7,
        title="Heart disease from routine findings",
        study_only=False,
        medical=True,
        diseases=("ICD10:I25", "MONDO:0005010"),
        countries=("CH", "DE", "HU", "NO", "US"),
        sectors=("private", "public"),
        purposes=("research", "ai-training", "commercial"),
        third_parties=True,
        below_gdpr=True,
    )


PUBLIC = ("sectors: any ", "sectors: [public] ")
EUROPE = ("[CH, DE, HU, NO, US]", "[CH, DE, HU, NO]")
COMPANY = ("kinds: [hospital, institute]", "kinds: [hospital, company]")
ANY_KIND = ("kinds: [hospital, institute]", "kinds: any")
ANYWHERE = ("[CH, DE, HU, NO, US]", "any")
UNPAID = ("others: paid", "others: free")
DISEASES = "\n  diseases: [ICD10:I25, MONDO:0005010]"


def test_companies_and_private_institutions_are_third_parties() -> None:
    assert not asked(PUBLIC).third_parties
    assert asked(PUBLIC, COMPANY).third_parties
    assert asked(PUBLIC, ANY_KIND).third_parties


def test_one_country_without_protection_is_enough() -> None:
    assert not asked(EUROPE).below_gdpr
    assert asked(ANYWHERE).below_gdpr
    assert asked(ANYWHERE).countries is None
    assert asked(("[CH, DE, HU, NO, US]", "[JP]")).below_gdpr


def test_money_makes_it_commercial() -> None:
    assert "commercial" not in asked(PUBLIC, UNPAID).purposes
    assert "commercial" in asked(PUBLIC, UNPAID, COMPANY).purposes
    assert "commercial" in asked(UNPAID, ("contributors: free", "contributors: paid")).purposes


@pytest.mark.parametrize(
    ("code", "medical"),
    [("DUO:0000006", True), ("DUO:0000004", False), ("DUO:0000042", False), ("DUO:0000011", False)],
)
def test_research_beyond_medicine_is_told(code: str, medical: bool) -> None:
    found = asked(("DUO:0000007            ", f"{code} "), (DISEASES, ""))
    assert (found.medical, found.diseases) == (medical, ())
    assert ("ancestry" in found.purposes) is not medical


def test_consent_to_the_study_is_told() -> None:
    assert asked(("broad-consent", "study-consent")).study_only


@pytest.mark.parametrize("basis", ["waiver", "legal-basis"])
def test_where_no_consent_is_asked_there_is_no_question(basis: str) -> None:
    with pytest.raises(ConsentNotAsked, match=basis.replace("-", " ")):
        asked(("broad-consent", basis), ("max_age: 30d", "max_age: null"))
