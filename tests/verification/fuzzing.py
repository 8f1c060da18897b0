"""Fuzz tests and invariants, with many more runs than `make test` has time for."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.verification.results import Result
from tests.verification.tools import Run, run

FUZZ_RUNS = 10_000
INVARIANT_RUNS = 1_000
INVARIANT_DEPTH = 100

_CLAIM = (
    f"fuzz tests hold {FUZZ_RUNS:,} times, "
    f"invariants over {INVARIANT_RUNS:,} histories of {INVARIANT_DEPTH} acts"
)


@dataclass(frozen=True)
class Campaign:
    """One fuzz test or invariant, and how often it was tried."""

    name: str
    passed: bool
    runs: int
    calls: int | None
    """For invariants: acts in all runs together."""
    reason: str

    def problems(self) -> Iterator[str]:
        """Why it does not show what it should."""
        if not self.passed:
            yield f"{self.name}: {self.reason}"
            return
        wanted = FUZZ_RUNS if self.calls is None else INVARIANT_RUNS
        if self.runs < wanted:
            yield f"{self.name} ran {self.runs:,} times, not {wanted:,}"
        if self.calls is not None and self.calls < INVARIANT_RUNS * INVARIANT_DEPTH:
            yield f"{self.name} made {self.calls:,} calls, fewer than runs times depth"


def check() -> Result:
    """Runs them all."""
    done = run(
        "forge",
        *("test", "--json", "--match-test", "^(testFuzz|invariant)"),
        settings={
            "FOUNDRY_FUZZ_RUNS": str(FUZZ_RUNS),
            "FOUNDRY_INVARIANT_RUNS": str(INVARIANT_RUNS),
            "FOUNDRY_INVARIANT_DEPTH": str(INVARIANT_DEPTH),
        },
    )
    campaigns = list(_campaigns(done))
    problems = [problem for each in campaigns for problem in each.problems()]
    if not campaigns:
        problems = [f"No test ran: {done.last_words}"]
    return Result(
        step="fuzz",
        claim=_CLAIM,
        command=done.command,
        seconds=round(done.seconds),
        figures={
            each.name: f"{each.runs:,} runs"
            + ("" if each.calls is None else f", {each.calls:,} calls")
            for each in campaigns
        },
        problems=problems,
    )


def _campaigns(done: Run) -> Iterator[Campaign]:
    suites: dict[str, Any] = json.loads(done.stdout) if done.stdout.startswith("{") else {}
    for suite, results in sorted(suites.items()):
        contract = suite.rpartition(":")[2]
        for test, outcome in results["test_results"].items():
            for kind, figures in outcome["kind"].items():
                yield Campaign(
                    name=f"{contract}.{test.partition('(')[0]}",
                    passed=outcome["status"] == "Success",
                    runs=figures["runs"],
                    calls=figures["calls"] if kind == "Invariant" else None,
                    reason=outcome["reason"] or "failed",
                )
