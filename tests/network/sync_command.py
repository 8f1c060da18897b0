"""`run_sync` as a process: `python -m tests.network.sync_command --rpc URL --folder DIR …`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cli.failure import report
from cli.options import common, confirming
from cli.session import Session
from cli.syncing import run_sync
from governance.chain.rpc import Rpc

if TYPE_CHECKING:
    from cli.options import Invocation


@click.command()
@click.option("--rpc", required=True)
@click.option("--folder", type=Path, required=True)
@click.option("--watch", is_flag=True)
@common
@confirming
def command(invocation: Invocation, rpc: str, folder: Path, watch: bool) -> None:
    def enodes() -> dict[str, str]:
        found: dict[str, Any] = json.loads((folder / "enodes.json").read_text(encoding="utf-8"))
        return found

    with Rpc(rpc, timeout=10) as engine:
        run_sync(
            Session(invocation),
            engine,
            folder=folder,
            watch=watch,
            yes=invocation.yes,
            enodes=enodes,
            interval=1.0,
        )


if __name__ == "__main__":
    try:
        command.main(standalone_mode=False)
    except (Exception, KeyboardInterrupt) as error:
        sys.exit(report(error, sys.argv[1:]))
