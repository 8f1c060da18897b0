"""A merging node in a swarm of four with one running study, as values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from governance.gate import EvidenceLog, Gate
from governance.integrations.judging import Judge
from tests.unit.gate.world import STUDY, World

if TYPE_CHECKING:
    from pathlib import Path


class LiveWorld(World):
    """A world as a view that can be refreshed; it is always in step."""

    def refresh(self) -> tuple[()]:
        return ()


def judge_of(world: LiveWorld, log: Path, *, keeps_updates: bool = True) -> Judge:
    """A judge that looks at a world, no round open."""
    evidence = EvidenceLog(log)
    gate = Gate(world, STUDY, evidence, clock=lambda: world.clock)
    return Judge(gate, world, evidence, keeps_updates=keeps_updates)
