"""Patients with broad consents of the MII's structure, and what must be decided about each."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from governance.consent import Reason
from tests.unit.consent.builder import (
    AT,
    BROAD,
    CODE,
    FORM,
    LOINC,
    SIGNED,
    SYSTEM,
    TEMPLATE,
    Json,
    concept,
    consent,
    deny,
    everything,
    permit,
    provision,
)

YES = Reason.PERMITTED
USE = [permit(6), permit(8)]
ABSENT = {
    "url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason",
    "valueCode": "unknown",
}
THIRD = {"third_parties": True}
ABROAD = {"below_gdpr": True}


@dataclass(frozen=True)
class Case:
    """One patient: consents, what is asked, and the decision."""

    name: str
    consents: list[Json]
    reason: Reason
    asked: dict[str, Any] = field(default_factory=dict)


def without(made: Json, *path: Any) -> Json:
    """A resource that lacks a field."""
    *way, last = path
    inner = made
    for step in way:
        inner = inner[step]
    del inner[last]
    return made


def scoped(code: str, *provisions: Json, **more: Any) -> Json:
    """A consent about something else than research."""
    system = "http://terminology.hl7.org/CodeSystem/consentscope"
    return consent(*provisions, scope={"coding": [{"system": system, "code": code}]}, **more)


def template(code: str) -> list[Json]:
    """Categories that tell what kind of document it is."""
    return [LOINC, BROAD, {"coding": [{"system": TEMPLATE, "code": code}]}]


def later(made: Json) -> Json:
    """The same as another resource of the patient."""
    return made | {"id": "c2"}


def after(*provisions: Json, form: str = "1791", **more: Any) -> Json:
    """A document of 2024, with an open end if nothing else is said."""
    more = {"start": "2024-05-01", "end": None} | more
    return consent(*provisions, form=form, name="c2", **more)


def minor(*provisions: Json, **more: Any) -> Json:
    """Parents' consent until the child comes of age in 2030."""
    more = {"form": "3542", "end": "2030-03-01"} | more
    return consent(*provisions, **more)


VALID = [
    Case("valid, 1.6f", [consent(*everything())], YES),
    Case("valid, 1.6d", [consent(*everything(), form="1790")], YES),
    Case("valid, 1.7.2", [consent(*everything(), form="2079")], YES),
    Case("valid, with its first additional module", [consent(*USE, form="4031")], YES),
    Case(
        "valid, with another additional module beside it",
        [consent(*USE, policy=[{"uri": FORM + "2079"}, {"uri": FORM + "4036"}])],
        YES,
    ),
    Case("both policies and no more", [consent(*USE)], YES),
    Case(
        "several codes in one provision",
        [consent(permit(None, code=[concept(6), concept(8)]))],
        YES,
    ),
    Case(
        "a code of another system beside that of the MII",
        [
            consent(
                permit(6),
                permit(None, code=[concept("MDAT_nutzen", "https://example.org"), concept(8)]),
            )
        ],
        YES,
    ),
    Case("a base that permits, with permissions by name", [consent(*USE, base="permit")], YES),
    Case(
        "times to the second",
        [consent(permit(6, "2022-09-01T10:00:00+02:00", "2027-08-31T00:00:00+02:00"), permit(8))],
        YES,
    ),
    Case(
        "collecting is over, use is not",
        [consent(permit(6, "2022-09-01", "2023-08-31"), permit(8))],
        YES,
    ),
    Case("refused elsewhere: biomaterial", [consent(*USE, deny(19), deny(22))], YES),
    Case(
        "a performer who is the patient",
        [consent(*USE, performer=[{"reference": "Patient/p1"}])],
        YES,
    ),
    Case("verified", [consent(*USE, verification=[{"verified": True}])], YES),
    Case("marked as a consent", [consent(*USE, category=template("CONSENT-OPT-IN"))], YES),
]

OPEN_ENDED = [
    Case(
        "no end at all",
        [consent(permit(6, "2022-09-01", None), permit(8, "2022-09-01", None), end=None)],
        YES,
    ),
    Case(
        "no end, and the form's thirty years are over",
        [
            consent(
                permit(6, "1995-01-01", None),
                permit(8, "1995-01-01", None),
                start="1995-01-01",
                end=None,
            )
        ],
        Reason.USE_EXPIRED,
    ),
    Case(
        "an end in the year 3000, and thirty years are over",
        [
            consent(
                permit(6, "1995-01-01"),
                permit(8, "1995-01-01", "3000-01-01"),
                start="1995-01-01",
                end="3000-01-01",
            )
        ],
        Reason.USE_EXPIRED,
    ),
    Case(
        "no end of its own, and the base is over",
        [consent(permit(6), permit(8, "2022-09-01", None), end="2025-01-01")],
        Reason.USE_EXPIRED,
    ),
]

