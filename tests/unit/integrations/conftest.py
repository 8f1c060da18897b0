"""A merging node in a swarm of four with one running study."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from governance.gate import EvidenceLog, Gate
from governance.integrations.judging import Judge
from tests.unit.gate.world import STUDY, World

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class LiveWorld(World):
    """A world as a view that can be refreshed; it is always in step."""

    def refresh(self) -> tuple[()]:
        return ()


@pytest.fixture
def world() -> LiveWorld:
    return LiveWorld()


@pytest.fixture
def judge(world: LiveWorld, tmp_path: Path) -> Iterator[Judge]:
    evidence = EvidenceLog(tmp_path / "evidence.jsonl")
    gate = Gate(world, STUDY, evidence, clock=lambda: world.clock)
    judge = Judge(gate, world, evidence, keeps_updates=True)
    judge.open(1, 1, 60.0)
    yield judge
    judge.close()
