"""Mistakes that only the command line notices; others are the library's or the contracts'."""

from __future__ import annotations

from typing import TYPE_CHECKING

from governance.errors import CharterError, ExitStatus
from governance.primitives import to_hex

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


class ContextUnknown(CharterError):
    """A context is named that this machine does not have."""

    code = "ContextUnknown"

    def __init__(self, name: str) -> None:
        super().__init__(f"There is no context '{name}'.", "See `charter context list`.")


class NoContext(CharterError):
    """No context is named and none is current."""

    code = "NoContext"

    def __init__(self) -> None:
        super().__init__(
            "No context is chosen.",
            "Add one with `charter context add`, or name one with --context.",
        )


class ContextExists(CharterError):
    """Another context already has the name."""

    code = "ContextExists"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"There is another context '{name}' already.",
            f"Choose another name, or change it with `charter context set {name}`.",
        )


class ContextIncomplete(CharterError):
    """The context lacks what a command cannot do without."""

    code = "ContextIncomplete"

    def __init__(self, attribute: str) -> None:
        super().__init__(
            f"The context names no {attribute}.",
            f"Set it with `charter context set --{attribute}`.",
        )


class ContextsCorrupt(CharterError):
    """The file of contexts is not what this command wrote."""

    code = "ContextsCorrupt"
    exit_status = ExitStatus.LOCAL

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"The file of contexts {path} cannot be read.",
            "Repair it, or move it away and add the contexts anew.",
        )


class FileUnusable(CharterError):
    """A file cannot be read or written."""

    code = "FileUnusable"
    exit_status = ExitStatus.LOCAL

    def __init__(self, error: OSError) -> None:
        # A full disk says so on writing, when nobody knows the file's name any more.
        super().__init__(
            f"{error.filename or 'Writing failed'}: {error.strerror}.",
            "Check path, permissions and room on the disk.",
        )


class UsageInvalid(CharterError):
    """The words of the command contradict each other or say nothing that can be done."""

    code = "UsageInvalid"


class NotConfirmed(CharterError):
    """A person was asked and did not agree, or nobody was there to be asked."""

    code = "NotConfirmed"

    def __init__(self) -> None:
        super().__init__(
            "This was not confirmed, so nothing was done.",
            "Run it again and confirm, or say --yes.",
        )


class WaitTimedOut(CharterError):
    """What was waited for did not come about in time."""

    code = "WaitTimedOut"
    exit_status = ExitStatus.TIMED_OUT

    def __init__(self, what: str, seconds: float) -> None:
        super().__init__(
            f"After {seconds:g} seconds, {what} has not come about.",
            "Wait again with a longer --timeout, or look at `charter status`.",
        )


class PassphraseMissing(CharterError):
    """No passphrase was handed over, and there is nobody to ask; or what was is none."""

    code = "PassphraseMissing"
    exit_status = ExitStatus.LOCAL

    def __init__(
        self, why: str = "No passphrase was given and there is no terminal to ask for it"
    ) -> None:
        super().__init__(
            f"{why}.",
            "Give --passphrase-file with a file whose first line is the passphrase.",
        )


class NotAnInstitution(CharterError):
    """The context's account speaks for no institution."""

    code = "NotAnInstitution"
    exit_status = ExitStatus.REFUSED

    def __init__(self, account: str) -> None:
        super().__init__(
            f"The account {account} speaks for no institution of this swarm.",
            "Apply with `charter join`, or choose the right account with `charter context use`.",
        )


class StudyNotNamed(CharterError):
    """No study is named and the context has none."""

    code = "StudyNotNamed"

    def __init__(self) -> None:
        super().__init__(
            "No study is named.",
            "Name its number with --study, or set it with `charter context set --study`.",
        )


class AlreadyVoted(CharterError):
    """The institution has voted on the proposal, and otherwise."""

    code = "AlreadyVoted"
    exit_status = ExitStatus.REFUSED

    def __init__(self, proposal: int, support: str) -> None:
        super().__init__(
            f"Your institution has voted '{support}' on proposal {proposal} already.",
            "A vote cannot be changed; make a new proposal if the decision should be another one.",
        )


class ActWithoutEffect(CharterError):
    """A transaction was accepted and what it should bring about did not come about."""

    code = "ActWithoutEffect"
    exit_status = ExitStatus.CHAIN

    def __init__(self, plan: str) -> None:
        super().__init__(
            f"The chain accepted the transaction, and yet it is not done: {plan}",
            "Check that endpoint and trust file belong together; look at `charter history show`.",
        )


