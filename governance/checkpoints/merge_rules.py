"""Rule 5 of an examination: the merge, computed again."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from governance.checkpoints.arrays import SUFFIXES, stored_arrays
from governance.checkpoints.errors import CheckpointError
from governance.checkpoints.findings import Finding
from governance.checkpoints.manifest import model_digest, model_manifest
from governance.checkpoints.merging import Loaded, recompute
from governance.checkpoints.set_rules import sentence
from governance.checkpoints.update import update_digest, update_digests
from governance.vocabulary import ZERO_DIGEST

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from governance.checkpoints.envelope import SignedEnvelope
    from governance.checkpoints.merging import Merge
    from governance.checkpoints.package import Package
    from governance.checkpoints.subject import Subject


def of_merge(
    subject: Subject,
    package: Package,
    merged: Sequence[SignedEnvelope],
    merge: Merge,
    parent_model: Path | None,
) -> Iterator[Finding]:
    """Rule 5; nothing at all if the merge was computed again and gave the model."""
    missing = {each.envelope.update for each in merged} - package.updates
    if missing:
        told = f"{len(missing)} of the updates merged are not in the package."
        yield Finding("UpdatesMissing", told, refuses=False)
        return
    if parent_model is None and subject.study.last_digest != ZERO_DIGEST:
        told = "The parent's model is not at hand."
        yield Finding("ParentModelMissing", told, refuses=False)
        return
    try:
        parent = model_manifest(parent_model) if parent_model is not None else None
        if parent and subject.study.last_digest not in (ZERO_DIGEST, model_digest(parent)):
            yield Finding("ParentModelOther", "The model at hand is not the parent's.")
            return
        rounds: dict[int, list[tuple[SignedEnvelope, Loaded]]] = defaultdict(list)
        updates = [package.update(signed.envelope.update) for signed in merged]
        digests = update_digests(updates)
        for signed, arrays, digest in zip(merged, updates, digests, strict=True):
            if digest != signed.envelope.update:
                yield Finding("UpdateMismatch", sentence("UpdateMismatch", signed))
                return
            rounds[signed.envelope.round].append((signed, Loaded(arrays)))
        before = Loaded(stored_arrays(parent_model)) if parent_model is not None else {}
        found = recompute(merge, before, [rounds[number] for number in sorted(rounds)])
        if update_digest(found) != update_digest(stored_arrays(package.model)):
            yield Finding("MergeOther", "Merging the updates gives another model.")
            return
        plain = {each for each in package.manifest().files if not each.path.endswith(SUFFIXES)}
    except CheckpointError as error:
        yield Finding(error.code, error.message)
        return
    theirs = {each for each in parent.files if not each.path.endswith(SUFFIXES)} if parent else ()
    if plain != set(theirs):
        yield Finding(
            "ModelFilesOther",
            "Files of the model that hold no arrays are not those of the model before.",
            refuses=parent is not None,
        )
