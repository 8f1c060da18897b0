"""A merging node with its first round open."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.unit.integrations.merging import LiveWorld, judge_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from governance.integrations.judging import Judge


@pytest.fixture
def world() -> LiveWorld:
    return LiveWorld()


@pytest.fixture
def judge(world: LiveWorld, tmp_path: Path) -> Iterator[Judge]:
    judge = judge_of(world, tmp_path / "evidence.jsonl")
    judge.open(1, 1, 60.0)
    yield judge
    judge.close()