class CharterForeign(CharterError):
    """A document was given as the charter and is not the one in force."""

    code = "CharterForeign"

    def __init__(self, path: Path, digest: str) -> None:
        super().__init__(
            f"{path} is not the charter in force, whose digest is {digest}.",
            "Get the charter in force from another member.",
        )


class CharterNotAtHand(CharterError):
    """Terms are to be held against a charter whose document was never shown to this machine."""

    code = "CharterNotAtHand"

    def __init__(self, digest: str) -> None:
        super().__init__(
            f"The charter in force is not at hand; its digest is {digest}.",
            "Give its document with --charter, once; it is kept from then on.",
        )


class TermsDigestOther(CharterError):
    """The terms to be signed are not those that were read."""

    code = "TermsDigestOther"
    exit_status = ExitStatus.REFUSED

    def __init__(self, version: int, digest: str) -> None:
        super().__init__(
            f"Version {version} of the terms has another digest, {digest}.",
            "Read the terms again with `charter study show`, and sign what stands there.",
        )


class CheckpointUnknown(CharterError):
    """The study has no such checkpoint."""

    code = "CheckpointUnknown"

    def __init__(self, study: int, identity: str) -> None:
        super().__init__(
            f"Study {study} has no checkpoint {identity}.", "See `charter checkpoint list`."
        )


class CheckpointAmbiguous(CharterError):
    """It cannot be told which checkpoint is meant."""

    code = "CheckpointAmbiguous"

    def __init__(self, identity: str) -> None:
        super().__init__(
            f"'{identity}' could mean several checkpoints.",
            "Give more of its identity, as `charter checkpoint list` shows it.",
        )


class NothingToAttest(CharterError):
    """No checkpoint waits for the institution's attestation, or several do and none is named."""

    code = "NothingToAttest"

    def __init__(self, study: int, waiting: int) -> None:
        super().__init__(
            f"In study {study}, {waiting} checkpoints wait for your attestation.",
            "Name the one you have checked, as `charter checkpoint list` shows it.",
        )


class LevelNotReached(CharterError):
    """A checkpoint was not checked as far as it should be attested."""

    code = "LevelNotReached"
    exit_status = ExitStatus.REFUSED

    def __init__(self, asked: str, reached: str) -> None:
        needs, is_only = (each.lower().replace("_", "-") for each in (asked, reached))
        super().__init__(
            f"The checkpoint was to be attested as {needs}, and the examination reached {is_only}.",
            "Give --merge, --parent-model and a package that holds the updates.",
        )


class AttestedAlready(CharterError):
    """The institution has attested the checkpoint, as something else than is asked for now."""

    code = "AttestedAlready"
    exit_status = ExitStatus.REFUSED

    def __init__(self, level: str) -> None:
        super().__init__(
            f"Your institution has attested the checkpoint as {level.lower().replace('_', '-')}, "
            "and an institution attests a checkpoint once.",
            "Leave it at that; to see what a package holds, name no other --level.",
        )


class WouldEquivocate(CharterError):
    """The institution has published another checkpoint for this round."""

    code = "WouldEquivocate"
    exit_status = ExitStatus.REFUSED

    def __init__(self, institution: int, number: int) -> None:
        super().__init__(
            f"Institution {institution} has published another checkpoint for round {number} "
            "already.",
            "Find out which of the two is right; a second one is recorded as equivocation.",
        )


class AmountInvalid(CharterError):
    """An amount of money is none."""

    code = "AmountInvalid"

    def __init__(self, amount: str, currency: str, places: int) -> None:
        super().__init__(
            f"'{amount}' is no amount of {currency}.",
            f"Give a number above zero with at most {places} decimals, such as 100000.01.",
        )


class GateRefusal(CharterError):
    """The gate refuses an update; the code is the gate's reason."""

    exit_status = ExitStatus.REFUSED

    def __init__(self, reason: str, node: str) -> None:
        super().__init__(
            f"The update of node {node} may not be merged: {reason}.",
            "Leave it out of the merge; `charter gate log` shows what was refused and why.",
        )
        self.code = reason


class WaitInVain(CharterError):
    """What is waited for can no longer come about."""

    code = "WaitInVain"
    exit_status = ExitStatus.REFUSED

    def __init__(self, why: str) -> None:
        super().__init__(
            f"{why}, so waiting is in vain.", "Look at it with `charter proposal show`."
        )


