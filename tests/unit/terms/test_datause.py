"""Decision tables: every DUO permission and modifier, and our own terms, against studies."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from governance.terms import duo, load_terms
from governance.terms.datause import (
    Conditions,
    Decision,
    Outcome,
    Purpose,
    Reason,
    Step,
    Verdict,
    combine,
    decide,
    load_conditions,
    parse_ontology,
    shipped_ontology,
)
from governance.terms.datause.modifiers import RULES
from governance.terms.datause.own import AI_TRAINING, EMPLOYMENT_USE, INSURANCE_USE
from governance.terms.datause.scope import COVERS

EXAMPLES = Path(__file__).parents[3] / "examples"
P, N, D = Decision.PERMIT, Decision.NEEDS_PERSON, Decision.DENY
NRES, GRU, HMB, DS, POA = (
    duo.NO_RESTRICTION,
    duo.GENERAL_RESEARCH,
    duo.BIOMEDICAL,
    duo.DISEASE_SPECIFIC,
    duo.ANCESTRY_ONLY,
)
HEART, CORONARY = "MONDO:0005267", "MONDO:0005010"
DIGEST = "0x" + 64 * "a"
FREE = {"ai_training": "permitted", "insurance_use": "unstated", "employment_use": "unstated"}

PURPOSE = Purpose(
    title="A study",
    terms_digest=DIGEST,
    permission=DS,
    diseases=(CORONARY,),
    undertakings={},
    kinds=frozenset({"hospital"}),
    sectors=frozenset({"public"}),
    countries=frozenset({"DE", "NO"}),
    sells=False,
    currency=None,
    ethics_approval=None,
    prohibited_uses=("Re-identification",),
    ends=datetime(2030, 12, 31, 23, tzinfo=UTC),
    on=date(2026, 11, 22),
)


def study(permission: str = DS, *promises: str, **changes: Any) -> Purpose:
    """A study; promises are codes, or codes with a detail after a space."""
    said = {code: detail or None for code, _, detail in (each.partition(" ") for each in promises)}
    diseases = (CORONARY,) if permission == DS else ()
    made: dict[str, Any] = {"permission": permission, "diseases": diseases, "undertakings": said}
    return replace(PURPOSE, **(made | changes))


def data(permission: str = NRES, *modifiers: str, **changes: Any) -> Conditions:
    """The conditions on a data set; modifiers are codes, or codes with a detail after a space."""
    plain = {
        "scheme": "swarm-charter/conditions/1",
        "dataset": "Registry",
        "duo_release": duo.RELEASE,
        "permission": permission,
        "modifiers": tuple(
            {"code": code, "detail": detail or None}
            for code, _, detail in (each.partition(" ") for each in modifiers)
        ),
        "own": FREE,
    }
    return Conditions.model_validate(plain | changes)


def step(verdict: Verdict, condition: str) -> Outcome:
    """What came of one condition."""
    (found,) = (each for each in verdict.steps if each.condition == condition)
    return found.outcome


def judged(purpose: Purpose, conditions: Conditions) -> Verdict:
    verdict = decide(purpose, conditions, shipped_ontology())
    for each in verdict.steps:
        outcome = each.outcome
        assert outcome.reason.endswith("."), outcome
        assert outcome.study
        assert bool(outcome.question) == (outcome.decision is N), outcome
    return verdict


# --- permissions ----------------------------------------------------------------------------------

PERMISSIONS = {
    # data   study:  NRES GRU  HMB  DS   POA
    NRES: dict(zip((NRES, GRU, HMB, DS, POA), (P, P, P, P, P), strict=True)),
    GRU: dict(zip((NRES, GRU, HMB, DS, POA), (D, P, P, P, P), strict=True)),
    HMB: dict(zip((NRES, GRU, HMB, DS, POA), (D, D, P, P, D), strict=True)),
    DS: dict(zip((NRES, GRU, HMB, DS, POA), (D, D, D, P, D), strict=True)),
    POA: dict(zip((NRES, GRU, HMB, DS, POA), (D, D, D, D, P), strict=True)),
}


def test_the_table_has_every_permission() -> None:
    assert PERMISSIONS.keys() == duo.PERMISSIONS.keys() == COVERS.keys()
    assert all(row.keys() == duo.PERMISSIONS.keys() for row in PERMISSIONS.values())


@pytest.mark.parametrize(
    ("permission", "purpose", "decision"),
    [(on, wants, said) for on, row in PERMISSIONS.items() for wants, said in row.items()],
)
def test_a_permission_is_held_against_every_purpose(
    permission: str, purpose: str, decision: Decision
) -> None:
    diseases = (HEART,) if permission == DS else ()
    verdict = judged(study(purpose), data(permission, diseases=diseases))
    assert verdict.decision is decision
    if decision is D:
        assert {each.outcome.code for each in verdict.open_steps} == {Reason.SCOPE_BROADER}


@pytest.mark.parametrize("permission", [GRU, HMB, POA])
def test_clinical_care_is_more_than_a_research_permission_says(permission: str) -> None:
    wants = POA if permission == POA else DS
    for modifiers in ((), (duo.CLINICAL_CARE,)):
        verdict = judged(study(wants, duo.CLINICAL_CARE), data(permission, *modifiers))
        assert step(verdict, permission).code is Reason.CLINICAL_CARE_INTENDED
        assert verdict.decision is N
    assert judged(study(DS, duo.CLINICAL_CARE), data(NRES)).decision is P


# --- diseases -------------------------------------------------------------------------------------

I20_I25 = "ICD10:I20-I25"
DISEASES = [
    ((CORONARY,), (CORONARY,), P, Reason.DISEASE_SAME),
    ((CORONARY,), (HEART,), P, Reason.DISEASE_BELOW),
    ((CORONARY,), ("MONDO:0000001",), P, Reason.DISEASE_BELOW),
    ((CORONARY,), ("MONDO:0005252", HEART), P, Reason.DISEASE_BELOW),
    (("ICD10:I25",), (I20_I25,), P, Reason.DISEASE_BELOW),
    (("ICD10:I25.1",), ("ICD10:I25",), P, Reason.DISEASE_BELOW),
    (("ICD10:I25.13",), (I20_I25,), P, Reason.DISEASE_BELOW),
    (("ICD10GM:I25.1",), ("ICD10GM:I25",), P, Reason.DISEASE_BELOW),
    (("MONDO:9999999",), ("MONDO:9999999",), P, Reason.DISEASE_SAME),
    ((HEART,), (CORONARY,), D, Reason.DISEASE_BROADER),
    (("ICD10:I25",), ("ICD10:I25.1",), D, Reason.DISEASE_BROADER),
    ((CORONARY,), ("MONDO:0005252",), D, Reason.DISEASE_OTHER),
    (("ICD10:I25",), ("ICD10:I30-I52",), D, Reason.DISEASE_OTHER),
    (("MONDO:9999999",), (HEART,), N, Reason.DISEASE_UNKNOWN),
    ((CORONARY,), ("MONDO:9999999",), N, Reason.DISEASE_UNKNOWN),
    ((CORONARY,), ("MONDO:0005252", "MONDO:9999999"), N, Reason.DISEASE_UNKNOWN),
    (("ICD10:I25",), (HEART,), N, Reason.VOCABULARY_OTHER),
    ((CORONARY,), ("DOID:114",), N, Reason.VOCABULARY_OTHER),
    ((CORONARY,), ("DOID:114", "MONDO:0005252"), N, Reason.VOCABULARY_OTHER),
    ((CORONARY,), (), N, Reason.DISEASE_NOT_NAMED),
    # All that the study studies must be permitted.
    ((CORONARY, "MONDO:0005252"), (HEART,), P, Reason.DISEASE_BELOW),
    ((CORONARY, "MONDO:0004995"), (HEART,), D, Reason.DISEASE_BROADER),
    ((CORONARY, "ICD10:I25"), (HEART,), N, Reason.VOCABULARY_OTHER),
    ((), (HEART,), D, Reason.SCOPE_BROADER),
]


@pytest.mark.parametrize(("wants", "allowed", "decision", "code"), DISEASES)
def test_the_disease_studied_is_a_kind_of_one_permitted(
    wants: tuple[str, ...], allowed: tuple[str, ...], decision: Decision, code: Reason
) -> None:
    verdict = judged(study(DS, diseases=wants), data(DS, diseases=allowed))
    assert verdict.decision is decision
    assert code in {each.outcome.code for each in verdict.steps[1:]}


@pytest.mark.parametrize("permission", [NRES, GRU, HMB])
def test_diseases_limit_the_use_whatever_the_permission(permission: str) -> None:
    assert judged(study(HMB), data(permission, diseases=(HEART,))).decision is D
    assert judged(study(DS), data(permission, diseases=(HEART,))).decision is P
    other = judged(study(DS), data(permission, diseases=("MONDO:0005252",)))
    assert other.decision is D


def test_a_table_of_ones_own_may_join_vocabularies() -> None:
    own = parse_ontology(f"ICD10:I25\t{HEART}\n{CORONARY}\t{HEART}\n")
    verdict = decide(study(DS, diseases=("ICD10:I25.1",)), data(DS, diseases=(HEART,)), own)
    assert verdict.decision is P


# --- modifiers ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Row:
    """One line of a modifier's table: what the study is, the detail, and what comes of it."""

    decision: Decision
    code: Reason
    permission: str = DS
    promises: tuple[str, ...] = ()
    detail: str = ""
    changes: dict[str, Any] = field(default_factory=dict)


