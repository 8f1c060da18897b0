"""Symbolic tests: what holds for all values at once, by halmos and an SMT solver."""

import json
import shutil
from typing import Any

from tests.verification.results import Result
from tests.verification.tools import WORK, run, tool

_OUTCOMES = ("proved", "counterexample", "not decided in time", "stuck", "always reverts", "error")


def check() -> Result:
    """Proves every `check_` function under `tests/contracts/symbolic/`."""
    report = WORK / "symbolic" / "halmos.json"
    report.parent.mkdir(parents=True, exist_ok=True)
    report.unlink(missing_ok=True)
    # Halmos tries whatever lies built there, a test that is no more included.
    shutil.rmtree(WORK / "symbolic" / "out", ignore_errors=True)
    done = run(
        tool("python"),
        "tests/verification/prove.py",
        *("--config", "tests/verification/halmos.toml", "--json-output", report),
        settings={"FOUNDRY_PROFILE": "symbolic"},
    )
    proofs: dict[str, str] = {}
    problems = []
    if report.is_file():
        for name, test in sorted(_tests(json.loads(report.read_text(encoding="utf-8")))):
            outcome = _OUTCOMES[test["exitcode"]]
            if outcome == "proved" and test["num_bounded_loops"]:
                outcome = "proved only for as many turns of a loop as were tried"
            if outcome != "proved":
                problems.append(f"{name}: {outcome}")
            proofs[name] = f"{outcome}, {test['num_paths'][0]:,} paths"
    if not proofs:
        problems.append(f"Nothing was proved: {done.last_words}")
    return Result(
        step="symbolic",
        claim="halmos proves every symbolic test",
        command=done.command,
        seconds=round(done.seconds),
        figures=proofs,
        problems=problems,
    )


def _tests(report: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [
        (f"{suite.rpartition(':')[2]}.{test['name'].partition('(')[0]}", test)
        for suite, tests in report["test_results"].items()
        for test in tests
    ]