class FoundersFileInvalid(CharterError):
    """The file with the founders is malformed."""

    code = "FoundersFileInvalid"

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(
            f"The founders' file {path} cannot be used: {reason}.",
            "Correct it; `charter found --help` shows what it holds.",
        )


class ChainNotNamed(CharterError):
    """No endpoint is named and the embedded chain does not run."""

    code = "ChainNotNamed"

    def __init__(self) -> None:
        super().__init__(
            "No chain is named and the embedded one does not run.",
            "Give --endpoint, or start the embedded chain with `charter chain up`.",
        )


class DemoNotInstalled(CharterError):
    """The demo needs a package that is not installed."""

    code = "DemoNotInstalled"
    exit_status = ExitStatus.LOCAL

    def __init__(self, package: str) -> None:
        super().__init__(
            f"The demo needs the package {package}, which is not installed.",
            "Install it with `pip install --editable '.[demo]'` in the project's folder.",
        )


class RelayFileTaken(CharterError):
    """A file that should take a signed act holds something else."""

    code = "RelayFileTaken"
    exit_status = ExitStatus.LOCAL

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"The file {path} exists and holds something else than this act.",
            "Give --sign-only another name; nothing is overwritten.",
        )


class RelaySignerForeign(CharterError):
    """A key should sign for an account that is another key."""

    code = "RelaySignerForeign"

    def __init__(self, key: str, account: str) -> None:
        super().__init__(
            f"The key '{key}' cannot sign for {account}, which is another key's account.",
            "Name the key of that account with --key.",
        )


class HistoryRewritten(CharterError):
    """The history does not hold a head that this institution signed: somebody rewrote it.

    Attributes:
        kept: the files with its own signature and with those that contradict it.
    """

    code = "HistoryRewritten"
    exit_status = ExitStatus.UNVERIFIABLE

    def __init__(self, length: int, signed: bytes, found: bytes, kept: Sequence[Path]) -> None:
        super().__init__(
            f"The history was rewritten: at length {length} your institution signed "
            f"{to_hex(signed)}, and now it has {to_hex(found)} there.",
            "Sign nothing. Show the other institutions and the authority what proves it: "
            f"{', '.join(map(str, kept))}.",
        )
        self.kept = tuple(kept)


class HistoryShorterThanSigned(CharterError):
    """The history ends before a length at which this institution signed it."""

    code = "HistoryShorterThanSigned"
    exit_status = ExitStatus.CHAIN

    def __init__(self, length: int, signed: int) -> None:
        super().__init__(
            f"The history ends at length {length}, and your institution has signed it at length "
            f"{signed}.",
            "Wait until the endpoint has caught up, or ask another one; if all say so, the end of "
            "the history was cut off.",
        )


class CountersignedUnreadable(CharterError):
    """What this machine keeps of the own last countersignature cannot be used."""

    code = "CountersignedUnreadable"
    exit_status = ExitStatus.LOCAL

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(
            f"What was countersigned last is not known: {reason.rstrip('.')}.",
            f"Put back a copy of {path}; move it away only if you know what it held.",
        )


class CountersignatureOther(CharterError):
    """A file that is to be signed by one more person is for something else."""

    code = "CountersignatureOther"

    def __init__(self, account: str, length: int) -> None:
        super().__init__(
            f"The file holds a countersignature of {account} at length {length}, which is not of "
            "this account, or not of this history.",
            "Name another file, or find out from the other persons what they have signed.",
        )


class StatementTaken(CharterError):
    """A file that should take a statement of readiness holds what may not be written over."""

    code = "StatementTaken"
    exit_status = ExitStatus.LOCAL

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"The file {path} exists and holds a statement that you may have signed, or something "
            "else.",
            "Give --out another name; only a statement that does not pass is written over.",
        )


class ConsentCountsUnreadable(CharterError):
    """A file should hold the counts of consent and does not."""

    code = "ConsentCountsUnreadable"

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"The file {path} holds no counts of consent.",
            "Give JSON with asked and permitting, whole numbers from 0, as in "
            '{"asked": 210, "permitting": 198}.',
        )


class ReadinessNotShown(CharterError):
    """Terms ask for a readiness check, and only a digest is at hand."""

    code = "ReadinessNotShown"
    exit_status = ExitStatus.REFUSED

    def __init__(self) -> None:
        super().__init__(
            "The terms ask for a readiness check that passed, and a digest alone does not show it.",
            "Give --readiness the file that `charter readiness check` wrote.",
        )