def undertaken(code: str) -> Row:
    return Row(P, Reason.UNDERTAKEN, promises=(code,))


def until(year: int, month: int, day: int) -> dict[str, Any]:
    return {"ends": datetime(year, month, day, tzinfo=UTC)}


ALL_KINDS = {"kinds": frozenset({"hospital", "company"})}
PRIVATE = {"sectors": frozenset({"public", "private"})}
SOLD = {"sells": True}
EUR = {"currency": "EUR"}
R = Reason
NPUNCU, NPU, NCU = duo.NON_PROFIT, duo.NON_PROFIT_ORGANISATION, duo.NON_COMMERCIAL_USE
MOR, TS, GS, RS, PS = (
    duo.MORATORIUM,
    duo.TIME_LIMIT,
    duo.REGION,
    duo.RESEARCH_TYPE,
    duo.PROJECT,
)

ORGANISATIONS = [
    Row(D, R.COMPANIES_ADMITTED, changes=ALL_KINDS),
    Row(D, R.COMPANIES_ADMITTED, promises=(NPU, NPUNCU), changes=ALL_KINDS),
    Row(N, R.TERMS_SILENT, changes=PRIVATE),
]
USES = [
    Row(D, R.MODEL_SOLD, changes=SOLD),
    Row(D, R.MODEL_SOLD, promises=(NCU, NPUNCU), changes=SOLD),
    Row(D, R.COMPANIES_ADMITTED, changes=ALL_KINDS),
    Row(N, R.TERMS_SILENT),
    Row(N, R.REVENUE_EXPECTED, changes=EUR),
    Row(N, R.REVENUE_EXPECTED, promises=(NCU,), changes=EUR),
]

