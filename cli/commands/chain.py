"""`charter chain`: the embedded chain, for one person on one machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from cli import home
from cli.contexts import Contexts
from cli.options import Invocation, common
from cli.output import emit_json, note, show
from deploy import embedded

if TYPE_CHECKING:
    from pathlib import Path


@click.group()
def command() -> None:
    """The embedded chain: up, down, status."""


@command.command()
@click.option("--port", type=click.IntRange(1, 65_535), help="Where it listens; 8545 at first.")
@click.option("--chain-id", type=click.IntRange(min=1), help="Its number, if it is a new chain.")
@common
def up(invocation: Invocation, port: int | None, chain_id: int | None) -> None:
    """Start the chain, and bring it back if it ended unasked."""
    found = embedded.up(home.embedded_chain(), port=port, chain_id=chain_id, journals=_journals())
    for sentence in found.sentences():
        note(sentence)
    if found.already:
        note("The chain is running already.")
    _tell(invocation, "chain-up", found)


@command.command()
@common
def down(invocation: Invocation) -> None:
    """Stop the chain; all of it is kept."""
    found = embedded.down(home.embedded_chain())
    if found.already:
        note("The chain is not running.")
    _tell(invocation, "chain-down", found)


@command.command()
@common
def status(invocation: Invocation) -> None:
    """Show how the chain stands."""
    found = embedded.status(home.embedded_chain())
    if found.reason:
        note(found.reason)
    _tell(invocation, "chain-status", found)


def _journals() -> list[Path]:
    """Every folder in which transactions were written down that the chain may have lost."""
    return Contexts.load(home.contexts_file()).journals(home.journals())


def _tell(invocation: Invocation, schema: str, found: embedded.Status) -> None:
    told: dict[str, Any] = {
        "running": found.running,
        "phase": found.phase,
        "endpoint": found.endpoint or None,
        "chain_id": found.chain_id or None,
        "block": found.block,
        "already": found.already,
    }
    if invocation.json:
        emit_json(schema, told | {"report": found.report})
    else:
        show(told)
