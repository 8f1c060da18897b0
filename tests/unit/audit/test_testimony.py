"""Evidence logs: decisions made again, and logs held against each other."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from governance.audit.testimony import EvidenceBroken, GateLog, read_log
from governance.errors import ExitStatus
from governance.gate import EvidenceLog, Gate, Look, Reason
from governance.gate.decision import OF_VIEW
from governance.history import events as e
from governance.primitives import sign
from tests.unit.audit.stories import (
    CHAIN_ID,
    ENFORCED,
    GENESIS,
    Log,
    Swarm,
    account,
    head_of,
    key,
    looked_at,
    node,
    running,
    the,
)
from tests.unit.history.chronicle import digest

if TYPE_CHECKING:
    from pathlib import Path

    from governance.checkpoints.envelope import SignedEnvelope


def kinds(swarm: Swarm, *logs: Log) -> list[str]:
    return [each.id for each in looked_at(swarm, logs=[log.done() for log in logs]).findings]


# --- a decision, made again -----------------------------------------------------------------------


def _strange(log: Log) -> SignedEnvelope:
    said = log.envelope().envelope
    return said.signed(account(77), lambda hashed: sign(hashed, key(77)))


def _unsigned(log: Log) -> SignedEnvelope:
    return replace(log.envelope(2), node=node(1))


def _nobodys(log: Log) -> SignedEnvelope:
    return replace(log.envelope(2), signature=bytes(65))


@pytest.mark.parametrize(
    ("reason", "before", "envelope"),
    [
        (Reason.AUTHORISED, (), {}),
        (Reason.FOREIGN_CHAIN, (), {"chain_id": 5}),
        (Reason.AHEAD_OF_VIEW, (), {"history_length": 10_000}),
        (Reason.NODE_REVOKED, (e.NodeRevoked(1, node(1)),), {}),
        (Reason.NOT_MEMBER, (e.InstitutionLeft(1),), {}),
        (Reason.WITHDRAWN, (e.StudyWithdrawn(1, 1, digest("why")),), {}),
        (Reason.CLOSED, (e.ActionApproved(1, 2, bytes(32)), e.StudyClosed()), {}),
        (Reason.WRONG_VERSION, (), {"terms_version": 2}),
        (Reason.WRONG_PARENT, (), {"parent": digest("another")}),
        (Reason.RECORDS_MISSING, (), {"records": 0}),
        (Reason.DEADLINE_OVER, (), {"deadline": 5}),
    ],
)
def test_what_the_history_gives_contradicts_nobody(
    reason: Reason, before: tuple[e.Event, ...], envelope: dict[str, Any]
) -> None:
    swarm = running()
    for event in before:
        swarm.emit(event)
    log = Log(swarm.later())
    right = log.decide(log.envelope(**envelope), reason)
    assert kinds(swarm, right) == []
    log = Log(swarm)
    wrong = Reason.AUTHORISED if reason is not Reason.AUTHORISED else Reason.NOT_MEMBER
    finding = the(
        "evidence-contradicts",
        looked_at(swarm, logs=[log.decide(log.envelope(**envelope), wrong).done()]),
    )
    assert f"the log says {wrong.value}" in finding.detail
    assert f"gives {reason.value}" in finding.detail


@pytest.mark.parametrize(
    ("reason", "made"),
    [
        (Reason.NODE_UNKNOWN, _strange),
        (Reason.SIGNATURE_INVALID, _unsigned),
        (Reason.SIGNATURE_INVALID, _nobodys),
    ],
)
def test_a_strangers_envelope_is_refused_again(reason: Reason, made: Any) -> None:
    swarm = running()
    log = Log(swarm)
    assert kinds(swarm, log.decide(made(log), reason, institution=0)) == []
    log = Log(swarm)
    assert kinds(swarm, log.decide(made(log))) == ["evidence-contradicts"]


def test_consent_and_expiry_count_by_the_time_of_the_decision() -> None:
    swarm = running()
    log = Log(swarm)
    late = swarm.time + ENFORCED.consent_max_age + 1
    signed = log.envelope(deadline=late)
    log.decide(signed, Reason.CONSENT_STALE, at=late)
    log.decide(log.envelope(2, deadline=late))
    assert kinds(swarm, log) == []


def test_a_decision_rests_on_the_history_as_it_was() -> None:
    swarm = running()
    log = Log(swarm)
    log.decide()
    swarm.emit(e.NodeRevoked(1, node(1))).later()
    log.decide(log.envelope(1, 12), Reason.NODE_REVOKED)
    assert kinds(swarm, log) == []


def test_what_was_used_up_is_told_by_the_log_itself() -> None:
    swarm = running()
    log = Log(swarm).decide()
    log.decide(log.envelope(update=digest("another")), Reason.EQUIVOCATION)
    assert kinds(swarm, log) == ["envelope-equivocation"]
    # The other gate never accepted anything else for this attempt, and says so all the same.
    log = Log(swarm).decide(reason=Reason.EQUIVOCATION)
    assert kinds(swarm, log) == ["evidence-contradicts"]


@pytest.mark.parametrize("reason", sorted(OF_VIEW | {Reason.WRONG_ROUND, Reason.UNKNOWN}))
def test_what_rests_on_the_gates_view_is_counted_and_not_repeated(reason: Reason) -> None:
    swarm = running()
    log = Log(swarm).decide(reason=reason, institution=0)
    examination = looked_at(swarm, logs=[log.done()])
    assert examination.findings == ()
    assert [each.reason for each in examination.refusals] == [reason.value]


def test_what_rests_on_the_round_or_the_update_may_differ_as_far_as_it_can() -> None:
    swarm = running()
    log = Log(swarm)
    log.decide(reason=Reason.UPDATE_MISMATCH)
    log.decide(log.envelope(2, records=0), Reason.WRONG_PARENT)
    assert kinds(swarm, log) == []
    log = Log(swarm)
    # Both rules come before those that the gate names.
    log.decide(log.envelope(records=0), Reason.UPDATE_MISMATCH)
    log.decide(log.envelope(2, terms_version=9), Reason.WRONG_PARENT)
    assert kinds(swarm, log) == ["evidence-contradicts"] * 2


@pytest.mark.parametrize(
    "wrong",
    [
        {"at": 1},
        {"institution": 3},
        {"node": node(3)},
        {"envelope_digest": digest("another")},
    ],
)
def test_a_decision_that_contradicts_itself_is_found(wrong: dict[str, Any]) -> None:
    swarm = running()
    assert kinds(swarm, Log(swarm).decide(**wrong)) == ["evidence-contradicts"]


def test_a_log_of_another_history_is_told_once_for_each_length() -> None:
    swarm = running()
    log = Log(swarm)
    for number in (11, 12, 13):
        log.decide(log.envelope(1, number), head=digest("another"))
    finding = the("evidence-foreign", looked_at(swarm, logs=[log.done()]))
    assert finding.subject == "evidence log first, line 1"


def test_a_study_that_is_not_there_yet_makes_no_log_right() -> None:
    swarm = Swarm(3)
    before = len(swarm.records)
    swarm.open(parameters=ENFORCED).start(1, 2, 3)
    log = Log(swarm).decide(length=before, head=head_of(swarm, before))
    assert kinds(swarm, log) == ["evidence-contradicts"]


# --- the gate itself ------------------------------------------------------------------------------


class Known:
    """A view of the history at some length."""

    def __init__(self, swarm: Swarm) -> None:
        self.swarm = swarm

    def look(self) -> Look:
        state = self.swarm.state
        return Look(CHAIN_ID, state, head_of(self.swarm, state.length), state.time, age=0.0)


def test_what_a_gate_decides_is_decided_again_and_a_changed_decision_is_found(
    tmp_path: Path,
) -> None:
    dice = random.Random(7)
    swarm = running()
    path = tmp_path / "evidence.jsonl"
    maker = Log(swarm)
    happening: list[e.Event] = [
        e.NodeRevoked(2, node(2)),
        e.StudyWithdrawn(3, 1, digest("why")),
        e.InstitutionLeft(4),
    ]
    with EvidenceLog(path, sync_seconds=60) as evidence:
        gate = Gate(Known(swarm), swarm.study.address, evidence, clock=lambda: swarm.time)
        for turn in range(60):
            number, attempt = dice.randint(1, 4), dice.randint(1, 2)
            gate.open_round(number, attempt)
            changes = dice.choice(
                [{}, {}, {}, {"records": 0}, {"deadline": 3}, {"parent": digest("x")},
                 {"terms_version": 2}, {"history_length": 9_999}, {"round": 40}, {"chain_id": 9}]
            )  # fmt: skip
            told = {"number": number, "attempt": attempt, **changes}
            signed = maker.envelope(dice.randint(1, 4), told.pop("number"), **told)
            if dice.random() < 0.1:
                signed = replace(signed, signature=bytes(65))
            update = signed.envelope.update if dice.random() < 0.9 else digest("other")
            gate.check(signed, update)
            if turn % 20 == 19:
                swarm.emit(happening.pop(0)).later()
    log = read_log(path.read_bytes(), "evidence.jsonl")
    examination = looked_at(swarm, logs=[log])
    assert not [each for each in examination.findings if each.id.startswith("evidence")]
    reasons = {entry.decision.reason for entry in log.entries}
    assert len(reasons) > 8
    assert len(examination.acceptances) == sum(each.decision.accepted for each in log.entries)
    assert len(examination.refusals) + len(examination.acceptances) == len(log.entries)

    for index, entry in enumerate(log.entries):
        if entry.decision.reason in OF_VIEW | {Reason.WRONG_ROUND, Reason.UPDATE_MISMATCH}:
            continue
        other = Reason.CLOSED if entry.decision.accepted else Reason.AUTHORISED
        changed = replace(entry, decision=entry.decision._replace(reason=other))
        entries = (*log.entries[:index], changed, *log.entries[index + 1 :])
        found = looked_at(swarm, logs=[GateLog("changed", entries)]).findings
        lines = [each.facts["line"] for each in found if each.id == "evidence-contradicts"]
        assert index + 1 in lines, entry


# --- logs together --------------------------------------------------------------------------------


def test_gates_that_knew_histories_of_different_lengths_do_not_disagree() -> None:
    swarm = running()
    early, late = Log(swarm), Log(swarm, "late")
    signed = early.envelope()
    early.decide(signed)
    swarm.emit(e.NodeRevoked(1, node(1))).later()
    late.decide(signed, Reason.NODE_REVOKED)
    assert kinds(swarm, early, late) == []


@pytest.mark.parametrize("reason", [Reason.STALE_VIEW, Reason.WRONG_ROUND, Reason.UPDATE_MISMATCH])
def test_gates_that_could_not_judge_do_not_disagree(reason: Reason) -> None:
    swarm = running()
    one, other = Log(swarm), Log(swarm, "other")
    assert kinds(swarm, one.decide(), other.decide(reason=reason)) == []


def test_an_envelope_that_only_a_copy_spoilt_is_no_equivocation() -> None:
    swarm = running()
    log = Log(swarm).decide()
    forged = replace(log.envelope(update=digest("another")), signature=bytes(65))
    log.decide(forged, Reason.SIGNATURE_INVALID, institution=0)
    assert kinds(swarm, log) == []


def test_another_attempt_is_another_envelope() -> None:
    swarm = running()
    log = Log(swarm).decide()
    log.decide(log.envelope(attempt=2, update=digest("again")))
    assert kinds(swarm, log) == []


def test_the_model_goes_on_from_the_last_attempt() -> None:
    swarm = running()
    log = Log(swarm)
    for institution, attempt in ((1, 1), (2, 1), (3, 1), (1, 2), (2, 2)):
        update = digest(f"{institution} {attempt}")
        log.decide(log.envelope(institution, 1, attempt=attempt, update=update))
    swarm.final(1, {1: 1, 2: 1})
    assert kinds(swarm, log) == []


def test_rounds_that_no_log_speaks_of_witness_nothing() -> None:
    swarm = running()
    log = Log(swarm)
    for institution in (1, 2):
        log.decide(log.envelope(institution, 1))
    swarm.final(10, {1: 10, 2: 10, 3: 9})
    assert kinds(swarm, log) == []


def test_what_was_accepted_is_told_once_with_how_many_gates() -> None:
    swarm = running()
    one, other = Log(swarm), Log(swarm, "other")
    signed = one.envelope()
    logs = [one.decide(signed).done(), other.decide(signed, at=swarm.time).done()]
    (accepted,) = looked_at(swarm, logs=logs).acceptances
    assert (accepted.institution, accepted.round, accepted.attempt) == (1, 11, 1)
    assert (accepted.gates, accepted.at, accepted.node) == (2, swarm.time, node(1))


# --- what a forged line can do --------------------------------------------------------------------


@pytest.mark.parametrize("reason", [Reason.AUTHORISED, Reason.WITHDRAWN])
def test_no_decision_rests_on_no_history_at_all(reason: Reason) -> None:
    swarm = running()
    log = Log(swarm).decide(reason=reason, length=0, head=GENESIS)
    assert kinds(swarm, log) == ["evidence-contradicts"]
    log = Log(swarm).decide(reason=reason, length=0, head=bytes(32))
    assert kinds(swarm, log) == ["evidence-foreign"]


def test_a_gate_that_knew_no_history_yet_contradicts_nothing() -> None:
    swarm = running()
    for reason in (Reason.UNKNOWN, Reason.STALE_VIEW):
        assert kinds(swarm, Log(swarm).decide(reason=reason, length=0, head=bytes(32))) == []


@pytest.mark.parametrize("length", [0, 10_000])
def test_a_line_beside_a_forged_envelope_accuses_nobody(length: int) -> None:
    swarm = running()
    honest, liar = Log(swarm), Log(swarm, "liar")
    honest.decide(honest.envelope(1, 1)).decide(honest.envelope(2, 1))
    copied = honest.envelope(1, 1).envelope.update
    forged = replace(liar.envelope(3, 1, update=copied), signature=bytes(65))
    liar.decide(forged, length=length, head=GENESIS)
    liar.decide(forged, Reason.WRONG_ROUND)
    swarm.final(1, {1: 1, 2: 1})
    told = looked_at(swarm, logs=[honest.done(), liar.done()])
    assert {each.id for each in told.findings} <= {"evidence-contradicts", "evidence-beyond"}
    assert all(3 not in each.institutions for each in told.findings)
    assert {each.institution for each in told.refusals} == {0}
    assert {each.institution for each in told.acceptances} == {1, 2}


def test_a_refuted_line_speaks_against_no_other_gate_and_no_publisher() -> None:
    swarm = running()
    honest, liar = Log(swarm), Log(swarm, "liar")
    for institution in (1, 2):
        honest.decide(honest.envelope(institution, 1))
    liar.decide(liar.envelope(1, 1), Reason.WITHDRAWN)
    liar.decide(liar.envelope(3, 1), at=1)
    swarm.final(1, {1: 1, 2: 1})
    assert kinds(swarm, honest, liar) == ["evidence-contradicts"] * 2


def test_what_a_node_signed_for_another_chain_proves_nothing_here() -> None:
    swarm = running()
    log = Log(swarm).decide()
    elsewhere = log.envelope(chain_id=5, update=digest("another"))
    log.decide(elsewhere, Reason.FOREIGN_CHAIN, institution=0)
    assert kinds(swarm, log) == []


def test_the_same_update_announced_again_is_no_equivocation() -> None:
    swarm = running()
    log = Log(swarm).decide(reason=Reason.STALE_VIEW)
    log.decide(log.envelope(deadline=swarm.time + 2_000))
    assert kinds(swarm, log) == []
    # How many records stand behind an update decides what it weighs.
    log.decide(log.envelope(records=70), Reason.EQUIVOCATION)
    assert kinds(swarm, log) == ["envelope-equivocation"]


@pytest.mark.parametrize("wrong", [{"length": -1}, {"institution": -1}, {"at": 2**53 - 1}])
def test_numbers_that_there_cannot_be_break_a_log(tmp_path: Path, wrong: dict[str, Any]) -> None:
    (entry,) = Log(running()).decide(reason=Reason.WRONG_ROUND, **wrong).entries
    with EvidenceLog(tmp_path / "log") as log:
        log.append(entry.envelope, entry.decision)
    with pytest.raises(EvidenceBroken, match=r"Line 1 of the evidence log logs/1\.jsonl"):
        read_log((tmp_path / "log").read_bytes(), "logs/1.jsonl")


# --- bytes ----------------------------------------------------------------------------------------


def written(path: Path) -> bytes:
    swarm = running()
    with EvidenceLog(path) as log:
        for entry in Log(swarm).decide().decide(reason=Reason.STALE_VIEW).entries:
            log.append(entry.envelope, entry.decision)
    return path.read_bytes()


def test_a_log_is_read_from_its_bytes_without_what_a_crash_has_torn(tmp_path: Path) -> None:
    data = written(tmp_path / "log")
    assert [entry.number for entry in read_log(data, "log").entries] == [1, 2]
    assert len(read_log(data[:-5], "log").entries) == 1
    assert read_log(b"", "log").entries == ()


def test_a_log_whose_lines_do_not_follow_each_other_is_no_evidence(tmp_path: Path) -> None:
    data = written(tmp_path / "log")
    first, second, _ = data.split(b"\n")
    for broken in (
        second + b"\n",
        first + b"\n" + first + b"\n",
        data.replace(b'"accepted":true', b'"accepted":false'),
        b"\xff\n",
    ):
        with pytest.raises(EvidenceBroken) as raised:
            read_log(broken, "log of Basel")
        assert raised.value.exit_status is ExitStatus.UNVERIFIABLE
        assert "log of Basel" in raised.value.message