MODIFIERS: dict[str, list[Row]] = {
    RS: [
        Row(
            P, R.UNDERTAKEN, promises=(f"{RS} Paediatric  research.",), detail="paediatric research"
        ),
        Row(N, R.ONLY_A_PERSON_KNOWS, promises=(f"{RS} research",), detail="paediatric research"),
        Row(N, R.ONLY_A_PERSON_KNOWS, detail="paediatric research"),
    ],
    duo.NO_METHODS: [
        *[Row(P, R.UNDERTAKEN, wants, (duo.NO_METHODS,)) for wants in duo.PERMISSIONS],
        *[Row(D, R.EXCLUDED_USE, wants) for wants in (NRES, GRU)],
        *[Row(N, R.TERMS_SILENT, wants) for wants in (HMB, DS, POA)],
    ],
    duo.GENETIC_ONLY: [
        *[Row(P, R.UNDERTAKEN, wants, (duo.GENETIC_ONLY,)) for wants in duo.PERMISSIONS],
        *[Row(D, R.SCOPE_BROADER, wants) for wants in (NRES, GRU, HMB)],
        *[Row(N, R.TERMS_SILENT, wants) for wants in (DS, POA)],
    ],
    NPUNCU: [
        *ORGANISATIONS[:2],
        *USES,
        Row(N, R.TERMS_SILENT, promises=(NCU,), changes=PRIVATE),
        Row(P, R.TERMS_SHOW_IT, promises=(NCU,)),
        Row(P, R.UNDERTAKEN, promises=(NPUNCU,), changes=PRIVATE),
        Row(P, R.UNDERTAKEN, promises=(NCU, NPU), changes=PRIVATE),
    ],
    duo.PUBLICATION: [undertaken(duo.PUBLICATION), Row(D, R.NOT_UNDERTAKEN)],
    duo.COLLABORATION: [undertaken(duo.COLLABORATION), Row(N, R.TERMS_SILENT)],
    duo.ETHICS_REQUIRED: [
        Row(P, R.TERMS_SHOW_IT, changes={"ethics_approval": DIGEST}),
        Row(D, R.NO_ETHICS_APPROVAL),
        Row(D, R.NO_ETHICS_APPROVAL, promises=(duo.ETHICS_REQUIRED,)),
    ],
    GS: [
        Row(P, R.TERMS_SHOW_IT, detail="DE, NO"),
        Row(P, R.TERMS_SHOW_IT, detail="EEA"),
        Row(P, R.TERMS_SHOW_IT, detail="EU, NO"),
        Row(D, R.COUNTRY_OUTSIDE, detail="EU"),
        Row(D, R.COUNTRY_OUTSIDE, detail="DE"),
        Row(D, R.COUNTRY_OUTSIDE, detail="EEA", changes={"countries": None}),
        Row(
            D, R.COUNTRY_OUTSIDE, promises=(f"{GS} EEA",), detail="EEA", changes={"countries": None}
        ),
        Row(N, R.DETAIL_NOT_UNDERSTOOD, detail="Europe"),
        Row(N, R.DETAIL_NOT_UNDERSTOOD, detail="NO DE"),
        Row(N, R.DETAIL_NOT_UNDERSTOOD, detail="EEA, not DE"),
        Row(N, R.DETAIL_NOT_UNDERSTOOD, detail="EEA,"),
        Row(N, R.DETAIL_NOT_UNDERSTOOD, promises=(f"{GS} Europe",), detail="Europe"),
        Row(N, R.DETAIL_NOT_UNDERSTOOD, detail="Europe", changes={"countries": None}),
    ],
    MOR: [
        Row(P, R.UNDERTAKEN, promises=(f"{MOR} until 2027-06-30",), detail="2027-06-30"),
        Row(P, R.UNDERTAKEN, promises=(f"{MOR} 2028-01-01",), detail="until 2027-06-30"),
        Row(P, R.MORATORIUM_OVER, detail="2026-11-22"),
        Row(D, R.NOT_UNDERTAKEN, detail="2026-11-23"),
        Row(D, R.NOT_UNDERTAKEN, detail="2026-11-22", changes={"on": None}),
        Row(D, R.PUBLISHED_TOO_EARLY, promises=(f"{MOR} 2027-06-29",), detail="2027-06-30"),
        Row(N, R.DETAIL_NOT_UNDERSTOOD, promises=(f"{MOR} next year",), detail="2027-06-30"),
        Row(N, R.DETAIL_NOT_UNDERSTOOD, promises=(f"{MOR} 2040-01-01",), detail="next year"),
        Row(N, R.DETAIL_NOT_UNDERSTOOD, detail="2026-02-30"),
        Row(N, R.DETAIL_NOT_UNDERSTOOD, detail="2020-01-01 or when we say so"),
    ],
    TS: [
        Row(P, R.TERMS_SHOW_IT, detail="48 months from 2027-01-01"),
        Row(
            P,
            R.TERMS_SHOW_IT,
            detail="1 month from 2030-11-30",
            changes={"ends": datetime(2030, 12, 30, tzinfo=UTC)},
        ),
        Row(P, R.TERMS_SHOW_IT, detail="6 months from 2026-08-31", changes=until(2027, 2, 28)),
        Row(D, R.LASTS_TOO_LONG, detail="6 months from 2026-08-31", changes=until(2027, 3, 1)),
        Row(P, R.TERMS_SHOW_IT, detail="12 months from 2027-02-28", changes=until(2028, 2, 28)),
        Row(P, R.TERMS_SHOW_IT, detail="12 months from 2027-01-31", changes=until(2028, 1, 31)),
        Row(P, R.TERMS_SHOW_IT, detail="13 months from 2027-01-31", changes=until(2028, 2, 29)),
        Row(D, R.LASTS_TOO_LONG, detail="47 months from 2027-01-01"),
        Row(D, R.LASTS_TOO_LONG, detail="1 month from 2030-11-30"),
        Row(D, R.LASTS_TOO_LONG, detail="12"),
        Row(D, R.LASTS_TOO_LONG, detail="12 months"),
        Row(N, R.BEGINNING_UNKNOWN, detail="600 months"),
        Row(N, R.BEGINNING_UNKNOWN, detail="12", changes={"on": None}),
        Row(N, R.DETAIL_NOT_UNDERSTOOD, detail="five years"),
        Row(N, R.DETAIL_NOT_UNDERSTOOD, detail="12 months from 2027-02-30"),
        Row(N, R.DETAIL_NOT_UNDERSTOOD, detail="9999 months from 9999-01-01"),
    ],
    duo.USERS: [
        Row(N, R.ONLY_A_PERSON_KNOWS, detail="our own staff"),
        Row(N, R.ONLY_A_PERSON_KNOWS, promises=(f"{duo.USERS} staff",), detail="staff"),
    ],
    PS: [
        Row(P, R.TERMS_SHOW_IT, detail=DIGEST),
        Row(D, R.OTHER_PROJECT, detail="0x" + 64 * "b"),
        Row(N, R.ONLY_A_PERSON_KNOWS, detail="A study"),
    ],
    duo.INSTITUTION: [
        Row(N, R.ONLY_A_PERSON_KNOWS, detail="Alpha Hospital"),
        Row(N, R.ONLY_A_PERSON_KNOWS, promises=(f"{duo.INSTITUTION} A",), detail="A"),
    ],
    duo.RETURN: [undertaken(duo.RETURN), Row(D, R.NOT_UNDERTAKEN)],
    duo.CLINICAL_CARE: [Row(P, R.ALLOWS_MORE, wants) for wants in duo.PERMISSIONS],
    duo.ANCESTRY_PROHIBITED: [
        *[
            Row(P, R.UNDERTAKEN, wants, (duo.ANCESTRY_PROHIBITED,))
            for wants in (NRES, GRU, HMB, DS)
        ],
        Row(D, R.EXCLUDED_USE, POA),
        Row(D, R.EXCLUDED_USE, POA, (duo.ANCESTRY_PROHIBITED,)),
        Row(D, R.EXCLUDED_USE, GRU),
        Row(D, R.EXCLUDED_USE, NRES),
        Row(P, R.EXCLUDED_BY_SCOPE, HMB),
        Row(N, R.TERMS_SILENT, DS),
    ],
    NPU: [
        *ORGANISATIONS,
        Row(P, R.TERMS_SHOW_IT),
        Row(P, R.UNDERTAKEN, promises=(NPU,), changes=PRIVATE),
        Row(P, R.UNDERTAKEN, promises=(NPUNCU,), changes=PRIVATE),
    ],
    NCU: [
        *USES,
        Row(P, R.UNDERTAKEN, promises=(NCU,)),
        Row(P, R.UNDERTAKEN, promises=(NPUNCU,)),
        Row(P, R.UNDERTAKEN, promises=(NCU,), changes=ALL_KINDS),
    ],
}


