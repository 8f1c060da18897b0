"""What a merging node does with what a framework hands over."""

from __future__ import annotations

import gc
import logging
import weakref
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from governance.chain.errors import ChainUnreachable
from governance.checkpoints import Chronicle, RoundUndecided, update_digest
from governance.gate import EvidenceLog, EvidenceReader, Fault, Reason
from governance.gate.evidence import EvidenceUnwritable
from governance.integrations.errors import AttemptUsed
from governance.integrations.judging import Received
from governance.vocabulary import NodeStanding
from tests.unit.gate.world import NOW, STUDY, UPDATE, envelope, node_of
from tests.unit.integrations.merging import judge_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from governance.integrations.judging import Judge
    from tests.unit.integrations.merging import LiveWorld

OTHER = {"weights": np.ones(12)}


def received(institution: int = 1, came: Any = None, **changes: Any) -> Received:
    text = envelope(institution, **changes).to_bytes()
    return Received(f"site-{institution}", text, UPDATE if came is None else came)


def reasons(judge: Judge, *batch: Received) -> list[str]:
    return [each.reason for each in judge.judge(batch)]


def test_what_is_accepted_is_merged_in_an_order_of_its_own(judge: Judge) -> None:
    judge.judge([received(3), received(1), received(4), received(2)])
    accepted = judge.rounds[-1].accepted()
    assert [each.institution for each in accepted] == [1, 2, 3, 4]
    assert all(each.merged for each in accepted)
    assert not judge.rounds[-1].refused()


def test_what_came_without_an_envelope_is_refused(judge: Judge) -> None:
    absent = Received("somebody", None, UPDATE)
    assert reasons(judge, absent) == ["EnvelopeMissing"]
    assert not judge.rounds[-1].accepted()


@pytest.mark.parametrize("text", ["", "{}", "[" * 10_000, b"\xff", "null", '{"scheme":1}'])
def test_what_is_no_envelope_is_refused(judge: Judge, text: str | bytes) -> None:
    assert reasons(judge, Received("somebody", text, UPDATE)) == ["EnvelopeInvalid"]


@pytest.mark.parametrize("update", [{}, {"weights": "text"}, {"": np.ones(2)}, OTHER])
def test_another_update_than_announced_is_refused(judge: Judge, update: Any) -> None:
    assert reasons(judge, received(came=update)) == ["UpdateMismatch"]


def test_an_envelope_is_merged_once(judge: Judge) -> None:
    assert reasons(judge, received(), received()) == ["Authorised", "Repeated"]
    assert reasons(judge, received()) == ["Repeated"]
    assert len(judge.rounds[-1].accepted()) == 1


def test_an_envelope_of_an_earlier_attempt_is_for_the_wrong_round(judge: Judge) -> None:
    assert reasons(judge, received()) == ["Authorised"]
    judge.open(1, 2, 60.0)
    assert reasons(judge, received()) == ["WrongRound"]
    assert not judge.rounds[-1].accepted()


def test_a_copied_envelope_with_another_update_takes_nothing_from_its_node(judge: Judge) -> None:
    thief, owner = received(came=OTHER), received()
    of_the_thief, of_the_owner = reasons(judge, thief, owner)
    assert of_the_owner == "Authorised"
    assert of_the_thief in {"Repeated", "UpdateMismatch"}
    (merged,) = judge.rounds[-1].accepted()
    assert merged.received is owner


def test_an_envelope_that_was_refused_in_an_earlier_attempt_is_for_the_wrong_round(
    judge: Judge,
) -> None:
    assert reasons(judge, received(came=OTHER)) == ["UpdateMismatch"]
    judge.open(1, 2, 60.0)
    assert reasons(judge, received(came=OTHER)) == ["WrongRound"]


def test_fewer_institutions_than_the_terms_ask_for_do_not_suffice(
    judge: Judge, world: LiveWorld
) -> None:
    least = world.study.terms.parameters.minimum_contributors
    assert least > 1
    for institution in range(1, least):
        judge.judge([received(institution)])
        assert not judge.suffices()
    judge.judge([received(least)])
    assert judge.suffices()


def test_without_a_round_nothing_suffices(judge: Judge) -> None:
    judge.rounds.clear()
    assert not judge.suffices()
    assert reasons(judge, received(round=7)) == ["WrongRound"]


