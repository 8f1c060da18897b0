"""Times in which something is permitted or denied, as pairs of Unix seconds: from, and up to.

A date without a time zone is a day somewhere on earth. So a permission counts when it is in force
in every time zone, and a denial as soon as it is in one.
"""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

Span: TypeAlias = tuple[int, int]
"""From the first second on, up to the second, which is not in it any more."""

BEGINNING = -(2**53)
END = 2**53
ALWAYS: Span = (BEGINNING, END)

_HOUR = 3_600
_LAST_ZONE = 12 * _HOUR
"""A day begins last at UTC-12, so many seconds after it begins in UTC."""

_FIRST_ZONE = 14 * _HOUR
"""A day begins first at UTC+14, so many seconds before it begins in UTC."""

_LAST_MONTH = 12
_DATE = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?", re.ASCII)
_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(Z|[-+][0-9]{2}:[0-9]{2})",
    re.ASCII,
)


class TimeNotUnderstood(ValueError):
    """A text is no FHIR date or dateTime."""


def years_after(start: int, years: int) -> int:
    """The moment so many years after another by the calendar; after 29 February, on the 28th."""
    begun = datetime.fromtimestamp(start, UTC)
    year = begun.year + years
    if year > date.max.year:
        return END
    day = min(begun.day, monthrange(year, begun.month)[1])
    return int(begun.replace(year=year, day=day).timestamp())


def at_most(span: Span, years: int) -> Span:
    """The part of a permission's span that lies within its first years, in every time zone."""
    return span[0], min(span[1], years_after(span[0], years) - _LAST_ZONE - _FIRST_ZONE)


def permitted(period: Mapping[str, Any] | None) -> Span | None:
    """When a FHIR Period permits.

    None where it has no beginning, is over before it begins, or has an end and does not say which
    (an extension in its place, such as data-absent-reason).

    Raises:
        TimeNotUnderstood: its start or end is no FHIR dateTime.
    """
    if not period or period.get("start") is None:
        return None
    low, _, dated = _bounds(period["start"])
    start = low + _LAST_ZONE if dated else low
    end = END
    if period.get("end") is not None:
        low, high, dated = _bounds(period["end"])
        end = high - _FIRST_ZONE if dated else low
    elif period.get("_end") is not None:
        return None
    return (start, end) if start < end else None


def denied(period: Mapping[str, Any] | None) -> Span:
    """When a FHIR Period denies: for ever where it does not say, or says what cannot be.

    Raises:
        TimeNotUnderstood: its start or end is no FHIR dateTime.
    """
    start, end = ALWAYS
    if period and period.get("start") is not None:
        low, _, dated = _bounds(period["start"])
        start = low - _FIRST_ZONE if dated else low
    if period and period.get("end") is not None:
        low, high, dated = _bounds(period["end"])
        end = high + _LAST_ZONE if dated else low + 1
    return (start, end) if start < end else ALWAYS


def moment(text: str) -> int:
    """The Unix second of a FHIR instant.

    Raises:
        TimeNotUnderstood: it is none.
    """
    return _bounds(text)[0]


def _bounds(text: object) -> tuple[int, int, bool]:
    """The first second of a date or moment in UTC, the first after it, and whether it is a date."""
    try:
        if isinstance(text, str) and _MOMENT.fullmatch(text):
            # A fraction is dropped at both ends: by less than a second, which nobody signs by.
            at = int(datetime.fromisoformat(text).timestamp())
            return at, at + 1, False
        found = _DATE.fullmatch(text) if isinstance(text, str) else None
        if found is None:
            raise TimeNotUnderstood
        year, month, day = (int(part) if part else None for part in found.groups())
        assert year is not None
        first = date(year, month or 1, day or 1)
        start = int(datetime(year, first.month, first.day, tzinfo=UTC).timestamp())
        return start, _after(start, year, month, day), True
    except (ValueError, OverflowError):
        raise TimeNotUnderstood from None


def _after(start: int, year: int, month: int | None, day: int | None) -> int:
    if day is not None:
        return start + 24 * _HOUR
    if month is None or month == _LAST_MONTH:
        return _year(year + 1)
    return int(datetime(year, month + 1, 1, tzinfo=UTC).timestamp())


def _year(year: int) -> int:
    return END if year > date.max.year else int(datetime(year, 1, 1, tzinfo=UTC).timestamp())


def within(span: Span, bounds: Span) -> Span | None:
    """The part of a span that lies within another."""
    start, end = max(span[0], bounds[0]), min(span[1], bounds[1])
    return (start, end) if start < end else None


def minus(spans: Iterable[Span], taken: Sequence[Span]) -> list[Span]:
    """What is left of spans, in order and joined, when others are taken from them."""
    left = sorted(spans)
    if len(left) == 1 and not taken:
        return left
    for begin, over in taken:
        left = [
            part
            for start, end in left
            for part in ((start, min(end, begin)), (max(start, over), end))
            if part[0] < part[1]
        ]
    joined: list[Span] = []
    for start, end in sorted(left):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined
