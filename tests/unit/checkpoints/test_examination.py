"""What a package proves, and everything that it must not get away with."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from governance.checkpoints import (
    Accepted,
    CheckpointRefused,
    Package,
    PackageInvalid,
    RoundRecord,
    examine,
    examine_draft,
    merge_by_name,
    update_file_digest,
    write_safetensors,
)
from governance.gate import PASSING, Reason
from governance.history import events as e
from governance.terms import parameters
from governance.vocabulary import ZERO_DIGEST, Contribution, Ground, Level
from tests.unit.checkpoints.swarm import CHAIN_ID, MERGE, STUDY, Swarm, entry
from tests.unit.gate.world import TERMS, node_of

if TYPE_CHECKING:
    from pathlib import Path

    from governance.checkpoints import Examination


@pytest.fixture
def swarm(tmp_path: Path) -> Swarm:
    return Swarm(tmp_path)


def codes(examination: Examination) -> list[str]:
    return [each.code for each in examination.findings]


def refused_for(examination: Examination, code: str) -> bool:
    assert examination.refused, examination
    assert code in codes(examination), examination.findings
    with pytest.raises(CheckpointRefused) as caught:
        examination.require()
    assert caught.value.code == examination.findings[0].code
    assert all(each.sentence.endswith(".") for each in examination.findings)
    return True


# --- what can be attested -------------------------------------------------------------------------


def test_an_honest_merge_is_recomputed_bit_for_bit(swarm: Swarm) -> None:
    merged = [swarm.send(number, round_) for round_ in (1, 2, 3) for number in (1, 2, 3)]
    found = swarm.examine(swarm.package(merged))
    assert (found.level, found.findings) == (Level.MERGE_RECOMPUTED, ())
    assert found.require() is Level.MERGE_RECOMPUTED


def test_the_next_checkpoint_goes_on_from_the_one_before(swarm: Swarm) -> None:
    swarm.finish(swarm.package([swarm.send(1), swarm.send(2)], "first"))
    merged = [swarm.send(number, round_) for round_ in (2, 3) for number in (2, 3, 4)]
    assert swarm.examine(swarm.package(merged)).level is Level.MERGE_RECOMPUTED


def test_without_a_merge_the_set_is_what_was_checked(swarm: Swarm) -> None:
    package = swarm.package([swarm.send(1), swarm.send(2)])
    assert swarm.examine(package, merge=None).level is Level.SET_CHECKED


def test_without_the_updates_the_set_is_what_was_checked(swarm: Swarm) -> None:
    package = swarm.package([swarm.send(1), swarm.send(2)], updates=False)
    found = swarm.examine(package)
    assert (found.level, codes(found)) == (Level.SET_CHECKED, ["UpdatesMissing"])


def test_without_the_parents_model_the_set_is_what_was_checked(swarm: Swarm) -> None:
    swarm.finish(swarm.package([swarm.send(1), swarm.send(2)], "first"))
    found = swarm.examine(swarm.package([swarm.send(1, 2), swarm.send(2, 2)]), parent_model=None)
    assert (found.level, codes(found)) == (Level.SET_CHECKED, ["ParentModelMissing"])


def test_a_node_revoked_after_its_update_was_merged_is_no_fault(swarm: Swarm) -> None:
    merged = [swarm.send(1), swarm.send(2)]
    swarm.history.emit(e.NodeRegistered(2, node_of(9))).later()
    swarm.revoke(2)
    assert swarm.examine(swarm.package(merged)).level is Level.MERGE_RECOMPUTED


def test_a_later_attempt_at_a_round_counts_as_any(swarm: Swarm) -> None:
    merged = [swarm.send(number, 1, attempt=3) for number in (1, 2)]
    assert swarm.examine(swarm.package(merged)).level is Level.MERGE_RECOMPUTED


def test_what_was_refused_travels_too(swarm: Swarm) -> None:
    stranger, _ = swarm.send(9)
    package = swarm.package([swarm.send(1), swarm.send(2)], refused=[(stranger, "NodeUnknown")])
    assert swarm.examine(package).level is Level.MERGE_RECOMPUTED


def test_the_same_is_asked_before_it_is_published(swarm: Swarm) -> None:
    package = swarm.package([swarm.send(1), swarm.send(2)])
    records = swarm.history.records
    draft = examine_draft(package, records, STUDY, chain_id=CHAIN_ID)
    assert (draft.level, draft.checkpoint) == (Level.SET_CHECKED, ZERO_DIGEST)
    alone = swarm.package([swarm.send(1)], "alone")
    refused = examine_draft(alone, records, STUDY, chain_id=CHAIN_ID)
    assert refused_for(refused, "ContributorsTooFew")


# --- what was published -------------------------------------------------------------------------


def test_a_checkpoint_that_nobody_published_is_refused(swarm: Swarm) -> None:
    package = swarm.package([swarm.send(1), swarm.send(2)])
    assert refused_for(swarm.examine(package, bytes([7] * 32)), "CheckpointNotPublished")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"round_record": bytes([1] * 32)}, "RecordOther"),
        ({"envelopes_root": bytes([1] * 32)}, "EnvelopesRootOther"),
        ({"digest": bytes([1] * 32)}, "ModelOther"),
        ({"contributions": (Contribution(1, 1), Contribution(3, 1))}, "ContributionsOther"),
        ({"round": 2}, "RoundsOther"),
    ],
)
def test_what_was_published_otherwise_is_refused(
    swarm: Swarm, changes: dict[str, Any], code: str
) -> None:
    package = swarm.package([swarm.send(1), swarm.send(2)])
    assert refused_for(swarm.examine(package, swarm.publish(package, **changes)), code)


def test_a_model_changed_on_the_way_is_refused(swarm: Swarm) -> None:
    package = swarm.package([swarm.send(1), swarm.send(2)])
    identity = swarm.publish(package)
    np.save(package.model / "weights.npy", np.zeros(3))
    assert refused_for(swarm.examine(package, identity), "ModelOther")


def test_a_model_that_is_none_is_refused(swarm: Swarm) -> None:
    package = swarm.package([swarm.send(1), swarm.send(2)])
    identity = swarm.publish(package)
    (package.model / "weights.npy").unlink()
    (package.model / "weights.npy").symlink_to("/etc/passwd")
    assert refused_for(swarm.examine(package, identity), "ModelOther")


def test_a_record_that_begins_too_late_is_refused(swarm: Swarm) -> None:
    sent = [swarm.send(1, 2), swarm.send(2, 2)]
    record = RoundRecord(
        2, 2, tuple(Accepted(2, n, s.envelope.digest) for n, (s, _) in enumerate(sent, 1))
    )
    assert refused_for(swarm.examine(swarm.package(sent, record=record)), "RoundsOther")


# --- envelopes ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"chain_id": 1}, "ForeignChain"),
        ({"study": "0x" + "11" * 20}, "ForeignStudy"),
        ({"key": bytes([7] * 32)}, "SignatureInvalid"),
        ({"terms_version": 2}, "WrongVersion"),
        ({"parent": bytes([1] * 32)}, "WrongParent"),
        ({"records": 0}, "RecordsMissing"),
        ({"history_length": 10_000}, "AheadOfView"),
        ({"deadline": 1}, "DeadlineOver"),
    ],
)
def test_an_update_wrongly_announced_is_refused(
    swarm: Swarm, changes: dict[str, Any], code: str
) -> None:
    package = swarm.package([swarm.send(1), swarm.send(2), swarm.send(3, **changes)])
    assert refused_for(swarm.examine(package), code)


def test_a_node_that_nobody_registered_is_refused(swarm: Swarm) -> None:
    package = swarm.package(
        [swarm.send(1), swarm.send(2), swarm.send(9)], institutions={node_of(9): 3}
    )
    assert refused_for(swarm.examine(package), "NodeUnknown")


def test_a_node_under_anothers_name_is_refused(swarm: Swarm) -> None:
    package = swarm.package([swarm.send(1), swarm.send(2)], institutions={node_of(2): 3})
    assert refused_for(swarm.examine(package), "NodeForeign")


def test_a_node_revoked_before_it_signed_is_refused(swarm: Swarm) -> None:
    swarm.revoke(3)
    package = swarm.package([swarm.send(1), swarm.send(2), swarm.send(3)])
    assert refused_for(swarm.examine(package), "NodeRevoked")


def test_an_institution_that_had_withdrawn_is_refused(swarm: Swarm) -> None:
    swarm.history.emit(e.StudyWithdrawn(3, int(Ground.LEGAL), bytes(32))).later()
    package = swarm.package([swarm.send(1), swarm.send(2), swarm.send(3)])
    assert refused_for(swarm.examine(package), "Withdrawn")


def test_records_told_against_the_terms_are_refused(tmp_path: Path) -> None:
    quiet = TERMS.model_copy(update={"data": TERMS.data.model_copy(update={"records": "none"})})
    swarm = Swarm(tmp_path, terms=quiet)
    package = swarm.package([swarm.send(1), swarm.send(2)])
    assert refused_for(swarm.examine(package), "RecordsForbidden")


def test_terms_that_the_contract_does_not_enforce_are_refused(tmp_path: Path) -> None:
    swarm = Swarm(tmp_path, enforced=replace(parameters(TERMS), minimum_contributors=1))
    assert refused_for(swarm.examine(swarm.package([swarm.send(1)])), "TermsMismatch")


def test_two_updates_by_one_node_are_refused(swarm: Swarm) -> None:
    again = swarm.send(2, 1, deadline=swarm.history.time + 700)
    package = swarm.package([swarm.send(1), swarm.send(2), again])
    assert refused_for(swarm.examine(package), "Equivocation")


def test_updates_of_two_attempts_are_refused(swarm: Swarm) -> None:
    package = swarm.package([swarm.send(1, 1, attempt=1), swarm.send(2, 1, attempt=2)])
    assert refused_for(swarm.examine(package), "AttemptsMixed")


def test_an_envelope_that_is_not_there_is_refused(swarm: Swarm) -> None:
    package = swarm.package([swarm.send(1), swarm.send(2)])
    identity = swarm.publish(package)
    short = replace(package, envelopes=package.envelopes[:1])
    assert refused_for(swarm.examine(short, identity), "EnvelopeMissing")


def test_an_envelope_that_the_record_does_not_name_is_refused(swarm: Swarm) -> None:
    package = swarm.package([swarm.send(1), swarm.send(2)], others=[swarm.send(3)[0]])
    assert refused_for(swarm.examine(package), "EnvelopeUnlisted")


def test_a_refusal_of_what_an_institution_never_sent_is_refused(swarm: Swarm) -> None:
    made_up, _ = swarm.send(3, key=bytes([7] * 32))
    package = swarm.package([swarm.send(1), swarm.send(2)], refused=[(made_up, "WrongParent")])
    assert refused_for(swarm.examine(package), "RefusalUnproven")


# --- the own evidence -----------------------------------------------------------------------------


def test_what_the_own_gate_refused_and_was_merged_is_refused(swarm: Swarm) -> None:
    merged = [swarm.send(1), swarm.send(2), swarm.send(3)]
    evidence = [entry(merged[0][0]), entry(merged[2][0], Reason.DEADLINE_OVER)]
    found = swarm.examine(swarm.package(merged), evidence=evidence)
    assert refused_for(found, "RefusedHere")
    assert "DeadlineOver" in found.findings[0].sentence


@pytest.mark.parametrize("reason", sorted(PASSING))
def test_what_tells_of_the_own_gate_or_of_a_stranger_refuses_nothing(
    swarm: Swarm, reason: Reason
) -> None:
    """Anybody can send a copy of an envelope to a gate, with something else under it."""
    merged = [swarm.send(1), swarm.send(2)]
    found = swarm.examine(swarm.package(merged), evidence=[entry(merged[1][0], reason)])
    assert found.level is Level.MERGE_RECOMPUTED


def test_what_the_own_gate_accepted_in_the_end_refuses_nothing(swarm: Swarm) -> None:
    merged = [swarm.send(1), swarm.send(2)]
    evidence = [entry(merged[1][0], Reason.DEADLINE_OVER), entry(merged[1][0])]
    assert swarm.examine(swarm.package(merged), evidence=evidence).level is Level.MERGE_RECOMPUTED


def test_a_spoilt_copy_neither_accuses_nor_covers(swarm: Swarm) -> None:
    """Anybody can spoil the signature of somebody else's envelope, and hand it in."""
    merged = [swarm.send(1), swarm.send(2), swarm.send(3)]
    spoilt = [replace(signed, signature=bytes(65)) for signed, _ in merged]
    made_up = replace(swarm.send(1, deadline=5)[0], signature=bytes(65))
    evidence = [
        entry(made_up, Reason.STALE_VIEW),
        entry(spoilt[0], Reason.SIGNATURE_INVALID),
        entry(merged[1][0]),
        entry(spoilt[1], Reason.SIGNATURE_INVALID),
    ]
    package = swarm.package(merged)
    identity = swarm.publish(package)
    assert not swarm.examine(package, identity, evidence=evidence).refused
    evidence += [
        entry(merged[2][0], Reason.NODE_REVOKED),
        entry(spoilt[2], Reason.SIGNATURE_INVALID),
        entry(merged[2][0], Reason.STALE_VIEW),
    ]
    assert refused_for(swarm.examine(package, identity, evidence=evidence), "RefusedHere")


