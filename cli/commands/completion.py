"""`charter completion`: shell completion."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def command(ctx: click.Context, shell: str) -> None:
    """Shell completion.

    Prints the script for SHELL; for bash: `eval "$(charter completion bash)"`.
    """
    kind = get_completion_class(shell)
    if kind is None:  # pragma: no cover - click knows the three shells
        raise click.UsageError(f"There is no completion for {shell}.")
    print(kind(ctx.find_root().command, {}, "charter", "_CHARTER_COMPLETE").source())
