"""Mutation testing as a step: all mutants, those judged before included."""

import time

from tests.verification.mutation import campaign, report
from tests.verification.mutation.compiler import Sources
from tests.verification.results import Result

_JUDGES = 2


def check() -> Result:
    """Judges what has no verdict yet, and writes the campaign's own report."""
    started = time.monotonic()
    sources = Sources.load()
    mutants = sources.mutants()
    shown = report.campaign(mutants, mutants, campaign.verdicts(sources, mutants, _JUDGES))
    report.REPORT.write_text(report.page(shown), encoding="utf-8")
    return Result(
        step="mutation",
        claim=f"tests notice {report.LEAST_SCORE:.0f} % of the mutants that make a difference",
        command="python -m tests.verification.mutation",
        seconds=round(time.monotonic() - started),
        figures={
            "score": f"{shown.score:.1f} %",
            "mutants": len(mutants),
            **{
                f"of {file}": report.summary(counts) for file, counts in shown.table("file").items()
            },
        },
        problems=list(shown.problems()),
    )
