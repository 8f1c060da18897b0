"""The options that commands share, each in one place.

A command takes `@common` (context, format, debug) and, where it signs, `@signing` (passphrase) and
`@confirming` (yes). What they say arrives as one `Invocation`, the first argument of the command.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable

    Command = Callable[..., Any]

FORMATS = click.Choice(["table", "json"])
EXISTING_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
EXISTING_PATH = click.Path(exists=True, path_type=Path)
ANY_PATH = click.Path(path_type=Path)


@dataclass(frozen=True, slots=True)
class Invocation:
    """What the shared options say.

    Attributes:
        context: name of the context, or nothing for the current one.
        json: whether the result is written as JSON.
        yes: whether a person has agreed beforehand.
        passphrase_file: file whose first line is the passphrase of the key that signs.
        passphrase_fd: open file descriptor to read it from.
    """

    context: str | None
    json: bool
    yes: bool = False
    passphrase_file: Path | None = None
    passphrase_fd: int | None = None


def common(command: Command) -> Command:
    """Gives a command --context, --format and --debug, and its `Invocation`."""

    @click.option(
        "--context",
        "context_name",
        envvar="CHARTER_CONTEXT",
        metavar="NAME",
        help="The context to work in, instead of the current one.",
    )
    @click.option(
        "--format",
        "format_name",
        type=FORMATS,
        default="table",
        show_default=True,
        help="How the result is written.",
    )
    @click.option("--debug", is_flag=True, expose_value=False, help="Show an error's traceback.")
    @wraps(command)
    def invoked(
        *args: Any,
        context_name: str | None,
        format_name: str,
        yes: bool = False,
        passphrase_file: Path | None = None,
        passphrase_fd: int | None = None,
        **kwargs: Any,
    ) -> Any:
        invocation = Invocation(
            context_name, format_name == "json", yes, passphrase_file, passphrase_fd
        )
        return command(invocation, *args, **kwargs)

    return invoked


def signing(command: Command) -> Command:
    """Gives a command the ways to hand over a passphrase; none shows it to other processes."""
    return click.option(
        "--passphrase-file",
        type=EXISTING_FILE,
        envvar="CHARTER_PASSPHRASE_FILE",
        help="File whose first line is the passphrase; asked for if not given.",
    )(
        click.option(
            "--passphrase-fd",
            type=click.IntRange(min=0),
            metavar="FD",
            help="Open file descriptor to read the passphrase from.",
        )(command)
    )


def confirming(command: Command) -> Command:
    """Gives a command --yes, for what should not happen by a slip of the hand."""
    return click.option("--yes", "-y", is_flag=True, help="Do not ask for confirmation.")(command)