def test_the_tables_have_every_modifier() -> None:
    assert MODIFIERS.keys() == duo.MODIFIERS.keys() == RULES.keys()
    assert all(rows for rows in MODIFIERS.values())


@pytest.mark.parametrize(
    ("code", "row"),
    [(code, row) for code, rows in MODIFIERS.items() for row in rows],
    ids=lambda value: value if isinstance(value, str) else f"{value.decision}-{value.code}",
)
def test_a_modifier_is_decided_by_its_table(code: str, row: Row) -> None:
    purpose = study(row.permission, *row.promises, **row.changes)
    verdict = judged(purpose, data(NRES, f"{code} {row.detail}".strip()))
    outcome = step(verdict, code)
    assert (outcome.decision, outcome.code) == (row.decision, row.code)
    assert verdict.decision is row.decision


@pytest.mark.parametrize("code", [term.code for term in duo.MODIFIERS.values() if term.detail])
def test_a_modifier_that_leaves_something_open_needs_a_person(code: str) -> None:
    outcome = step(judged(study(DS, f"{code} anything"), data(NRES, code)), code)
    assert (outcome.decision, outcome.code) == (N, Reason.DETAIL_MISSING)


@pytest.mark.parametrize("code", [term.code for term in duo.MODIFIERS.values() if not term.detail])
def test_what_a_modifier_says_beyond_its_code_is_not_dropped(code: str) -> None:
    purpose = study(HMB, code, ethics_approval=DIGEST)
    assert step(judged(purpose, data(NRES, code)), code).decision is P
    outcome = step(judged(purpose, data(NRES, f"{code} unless agreed")), code)
    assert (outcome.decision, outcome.code) == (N, Reason.DETAIL_NOT_UNDERSTOOD)
    assert "unless agreed" in outcome.question


