"""What commands that watch a chain have in common: the chain may be away for a while."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cli.output import note
from governance.chain.errors import ChainAnswerInvalid, ChainUnreachable, HouseMissing, RpcError

if TYPE_CHECKING:
    from governance.errors import CharterError

PASSING = (ChainUnreachable, ChainAnswerInvalid, RpcError, HouseMissing)
"""What a chain that is starting, standing still or not yet read to its end answers."""


class Absence:
    """Whether the chain is away, told once when it goes and once when it is back."""

    def __init__(self) -> None:
        self._code: str | None = None

    def tell(self, error: CharterError) -> None:
        """Takes note of what the chain answered, if anything."""
        # Once for each kind of trouble, not with every look.
        if error.code != self._code:
            note(f"{error.message} It is asked again until it answers.")
        self._code = error.code

    def over(self) -> None:
        """Takes note that it answers as it should."""
        if self._code is not None:
            note("The chain answers again.")
        self._code = None
