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


class RoundUnknown(CheckpointError):
    """A record should cover a round of which whoever writes it knows nothing."""

    code = "RoundUnknown"
    exit_status = ExitStatus.UNVERIFIABLE

    def __init__(self, number: int) -> None:
        super().__init__(
            f"The evidence at hand tells nothing of round {number}, which the checkpoint covers.",
            "Take the evidence logs of all who merged these rounds. If nothing of the round was "
            f"merged, say so (`--left-out {number}`, `Chronicle.leave_out`).",
        )


class RoundUndecided(CheckpointError):
    """A round was opened and updates were accepted, and what became of them nobody has said."""

    code = "RoundUndecided"
    exit_status = ExitStatus.UNVERIFIABLE

    def __init__(self, number: int) -> None:
        super().__init__(
            f"The evidence does not say what became of round {number}: whoever merged ended, or "
            "has not ended yet, between its opening and its merge.",
            "Let it go on, or open the round again with a higher attempt. If the model goes on "
            f"from no update of it, say so (`--left-out {number}`, `Chronicle.leave_out`).",
        )


class LogsDisagree(CheckpointError):
    """Two evidence logs cannot both be right about what was merged."""

    code = "LogsDisagree"
    exit_status = ExitStatus.UNVERIFIABLE

    def __init__(self, number: int, attempt: int, reason: str = "") -> None:
        what = "what was merged"
        if reason:
            what = f"an update that one merged and another's gate refused ({reason})"
        super().__init__(
            f"The evidence logs disagree about round {number}, attempt {attempt}: {what}.",
            "Ask the sites from which of them the model goes on, and take the logs of those that "
            f"merged it. If nothing of it was merged, say so (`--left-out {number}`).",
        )


class ContributorsTooFew(CheckpointError):
    """A checkpoint would have fewer contributors than the terms ask for."""

    code = "ContributorsTooFew"
    exit_status = ExitStatus.REFUSED

    def __init__(self, contributors: int, needed: int) -> None:
        super().__init__(
            f"The checkpoint has {contributors} contributors, and the terms ask for {needed}.",
            "Train further rounds, so that more institutions contribute before it is published.",
        )


class PackageInvalid(CheckpointError):
    """A folder is no package of a checkpoint, or breaks the form that packages have."""

    code = "PackageInvalid"
    exit_status = ExitStatus.UNVERIFIABLE


class PackageTaken(CheckpointError):
    """A package should be written where something else is."""

    code = "PackageTaken"
    exit_status = ExitStatus.LOCAL


class MergeUnknown(CheckpointError):
    """A merge is named that has no such name."""

    code = "MergeUnknown"


class MergeInvalid(CheckpointError):
    """Updates cannot be merged by a rule: they do not fit each other, or give no finite numbers."""

    code = "MergeInvalid"
    exit_status = ExitStatus.UNVERIFIABLE


class MergeWithoutNumpy(CharterError):
    """A merge should be computed, and numpy is not installed."""

    code = "MergeWithoutNumpy"
    exit_status = ExitStatus.LOCAL

    def __init__(self) -> None:
        super().__init__(
            "Computing a merge needs the package numpy, which is not installed.",
            "Install it with `pip install numpy`.",
        )


class CheckpointRefused(CheckpointError):
    """A package does not prove what its checkpoint claims; the code is the first reason's."""

    exit_status = ExitStatus.UNVERIFIABLE