# --- what is unknown ------------------------------------------------------------------------------


@pytest.mark.parametrize("code", ["DUO:0000099", "DUO:0000005", "OBIB:0000001"])
def test_a_code_that_is_not_known_never_permits(code: str) -> None:
    as_modifier = judged(study(), data(NRES, code))
    as_permission = judged(study(), data(code))
    for verdict in (as_modifier, as_permission):
        assert verdict.decision is N
        assert step(verdict, code).code is Reason.CODE_UNKNOWN


def test_another_release_of_the_ontology_needs_a_person() -> None:
    verdict = judged(study(), data(NRES, duo_release="2031-01-01"))
    assert (verdict.decision, step(verdict, "DUO").code) == (N, Reason.RELEASE_UNKNOWN)


# --- our own terms --------------------------------------------------------------------------------

INSURANCE = "Insurance underwriting or pricing"
EMPLOYMENT = "Employment decisions"
OWN = [
    ({"ai_training": "permitted"}, (), AI_TRAINING, P, R.TERMS_SHOW_IT),
    ({"ai_training": "unstated"}, (), AI_TRAINING, N, R.TERMS_SILENT),
    ({"ai_training": "prohibited"}, (), AI_TRAINING, D, R.EXCLUDED_USE),
    ({"insurance_use": "prohibited"}, (INSURANCE,), INSURANCE_USE, P, R.UNDERTAKEN),
    ({"insurance_use": "prohibited"}, (f" {INSURANCE.upper()}.",), INSURANCE_USE, P, R.UNDERTAKEN),
    ({"insurance_use": "prohibited"}, ("Life insurers",), INSURANCE_USE, N, R.WORDING_OTHER),
    ({"insurance_use": "prohibited"}, (EMPLOYMENT,), INSURANCE_USE, D, R.NOT_PROHIBITED),
    ({"employment_use": "prohibited"}, (EMPLOYMENT,), EMPLOYMENT_USE, P, R.UNDERTAKEN),
    ({"employment_use": "prohibited"}, ("Hiring of staff",), EMPLOYMENT_USE, N, R.WORDING_OTHER),
    ({"employment_use": "prohibited"}, (INSURANCE,), EMPLOYMENT_USE, D, R.NOT_PROHIBITED),
]


