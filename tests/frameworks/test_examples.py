"""The examples, run as a person runs them."""

from __future__ import annotations

import os
import re
import stat
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from examples.eligible import NAME, training_data
from examples.hospitals import SITES, Hospitals
from governance.consent.errors import EligibleListInvalid

if TYPE_CHECKING:
    from collections.abc import Iterator

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


@pytest.fixture(scope="module")
def hospitals(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hospitals]:
    with Hospitals(tmp_path_factory.mktemp("examples") / "hospitals") as running:
        yield running


@pytest.fixture(scope="module")
def listed(hospitals: Hospitals, tmp_path_factory: pytest.TempPathFactory) -> str:
    """What the real command writes from what a hospital's patients said."""
    folder, records = tmp_path_factory.mktemp("home"), hospitals[2].records
    terms, ids = folder / "terms.json", folder / "ids.csv"
    terms.write_bytes(hospitals.study().version(2).terms)
    for words in (
        ["import", str(records.folder / "consents.ndjson")],
        ["eligible", "--terms", str(terms), "--ids", str(ids)],
    ):
        subprocess.run(
            [sys.executable, "-m", "cli", "consent", *words],
            cwd=_ROOT,
            env={**os.environ, "CHARTER_HOME": str(folder)},
            check=True,
            capture_output=True,
        )
    return ids.read_text()


def test_nodes_train_on_those_whom_the_demo_trains_on(hospitals: Hospitals, listed: str) -> None:
    node = hospitals.node(2, "node-2")
    own = node.settings.with_name(NAME)
    assert stat.S_IMODE(own.stat().st_mode) == 0o600
    assert own.read_text() == listed
    features, disease = hospitals[2].patients.train
    found = training_data(SITES[1], node.settings)
    assert np.array_equal(found[0], features)
    assert np.array_equal(found[1], disease)
    own.unlink()
    with pytest.raises(FileNotFoundError):
        training_data(SITES[1], node.settings)


def test_nobody_trains_whose_data_may_have_been_collected_at_other_times_alone(
    listed: str, tmp_path: Path
) -> None:
    heading, *lines = listed.splitlines()
    assert heading == "record,collected_from,collected_until"

    def trained(*rows: str) -> int:
        (tmp_path / NAME).write_text("".join(f"{row}\n" for row in (heading, *rows)))
        return len(training_data(SITES[1], tmp_path / "node.json")[1])

    everyone = trained(*lines)
    assert everyone == 190
    place = next(n for n in range(len(lines)) if trained(*lines[:n], *lines[n + 1 :]) < everyone)
    name = lines[place].split(",")[0]
    others = [*lines[:place], *lines[place + 1 :]]
    # The data may be of any day up to July 1988, which none of these but the last three permits.
    for spans, trains in (
        (["2021-01-04 12:00:00 UTC,2026-01-03 10:00:00 UTC"], False),
        (["1985-01-01 00:00:00 UTC,"], False),
        ([",1985-01-01 00:00:00 UTC"], False),
        ([",1985-01-01 00:00:00 UTC", "1986-01-01 00:00:00 UTC,"], False),
        ([",2026-01-03 10:00:00 UTC"], True),
        ([","], True),
        ([",1985-01-01 00:00:00 UTC", ","], True),
    ):
        assert trained(*others, *(f"{name},{span}" for span in spans)) == everyone - 1 + trains


def test_a_list_of_another_form_is_an_error_and_not_an_empty_list(
    listed: str, tmp_path: Path
) -> None:
    _, *lines = listed.splitlines()
    for text in ("", "".join(f"{line.split(',')[0]}\n" for line in lines)):
        (tmp_path / NAME).write_text(text)
        with pytest.raises(EligibleListInvalid):
            training_data(SITES[1], tmp_path / "node.json")
