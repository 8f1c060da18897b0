import logging
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from governance.checkpoints import Chronicle, update_digest
from governance.gate import (
    OF_VIEW,
    PASSING,
    EvidenceLog,
    EvidenceReader,
    Fault,
    Gate,
    Look,
    Reason,
    SignedEnvelope,
)
from governance.gate.decision import AWAY, LIES
from governance.history import Node
from governance.primitives import address_of
from governance.terms import TermsMismatch, parameters
from governance.vocabulary import NodeStanding, Standing, StudyState
from tests.unit.gate.world import HEAD, NOW, STUDY, TERMS, UPDATE, World, envelope, key_of, node_of

STRANGER = bytes.fromhex("77" * 32)
PARENT = bytes.fromhex("a5" * 32)


def test_an_update_of_a_signatory_may_be_merged(gate: Gate, path: Path) -> None:
    asked = envelope(3)
    decision = gate.check(asked, UPDATE)
    assert decision.accepted
    assert decision.reason is Reason.AUTHORISED
    assert decision.institution == 3
    assert decision.node == node_of(3)
    assert decision.envelope_digest == asked.envelope.digest
    assert (decision.length, decision.head, decision.at) == (40, HEAD, NOW)
    assert not decision.repeated
    (entry,) = EvidenceReader(path)
    assert (entry.envelope, entry.decision) == (asked, decision)


def test_an_update_may_be_given_by_its_digest(gate: Gate) -> None:
    assert gate.check(envelope(), update_digest(UPDATE)).accepted


def test_time_is_the_later_of_block_and_clock(gate: Gate, world: World) -> None:
    world.block_time = NOW + 30
    assert gate.check(envelope(1), UPDATE).at == NOW + 30
    world.clock = NOW + 45
    assert gate.check(envelope(2), UPDATE).at == NOW + 45


def forge(asked: SignedEnvelope) -> SignedEnvelope:
    return SignedEnvelope(asked.envelope, node_of(1), asked.signature)


def nobody(asked: SignedEnvelope) -> SignedEnvelope:
    return SignedEnvelope(asked.envelope, asked.node, bytes(64) + b"\x1b")


def leave(world: World) -> None:
    world.change_institution(1, standing=Standing.LEFT, left_at=NOW - 1)


def expel(world: World) -> None:
    world.change_institution(1, standing=Standing.EXPELLED, left_at=NOW - 1)


def revoke(world: World) -> None:
    world.change_node(1, standing=NodeStanding.REVOKED, revoked_at=NOW - 1)


def never_sign(world: World) -> None:
    others = {n: p for n, p in world.study.participations.items() if n != 1}
    world.change_study(participations=others)
    world.change_version(signers=frozenset({2, 3, 4}))


def withdraw(world: World) -> None:
    world.participate(1, withdrawn=True)
    world.change_version(signers=frozenset({2, 3, 4}))


def amend_without_them(world: World) -> None:
    world.amend()
    world.change_version(2, signers=frozenset({2, 3, 4}))


def enforce_something_else(world: World) -> None:
    import dataclasses  # noqa: PLC0415

    world.change_version(parameters=dataclasses.replace(parameters(TERMS), quorum=2))


def nothing(world: World) -> None:
    pass


