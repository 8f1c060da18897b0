"""An examination as a whole: its order, its cost, and what it does with what is no history."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.audit import examine
from governance.checkpoints.identity import checkpoint_id, recorded_id
from governance.errors import CharterError
from governance.history import HistoryInconsistent, Record, State, Walk, fold
from governance.history import events as e
from governance.terms import canonical, load_charter
from governance.vocabulary import Action, Contribution, Publication
from tests.unit.audit.stories import (
    ALL,
    ENFORCED,
    EXAMPLES,
    GENESIS,
    TERMS,
    Swarm,
    account,
    found,
    looked_at,
    running,
    trained,
)
from tests.unit.history.chronicle import Chronicle, address, digest, encoded
from tests.unit.history.test_fold import whole_story

if TYPE_CHECKING:
    from collections.abc import Callable

    from governance.terms import Charter


def test_an_examination_ends_in_the_state_that_the_fold_gives() -> None:
    swarm = trained().declare()
    assert looked_at(swarm).state == fold(swarm.records)


def test_a_checkpoint_beside_the_lineage_is_no_history_at_all() -> None:
    swarm = trained()
    with pytest.raises(HistoryInconsistent):
        examine([*swarm.records, swarm.records[-1]], (), genesis=GENESIS, at=swarm.time)


def _nobodys_vote() -> Chronicle:
    swarm = Swarm(3).propose_call()
    return swarm.emit(e.VoteCast(account(7), 1, 1, 1, ""))


def _earlier() -> Chronicle:
    swarm = Swarm(3).later(-500)
    return swarm.emit(e.CharterSet(digest("another")))


@pytest.mark.parametrize(
    "written",
    [
        # What docs/findings.md calls no history.
        lambda: Swarm(3).emit(e.NodeRegistered(2, address("node 1"))),
        lambda: Swarm(3).emit(e.AccountRotated(2, account(2), account(1), by_vote=False)),
        lambda: Swarm(3).emit(e.AccountRotated(2, account(2), address("node 1"), by_vote=False)),
        lambda: running().attest(digest("no checkpoint"), 2),
        lambda: running().emit(e.TermsSigned(1, 7, *[digest("x")] * 4)),
        lambda: running().emit(e.StudyStarted(), emitter=address("swarm")),
        _nobodys_vote,
        _earlier,
    ],
)
def test_what_cannot_have_been_is_no_history_and_no_finding(written: Callable) -> None:
    with pytest.raises(HistoryInconsistent):
        looked_at(written(), founders=())


@pytest.mark.parametrize("more", [0, 1])
def test_what_the_fold_takes_and_no_rule_can_judge_is_no_history_either(more: int) -> None:
    swarm = Swarm(3)
    here = address("study 1")
    swarm.emit(e.StudyOpened(1, here, address("benefits 1"), 1))
    # Without terms there is nothing that a start could be held against.
    swarm.emit(e.StudyStarted()).later()
    for _ in range(more):
        swarm.emit(e.InstitutionLeft(3)).later()
    assert swarm.state.length == len(swarm.records)
    with pytest.raises(HistoryInconsistent, match="StudyStarted in block"):
        looked_at(swarm)


def test_nothing_at_all_is_examined_in_peace() -> None:
    examination = examine((), (), genesis=GENESIS, founders=[account(1)], at=0)
    assert (examination.findings, examination.state.length) == ((), 0)


RECORDS = whole_story().records


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_records_that_contradict_each_other_are_refused_by_name(data: st.DataObject) -> None:
    kept = data.draw(st.lists(st.sampled_from(range(len(RECORDS))), max_size=25))
    # In the order of the chain, so that more than the order is looked at.
    records = [RECORDS[index] for index in sorted(set(kept) | {0})]
    assert _outcome(records, fold) == _outcome(records, _examined)


def _examined(records: list[Record]) -> State:
    return examine(records, (), genesis=GENESIS, at=10_000).state


def _outcome(records: list[Record], reading: Callable[[list[Record]], State]) -> State | str:
    """What comes of records, or what is wrong with them."""
    try:
        return reading(records)
    except CharterError as error:
        return error.message


def test_a_contributor_is_judged_by_the_second_of_the_publication() -> None:
    swarm = trained()
    swarm.emit(e.StudyWithdrawn(3, 1, digest("why"))).later()
    swarm.emit(e.InstitutionLeft(4)).later()
    assert found(swarm) == []


def test_late_publication_is_said_once_and_not_of_every_contributor() -> None:
    swarm = running()
    swarm.until(ENFORCED.expires_at).publish(10, 1, ALL)
    assert found(swarm) == [("training-after-expiry", "study 1, round 10")]


@pytest.mark.parametrize("withdrawn", [False, True])
def test_a_final_checkpoint_without_its_quorum_is_found(withdrawn: bool) -> None:
    swarm = running()
    identity = swarm.publish(10, 1, ALL)
    for institution in range(2, ENFORCED.quorum + (1 if withdrawn else 0)):
        swarm.attest(identity, institution)
    if withdrawn:
        swarm.later().emit(e.StudyWithdrawn(2, 1, digest("why")))
    swarm.emit(e.CheckpointFinal(identity, 10, 1)).later()
    assert found(swarm) == [("checkpoint-without-quorum", "study 1, round 10")]


@pytest.mark.parametrize(
    "changed",
    [
        replace(ENFORCED, quorum=ENFORCED.quorum + 1),
        replace(ENFORCED, expires_at=ENFORCED.expires_at + 1),
        replace(ENFORCED, shares=replace(ENFORCED.shares, remainder_to=2)),
    ],
)
def test_parameters_that_the_terms_do_not_say_are_found(changed: object) -> None:
    swarm = Swarm(4).open(parameters=changed)
    assert found(swarm) == [("terms-mismatch", "study 1, version 1 of the terms")]


def test_terms_that_nobody_can_read_are_found() -> None:
    swarm = Chronicle(2).open()
    assert found(swarm) == [("terms-mismatch", "study 1, version 1 of the terms")]


def _charter_with_more() -> Charter:
    charter = load_charter(EXAMPLES / "charter.yaml")
    return charter.model_copy(update={"prohibited_uses": (*charter.prohibited_uses, "weather")})


def test_terms_that_ended_before_the_charter_came_are_not_held_against_it() -> None:
    swarm = running().amend(2)
    for institution in range(1, 5):
        swarm.sign(institution, 2)
    swarm.emit(e.TermsInForce(2)).later().later()
    swarm.decided(e.CharterSet(digest("another")), "setCharter", digest("another")).later()

    def without() -> list[str]:
        found = looked_at(swarm, charter=_charter_with_more()).findings
        return [each.subject for each in found if each.id == "prohibition-missing"]

    assert without() == ["study 1, version 2 of the terms"]
    # Who goes on under them and closes later went on under them.
    swarm.emit(e.ActionApproved(1, Action.CLOSE, bytes(32))).emit(e.StudyClosed()).later()
    assert without() == ["study 1, version 2 of the terms"]
    swarm.decided(e.CharterSet(digest("a third")), "setCharter", digest("a third")).later()
    assert without() == []


def test_shares_are_looked_at_until_they_are_settled() -> None:
    swarm = trained()
    swarm.declare(amount=1_000_000)
    assert {id_ for id_, _ in found(swarm)} == {"share-unpaid"}
    assert found(swarm.settle()) == []


def test_an_opener_whose_terms_bind_it_no_more_may_still_declare() -> None:
    swarm = trained()
    swarm.emit(e.StudyWithdrawn(1, 1, digest("why"))).later()
    assert "revenue-unentitled" not in {id_ for id_, _ in found(swarm.declare(by=1))}


def test_without_the_opener_more_than_half_may_act() -> None:
    swarm = running()
    for institution in (2, 3):
        swarm.emit(e.ActionApproved(institution, 2, bytes(32))).later()
    half = [*swarm.logs]
    assert [id_ for id_, _ in found(swarm.emit(e.StudyClosed()))] == ["action-unapproved"]
    swarm.logs = half
    swarm.emit(e.ActionApproved(4, 2, bytes(32))).emit(e.StudyClosed()).later()
    assert found(swarm) == []


def test_a_decision_covers_what_it_calls_and_nothing_else() -> None:
    swarm = Swarm(4)
    swarm.apply(5).apply(6).later()
    swarm.decided(e.InstitutionAdmitted(6), "admit", 5)
    assert [id_ for id_, _ in found(swarm)] == ["act-undecided"]
    swarm = Swarm(4)
    swarm.apply(5).later().decided(e.InstitutionAdmitted(5), "admit", 5)
    assert found(swarm) == []


def test_a_member_admitted_without_a_vote_is_found_in_the_founding_block_too() -> None:
    swarm = Swarm(3)
    swarm.logs = swarm.logs[:7]
    swarm.number, swarm.time = 1, 1000
    swarm.apply(4).emit(e.CharterSet(digest("x"))).emit(e.InstitutionAdmitted(4))
    examination = looked_at(swarm, founders=[account(1), account(2), account(3)])
    assert {each.id for each in examination.findings} == {"founders-foreign", "act-undecided"}


def test_an_identity_is_read_off_a_record_as_it_is_computed() -> None:
    for count in (0, 1, 5):
        said = Publication(
            round=7,
            parent=digest("parent"),
            digest=digest("model"),
            contributions=tuple(Contribution(number, 3) for number in range(1, count + 1)),
            envelopes_root=digest("envelopes"),
            round_record=digest("record"),
        )
        event = e.CheckpointPublished(
            digest("any"), said.round, account(1), 4, 3, said.parent, said.digest,
            said.contributions, said.envelopes_root, said.round_record,
        )  # fmt: skip
        assert recorded_id(encoded(event)) == checkpoint_id(3, said)


def test_terms_are_read_once_however_many_studies_say_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from governance.audit.rules import studies  # noqa: PLC0415

    read: list[bytes] = []
    verify = studies.verify_terms

    def counting(text: bytes, *rest: object) -> object:
        read.append(text)
        return verify(text, *rest)

    monkeypatch.setattr(studies, "verify_terms", counting)
    swarm = Swarm(2)
    for study in range(1, 6):
        swarm.open(study, ENFORCED)
    looked_at(swarm)
    assert read == [canonical(TERMS)]


def test_each_record_is_folded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    from governance.history import walk  # noqa: PLC0415

    folded: list[Record] = []
    fold_one = walk.fold_one

    def counting(draft: object, record: Record) -> None:
        folded.append(record)
        fold_one(draft, record)

    monkeypatch.setattr(walk, "fold_one", counting)
    swarm = trained().declare()
    looked_at(swarm)
    assert folded == swarm.records
    assert Walk(()).state == fold(())
