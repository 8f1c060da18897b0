"""What a gate knows of the history, and since when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from governance.history.state import State


@dataclass(frozen=True, slots=True)
class Look:
    """The history as a view knows it at one instant.

    Attributes:
        chain_id: The chain.
        state: The folded state.
        head: Head of the hash chain over the state's records, 32 bytes.
        time: Unix seconds of the newest block known.
        age: Seconds since a poll last proved that this is the newest.
        rewound: Whether the chain went back or showed another history; then nothing counts.
    """

    chain_id: int
    state: State
    head: bytes
    time: int
    age: float
    rewound: bool


class View(Protocol):
    """Whatever a gate can look at."""

    def look(self) -> Look:
        """The history as it is known now."""
