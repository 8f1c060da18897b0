"""`charter context`: which swarm this machine speaks to, and as whom."""

from __future__ import annotations

from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cli import home
from cli.connection import reaching
from cli.contexts import Context, Contexts
from cli.options import ANY_PATH, EXISTING_DOCUMENT, Invocation, common
from cli.output import emit, emit_json, note, table
from cli.values import CONTEXT_NAME

if TYPE_CHECKING:
    from collections.abc import Callable


@click.group()
def command() -> None:
    """Which swarm, and as whom.

    A context is a name for endpoints, trust file, account, node and study. With several endpoints
    the next is asked where one fails, and what most of them say counts.
    """


def _settings(function: Callable[..., Any]) -> Callable[..., Any]:
    for option in (
        click.option("--journal", type=ANY_PATH, help="Folder of the journal of transactions."),
        click.option("--study", type=click.IntRange(min=1), help="The study meant by default."),
        click.option("--node", help="Keystore of the node that publishes and attests."),
        click.option("--account", help="Keystore of the institution's account."),
        click.option("--trust", type=EXISTING_DOCUMENT, help="The trust file of the swarm."),
        reaching,
    ):
        function = option(function)
    return function


@command.command()
@click.argument("name", type=CONTEXT_NAME)
@common
@_settings
def add(invocation: Invocation, name: str, **settings: Any) -> None:
    """Add the context NAME; the first one becomes current."""
    for needed, option in (("endpoints", "--endpoint"), ("trust", "--trust")):
        if not settings[needed]:
            raise click.UsageError(f"Missing option '{option}'")
    contexts = Contexts.load(home.contexts_file())
    chosen = _texts(settings)
    chosen.setdefault("journal", str(home.journals() / name))
    new = contexts.add(name, Context(**chosen))
    contexts.save()
    note(f"Added context '{name}'." if new else f"Context '{name}' is there already.")
    _show(invocation, "context-add", name, contexts)


@command.command(name="set")
@click.argument("name", required=False)
@click.option(
    "--without",
    type=click.Choice(["account", "ca", "node", "study", "token-file"]),
    multiple=True,
    help="A setting to take away; repeatable.",
)
@common
@_settings
def set_(
    invocation: Invocation, name: str | None, without: tuple[str, ...], **settings: Any
) -> None:
    """Change what the context NAME, otherwise the current one, says.

    Endpoints that are given replace all those before.
    """
    contexts = Contexts.load(home.contexts_file())
    name, known = contexts.get(name or invocation.context)
    taken = {each.replace("-", "_") for each in without}
    gone = {each.name: each.default for each in fields(Context) if each.name in taken}
    contexts.by_name[name] = replace(known, **{**gone, **_texts(settings)})
    contexts.save()
    _show(invocation, "context-set", name, contexts)


@command.command()
@click.argument("name")
@common
def use(invocation: Invocation, name: str) -> None:
    """Make NAME the current context."""
    contexts = Contexts.load(home.contexts_file())
    contexts.current, _ = contexts.get(name)
    contexts.save()
    note(f"The current context is '{name}'.")
    _show(invocation, "context-use", name, contexts)


@command.command()
@click.argument("name", required=False)
@common
def show(invocation: Invocation, name: str | None) -> None:
    """Show the context NAME, otherwise the current one."""
    contexts = Contexts.load(home.contexts_file())
    name, _ = contexts.get(name or invocation.context)
    _show(invocation, "context-show", name, contexts)


@command.command(name="list")
@common
def list_(invocation: Invocation) -> None:
    """List all contexts."""
    contexts = Contexts.load(home.contexts_file())
    if invocation.json:
        found = [_as_json(name, contexts) for name in sorted(contexts.by_name)]
        emit_json("context-list", {"contexts": found})
        return
    table(
        ["", "context", "endpoint", "account", "node", "study"],
        (
            [
                "*" if name == contexts.current else " ",
                name,
                ", ".join(c.endpoints),
                c.account,
                c.node,
                c.study,
            ]
            for name, c in sorted(contexts.by_name.items())
        ),
        empty="There is no context yet.",
    )


@command.command()
@click.argument("name")
@common
def remove(invocation: Invocation, name: str) -> None:
    """Remove the context NAME; keys and journals stay where they are."""
    contexts = Contexts.load(home.contexts_file())
    contexts.remove(name)
    contexts.save()
    note(f"Removed context '{name}'.")
    if invocation.json:
        emit_json("context-remove", {"name": name})


def _texts(settings: dict[str, Any]) -> dict[str, Any]:
    """The settings that were given, files as absolute paths."""
    return {
        name: str(value.absolute()) if isinstance(value, Path) else value
        for name, value in settings.items()
        if value not in (None, ())
    }


def _as_json(name: str, contexts: Contexts) -> dict[str, Any]:
    context = contexts.by_name[name]
    where = {"name": name, "current": name == contexts.current, "endpoint": context.endpoint}
    return {**where, **asdict(context)}


def _show(invocation: Invocation, schema: str, name: str, contexts: Contexts) -> None:
    emit(schema, _as_json(name, contexts), as_json=invocation.json)
