"""What a gate knows of the history, since when, and what was found wrong on the way."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, NamedTuple, Protocol

from governance.chain.errors import HistoryRewound
from governance.chain.reader import Follower
from governance.gate.decision import Reason
from governance.gate.faults import Fault
from governance.history import genesis_head, replay

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from governance.history import Record, State

_STEADY = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
"""Goes on while the machine sleeps, where the system has such a clock."""


class Look(NamedTuple):
    """The history as a view knows it at one instant.

    Attributes:
        chain_id: The chain.
        state: The folded state.
        head: Head of the hash chain over the state's records, 32 bytes.
        time: Unix seconds of the newest block known.
        age: Seconds since a poll last proved that this is the newest; infinite before the first.
        idle: Seconds that the newest block is old, on a chain whose validators make blocks when
            nothing happens too; 0 on another.
        fault: What the last refresh found wrong, until one succeeds.
    """

    chain_id: int
    state: State
    head: bytes
    time: int
    age: float
    idle: float = 0.0
    fault: Fault | None = None


class View(Protocol):
    """Whatever a gate can look at."""

    def look(self) -> Look:
        """The history as it is known now."""


class Seen(NamedTuple):
    """A history that was relied on: its length and its head, 32 bytes."""

    length: int
    head: bytes


class Instant(NamedTuple):
    """A moment, by two clocks: the one goes evenly, and the other is set right now and then.

    Attributes:
        steady: Seconds by the clock that nobody sets.
        wall: Unix seconds.
    """

    steady: float
    wall: float

    @classmethod
    def now(cls) -> Instant:
        """This moment."""
        return cls(time.clock_gettime(_STEADY), time.time())

    def age(self, now: Instant) -> float:
        """Seconds since then, by whichever clock says more: a clock that is put back hides none."""
        return max(now.steady - self.steady, now.wall - self.wall)


class _Known(NamedTuple):
    """What belongs together of a view; replaced as a whole, so that a look never mixes two."""

    state: State
    head: bytes
    time: int
    block: str
    proven: Instant
    """When the poll began that found the block to be the newest."""
    found: Instant
    """When the poll began that first found it."""
    fault: Fault | None = None


_NEVER = Instant(float("-inf"), float("-inf"))


class LiveView:
    """A view that is kept in step with the chain by `refresh`; `Watch` calls it in the background.

    It can be looked at from several threads while it is refreshed. What a refresh found wrong is
    part of every look until one succeeds. Once the chain has gone back or shown another history, it
    says so until a person calls `reset`.
    """

    def __init__(
        self,
        follower: Follower,
        seen: Seen | None = None,
        *,
        now: Callable[[], Instant] = Instant.now,
    ) -> None:
        """Begins a view; nothing is known before the first `refresh`.

        Args:
            follower: Reads and proves the history; not polled yet.
            seen: What was relied on before a restart (`EvidenceLog.seen`). A chain that shows
                another history is found out even if it did so while nobody looked.
            now: What time it is.
        """
        self._follower = follower
        self._seen = seen
        self._now = now
        self._known = self._nothing()
        self._refreshing = threading.Lock()

    def refresh(self, progress: Callable[[int], None] | None = None) -> tuple[Record, ...]:
        """Brings the view up to the chain's newest block.

        Args:
            progress: Told the number of each block up to which has been read.

        Returns:
            The records that are new.

        Raises:
            HistoryRewound: If the chain went back or shows another history, now or at an earlier
                call.
            CharterError: If the chain cannot be read (see `Follower.poll`); the view ages.
        """
        with self._refreshing:
            known = self._known
            if known.fault is not None and known.fault.reason is Reason.HISTORY_REWOUND:
                raise HistoryRewound("no person has said yet which one is right")
            begun = self._now()
            follower = self._follower
            try:
                records = follower.poll(progress)
                if self._seen is not None:
                    self._require_seen(records, self._seen)
                    self._seen = None
            except Exception as error:
                self._known = known._replace(fault=Fault.of(error))
                raise
            block = follower.block
            newest = block.hash if block else ""
            self._known = _Known(
                state=follower.state,
                head=follower.head,
                time=block.timestamp if block else 0,
                block=newest,
                proven=begun,
                found=known.found if newest == known.block else begun,
            )
            return records

    def look(self) -> Look:
        """The history as the last refresh left it."""
        known, now = self._known, self._now()
        trust = self._follower.trust
        idle = 0.0
        if trust.validators:
            # Validators make blocks when nothing happens too: where they stopped, a poll proves
            # only what was. By the own clock since it was found, as clocks can be set wrong.
            idle = max(now.wall - known.time, known.found.age(now))
        return Look(
            chain_id=trust.chain_id,
            state=known.state,
            head=known.head,
            time=known.time,
            age=known.proven.age(now),
            idle=idle,
            fault=known.fault,
        )

    def reset(self) -> None:
        """Takes the chain's present history for the right one; for a person to decide."""
        with self._refreshing:
            self._follower = Follower(self._follower.rpc, self._follower.trust)
            self._seen = None
            self._known = self._nothing()

    def _nothing(self) -> _Known:
        follower = self._follower
        return _Known(follower.state, follower.head, 0, "", _NEVER, _NEVER)

    def _require_seen(self, records: Sequence[Record], seen: Seen) -> None:
        trust = self._follower.trust
        begin = genesis_head(trust.chain_id, trust.history)
        if replay(records[: seen.length], begin) != (seen.head, seen.length):
            raise HistoryRewound(
                f"it is not the one that this gate relied on at length {seen.length}"
            )
