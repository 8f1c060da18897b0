"""The kinds of values that terms are made of: check, one canonical form and JSON Schema of each.

Messages complete the sentence "this field …", in plain English.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from governance.primitives import ZERO_ADDRESS, AddressInvalid, checksum_address
from governance.terms import codes, duo

MAX_SIGNATORIES = 500
"""Institutions that can ever sign a study."""

MAX_ROUNDS = 2**16 - 1
"""The last round that a study can have."""

UINT32_MAX = 2**32 - 1

VOCABULARIES = "MONDO|DOID|ICD10|ICD10GM|ICD11|ORPHA|OMIM|SNOMED"
"""The vocabularies of diseases, as a regular expression."""

_SECONDS = {"s": 1, "min": 60, "h": 3_600, "d": 86_400}
_DURATION = r"^[1-9][0-9]{0,9}(s|min|h|d)$"
_INSTANT = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$"
_PERCENT = r"^(0|[1-9][0-9]?|100)(\.[0-9]{1,2})?$"
_UNIT = r"^(0(\.[0-9]{1,6})?|1(\.0{1,6})?)$"
_DIGEST = r"^0x[0-9a-f]{64}$"
_ADDRESS = r"^0x[0-9a-fA-F]{40}$"
_DISEASE = rf"^({VOCABULARIES}):[A-Za-z0-9][A-Za-z0-9.]{{0,31}}$"

_INVISIBLE = frozenset({"Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"})
"""Unicode categories that a reader cannot see, or sees in another order than it is signed."""

_LONGEST_LINE = 200
_LONGEST_PARAGRAPH = 4_000
_LONGEST_TEXT = 100_000


def _visible(value: str, longest: int, *, lines: bool) -> str:
    text = unicodedata.normalize("NFC", value).strip()
    if not text:
        raise ValueError("must not be empty")
    if len(text) > longest:
        raise ValueError(f"is longer than {longest} characters")
    for character in text:
        if unicodedata.category(character) in _INVISIBLE and not (lines and character == "\n"):
            raise ValueError(f"holds the invisible character U+{ord(character):04X}")
    return text


def _line(value: str) -> str:
    return _visible(value, _LONGEST_LINE, lines=False)


def _paragraph(value: str) -> str:
    return _visible(value, _LONGEST_PARAGRAPH, lines=True)


def _long_text(value: str) -> str:
    return _visible(value, _LONGEST_TEXT, lines=True)


def _decimal_text(value: Any) -> Any:
    """Turn a number written without quotes into its text; a share is never a float."""
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return str(value)
    return value


def _shortest(value: str) -> str:
    return value.rstrip("0").rstrip(".") if "." in value else value


def _percent(value: str) -> str:
    if value.startswith("-"):
        raise ValueError("must not be negative")
    if not re.fullmatch(_PERCENT, value) or basis_points(value) > basis_points("100"):
        raise ValueError("must be a percentage from 0 to 100 with at most two decimals")
    return _shortest(value)


def _unit(value: str) -> str:
    if not re.fullmatch(_UNIT, value):
        raise ValueError("must be a decimal from 0 to 1 with at most six decimals")
    return _shortest(value)


def _digest(value: str) -> str:
    if not re.fullmatch(_DIGEST, value):
        raise ValueError("must be a SHA-256 digest: 0x and 64 lower-case hexadecimal digits")
    if not int(value, 16):
        raise ValueError("must not be the zero digest")
    return value


def _address(value: str) -> str:
    try:
        address = checksum_address(value)
    except AddressInvalid as error:
        raise ValueError(f"is no account: {error.message.rstrip('.')}") from None
    if address == ZERO_ADDRESS:
        raise ValueError("must not be the zero address")
    return address


def _country(value: str) -> str:
    if value not in codes.COUNTRIES:
        raise ValueError(f"{value} is no country code of ISO 3166-1 (two upper-case letters)")
    return value


def _currency(value: str) -> str:
    if value not in codes.CURRENCIES:
        raise ValueError(f"{value} is no currency code of ISO 4217 (three upper-case letters)")
    return value


def _permission(value: str) -> str:
    if value in duo.MODIFIERS:
        raise ValueError(f"{value} is a DUO modifier; name it under modifiers")
    if value not in duo.PERMISSIONS:
        raise ValueError(f"{value} is no DUO permission; known are {', '.join(duo.PERMISSIONS)}")
    return value


def _modifier(value: str) -> str:
    if value in duo.PERMISSIONS:
        raise ValueError(f"{value} is a DUO permission; name it under permission")
    if value not in duo.MODIFIERS:
        raise ValueError(f"{value} is no DUO modifier")
    return value


def _disease(value: str) -> str:
    if not re.fullmatch(_DISEASE, value):
        raise ValueError(f"{value} is no disease code such as MONDO:0005010 or ICD10:I25")
    return value


def _duration(value: str) -> str:
    if not re.fullmatch(_DURATION, value):
        raise ValueError("must be a duration such as 30d, 12h, 90min or 45s")
    if seconds(value) > UINT32_MAX:
        raise ValueError("is longer than 136 years")
    return value


def _instant(value: str) -> str:
    try:
        if re.fullmatch(_INSTANT, value) and unix_time(value) > 0:
            return value
    except ValueError:
        pass
    raise ValueError("must be a date and time in UTC such as 2027-12-31T23:00:00Z")


def seconds(duration: str) -> int:
    """Return the seconds of a checked duration such as `30d`."""
    count = duration.rstrip("dhmins")
    return int(count) * _SECONDS[duration[len(count) :]]


def unix_time(instant: str) -> int:
    """Return the Unix seconds of a checked date and time in UTC."""
    moment = datetime.strptime(instant, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    return int(moment.timestamp())


def basis_points(percent: str) -> int:
    """Return the basis points of a checked percentage such as `33.33`."""
    whole, _, fraction = percent.partition(".")
    return int(whole) * 100 + int(fraction.ljust(2, "0"))


Item = TypeVar("Item")


def ascending(items: tuple[Item, ...]) -> tuple[Item, ...]:
    """Bring a list whose order means nothing into its one canonical order.

    Raises:
        ValueError: an item stands in it twice.
    """
    different(items)
    return tuple(sorted(items))  # type: ignore[type-var]


def different(items: tuple[Item, ...]) -> tuple[Item, ...]:
    """Leave a list in its order.

    Raises:
        ValueError: an item stands in it twice.
    """
    for place, item in enumerate(items):
        if item in items[:place]:
            raise ValueError(f"names {item} twice")
    return items


def _schema(pattern: str | None = None, **more: Any) -> WithJsonSchema:
    text = {"type": "string"} | ({"pattern": pattern} if pattern else {})
    return WithJsonSchema(text | more)


def _one_of(known: Any) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "enum": sorted(known)})


def _number_schema(pattern: str, maximum: int) -> WithJsonSchema:
    number = {"type": "number", "minimum": 0, "maximum": maximum}
    return WithJsonSchema({"anyOf": [{"type": "string", "pattern": pattern}, number]})


Line = Annotated[str, AfterValidator(_line), _schema(minLength=1, maxLength=_LONGEST_LINE)]
"""One line of visible text."""

Paragraph = Annotated[
    str, AfterValidator(_paragraph), _schema(minLength=1, maxLength=_LONGEST_PARAGRAPH)
]
"""Visible text of several lines."""

LongText = Annotated[str, AfterValidator(_long_text), _schema(minLength=1, maxLength=_LONGEST_TEXT)]
"""Visible text of many pages."""

Percent = Annotated[
    str, AfterValidator(_percent), BeforeValidator(_decimal_text), _number_schema(_PERCENT, 100)
]
"""A percentage with at most two decimals, as decimal text without needless zeros."""

Unit = Annotated[
    str, AfterValidator(_unit), BeforeValidator(_decimal_text), _number_schema(_UNIT, 1)
]
"""A number from 0 to 1, as decimal text without needless zeros."""

Digest = Annotated[str, AfterValidator(_digest), _schema(_DIGEST)]
"""A SHA-256 digest in hexadecimal."""

Account = Annotated[str, AfterValidator(_address), _schema(_ADDRESS)]
"""An account's address, kept with its EIP-55 checksum."""

