"""What can be wrong with model files, updates and records of rounds."""

from __future__ import annotations

from governance.errors import CharterError, ExitStatus


class CheckpointError(CharterError):
    """The family of all that can be wrong with what a checkpoint is made of."""


class ModelFilesInvalid(CheckpointError):
    """The files of a model cannot be digested: missing, unreadable, or named ambiguously."""

    code = "ModelFilesInvalid"


class UpdateInvalid(CheckpointError):
    """An update is not a set of named arrays of plain numbers."""

    code = "UpdateInvalid"


class RoundRecordInvalid(CheckpointError):
    """A record of a round contradicts itself, or its bytes are not in canonical form."""

    code = "RoundRecordInvalid"
    exit_status = ExitStatus.UNVERIFIABLE
