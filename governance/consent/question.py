"""What a study asks of patients' consent: a pure function of its terms.

Data never leave an institution in swarm learning; what is computed from them does. The question
takes the wider reading wherever the terms leave one: whoever may take part is taken to take part.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from governance.consent.errors import ConsentNotAsked

if TYPE_CHECKING:
    from governance.terms import Terms

EU = frozenset(
    {
        *("AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU"),
        *("IE", "IT", "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK"),
    }
)
EEA = EU | {"IS", "LI", "NO"}
ADEQUATE = frozenset({"AD", "AR", "CH", "FO", "GB", "GG", "IL", "IM", "JE", "NZ", "UY"})
"""Countries that the Commission found adequate as a whole (Article 45 of the GDPR).

Decisions that cover only some organisations of a country (Canada, Japan, South Korea, the United
States) are left out: whether one covers a participant cannot be read from the terms.
"""

GDPR_LEVEL = EEA | ADEQUATE
"""Countries with the GDPR's level of protection."""

PURPOSES = ("research", "ai-training", "commercial", "ancestry")
SECTORS = ("private", "public")

_MEDICAL = frozenset({"DUO:0000006", "DUO:0000007"})
"""Health or medical research, and research on a disease: what the broad consent is for."""

_DISEASE_SPECIFIC = "DUO:0000007"


@dataclass(frozen=True, slots=True)
class Question:
    """What a patient must have permitted.

    Attributes:
        at: The moment of use, Unix seconds.
        title: The study's title.
        study_only: Whether only consent to this very study counts.
        medical: Whether it stays within medical research.
        diseases: Codes of the diseases; none where the study is not bound to any.
        countries: Countries whose institutions may take part; None is any.
        sectors: Sectors whose institutions may take part.
        purposes: What the data are used for.
        third_parties: Whether companies or private institutions may take part.
        below_gdpr: Whether countries without the GDPR's level of protection may take part.
    """

    at: int
    title: str
    study_only: bool
    medical: bool
    diseases: tuple[str, ...]
    countries: tuple[str, ...] | None
    sectors: tuple[str, ...]
    purposes: tuple[str, ...]
    third_parties: bool
    below_gdpr: bool


def question(terms: Terms, at: int) -> Question:
    """Derive what the patients must have permitted.

    Args:
        terms: The study's terms.
        at: The moment of use, Unix seconds.

    Raises:
        ConsentNotAsked: the study rests on a waiver or a law, so consent is not asked for.
    """
    if terms.consent.basis not in ("broad-consent", "study-consent"):
        raise ConsentNotAsked(terms.consent.basis)
    parties, use = terms.participants, terms.data_use
    countries = None if isinstance(parties.countries, str) else parties.countries
    sectors = SECTORS if isinstance(parties.sectors, str) else parties.sectors
    companies = isinstance(parties.kinds, str) or "company" in parties.kinds
    paid = "paid" in (terms.model.use.signatories, terms.model.use.contributors)
    purposes = ["research", "ai-training"]
    if companies or paid or terms.model.use.others == "paid":
        purposes.append("commercial")
    if use.permission not in _MEDICAL:
        purposes.append("ancestry")
    return Question(
        at=at,
        title=terms.title,
        study_only=terms.consent.basis == "study-consent",
        medical=use.permission in _MEDICAL,
        diseases=use.diseases if use.permission == _DISEASE_SPECIFIC else (),
        countries=countries,
        sectors=sectors,
        purposes=tuple(purposes),
        third_parties=companies or "private" in sectors,
        below_gdpr=countries is None or not GDPR_LEVEL.issuperset(countries),
    )
