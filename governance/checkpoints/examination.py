"""What a checkpoint's package proves, held against the history alone.

Nobody's word is taken: not the publisher's for who contributed, nor for what was merged. The rules,
in the order in which they are asked:

 1. The checkpoint is published (`CheckpointNotPublished`), and what was published is what the
    package holds: the record (`RecordOther`), the rounds since the parent (`RoundsOther`), the
    envelopes' root (`EnvelopesRootOther`), the contributions (`ContributionsOther`) of at least as
    many institutions as the terms ask for (`ContributorsTooFew`), the model (`ModelOther`).
 2. Every envelope that the record names is there and no other (`EnvelopeMissing`,
    `EnvelopeUnlisted`); whose update is said to have been refused did send it (`RefusalUnproven`).
 3. Every update merged was rightly announced, by the gate's rules and under their names: chain and
    study, signature, node (`NodeForeign`: of another institution than the record says),
    authorisation (in the history that the node knew when it signed, or at the publication),
    version, round, parent, records, deadline. One attempt of a round was merged (`AttemptsMixed`),
    and no two updates by one node (`Equivocation`).
 4. Where the own gate's evidence is at hand: it refused none of them (`RefusedHere`) by a
    reason that uses up the attempt, saw no other by the same node for the same attempt
    (`Equivocation`; `OwnReplaced` for an own node). Whose update it accepted and the record leaves
    out is told (`LeftOut`, `OwnLeftOut`), which refuses nothing.
 5. Where a merge is given: the updates are those announced (`UpdateMismatch`), and merging them
    round by round gives the model bit for bit (`MergeOther`, `MergeInvalid`); files without arrays
    are the parent's (`ModelFilesOther`). What is not at hand for that (`UpdatesMissing`,
    `ParentModelMissing`) leaves the level at the set.

The examination reads the package's files, and nothing else: no chain, no clock.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from governance.checkpoints.findings import Examination, Finding
from governance.checkpoints.merge_rules import of_merge
from governance.checkpoints.set_rules import digest_of, of_envelopes, of_evidence, of_publication
from governance.checkpoints.subject import Past, Subject, published
from governance.primitives import to_hex
from governance.vocabulary import ZERO_DIGEST, Level, Publication

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from governance.checkpoints.envelope import SignedEnvelope
    from governance.checkpoints.merging import Merge
    from governance.checkpoints.package import Package
    from governance.gate import Entry
    from governance.history import Record


def examine(
    package: Package,
    records: Sequence[Record],
    checkpoint: bytes,
    *,
    chain_id: int,
    merge: Merge | None = None,
    parent_model: Path | None = None,
    institution: int = 0,
    evidence: Iterable[Entry] = (),
) -> Examination:
    """Examines the package of a published checkpoint.

    Args:
        package: The package, as it came.
        records: All events of record, from the founding on, proven by whoever hands them in.
        checkpoint: The checkpoint's identity.
        chain_id: The chain's number.
        merge: How updates are merged in this study, where the merge shall be computed again.
        parent_model: The parent's model as this node has it (a file or a folder); before the first
            checkpoint, the model that all begin with, where the merge goes on from it.
        institution: Who examines, to be told of its own updates; 0 for nobody.
        evidence: What the examiner's own gate decided.

    Raises:
        HistoryMalformed, HistoryInconsistent: The records are no history.
        EvidenceCorrupt: The evidence log is not what a gate wrote.
        MergeWithoutNumpy: A merge is to be computed again and numpy is not installed.
    """
    subject = published(records, checkpoint, chain_id)
    if subject is None:
        sentence = f"The history knows no publication of checkpoint {to_hex(checkpoint)}."
        missing = Finding("CheckpointNotPublished", sentence)
        return Examination(checkpoint, "", package.record.last, Level.NONE, (missing,))
    return _examined(subject, package, merge, parent_model, (institution, evidence))


def examine_draft(
    package: Package,
    records: Sequence[Record],
    study: str,
    *,
    chain_id: int,
    merge: Merge | None = None,
    parent_model: Path | None = None,
    institution: int = 0,
    evidence: Iterable[Entry] = (),
) -> Examination:
    """Examines a package before its checkpoint is published, as if it were published now.

    Args:
        package: The package.
        records: All events of record.
        study: Address of the study's contract.
        chain_id: The chain's number.
        merge: As for `examine`, like those that follow.
        parent_model: As for `examine`.
        institution: As for `examine`.
        evidence: As for `examine`.

    Raises:
        StudyUnknown: The history knows no such study.
        HistoryMalformed, HistoryInconsistent, EvidenceCorrupt: As for `examine`.
    """
    past = Past(records)
    known = past.state(len(records)).study(study)
    record = package.record
    said = Publication(
        round=record.last,
        parent=known.last_checkpoint,
        digest=digest_of(package) or ZERO_DIGEST,
        contributions=(),
        envelopes_root=record.envelopes_root(),
        round_record=record.digest(),
    )
    subject = Subject(ZERO_DIGEST, study, chain_id, said, known.in_force, len(records), past)
    return _examined(subject, package, merge, parent_model, (institution, evidence))


def _examined(
    subject: Subject,
    package: Package,
    merge: Merge | None,
    parent_model: Path | None,
    own: tuple[int, Iterable[Entry]],
) -> Examination:
    merged: list[SignedEnvelope] = []
    findings = [
        *of_publication(subject, package),
        *of_envelopes(subject, package, merged),
        *of_evidence(subject, package, merged, *own),
    ]
    level = Level.SET_CHECKED
    if merge is not None and not any(each.refuses for each in findings):
        recomputed = list(of_merge(subject, package, merged, merge, parent_model))
        findings += recomputed
        level = Level.SET_CHECKED if recomputed else Level.MERGE_RECOMPUTED
    if any(each.refuses for each in findings):
        level = Level.NONE
    return Examination(
        checkpoint=subject.identity,
        study=subject.address,
        round=subject.said.round,
        level=level,
        findings=tuple(sorted(findings, key=lambda each: not each.refuses)),
    )
