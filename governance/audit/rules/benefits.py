"""What can be wrong with revenues and with the shares that are owed of them."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from governance.audit.findings import Words, found
from governance.benefits import statement
from governance.vocabulary import Settlement, Standing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from governance.audit.findings import Finding
    from governance.benefits import Entry, RevenueStatement
    from governance.history import Record, State, Study
    from governance.history.events import RevenueDeclared

DAY: Final = 86_400
"""Seconds."""

LATE: Final = 90 * DAY
"""Seconds after which the audit asks where a share is. The terms name no such period."""


def declared(state: State, record: Record, event: RevenueDeclared) -> Iterator[Finding]:
    """A revenue, held against who may declare one."""
    study, number = state.study(record.emitter), event.institution
    entitled = number == study.opener or study.is_signatory(number)
    if not entitled or not state.swarm.is_member(number):
        yield found(
            "revenue-unentitled",
            record.timestamp,
            number,
            study=study.number,
            revenue=event.revenue,
            institution=number,
        )


def of_shares(state: State, study: Study, at: int) -> Iterator[Finding]:
    """Shares, settled or not, held against what is owed."""
    owed = {}
    for revenue in statement(state, study.number).revenues:
        open_: Counter[int] = Counter()
        for entry in revenue.entries:
            owed[entry.owed.line] = entry.owed.amount
            if entry.settlement is Settlement.CONFIRMED:
                continue
            if entry.settlement is Settlement.OPEN and entry.owed.institution is not None:
                open_[entry.owed.institution] += entry.owed.amount
            yield _unsettled(study, revenue, entry, at)
        for institution, amount in sorted(open_.items()):
            known = state.swarm.institutions.get(institution)
            if known is None or known.standing is not Standing.EXPELLED:
                continue
            yield found(
                "expelled-with-open-shares",
                max(known.left_at or 0, revenue.revenue.at),
                institution,
                revenue.revenue.institution,
                study=study.number,
                revenue=revenue.revenue.number,
                institution=institution,
                amount=amount,
                currency=revenue.revenue.currency,
            )
    for line, payment in study.payments.items():
        amount = owed.get(line, 0)
        if payment.amount != amount:
            yield found(
                "share-wrong",
                payment.paid_at,
                study.revenues[line.revenue].institution,
                study=study.number,
                revenue=line.revenue,
                part=Words(line.part.name.capitalize()),
                receiver=line.receiver,
                paid=payment.amount,
                amount=amount,
                currency=study.revenues[line.revenue].currency,
            )


def _unsettled(study: Study, revenue: RevenueStatement, entry: Entry, at: int) -> Finding:
    owed, declared_at = entry.owed, revenue.revenue.at
    if entry.settlement is Settlement.PAID:
        kind = "share-unconfirmed"
    else:
        kind = "share-late" if at > declared_at + LATE else "share-unpaid"
    receiver = owed.institution
    return found(
        kind,
        entry.paid_at or declared_at,
        revenue.revenue.institution,
        *(() if receiver is None else (receiver,)),
        study=study.number,
        revenue=owed.line.revenue,
        part=Words(owed.line.part.name.capitalize()),
        to=Words("payee {account}", account=str(owed.account))
        if receiver is None
        else Words("institution {number}", number=receiver),
        amount=owed.amount,
        currency=revenue.revenue.currency,
        days=(at - declared_at) // DAY,
    )
