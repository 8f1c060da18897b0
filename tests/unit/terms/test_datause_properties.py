"""Whatever the study and the data: a further condition never loosens, and order means nothing."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from governance.terms import duo
from governance.terms.datause import (
    Conditions,
    Decision,
    Ontology,
    Purpose,
    decide,
    parse_ontology,
    shipped_ontology,
)

ONTOLOGY = shipped_ontology()
KNOWN = sorted(ONTOLOGY.parents)
DIGESTS = ["0x" + 64 * digit for digit in "ab"]
DETAILS = [
    *("EEA", "DE, NO", "EU", "Europe", "NO DE", "2027-06-30", "until 2029-01-01", "2020-01-01"),
    *("12", "600 months", "48 months from 2027-01-01", "12 months from 2027-01-01", "soon"),
    *("paediatric research", *DIGESTS),
]
CODES = [*duo.MODIFIERS, "DUO:0000099", "OTHER:1"]
diseases = st.lists(st.sampled_from([*KNOWN, "MONDO:9999999"]), max_size=3, unique=True)
details = st.none() | st.sampled_from(DETAILS)
modifiers = st.dictionaries(st.sampled_from(CODES), details, max_size=6)
uses = ["Insurance underwriting or pricing", "Employment decisions", "Life insurers", "War"]


def some(names: list[str]) -> st.SearchStrategy[frozenset[str]]:
    return st.frozensets(st.sampled_from(names), min_size=1)


@st.composite
def purposes(draw: st.DrawFn) -> Purpose:
    permission = draw(st.sampled_from(list(duo.PERMISSIONS)))
    specific = permission == duo.DISEASE_SPECIFIC
    return Purpose(
        title="A study",
        terms_digest=DIGESTS[0],
        permission=permission,
        diseases=tuple(draw(diseases)) if specific else (),
        undertakings=draw(st.dictionaries(st.sampled_from(list(duo.MODIFIERS)), details)),
        kinds=draw(some(["hospital", "institute", "data-trustee", "company"])),
        sectors=draw(some(["public", "private"])),
        countries=draw(st.none() | some(["DE", "NO", "US"])),
        sells=draw(st.booleans()),
        currency=draw(st.sampled_from([None, "EUR"])),
        ethics_approval=draw(st.sampled_from([None, DIGESTS[0]])),
        prohibited_uses=tuple(draw(some(uses))),
        ends=datetime(draw(st.integers(2026, 2040)), 6, 1, tzinfo=UTC),
        on=draw(st.sampled_from([None, date(2026, 11, 22)])),
    )


documents = st.fixed_dictionaries(
    {
        "scheme": st.just("swarm-charter/conditions/1"),
        "dataset": st.just("Registry"),
        "duo_release": st.sampled_from([duo.RELEASE, duo.RELEASE, "2031-01-01"]),
        "permission": st.sampled_from([*duo.PERMISSIONS, "DUO:0000099"]),
        "diseases": diseases,
        "modifiers": modifiers,
        "own": st.fixed_dictionaries(
            {
                "ai_training": st.sampled_from(["permitted", "permitted", "unstated"]),
                "insurance_use": st.sampled_from(["unstated", "prohibited"]),
                "employment_use": st.sampled_from(["unstated", "prohibited"]),
            }
        ),
    }
)


def conditions(document: dict[str, Any]) -> Conditions:
    listed = [{"code": code, "detail": said} for code, said in document["modifiers"].items()]
    lists = {"modifiers": tuple(listed), "diseases": tuple(document["diseases"])}
    return Conditions.model_validate(document | lists)


@settings(max_examples=300, deadline=None)
@given(purposes(), documents, st.sampled_from(CODES), details, st.booleans())
def test_a_further_modifier_never_loosens(
    purpose: Purpose, document: dict[str, Any], code: str, detail: str | None, answered: bool
) -> None:
    document["modifiers"].pop(code, None)
    if answered:
        asked = {each.asked for each in decide(purpose, conditions(document), ONTOLOGY).steps}
        said = {"decision": "permit", "by": "A committee", "on": "2026-11-20", "because": "So."}
        document["answers"] = tuple({"asked": each} | said for each in sorted(asked - {""}))
    before = decide(purpose, conditions(document), ONTOLOGY)
    document["modifiers"][code] = detail
    after = decide(purpose, conditions(document), ONTOLOGY)
    assert after.decision.strictness >= before.decision.strictness
    assert set(before.steps) < set(after.steps)


@settings(max_examples=100, deadline=None)
@given(purposes(), documents, st.sampled_from(["insurance_use", "employment_use", "ai_training"]))
def test_a_further_prohibition_of_our_own_never_loosens(
    purpose: Purpose, document: dict[str, Any], name: str
) -> None:
    before = decide(purpose, conditions(document), ONTOLOGY)
    document["own"] = document["own"] | {name: "prohibited"}
    after = decide(purpose, conditions(document), ONTOLOGY)
    assert after.decision.strictness >= before.decision.strictness


@settings(max_examples=100, deadline=None)
@given(purposes(), documents.filter(lambda each: not each["diseases"]), diseases.filter(bool))
def test_a_limitation_to_diseases_never_loosens(
    purpose: Purpose, document: dict[str, Any], named: list[str]
) -> None:
    # Where the permission is disease specific, diseases say what it is about instead of adding.
    if document["permission"] == duo.DISEASE_SPECIFIC:
        document["permission"] = duo.BIOMEDICAL
    before = decide(purpose, conditions(document), ONTOLOGY)
    after = decide(purpose, conditions(document | {"diseases": named}), ONTOLOGY)
    assert after.decision.strictness >= before.decision.strictness


@settings(max_examples=100, deadline=None)
@given(purposes(), documents, st.randoms(use_true_random=False))
def test_the_order_of_conditions_means_nothing(
    purpose: Purpose, document: dict[str, Any], random: Any
) -> None:
    before = decide(purpose, conditions(document), ONTOLOGY)
    listed = list(document["modifiers"].items())
    random.shuffle(listed)
    random.shuffle(document["diseases"])
    after = decide(purpose, conditions(document | {"modifiers": dict(listed)}), ONTOLOGY)
    assert after == before


@settings(max_examples=200, deadline=None)
@given(purposes(), documents)
def test_whatever_is_not_permitted_has_a_reason(purpose: Purpose, document: dict[str, Any]) -> None:
    verdict = decide(purpose, conditions(document), ONTOLOGY)
    if verdict.decision is not Decision.PERMIT:
        assert verdict.open_steps[0].outcome.decision is verdict.decision
    for step in verdict.open_steps:
        assert len(step.outcome.reason.split()) > 3
        assert step.outcome.reason.endswith(".")
        assert bool(step.outcome.question) == (step.outcome.decision is Decision.NEEDS_PERSON)
    unknown = {document["permission"], *document["modifiers"]} - {
        *duo.PERMISSIONS,
        *duo.MODIFIERS,
    }
    if unknown or document["duo_release"] != duo.RELEASE:
        assert verdict.decision is not Decision.PERMIT


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 30), st.integers(1, 9)), min_size=1, max_size=60))
def test_a_disease_is_a_kind_of_all_above_it_and_of_nothing_else(
    edges: list[tuple[int, int]],
) -> None:
    rows = [(child, child + step) for child, step in edges]
    table = "\n".join(f"DOID:{child},DOID:{parent}" for child, parent in rows)
    ontology: Ontology = parse_ontology(table)
    reached = set(rows)
    while True:
        further = {(a, d) for a, b in reached for c, d in reached if b == c} - reached
        if not further:
            break
        reached |= further
    nodes = {node for row in rows for node in row}
    for a in nodes:
        for b in nodes:
            below = ontology.is_below(f"DOID:{a}", f"DOID:{b}")
            assert below == (a == b or (a, b) in reached)
