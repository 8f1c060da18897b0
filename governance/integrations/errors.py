"""Why a node does not sign, or opens no round."""

from __future__ import annotations

from typing import TYPE_CHECKING

from governance.errors import CharterError, ExitStatus

if TYPE_CHECKING:
    from pathlib import Path


class InvitationInvalid(CharterError):
    """What came in place of an invitation is none."""

    code = "InvitationInvalid"

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"The invitation to the round cannot be used: {reason}.",
            "Have the merging node send what `Invitation.as_config` gives.",
        )


class InvitationRefused(CharterError):
    """A node is asked to sign what its own institution has not agreed to, or knows to be wrong."""

    code = "InvitationRefused"
    exit_status = ExitStatus.REFUSED

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"The node does not sign: {reason}.",
            "Compare the merging node's study and history with those of this node's settings.",
        )


class AttemptUsed(CharterError):
    """A round is opened with an attempt in which something was accepted before."""

    code = "AttemptUsed"
    exit_status = ExitStatus.REFUSED

    def __init__(self, number: int, attempt: int, used: int) -> None:
        super().__init__(
            f"Round {number} is not opened with attempt {attempt}: in attempt {used}, updates were "
            "accepted before, which are not merged a second time.",
            f"Open it with attempt {used + 1}; every node signs anew for it.",
        )


class SignedAlready(CharterError):
    """A node is asked for a second update for a round and attempt that it has signed for."""

    code = "SignedAlready"
    exit_status = ExitStatus.REFUSED

    def __init__(self, number: int, attempt: int) -> None:
        super().__init__(
            f"The node has signed another update for round {number}, attempt {attempt}.",
            "Open the round again with a higher attempt.",
        )


class SignedUnwritable(CharterError):
    """What a node signs cannot be written down, and so nothing is signed."""

    code = "SignedUnwritable"
    exit_status = ExitStatus.LOCAL

    def __init__(self, folder: Path, reason: str) -> None:
        super().__init__(
            f"What the node signs cannot be kept in {folder}: {reason}.",
            "Check that the folder is the node's own and has space left; nothing was signed.",
        )


class NodeSettingsInvalid(CharterError):
    """The file of a node's settings is missing or not what it should be."""

    code = "NodeSettingsInvalid"
    exit_status = ExitStatus.LOCAL

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(
            f"The node's settings in {path} cannot be used: {reason}.",
            "Write the file as docs/frameworks.md describes it.",
        )
