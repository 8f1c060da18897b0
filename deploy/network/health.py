"""What a validator's chain looks like from where it stands, and what that means. Pure."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from deploy.network.genesis import EMPTY_BLOCK_SECONDS, ROUND_SECONDS
from governance.chain.qbft import quorum

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PATIENCE = 3 * EMPTY_BLOCK_SECONDS
"""Seconds without a block after which something is wrong: even an idle chain makes some."""

CLOCKS_APART = 5
"""Seconds by which a block may lie ahead of the own clock."""

DISK_LOW = 2 * 1024**3
"""Bytes of free disk below which somebody should look."""

OVERLAP = 5.0
"""Seconds for which rounds must meet to be counted on.

A block takes its messages, and the rounds of one that came back begin a little after it answers.
"""

LONG = 60.0
"""Seconds of waiting beyond which restarting together is quicker."""


class Level(StrEnum):
    """How bad it is; for a monitoring system."""

    OK = "ok"
    WARNING = "warning"
    CRITICAL = "critical"


@dataclass(frozen=True, slots=True)
class Observation:
    """What is seen from one validator.

    Attributes:
        now: the own clock, Unix seconds.
        validator: the own validator's address.
        block: number of the newest block.
        block_at: its time, Unix seconds.
        round: the round in which it was agreed on; above 0, proposers before failed.
        proposer: who proposed it.
        validators: who may seal the next block.
        sealers: who sealed the newest one.
        peers: the validators that are connected to the own one.
        waiting: transactions that wait for a block.
        started_at: when the own validator first answered after its last start, Unix seconds; zero
            if that is not known.
        syncing: whether the own validator is still fetching blocks.
        disk_free: bytes free where its data lie.
        wanted: the validators that the swarm's members have registered; none if that is not known.
    """

    now: float
    validator: str
    block: int
    block_at: int
    round: int
    proposer: str
    validators: tuple[str, ...]
    sealers: frozenset[str]
    peers: frozenset[str]
    waiting: int
    started_at: float
    syncing: bool
    disk_free: int
    wanted: frozenset[str] | None = None

    @property
    def age(self) -> float:
        """Seconds since the newest block; before the first one, since the own validator began.

        The first block's parent has no time of its own.
        """
        return max(0.0, self.now - self._since)

    @property
    def _since(self) -> float:
        return self.block_at if self.block else self.started_at or self.now

    @property
    def reached(self) -> frozenset[str]:
        """The validators that can be reached, the own one included."""
        return frozenset(self.validators) & (self.peers | {self.validator})

    @property
    def needed(self) -> int:
        """How many validators must seal a block."""
        return quorum(len(self.validators))

    @property
    def halted(self) -> bool:
        """Whether blocks have stopped."""
        return self.age > PATIENCE


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it should be.

    Attributes:
        code: for machines; it never changes.
        level: how bad it is.
        text: what is wrong and what to do, for people.
    """

    code: str
    level: Level
    text: str


def findings(seen: Observation) -> list[Finding]:
    """Everything that is not as it should be, the worst first."""
    order = list(Level)[::-1]
    return sorted(_findings(seen), key=lambda finding: order.index(finding.level))


def rounds_meet(apart: float, has_proposer: Callable[[int], bool] = lambda _: True) -> float:
    """Seconds from a validator's return until its round is that of those who never stopped.

    While too few run, each round lasts twice as long as the one before. Who comes back begins with
    round 0 and goes through all of them, until it reaches one in which the others still are, and
    whose proposer is there.

    Args:
        apart: seconds between the beginning of the others' first round and the return.
        has_proposer: whether the validator whose turn a round is can be reached; one of those whose
            turn comes again and again must be.
    """
    length = float(ROUND_SECONDS)
    number, passed = 0, 0.0
    while length <= apart or not has_proposer(number):
        number, passed, length = number + 1, passed + length, length * 2
    return passed


def _findings(seen: Observation) -> Iterator[Finding]:
    if seen.syncing:
        yield Finding("Syncing", Level.WARNING, "The validator is still fetching blocks; wait.")
    yield from _blocks(seen)
    yield from _validators(seen)
    if seen.block_at - seen.now > CLOCKS_APART:
        ahead = round(seen.block_at - seen.now)
        yield Finding(
            "ClocksApart",
            Level.WARNING,
            f"The newest block's time is {ahead} seconds ahead of this machine's clock. Have both "
            "this machine and the other validators keep time by NTP.",
        )
    if seen.disk_free < DISK_LOW:
        yield Finding(
            "DiskLow",
            Level.CRITICAL,
            f"{seen.disk_free // 1024**2} MiB of disk are free. Make room before the validator "
            "stops.",
        )


