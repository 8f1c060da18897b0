"""The options that commands share, each in one place.

A command takes `@common` (context, format, debug) and, where it signs, `@signing` (passphrase),
where it acts on the chain, `@acting` (that, and signing without sending), and `@confirming` (yes).
What they say arrives as one `Invocation`, the first argument of the command.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cli.files import PlainFile
from cli.values import ADDRESS, DURATION

if TYPE_CHECKING:
    from collections.abc import Callable

    Command = Callable[..., Any]

FORMATS = click.Choice(["table", "json"])
SHORT = 16 * 2**20
"""Bytes of a document that is read whole: a charter, a trust file, a signed act."""

EXISTING_FILE = PlainFile()
EXISTING_DOCUMENT = PlainFile(largest=SHORT)
EXISTING_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
EXISTING_PATH = PlainFile(folder=True)
ANY_PATH = click.Path(path_type=Path)
ANY_FILE = PlainFile(exists=False)
ANY_DOCUMENT = PlainFile(exists=False, largest=SHORT)
PASSPHRASE_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
"""Of it one line is read, so that it may be a pipe: a program may keep passphrases."""


@dataclass(frozen=True, slots=True)
class Invocation:
    """What the shared options say.

    Attributes:
        context: name of the context, or nothing for the current one.
        json: whether the result is written as JSON.
        yes: whether a person has agreed beforehand.
        passphrase_file: file whose first line is the passphrase of the key that signs.
        passphrase_fd: open file descriptor to read it from.
        sign_only: file that takes the signed act, which is not sent then.
        valid_for: seconds for which a signed act may be sent, if that is said.
        acts_for: address of the contract account whose act it is, if it is not a key's.
    """

    context: str | None
    json: bool
    yes: bool = False
    passphrase_file: Path | None = None
    passphrase_fd: int | None = None
    sign_only: Path | None = None
    valid_for: int | None = None
    acts_for: str | None = None


def common(command: Command) -> Command:
    """Gives a command --context, --format and --debug, and its `Invocation`."""
    return _common(command, FORMATS)


def common_as(*formats: str) -> Callable[[Command], Command]:
    """As `common`, for a command that writes a document in one of these formats, as `form`.

    The first is what is written where none is named.
    """
    return lambda command: _common(command, click.Choice(formats), "form")


def _common(command: Command, formats: click.Choice[str], given_as: str | None = None) -> Command:
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
        type=formats,
        default=formats.choices[0],
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
        sign_only: Path | None = None,
        valid_for: int | None = None,
        acts_for: str | None = None,
        **kwargs: Any,
    ) -> Any:
        if sign_only is None and (valid_for or acts_for):
            raise click.UsageError("--valid-for and --from say something only with --sign-only.")
        if given_as is not None:
            kwargs[given_as] = format_name
        invocation = Invocation(
            context=context_name,
            json=format_name == "json",
            yes=yes,
            passphrase_file=passphrase_file,
            passphrase_fd=passphrase_fd,
            sign_only=sign_only,
            valid_for=valid_for,
            acts_for=acts_for,
        )
        return command(invocation, *args, **kwargs)

    return invoked


def signing(command: Command) -> Command:
    """Gives a command the ways to hand over a passphrase; none shows it to other processes."""
    return click.option(
        "--passphrase-file",
        type=PASSPHRASE_FILE,
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


def acting(command: Command) -> Command:
    """Gives a command that acts on the chain what signing takes, and a way not to send the act."""
    for option in (
        click.option(
            "--from",
            "acts_for",
            type=ADDRESS,
            help="With --sign-only: whose act it is, if it is not the context's key's.",
        ),
        click.option(
            "--valid-for",
            type=DURATION,
            help="With --sign-only: how long it may be sent, such as 12h.  [default: 7d]",
        ),
        click.option(
            "--sign-only",
            type=ANY_DOCUMENT,
            metavar="FILE",
            help="Sign the act into FILE for `charter relay send`; the chain is only read.",
        ),
    ):
        command = option(command)
    return signing(command)


def confirming(command: Command) -> Command:
    """Gives a command --yes, for what should not happen by a slip of the hand."""
    return click.option("--yes", "-y", is_flag=True, help="Do not ask for confirmation.")(command)
