"""Checkpoints: envelopes, digests, the rounds' record, and a checkpoint as it travels.

Every digest here names its scheme, so that no digest of one kind can stand for one of another.
"""

from __future__ import annotations

from governance.checkpoints.arrays import StoredArray, stored_arrays, write_safetensors
from governance.checkpoints.choices import Became, Choice
from governance.checkpoints.chronicle import Chronicle
from governance.checkpoints.envelope import ENVELOPE_TYPE, Envelope, EnvelopeInvalid, SignedEnvelope
from governance.checkpoints.errors import (
    CheckpointError,
    CheckpointRefused,
    ContributorsTooFew,
    LogsDisagree,
    MergeInvalid,
    MergeUnknown,
    MergeWithoutNumpy,
    ModelFilesInvalid,
    PackageInvalid,
    PackageTaken,
    RoundRecordInvalid,
    RoundUndecided,
    RoundUnknown,
    UpdateInvalid,
)
from governance.checkpoints.examination import examine, examine_draft
from governance.checkpoints.findings import Examination, Finding
from governance.checkpoints.identity import checkpoint_id, envelopes_root, publication
from governance.checkpoints.manifest import (
    MODEL_SCHEME,
    ModelFile,
    ModelManifest,
    model_digest,
    model_manifest,
)
from governance.checkpoints.merging import MERGES, Loaded, Merge, merge_by_name, recompute
from governance.checkpoints.package import Package, in_order, write_package
from governance.checkpoints.rounds import (
    ROUND_SCHEME,
    Accepted,
    Refused,
    RoundRecord,
    round_record_from_canonical,
)
from governance.checkpoints.update import (
    UPDATE_SCHEME,
    update_digest,
    update_digests,
    update_file_digest,
)

__all__ = [
    "ENVELOPE_TYPE",
    "MERGES",
    "MODEL_SCHEME",
    "ROUND_SCHEME",
    "UPDATE_SCHEME",
    "Accepted",
    "Became",
    "CheckpointError",
    "CheckpointRefused",
    "Choice",
    "Chronicle",
    "ContributorsTooFew",
    "Envelope",
    "EnvelopeInvalid",
    "Examination",
    "Finding",
    "Loaded",
    "LogsDisagree",
    "Merge",
    "MergeInvalid",
    "MergeUnknown",
    "MergeWithoutNumpy",
    "ModelFile",
    "ModelFilesInvalid",
    "ModelManifest",
    "Package",
    "PackageInvalid",
    "PackageTaken",
    "Refused",
    "RoundRecord",
    "RoundRecordInvalid",
    "RoundUndecided",
    "RoundUnknown",
    "SignedEnvelope",
    "StoredArray",
    "UpdateInvalid",
    "checkpoint_id",
    "envelopes_root",
    "examine",
    "examine_draft",
    "in_order",
    "merge_by_name",
    "model_digest",
    "model_manifest",
    "publication",
    "recompute",
    "round_record_from_canonical",
    "stored_arrays",
    "update_digest",
    "update_digests",
    "update_file_digest",
    "write_package",
    "write_safetensors",
]
