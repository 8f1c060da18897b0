"""How a fold writes: on copies of what it touches, so that the state it began with stays as it is.

A collection is copied when a fold first touches it and then changed in place. So folding a block's
records into a large state costs a shallow copy of the collections these records concern, and
folding a whole history costs no copies to speak of.
"""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from governance.history.records import Record
    from governance.history.state import State
    from governance.history.study import Study
    from governance.history.swarm import Swarm


class Draft:
    """A state in the making; nobody but its fold has it."""

    def __init__(self, state: State) -> None:
        self.state = copy(state)
        # The objects are kept with their ids, for an id may be given again once its object is gone.
        self._owned: dict[tuple[int, str], object] = {}

    def owned(self, holder: object, name: str) -> Any:
        """The collection, or object, that `holder` has under `name`, as a copy of this draft's own.

        `holder` must be the draft's own.
        """
        key = (id(holder), name)
        if key not in self._owned:
            setattr(holder, name, copy(getattr(holder, name)))
            self._owned[key] = holder
        return getattr(holder, name)

    def swarm(self) -> Swarm:
        """The swarm, to be written to."""
        swarm: Swarm = self.owned(self.state, "swarm")
        return swarm

    def study(self, number: int) -> Study:
        """A study, to be written to; it sees the swarm as it is now."""
        studies: dict[int, Study] = self.owned(self.state, "studies")
        key = (id(studies), str(number))
        if key not in self._owned:
            studies[number] = copy(studies[number])
            self._owned[key] = studies
        study = studies[number]
        study.swarm = self.state.swarm
        return study

    def advance(self, record: Record) -> None:
        """Counts a record as folded."""
        state = self.state
        state.length += 1
        state.number = record.number
        state.time = record.timestamp
        state.log_index = record.log_index

    def finish(self) -> State:
        """The state; the draft must not be used any more."""
        swarm = self.state.swarm
        if any(study.swarm is not swarm for study in self.state.studies.values()):
            for number in tuple(self.state.studies):
                self.study(number)
        return self.state
