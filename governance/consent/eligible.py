"""Which records of a ledger may be used for a study."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from governance.consent.decide import Verdict, decide
from governance.consent.errors import LedgerUnreadable
from governance.consent.reasons import Reason
from governance.consent.statement import statement_from_body

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from governance.consent.ledger import Ledger
    from governance.consent.question import Question

Told = TypeVar("Told")

_REMEMBERED = 1 << 16
"""Consents that say the same are decided once; so many different ones are remembered."""


def verdicts(ledger: Ledger, asked: Question) -> Iterator[tuple[str, Verdict]]:
    """Decide about every record, in the order of pseudonyms.

    Raises:
        LedgerUnreadable: the ledger is damaged.
    """
    return _decided(ledger, asked, lambda verdict: verdict)


def decisions(ledger: Ledger, asked: Question) -> Iterator[tuple[str, bool]]:
    """The same without reasons: whether each record may be used, as a commitment takes it.

    Raises:
        LedgerUnreadable: the ledger is damaged.
    """
    return _decided(ledger, asked, lambda verdict: verdict.permits)


def _decided(
    ledger: Ledger, asked: Question, told: Callable[[Verdict], Told]
) -> Iterator[tuple[str, Told]]:
    known: dict[str, Told] = {}
    for record, bodies in ledger.records():
        found = known.get(bodies)
        if found is None:
            if len(known) >= _REMEMBERED:
                known.clear()
            try:
                said = [statement_from_body(body) for body in bodies.split("\n")]
            except ValueError:
                raise LedgerUnreadable(ledger.path) from None
            known[bodies] = found = told(decide(said, asked))
        yield record, found


@dataclass(slots=True)
class Tally:
    """How many records were decided, by reason."""

    by_reason: Counter[Reason] = field(default_factory=Counter)

    @property
    def asked(self) -> int:
        """How many records the ledger has."""
        return self.by_reason.total()

    @property
    def permitting(self) -> int:
        """How many of them permit the use."""
        return self.by_reason[Reason.PERMITTED]

    def counting(self, decided: Iterator[tuple[str, Verdict]]) -> Iterator[tuple[str, Verdict]]:
        """Hand decisions on and count them."""
        for record, verdict in decided:
            self.by_reason[verdict.reason] += 1
            yield record, verdict


def tally(ledger: Ledger, asked: Question) -> Tally:
    """Count the decisions about all records of a ledger."""
    return Tally(Counter(verdict.reason for _, verdict in verdicts(ledger, asked)))