def _blocks(seen: Observation) -> Iterator[Finding]:
    if seen.halted:
        total = len(seen.validators)
        so_far = f"for {round(seen.age)} seconds" if seen.block else "yet"
        said = (
            f"The chain has made no block {so_far}: {len(seen.reached)} of {total} validators can "
            f"be reached, {seen.needed} are needed."
        )
        yield Finding("ChainHalted", Level.CRITICAL, f"{said} {_advice(seen)}")
    elif not seen.block:
        yield Finding(
            "NoBlockYet",
            Level.WARNING,
            f"The chain has made no block yet: {len(seen.reached)} of {len(seen.validators)} "
            f"validators can be reached, {seen.needed} are needed.",
        )
    elif seen.round > 0:
        yield Finding(
            "RoundsLost",
            Level.WARNING,
            f"The newest block took {seen.round + 1} rounds: as many proposers less one were "
            "silent or slow.",
        )


def _advice(seen: Observation) -> str:
    if len(seen.reached) < seen.needed:
        return "Have the others start theirs again; it goes on by itself once enough are back."
    wait = until_blocks(seen)
    if wait > LONG:
        told = (
            f"Enough are back, but their rounds meet only within {round(wait)} seconds: restart "
            "all validators together, or wait."
        )
    else:
        told = f"Enough are back; their rounds meet within {round(wait)} seconds. Wait."
    return f"{told} If the others see blocks all the while, this machine's clock is ahead."


def until_blocks(seen: Observation) -> float:
    """At most so many seconds until the rounds of those that stayed and those that came back meet.

    Exact for a validator that came back itself; for others, as if somebody had come back just now.
    Enough of them must be there. A round in which they would meet for less than `OVERLAP` seconds
    is not counted on.
    """
    # Before the first block, all have only begun, and whoever was last begins with round 0.
    came_back = bool(seen.block) and seen.started_at > seen.block_at
    returned = seen.started_at if came_back else seen.now
    pause = 1 if seen.waiting or not seen.block else EMPTY_BLOCK_SECONDS
    apart = returned - (seen.now - seen.age) - pause
    met = rounds_meet(apart + OVERLAP, lambda number: _proposer(seen, number) in seen.reached)
    left = met - (seen.now - returned)
    return max(left, float(ROUND_SECONDS))


def _proposer(seen: Observation, number: int) -> str:
    """Whose turn a round of the next block is: they take turns in the order of their addresses."""
    order = sorted(seen.validators, key=str.lower)
    # Where the last proposer validates no more, whoever stands behind its place comes next.
    last = bisect_right(order, seen.proposer.lower(), key=str.lower)
    return order[(last + number) % len(order)]


def _validators(seen: Observation) -> Iterator[Finding]:
    missing = sorted(frozenset(seen.validators) - seen.reached)
    if missing and not seen.halted:
        tolerated = len(seen.validators) - seen.needed
        level = Level.CRITICAL if len(missing) > tolerated else Level.WARNING
        yield Finding(
            "ValidatorsAway",
            level,
            f"{len(missing)} of {len(seen.validators)} validators cannot be reached from here "
            f"({', '.join(missing)}); the chain can do without {tolerated}.",
        )
    if seen.validator not in seen.validators:
        yield Finding(
            "NotValidating",
            Level.WARNING,
            "This validator is not among those that make blocks. Register it with `charter "
            "validator register`, then have the others run `charter network sync`.",
        )
    if seen.wanted is not None and frozenset(seen.validators) != seen.wanted:
        extra = sorted(frozenset(seen.validators) - seen.wanted)
        lacking = sorted(seen.wanted - frozenset(seen.validators))
        parts = [f"not of members: {', '.join(extra)}"] if extra else []
        parts += [f"of members but not validating: {', '.join(lacking)}"] if lacking else []
        yield Finding(
            "ValidatorsNotMembers",
            Level.WARNING,
            f"The validators are not those of the members ({'; '.join(parts)}). Run `charter "
            "network sync`.",
        )
