"""What the documentation says of terms is what the code does."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from governance.checkpoints import MODEL_SCHEME, ROUND_SCHEME, UPDATE_SCHEME
from governance.consent import CONSENT_SCHEME
from governance.primitives import sha256, to_hex
from governance.readiness import READINESS_SCHEME
from governance.terms import SCHEMA, TermsError, load_terms
from governance.terms.datause import Conditions, Reason
from governance.terms.duo import MODIFIERS, PERMISSIONS

ROOT = Path(__file__).parents[3]
DOCS = (ROOT / "docs" / "terms.md").read_text(encoding="utf-8")
DATA_USE = (ROOT / "docs" / "data-use.md").read_text(encoding="utf-8")
CHECKPOINTS = (ROOT / "docs" / "checkpoints.md").read_text(encoding="utf-8")


def fields(schema: dict[str, Any]) -> set[str]:
    return set(schema.get("properties", ())).union(
        *(set(definition.get("properties", ())) for definition in schema["$defs"].values())
    )


def test_every_field_is_documented() -> None:
    prose = re.sub(r"^```.*?^```", "", DOCS, flags=re.MULTILINE | re.DOTALL)
    named = set(re.findall(r"[a-z_]+", " ".join(re.findall(r"`([^`]+)`", prose))))
    assert fields(SCHEMA) <= named


@pytest.mark.parametrize("term", [*PERMISSIONS.values(), *MODIFIERS.values()], ids=lambda t: t.code)
def test_every_duo_term_is_documented(term: Any) -> None:
    written = f"*{term.code}*" if term.detail else term.code
    assert f"{written} ({term.label})" in " ".join(DOCS.split())


@pytest.mark.parametrize("term", [*PERMISSIONS.values(), *MODIFIERS.values()], ids=lambda t: t.code)
def test_every_duo_term_has_a_row_in_the_decision_tables(term: Any) -> None:
    assert f"| {term.code} {term.shorthand}" in DATA_USE


def test_every_reason_and_every_condition_is_documented() -> None:
    named = set(re.findall(r"\w+", " ".join(re.findall(r"`([^`\n]+)`", DATA_USE))))
    assert {reason.value for reason in Reason} <= named
    assert fields(Conditions.model_json_schema()) <= named


def test_every_error_is_documented() -> None:
    def kinds(error: type[TermsError]) -> set[str]:
        below = set().union(*map(kinds, error.__subclasses__()))
        return below | ({error.code} if "code" in vars(error) else set())

    assert kinds(TermsError) == set(
        re.findall(r"^\| `(\w+)` \|", DOCS.split("## Errors")[1], re.MULTILINE)
    )


def test_the_digests_in_the_example_are_those_of_its_documents() -> None:
    terms = load_terms(ROOT / "examples" / "terms.yaml")

    def document(name: str) -> str:
        return to_hex(sha256((ROOT / "examples" / "documents" / name).read_bytes()))

    assert terms.annotation
    assert terms.data.schema_digest == document("data-schema.json")
    assert terms.annotation.protocol_digest == document("annotation-protocol.md")
    assert terms.model.licence.digest == document("licence.md")
    assert terms.ethics.approval_digest == document("ethics-approval.md")


@pytest.mark.parametrize(
    "scheme", [MODEL_SCHEME, UPDATE_SCHEME, ROUND_SCHEME, CONSENT_SCHEME, READINESS_SCHEME]
)
def test_every_scheme_is_documented(scheme: str) -> None:
    assert f"`{scheme}`" in CHECKPOINTS