def test_an_own_update_replaced_by_another_is_refused(swarm: Swarm) -> None:
    merged = [swarm.send(1), swarm.send(2)]
    mine, _ = swarm.send(2, 1, deadline=swarm.history.time + 700)
    evidence = [entry(mine, institution=2)]
    found = swarm.examine(swarm.package(merged), institution=2, evidence=evidence)
    assert refused_for(found, "OwnReplaced")
    other = swarm.package(merged, "other")
    found = swarm.examine(other, swarm.publish(other, 3), institution=1, evidence=evidence)
    assert refused_for(found, "Equivocation")


def test_who_was_left_out_is_told(swarm: Swarm) -> None:
    merged, mine, theirs = [swarm.send(1), swarm.send(2)], swarm.send(3)[0], swarm.send(4)[0]
    evidence = [entry(each) for each in (merged[0][0], merged[1][0], mine, theirs)]
    found = swarm.examine(swarm.package(merged), institution=3, evidence=evidence)
    assert found.level is Level.MERGE_RECOMPUTED
    assert sorted(codes(found)) == ["LeftOut", "OwnLeftOut"]


def test_an_attempt_that_crashed_leaves_nobody_out(swarm: Swarm) -> None:
    merged = [swarm.send(number, 1, attempt=2) for number in (1, 2)]
    crashed, _ = swarm.send(2, 1, attempt=1)
    found = swarm.examine(swarm.package(merged), institution=2, evidence=[entry(crashed)])
    assert (found.level, found.findings) == (Level.MERGE_RECOMPUTED, ())


