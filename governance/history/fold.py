"""The one fold: records into state, the same for gate, audit and command line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from governance.history import fold_benefits, fold_governor, fold_study, fold_swarm
from governance.history.draft import Draft
from governance.history.errors import HistoryInconsistent
from governance.history.events import SwarmFounded
from governance.history.state import State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from governance.history.events import Event
    from governance.history.records import Record

_OF_SWARM: dict[type[Event], Callable[[Draft, Any, Record], None]] = {
    **fold_swarm.HANDLERS,
    **fold_governor.HANDLERS,
}
_OF_STUDY: dict[type[Event], Callable[[Draft, Any, Any, Record], None]] = {
    **fold_study.HANDLERS,
    **fold_benefits.HANDLERS,
}


def fold(records: Iterable[Record], state: State | None = None) -> State:
    """The state after `records`, begun at `state` or before the founding.

    Pure: `state` and all that it holds stay as they are. Incremental folds cost the records and a
    shallow copy of the collections that these touch.

    Raises:
        HistoryMalformed: A record is not as its contract would write it.
        HistoryInconsistent: A record contradicts those before it.
    """
    draft = Draft(State() if state is None else state)
    for record in records:
        fold_one(draft, record)
    return draft.finish()


def fold_one(draft: Draft, record: Record) -> None:
    """Folds one record into a draft.

    Raises:
        HistoryMalformed, HistoryInconsistent: As `fold` does.
    """
    event = record.event
    _require_order(draft.state, record)
    study = _require_emitter(draft.state, record)
    kind = type(event)
    if study is None:
        _OF_SWARM[kind](draft, event, record)
    else:
        _OF_STUDY[kind](draft, draft.study(study), event, record)
    draft.advance(record)


def _require_order(state: State, record: Record) -> None:
    if (record.number, record.log_index) <= (state.number, state.log_index) and state.length:
        raise HistoryInconsistent(
            f"A record of block {record.number} stands after one of block {state.number}."
        )
    if record.timestamp < state.time or (
        record.number == state.number and state.length and record.timestamp != state.time
    ):
        raise HistoryInconsistent(
            f"Block {record.number} has a time before that of its forerunner."
        )


def _require_emitter(state: State, record: Record) -> int | None:
    """The number of the study whose contract emitted the record, or `None` for the swarm's."""
    event = record.event
    if state.emitters is None:
        if not isinstance(event, SwarmFounded):
            raise HistoryInconsistent("The history does not begin with the founding of a swarm.")
        return None
    member = state.emitters.of(record.emitter)
    if member is None:
        raise HistoryInconsistent(f"{record.emitter} does not belong to the house.")
    if member.role is not event.emitter:
        name = type(event).__name__
        raise HistoryInconsistent(f"{name} was emitted by {member.role.value}, not its contract.")
    return member.study
