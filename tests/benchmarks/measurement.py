"""What all measurements share: a row of the table, and how long something takes."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TypedDict

if TYPE_CHECKING:
    from collections.abc import Callable


class Measurement(TypedDict):
    """One row: ours and the peer's in the unit that the name says, and what was aimed at."""

    name: str
    ours: float
    peer: float
    ratio: float
    target: str
    met: bool
    command: str


def measurement(
    subject: str, name: str, ours: float, peer: float, target: str, *, met: bool
) -> Measurement:
    """A row.

    Args:
        subject: The module in this folder that measured it.
        name: What was measured, beside what, and in which unit.
        ours: In that unit.
        peer: In that unit.
        target: What was aimed at.
        met: Whether it was reached.
    """
    return {
        "name": name,
        "ours": round(ours, 2),
        "peer": round(peer, 2),
        "ratio": round(ours / peer, 3),
        "target": target,
        "met": met,
        "command": f"python -m tests.benchmarks.{subject}",
    }


def seconds(work: Callable[[], object]) -> float:
    """How long something takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start