WORLDS: list[tuple[Callable[[World], None], SignedEnvelope, Reason]] = [
    (lambda w: setattr(w, "age", 60.5), envelope(), Reason.STALE_VIEW),
    (lambda w: setattr(w, "age", float("nan")), envelope(), Reason.STALE_VIEW),
    (lambda w: setattr(w, "idle", 60.5), envelope(), Reason.CHAIN_FROZEN),
    (nothing, envelope(chain_id=1), Reason.FOREIGN_CHAIN),
    (nothing, envelope(study="0x" + "11" * 20), Reason.FOREIGN_STUDY),
    (nothing, forge(envelope(key=STRANGER)), Reason.SIGNATURE_INVALID),
    (nothing, nobody(envelope()), Reason.SIGNATURE_INVALID),
    (nothing, envelope(round=2), Reason.WRONG_ROUND),
    (nothing, envelope(attempt=2), Reason.WRONG_ROUND),
    (nothing, envelope(history_length=41), Reason.AHEAD_OF_VIEW),
    (nothing, envelope(key=STRANGER), Reason.NODE_UNKNOWN),
    (revoke, envelope(), Reason.NODE_REVOKED),
    (leave, envelope(), Reason.NOT_MEMBER),
    (expel, envelope(), Reason.NOT_MEMBER),
    (never_sign, envelope(), Reason.NOT_SIGNED),
    (withdraw, envelope(), Reason.WITHDRAWN),
    (amend_without_them, envelope(), Reason.TERMS_NOT_SIGNED),
    (lambda w: w.change_study(state=StudyState.OPEN), envelope(), Reason.NOT_STARTED),
    (lambda w: w.change_study(state=StudyState.CLOSED), envelope(), Reason.CLOSED),
    (
        lambda w: setattr(w, "clock", parameters(TERMS).expires_at),
        envelope(deadline=2**40),
        Reason.EXPIRED,
    ),
    (
        lambda w: setattr(w, "block_time", parameters(TERMS).expires_at),
        envelope(deadline=2**40),
        Reason.EXPIRED,
    ),
    (
        lambda w: w.participate(1, consent_at=NOW - 30 * 86_400 - 1),
        envelope(),
        Reason.CONSENT_STALE,
    ),
    (enforce_something_else, envelope(), Reason.TERMS_MISMATCH),
    (lambda w: w.change_version(terms=b"{}"), envelope(), Reason.TERMS_MISMATCH),
    (World.amend, envelope(), Reason.WRONG_VERSION),
    (nothing, envelope(terms_version=2), Reason.WRONG_VERSION),
    (lambda w: w.finish(1, PARENT), envelope(parent=PARENT), Reason.WRONG_ROUND),
    (nothing, envelope(parent=PARENT), Reason.WRONG_PARENT),
    (nothing, envelope(records=0), Reason.RECORDS_MISSING),
    (nothing, envelope(deadline=NOW - 1), Reason.DEADLINE_OVER),
    (nothing, envelope(update=bytes(32)), Reason.UPDATE_MISMATCH),
]


@pytest.mark.parametrize(("change", "asked", "reason"), WORLDS)
def test_every_rule_refuses_by_its_name(  # noqa: PLR0917 - three fixtures, three parameters
    gate: Gate,
    world: World,
    path: Path,
    change: Callable[[World], None],
    asked: SignedEnvelope,
    reason: Reason,
) -> None:
    change(world)
    decision = gate.check(asked, UPDATE)
    assert decision.reason is reason
    assert not decision.accepted
    (entry,) = EvidenceReader(path)
    assert (entry.envelope, entry.decision) == (asked, decision)


def test_a_forged_envelope_is_nobodys(gate: Gate) -> None:
    assert gate.check(forge(envelope(key=STRANGER)), UPDATE).institution == 0


def test_records_may_be_forbidden(gate: Gate, world: World) -> None:
    from governance.terms import canonical, digest, parameters_hash  # noqa: PLC0415

    closed = TERMS.model_copy(update={"data": TERMS.data.model_copy(update={"records": "none"})})
    world.change_version(
        terms=canonical(closed),
        terms_digest=digest(closed),
        parameters=parameters(closed),
        parameters_hash=parameters_hash(parameters(closed)),
    )
    assert gate.check(envelope(1), UPDATE).reason is Reason.RECORDS_FORBIDDEN
    assert gate.check(envelope(2, records=0), UPDATE).accepted


@pytest.mark.parametrize(
    "update",
    [
        {"weights": np.arange(12.0) * -3},
        {"weights": np.arange(12.0, dtype=np.float32)},
        {"other": np.arange(12.0)},
        {},
        {"weights": "none"},
        bytes(32),
        b"",
    ],
)
def test_another_update_than_announced_is_refused(gate: Gate, update: Any) -> None:
    assert gate.check(envelope(), update).reason is Reason.UPDATE_MISMATCH


def test_nothing_passes_before_a_round_is_open_or_after_it_is_closed(
    world: World, evidence: EvidenceLog
) -> None:
    gate = Gate(world, STUDY, evidence, clock=lambda: NOW)
    assert gate.check(envelope(), UPDATE).reason is Reason.WRONG_ROUND
    gate.open_round(1)
    assert gate.check(envelope(1), UPDATE).accepted
    gate.close_round()
    assert gate.check(envelope(2), UPDATE).reason is Reason.WRONG_ROUND


def test_the_last_round_of_the_terms_is_the_last(gate: Gate) -> None:
    gate.open_round(50)
    assert gate.check(envelope(round=50), UPDATE).accepted
    gate.open_round(51)
    assert gate.check(envelope(round=51), UPDATE).reason is Reason.WRONG_ROUND


def test_a_deadline_and_a_consent_count_up_to_their_last_second(gate: Gate, world: World) -> None:
    world.participate(1, consent_at=NOW - 30 * 86_400)
    assert gate.check(envelope(deadline=NOW), UPDATE).accepted


