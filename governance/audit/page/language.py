"""A language of the report: its texts, and how it writes numbers, money, dates and times."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from markupsafe import Markup

from governance.audit.findings import Words, in_units
from governance.audit.page.text import cleaned
from governance.vocabulary import decimal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from governance.audit.findings import Finding, FindingKind
    from governance.terms import Language as Code

_MINUTE = 60
_DAY = 86_400
_MONTH = 30 * _DAY


class Told(NamedTuple):
    """A finding in words: where it was found, what, what that means, and what to ask next."""

    subject: Markup
    detail: Markup
    meaning: str
    ask_next: str


@dataclass(frozen=True, slots=True)
class Language:
    """One language; calling it gives a text.

    Attributes:
        code: ISO 639-1.
        texts: By key, with the names of what is put into them between braces; where it depends on
            a `count`, what is said of one and of several.
        names: What values are called, by family and value, such as `standing` and `member`.
        months: January first.
        date_form: With `{day}`, `{month}` and `{year}`.
        short_date: For tables, as `strftime` takes it.
        thousands: Between groups of digits.
        decimal: Between whole and parts.
        findings: What each kind of finding says.
        words: What facts of findings say otherwise, by their English; None in English itself.
    """

    code: Code
    texts: Mapping[str, str | tuple[str, str]]
    names: Mapping[str, Mapping[str, str]]
    months: Sequence[str]
    date_form: str
    short_date: str
    thousands: str
    decimal: str
    findings: Mapping[str, FindingKind]
    words: Mapping[str, str] | None

    def __call__(self, key: str, **values: object) -> str:
        """A text with values put in; numbers are written as the language writes them."""
        text = self.texts[key]
        if isinstance(text, tuple):
            text = text[0 if values["count"] == 1 else 1]
        written = {
            name: self.number(value) if isinstance(value, int) else value
            for name, value in values.items()
        }
        return text.format(**written)

    def name(self, family: str, value: str) -> str:
        """What a value is called; the value itself where nobody has named it."""
        return self.names[family].get(value, value)

    # --- findings ---------------------------------------------------------------------------------

    def tell(self, finding: Finding) -> Told:
        """A finding in words."""
        kind = self.findings[finding.id]
        facts = finding.written(self.number, self.money, self._span, self._fact)
        subject, detail = (
            Markup(template).format_map(facts)  # noqa: S704 - our own; the facts are escaped
            for template in (kind.where, kind.detail)
        )
        return Told(subject, detail, kind.meaning, kind.ask_next)

    def _span(self, seconds: int) -> str:
        """A time in days and less, in words; no number is parted from its unit."""
        units = in_units(seconds).items()
        told = (self(f"span.{unit}", count=value) for unit, value in units)
        return ", ".join(each.replace(" ", "\u00a0") for each in told)

    def _fact(self, fact: str) -> str:
        """A fact in this language; words that it has not got stay English, and are marked so."""
        if self.words is None or not isinstance(fact, Words):
            return cleaned(fact)
        if fact.key not in self.words:
            return Markup('<span lang="en">{}</span>').format(cleaned(fact))
        return self.words[fact.key].format_map(fact.facts)

    # --- numbers ----------------------------------------------------------------------------------

    def number(self, value: int) -> str:
        """A whole number."""
        return f"{value:,}".replace(",", self.thousands)

    def money(self, amount: int, currency: str) -> str:
        """An amount of minor units with its currency."""
        return f"{decimal(amount, currency, self.thousands, self.decimal)}\u00a0{currency}"

    # --- times, all in UTC ------------------------------------------------------------------------

    def date(self, seconds: int) -> str:
        """A day, with the month in words."""
        moment = _utc(seconds)
        month = self.months[moment.month - 1]
        return self.date_form.format(day=moment.day, month=month, year=moment.year)

    def moment(self, seconds: int) -> str:
        """A day and a time to the second, with the time's zone."""
        return self("moment", date=self.date(seconds), time=f"{_utc(seconds):%H:%M:%S}")

    def when(self, seconds: int | None) -> str:
        """A day and a time to the minute for tables, whose captions name the zone."""
        if seconds is None:
            return "\u2013"
        return f"{_utc(seconds):{self.short_date} %H:%M}"

    def cell(self, seconds: int | None) -> Markup:
        """The same as a table's cell holds it, to be broken between day and time only."""
        if seconds is None:
            return Markup("\u2013")
        return Markup("<span>{}</span> <span>{}</span>").format(*self.when(seconds).split(" "))

    def tick(self, seconds: int, step: int) -> str:
        """What is written to a mark on an axis with marks so far apart."""
        if step >= _MONTH:
            moment = _utc(seconds)
            return f"{self.months[moment.month - 1]} {moment.year}"
        if step >= _DAY:
            return f"{_utc(seconds):{self.short_date}}"
        return f"{_utc(seconds):%H:%M}" if step >= _MINUTE else f"{_utc(seconds):%H:%M:%S}"


def _utc(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
