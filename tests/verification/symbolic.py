"""Symbolic tests: what holds for all values at once, by halmos and an SMT solver.

A proof of something that never happens proves nothing. So every test is also tried in a copy that
says at its end that this cannot be reached, and there must be a counterexample.
"""

import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.verification.results import Result
from tests.verification.tools import ROOT, WORK, Run, run, tool

_TESTS = Path("tests/contracts/symbolic")
_SETTINGS = "tests/verification/halmos.toml"
_OUTCOMES = ("proved", "counterexample", "not decided in time", "stuck", "always reverts", "error")
_END = re.compile(r"(^    function check_.*?\n)(    \}\n)", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Proof:
    """What halmos found of a test."""

    outcome: str
    paths: int
    cut: bool
    """Whether a loop was not followed to its end."""


def check() -> Result:
    """Proves every `check_` function under `tests/contracts/symbolic/`."""
    done, proofs = _prove(ROOT)
    copy = _copy_that_fails_at_the_end()
    again, failures = _prove(copy, "--early-exit")
    problems = list(_problems(proofs, failures))
    if not proofs:
        problems.append(f"Nothing was proved: {done.last_words}")
    return Result(
        step="symbolic",
        claim="halmos proves every symbolic test, and each has something to say",
        command=done.command,
        seconds=round(done.seconds + again.seconds),
        figures={
            name: f"{proof.outcome}, {proof.paths:,} paths"
            for name, proof in sorted(proofs.items())
        },
        problems=problems,
    )


def _problems(proofs: dict[str, Proof], failures: dict[str, Proof]) -> Iterator[str]:
    for name, proof in sorted(proofs.items()):
        if proof.outcome != "proved":
            yield f"{name}: {proof.outcome}"
        elif proof.cut:
            yield f"{name}: a loop was not followed to its end"
        elif name not in failures or failures[name].outcome != "counterexample":
            yield f"{name}: nothing reaches its end, so that nothing is proved"


def _prove(root: Path, *options: str) -> tuple[Run, dict[str, Proof]]:
    report = WORK / "symbolic" / "halmos.json"
    report.parent.mkdir(parents=True, exist_ok=True)
    report.unlink(missing_ok=True)
    # Halmos tries whatever lies built there, a test that is no more included.
    shutil.rmtree(WORK / "symbolic" / "out", ignore_errors=True)
    done = run(
        tool("python"),
        ROOT / "tests/verification/prove.py",
        *("--root", ".", "--config", ROOT / _SETTINGS, "--json-output", report),
        *options,
        settings={"FOUNDRY_PROFILE": "symbolic"},
        root=root,
    )
    found = json.loads(report.read_text(encoding="utf-8")) if report.is_file() else {}
    return done, dict(_proofs(found.get("test_results") or {}))


def _proofs(suites: dict[str, Any]) -> Iterator[tuple[str, Proof]]:
    for suite, tests in suites.items():
        for test in tests:
            name = f"{suite.rpartition(':')[2]}.{test['name'].partition('(')[0]}"
            paths = test["num_paths"][0] if test["num_paths"] else 0
            yield name, Proof(_OUTCOMES[test["exitcode"]], paths, bool(test["num_bounded_loops"]))


def _copy_that_fails_at_the_end() -> Path:
    copy = WORK / "symbolic" / "reached"
    for part in ("contracts", "tests/contracts", "deploy"):
        shutil.rmtree(copy / part, ignore_errors=True)
        shutil.copytree(ROOT / part, copy / part)
    shutil.copy(ROOT / "foundry.toml", copy)
    packages = copy / "node_modules"
    packages.unlink(missing_ok=True)
    packages.symlink_to((ROOT / "node_modules").resolve())
    for test in sorted((copy / _TESTS).glob("*.t.sol")):
        text = test.read_text(encoding="utf-8")
        test.write_text(_END.sub(r"\1        assert(false);\n\2", text), encoding="utf-8")
    return copy
