"""A gate in front of a running study."""

import logging
import os
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


class _Raising(logging.Handler):
    """Writes to a disk that has no space left, and says so to whoever logs."""

    def emit(self, record: logging.LogRecord) -> None:
        descriptor = os.open("/dev/full", os.O_WRONLY)
        try:
            os.write(descriptor, self.format(record).encode())
        finally:
            os.close(descriptor)


@pytest.fixture
def unwritable() -> Iterator[None]:
    """The library's log goes where nothing can be written."""
    log, handler = logging.getLogger("governance"), _Raising()
    log.addHandler(handler)
    yield
    log.removeHandler(handler)
