"""What acts cost in gas, ours and the anchors', in one run, as the committed `docs/gas.md`.

``--check`` measures anew and fails when a target that was met is met no longer, or when a row is
not, within two per cent, the committed one.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

from deploy.anvil import Anvil, free_port
from tests.gas import anchors, measuring
from tests.gas.chain import CHAIN_ID, GENESIS, Chain
from tests.gas.compiling import ROOT
from tests.gas.document import write
from tests.gas.table import HEAD, complaints, parse

DOCUMENT = ROOT / "docs" / "gas.md"


def main() -> int:
    """Measures all; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.gas", description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare only, write nothing")
    check = parser.parse_args().check
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with Anvil(folder, free_port(), CHAIN_ID, GENESIS) as anvil:
            chain = Chain(anvil.rpc)
            _say("the anchors")
            peers = anchors.measure(chain)
            rows = measuring.measure(chain, peers, folder, _say)
    if check:
        said = complaints(parse(DOCUMENT.read_text(encoding="utf-8")), rows)
        for sentence in said:
            print(sentence, file=sys.stderr)
        if said:
            print("Where that is meant, run `make gas` and commit docs/gas.md.", file=sys.stderr)
        return 1 if said else 0
    DOCUMENT.write_text(write(rows, peers), encoding="utf-8")
    table = Table(*HEAD)
    for row in rows:
        table.add_row(*(cell.replace("*", "") for cell in row.cells()))
    Console(width=140).print(table)
    return 0


def _say(what: str) -> None:
    print(f"measuring {what} …", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