def test_the_parent_is_the_last_final_checkpoint(gate: Gate, world: World) -> None:
    world.finish(10, PARENT)
    gate.open_round(11)
    assert gate.check(envelope(1, round=11, parent=PARENT), UPDATE).accepted
    assert gate.check(envelope(2, round=11), UPDATE).reason is Reason.WRONG_PARENT


def test_a_round_goes_on_from_the_checkpoint_it_was_opened_with(gate: Gate, world: World) -> None:
    world.finish(10, PARENT)
    gate.open_round(11, parent=PARENT)
    assert gate.check(envelope(1, round=11, parent=PARENT), UPDATE).accepted
    world.finish(10, bytes.fromhex("b6" * 32))
    late = envelope(2, round=11, parent=bytes.fromhex("b6" * 32))
    assert gate.check(late, UPDATE).reason is Reason.WRONG_PARENT


# --- an envelope counts once ----------------------------------------------------------------------


def test_the_same_envelope_gets_the_same_answer_and_changes_nothing(
    gate: Gate, world: World, path: Path
) -> None:
    first = gate.check(envelope(), UPDATE)
    written = path.read_bytes()
    withdraw(world)
    again = gate.check(envelope(), UPDATE)
    assert again.repeated
    assert again.accepted
    assert (again.reason, again.length, again.at) == (first.reason, first.length, first.at)
    assert path.read_bytes() == written


def test_the_same_envelope_lets_no_other_update_pass(gate: Gate, path: Path) -> None:
    assert gate.check(envelope(), UPDATE).accepted
    written = path.read_bytes()
    for other in ({"weights": np.ones(12)}, bytes(32)):
        again = gate.check(envelope(), other)
        assert (again.reason, again.repeated) == (Reason.UPDATE_MISMATCH, True)
    assert gate.check(envelope(), UPDATE).accepted, "and the one that was accepted stays so"
    assert path.read_bytes() == written


def test_a_copied_envelope_with_another_update_takes_nothing_from_its_node(gate: Gate) -> None:
    for other in ({"weights": np.ones(12)}, bytes(32)):
        copied = gate.check(envelope(), other)
        assert (copied.reason, copied.repeated) == (Reason.UPDATE_MISMATCH, False)
    decision = gate.check(envelope(), UPDATE)
    assert decision.accepted
    assert not decision.repeated


def test_a_refusal_lasts_for_the_attempt(gate: Gate, world: World) -> None:
    stale = envelope()
    world.participate(1, consent_at=0)
    assert gate.check(stale, UPDATE).reason is Reason.CONSENT_STALE
    world.participate(1, consent_at=NOW)
    again = gate.check(stale, UPDATE)
    assert (again.reason, again.repeated) == (Reason.CONSENT_STALE, True)
    gate.open_round(1, attempt=2)
    assert gate.check(envelope(attempt=2), UPDATE).accepted


def test_a_second_envelope_for_the_same_attempt_is_equivocation(gate: Gate) -> None:
    other = {"weights": np.ones(12)}
    second = envelope(update=update_digest(other))
    assert gate.check(envelope(), UPDATE).accepted
    assert gate.check(second, other).reason is Reason.EQUIVOCATION
    assert gate.check(second, other).repeated
    first_again = gate.check(envelope(), UPDATE)
    assert (first_again.accepted, first_again.repeated) == (True, True)


def test_it_answers_though_its_log_cannot_be_written(
    world: World, path: Path, unwritable: None
) -> None:
    evidence = EvidenceLog(path)
    world.change_version(terms=b"{}")
    gate = Gate(world, STUDY, evidence, clock=lambda: NOW)
    gate.open_round(1)
    assert gate.check(envelope(), UPDATE).reason is Reason.TERMS_MISMATCH
    evidence.close()
    # What the gate cannot write down it does not let pass, and says so in vain.
    assert gate.check(envelope(2), UPDATE).reason is Reason.UNKNOWN


def test_two_nodes_may_say_the_same(gate: Gate) -> None:
    assert gate.check(envelope(1), UPDATE).accepted
    assert gate.check(envelope(2), UPDATE).accepted


