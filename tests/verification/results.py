"""What a step of the verification found, and the committed report of all steps."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

REPORT = Path(__file__).with_name("report.md")
DATA = REPORT.with_suffix(".json")


@dataclass(frozen=True)
class Result:
    """One step: what it was to show, and whether it did."""

    step: str
    claim: str
    command: str
    seconds: int
    figures: Mapping[str, int | float | str]
    problems: list[str] = field(default_factory=list)
    """Why the claim does not hold; none if it does."""

    @property
    def holds(self) -> bool:
        """Whether the claim was shown."""
        return not self.problems


def write(results: list[Result], versions: Mapping[str, str], order: list[str]) -> None:
    """Writes the report; steps that were not run now keep what they showed last."""
    known: dict[str, Any] = {}
    if DATA.is_file():
        known = json.loads(DATA.read_text(encoding="utf-8"))["steps"]
    known |= {result.step: {**asdict(result), "holds": result.holds} for result in results}
    steps = {name: known[name] for name in order if name in known}
    document = {"versions": dict(versions), "steps": steps}
    DATA.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    REPORT.write_text(_page(document), encoding="utf-8")


def _page(document: Mapping[str, Any]) -> str:
    steps = document["steps"].values()
    lines = [
        "# Verification of the contracts",
        "",
        "Written by `make verify-contracts`; what each step means is in",
        "[docs/verification.md](../../docs/verification.md).",
        "",
        "| step | claim | holds | seconds |",
        "|---|---|---|---|",
        *(
            f"| [{s['step']}](#{s['step']}) | {s['claim']} | {'yes' if s['holds'] else '**NO**'} "
            f"| {s['seconds']} |"
            for s in steps
        ),
        "",
        f"With {', '.join(map(' '.join, document['versions'].items()))}.",
    ]
    for step in steps:
        lines += ["", f"## {step['step']}", "", f"`{step['command']}`", ""]
        lines += ["| | |", "|---|---|"]
        lines += [f"| {name} | {value} |" for name, value in step["figures"].items()]
        if step["problems"]:
            lines += ["", "What does not hold:", ""]
            lines += [f"- {problem}" for problem in step["problems"]]
    return "\n".join(lines) + "\n"
