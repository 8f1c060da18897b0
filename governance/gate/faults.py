"""What a refresh of the view found wrong, as the reason for which the gate refuses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from governance.errors import CharterError
from governance.gate.decision import AWAY, LIES, Reason


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with what a gate is shown of the chain.

    Attributes:
        reason: Why the gate refuses because of it.
        message: One sentence: what is wrong.
        remedy: One sentence: what to do.
    """

    reason: Reason
    message: str
    remedy: str

    @property
    def at_once(self) -> bool:
        """Whether nothing counts any more, even while the view is young.

        So it is for a lie, and for what nobody has foreseen, since nobody knows what it means.
        """
        return self.reason not in AWAY

    @classmethod
    def of(cls, error: Exception) -> Fault:
        """The fault that an exception of a refresh stands for."""
        if isinstance(error, CharterError):
            known = _BY_CODE.get(error.code, Reason.REFRESH_FAILED)
            return cls(known, error.message, error.remedy)
        return cls(
            Reason.REFRESH_FAILED,
            f"The view could not be refreshed, for a reason nobody foresaw: {error!r}.",
            "Look into the log of this process, and report what stands there.",
        )


FROZEN: Final = Fault(
    Reason.CHAIN_FROZEN,
    "The chain answers, and its newest block is too old.",
    "See with `charter network status` whether it makes blocks, or ask another endpoint.",
)
"""No refresh fails, and yet nothing new comes, though validators make blocks all the time."""

_BY_CODE: Final = {reason.value: reason for reason in AWAY | LIES}
