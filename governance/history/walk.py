"""A walk along a history: every record with the state just before it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from governance.history.draft import Draft
from governance.history.fold import fold_one
from governance.history.state import State

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from governance.history.records import Record


class Walk:
    """Folds records one by one and shows the state before each, at the cost of one fold.

    Attributes:
        state: The one state that the walk works on. It is to be read and never to be kept: the next
            record changes it in place. After the last record it is what `fold` would give.
    """

    def __init__(self, records: Iterable[Record], state: State | None = None) -> None:
        """Stands before the first record.

        Args:
            records: All events of record, in order, or those that follow `state`.
            state: Where the walk begins; it stays as it is.
        """
        self._records = records
        self._draft = Draft(State() if state is None else state)
        # From here on studies see the swarm as it is now, whichever record changes it.
        self._draft.swarm()
        for number in tuple(self._draft.state.studies):
            self._draft.study(number)
        self.state = self._draft.state

    def __iter__(self) -> Iterator[Record]:
        """Goes on, record by record; `state` is the one before the record given.

        Raises:
            HistoryMalformed: A record is not as its contract would write it.
            HistoryInconsistent: A record contradicts those before it.
        """
        draft = self._draft
        for record in self._records:
            yield record
            fold_one(draft, record)