TIMES = [
    Case(
        "expired", [consent(permit(6), permit(8, "2022-09-01", "2025-08-31"))], Reason.USE_EXPIRED
    ),
    Case(
        "expired with the base, whatever the permission says",
        [consent(*USE, end="2025-08-31")],
        Reason.USE_EXPIRED,
    ),
    Case(
        "begins today, and has not begun in some time zone",
        [consent(permit(6), permit(8, "2026-06-15", "2052-08-31"))],
        Reason.USE_NOT_YET,
        {"at": AT - 1},
    ),
    Case(
        "expires tomorrow",
        [consent(permit(6), permit(8, "2022-09-01", "2026-06-16"))],
        YES,
    ),
    Case(
        "expires today, which is over in some time zone",
        [consent(permit(6), permit(8, "2022-09-01", "2026-06-15"))],
        Reason.USE_EXPIRED,
    ),
    Case(
        "expired a second ago",
        [consent(permit(6), permit(8, "2022-09-01", "2026-06-15T12:00:00Z"))],
        Reason.USE_EXPIRED,
    ),
    Case(
        "not yet begun",
        [consent(permit(6, "2026-06-20"), permit(8, "2026-06-20"))],
        Reason.USE_NOT_YET,
    ),
    Case(
        "use begun, collecting not",
        [consent(permit(6, "2026-07-01", "2028-01-01"), permit(8))],
        Reason.COLLECTION_NOT_YET,
    ),
    Case(
        "a year without a day",
        [consent(permit(6, "2022", "2027"), permit(8, "2022", "2052"), start="2022")],
        YES,
    ),
    Case(
        "no beginning",
        [consent(permit(6), permit(8, None, "2052-08-31"))],
        Reason.USE_NOT_PERMITTED,
    ),
    Case(
        "no period", [consent(permit(6, None, None), permit(8, None, None))], Reason.PERIOD_MISSING
    ),
    Case("no period of the base", [consent(*USE, start=None, end=None)], Reason.PERIOD_MISSING),
    Case(
        "ends before it begins",
        [consent(permit(6), permit(8, "2030-01-01", "2020-01-01"))],
        Reason.USE_NOT_PERMITTED,
    ),
    Case(
        "thirty years by the calendar, with seven leap days, are over",
        [consent(permit(6, "1996-06-15"), permit(8, "1996-06-15", None), start="1996-06-15")],
        Reason.USE_EXPIRED,
    ),
    Case(
        "thirty years after a leap day are over with February",
        [consent(permit(6, "1996-02-29"), permit(8, "1996-02-29", None), start="1996-02-29")],
        Reason.USE_EXPIRED,
        {"at": int(datetime(2026, 2, 28, tzinfo=UTC).timestamp())},
    ),
    Case(
        "thirty years are not over the day before",
        [consent(permit(6, "1996-06-17"), permit(8, "1996-06-17", None), start="1996-06-17")],
        YES,
    ),
    Case(
        "an end that is there and not told",
        [
            consent(
                permit(6),
                permit(8, None, None, period={"start": SIGNED, "_end": {"extension": [ABSENT]}}),
            )
        ],
        Reason.USE_NOT_PERMITTED,
    ),
    Case(
        "a time without a zone",
        [consent(permit(6), permit(8, "2022-09-01T10:00:00", "2052-08-31"))],
        Reason.NOT_UNDERSTOOD,
    ),
]

