"""A study's statement: of every revenue, who is owed what and whether it is settled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from governance.benefits.shares import Earned, Owed, shares

if TYPE_CHECKING:
    from governance.history import State
    from governance.history.study import Revenue
    from governance.vocabulary import Settlement


@dataclass(frozen=True, slots=True)
class Entry:
    """A share and where it stands; times are Unix seconds, `None` if it did not happen yet."""

    owed: Owed
    settlement: Settlement
    paid_at: int | None
    confirmed_at: int | None


@dataclass(frozen=True, slots=True)
class RevenueStatement:
    """A revenue and its shares, which sum to its amount."""

    revenue: Revenue
    entries: tuple[Entry, ...]

    def amount(self, settlement: Settlement) -> int:
        """Minor units of all shares that stand there."""
        return sum(entry.owed.amount for entry in self.entries if entry.settlement is settlement)

    def owed_to(self, institution: int) -> tuple[Entry, ...]:
        """The shares of one institution."""
        return tuple(entry for entry in self.entries if entry.owed.institution == institution)


@dataclass(frozen=True, slots=True)
class Statement:
    """All revenues of a study, in the order in which they were declared."""

    study: int
    revenues: tuple[RevenueStatement, ...]


def statement(state: State, study: int | str) -> Statement:
    """Who is owed what in a study, settled or not.

    Args:
        state: The folded history.
        study: The study's number or address.

    Raises:
        StudyUnknown: There is no such study.
    """
    found = state.study(study)
    revenues, earned = [], Earned(found)
    for revenue in found.revenues.values():
        entries = []
        for owed in shares(found, revenue, earned):
            payment = found.payments.get(owed.line)
            entries.append(
                Entry(
                    owed=owed,
                    settlement=found.settlement(owed.line),
                    paid_at=payment.paid_at if payment else None,
                    confirmed_at=payment.confirmed_at if payment else None,
                )
            )
        revenues.append(RevenueStatement(revenue, tuple(entries)))
    return Statement(found.number, tuple(revenues))
