"""The GA4GH Data Use Ontology: the terms by which data may be used.

A study's `data_use` names one permission and any number of modifiers. The table is that of the
ontology's release of 2021-02-23, whose codes are stable.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

RELEASE = "2021-02-23"
"""The release of the ontology that the tables are those of."""


@dataclass(frozen=True, slots=True)
class DuoTerm:
    """One term of the ontology.

    `detail` says what the term leaves open and the study's terms must add, such as a date; it is
    empty where the code says it all.
    """

    code: str
    shorthand: str
    label: str
    detail: str = ""


def _table(*terms: DuoTerm) -> MappingProxyType[str, DuoTerm]:
    return MappingProxyType({term.code: term for term in terms})


PERMISSIONS = _table(
    DuoTerm("DUO:0000004", "NRES", "no restriction"),
    DuoTerm("DUO:0000006", "HMB", "health or medical or biomedical research"),
    DuoTerm("DUO:0000007", "DS", "disease specific research"),
    DuoTerm("DUO:0000011", "POA", "population origins or ancestry research only"),
    DuoTerm("DUO:0000042", "GRU", "general research use"),
)
"""Data use permissions (children of DUO:0000001) by code."""

MODIFIERS = _table(
    DuoTerm("DUO:0000012", "RS", "research specific restrictions", "the type of research"),
    DuoTerm("DUO:0000015", "NMDS", "no general methods research"),
    DuoTerm("DUO:0000016", "GSO", "genetic studies only"),
    DuoTerm("DUO:0000018", "NPUNCU", "not for profit, non commercial use only"),
    DuoTerm("DUO:0000019", "PUB", "publication required"),
    DuoTerm("DUO:0000020", "COL", "collaboration required"),
    DuoTerm("DUO:0000021", "IRB", "ethics approval required"),
    DuoTerm("DUO:0000022", "GS", "geographical restriction", "the region"),
    DuoTerm("DUO:0000024", "MOR", "publication moratorium", "the date it ends"),
    DuoTerm("DUO:0000025", "TS", "time limit on use", "the number of months"),
    DuoTerm("DUO:0000026", "US", "user specific restriction", "the approved users"),
    DuoTerm("DUO:0000027", "PS", "project specific restriction", "the approved project"),
    DuoTerm("DUO:0000028", "IS", "institution specific restriction", "the approved institution"),
    DuoTerm("DUO:0000029", "RTN", "return to database or resource"),
    DuoTerm("DUO:0000043", "CC", "clinical care use"),
    DuoTerm("DUO:0000044", "NPOA", "population origins or ancestry research prohibited"),
    DuoTerm("DUO:0000045", "NPU", "not for profit organisation use only"),
    DuoTerm("DUO:0000046", "NCU", "non-commercial use only"),
)
"""Data use modifiers (children of DUO:0000017) by code."""

NO_RESTRICTION = "DUO:0000004"
BIOMEDICAL = "DUO:0000006"
DISEASE_SPECIFIC = "DUO:0000007"
ANCESTRY_ONLY = "DUO:0000011"
GENERAL_RESEARCH = "DUO:0000042"

RESEARCH_TYPE = "DUO:0000012"
NO_METHODS = "DUO:0000015"
GENETIC_ONLY = "DUO:0000016"
NON_PROFIT = "DUO:0000018"
PUBLICATION = "DUO:0000019"
COLLABORATION = "DUO:0000020"
ETHICS_REQUIRED = "DUO:0000021"
REGION = "DUO:0000022"
MORATORIUM = "DUO:0000024"
TIME_LIMIT = "DUO:0000025"
USERS = "DUO:0000026"
PROJECT = "DUO:0000027"
INSTITUTION = "DUO:0000028"
RETURN = "DUO:0000029"
CLINICAL_CARE = "DUO:0000043"
ANCESTRY_PROHIBITED = "DUO:0000044"
NON_PROFIT_ORGANISATION = "DUO:0000045"
NON_COMMERCIAL_USE = "DUO:0000046"

NON_COMMERCIAL = frozenset({NON_PROFIT, NON_COMMERCIAL_USE})
