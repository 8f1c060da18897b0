"""A gate in front of a running study."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from governance.gate import EvidenceLog, Gate
from tests.unit.gate.world import STUDY, World


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "evidence.jsonl"


@pytest.fixture
def evidence(path: Path) -> Iterator[EvidenceLog]:
    with EvidenceLog(path) as log:
        yield log


@pytest.fixture
def gate(world: World, evidence: EvidenceLog) -> Gate:
    gate = Gate(world, STUDY, evidence, clock=lambda: world.clock)
    gate.open_round(1)
    return gate