MISSING = [
    Case("use without collecting", [consent(permit(8))], Reason.COLLECTION_NOT_PERMITTED),
    Case("collecting without use", [consent(permit(6))], Reason.USE_NOT_PERMITTED),
    Case(
        "use and collecting in two resources",
        [consent(permit(6)), later(consent(permit(8)))],
        Reason.COLLECTION_NOT_PERMITTED,
    ),
    Case(
        "the question's code instead of the policy's",
        [consent(permit(1))],
        Reason.USE_NOT_PERMITTED,
    ),
    Case(
        "another code system",
        [consent(permit(6), permit(None, code=[concept(8, "urn:oid:1.2.3")]))],
        Reason.USE_NOT_PERMITTED,
    ),
    Case(
        "only codes of another system",
        [consent(permit(None, code=[concept("8", "urn:oid:1.2.3")]))],
        Reason.CODE_UNKNOWN,
    ),
    Case(
        "no code system",
        [consent(permit(None, code=[{"coding": [{"code": f"{CODE}8"}]}]))],
        Reason.CODE_UNKNOWN,
    ),
    Case(
        "the code's last number alone", [consent(permit(6), permit("8"))], Reason.USE_NOT_PERMITTED
    ),
    Case("a code that no version has", [consent(permit(6), permit(999))], Reason.USE_NOT_PERMITTED),
    Case(
        "a text instead of a code",
        [consent(permit(6), permit(None, code=[{"text": "MDAT wissenschaftlich nutzen"}]))],
        Reason.USE_NOT_PERMITTED,
    ),
    Case("a permission without codes", [consent(permit(None))], Reason.CODE_UNKNOWN),
    Case("nothing but the base", [consent()], Reason.REFUSED),
    Case(
        "a base that permits, and nothing by name",
        [consent(base="permit")],
        Reason.USE_NOT_PERMITTED,
    ),
    Case("no provision", [consent(base=None)], Reason.BASE_OTHER),
    Case("codes in the base", [consent(provision=provision("permit", 8))], Reason.BASE_OTHER),
]

STATUS = [
    Case(f"status {status}", [consent(*everything(), status=status)], Reason.NOT_ACTIVE)
    for status in ("draft", "proposed", "inactive", "entered-in-error")
] + [
    Case(
        "a status that FHIR has not",
        [consent(*everything(), status="aktiv")],
        Reason.NOT_UNDERSTOOD,
    ),
    Case("rejected", [consent(*everything(), status="rejected")], Reason.REFUSED),
    Case(
        "consented, and rejected what was asked later",
        [consent(*everything()), after(*USE, status="rejected")],
        Reason.REFUSED,
    ),
    Case(
        "consented, and rejected a treatment",
        [consent(*USE), scoped("treatment", *USE, name="c2", status="rejected")],
        YES,
    ),
    Case("no status", [without(consent(*USE), "status")], Reason.NOT_UNDERSTOOD),
    Case("inactive beside active", [consent(*USE), later(consent(*USE, status="inactive"))], YES),
    Case(
        "a withdrawal that was entered in error",
        [consent(*USE), after(form="2720", status="entered-in-error")],
        YES,
    ),
]

DENIED = [
    Case("use denied in the same resource", [consent(*USE, deny(8))], Reason.USE_DENIED),
    Case(
        "refused in the form: all denied by name",
        [consent(*(deny(n) for n in (6, 7, 8, 9)))],
        Reason.USE_DENIED,
    ),
    Case(
        "two consents that contradict",
        [consent(*USE), after(deny(8, "2024-05-01", None))],
        Reason.USE_DENIED,
    ),
    Case(
        "two that contradict, the other way round",
        [consent(deny(8)), after(*USE, end="2052-08-31")],
        Reason.USE_DENIED,
    ),
    Case(
        "storing denied", [consent(*USE), after(deny(7, "2024-05-01", None))], Reason.STORAGE_DENIED
    ),
    Case(
        "the whole question denied",
        [consent(*USE), after(deny(1, "2024-05-01", None))],
        Reason.USE_DENIED,
    ),
    Case(
        "denied for a time that is over", [consent(*USE, deny(8, "2023-01-01", "2023-12-31"))], YES
    ),
    Case("denied from tomorrow on", [consent(*USE, deny(8, "2026-06-17", None))], YES),
    Case(
        "denied from today on, in some time zone",
        [consent(*USE, deny(8, "2026-06-16", None))],
        Reason.USE_DENIED,
    ),
    Case("denied without a period", [consent(*USE, deny(8, None, None))], Reason.USE_DENIED),
    Case(
        "a denial that ends before it begins",
        [consent(*USE, deny(8, "2025-01-01", "2024-01-01"))],
        Reason.USE_DENIED,
    ),
    Case(
        "collecting denied from the beginning",
        [consent(*USE), after(deny(6, "2022-01-01", None))],
        Reason.COLLECTION_DENIED,
    ),
    Case(
        "collecting denied later, use not", [consent(*USE), after(deny(6, "2024-05-01", None))], YES
    ),
    Case("a denial by an unknown code", [consent(*USE, deny(999))], Reason.DENIAL_NOT_UNDERSTOOD),
    Case(
        "a denial in another system",
        [consent(*USE, deny(None, code=[concept("x", "urn:oid:1.2.3")]))],
        Reason.DENIAL_NOT_UNDERSTOOD,
    ),
    Case(
        "a denial of something known and of something in another system",
        [consent(*USE, deny(None, code=[concept(22), concept("x", "urn:oid:1.2.3")]))],
        Reason.DENIAL_NOT_UNDERSTOOD,
    ),
    Case(
        "a denial by a code with a translation beside it",
        [
            consent(
                *USE,
                deny(
                    None,
                    code=[
                        {
                            "coding": [
                                *concept("x", "urn:oid:1.2.3")["coding"],
                                *concept(22)["coding"],
                            ]
                        }
                    ],
                ),
            )
        ],
        YES,
    ),
    Case("a denial without a code", [consent(*USE, deny(None))], Reason.DENIAL_NOT_UNDERSTOOD),
    Case("neither permit nor deny", [consent(*USE, without(deny(8), "type"))], Reason.USE_DENIED),
    Case(
        "a narrowed denial counts in full",
        [consent(*USE, deny(8, purpose=[{"code": "HMARKT"}]))],
        Reason.USE_DENIED,
    ),
]