@pytest.mark.parametrize(("stated", "prohibited", "condition", "decision", "code"), OWN)
def test_our_own_terms_are_decided_by_their_table(
    stated: dict[str, str],
    prohibited: tuple[str, ...],
    condition: str,
    decision: Decision,
    code: Reason,
) -> None:
    purpose = study(prohibited_uses=prohibited)
    verdict = judged(purpose, data(NRES, own=FREE | stated))
    outcome = step(verdict, condition)
    assert (outcome.decision, outcome.code, verdict.decision) == (decision, code, decision)
    assert condition.startswith("CHARTER:")


# --- together -------------------------------------------------------------------------------------


def test_the_strictest_step_decides_and_is_told_first() -> None:
    conditions = data(GRU, duo.COLLABORATION, duo.PUBLICATION, f"{GS} EEA")
    verdict = judged(study(), conditions)
    assert verdict.decision is D
    told = [(each.condition, each.outcome.decision) for each in verdict.open_steps]
    assert told == [(duo.PUBLICATION, D), (duo.COLLABORATION, N)]
    assert [each.condition for each in verdict.steps[:4]] == [
        GRU,
        duo.PUBLICATION,
        duo.COLLABORATION,
        GS,
    ]


def test_several_data_sets_are_decided_together() -> None:
    good = judged(study(), data())
    unclear = judged(study(), data(NRES, duo.COLLABORATION))
    bad = judged(study(), data(POA))
    assert combine([good, good]).decision is P
    assert combine([good, unclear]).decision is N
    assert combine([bad, good, unclear]).decision is D
    assert combine([good, unclear, bad]).reasons == (
        f"Registry: {unclear.open_steps[0].outcome.reason}",
        f"Registry: {bad.open_steps[0].outcome.reason}",
    )
    assert (combine([]).decision, len(combine([]).reasons)) == (D, 1)
    assert Verdict("nothing", ()).decision is D