# --- the merge ------------------------------------------------------------------------------------


def test_honest_envelopes_over_another_merge_are_refused(swarm: Swarm) -> None:
    merged = [swarm.send(1), swarm.send(2)]
    truth = np.load(swarm.model([merged], "truth") / "weights.npy")
    lie = swarm.write_model(np.nextafter(truth, np.inf), "lie")
    package = swarm.package(merged, model=lie)
    assert swarm.examine(package, merge=None).level is Level.SET_CHECKED
    identity = swarm.history.study.candidates()[0].identity
    assert refused_for(swarm.examine(package, identity), "MergeOther")


def test_an_update_exchanged_in_the_package_is_refused(swarm: Swarm) -> None:
    merged = [swarm.send(1), swarm.send(2)]
    package = swarm.package(merged)
    file = package.folder / "updates" / f"{merged[0][0].envelope.update.hex()}.safetensors"
    write_safetensors(file, {"weights": np.zeros(3)})
    assert refused_for(swarm.examine(package), "UpdateMismatch")


def test_an_update_that_is_no_array_is_refused(swarm: Swarm) -> None:
    merged = [swarm.send(1), swarm.send(2)]
    package = swarm.package(merged)
    file = package.folder / "updates" / f"{merged[0][0].envelope.update.hex()}.safetensors"
    file.write_bytes(b"\xff" * 64)
    assert refused_for(swarm.examine(package), "UpdateInvalid")


