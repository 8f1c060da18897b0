"""All measurements, as a table and as the committed `results.json`.

Each is a ratio against a peer that runs in turns with ours in the same process or shell, so that it
says the same on a slow machine and on a fast one.
"""

from __future__ import annotations

import json
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from tests.benchmarks.measurement import Measurement

RESULTS = Path(__file__).with_name("results.json")
SUBJECTS = ("cli", "gate", "history", "memory", "catching_up", "audit", "consent", "digest")


def main() -> int:
    """Measures everything; the exit status says whether all targets were met."""
    measured: list[Measurement] = []
    for subject in SUBJECTS:
        print(f"measuring {subject} …", file=sys.stderr)
        measured += import_module(f"tests.benchmarks.{subject}").bench()
    RESULTS.write_text(json.dumps(measured, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    table = Table("measurement", "ours", "peer", "ratio", "target", "met")
    for row in measured:
        table.add_row(
            row["name"],
            f"{row['ours']:g}",
            f"{row['peer']:g}",
            f"{row['ratio']:.2f}",
            row["target"],
            "yes" if row["met"] else "NO",
        )
    Console(width=140).print(table)
    return 0 if all(row["met"] for row in measured) else 1


if __name__ == "__main__":
    sys.exit(main())
