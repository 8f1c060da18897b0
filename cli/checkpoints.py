"""What the commands on checkpoints share: which one is meant, and how it is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cli.errors import CheckpointAmbiguous, CheckpointUnknown
from cli.present import hexed, word
from governance.primitives import to_hex

if TYPE_CHECKING:
    from pathlib import Path

    from governance.checkpoints import StoredArray
    from governance.history.study import Checkpoint, Study

SHORTEST = 8
"""Characters of an identity, `0x` included, from which it can stand for the whole."""


def find(study: Study, identity: str) -> Checkpoint:
    """A checkpoint by its identity or the beginning of it.

    Raises:
        CheckpointUnknown: the study has none.
        CheckpointAmbiguous: the beginning is too short, or several have it.
    """
    wanted = identity.lower()
    if len(wanted) < SHORTEST:
        raise CheckpointAmbiguous(identity)
    found = [
        each for each in study.checkpoints.values() if to_hex(each.identity).startswith(wanted)
    ]
    if not found:
        raise CheckpointUnknown(study.number, identity)
    if len(found) > 1:
        raise CheckpointAmbiguous(identity)
    return found[0]


def standing(study: Study, checkpoint: Checkpoint) -> str:
    """Where a checkpoint stands: final, open, or superseded."""
    if checkpoint.sequence is not None:
        return "final"
    return "open" if study.is_candidate(checkpoint) else "superseded"


def as_json(study: Study, checkpoint: Checkpoint) -> dict[str, Any]:
    """What there is to say about a checkpoint."""
    return {
        "checkpoint": to_hex(checkpoint.identity),
        "study": study.number,
        "round": checkpoint.round,
        "standing": standing(study, checkpoint),
        "sequence": checkpoint.sequence,
        "digest": to_hex(checkpoint.digest),
        "parent": hexed(checkpoint.parent),
        "version": checkpoint.version,
        "published_by": checkpoint.institution,
        "node": checkpoint.node,
        "published_at": checkpoint.at,
        "contributions": {str(c.institution): c.rounds for c in checkpoint.contributions},
        "attested_by": [each.institution for each in checkpoint.attestations],
        "levels": {str(each.institution): word(each.level) for each in checkpoint.attestations},
        "quorum": study.version(checkpoint.version).parameters.quorum,
        "envelopes_root": to_hex(checkpoint.envelopes_root),
        "round_record": to_hex(checkpoint.round_record),
    }


def updates_in(folder: Path) -> dict[bytes, dict[str, StoredArray]]:
    """The updates in a folder by their digests; each is a file, or a folder of files.

    Raises:
        UpdateInvalid: something in it is no update.
    """
    from governance.checkpoints import stored_arrays, update_digests  # noqa: PLC0415

    found = [stored_arrays(place) for place in sorted(folder.iterdir())]
    return dict(zip(update_digests(found), found, strict=True))
