"""What a node remembers of the rounds, for the record and the package of the next checkpoint."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from governance.checkpoints import (
    Accepted,
    Became,
    Choice,
    Chronicle,
    LogsDisagree,
    Package,
    Refused,
    RoundRecordInvalid,
    RoundUndecided,
    RoundUnknown,
    stored_arrays,
    update_digest,
)
from governance.gate import Reason
from governance.history import events as e
from governance.vocabulary import Ground, Level
from tests.unit.checkpoints.swarm import STUDY, Swarm, entry
from tests.unit.gate.world import node_of

if TYPE_CHECKING:
    from pathlib import Path

    from governance.checkpoints import SignedEnvelope
    from governance.gate import Entry


@pytest.fixture
def swarm(tmp_path: Path) -> Swarm:
    return Swarm(tmp_path)


def note(
    chronicle: Chronicle, sent: tuple[SignedEnvelope, Any], reason: Reason = Reason.AUTHORISED
) -> None:
    signed, arrays = sent
    numbers = {node_of(number): number for number in (1, 2, 3, 4)}
    chronicle.note(signed, entry(signed, reason, numbers.get(signed.node, 0)).decision, arrays)


def test_the_record_says_who_contributed_who_was_refused_and_who_was_silent(swarm: Swarm) -> None:
    chronicle = Chronicle(STUDY)
    sent = {number: swarm.send(number) for number in (1, 2, 9)}
    note(chronicle, sent[1])
    note(chronicle, sent[2], Reason.UPDATE_MISMATCH)
    note(chronicle, sent[9], Reason.NODE_UNKNOWN)
    record = chronicle.record(swarm.history.study, 1, swarm.history.time)
    digests = {number: signed.envelope.digest for number, (signed, _) in sent.items()}
    assert record.accepted == (Accepted(1, 1, digests[1]),)
    assert set(record.refused) == {
        Refused(1, 2, digests[2], "UpdateMismatch"),
        Refused(1, 0, digests[9], "NodeUnknown"),
    }
    assert record.silent == (3, 4)


def test_who_could_not_contribute_is_not_silent(swarm: Swarm) -> None:
    chronicle = Chronicle(STUDY)
    note(chronicle, swarm.send(1))
    swarm.history.emit(e.StudyWithdrawn(3, int(Ground.LEGAL), bytes(32))).later()
    swarm.history.emit(e.InstitutionExpelled(4)).later()
    study = swarm.history.study
    assert chronicle.record(study, 1, swarm.history.time).silent == (2,)
    month = 31 * 24 * 3600
    # By then their consent commitments are too old.
    assert chronicle.record(study, 1, swarm.history.time + month).silent == ()


def test_only_the_attempt_that_was_merged_counts(swarm: Swarm) -> None:
    chronicle = Chronicle(STUDY)
    for number in (1, 2, 3):
        note(chronicle, swarm.send(number, attempt=1))
    note(chronicle, swarm.send(9, attempt=1), Reason.NODE_UNKNOWN)
    for number in (1, 2):
        note(chronicle, swarm.send(number, attempt=2))
    note(chronicle, swarm.send(1, attempt=3), Reason.STALE_VIEW)
    study, at = swarm.history.study, swarm.history.time
    record = chronicle.record(study, 1, at)
    assert [each.institution for each in record.accepted] == [1, 2]
    assert {each.reason for each in record.refused} == {"NodeUnknown", "StaleView"}
    assert record.silent == (3, 4)
    chronicle.merge(1, 1)
    assert [each.institution for each in chronicle.record(study, 1, at).accepted] == [1, 2, 3]


def test_what_was_accepted_in_a_round_that_was_not_merged_is_no_contribution(swarm: Swarm) -> None:
    chronicle = Chronicle(STUDY)
    note(chronicle, swarm.send(1, 1))
    for number in (2, 3):
        note(chronicle, swarm.send(number, 2))
    chronicle.leave_out(1)
    study, at = swarm.history.study, swarm.history.time
    record = chronicle.record(study, 2, at)
    assert record.contributions() == {2: 1, 3: 1}
    # The first was heard, and is not among those that were silent.
    assert record.silent == (4,)
    note(chronicle, swarm.send(1, 1, attempt=2))
    chronicle.merge(1, 2)
    assert chronicle.record(study, 2, at).contributions() == {1: 1, 2: 1, 3: 1}


def test_an_update_accepted_in_the_end_was_not_refused(swarm: Swarm, tmp_path: Path) -> None:
    chronicle, sent = Chronicle(STUDY), swarm.send(1)
    note(chronicle, sent, Reason.STALE_VIEW)
    note(chronicle, sent)
    note(chronicle, (replace(sent[0], signature=bytes(65)), None), Reason.SIGNATURE_INVALID)
    record = chronicle.record(swarm.history.study, 1, swarm.history.time)
    assert (len(record.accepted), record.refused) == (1, ())
    package = chronicle.package(
        tmp_path / "out",
        swarm.history.study,
        1,
        swarm.history.time,
        model=swarm.write_model(sent[1]["weights"], "model"),
    )
    assert package.envelopes == (sent[0],)


def test_a_refusal_is_not_taken_back_by_a_spoilt_copy(swarm: Swarm) -> None:
    chronicle, (signed, _) = Chronicle(STUDY), swarm.send(2)
    note(chronicle, (signed, None), Reason.WRONG_PARENT)
    spoilt = replace(signed, signature=bytes(65))
    chronicle.note(spoilt, entry(spoilt, Reason.SIGNATURE_INVALID).decision)
    record = chronicle.record(swarm.history.study, 1, swarm.history.time)
    assert record.refused == (Refused(1, 2, signed.envelope.digest, "WrongParent"),)


def test_what_is_for_other_studies_and_rounds_is_left_aside(swarm: Swarm) -> None:
    chronicle = Chronicle(STUDY)
    note(chronicle, swarm.send(1, study="0x" + "11" * 20))
    note(chronicle, swarm.send(2, 2))
    note(chronicle, swarm.send(1))
    study, at = swarm.history.study, swarm.history.time
    assert [each.round for each in chronicle.record(study, 1, at).accepted] == [1]
    chronicle.forget(1)
    swarm.finish(swarm.package([swarm.send(1), swarm.send(2)]))
    study = swarm.history.study
    assert [each.round for each in chronicle.record(study, 2, at).accepted] == [2]
    with pytest.raises(RoundRecordInvalid):
        chronicle.record(study, 0, at)


def test_the_package_holds_what_was_noted_and_can_be_recomputed(
    swarm: Swarm, tmp_path: Path
) -> None:
    chronicle = Chronicle(STUDY)
    crashed = swarm.send(3, attempt=1)
    merged = [swarm.send(number, attempt=2) for number in (1, 2)]
    for sent in (crashed, *merged):
        note(chronicle, sent)
    note(chronicle, swarm.send(9, attempt=2), Reason.NODE_UNKNOWN)
    study, at = swarm.history.study, swarm.history.time
    model = swarm.model([merged], "model")
    package = chronicle.package(tmp_path / "out", study, 1, at, model=model)
    assert len(package.envelopes) == 3
    assert package.updates == {update_digest(arrays) for _, arrays in merged}
    assert not swarm.examine(package).refused


def test_a_package_without_all_updates_has_none(swarm: Swarm, tmp_path: Path) -> None:
    """So nobody begins to compute a merge that cannot be computed."""
    one, two = swarm.send(1), swarm.send(2)
    evidence = [entry(one[0], institution=1), entry(two[0], institution=2)]
    chronicle = Chronicle.of(STUDY, evidence)
    study, at = swarm.history.study, swarm.history.time
    model = swarm.model([[one, two]], "model")

    def packed(name: str, updates: dict[bytes, Any]) -> Package:
        return chronicle.package(tmp_path / name, study, 1, at, model=model, updates=updates)

    handed = {each[0].envelope.update: each[1] for each in (one, two)}
    assert packed("whole", handed).updates == handed.keys()
    assert not packed("part", {one[0].envelope.update: one[1]}).updates
    assert not packed("none", {}).updates


def test_an_update_noted_again_with_its_arrays_has_them(swarm: Swarm, tmp_path: Path) -> None:
    one, two = swarm.send(1), swarm.send(2)
    evidence = [entry(each[0], institution=n) for n, each in enumerate((one, two), 1)]
    chronicle = Chronicle.of(STUDY, evidence)
    for number, (signed, arrays) in enumerate((one, two), 1):
        again = entry(signed, institution=number).decision._replace(repeated=True)
        chronicle.note(signed, again, arrays)
    model = swarm.model([[one, two]], "model")
    study, at = swarm.history.study, swarm.history.time
    assert len(chronicle.package(tmp_path / "out", study, 1, at, model=model).updates) == 2


# --- rounds of which it knows nothing, and several logs -------------------------------------------


def accepted(*sent: tuple[SignedEnvelope, Any]) -> list[Entry]:
    numbers = {node_of(number): number for number in (1, 2, 3, 4)}
    return [entry(signed, institution=numbers[signed.node]) for signed, _ in sent]


def chosen(number: int, attempt: int, became: Became) -> Choice:
    return Choice(STUDY, number, attempt, became)


def contributions(swarm: Swarm, last: int, *logs: list[Any]) -> dict[int, int]:
    """What a record made of these logs credits."""
    whole = Chronicle.joined([Chronicle.of(STUDY, log) for log in logs])
    return whole.record(swarm.history.study, last, swarm.history.time).contributions()


def test_a_round_of_which_it_knows_nothing_is_in_no_record(swarm: Swarm, tmp_path: Path) -> None:
    """As where another site merged it: who contributed there would be told of as silent."""
    chronicle = Chronicle(STUDY)
    for number, round_ in ((1, 1), (2, 1), (1, 3), (2, 3)):
        note(chronicle, swarm.send(number, round_))
    study, at = swarm.history.study, swarm.history.time
    assert chronicle.record(study, 1, at).contributions() == {1: 1, 2: 1}
    model = swarm.write_model(np.zeros(3), "model")
    for last in (2, 3):
        with pytest.raises(RoundUnknown, match="nothing of round 2"):
            chronicle.record(study, last, at)
        with pytest.raises(RoundUnknown):
            chronicle.package(tmp_path / "out", study, last, at, model=model)
    chronicle.leave_out(2)
    with pytest.raises(RoundUnknown, match="nothing of round 4"):
        chronicle.record(study, 10**9, at)
    assert chronicle.record(study, 3, at).contributions() == {1: 2, 2: 2}


@pytest.mark.parametrize(
    ("reason", "knows"),
    [
        (Reason.NODE_REVOKED, True),
        (Reason.NODE_UNKNOWN, True),
        (Reason.UPDATE_MISMATCH, True),
        (Reason.WRONG_ROUND, False),
        (Reason.SIGNATURE_INVALID, False),
        (Reason.STALE_VIEW, False),
        (Reason.UNKNOWN, False),
    ],
)
def test_a_refusal_tells_of_a_round_only_if_the_round_was_open(
    swarm: Swarm, reason: Reason, knows: bool
) -> None:
    """Anybody can send a gate an envelope for a round that another site merges."""
    chronicle = Chronicle(STUDY)
    note(chronicle, swarm.send(1), reason)
    study, at = swarm.history.study, swarm.history.time
    if not knows:
        with pytest.raises(RoundUnknown):
            chronicle.record(study, 1, at)
        chronicle.leave_out(1)
    assert len(chronicle.record(study, 1, at).refused) == 1


def test_a_round_in_which_nobody_came_is_known_if_it_was_opened(swarm: Swarm) -> None:
    chronicle = Chronicle(STUDY)
    chronicle.open(1, 1)
    note(chronicle, swarm.send(1, 2))
    record = chronicle.record(swarm.history.study, 2, swarm.history.time)
    assert (record.contributions(), record.silent) == ({1: 1}, (2, 3, 4))


def test_several_logs_tell_of_rounds_that_several_sites_merged(
    swarm: Swarm, tmp_path: Path
) -> None:
    rounds = [[swarm.send(number, round_) for number in (1, 2, 3)] for round_ in (1, 2, 3)]
    ours, theirs = accepted(*rounds[0], *rounds[2]), accepted(*rounds[1][1:])
    # A stray envelope that was meant for the other site.
    ours.append(entry(rounds[1][1][0], Reason.WRONG_ROUND, 2))
    merged = [rounds[0], rounds[1][1:], rounds[2]]
    study, at = swarm.history.study, swarm.history.time
    for logs in ([ours, theirs], [theirs, ours], [ours, theirs, ours]):
        assert contributions(swarm, 3, *logs) == {1: 2, 2: 3, 3: 3}
    whole = Chronicle.joined([Chronicle.of(STUDY, log) for log in (ours, theirs)])
    package = whole.package(
        tmp_path / "out",
        study,
        3,
        at,
        model=swarm.model(merged, "model"),
        updates={each[0].envelope.update: each[1] for each in (*merged[0], *merged[1], *merged[2])},
    )
    assert (package.record.refused, package.record.silent) == ((), (4,))
    assert not swarm.examine(package).refused


def test_updates_that_were_saved_serve_whoever_packs_the_rounds_of_several_sites(
    swarm: Swarm, tmp_path: Path
) -> None:
    rounds = [[swarm.send(number, round_) for number in (1, 2)] for round_ in (1, 2)]
    crashed, folder = swarm.send(3, 2), tmp_path / "updates"
    for sent in rounds:
        site = Chronicle(STUDY)
        for each in sent:
            note(site, each)
        # One of a round that was left out, one that was refused, and one without its arrays.
        note(site, swarm.send(4, 7))
        site.leave_out(7)
        note(site, swarm.send(3, 8), Reason.NODE_REVOKED)
        note(site, (swarm.send(3, 9)[0], None))
        site.save_updates(folder)
    assert {each.stem for each in folder.iterdir()} == {
        each[0].envelope.update.hex() for sent in rounds for each in sent
    }
    logs = [accepted(*rounds[0]), accepted(*rounds[1]), [entry(crashed[0], Reason.WRONG_ROUND, 3)]]
    package = Chronicle.joined([Chronicle.of(STUDY, log) for log in logs]).package(
        tmp_path / "out",
        swarm.history.study,
        2,
        swarm.history.time,
        model=swarm.model(rounds, "model"),
        updates={bytes.fromhex(each.stem): stored_arrays(each) for each in folder.iterdir()},
    )
    assert swarm.examine(package).level is Level.MERGE_RECOMPUTED


def test_two_sites_that_merged_one_attempt_differently_are_no_one_record(swarm: Swarm) -> None:
    one, two, three = (swarm.send(number) for number in (1, 2, 3))
    logs = accepted(one, two), accepted(two, three)
    with pytest.raises(LogsDisagree, match="round 1, attempt 1"):
        contributions(swarm, 1, *logs)
    # What both merged alike, each for itself, they do not disagree on.
    assert contributions(swarm, 1, accepted(one, two), accepted(two, one)) == {1: 1, 2: 1}
    # Nor does it matter what they say of a round that is final.
    swarm.finish(swarm.package([one, two]))
    again = swarm.send(1, 2)
    assert contributions(swarm, 2, [*logs[0], *accepted(again)], logs[1]) == {1: 1}


@pytest.mark.parametrize("became", [Became.LEFT_OUT, Became.OPENED])
def test_a_log_that_left_out_what_another_merged_disagrees_with_it(
    swarm: Swarm, became: Became
) -> None:
    one, two = swarm.send(1), swarm.send(2)
    logs = accepted(one, two), [*accepted(one), chosen(1, 1, became)]
    with pytest.raises(LogsDisagree):
        contributions(swarm, 1, *logs)
    whole = Chronicle.joined([Chronicle.of(STUDY, log) for log in logs])
    whole.leave_out(1)
    assert not whole.record(swarm.history.study, 1, swarm.history.time).accepted


def test_the_highest_attempt_counts_whichever_log_tells_of_it(swarm: Swarm) -> None:
    one, two = swarm.send(1), swarm.send(2)
    again = swarm.send(3, attempt=2)
    for became, credited in ((Became.MERGED, {3: 1}), (Became.LEFT_OUT, {})):
        later = [*accepted(again), chosen(1, 2, became)]
        for logs in ([accepted(one, two), later], [later, accepted(one, two)]):
            assert contributions(swarm, 1, *logs) == credited
    # One that left a round out without an attempt of it says nothing of which attempt.
    with pytest.raises(LogsDisagree):
        contributions(swarm, 1, accepted(one, two), [chosen(1, 0, Became.LEFT_OUT)])


def test_an_envelope_that_another_gate_refused_for_good_is_disagreed_on(swarm: Swarm) -> None:
    one, two = swarm.send(1), swarm.send(2)
    for reason, agrees in ((Reason.NODE_REVOKED, False), (Reason.NODE_UNKNOWN, True)):
        logs = accepted(one, two), [entry(two[0], reason, 2)]
        if agrees:
            assert contributions(swarm, 1, *logs) == {1: 1, 2: 1}
            continue
        with pytest.raises(LogsDisagree, match="NodeRevoked"):
            contributions(swarm, 1, *logs)


def test_what_became_of_a_round_is_known_again(swarm: Swarm) -> None:
    one, two = swarm.send(1), swarm.send(2)
    log: list[Any] = accepted(one, two)
    assert contributions(swarm, 1, log) == {1: 1, 2: 1}
    assert contributions(swarm, 1, [*log, chosen(1, 1, Became.LEFT_OUT)]) == {}
    again = [*log, chosen(1, 1, Became.MERGED), *accepted(swarm.send(3, attempt=2))]
    assert contributions(swarm, 1, again) == {1: 1, 2: 1}
    assert contributions(swarm, 1, [*again, chosen(1, 2, Became.MERGED)]) == {3: 1}
    # Of another study it says nothing.
    other = Choice("0x" + "11" * 20, 1, 1, Became.LEFT_OUT)
    assert contributions(swarm, 1, [*log, other]) == {1: 1, 2: 1}


def test_a_round_that_was_opened_and_not_ended_is_in_no_record(swarm: Swarm) -> None:
    opened = chosen(1, 1, Became.OPENED)
    log = [opened, *accepted(swarm.send(1))]
    study, at = swarm.history.study, swarm.history.time
    for chronicle in (Chronicle.of(STUDY, log), Chronicle.joined([Chronicle.of(STUDY, log)])):
        with pytest.raises(RoundUndecided, match="round 1"):
            chronicle.record(study, 1, at)
        chronicle.merge(1, 1)
        assert chronicle.record(study, 1, at).contributions() == {1: 1}
    # Though nobody had come yet: it may have been opened again elsewhere.
    with pytest.raises(RoundUndecided):
        Chronicle.of(STUDY, [opened]).record(study, 1, at)
    later = chosen(1, 2, Became.OPENED)
    merged = [*log, chosen(1, 1, Became.MERGED)]
    for logs in ([[opened]], [merged, [later]], [[later], merged]):
        with pytest.raises(RoundUndecided):
            contributions(swarm, 1, *logs)
    assert contributions(swarm, 1, [opened], merged) == {1: 1}
