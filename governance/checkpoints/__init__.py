"""Checkpoints: the digests of models and updates, the round's record, and a checkpoint's identity.

Every digest here names its scheme, so that no digest of one kind can stand for one of another.
"""

from __future__ import annotations

from governance.checkpoints.errors import (
    CheckpointError,
    ModelFilesInvalid,
    RoundRecordInvalid,
    UpdateInvalid,
)
from governance.checkpoints.identity import checkpoint_id, envelopes_root, publication
from governance.checkpoints.manifest import (
    MODEL_SCHEME,
    ModelFile,
    ModelManifest,
    model_digest,
    model_manifest,
)
from governance.checkpoints.rounds import (
    ROUND_SCHEME,
    Accepted,
    Refused,
    RoundRecord,
    round_record_from_canonical,
)
from governance.checkpoints.update import UPDATE_SCHEME, update_digest

__all__ = [
    "MODEL_SCHEME",
    "ROUND_SCHEME",
    "UPDATE_SCHEME",
    "Accepted",
    "CheckpointError",
    "ModelFile",
    "ModelFilesInvalid",
    "ModelManifest",
    "Refused",
    "RoundRecord",
    "RoundRecordInvalid",
    "UpdateInvalid",
    "checkpoint_id",
    "envelopes_root",
    "model_digest",
    "model_manifest",
    "publication",
    "round_record_from_canonical",
    "update_digest",
]
