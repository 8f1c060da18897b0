"""A walk: every record with the state just before it, without copies."""

from __future__ import annotations

from governance.history import State, Walk, fold
from governance.history import events as e
from tests.unit.history.chronicle import RULES, Chronicle, digest
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


def test_what_grows_with_the_history_is_not_copied_again_and_again() -> None:
    chronicle = Chronicle(2)
    for study in range(1, 6):
        chronicle.open(study).sign(1, study=study)
        chronicle.emit(e.CharterSet(digest(f"charter {study}"))).later()
        chronicle.emit(e.VotingRulesSet(RULES)).later()
    walk = Walk(chronicle.records)
    seen: list[dict[str, object]] = []
    for _ in walk:
        state = walk.state
        if state.emitters is not None:
            seen.append(
                {
                    "swarm": state.swarm,
                    "members": state.emitters.members,
                    "charters": state.swarm.charters,
                    "institutions": state.swarm.institutions,
                    "studies": state.studies,
                    "rules": state.rules,
                }
            )
    for name in seen[0]:
        # What the founding made, and the walk's own copy of it from the first change on.
        assert len({id(each[name]) for each in seen}) <= 2, name
