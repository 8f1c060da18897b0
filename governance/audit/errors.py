"""What can be wrong with evidence."""

from __future__ import annotations

from governance.errors import CharterError, ExitStatus

_ASK_AGAIN = "Believe nothing in it; collect the evidence anew, or ask another institution for it."


class EvidenceMalformed(CharterError):
    """A file is no evidence bundle, or not in the one form that it has."""

    code = "EvidenceMalformed"
    exit_status = ExitStatus.UNVERIFIABLE

    def __init__(self, reason: str) -> None:
        super().__init__(f"This is no evidence bundle in canonical form: {reason}.", _ASK_AGAIN)


class EvidenceForeign(CharterError):
    """Evidence is of another swarm than the trust file names."""

    code = "EvidenceForeign"
    exit_status = ExitStatus.UNVERIFIABLE

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"The evidence and the trust file do not belong together: {reason}.",
            "Take the trust file of the swarm that the evidence is of.",
        )


class EvidenceUnproven(CharterError):
    """Evidence does not prove the history that it tells."""

    code = "EvidenceUnproven"
    exit_status = ExitStatus.UNVERIFIABLE

    def __init__(self, reason: str) -> None:
        super().__init__(f"The evidence does not prove its history: {reason}.", _ASK_AGAIN)


class EvidenceOld(CharterError):
    """Evidence ends before the time that was asked for."""

    code = "EvidenceOld"
    exit_status = ExitStatus.UNVERIFIABLE

    def __init__(self, until: str, wanted: str) -> None:
        super().__init__(
            f"The evidence proves the history up to {until}, not up to {wanted}.",
            "Collect it anew: an old bundle hides what came later.",
        )


class NotCountersigned(CharterError):
    """A chain without seals, and no countersignatures that carry its history."""

    code = "NotCountersigned"
    exit_status = ExitStatus.UNVERIFIABLE

    def __init__(self) -> None:
        super().__init__(
            "The chain has no seals, and no history on it was countersigned by more than two "
            "thirds of the institutions.",
            "Ask them to run `charter history countersign`, then collect the evidence.",
        )
