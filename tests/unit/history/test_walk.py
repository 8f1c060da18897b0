"""A walk: every record with the state just before it, without copies."""

from __future__ import annotations

from governance.history import State, Walk, fold
from tests.unit.history.chronicle import Chronicle
from tests.unit.history.test_fold import whole_story


def test_the_state_shown_is_the_one_before_each_record() -> None:
    records = whole_story().records
    walk = Walk(records)
    for length, _ in enumerate(walk):
        assert walk.state == fold(records[:length])
    assert walk.state == fold(records)


def test_a_walk_goes_on_from_a_state_and_leaves_it_as_it_is() -> None:
    records = whole_story().records
    for begun in range(0, len(records), 7):
        state = fold(records[:begun])
        walk = Walk(records[begun:], state)
        for _ in walk:
            # A study sees the swarm as it is now, though the record before did not concern it.
            assert all(each.swarm is walk.state.swarm for each in walk.state.studies.values())
        assert walk.state == fold(records)
        assert state == fold(records[:begun])


def test_nothing_is_folded_before_it_is_asked_for() -> None:
    walk = Walk(Chronicle(3).records)
    assert walk.state == State()
    next(iter(walk))
    assert walk.state.length == 0
