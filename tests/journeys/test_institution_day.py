"""A whole institution's day, run from a shell, in table and in JSON."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from governance.vocabulary import Level
from tests.journeys.swarm import TERMS

if TYPE_CHECKING:
    from tests.journeys.swarm import Swarm

ROOT = Path(__file__).parents[2]
SCRIPT = Path(__file__).with_name("institution_day.sh")


@pytest.fixture
def ready(swarm: Swarm) -> Swarm:
    """Three founders who have signed a study that waits for the fourth."""
    terms = swarm.write("terms-3.yaml", TERMS.replace("quorum: 2", "quorum: 3"))
    study = swarm.good("study", "open", terms, who="alpha")["study"]
    for name in ("alpha", "beta", "gamma"):
        swarm.good(*swarm.sign_words(study), who=name)
    for name in ("alpha", "beta"):
        swarm.good("node", "register", f"{name}-node", who=name)
    return swarm


@pytest.mark.parametrize("form", ["table", "json"])
def test_the_day_of_an_institution(ready: Swarm, form: str) -> None:
    path = f"{Path(sys.executable).parent}:{ready.environment['PATH']}"
    environment = {**ready.environment, "PATH": path, "PYTHONPATH": str(ROOT)}
    day = subprocess.run(
        ["sh", str(SCRIPT), form],
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert day.returncode == 0, day.stdout + day.stderr
    assert "Traceback" not in day.stderr
    state = ready.follower().state
    study = state.study(1)
    assert state.swarm.is_member(4)
    assert len(state.swarm.nodes_of(4)) == 1
    assert [final.round for final in study.finals] == [1]
    (checkpoint,) = study.checkpoints.values()
    assert {each.level for each in checkpoint.attestations} == {Level.MERGE_RECOMPUTED}
    assert study.participations[4].withdrawn
    assert len(study.withdrawals) == 1
    if form == "json":
        results = [json.loads(part) for part in _results(day.stdout)]
        assert results[-1]["schema"] == "swarm-charter/cli/audit-verify/1"
        assert results[-1]["countersigned"]["institutions"] == [1, 2, 3, 4]
        assert results[-1]["findings"] == []
    else:
        assert "Nothing was found." in day.stdout


def _results(written: str) -> list[str]:
    """What each command wrote, the lines that name the commands left out."""
    lines = written.splitlines()
    starts = [number for number, line in enumerate(lines) if line.startswith("$ charter ")]
    parts = zip(starts, [*starts[1:], len(lines)], strict=True)
    return ["\n".join(lines[start + 1 : end]) for start, end in parts]
