"""The examples, run as a person runs them."""

from __future__ import annotations

import os
import re
import stat
import subprocess
from pathlib import Path

import numpy as np
import pytest

from examples.eligible import NAME, training_data
from examples.hospitals import SITES, Hospitals

_ROOT = Path(__file__).parents[2]

# Of those drawn for training, by what they say in `deploy.demo.consents`.
_TRAINED = [
    ("Cleveland", 194, 212),
    ("Hungary", 190, 206),
    ("Switzerland", 80, 86),
    ("VA Long Beach", 127, 140),
]

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
    trained = re.findall(
        r"^(.+): (\d+) of the (\d+) patients .+ permit it", done.stdout, re.MULTILINE
    )
    assert [(site, int(some), int(drawn)) for site, some, drawn in trained] == _TRAINED
    (reached,) = re.findall(r"all four: (0\.\d+)$", done.stdout, re.MULTILINE)
    assert float(reached) > 0.7
    assert not list(tmp_path.iterdir()), "something is left behind"


def test_nodes_train_on_those_whom_the_demo_trains_on(tmp_path: Path) -> None:
    with Hospitals(tmp_path / "hospitals") as hospitals:
        node = hospitals.node(2, "node-2")
        assert stat.S_IMODE(node.settings.with_name(NAME).stat().st_mode) == 0o600
        features, disease = hospitals[2].patients.train
        found = training_data(SITES[1], node.settings)
        assert np.array_equal(found[0], features)
        assert np.array_equal(found[1], disease)
        node.settings.with_name(NAME).unlink()
        with pytest.raises(FileNotFoundError):
            training_data(SITES[1], node.settings)
