"""How values of the house are written for people and in JSON."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from governance.primitives import to_hex, utc
from governance.vocabulary import decimal

if TYPE_CHECKING:
    from governance.history.state import State


def word(member: IntEnum) -> str:
    """An enum's member as commands, terms and JSON write it: `data-trustee`."""
    return member.name.lower().replace("_", "-")


def when(seconds: int | None) -> str | None:
    """A time in UTC, from Unix seconds."""
    if seconds is None:
        return None
    return utc(seconds)


def hexed(data: bytes | None) -> str | None:
    """A digest in hexadecimal; nothing where there is none or it is zero."""
    return to_hex(data) if data and any(data) else None


def short(data: bytes | None) -> str | None:
    """The beginning of a digest, to recognise it by in a table."""
    text = hexed(data)
    return None if text is None else f"{text[:14]}…"


def money(amount: int, currency: str) -> str:
    """An amount of minor units with its currency; two decimals where the currency has two."""
    return f"{decimal(amount, currency, ',')} {currency}"


def named(state: State, number: int) -> str:
    """An institution's number and name."""
    return f"{number} {state.swarm.institution(number).name}"


def names(state: State, numbers: tuple[int, ...]) -> str | None:
    """Institutions by number and name, or nothing where there is none."""
    return ", ".join(named(state, number) for number in numbers) or None


LONGEST = 64
"""Characters up to which a field is shown whole in a table; terms are longer."""


def plain(value: Any) -> Any:
    """A field of an event, or an event, as JSON has it."""
    if isinstance(value, bytes):
        return to_hex(value)
    if isinstance(value, IntEnum):
        return word(value)
    if isinstance(value, tuple):
        return [plain(each) for each in value]
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    return value


def brief(value: Any) -> str:
    """A field as a table shows it."""
    text = str(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
