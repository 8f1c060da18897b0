"""What a node remembers of the rounds, for the record and the package of the next checkpoint."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from governance.checkpoints import (
    Accepted,
    Chronicle,
    Package,
    Refused,
    RoundRecordInvalid,
    update_digest,
)
from governance.gate import Reason
from governance.history import events as e
from governance.vocabulary import Ground
from tests.unit.checkpoints.swarm import STUDY, Swarm, entry
from tests.unit.gate.world import node_of

if TYPE_CHECKING:
    from pathlib import Path

    from governance.checkpoints import SignedEnvelope


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
