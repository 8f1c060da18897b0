"""Mistakes that only the command line notices; others are the library's or the contracts'."""

from __future__ import annotations

from typing import TYPE_CHECKING

from governance.errors import CharterError, ExitStatus

if TYPE_CHECKING:
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
    """No passphrase was handed over, and there is nobody to ask."""

    code = "PassphraseMissing"
    exit_status = ExitStatus.LOCAL

    def __init__(self) -> None:
        super().__init__(
            "No passphrase was given and there is no terminal to ask for it.",
            "Give --passphrase-file with a file whose first line is the passphrase.",
        )
