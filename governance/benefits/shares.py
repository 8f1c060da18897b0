"""How a revenue is split: the rule of `docs/architecture.md` and `Benefits.sol`, as a function.

All amounts are whole minor units, rounded down; what that leaves over of a version's pot is its
remainder, so that the shares sum to the revenue exactly.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from governance.history.study import Credit, Line
from governance.vocabulary import BASIS_POINTS, Part

if TYPE_CHECKING:
    from collections.abc import Iterator

    from governance.history.study import Revenue, Study
    from governance.vocabulary import Shares

_PAYEE_BITS = 16


@dataclass(frozen=True, slots=True)
class Owed:
    """A share of a revenue.

    Attributes:
        line: Names it, as `SharePaid` and `SettlementConfirmed` do.
        amount: In minor units, above zero.
        institution: The institution that is owed it, or `None` for a named payee.
        account: The named payee's account, or `None` for an institution.
    """

    line: Line
    amount: int
    institution: int | None
    account: str | None


@dataclass(frozen=True, slots=True)
class Pot:
    """What a version's rounds earned of a revenue.

    They lie in the final checkpoints numbered above `first`, up to `last`.
    """

    version: int
    amount: int
    first: int
    last: int


def pots(study: Study, revenue: Revenue) -> tuple[Pot, ...]:
    """The parts of a revenue by version of the terms; those without rounds have none."""
    last = [min(study.last_sequence_of(number), revenue.sequence) for number in study.versions]
    first = [0, *last]
    rounds = [study.rounds_until(sequence) for sequence in first]
    # Differences of rounded sums, so that the pots sum to the amount exactly.
    until = [revenue.amount * each // rounds[-1] for each in rounds]
    return tuple(
        Pot(number, until[number] - until[number - 1], first[number - 1], last[number - 1])
        for number in study.versions
        if first[number - 1] < last[number - 1]
    )


class Earned:
    """What a study's final checkpoints have earned; each counted once if asked in their order."""

    def __init__(self, study: Study) -> None:
        self._study = study
        self._known: dict[int, tuple[int, dict[int, Credit]]] = {}

    def between(self, after: int, until: int) -> dict[int, Credit]:
        """What `Study.credits` gives; the same object as before if nothing was added."""
        reached, credits_ = self._known.get(after, (after, {}))
        if until < reached:
            return self._study.credits(after, until)
        if until > reached:
            new, none = self._study.credits(reached, until), Credit(0, 0)
            pairs = {
                number: (credits_.get(number, none), new.get(number, none))
                for number in sorted(credits_.keys() | new.keys())
            }
            credits_ = {
                number: Credit(old.signed + more.signed, old.contributed + more.contributed)
                for number, (old, more) in pairs.items()
            }
            self._known[after] = until, credits_
        return credits_


def shares(study: Study, revenue: Revenue, earned: Earned | None = None) -> tuple[Owed, ...]:
    """Who is owed what of a revenue, settled or not; the amounts sum to the revenue's.

    Args:
        study: The study.
        revenue: One of its revenues.
        earned: What the study's checkpoints earned, kept from one revenue to the next.

    Returns:
        Sorted by part and receiver.
    """
    earned = earned or Earned(study)
    amounts: dict[tuple[Part, int], int] = {}
    for pot in pots(study, revenue):
        for part, receiver, amount in _split(study, pot, earned):
            amounts[part, receiver] = amounts.get((part, receiver), 0) + amount
    return tuple(
        _owed(study, Line(revenue.number, part, receiver), amounts[part, receiver])
        for part, receiver in sorted(amounts)
        if amounts[part, receiver]
    )


def _split(study: Study, pot: Pot, all_earned: Earned) -> Iterator[tuple[Part, int, int]]:
    """Part, receiver and amount of each share of a version's pot, the remainder last."""
    rule = study.version(pot.version).parameters.shares
    earned = all_earned.between(pot.first, pot.last)
    left = pot.amount
    for institution, own, patients in _earned(pot, rule, earned):
        left -= own + patients
        yield Part.OWN, institution, own
        yield Part.PATIENTS, institution, patients
    for index, payee in enumerate(rule.payees):
        named = _part(pot, payee.share, 1, 1)
        left -= named
        yield Part.NAMED, (pot.version << _PAYEE_BITS) + index, named
    yield Part.REMAINDER, pot.version, left


def _earned(pot: Pot, rule: Shares, earned: dict[int, Credit]) -> Iterator[tuple[int, int, int]]:
    """Each institution's own share, and what it holds for its patients."""
    signed = sum(credit.signed for credit in earned.values())
    contributed = sum(credit.contributed for credit in earned.values())
    weights = {each.institution: each.weight for each in rule.weights}
    all_weights = sum(weights.values())
    for institution, credit in earned.items():
        own = _part(pot, rule.equal, credit.signed, signed)
        own += _part(pot, rule.contributed, credit.contributed, contributed)
        if credit.signed:
            own += _part(pot, rule.weighted, weights.get(institution, 0), all_weights)
        yield institution, own, _part(pot, rule.patients, credit.contributed, contributed)


def _part(pot: Pot, basis_points: int, own: int, total: int) -> int:
    return pot.amount * basis_points // BASIS_POINTS * own // total if total else 0


def _owed(study: Study, line: Line, amount: int) -> Owed:
    if line.part is Part.NAMED:
        version = study.version(line.receiver >> _PAYEE_BITS)
        payee = version.parameters.shares.payees[line.receiver & ((1 << _PAYEE_BITS) - 1)]
        return Owed(line, amount, None, payee.account)
    if line.part is Part.REMAINDER:
        remainder_to = study.version(line.receiver).parameters.shares.remainder_to
        return Owed(line, amount, remainder_to, None)
    return Owed(line, amount, line.receiver, None)