def test_an_institution_says_the_same_once_however_many_nodes_it_has(
    world: World, evidence: EvidenceLog, gate: Gate
) -> None:
    """The record of the rounds could not tell the two apart, and no checkpoint would come of it."""
    second = key_of(77)
    node = Node(address_of(second), 1, NodeStanding.REGISTERED, 0)
    world.change_swarm(nodes={**world.swarm.nodes, node.address: node})
    assert gate.check(envelope(1), UPDATE).accepted
    again = Gate(world, STUDY, evidence, clock=lambda: NOW)
    again.open_round(1)
    for asked in (gate, again):
        decision = asked.check(envelope(1, key=second), UPDATE)
        assert (decision.accepted, decision.repeated) == (True, True)
        assert decision.node == envelope(1).node
    record = Chronicle.of(STUDY, evidence).record(world.study, 1, NOW)
    assert record.contributions() == {1: 1}
    other = {"weights": np.ones(12)}
    signed = envelope(1, key=second, update=update_digest(other))
    decision = gate.check(signed, other)
    assert (decision.accepted, decision.repeated, decision.node) == (True, False, node.address)


def test_asked_by_many_threads_at_once_it_lets_one_envelope_pass_once(
    gate: Gate, path: Path
) -> None:
    others = [{"weights": np.full(12, float(n))} for n in range(8)]
    rivals = [(envelope(update=update_digest(other)), other) for other in others]
    with ThreadPoolExecutor(8) as threads:
        decisions = list(threads.map(lambda rival: gate.check(*rival), rivals * 4))
    fresh = [decision for decision in decisions if not decision.repeated]
    assert Counter(decision.reason for decision in fresh) == {
        Reason.AUTHORISED: 1,
        Reason.EQUIVOCATION: 7,
    }
    assert sum(decision.accepted for decision in decisions) == 4
    assert len(list(EvidenceReader(path))) == 8


@pytest.mark.parametrize(
    ("before", "after", "asked"),
    [
        (
            lambda w, g: setattr(w, "age", 99.0),
            lambda w, g: setattr(w, "age", 0.0),
            envelope(),
        ),
        (
            lambda w, g: None,
            lambda w, g: setattr(w, "length", 41),
            envelope(history_length=41),
        ),
        (lambda w, g: None, lambda w, g: g.open_round(2), envelope(round=2)),
        (
            lambda w, g: w.change_swarm(nodes={}),
            lambda w, g: w.change_swarm(nodes=World().swarm.nodes),
            envelope(),
        ),
    ],
    ids=["stale view", "ahead of view", "not yet open", "not yet registered"],
)
def test_what_tells_of_the_gate_or_of_a_stranger_uses_up_nothing(
    gate: Gate, world: World, before: Any, after: Any, asked: SignedEnvelope
) -> None:
    before(world, gate)
    assert not gate.check(asked, UPDATE).accepted
    after(world, gate)
    decision = gate.check(asked, UPDATE)
    assert decision.accepted
    assert not decision.repeated


@pytest.mark.parametrize("reason", sorted(LIES | {Reason.REFRESH_FAILED}))
def test_a_lie_refuses_at_once_and_uses_up_nothing(
    gate: Gate, world: World, path: Path, reason: Reason
) -> None:
    world.fault = Fault(reason, "It is a lie.", "Do not believe it.")
    assert gate.check(envelope(), UPDATE).reason is reason
    assert [entry.decision.reason for entry in EvidenceReader(path)] == [reason]
    world.age = 99.0
    assert gate.check(envelope(), UPDATE).reason is reason
    world.fault, world.age = None, 0.0
    decision = gate.check(envelope(), UPDATE)
    assert (decision.accepted, decision.repeated) == (True, False)


@pytest.mark.parametrize("reason", sorted(AWAY))
def test_a_chain_that_is_away_is_named_once_the_view_is_too_old(
    gate: Gate, world: World, reason: Reason
) -> None:
    world.fault = Fault(reason, "Nobody answers.", "Wait.")
    world.age = 60.0
    assert gate.check(envelope(1), UPDATE).accepted
    world.age = 60.1
    assert gate.check(envelope(2), UPDATE).reason is reason
    world.age, world.idle = 1.0, 60.1
    assert gate.check(envelope(2), UPDATE).reason is reason


def test_a_view_that_becomes_old_while_an_update_is_digested_does_not_count(
    gate: Gate, world: World
) -> None:
    class Slow(dict[str, Any]):
        def items(self) -> Any:
            world.age = 60.1
            return super().items()

    assert gate.check(envelope(), Slow(UPDATE)).reason is Reason.STALE_VIEW
    world.age = 0.0
    assert gate.check(envelope(), UPDATE).accepted


def test_what_comes_about_while_an_update_is_digested_counts(gate: Gate, world: World) -> None:
    class Slow(dict[str, Any]):
        def items(self) -> Any:
            world.change_node(1, standing=NodeStanding.REVOKED)
            world.length = 41
            return super().items()

    decision = gate.check(envelope(), Slow(UPDATE))
    assert (decision.reason, decision.length) == (Reason.NODE_REVOKED, 41)


