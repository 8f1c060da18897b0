"""A study's purpose: what its signed terms say that conditions on data can be held against."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, get_args

from governance.primitives import to_hex
from governance.terms import duo
from governance.terms.canonical import digest
from governance.terms.fields import unix_time
from governance.terms.model import KindName, SectorName

if TYPE_CHECKING:
    from collections.abc import Mapping

    from governance.terms.model import Terms

_DATE = re.compile(r"(?:until )?([0-9]{4}-[0-9]{2}-[0-9]{2})")


@dataclass(frozen=True, slots=True)
class Purpose:
    """What a study wants data for, and what it undertakes.

    Attributes:
        title: the study's title.
        terms_digest: digest of the terms, in hexadecimal.
        permission: DUO permission that the study makes use of; how far its purpose reaches.
        diseases: codes of the diseases that it studies, where it is disease specific.
        undertakings: DUO modifiers to which the study binds itself, with their details.
        kinds: kinds of institutions that may take part.
        sectors: sectors of institutions that may take part.
        countries: countries that participants may come from; None for any.
        sells: whether anybody can get the model for money only.
        currency: currency of the revenue that is expected; None if none is.
        ethics_approval: digest of the ethics approval; None if there is none.
        prohibited_uses: what must not be done with data or model.
        ends: when the study's terms expire.
        on: the day on which it is asked; None leaves open what depends on it.
    """

    title: str
    terms_digest: str
    permission: str
    diseases: tuple[str, ...]
    undertakings: Mapping[str, str | None] = field(hash=False)
    kinds: frozenset[str]
    sectors: frozenset[str]
    countries: frozenset[str] | None
    sells: bool
    currency: str | None
    ethics_approval: str | None
    prohibited_uses: tuple[str, ...]
    ends: datetime
    on: date | None = None

    @property
    def scope(self) -> str:
        """How far the purpose reaches, in words."""
        term = duo.PERMISSIONS.get(self.permission)
        label = f"{term.label} ({term.code})" if term else self.permission
        return f"{label} on {', '.join(self.diseases)}" if self.diseases else label

    @classmethod
    def of(cls, terms: Terms, *, on: date | None = None) -> Purpose:
        """Derives the purpose from the terms, and from nothing else.

        Args:
            terms: what the study's signatories sign.
            on: the day on which it is asked.
        """
        who, use = terms.participants, terms.model.use
        return cls(
            title=terms.title,
            terms_digest=to_hex(digest(terms)),
            permission=terms.data_use.permission,
            diseases=terms.data_use.diseases,
            undertakings=MappingProxyType(
                {each.code: each.detail for each in terms.data_use.modifiers}
            ),
            kinds=frozenset(get_args(KindName) if who.kinds == "any" else who.kinds),
            sectors=frozenset(get_args(SectorName) if who.sectors == "any" else who.sectors),
            countries=None if who.countries == "any" else frozenset(who.countries),
            sells="paid" in (use.signatories, use.contributors, use.others),
            currency=terms.benefits.currency,
            ethics_approval=terms.ethics.approval_digest,
            prohibited_uses=terms.prohibited_uses,
            ends=datetime.fromtimestamp(unix_time(terms.expires), UTC),
            on=on,
        )


def read_date(detail: str) -> date | None:
    """The date that a detail says, as in `2027-06-30` or `until 2027-06-30`; None if it does not.

    Nothing else is read out of it: whatever stands beside a date may be a condition.
    """
    found = _DATE.fullmatch(detail.strip())
    if not found:
        return None
    try:
        return date.fromisoformat(found[1])
    except ValueError:
        return None
