"""Runs the demo from an empty folder to its summary; `charter demo` and `make demo` call it."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from deploy import embedded
from deploy.demo import consortium
from deploy.demo.consortium import ConsortiumStage
from deploy.demo.documents import charter
from deploy.demo.evaluation import SPLITS, evaluate, mean
from deploy.demo.narration import Narrator
from deploy.demo.outcome import Outcome
from deploy.demo.stage import EmbeddedStage, Network
from deploy.demo.story import Story
from governance.audit.collect import Order, collect
from governance.audit.page import render
from governance.audit.verify import verify
from governance.chain.files import write_atomically
from governance.errors import CharterError, ExitStatus

if TYPE_CHECKING:
    from pathlib import Path

    from deploy.demo.evaluation import Figures
    from deploy.demo.stage import Stage
    from deploy.demo.story import Told
    from governance.audit import Report

_SUMMARY = "summary.json"
_PAGE = "report.html"
_EVIDENCE = "evidence.zip"
_TRUST = "trust.json"
_CHAIN = "chain"
_SWARM = "swarm"
_READABLE_BY_ALL = 0o644


class DemoFolderInUse(CharterError):
    """The folder for the demo's results holds something else."""

    code = "DemoFolderInUse"
    exit_status = ExitStatus.LOCAL

    def __init__(self, folder: Path) -> None:
        super().__init__(
            f"The folder {folder} holds something that is not an earlier run of the demo.",
            "Choose another folder, or empty this one.",
        )


def run(
    folder: Path, narrator: Narrator | None = None, network: Network = Network.EMBEDDED
) -> Outcome:
    """Runs the whole demo.

    Args:
        folder: Where the results go: `summary.json`, `report.html`, `evidence.zip` with its
            `trust.json`, the chain, and a folder for each who takes part. What an earlier run left
            there is removed.
        narrator: Who tells the story; on stderr if none is given.
        network: Which chain it is told on.

    Returns:
        What the demo showed, already written to `summary.json`.

    Raises:
        DemoFolderInUse: If the folder holds something else.
        EngineMissing: If validators are wanted that this machine cannot run; nothing is made then.
        CharterError: If anything on the way fails.
    """
    narrator = narrator or Narrator()
    stage = _stage(network, folder, narrator)
    _clear(folder)
    with narrator.progress("training on 20 splits", len(SPLITS)) as step:
        each = []
        for seed in SPLITS:
            each.append(evaluate(seed))
            step()
    figures = mean(each)
    try:
        told = Story(folder / _SWARM, stage, narrator).tell()
        narrator.chapter("The audit")
        logs = [path.read_bytes() for path in told.evidence]
        evidence = collect(stage.everyone(), Order(told.trust), logs).bundle.to_bytes()
    finally:
        stage.close()
    # The chain is gone. What follows needs the bundle and the trust file, on any machine.
    report = verify(evidence, told.trust, charter=charter())
    narrator.say(
        f"{report.length} events in {len(evidence):,} bytes, proven by "
        f"{report.proof.basis.value}; {len(report.findings)} findings."
    )
    write_atomically(folder / _EVIDENCE, evidence, _READABLE_BY_ALL)
    told.trust.save(folder / _TRUST)
    return _write(folder, told, figures, report)


def _stage(network: Network, folder: Path, narrator: Narrator) -> Stage:
    if network is Network.BESU:
        return ConsortiumStage(narrator)
    return EmbeddedStage(folder / _CHAIN)


def _write(folder: Path, told: Told, figures: Figures, report: Report) -> Outcome:
    outcome = Outcome(told, figures, report)
    write_atomically(folder / _PAGE, render(report), _READABLE_BY_ALL)
    write_atomically(folder / _SUMMARY, outcome.to_json(), _READABLE_BY_ALL)
    return outcome


def _clear(folder: Path) -> None:
    ours = {_SUMMARY, _PAGE, _EVIDENCE, _TRUST, _CHAIN, _SWARM}
    if folder.exists():
        if not folder.is_dir() or any(each.name not in ours for each in folder.iterdir()):
            raise DemoFolderInUse(folder)
        if (folder / _CHAIN).exists():
            embedded.down(folder / _CHAIN)
        consortium.stop(folder / _SWARM)
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
