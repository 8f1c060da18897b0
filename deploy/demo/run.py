"""Runs the demo from an empty folder to its summary; `charter demo` and `make demo` call it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deploy.demo.consortium import ConsortiumStage
from deploy.demo.documents import charter
from deploy.demo.evaluation import SPLITS, evaluate, mean
from deploy.demo.folder import CHAIN, EVIDENCE, PAGE, SUMMARY, SWARM, TRUST, prepare
from deploy.demo.narration import Narrator
from deploy.demo.outcome import Outcome
from deploy.demo.stage import EmbeddedStage, Network
from deploy.demo.story import Story
from governance.audit.collect import Order, collect
from governance.audit.page import render
from governance.audit.verify import verify
from governance.chain.files import write_atomically

if TYPE_CHECKING:
    from pathlib import Path

    from deploy.demo.evaluation import Figures
    from deploy.demo.stage import Stage
    from deploy.demo.story import Told
    from governance.audit import Report

_READABLE_BY_ALL = 0o644


def run(
    folder: Path, narrator: Narrator | None = None, network: Network = Network.EMBEDDED
) -> Outcome:
    """Runs the whole demo.

    Args:
        folder: Where the results go: `summary.json`, `report.html`, `evidence.zip` with its
            `trust.json`, the chain, and a folder for each who takes part. What an earlier run left
            there is removed (see `deploy.demo.folder`).
        narrator: Who tells the story; on stderr if none is given.
        network: Which chain it is told on.

    Returns:
        What the demo showed, already written to `summary.json`.

    Raises:
        DemoFolderInUse: If the folder is not the demo's; it stays as it is then.
        EngineMissing: If validators are wanted that this machine cannot run; nothing is made then.
        CharterError: If anything on the way fails.
    """
    narrator = narrator or Narrator()
    stage = _stage(network, folder, narrator)
    prepare(folder)
    with narrator.progress("training on 20 splits", len(SPLITS)) as step:
        each = []
        for seed in SPLITS:
            each.append(evaluate(seed))
            step()
    figures = mean(each)
    try:
        told = Story(folder / SWARM, stage, narrator).tell()
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
    write_atomically(folder / EVIDENCE, evidence, _READABLE_BY_ALL)
    told.trust.save(folder / TRUST)
    return _write(folder, told, figures, report)


def _stage(network: Network, folder: Path, narrator: Narrator) -> Stage:
    if network is Network.BESU:
        return ConsortiumStage(narrator)
    return EmbeddedStage(folder / CHAIN)


def _write(folder: Path, told: Told, figures: Figures, report: Report) -> Outcome:
    outcome = Outcome(told, figures, report)
    write_atomically(folder / PAGE, render(report), _READABLE_BY_ALL)
    write_atomically(folder / SUMMARY, outcome.to_json(), _READABLE_BY_ALL)
    return outcome