NESTED = [
    Case(
        "deny beneath permit",
        [consent(permit(6), permit(8, provision=[deny(8)]))],
        Reason.USE_DENIED,
    ),
    Case(
        "deny of something else beneath permit",
        [consent(permit(6), permit(8, provision=[deny(19)]))],
        Reason.USE_NOT_PERMITTED,
    ),
    Case("permit beneath permit", [consent(permit(8, provision=[permit(8)]))], Reason.NESTED),
    Case(
        "permit beneath deny",
        [consent(permit(6), deny(19, provision=[permit(8)]))],
        Reason.USE_NOT_PERMITTED,
    ),
    Case(
        "narrowed to a purpose",
        [consent(permit(6), permit(8, purpose=[{"code": "HRESCH"}]))],
        Reason.USE_NOT_PERMITTED,
    ),
    Case(
        "narrowed to an actor",
        [consent(permit(8, actor=[{"role": {"text": "x"}, "reference": {"display": "x"}}]))],
        Reason.NARROWED,
    ),
    Case(
        "narrowed as a whole",
        [consent(provision=provision("deny", None, provision=USE, dataPeriod={"start": "2020"}))],
        Reason.NARROWED,
    ),
]

WITHDRAWN = [
    Case("withdrawn in full, 1.6f", [consent(*everything()), after(form="2720")], Reason.WITHDRAWN),
    Case(
        "withdrawn in full, 1.7.2, with denials by name",
        [consent(*everything(), form="2079"), after(deny(8, "2024-05-01", None), form="2722")],
        Reason.WITHDRAWN,
    ),
    Case(
        "withdrawn in full, 1.6d, from next year on",
        [consent(*USE, form="1790"), after(form="2718", start="2027-01-01")],
        YES,
    ),
    Case(
        "withdrawn in part: use",
        [consent(*everything()), after(deny(8, "2024-05-01", None), form="2721")],
        Reason.USE_DENIED,
    ),
    Case(
        "withdrawn in part: biomaterial",
        [consent(*everything()), after(deny(22, "2024-05-01", None), form="2721")],
        YES,
    ),
    Case(
        "withdrawn in part, and it does not say which",
        [consent(*everything()), after(form="2721", base="permit")],
        Reason.WITHDRAWN,
    ),
    Case(
        "withdrawn, marked by the document's kind alone",
        [consent(*USE), after(category=template("WITHDRAWAL"))],
        Reason.WITHDRAWN,
    ),
    Case(
        "permissions in a withdrawal do not count", [consent(*USE, form="2721")], Reason.WITHDRAWN
    ),
    Case("refused, 1.7.2", [consent(form="4054", end=None)], Reason.REFUSED),
    Case("refused beside a consent", [consent(*USE), after(form="4053")], Reason.REFUSED),
    Case("objected", [consent(*USE), after(category=template("OBJECTION"))], Reason.REFUSED),
    Case(
        "withdrawn and consented anew: the withdrawal stands",
        [consent(*USE), after(form="2720"), consent(*USE, name="c3", start="2025-01-01")],
        Reason.WITHDRAWN,
    ),
    Case(
        "withdrawn by making the consent inactive, another is left",
        [consent(*everything(), status="inactive"), later(consent(permit(6)))],
        Reason.USE_NOT_PERMITTED,
    ),
]

