"""`charter demo`: the whole way, once, on this machine."""

from __future__ import annotations

import json
from pathlib import Path

import click

from cli.ending import ended_once
from cli.errors import DemoNotInstalled
from cli.options import ANY_PATH, Invocation, common
from cli.output import emit_json, note


@click.command()
@click.option(
    "--out",
    type=ANY_PATH,
    default=Path("demo-out"),
    show_default=True,
    help="Folder for the results; what an earlier run made there is replaced, and nothing else.",
)
@click.option(
    "--network",
    type=click.Choice(["embedded", "besu"]),
    default="embedded",
    show_default=True,
    help="The chain: one program for all, or a Besu validator for each hospital.",
)
@common
def command(invocation: Invocation, out: Path, network: str) -> None:
    """Four hospitals, one study: the whole way, once.

    A swarm is founded on a chain of its own, a study is signed, fifty rounds are trained and
    guarded, a rogue is refused, money is shared, and the history is audited. Nothing outside the
    folder is touched. A folder that holds anything is used only where a run of the demo made it.

    With `--network besu`, the four hospitals make a network of their own validators first, and each
    speaks to its own alone. That takes Besu and its Java on this machine (see docs/operations.md),
    2 GB of memory, and some minutes.
    """
    try:
        # They need numpy, which only the demo needs.
        from deploy.demo.run import run  # noqa: PLC0415
        from deploy.demo.stage import Network  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise DemoNotInstalled(str(error.name)) from None
    # Whoever ends it, by whatever signal, is not left with a chain that goes on by itself.
    with ended_once():
        outcome = run(out, network=Network(network))
    note(f"The results are in {out}; open {out / 'report.html'}.")
    if invocation.json:
        emit_json("demo", json.loads((out / "summary.json").read_text(encoding="utf-8")))
        return
    from rich.console import Console  # noqa: PLC0415 - slow to import

    outcome.show(Console())
