"""Flower with four hospitals' data: a real SuperLink, SuperNodes, and processes for every app."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from examples.flower.federation import Federation
from examples.hospitals import Hospitals
from tests.frameworks.attesting import only_the_honest_is_final, publish_all
from tests.frameworks.runs import Meanwhile, end_some, join, lines
from tests.frameworks.scene import HONEST, ROGUES, ROUNDS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from examples.hospitals import NodeFolder

_ROOT = Path(__file__).parents[2]
_APP = Path(__file__).parent / "flower_app"
_HEART = _ROOT / "examples" / "flower" / "app"

pytestmark = pytest.mark.chain


class Runs:
    """A run of honest nodes alone, and one with rogues among them, on one SuperLink."""

    def __init__(self, folder: Path, hospitals: Hospitals, federation: Federation) -> None:
        self._folder = folder
        self._federation = federation
        merging = hospitals.node(1, "merging")
        self.merging = merging
        self.nodes: dict[str, NodeFolder] = {}
        self._join(hospitals, HONEST)
        self.without = self._run(1, merging)
        self._join(hospitals, ROGUES)
        log = merging.settings.parent / "evidence.jsonl"
        # Every update of the first round with an envelope.
        first_round = sum(1 for _ in lines(log)) + len(HONEST) + len(ROGUES)
        with Meanwhile(lambda: [log], first_round, lambda: end_some(hospitals, self.nodes)):
            self.among_rogues = self._run(2, merging)
        self.packages = folder / "packages"
        federation.leave(*(part.name for part in ROGUES[1:]))
        present = len(HONEST) + 1
        self._run(3, merging, nodes=present, rounds=1, packages=str(self.packages))
        examiners = [self.nodes[part.name] for part in HONEST[1:]]
        self.examined = publish_all(hospitals, self.packages, [merging, *examiners])
        self.study = hospitals.study()

    def _join(self, hospitals: Hospitals, parts: Any) -> None:
        made = join(hospitals, parts)
        self.nodes |= made
        for part in parts:
            settings = str(made[part.name].settings)
            self._federation.join(
                part.name, {"part": part.name, "site": part.site, "charter": settings}
            )

    def _run(self, attempt: int, merging: NodeFolder, **options: str | int) -> dict[str, Any]:
        result = self._folder / f"result-{attempt}.json"
        config = {
            "rounds": ROUNDS,
            "nodes": len(self.nodes),
            "attempt": attempt,
            "settings": str(merging.settings),
            "result": str(result),
            **options,
        }
        self._federation.run(_APP, config)
        found: dict[str, Any] = json.loads(result.read_text())
        return found


@pytest.fixture(scope="module")
def runs(programs: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runs]:
    folder = tmp_path_factory.mktemp("flower")
    environment = {"PYTHONPATH": f"{_ROOT}:{_HEART}"}
    with (
        Hospitals(folder / "hospitals") as hospitals,
        Federation(folder / "flower", programs, environment) as federation,
    ):
        yield Runs(folder, hospitals, federation)


def _reasons(runs: Runs, result: dict[str, Any]) -> dict[str, list[str]]:
    """What became of each node's updates, by its name, round by round."""
    names = {folder.address: name for name, folder in runs.nodes.items()}
    # A replayed envelope names the node that signed it, and one without names nobody.
    found: dict[str, list[str]] = {}
    for each in result["rounds"]:
        for update in each["updates"]:
            found.setdefault(names.get(update["node"], "nobody"), []).append(update["reason"])
    return found


def test_all_of_the_honest_are_merged(runs: Runs) -> None:
    honest = {part.name: list(part.reasons) for part in HONEST}
    assert _reasons(runs, runs.without) == honest
    assert [each["merged"] for each in runs.without["rounds"]] == [True] * ROUNDS


def test_every_rogue_is_refused_by_name(runs: Runs) -> None:
    found = _reasons(runs, runs.among_rogues)
    assert found["node-2"] == found["node-3"] == ["Authorised", "Authorised"]
    assert sorted(found["node-1"]) == ["Authorised", "Authorised", "WrongRound"]
    assert found["rogue-1"] == ["NodeUnknown"]
    assert found["nobody"] == ["EnvelopeMissing"]
    assert found["rogue-2"] == ["UpdateMismatch"]
    assert found["rogue-3"] == ["ForeignStudy", "NodeRevoked"]
    assert found["rogue-4"] == ["WrongParent", "Withdrawn"]


def test_the_model_is_that_of_a_run_without_them_bit_for_bit(runs: Runs) -> None:
    assert runs.among_rogues["weights"] == runs.without["weights"]
    assert any(runs.without["weights"])


def test_what_a_dishonest_server_publishes_never_becomes_final(runs: Runs) -> None:
    only_the_honest_is_final(runs.examined, runs.study, runs.packages)
