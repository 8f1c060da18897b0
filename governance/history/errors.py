"""What can be wrong with a history."""

from __future__ import annotations

from governance.errors import CharterError, ExitStatus


class HistoryMalformed(CharterError):
    """The bytes of a log or record are not what a contract of the house would write."""

    code = "HistoryMalformed"
    exit_status = ExitStatus.UNVERIFIABLE

    def __init__(self, message: str) -> None:
        super().__init__(message, "Read the history again from a source that you trust.")


class HistoryInconsistent(CharterError):
    """A record contradicts those before it, which the contracts of the house never do."""

    code = "HistoryInconsistent"
    exit_status = ExitStatus.UNVERIFIABLE

    def __init__(self, message: str) -> None:
        super().__init__(message, "Read the history again, whole and in order, from its beginning.")


class Unknown(CharterError):
    """Something asked for by number, address or identity is not in the history."""


class InstitutionUnknown(Unknown):
    """No institution has this number or account."""

    code = "InstitutionUnknown"


class ProposalUnknown(Unknown):
    """No proposal has this number."""

    code = "ProposalUnknown"


class StudyUnknown(Unknown):
    """No study has this number or address."""

    code = "StudyUnknown"


class TermsVersionUnknown(Unknown):
    """The study has no such version of its terms."""

    code = "TermsVersionUnknown"


class RevenueUnknown(Unknown):
    """The study has no such revenue."""

    code = "RevenueUnknown"
