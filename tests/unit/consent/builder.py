"""Broad consents as they come from a trusted third party, built piece by piece."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from governance.consent import Question, decide, read
from governance.consent.statement import statement_from_body

if TYPE_CHECKING:
    from pathlib import Path

    from governance.consent import Statement, Verdict

Json = dict[str, Any]

SYSTEM = "urn:oid:2.16.840.1.113883.3.1937.777.24.5.3"
CODE = "2.16.840.1.113883.3.1937.777.24.5.3."
FORM = "urn:oid:2.16.840.1.113883.3.1937.777.24.2."
MII = "https://www.medizininformatik-initiative.de/fhir/modul-consent/CodeSystem/"
TEMPLATE = "http://fhir.de/ConsentManagement/CodeSystem/TemplateType"

AT = int(datetime(2026, 6, 15, 12, tzinfo=UTC).timestamp())
SIGNED, FIVE, THIRTY = "2022-09-01", "2027-08-31", "2052-08-31"

LOINC = {"coding": [{"system": "http://loinc.org", "code": "57016-8"}]}
BROAD = {
    "coding": [
        {
            "system": MII + "mii-cs-consent-version-modules",
            "code": "2.16.840.1.113883.3.1937.777.24.2.184",
        }
    ]
}


def concept(policy: int | str, system: str = SYSTEM) -> Json:
    """The code of a policy; text is taken as it is."""
    code = policy if isinstance(policy, str) else f"{CODE}{policy}"
    return {"coding": [{"system": system, "code": code}]}


def provision(
    kind: str,
    policy: int | str | None,
    start: str | None = SIGNED,
    end: str | None = THIRTY,
    **more: Any,
) -> Json:
    """A provision on the second level."""
    made: Json = {"type": kind} | more
    times = {"start": start, "end": end}
    if start or end:
        made["period"] = {name: text for name, text in times.items() if text}
    if policy is not None:
        made.setdefault("code", [concept(policy)])
    return made


def permit(policy: int | str | None, *times: str | None, **more: Any) -> Json:
    """Permits a policy; collecting for five years, if nothing else is said."""
    if not times and policy == 6:
        times = (SIGNED, FIVE)
    return provision("permit", policy, *times, **more)


def deny(policy: int | str | None, *times: str | None, **more: Any) -> Json:
    """Denies a policy, from the signature on and without an end if nothing else is said."""
    return provision("deny", policy, *(times or (SIGNED, None)), **more)


def everything() -> list[Json]:
    """What who says yes to all questions permits."""
    return [permit(policy) for policy in (6, 7, 8, 9, 45, 46, 49)]


def consent(
    *provisions: Json,
    form: str | None = "1791",
    base: str | None = "deny",
    start: str | None = SIGNED,
    end: str | None = THIRTY,
    name: str = "c1",
    patient: str = "p1",
    **more: Any,
) -> Json:
    """A consent; further fields replace those it has, and None takes one away."""
    made: Json = {
        "resourceType": "Consent",
        "id": name,
        "status": "active",
        "scope": {
            "coding": [
                {
                    "system": "http://terminology.hl7.org/CodeSystem/consentscope",
                    "code": "research",
                }
            ]
        },
        "category": [LOINC, BROAD],
        "patient": {"reference": f"Patient/{patient}"},
        "dateTime": SIGNED,
        "policy": [{"uri": FORM + form}] if form else None,
        "provision": provision(base or "", None, start, end, provision=list(provisions))
        if base
        else None,
    }
    if made["provision"] and not provisions:
        del made["provision"]["provision"]
    return {key: value for key, value in (made | more).items() if value is not None}


def asked(**more: Any) -> Question:
    """A study of public hospitals in Germany on any disease."""
    plain: Json = {
        "at": AT,
        "title": "A study",
        "study_only": False,
        "medical": True,
        "diseases": (),
        "countries": ("DE",),
        "sectors": ("public",),
        "purposes": ("research", "ai-training"),
        "third_parties": False,
        "below_gdpr": False,
    }
    return Question(**(plain | more))


def statements(folder: Path, *resources: Json) -> list[Statement]:
    """What resources say, by the way they take: a file, the reader, the ledger's form."""
    file = folder / "consents.ndjson"
    file.write_text("".join(json.dumps(each) + "\n" for each in resources), encoding="utf-8")
    found = list(read([file], "reference"))
    assert len(found) == len(resources)
    return [statement_from_body(each.statement.body()) for each in found]


def decided(folder: Path, *resources: Json, question: Question | None = None) -> Verdict:
    """What is decided about a patient with these consents."""
    return decide(statements(folder, *resources), question or asked())