FORMS = [
    Case("an unknown version", [consent(*everything(), form="9999")], Reason.POLICY_UNKNOWN),
    Case(
        "a known version beside an unknown one",
        [consent(*USE, policy=[{"uri": SYSTEM}, {"uri": FORM + "1791"}])],
        Reason.POLICY_UNKNOWN,
    ),
    Case(
        "a summary that names no form: permissions do not count",
        [consent(*USE, policy=[{"uri": "2.16.840.1.113883.3.1937.777.24.2.184"}])],
        Reason.POLICY_UNKNOWN,
    ),
    Case(
        "a summary that names no form: denials count",
        [
            consent(*USE),
            after(deny(8), policy=[{"uri": "2.16.840.1.113883.3.1937.777.24.2.184"}]),
        ],
        Reason.USE_DENIED,
    ),
    Case(
        "no version", [consent(*USE, form=None, policyRule={"text": "MII"})], Reason.POLICY_UNKNOWN
    ),
    Case("an additional module alone", [consent(*USE, form="4036")], Reason.POLICY_UNKNOWN),
    Case(
        "an unknown version that denies",
        [consent(*USE), after(deny(8, "2024-05-01", None), form="9999")],
        Reason.USE_DENIED,
    ),
    Case(
        "not marked as a broad consent", [consent(*USE, category=[LOINC])], Reason.CATEGORY_MISSING
    ),
    Case(
        "not marked as a privacy consent",
        [consent(*USE, category=[BROAD])],
        Reason.CATEGORY_MISSING,
    ),
    Case("consent to treatment", [scoped("treatment", *USE)], Reason.SCOPE_OTHER),
    Case(
        "denials in a consent to treatment that mean it alone",
        [consent(*USE), scoped("treatment", deny("x"), name="c2")],
        YES,
    ),
    Case(
        "denials in a consent to treatment in the MII's code",
        [consent(*USE), scoped("treatment", deny(8), name="c2")],
        Reason.USE_DENIED,
    ),
    Case("not verified", [consent(*USE, verification=[{"verified": False}])], Reason.NOT_VERIFIED),
    Case(
        "a modifier that is not known",
        [consent(*USE, modifierExtension=[{"url": "https://example.org", "valueBoolean": True}])],
        Reason.NOT_UNDERSTOOD,
    ),
    Case(
        "rules that are not known",
        [consent(*USE, implicitRules="https://example.org")],
        Reason.NOT_UNDERSTOOD,
    ),
    Case("a field that FHIR R4 has not", [consent(*USE, decision="permit")], Reason.NOT_UNDERSTOOD),
    Case(
        "an unreadable resource beside a good one",
        [consent(*USE), later(without(consent(*USE), "scope"))],
        Reason.NOT_UNDERSTOOD,
    ),
]

MINORS = [
    Case("parents consent until the child is of age", [minor(*USE)], YES),
    Case("the child is of age", [minor(*USE, end="2026-03-01")], Reason.USE_EXPIRED),
    Case("parents' consent without an end", [minor(*USE, end=None)], Reason.REPRESENTATION_OPEN),
    Case(
        "parents' consent for thirty years",
        [minor(*USE, end="2052-08-31")],
        Reason.REPRESENTATION_OPEN,
    ),
    Case(
        "a child of seven to eleven assents alone",
        [consent(*USE, form="3543", end="2030-03-01")],
        Reason.ASSENT_ALONE,
    ),
    Case(
        "parents consent and the child assents",
        [minor(*USE), consent(*USE, form="3544", name="c2")],
        YES,
    ),
    Case(
        "parents consent and the child does not want it",
        [minor(*USE), consent(deny(8), form="3544", name="c2")],
        Reason.USE_DENIED,
    ),
    Case(
        "parents consent and the child ticks nothing",
        [minor(*USE), consent(form="3544", name="c2")],
        Reason.REFUSED,
    ),
    Case(
        "a relative on the form for adults, until an end",
        [consent(*USE, end="2030-03-01", performer=[{"reference": "RelatedPerson/r"}])],
        YES,
    ),
    Case(
        "a relative on the form for adults, without one",
        [consent(*USE, end=None, performer=[{"reference": "RelatedPerson/r"}])],
        Reason.REPRESENTATION_OPEN,
    ),
    Case(
        "a doctor for the patient",
        [consent(*USE, end="2030-03-01", performer=[{"reference": "Practitioner/d"}])],
        Reason.GIVEN_BY_OTHER,
    ),
    Case(
        "the patient's own after coming of age",
        [
            minor(*USE, end="2026-03-01"),
            after(*[permit(n, "2026-03-01", "2030-01-01") for n in (6, 8)], start="2026-03-01"),
        ],
        YES,
    ),
]

