"""The examples, run as a person runs them."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.chain


@pytest.mark.parametrize(("name", "rounds"), [("flower", 2), ("nvflare", 4)])
def test_an_example_runs_as_it_is(programs: Path, tmp_path: Path, name: str, rounds: int) -> None:
    done = subprocess.run(
        [programs / "python", _ROOT / "examples" / name / "run.py"],
        cwd=tmp_path,
        env={**os.environ, "TMPDIR": str(tmp_path)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answers = re.findall(r"^ +(\d)  (.+?) {2,}(\w+)$", done.stdout, re.MULTILINE)
    for number in range(1, rounds + 1):
        said = [reason for each, _, reason in answers if int(each) == number]
        assert said == ["Authorised"] * 4 + ["NodeUnknown"], done.stdout
    (reached,) = re.findall(r"all four: (0\.\d+)$", done.stdout, re.MULTILINE)
    assert float(reached) > 0.7
    assert not list(tmp_path.iterdir()), "something is left behind"
