"""How a study's benefits contract changes the state."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from governance.history import events as e
from governance.history.errors import HistoryInconsistent
from governance.history.study import Line, Payment, Revenue, Study
from governance.vocabulary import Settlement

if TYPE_CHECKING:
    from collections.abc import Callable

    from governance.history.draft import Draft
    from governance.history.records import Record


def _declared(draft: Draft, study: Study, event: e.RevenueDeclared, record: Record) -> None:
    if event.revenue != len(study.revenues) + 1 or event.sequence != len(study.finals):
        raise HistoryInconsistent(
            f"Study {study.number} has revenue {event.revenue} declared out of turn."
        )
    if not event.sequence or not event.amount or not event.currency.isalpha():
        raise HistoryInconsistent(
            f"Study {study.number} has revenue {event.revenue} that cannot be split."
        )
    draft.owned(study, "revenues")[event.revenue] = Revenue(
        number=event.revenue,
        institution=event.institution,
        currency=event.currency.decode("ascii"),
        amount=event.amount,
        document=event.document,
        licensee=event.licensee,
        licence=event.licence,
        sequence=event.sequence,
        at=record.timestamp,
    )


def _paid(draft: Draft, study: Study, event: e.SharePaid, record: Record) -> None:
    line = Line(event.revenue, event.part, event.receiver)
    if event.revenue not in study.revenues or line in study.payments:
        raise HistoryInconsistent(
            f"Study {study.number} has a share of revenue {event.revenue} paid out of turn."
        )
    draft.owned(study, "payments")[line] = Payment(event.amount, event.document, record.timestamp)


def _confirmed(draft: Draft, study: Study, event: e.SettlementConfirmed, record: Record) -> None:
    line = Line(event.revenue, event.part, event.receiver)
    payment = study.payments.get(line)
    if payment is None or payment.settlement is not Settlement.PAID:
        raise HistoryInconsistent(
            f"Study {study.number} has a share of revenue {event.revenue} confirmed out of turn."
        )
    if payment.amount != event.amount:
        raise HistoryInconsistent(
            f"Study {study.number} has another amount of revenue {event.revenue} confirmed "
            "than was paid."
        )
    draft.owned(study, "payments")[line] = replace(payment, confirmed_at=record.timestamp)


HANDLERS: dict[type[e.Event], Callable[[Draft, Study, Any, Record], None]] = {
    e.RevenueDeclared: _declared,
    e.SharePaid: _paid,
    e.SettlementConfirmed: _confirmed,
}
