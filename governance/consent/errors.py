"""Mistakes about patients' consent; none names a patient, since errors end up in logs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from governance.errors import CharterError, ExitStatus

if TYPE_CHECKING:
    from pathlib import Path


class ConsentUnreadable(CharterError):
    """A file of consents cannot be read, so nobody knows what it holds."""

    code = "ConsentUnreadable"

    def __init__(self, file: Path, what: str, place: str = "") -> None:
        where = f"{file}, {place}" if place else str(file)
        super().__init__(
            f"{where}: {what}.",
            "Correct the file and import it again; nothing of this import was taken over.",
        )


class ConsentPatientUnclear(ConsentUnreadable):
    """A consent does not tell whose it is in the way that the ledger tells patients apart."""

    code = "ConsentPatientUnclear"


class ConsentTwice(ConsentUnreadable):
    """One import says two things about the same consent."""

    code = "ConsentTwice"


class ConsentReaderMissing(CharterError):
    """What reads FHIR is not installed."""

    code = "ConsentReaderMissing"
    exit_status = ExitStatus.LOCAL

    def __init__(self) -> None:
        super().__init__(
            "FHIR resources cannot be read, because fhir.resources and lxml are not installed.",
            "Install them with `pip install --editable '.[consent]'` in the project's folder.",
        )


class ConsentNotAsked(CharterError):
    """The study asks nothing of patients' consent."""

    code = "ConsentNotAsked"

    def __init__(self, basis: str) -> None:
        super().__init__(
            f"The study rests on a {basis.replace('-', ' ')}, so it asks no consent of patients.",
            "Nothing is to be done here; sign without a consent commitment.",
        )


class LedgerMissing(CharterError):
    """There is no ledger yet."""

    code = "LedgerMissing"

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"There is no consent ledger at {path}.",
            "Import consents with `charter consent import`, or name the ledger with --ledger.",
        )


class LedgerUnreadable(CharterError):
    """A file is no consent ledger, or is damaged."""

    code = "LedgerUnreadable"
    exit_status = ExitStatus.LOCAL

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"{path} is no consent ledger, or it is damaged.",
            "Name the right file with --ledger, or move it away and import the consents anew.",
        )


class LedgerBusy(CharterError):
    """The ledger cannot be read or written now."""

    code = "LedgerBusy"
    exit_status = ExitStatus.LOCAL

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"{path} cannot be read or written now.",
            "Wait for other commands on this ledger, see that the disk has room, and try again.",
        )


class LedgerExposed(CharterError):
    """Others on this machine may read the ledger."""

    code = "LedgerExposed"
    exit_status = ExitStatus.LOCAL

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"Others on this machine may read or change {path}.",
            f"Take it back with `chmod 600 {path}`, and find out who has read it.",
        )


class RecordUnknown(CharterError):
    """The ledger has no such record."""

    code = "RecordUnknown"

    def __init__(self) -> None:
        super().__init__(
            "There is no record of this pseudonym.",
            "Give it as `charter consent eligible --ids FILE` writes it.",
        )


class EligibleListInvalid(CharterError):
    """A file is no list of the records that may be used, so nobody knows which they are."""

    code = "EligibleListInvalid"
    exit_status = ExitStatus.LOCAL

    def __init__(self, path: Path, line: int) -> None:
        super().__init__(
            f"{path}, line {line}: this is not what `charter consent eligible --ids` writes.",
            "Write the list anew with `charter consent eligible --ids`; none of it is used.",
        )


class CommitmentMissing(CharterError):
    """No commitment was made that could be used here."""

    code = "CommitmentMissing"

    def __init__(self, what: str) -> None:
        super().__init__(
            f"There is no commitment {what}.",
            "Make one with `charter consent commit`.",
        )


class CommitmentOutdated(CharterError):
    """The ledger says something else by now than what was committed to."""

    code = "CommitmentOutdated"

    def __init__(self, why: str) -> None:
        super().__init__(
            f"The newest commitment for these terms is not of today: {why}.",
            "Make a new one with `charter consent commit`.",
        )


class SaltsDestroyed(CharterError):
    """The salts of a commitment are gone, so nothing of it can be opened."""

    code = "SaltsDestroyed"

    def __init__(self) -> None:
        super().__init__(
            "The salts of this commitment were destroyed, so no record of it can be proven.",
            "Make a new one with `charter consent commit`, and renew it on the chain.",
        )


class ConsentProofInvalid(CharterError):
    """A file is no proof of a record."""

    code = "ConsentProofInvalid"

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"{path} is no proof of a consent decision.",
            "Give the file that `charter consent prove` wrote.",
        )


class ConsentProofRefuted(CharterError):
    """A proof does not open a leaf of the commitment it is held against."""

    code = "ConsentProofRefuted"
    exit_status = ExitStatus.UNVERIFIABLE

    def __init__(self) -> None:
        super().__init__(
            "The proof does not open this commitment: its decision was not committed to.",
            "Ask the institution for a proof from the commitment that stands on the chain.",
        )