def test_a_round_that_cannot_be_opened_leaves_none_open(
    judge: Judge, world: LiveWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away() -> None:
        raise ChainUnreachable("http://127.0.0.1:1", "it is away")

    monkeypatch.setattr(world, "refresh", away)
    with pytest.raises(ChainUnreachable):
        judge.open(2, 1, 60.0)
    # Neither for the round before nor for that one; both stand in the evidence.
    assert reasons(judge, received(1), received(2, round=2)) == ["WrongRound"] * 2
    assert [entry.decision.reason for entry in judge._evidence] == ["WrongRound"] * 2


def test_a_round_that_is_opened_again_counts_by_its_new_attempt(
    judge: Judge, world: LiveWorld
) -> None:
    judge.judge([received(1), received(2)])
    judge.chronicle.leave_out(1)
    assert judge.chronicle.record(world.study, 1, NOW).accepted == ()
    judge.open(1, 2, 60.0)
    # Nothing of the attempt before is in the model, though nobody has come yet.
    assert judge.chronicle.record(world.study, 1, NOW).accepted == ()
    judge.judge([received(3, attempt=2)])
    accepted = judge.chronicle.record(world.study, 1, NOW).accepted
    assert [each.institution for each in accepted] == [3]


def test_what_became_of_a_round_outlasts_the_process(judge: Judge, world: LiveWorld) -> None:
    log = judge._evidence.path
    judge.judge([received(1)])
    judge.chronicle.leave_out(1)
    judge.close()
    later = judge_of(world, log)
    later.open(2, 1, 60.0)
    later.judge([received(number, round=2) for number in (2, 3)])
    assert later.chronicle.record(world.study, 2, NOW).contributions() == {2: 1, 3: 1}
    later.close()
    # The process has ended before it said what became of the second round.
    chronicle = Chronicle.of(STUDY, EvidenceReader(log))
    with pytest.raises(RoundUndecided, match="round 2"):
        chronicle.record(world.study, 2, NOW)
    with EvidenceLog(log) as evidence:
        chronicle = Chronicle.of(STUDY, evidence, kept_in=evidence)
        chronicle.merge(2, 1)
    chronicle = Chronicle.of(STUDY, EvidenceReader(log))
    assert chronicle.record(world.study, 2, NOW).contributions() == {2: 1, 3: 1}


def test_an_attempt_is_not_begun_twice(judge: Judge, world: LiveWorld) -> None:
    """A process that ended had accepted what is merged by nobody any more."""
    judge.judge([received(1), received(2)])
    judge.close()
    later = judge_of(world, judge._evidence.path)
    with pytest.raises(AttemptUsed, match="attempt 1, updates were accepted"):
        later.open(1, 1, 60.0)
    assert later.gate.round is None
    later.open(1, 2, 60.0)
    later.judge([received(number, attempt=2) for number in (3, 4)])
    with pytest.raises(AttemptUsed, match="attempt 2, updates were accepted"):
        later.open(1, 1, 60.0)
    later.chronicle.merge(1, 2)
    record = later.chronicle.record(world.study, 1, NOW)
    assert [each.institution for each in record.accepted] == [3, 4]
    later.close()


def test_an_end_that_comes_before_the_answer_merges_nothing(
    judge: Judge, world: LiveWorld, tmp_path: Path
) -> None:
    """As where power is lost while what became of the round is being written down."""
    judge.judge([received(1)])
    judge.chronicle.leave_out(1)
    whole = judge._evidence.path.read_bytes()
    for cut in range(1, len(whole.splitlines(keepends=True)[-1]) + 1):
        torn = tmp_path / "torn.jsonl"
        torn.write_bytes(whole[:-cut])
        chronicle = Chronicle.of(STUDY, EvidenceReader(torn))
        with pytest.raises(RoundUndecided):
            chronicle.record(world.study, 1, NOW)


def test_what_cannot_be_written_down_is_not_answered(judge: Judge) -> None:
    judge.judge([received(1)])
    judge.close()
    for say in (lambda: judge.chronicle.leave_out(1), lambda: judge.chronicle.merge(1, 1)):
        with pytest.raises(EvidenceUnwritable):
            say()
    with pytest.raises(EvidenceUnwritable):
        judge.open(2, 1, 60.0)
    assert judge.gate.round is None


CHANGES: dict[str, Callable[[LiveWorld], object]] = {
    "Withdrawn": lambda world: world.participate(1, withdrawn=True),
    "NodeRevoked": lambda world: world.change_node(1, standing=NodeStanding.REVOKED),
    "WrongVersion": lambda world: world.amend(),
    "WrongRound": lambda world: world.finish(1, b"\x22" * 32),
    "WrongParent": lambda world: world.finish(1, b"\x22" * 32),
    "StaleView": lambda world: setattr(world, "age", 61.0),
    "HistoryRewound": lambda world: setattr(world, "fault", Fault(Reason.HISTORY_REWOUND, "", "")),
}


@pytest.mark.parametrize("reason", CHANGES)
def test_what_has_changed_since_costs_the_round(
    judge: Judge, world: LiveWorld, caplog: pytest.LogCaptureFixture, reason: str
) -> None:
    number = 2 if reason == "WrongParent" else 1
    judge.open(number, 1, 60.0)
    judge.judge([received(institution, round=number) for institution in (1, 2)])
    assert judge.suffices()
    CHANGES[reason](world)
    with caplog.at_level(logging.WARNING):
        assert judge.merge(lambda _: pytest.fail("nobody has asked")) is None
    assert f"says {reason} by now of institution 1's node {node_of(1)}" in caplog.text
    # Nothing is in the model, and nobody in the record; what was decided stands.
    if number == 1:
        # A record covers the round after the last final one too.
        judge.chronicle.leave_out(2)
    assert judge.chronicle.record(world.study, 2, NOW).accepted == ()
    assert [entry.decision.reason for entry in judge._evidence] == [Reason.AUTHORISED] * 2


def test_an_envelope_counts_when_it_comes_and_not_when_it_is_merged(
    judge: Judge, world: LiveWorld
) -> None:
    judge.judge([received(1), received(2)])
    world.clock = NOW + 3_600
    assert judge.merge(lambda current: current.institutions()) == {1, 2}
    assert len(judge.chronicle.record(world.study, 1, NOW).accepted) == 2


def test_a_chain_that_is_away_for_a_moment_stops_no_merge(
    judge: Judge, monkeypatch: pytest.MonkeyPatch, world: LiveWorld
) -> None:
    def away() -> None:
        raise ChainUnreachable("http://127.0.0.1:1", "it is away")

    judge.judge([received(1), received(2)])
    monkeypatch.setattr(world, "refresh", away)
    assert judge.merge(lambda current: len(current.updates())) == 2


def test_a_merge_that_fails_or_gives_nothing_is_in_no_record(
    judge: Judge, world: LiveWorld
) -> None:
    judge.judge([received(1), received(2)])
    assert judge.merge(lambda _: None) is None
    assert judge.chronicle.record(world.study, 1, NOW).accepted == ()
    judge.open(2, 1, 60.0)
    judge.judge([received(1, round=2), received(2, round=2)])
    with pytest.raises(ZeroDivisionError):
        judge.merge(lambda _: 1 // 0)
    assert judge.chronicle.record(world.study, 2, NOW).accepted == ()


def _array(judge: Judge, institution: int, *, announced: bool = True) -> weakref.ref[Any]:
    """What is left of an update's array once it is judged."""
    update = {"weights": np.full(12, 10.0 + institution)}
    digest = update_digest(update if announced else OTHER)
    judge.judge([received(institution, update, update=digest)])
    gc.collect()
    return weakref.ref(update["weights"])


def test_no_array_stays_that_is_not_merged(world: LiveWorld, tmp_path: Path) -> None:
    judge = judge_of(world, tmp_path / "evidence.jsonl", keeps_updates=False)
    judge.open(1, 1, 60.0)
    assert _array(judge, 1, announced=False)() is None
    arrays = [_array(judge, institution) for institution in (2, 3)]
    assert all(array() is not None for array in arrays)
    judge.open(2, 1, 60.0)
    gc.collect()
    assert all(array() is None for array in arrays)
    judge.close()


def test_what_a_package_needs_stays(judge: Judge) -> None:
    refused, kept = _array(judge, 1, announced=False), _array(judge, 2)
    judge.open(2, 1, 60.0)
    gc.collect()
    assert refused() is None
    assert kept() is not None


def test_the_invitation_says_what_the_gate_will_ask(judge: Judge, world: LiveWorld) -> None:
    invitation = judge.open(2, 3, 60.0)
    assert (invitation.round, invitation.attempt) == (2, 3)
    assert invitation.study == world.study.address
    assert invitation.parent == world.study.last_digest
    assert invitation.terms_version == world.study.in_force
    assert invitation.history_length == world.length
    told = {"round": 2, "attempt": 3, "deadline": NOW + 60}
    assert reasons(judge, received(**told)) == ["Authorised"]


def test_the_package_holds_what_was_merged(judge: Judge, tmp_path: Path) -> None:
    judge.judge([received(1), received(2), received(3, came=OTHER)])
    model = tmp_path / "model.npy"
    np.save(model, np.ones(3))
    package = judge.package(tmp_path / "package", 1, model)
    assert [each.institution for each in package.record.accepted] == [1, 2]
    assert [each.reason for each in package.record.refused] == ["UpdateMismatch"]
    assert package.updates == {envelope(1).envelope.update}


def test_after_the_end_nothing_is_accepted(judge: Judge) -> None:
    judge.close()
    judge.close()
    # The gate cannot write it down.
    assert reasons(judge, received()) == ["Unknown"]
