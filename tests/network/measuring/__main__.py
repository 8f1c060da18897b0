"""Measures networks of real validators on this machine and writes `measured.md`."""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path

from tests.network.consortium import Consortium
from tests.network.measuring import cost, throughput

REPORT = Path(__file__).parents[1] / "measured.md"
NAMES = ("alpha", "beta", "gamma", "delta", "echo", "foxtrot", "golf")
FEW, MANY = 4, 7
STEPS = {"cost": "Cost of one validator", "throughput": "Acts per second, and time until final"}


def main() -> None:
    """Runs the steps that are asked for; the report keeps what the others showed last."""
    parser = argparse.ArgumentParser(prog="python -m tests.network.measuring")
    parser.add_argument("steps", nargs="*", metavar="{" + ",".join(STEPS) + "}")
    parser.add_argument("--minutes", type=float, default=10.0, help="of each phase of cost")
    parser.add_argument("--seconds", type=float, default=60.0, help="of each phase of throughput")
    asked = parser.parse_args()
    sections = _sections()
    for step in asked.steps or STEPS:
        with tempfile.TemporaryDirectory() as folder:
            if step == "cost":
                sections[step] = _cost(Path(folder), asked.minutes)
            elif step == "throughput":
                sections[step] = _throughput(Path(folder), asked.seconds)
            else:
                parser.error(f"there is no step {step}")
        _write(sections)


def _cost(folder: Path, minutes: float) -> list[str]:
    consortium = Consortium(folder, NAMES[:FEW])
    with consortium.running():
        consortium.found(consortium.names)
        found = cost.measure(consortium, 60 * minutes)
    blocks = "a block a second where there are acts, one in 15 where none"
    said = f"Four validators; {blocks}; {minutes:g} minutes each."
    return [said, "", *cost.rows(found)]


def _throughput(folder: Path, seconds: float) -> list[str]:
    found = []
    for count in (FEW, MANY):
        consortium = Consortium(folder / str(count), NAMES[:count])
        with consortium.running():
            consortium.found(consortium.names)
            found += throughput.measure(consortium, seconds, folder / f"journals-{count}")
    said = f"All validators and whoever sends on {os.cpu_count()} cores, {seconds:g} seconds each."
    return [said, "", *throughput.rows(found)]


def _sections() -> dict[str, list[str]]:
    """What an earlier report says, by step."""
    if not REPORT.exists():
        return {}
    titles = {title: step for step, title in STEPS.items()}
    found: dict[str, list[str]] = {}
    for part in REPORT.read_text(encoding="utf-8").split("\n## ")[1:]:
        title, _, text = part.partition("\n")
        found[titles[title]] = text.strip("\n").splitlines()
    return found


def _write(sections: dict[str, list[str]]) -> None:
    lines = ["# Networks, measured", "", "Written by `make measure-network`."]
    for step, title in STEPS.items():
        if step in sections:
            lines += ["", f"## {title}", "", *sections[step]]
    REPORT.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
