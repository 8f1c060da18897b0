"""What needs no run, only a framework's own objects."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(("part", "least"), [("flower", 6), ("nvflare", 6), ("simulator", 4)])
def test_checks_with_the_frameworks_own_objects(
    programs: Path, tmp_path: Path, part: str, least: int
) -> None:
    done = subprocess.run(
        [programs / "python", "-m", f"tests.frameworks.checks_{part}"],
        cwd=_ROOT,
        env={**os.environ, "TMPDIR": str(tmp_path), "FLWR_HOME": str(tmp_path / "flower")},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("passed check_") >= least