def test_what_is_a_lie_is_no_absence() -> None:
    assert not LIES & AWAY
    assert OF_VIEW < PASSING


def test_the_docs_name_every_reason() -> None:
    docs = (Path(__file__).parents[3] / "docs" / "gate.md").read_text(encoding="utf-8")
    rules = docs.split("## The rules")[1].split("\n## ")[0]
    for reason in set(Reason) - {Reason.AUTHORISED}:
        assert f"| `{reason}`" in rules or f", `{reason}`" in rules, reason


def test_a_stale_view_does_not_even_repeat_itself(gate: Gate, world: World) -> None:
    assert gate.check(envelope(), UPDATE).accepted
    world.age = 61.0
    assert gate.check(envelope(), UPDATE).reason is Reason.STALE_VIEW


# --- after a crash --------------------------------------------------------------------------------


def test_what_was_used_is_known_again_after_a_crash(world: World, path: Path) -> None:
    with EvidenceLog(path) as log:
        gate = Gate(world, STUDY, log, clock=lambda: NOW)
        gate.open_round(1)
        assert gate.check(envelope(1), UPDATE).accepted
        assert gate.check(envelope(2, deadline=0), UPDATE).reason is Reason.DEADLINE_OVER
    with EvidenceLog(path) as log:
        gate = Gate(world, STUDY, log, clock=lambda: NOW)
        gate.open_round(1)
        again = gate.check(envelope(1), UPDATE)
        assert (again.accepted, again.repeated) == (True, True)
        other = envelope(1, update=bytes(32))
        assert gate.check(other, bytes(32)).reason is Reason.EQUIVOCATION
        assert gate.check(envelope(2, deadline=0), UPDATE).repeated
        assert gate.check(envelope(3), UPDATE).accepted


def test_another_studys_evidence_uses_up_nothing_here(world: World, path: Path) -> None:
    with EvidenceLog(path) as log:
        gate = Gate(world, STUDY, log, clock=lambda: NOW)
        gate.open_round(1)
        gate.check(envelope(1), UPDATE)
    with EvidenceLog(path) as log:
        other = Gate(world, "0x" + "11" * 20, log, clock=lambda: NOW)
        other.open_round(1)
        asked = envelope(1, study="0x" + "11" * 20)
        assert other.check(asked, UPDATE).reason is Reason.UNKNOWN


# --- refusing by default --------------------------------------------------------------------------


class Broken:
    """A view that fails."""

    def look(self) -> Look:
        raise OSError("no view")


def test_a_gate_that_fails_refuses_and_says_so(
    evidence: EvidenceLog, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    gate = Gate(Broken(), STUDY, evidence, clock=lambda: NOW)
    gate.open_round(1)
    with caplog.at_level(logging.ERROR):
        assert gate.check(envelope(), UPDATE).reason is Reason.UNKNOWN
    assert "refuses" in caplog.text
    assert [entry.decision.reason for entry in EvidenceReader(path)] == [Reason.UNKNOWN]


def test_what_cannot_be_written_down_is_not_accepted(world: World, path: Path) -> None:
    log = EvidenceLog(path)
    gate = Gate(world, STUDY, log, clock=lambda: NOW)
    gate.open_round(1)
    log.close()
    assert gate.check(envelope(), UPDATE).reason is Reason.UNKNOWN
    with EvidenceLog(path) as again:
        fresh = Gate(world, STUDY, again, clock=lambda: NOW)
        fresh.open_round(1)
        decision = fresh.check(envelope(), UPDATE)
        assert (decision.accepted, decision.repeated) == (True, False)


def test_the_gate_loads_nothing_that_sends() -> None:
    code = "import sys, governance.gate; print({'web3', 'eth_account'} & sys.modules.keys())"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "set()"


def test_the_reasons_are_the_contracts_own_names() -> None:
    from governance.vocabulary import Authorisation  # noqa: PLC0415

    types = (Path(__file__).parents[3] / "contracts" / "interfaces" / "Types.sol").read_text()
    members = types.split("enum Authorisation {")[1].split("}")[0]
    names = [name.strip() for name in members.split(",")]
    assert [Reason.of(each).value for each in Authorisation][1:] == names[1:]
    assert Reason.of(Authorisation.AUTHORISED) is Reason.AUTHORISED


def test_the_gate_names_a_mismatch_as_the_terms_do() -> None:
    assert TermsMismatch.code == Reason.TERMS_MISMATCH.value
