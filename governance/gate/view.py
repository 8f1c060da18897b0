"""What a gate knows of the history, and since when."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol

from governance.chain.errors import HistoryRewound
from governance.chain.reader import Follower
from governance.history import genesis_head, replay

if TYPE_CHECKING:
    from collections.abc import Sequence

    from governance.history import Record, State


@dataclass(frozen=True, slots=True)
class Look:
    """The history as a view knows it at one instant.

    Attributes:
        chain_id: The chain.
        state: The folded state.
        head: Head of the hash chain over the state's records, 32 bytes.
        time: Unix seconds of the newest block known.
        age: Seconds since a poll last proved that this is the newest; on a chain with validators,
            since its newest block, if that is longer.
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


class Seen(NamedTuple):
    """A history that was relied on: its length and its head, 32 bytes."""

    length: int
    head: bytes


class _Known(NamedTuple):
    """What belongs together of a view; replaced as a whole, so that a look never mixes two."""

    state: State
    head: bytes
    time: int
    proven: float

    @classmethod
    def of(cls, follower: Follower) -> _Known:
        block = follower.block
        return cls(
            state=follower.state,
            head=follower.head,
            time=block.timestamp if block else 0,
            proven=time.monotonic() - follower.age,
        )


class LiveView:
    """A view that is kept in step with the chain by `refresh`.

    It can be looked at from several threads while it is refreshed. Once the chain has gone back or
    shown another history, it says so until a person calls `reset`.
    """

    def __init__(self, follower: Follower, seen: Seen | None = None) -> None:
        """Begins a view; nothing is known before the first `refresh`.

        Args:
            follower: Reads and proves the history; not polled yet.
            seen: What was relied on before a restart (`EvidenceLog.seen`). A chain that shows
                another history is found out even if it did so while nobody looked.
        """
        self._follower = follower
        self._seen = seen
        self._rewound = False
        self._known = _Known.of(follower)
        self._refreshing = threading.Lock()

    def refresh(self) -> tuple[Record, ...]:
        """Brings the view up to the chain's newest block.

        Returns:
            The records that are new.

        Raises:
            HistoryRewound: If the chain went back or shows another history, now or at an earlier
                call.
            CharterError: If the chain cannot be read (see `Follower.poll`); the view ages.
        """
        with self._refreshing:
            if self._rewound:
                raise HistoryRewound("no person has said yet which one is right")
            follower = self._follower
            try:
                records = follower.poll()
                if self._seen is not None:
                    self._require_seen(records, self._seen)
                    self._seen = None
            except HistoryRewound:
                self._rewound = True
                raise
            self._known = _Known.of(follower)
            return records

    def look(self) -> Look:
        """The history as the last refresh left it."""
        known = self._known
        trust = self._follower.trust
        age = time.monotonic() - known.proven
        if trust.validators:
            # Validators make blocks when nothing happens too: where they stopped, a poll proves
            # only what was.
            age = max(age, time.time() - known.time)
        return Look(
            chain_id=trust.chain_id,
            state=known.state,
            head=known.head,
            time=known.time,
            age=age,
            rewound=self._rewound,
        )

    def reset(self) -> None:
        """Takes the chain's present history for the right one; for a person to decide."""
        with self._refreshing:
            self._follower = Follower(self._follower.rpc, self._follower.trust)
            self._known = _Known.of(self._follower)
            self._seen = None
            self._rewound = False

    def _require_seen(self, records: Sequence[Record], seen: Seen) -> None:
        trust = self._follower.trust
        begin = genesis_head(trust.chain_id, trust.history)
        if replay(records[: seen.length], begin) != (seen.head, seen.length):
            raise HistoryRewound(
                f"it is not the one that this gate relied on at length {seen.length}"
            )