RETRO = [
    Case("retrospective alone", [consent(permit(45), permit(46))], Reason.USE_NOT_PERMITTED),
    Case(
        "collecting only later, retrospective in the same resource",
        [consent(permit(6, "2026-06-01", "2027-01-01"), permit(8), permit(45))],
        YES,
    ),
    Case(
        "collecting begins tomorrow, retrospective today",
        [consent(permit(6, "2026-07-01", "2027-01-01"), permit(8), permit(45))],
        YES,
    ),
    Case(
        "the same, retrospective in another resource",
        [
            consent(permit(6, "2026-07-01", "2027-01-01"), permit(8)),
            later(consent(permit(45), permit(46))),
        ],
        Reason.COLLECTION_NOT_YET,
    ),
    Case(
        "the same, retrospective expired",
        [
            consent(
                permit(6, "2026-07-01", "2027-01-01"),
                permit(8),
                permit(45, "2022-09-01", "2026-06-01"),
            )
        ],
        Reason.COLLECTION_NOT_YET,
    ),
    Case(
        "the same, retrospective denied elsewhere",
        [
            consent(permit(6, "2026-07-01", "2027-01-01"), permit(8), permit(45)),
            after(deny(45, "2024-05-01", None)),
        ],
        Reason.COLLECTION_NOT_YET,
    ),
]

RETRO_DENIED = [
    Case(
        "the same, denied elsewhere to third parties, which the study admits",
        [
            consent(permit(6, "2026-07-01", "2027-01-01"), permit(8), permit(9), permit(45)),
            after(deny(47, "2024-05-01", None)),
        ],
        Reason.COLLECTION_NOT_YET,
        THIRD,
    ),
    Case(
        "the same, denied elsewhere to third parties, which the study does not admit",
        [
            consent(permit(6, "2026-07-01", "2027-01-01"), permit(8), permit(45)),
            after(deny(47, "2024-05-01", None)),
        ],
        YES,
    ),
]

ASKED = [
    Case("third parties asked and permitted", [consent(*everything())], YES, THIRD),
    Case(
        "third parties asked and not permitted",
        [consent(*USE)],
        Reason.THIRD_PARTIES_NOT_PERMITTED,
        THIRD,
    ),
    Case(
        "third parties permitted in another resource",
        [consent(*USE), later(consent(permit(9)))],
        Reason.THIRD_PARTIES_NOT_PERMITTED,
        THIRD,
    ),
    Case(
        "third parties denied",
        [consent(*everything()), after(deny(9, "2024-05-01", None))],
        Reason.THIRD_PARTIES_DENIED,
        THIRD,
    ),
    Case(
        "third parties denied and not asked",
        [consent(*everything()), after(deny(9, "2024-05-01", None))],
        YES,
    ),
    Case(
        "third parties no longer permitted",
        [consent(*USE, permit(9, "2022-09-01", "2025-01-01"))],
        Reason.THIRD_PARTIES_NOT_PERMITTED,
        THIRD,
    ),
    Case("below the GDPR's level asked and permitted", [consent(*everything())], YES, ABROAD),
    Case(
        "below the GDPR's level asked and not permitted",
        [consent(*USE, permit(9))],
        Reason.PROTECTION_NOT_PERMITTED,
        ABROAD,
    ),
    Case(
        "below the GDPR's level denied by its question",
        [consent(*everything()), after(deny(48, "2024-05-01", None))],
        Reason.PROTECTION_DENIED,
        ABROAD,
    ),
    Case(
        "below the GDPR's level alone is no use",
        [consent(permit(6), permit(49))],
        Reason.USE_NOT_PERMITTED,
        ABROAD,
    ),
    Case(
        "a study that wants consent to itself",
        [consent(*everything())],
        Reason.BASIS_OTHER,
        {"study_only": True},
    ),
    Case(
        "a study beyond medical research",
        [consent(*everything())],
        Reason.PURPOSE_NOT_COVERED,
        {"medical": False},
    ),
]

CASES = [
    *(VALID + OPEN_ENDED + TIMES + MISSING + STATUS + DENIED + NESTED),
    *(WITHDRAWN + FORMS + MINORS + RETRO + RETRO_DENIED + ASKED),
]
