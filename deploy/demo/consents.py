"""What the patients of the demo allowed: invented answers, as a hospital's systems export them.

The patients of the UCI data gave their data away decades ago, without a name, and were never asked
about this. So the demo invents for each of them a person and an answer: most permit everything
that the German MII Broad Consent asks, some refuse, some deny the use where the GDPR does not hold,
some have withdrawn. Who says what follows from the site and the place in its table, so that every
run has the same.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from deploy.demo.patients import rows
from governance.primitives import sha256

if TYPE_CHECKING:
    from collections.abc import Sequence

    Json = dict[str, Any]

_POLICY = "2.16.840.1.113883.3.1937.777.24.5.3"
_FORM = "urn:oid:2.16.840.1.113883.3.1937.777.24.2."
_CONSENT, _REFUSAL, _WITHDRAWAL = "1791", "4053", "2718"
_COLLECT, _BELOW_GDPR = 6, 49
_ASKED = (_COLLECT, 7, 8, 9, 45, 46, _BELOW_GDPR)
"""The policies that the form asks: use now and of earlier data, third parties, other countries."""

_SCOPE = {"system": "http://terminology.hl7.org/CodeSystem/consentscope", "code": "research"}
_CATEGORIES = (
    {"system": "http://loinc.org", "code": "57016-8"},
    {
        "system": "https://www.medizininformatik-initiative.de/fhir/modul-consent/CodeSystem/"
        "mii-cs-consent-version-modules",
        "code": "2.16.840.1.113883.3.1937.777.24.2.184",
    },
)

_GIVEN = (
    "Adelmira",
    "Benediktus",
    "Corvinian",
    "Dorotheya",
    "Eleonorka",
    "Friedemund",
    "Gundelina",
)
_FAMILY_BEGINS = ("Alpenroth", "Birkenmoor", "Cembalund", "Dornwalden", "Eschenthal", "Finkenbruck")
_FAMILY_ENDS = ("auer", "berger", "chini", "dottir", "esko", "feld", "gaard", "holm", "inska")

_FIRST_SIGNED = date(2021, 1, 4)
_DAYS_OF_SIGNING = 900
_DATA_FROM = 1988
"""The year of the data, in which the patients had the age that stands there."""

_YEARS_OF_COLLECTION, _YEARS = 5, 30
_DAYS_A_MONTH = 28

_REFUSING, _AT_HOME_ALONE, _WITHDRAWN = (29, 7), (41, 11), (53, 17)
"""One in so many, and the first of them: who refuses, denies other countries, has withdrawn."""


@dataclass(frozen=True, slots=True)
class Patient:
    """An invented person to whom a row of the data is given.

    Attributes:
        pseudonym: What the hospital's ledger and tables call them.
        number: The hospital's own number of the patient.
        given: Given name.
        family: Family name.
        born: Day of birth, ISO 8601.
        says: The resources by which they answered, FHIR R4 Consent.
    """

    pseudonym: str
    number: str
    given: str
    family: str
    born: str
    says: tuple[Json, ...]

    def resource(self) -> Json:
        """The person as a FHIR R4 Patient."""
        return {
            "resourceType": "Patient",
            "id": self.pseudonym,
            "identifier": [{"system": "https://hospital.example/patients", "value": self.number}],
            "name": [{"family": self.family, "given": [self.given]}],
            "birthDate": self.born,
        }


def patients(site: str) -> Sequence[Patient]:
    """The patients of a site, in the order of its rows."""
    return [_patient(site, place, int(row["age"])) for place, row in enumerate(rows(site))]


def export(people: Sequence[Patient]) -> str:
    """All of them with their answers in NDJSON, as a FHIR server exports them."""
    resources = [each for person in people for each in (person.resource(), *person.says)]
    return "".join(json.dumps(each) + "\n" for each in resources)


def _patient(site: str, place: int, age: int) -> Patient:
    drawn = sha256(f"Swarm Charter demo: patient {place} of {site}".encode())
    pseudonym = f"PSN-{base64.b32encode(drawn[:10]).decode()}"
    signed = _FIRST_SIGNED + timedelta(days=int.from_bytes(drawn[10:12]) % _DAYS_OF_SIGNING)
    born = date(_DATA_FROM - age, 1 + drawn[12] % 12, 1 + drawn[13] % _DAYS_A_MONTH)
    begins = _FAMILY_BEGINS[drawn[15] % len(_FAMILY_BEGINS)]
    return Patient(
        pseudonym=pseudonym,
        number=f"{int.from_bytes(drawn[16:20]):010}-{drawn[20] % 10}",
        given=_GIVEN[drawn[14] % len(_GIVEN)],
        family=begins + _FAMILY_ENDS[drawn[21] % len(_FAMILY_ENDS)],
        born=born.isoformat(),
        says=tuple(_answers(pseudonym, place, signed)),
    )


def _answers(pseudonym: str, place: int, signed: date) -> list[Json]:
    """The patient's documents; which they are follows from the place in the site's table."""
    if _is(_REFUSING, place):
        return [_document(pseudonym, "refusal", _REFUSAL, signed, [])]
    denied = (_BELOW_GDPR,) if _is(_AT_HOME_ALONE, place) else ()
    provisions = [
        _provision("deny" if policy in denied else "permit", signed, policy) for policy in _ASKED
    ]
    given = _document(pseudonym, "consent", _CONSENT, signed, provisions)
    if not _is(_WITHDRAWN, place):
        return [given]
    later = signed + timedelta(days=180)
    return [given, _document(pseudonym, "withdrawal", _WITHDRAWAL, later, [])]


def _is(those: tuple[int, int], place: int) -> bool:
    every, first = those
    return place % every == first


def _document(pseudonym: str, kind: str, form: str, signed: date, provisions: list[Json]) -> Json:
    base = {"type": "deny", "period": _period(signed, _YEARS)}
    return {
        "resourceType": "Consent",
        "id": f"{pseudonym}-{kind}",
        "status": "active",
        "scope": {"coding": [_SCOPE]},
        "category": [{"coding": [each]} for each in _CATEGORIES],
        "patient": {"reference": f"Patient/{pseudonym}"},
        "dateTime": signed.isoformat(),
        "policy": [{"uri": _FORM + form}],
        "provision": base | ({"provision": provisions} if provisions else {}),
    }


def _provision(kind: str, signed: date, policy: int) -> Json:
    years = _YEARS_OF_COLLECTION if policy == _COLLECT else _YEARS
    code = {"coding": [{"system": f"urn:oid:{_POLICY}", "code": f"{_POLICY}.{policy}"}]}
    return {"type": kind, "period": _period(signed, years), "code": [code]}


def _period(signed: date, years: int) -> Json:
    end = date(signed.year + years, signed.month, min(signed.day, _DAYS_A_MONTH))
    return {"start": signed.isoformat(), "end": end.isoformat()}