def test_another_parents_model_is_refused(swarm: Swarm) -> None:
    swarm.finish(swarm.package([swarm.send(1), swarm.send(2)], "first"))
    package = swarm.package([swarm.send(1, 2), swarm.send(2, 2)])
    other = swarm.write_model(np.zeros(3), "other")
    assert refused_for(swarm.examine(package, parent_model=other), "ParentModelOther")


def test_a_file_beside_the_arrays_must_be_the_parents(swarm: Swarm) -> None:
    merged = [swarm.send(1), swarm.send(2)]
    model = swarm.model([merged], "changed")
    (model / "config.json").write_text('{"layers": 2}')
    assert refused_for(swarm.examine(swarm.package(merged, model=model)), "ModelFilesOther")


def test_without_a_model_to_begin_with_files_beside_the_arrays_keep_the_level_low(
    swarm: Swarm,
) -> None:
    merge, merged = merge_by_name("weighted-mean"), [swarm.send(1), swarm.send(2)]
    model = swarm.write_model(merge({}, merged)["weights"], "mean")
    package = swarm.package(merged, model=model)
    identity = swarm.publish(package)
    found = swarm.examine(package, identity, merge=merge, parent_model=None)
    assert (found.level, codes(found)) == (Level.SET_CHECKED, ["ModelFilesOther"])
    assert swarm.examine(package, identity, merge=merge).level is Level.MERGE_RECOMPUTED