def answered(conditions: Conditions, asked: str, decision: str) -> Conditions:
    """The conditions with an answer to a question."""
    answer = {
        "asked": asked,
        "decision": decision,
        "by": "Data access committee",
        "on": "2026-11-20",
        "because": "It was looked at.",
    }
    return Conditions.model_validate(conditions.model_dump() | {"answers": (answer,)})


def test_a_person_decides_what_was_left_to_them_and_nothing_else() -> None:
    conditions = data(NRES, duo.COLLABORATION, f"{duo.USERS} staff")
    before = judged(study(), conditions)
    collaboration, users = (each.asked for each in before.steps if each.asked)
    for decision in ("permit", "deny"):
        after = judged(study(), answered(conditions, collaboration, decision))
        outcome = step(after, duo.COLLABORATION)
        assert (outcome.decision, outcome.code) == (Decision(decision), Reason.ANSWERED)
        assert outcome.reason.endswith("on 2026-11-20: It was looked at.")
        assert step(after, duo.USERS) == step(before, duo.USERS)
    assert users != collaboration


def test_an_answer_holds_for_its_question_alone() -> None:
    conditions = data(NRES, f"{duo.USERS} staff")
    (asked,) = (each.asked for each in judged(study(), conditions).steps if each.asked)
    good = answered(conditions, asked, "permit")
    assert judged(study(), good).decision is P
    others = [
        (study(terms_digest="0x" + 64 * "b"), good),
        (study(), answered(data(NRES, f"{duo.USERS} all"), asked, "permit")),
        (study(), answered(data(NRES, f"{duo.INSTITUTION} staff"), asked, "permit")),
        (study(), answered(data(NRES, f"{duo.USERS} staff", dataset="B"), asked, "permit")),
    ]
    for purpose, other in others:
        assert judged(purpose, other).decision is N
    denied = answered(data(POA, f"{duo.USERS} staff"), asked, "permit")
    assert judged(study(), denied).decision is D


def test_every_reason_is_given_by_some_row() -> None:
    given = {row.code for rows in MODIFIERS.values() for row in rows}
    given |= {each[-1] for each in DISEASES} | {each[-1] for each in OWN}
    given |= {
        *(R.NO_RESTRICTION, R.WITHIN_SCOPE, R.SCOPE_BROADER, R.CLINICAL_CARE_INTENDED),
        *(R.RELEASE_UNKNOWN, R.CODE_UNKNOWN, R.DETAIL_MISSING, R.ANSWERED),
    }
    assert given == set(Reason)


# --- from documents -------------------------------------------------------------------------------


def test_the_purpose_is_what_the_terms_say() -> None:
    terms = load_terms(EXAMPLES / "terms.yaml")
    purpose = Purpose.of(terms, on=date(2026, 11, 22))
    assert (purpose.permission, purpose.diseases) == (DS, ("ICD10:I25", CORONARY))
    assert purpose.undertakings[MOR] == "until 2027-06-30"
    assert purpose.sectors == {"public", "private"}
    assert purpose.countries == {"CH", "DE", "HU", "NO", "US"}
    assert (purpose.sells, purpose.currency) == (True, "EUR")
    assert purpose.ends == datetime(2030, 12, 31, 23, tzinfo=UTC)


def test_the_example_is_permitted_and_explained() -> None:
    purpose = Purpose.of(load_terms(EXAMPLES / "terms.yaml"))
    conditions = load_conditions(EXAMPLES / "conditions.yaml")
    verdict = judged(purpose, conditions)
    assert (verdict.decision, verdict.open_steps) == (P, ())
    assert all(isinstance(each, Step) for each in verdict.steps)
    assert {each.code for each in conditions.modifiers} <= {e.condition for e in verdict.steps}
