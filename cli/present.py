"""How values of the house are written for people and in JSON."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from governance.primitives import to_hex
from governance.vocabulary import MINOR_UNITS

if TYPE_CHECKING:
    from enum import IntEnum

    from governance.history.state import State


def word(member: IntEnum) -> str:
    """An enum's member as commands, terms and JSON write it: `data-trustee`."""
    return member.name.lower().replace("_", "-")


def when(seconds: int | None) -> str | None:
    """A time in UTC, from Unix seconds."""
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def hexed(data: bytes | None) -> str | None:
    """A digest in hexadecimal; nothing where there is none or it is zero."""
    return to_hex(data) if data and any(data) else None


def short(data: bytes | None) -> str | None:
    """The beginning of a digest, to recognise it by in a table."""
    text = hexed(data)
    return None if text is None else f"{text[:14]}…"


def money(amount: int, currency: str) -> str:
    """An amount of minor units with its currency; two decimals where the currency has two."""
    places = MINOR_UNITS.get(currency, 2)
    if places == 0:
        return f"{amount:,} {currency}"
    whole, part = divmod(amount, 10**places)
    return f"{whole:,}.{part:0{places}d} {currency}"


def named(state: State, number: int) -> str:
    """An institution's number and name."""
    return f"{number} {state.swarm.institution(number).name}"


def names(state: State, numbers: tuple[int, ...]) -> str | None:
    """Institutions by number and name, or nothing where there is none."""
    return ", ".join(named(state, number) for number in numbers) or None