Country = Annotated[str, AfterValidator(_country), _one_of(codes.COUNTRIES)]
"""A country by ISO 3166-1 alpha-2."""

Currency = Annotated[str, AfterValidator(_currency), _one_of(codes.CURRENCIES)]
"""A currency by ISO 4217."""

Permission = Annotated[str, AfterValidator(_permission), _one_of(duo.PERMISSIONS)]
"""A DUO data use permission."""

ModifierCode = Annotated[str, AfterValidator(_modifier), _one_of(duo.MODIFIERS)]
"""A DUO data use modifier."""

Disease = Annotated[str, AfterValidator(_disease), _schema(_DISEASE)]
"""A disease by a public code system."""

Duration = Annotated[str, AfterValidator(_duration), _schema(_DURATION)]
"""A length of time, of at least one second."""

Instant = Annotated[str, AfterValidator(_instant), _schema(_INSTANT)]
"""A date and time in UTC, to the second."""

Institutions = Annotated[int, Field(ge=1, le=MAX_SIGNATORIES)]
"""How many institutions, at least one."""

Round = Annotated[int, Field(ge=1, le=MAX_ROUNDS)]
"""A round of training."""

Number = Annotated[int, Field(ge=1, le=UINT32_MAX)]
"""A number counted from 1, such as an institution's."""
