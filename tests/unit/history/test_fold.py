"""The fold as a whole: pure, incremental, and strict about the order of things."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from governance.history import (
    HistoryInconsistent,
    HistoryMalformed,
    ProposalUnknown,
    Record,
    State,
    StudyUnknown,
    fold,
)
from governance.history import events as e
from governance.history.fold import _OF_STUDY, _OF_SWARM
from governance.vocabulary import ZERO_DIGEST, Action, Part, Standing, VotingRules
from tests.unit.history.chronicle import PARAMETERS, Chronicle, address, digest, encoded

if TYPE_CHECKING:
    from collections.abc import Callable


def whole_story() -> Chronicle:
    """A history in which every event of record occurs."""
    c = Chronicle(4).apply(5).later().propose()
    c.vote(1).vote(2).vote(3).later()
    c.emit(e.InstitutionAdmitted(5)).emit(e.ProposalExecuted(1)).later()
    c.propose(2).emit(e.ProposalCanceled(2)).later()
    c.emit(e.VotingRulesSet(VotingRules(200, 60, 300))).emit(e.CharterSet(digest("new"))).later()
    c.emit(e.AccountRotated(4, address("account 4"), address("other 4"), by_vote=False)).later()
    c.emit(e.ValidatorRegistered(1, address("validator"))).later()
    c.emit(e.ValidatorRemoved(1, address("validator"))).later()
    c.open().start(1, 2, 3)
    c.emit(e.TermsDeclined(4, 1, 2, digest("why"))).later()
    c.make_final(2, {1: 2, 2: 1})
    c.publish(4, 3, {3: 1})
    c.emit(e.EquivocationRecorded(address("node 3"), 4, 3, digest("second"))).later()
    c.emit(e.ActionApproved(1, Action.AMEND, digest("subject")))
    c.put_forward(2, replace(PARAMETERS, consent_max_age=50)).later()
    c.sign(1, 2, digest("consent")).sign(2, 2, digest("consent"))
    c.emit(e.TermsInForce(2)).later()
    c.emit(e.ConsentRenewed(2, digest("again"))).later()
    c.make_final(5, {1: 3, 2: 3}, version=2)
    c.emit(e.StudyWithdrawn(3, 1, ZERO_DIGEST)).later()
    c.emit(e.NodeRevoked(2, address("node 2"))).later()
    c.emit(e.InstitutionLeft(2)).emit(e.InstitutionExpelled(3)).later()
    c.declare().pay(Part.OWN, 1, 5).confirm(Part.OWN, 1, 5)
    return c.emit(e.StudyClosed()).later()


STORY = whole_story().records


def test_the_story_holds_every_event_of_record() -> None:
    assert {type(record.event) for record in STORY} == set(e.OF_RECORD)


def test_every_event_of_record_has_its_place_in_the_fold() -> None:
    assert {*_OF_SWARM, *_OF_STUDY} == set(e.OF_RECORD)
    assert not _OF_SWARM.keys() & _OF_STUDY.keys()


@pytest.mark.parametrize("cut", range(0, len(STORY) + 1, 5))
def test_folding_in_two_steps_is_folding_in_one_and_changes_nothing(cut: int) -> None:
    first = fold(STORY[:cut])
    kept = deepcopy(first)
    assert fold(STORY[cut:], first) == fold(STORY)
    assert first == kept


def test_folding_record_by_record_is_folding_at_once() -> None:
    state, states = State(), []
    for record in STORY:
        state = fold([record], state)
        states.append(state)
    assert state == fold(STORY)
    assert states == [fold(STORY[: length + 1]) for length in range(len(STORY))]


def test_two_futures_of_one_state_do_not_meet() -> None:
    chronicle = Chronicle(3).open().start(1, 2)
    cut = len(chronicle.records)
    base = chronicle.state
    other = Chronicle(3).open().start(1, 2)
    chronicle.emit(e.StudyWithdrawn(1, 0, ZERO_DIGEST))
    other.emit(e.InstitutionLeft(1))
    withdrawn, left = fold(chronicle.records[cut:], base), fold(other.records[cut:], base)
    assert base.study(1).signatories() == (1, 2)
    assert withdrawn.study(1).signatories() == (2,)
    assert left.study(1).signatories() == (2,)
    assert withdrawn.swarm.is_member(1)
    assert left.study(1).participations[1].withdrawn is False


def test_a_fold_that_fails_leaves_the_state_as_it_was() -> None:
    chronicle = Chronicle(3)
    base = chronicle.state
    kept = deepcopy(base)
    chronicle.emit(e.InstitutionLeft(1)).emit(e.InstitutionLeft(1))
    with pytest.raises(HistoryInconsistent):
        fold(chronicle.records[-2:], base)
    assert base == kept


def test_a_study_sees_the_swarm_of_its_own_state() -> None:
    chronicle = Chronicle(3).open().start(1, 2)
    before = chronicle.state
    chronicle.emit(e.InstitutionExpelled(2))
    after = fold(chronicle.records[-1:], before)
    assert after.study(1).swarm is after.swarm
    assert before.study(1).swarm is before.swarm
    assert before.study(1).is_signatory(2)
    assert not after.study(1).is_signatory(2)
    assert after.swarm.institution(2).standing is Standing.EXPELLED


def test_the_state_knows_how_far_it_goes() -> None:
    state = fold(STORY)
    assert (state.length, state.number, state.time) == (
        len(STORY),
        STORY[-1].number,
        STORY[-1].timestamp,
    )
    assert fold([]) == State()


def test_what_is_not_there_is_named() -> None:
    state = fold(STORY)
    for key in (0, 9, address("swarm"), address("nobody")):
        with pytest.raises(StudyUnknown):
            state.study(key)
    with pytest.raises(StudyUnknown):
        State().study(address("study 1"))
    with pytest.raises(ProposalUnknown):
        state.proposal(9)
    assert state.study(address("study 1")) is state.study(address("benefits 1")) is state.study(1)


# --- what the chain could never have said ---------------------------------------------------------


def moved(record: Record, number: int = 0, timestamp: int = 0, log_index: int = 0) -> Record:
    return Record(
        record.emitter,
        record.number + number,
        record.timestamp + timestamp,
        record.log_index + log_index,
        record.data,
    )


REORDERED: dict[str, Callable[[list[Record]], list[Record]]] = {
    "without the founding": lambda r: r[1:],
    "twice the same record": lambda r: [*r, r[-1]],
    "an earlier block": lambda r: [*r[:-1], moved(r[-1], number=-5)],
    "an earlier time": lambda r: [*r[:-1], moved(r[-1], timestamp=-100)],
    "two times in one block": lambda r: [r[0], moved(r[1], timestamp=1)],
    "two foundings": lambda r: [*r, Record(r[0].emitter, 99, 9999, 99, r[0].data)],
    "another emitter": lambda r: [
        *r[:-1],
        Record(address("x"), r[-1].number, r[-1].timestamp, 99, r[-1].data),
    ],
    "an event of another contract": lambda r: [
        *r,
        Record(address("governor"), 99, 9999, 99, encoded(e.InstitutionLeft(1))),
    ],
}


@pytest.mark.parametrize("wrong", REORDERED)
def test_records_out_of_place_are_refused(wrong: str) -> None:
    records = Chronicle(2).records
    with pytest.raises(HistoryInconsistent):
        fold(REORDERED[wrong](records))


def test_a_record_that_could_come_twice_is_still_refused_in_the_same_place() -> None:
    records = Chronicle(2).emit(e.CharterSet(digest("new"))).records
    with pytest.raises(HistoryInconsistent, match="stands after"):
        fold([*records, records[-1]])


def test_a_malformed_record_is_refused() -> None:
    records = Chronicle(2).records
    last = records[-1]
    broken = Record(last.emitter, last.number, last.timestamp, last.log_index, last.data[:-1])
    with pytest.raises(HistoryMalformed):
        fold([*records[:-1], broken])


BASE: dict[str, Callable[[], Chronicle]] = {
    "swarm": lambda: Chronicle(3).apply(4).later(),
    "vote": lambda: Chronicle(4).apply(5).later().propose(),
    "study": lambda: Chronicle(4).open().start(1, 2, 3),
}

CONTRADICTIONS: dict[str, list[Callable[[Chronicle], object]]] = {
    "swarm": [
        lambda c: c.apply(6),
        lambda c: c.emit(replace(_applied(c), institution=5, account=address("account 1"))),
        lambda c: c.emit(e.InstitutionAdmitted(1)),
        lambda c: c.emit(e.InstitutionAdmitted(9)),
        lambda c: c.emit(e.InstitutionLeft(4)),
        lambda c: c.emit(e.InstitutionExpelled(4)),
        lambda c: c.emit(e.AccountRotated(1, address("account 2"), address("new"), by_vote=False)),
        lambda c: c.emit(
            e.AccountRotated(1, address("account 1"), address("node 2"), by_vote=False)
        ),
        lambda c: c.emit(e.NodeRegistered(4, address("new"))),
        lambda c: c.emit(e.NodeRegistered(1, address("node 2"))),
        lambda c: c.emit(e.NodeRevoked(1, address("node 2"))),
        lambda c: c.emit(e.NodeRevoked(1, address("nobody"))),
        lambda c: c.emit(e.NodeRevoked(1, address("node 1"))).emit(
            e.NodeRevoked(1, address("node 1"))
        ),
        lambda c: c.emit(e.ValidatorRegistered(1, address("account 2"))),
        lambda c: c.emit(e.ValidatorRegistered(4, address("new"))),
        lambda c: c.emit(e.ValidatorRemoved(1, address("new"))),
        lambda c: c.open(2),
        lambda c: c.open(by=4),
        lambda c: c.emit(e.StudyOpened(1, address("swarm"), address("b"), 1)),
    ],
    "vote": [
        lambda c: c.propose(3),
        lambda c: c.propose(2, by=5),
        lambda c: c.propose(2, period=99),
        lambda c: c.vote(1, number=2),
        lambda c: c.vote(1).vote(1),
        lambda c: c.vote(5),
        lambda c: c.vote(1, support=3),
        lambda c: c.emit(e.VoteCast(address("account 1"), 1, 1, 2, "")),
        lambda c: c.later(100).vote(1),
        lambda c: c.emit(e.InstitutionLeft(1)).vote(1),
        lambda c: c.emit(
            e.AccountRotated(1, address("account 1"), address("x"), by_vote=False)
        ).vote(1),
        lambda c: c.emit(e.InstitutionAdmitted(5)).vote(5),
        lambda c: c.emit(e.ProposalExecuted(2)),
        lambda c: c.emit(e.ProposalCanceled(1)).emit(e.ProposalExecuted(1)),
        lambda c: c.emit(e.ProposalCanceled(1)).vote(1),
    ],
    "study": [
        lambda c: c.put_forward(3),
        lambda c: c.put_forward(2, by=9),
        lambda c: c.emit(e.StudyClosed()).put_forward(2),
        lambda c: c.emit(replace(_proposed(c), terms=b"other")),
        lambda c: c.emit(replace(_proposed(c), parameters=replace(PARAMETERS, quorum=3))),
        lambda c: c.emit(e.TermsInForce(2)),
        lambda c: c.sign(1),
        lambda c: c.sign(9),
        lambda c: c.sign(4, version=2),
        lambda c: c.sign(4, parameters=replace(PARAMETERS, quorum=3)),
        lambda c: c.emit(e.TermsDeclined(1, 1, 0, ZERO_DIGEST)),
        lambda c: c.emit(e.TermsDeclined(4, 2, 0, ZERO_DIGEST)),
        lambda c: c.emit(e.StudyWithdrawn(4, 0, ZERO_DIGEST)),
        lambda c: c.emit(e.StudyWithdrawn(3, 0, ZERO_DIGEST)).emit(
            e.StudyWithdrawn(3, 0, ZERO_DIGEST)
        ),
        lambda c: c.emit(e.ConsentRenewed(4, digest("consent"))),
        lambda c: c.emit(e.ActionApproved(4, Action.CLOSE, ZERO_DIGEST)),
        lambda c: c.emit(e.ActionApproved(2, Action.CLOSE, ZERO_DIGEST)).emit(
            e.ActionApproved(2, Action.CLOSE, ZERO_DIGEST)
        ),
        lambda c: c.emit(e.StudyStarted()),
        lambda c: c.emit(e.StudyClosed()).emit(e.StudyClosed()),
        lambda c: c.publish(1, 1, {1: 1}, version=2),
        lambda c: c.publish(0, 1, {1: 1}),
        lambda c: c.publish(1, 9, {1: 1}),
        lambda c: c.publish(1, 4, {1: 1}),
        lambda c: c.publish(1, 1, {2: 1, 1: 1}),
        lambda c: c.publish(1, 1, {4: 1}),
        lambda c: [c.publish(1, 1, {1: 1}), c.publish(1, 1, {1: 1})],
        lambda c: [c.publish(1, 1, {1: 1}), c.publish(1, 1, {1: 1}, content=digest("other"))],
        lambda c: [c.publish(2, 1, {1: 1}), c.publish(1, 1, {1: 1})],
        lambda c: c.attest(digest("unknown"), 1),
        lambda c: c.attest(c.publish(1, 1, {1: 1}), 1),
        lambda c: c.attest(c.make_final(1, {1: 1}), 3),
        lambda c: c.emit(e.CheckpointFinal(digest("unknown"), 1, 1)),
        lambda c: c.emit(e.CheckpointFinal(c.publish(1, 1, {1: 1}), 1, 2)),
        lambda c: c.emit(e.CheckpointFinal(c.publish(1, 1, {1: 1}), 2, 1)),
        lambda c: c.emit(e.CheckpointFinal(c.make_final(1, {1: 1}), 1, 2)),
        lambda c: [_equivocate(c)],
        lambda c: [c.publish(1, 1, {1: 1}), _equivocate(c, node="node 2")],
        lambda c: [c.publish(1, 1, {1: 1}), _equivocate(c, node="node 2", by=2)],
        lambda c: [c.publish(1, 1, {1: 1}), _equivocate(c, node="node 4", by=4)],
        lambda c: [c.publish(2, 1, {1: 1}), _equivocate(c)],
        lambda c: _equivocate(c, second=c.publish(1, 1, {1: 1})),
        lambda c: [c.make_final(1, {1: 1}), _equivocate(c)],
        lambda c: [
            c.publish(1, 1, {1: 1}),
            _equivocate(c),
            _equivocate(c, second=digest("third")),
        ],
        lambda c: c.declare(),
        lambda c: [c.make_final(1, {1: 1}), c.declare(2)],
        lambda c: [c.make_final(1, {1: 1}), c.declare(amount=0)],
        lambda c: [c.make_final(1, {1: 1}), c.emit(replace(_declared(c), currency=b"E\xff1"))],
        lambda c: [c.make_final(1, {1: 1}), c.declare().pay(Part.OWN, 1, 5, revenue=2)],
        lambda c: [
            c.make_final(1, {1: 1}),
            c.declare().pay(Part.OWN, 1, 5).pay(Part.OWN, 1, 5),
        ],
        lambda c: [c.make_final(1, {1: 1}), c.declare().confirm(Part.OWN, 1, 5)],
        lambda c: [
            c.make_final(1, {1: 1}),
            c.declare().pay(Part.OWN, 1, 5).confirm(Part.OWN, 1, 6),
        ],
        lambda c: [
            c.make_final(1, {1: 1}),
            c.declare().pay(Part.OWN, 1, 5).confirm(Part.OWN, 1, 5).confirm(Part.OWN, 1, 5),
        ],
    ],
}


def _applied(chronicle: Chronicle) -> e.InstitutionApplied:
    return next(r.event for r in chronicle.records if isinstance(r.event, e.InstitutionApplied))


def _proposed(chronicle: Chronicle) -> e.TermsProposed:
    found = next(r.event for r in chronicle.records if isinstance(r.event, e.TermsProposed))
    return replace(found, version=2)


def _equivocate(
    chronicle: Chronicle, node: str = "node 1", by: int = 1, second: bytes = digest("second")
) -> None:
    chronicle.emit(e.EquivocationRecorded(address(node), 1, by, second)).later()


def _declared(chronicle: Chronicle) -> e.RevenueDeclared:
    return e.RevenueDeclared(
        1, 1, b"EUR", 5, digest("invoice"), "", ZERO_DIGEST, len(chronicle.study.finals)
    )


@pytest.mark.parametrize(
    ("base", "index"),
    [(base, index) for base, wrong in CONTRADICTIONS.items() for index in range(len(wrong))],
)
def test_a_contradiction_is_refused(base: str, index: int) -> None:
    chronicle = BASE[base]()
    fold(chronicle.records)
    CONTRADICTIONS[base][index](chronicle)
    with pytest.raises(HistoryInconsistent) as caught:
        fold(chronicle.records)
    assert caught.value.exit_status == 3
    assert str(caught.value).endswith(".")
