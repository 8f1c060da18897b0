"""Static analysis: patterns that have been somebody's mistake before, by slither."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

from tests.verification.results import Result
from tests.verification.tools import ROOT, WORK, own_build, run, tool

# What follows the detectors' names is not slither's, and says why.
_EXCEPTION = re.compile(r"^\s*//\s*slither-disable-(?:next-line|start)\s+([\w,-]+)(.*)$")


def check() -> Result:
    """Runs every detector on `contracts/`; an exception counts only with its reason beside it."""
    report = WORK / "static" / "slither.json"
    report.parent.mkdir(parents=True, exist_ok=True)
    report.unlink(missing_ok=True)
    done = run(
        tool("slither"),
        *(".", "--config-file", "slither.config.json", "--json", report, "--fail-none"),
        settings=own_build("static"),
    )
    problems = []
    if report.is_file():
        problems = list(_findings(json.loads(report.read_text(encoding="utf-8"))))
    findings = len(problems)
    analysed = re.search(r"\((\d+) contracts with (\d+) detectors\)", done.stderr)
    if not analysed:
        problems.append(f"Nothing was analysed: {done.last_words}")
    detectors, unexplained = _exceptions()
    problems += [f"{place} excepts without a reason" for place in unexplained]
    return Result(
        step="static",
        claim="slither finds nothing; each exception has its reason beside the line",
        command=done.command,
        seconds=round(done.seconds),
        figures={
            "contracts, libraries and interfaces": int(analysed[1]) if analysed else 0,
            "detectors": int(analysed[2]) if analysed else 0,
            "findings": findings,
            **{f"exceptions: {name}": count for name, count in sorted(detectors.items())},
        },
        problems=problems,
    )


def _findings(report: dict[str, Any]) -> Iterator[str]:
    for finding in report["results"].get("detectors", []):
        if finding["check"] != "unused-ignore-directive":
            yield f"{finding['check']}: {finding['description'].strip().splitlines()[0]}"
            continue
        for idle in finding["unused_ignores"]:
            place = Path(idle["file"])
            if place.is_relative_to(ROOT / "contracts"):
                yield f"{place.relative_to(ROOT).as_posix()}:{idle['line']} excepts nothing"


def _exceptions() -> tuple[Counter[str], list[str]]:
    """How often each detector is silenced, and where without a reason.

    The reason stands behind the detectors' names, or in a comment right above.
    """
    detectors: Counter[str] = Counter()
    unexplained = []
    for source in sorted((ROOT / "contracts").rglob("*.sol")):
        lines = ["", *source.read_text(encoding="utf-8").splitlines()]
        for number, (above, line) in enumerate(pairwise(lines), 1):
            found = _EXCEPTION.match(line)
            if not found:
                continue
            detectors.update(found[1].split(","))
            explained_above = above.strip().startswith("//") and not _EXCEPTION.match(above)
            if not found[2].strip() and not explained_above:
                unexplained.append(f"{source.relative_to(ROOT).as_posix()}:{number}")
    return detectors, unexplained
