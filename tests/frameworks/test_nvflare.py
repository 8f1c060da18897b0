"""NVFlare's swarm learning with four hospitals' data: a process for every site, rotating merges."""

from __future__ import annotations

import os
import subprocess
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from examples.hospitals import Hospitals
from governance.gate import EvidenceReader
from tests.frameworks.attesting import only_the_honest_is_final, publish_all
from tests.frameworks.runs import Meanwhile, end_some, join, lines
from tests.frameworks.scene import HONEST, ROGUES, ROUNDS

if TYPE_CHECKING:
    from collections.abc import Iterator


_ROOT = Path(__file__).parents[2]
_EXAMPLE = _ROOT / "examples" / "nvflare"
_RUN_SECONDS = 300

pytestmark = pytest.mark.chain


class Runs:
    """A run of honest sites alone, and one with rogues among them."""

    def __init__(self, folder: Path, hospitals: Hospitals, programs: Path) -> None:
        self._folder = folder
        self._programs = programs
        self._nodes = folder / "hospitals" / "nodes"
        self.nodes = join(hospitals, HONEST)
        self.without = self._run(1)
        self.nodes |= join(hospitals, ROGUES)
        # Every update of the first round with an envelope.
        first_round = sum(1 for log in self.logs() for _ in lines(log)) + len(self.nodes)
        with Meanwhile(self.logs, first_round, lambda: end_some(hospitals, self.nodes)):
            self.among_rogues = self._run(2, "--rogues")
        self.packages = folder / "packages"
        self._run(3, "--rogues", "--packages", str(self.packages))
        honest = [self.nodes[part.name] for part in HONEST]
        self.examined = publish_all(hospitals, self.packages, honest)
        self.study = hospitals.study()

    def logs(self) -> list[Path]:
        """The evidence logs of all sites."""
        return [folder.settings.parent / "evidence.jsonl" for folder in self.nodes.values()]

    def log(self, attempt: int) -> str:
        """What a run logged."""
        return self._workspace(attempt).with_suffix(".log").read_text()

    def _workspace(self, attempt: int) -> Path:
        return self._folder / f"run-{attempt}"

    def _run(self, attempt: int, *options: str) -> list[bytes]:
        """Runs the scene; the bytes of the model at every site."""
        workspace = self._workspace(attempt)
        command = [
            self._programs / "python",
            Path(__file__).with_name("nvflare_parts.py"),
            *(workspace, self._nodes / "{site}" / "node.json", str(attempt), *options),
        ]
        environment = {**os.environ, "PYTHONPATH": f"{_ROOT}:{_EXAMPLE}"}
        with workspace.with_suffix(".log").open("wb") as file:
            done = subprocess.run(
                command,
                cwd=self._folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=file,
                timeout=_RUN_SECONDS,
                check=False,
            )
        models = [np.load(each) for each in workspace.glob("*/simulate_job/models/server.npy")]
        assert done.returncode == 0, self.log(attempt)
        assert models, self.log(attempt)
        return [model.tobytes() for model in models]


@pytest.fixture(scope="module")
def runs(programs: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runs]:
    folder = tmp_path_factory.mktemp("nvflare")
    with Hospitals(folder / "hospitals") as hospitals:
        yield Runs(folder, hospitals, programs)


def _reasons(runs: Runs, attempt: int) -> dict[str, list[str]]:
    """What the sites' gates said to each node, by its name, in the order of the rounds."""
    names = {folder.address: name for name, folder in runs.nodes.items()}
    found: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for log in runs.logs():
        for entry in EvidenceReader(log):
            said = entry.envelope.envelope
            if said.attempt == attempt:
                found[names[entry.decision.node]].append((said.round, entry.decision.reason.value))
    return {name: [reason for _, reason in sorted(each)] for name, each in found.items()}


def test_all_of_the_honest_are_merged(runs: Runs) -> None:
    assert _reasons(runs, 1) == {part.name: list(part.reasons) for part in HONEST}


def test_every_rogue_is_refused_by_name(runs: Runs) -> None:
    found = _reasons(runs, 2)
    assert found["node-2"] == found["node-3"] == ["Authorised"] * ROUNDS
    # A peer that has not seen the replayed envelope before refuses it for its round; the one that
    # has gives the answer of then, and does not merge it again.
    assert found["node-1"] in (
        ["Authorised", "Authorised"],
        ["Authorised", "WrongRound", "Authorised"],
    )
    assert found["rogue-1"] == ["NodeUnknown"]
    assert found["rogue-2"] == ["UpdateMismatch"]
    assert found["rogue-3"] == ["ForeignStudy", "NodeRevoked"]
    assert found["rogue-4"] == ["WrongParent", "Withdrawn"]
    told = runs.log(2)
    assert told.count("the update of rogue-2 is refused: WrongRound") == 1
    assert told.count("the update of rogue-1 is refused: EnvelopeMissing") == 1


def test_the_model_is_that_of_a_run_without_them_bit_for_bit(runs: Runs) -> None:
    assert len(runs.without) == len(HONEST)
    assert len(runs.among_rogues) == len(HONEST) + len(ROGUES)
    assert set(runs.among_rogues) == set(runs.without)
    assert len(set(runs.without)) == 1
    assert np.any(np.frombuffer(runs.without[0], dtype=np.float64))


def test_what_a_dishonest_peer_publishes_never_becomes_final(runs: Runs) -> None:
    only_the_honest_is_final(runs.examined, runs.study, runs.packages)