def test_a_rule_of_ones_own_is_recomputed_likewise(swarm: Swarm) -> None:
    def largest(model: Any, updates: Any) -> Any:
        return {"weights": np.max([arrays["weights"] for _, arrays in updates], axis=0)}

    merged = [swarm.send(1), swarm.send(2)]
    model = swarm.write_model(largest({}, merged)["weights"], "largest")
    package = swarm.package(merged, model=model)
    assert swarm.examine(package, merge=largest).level is Level.MERGE_RECOMPUTED


# --- what is written down -------------------------------------------------------------------------


def test_an_examination_is_written_down_line_by_line(swarm: Swarm, tmp_path: Path) -> None:
    package = swarm.package([swarm.send(1), swarm.send(2)])
    path = tmp_path / "kept" / "examinations.jsonl"
    identity = swarm.publish(package)
    swarm.examine(package, identity).write_down(path, 5)
    swarm.examine(replace(package, envelopes=()), identity).write_down(path, 6)
    good, bad = map(json.loads, path.read_text().splitlines())
    assert (good["at"], good["level"], good["findings"]) == (5, "merge-recomputed", [])
    assert (bad["level"], bad["findings"][0]["code"]) == ("none", "EnvelopeMissing")
    assert path.stat().st_mode & 0o077 == 0


def test_no_changed_byte_in_a_package_passes(swarm: Swarm) -> None:
    merged = [swarm.send(number) for number in (1, 2)]
    package = swarm.package(merged, refused=[(swarm.send(3, terms_version=9)[0], "WrongVersion")])
    identity = swarm.publish(package)
    assert swarm.examine(package, identity).level is Level.MERGE_RECOMPUTED
    for path in sorted(each for each in package.folder.rglob("*") if each.is_file()):
        honest = path.read_bytes()
        for place in range(0, len(honest), 7):
            changed = bytearray(honest)
            changed[place] ^= 1
            path.write_bytes(changed)
            try:
                found = swarm.examine(Package.read(package.folder), identity)
            except PackageInvalid:
                continue
            # Names in the header of an update or a blank in it can change without its arrays.
            same = path.parent.name == "updates" and found.level is Level.MERGE_RECOMPUTED
            assert found.refused or same, (path, place)
            if same:
                assert update_file_digest(path).hex() == path.stem
        path.write_bytes(honest)


def test_a_package_from_disk_is_examined_as_it_was_written(swarm: Swarm) -> None:
    package = swarm.package([swarm.send(1), swarm.send(2)])
    identity = swarm.publish(package)
    read = Package.read(package.folder)
    found = examine(
        read,
        swarm.history.records,
        identity,
        chain_id=CHAIN_ID,
        merge=merge_by_name(MERGE),
        parent_model=swarm.write_model(swarm.weights, "p"),
    )
    assert found.level is Level.MERGE_RECOMPUTED
