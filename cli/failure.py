"""What a person, or a program, is told when a command fails.

Two sentences on stderr, `Error [Code]: What is wrong. Do: What to do.`, or one JSON object where
JSON was asked for; never a traceback, unless `--debug` is among the words of the command.
"""

from __future__ import annotations

import json
import sys
import traceback
from dataclasses import asdict
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from cli.output import printable
from governance.errors import CharterError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from typing_extensions import TypeIs

    from governance.terms.errors import DocumentInvalid, Problem

SCHEMA = "swarm-charter/cli/error/1"
INTERRUPTED = 130
"""What shells return for a program ended by Ctrl-C."""


class Failure(NamedTuple):
    """An error as it is told: stable code, what is wrong, what to do, exit status."""

    code: str
    message: str
    remedy: str
    status: int


def report(error: BaseException, arguments: Sequence[str]) -> int:
    """Writes an error to stderr and returns the exit status.

    Args:
        error: what ended the command.
        arguments: the command's words. An error can come before click has understood them, so
            whether JSON or a traceback is wanted is read from the words themselves.
    """
    if isinstance(error, click.exceptions.Exit):
        return error.exit_code
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        # A group alone is a question, and the commands that it has are the answer.
        print(error.format_message(), file=sys.stderr)
        return error.exit_code
    if "--debug" in arguments:
        traceback.print_exception(error)
    failure = describe(error)
    # A document can have many mistakes; the sentence names the first.
    mistakes: Sequence[Problem] = error.problems if _is_of_a_document(error) else ()
    if wants_json(arguments):
        told: dict[str, Any] = {
            "schema": SCHEMA,
            "code": failure.code,
            "message": failure.message,
            "remedy": failure.remedy,
            "exit_status": failure.status,
        }
        if mistakes:
            told["problems"] = [asdict(each) for each in mistakes]
        print(json.dumps(told), file=sys.stderr)
    else:
        for each in mistakes if len(mistakes) > 1 else ():
            print(printable(f"  {each}"), file=sys.stderr)
        text = f"Error [{failure.code}]: {failure.message} Do: {failure.remedy}"
        print(printable(text), file=sys.stderr)
    return failure.status


def _is_of_a_document(error: BaseException) -> TypeIs[DocumentInvalid]:
    """Whether an error has a list of mistakes; without loading what reads documents."""
    known = sys.modules.get("governance.terms.errors")
    return known is not None and isinstance(error, known.DocumentInvalid)


def describe(error: BaseException) -> Failure:
    """The failure that an exception stands for."""
    if isinstance(error, CharterError):
        return Failure(error.code, error.message, error.remedy, error.exit_status)
    if isinstance(error, click.UsageError):
        where = error.ctx.command_path if error.ctx else "charter"
        message = one_sentence(error.format_message())
        return Failure("UsageInvalid", message, f"See `{where} --help`.", 2)
    if isinstance(error, click.ClickException):
        return Failure("UsageInvalid", one_sentence(error.format_message()), "See `--help`.", 2)
    if isinstance(error, (KeyboardInterrupt, click.Abort)):
        return Failure(
            "Interrupted",
            "The command was interrupted.",
            "Run it again; it is safe to repeat.",
            INTERRUPTED,
        )
    if isinstance(error, OSError) and error.strerror:
        from cli.errors import FileUnusable  # noqa: PLC0415 - most errors are of the library

        return describe(FileUnusable(error))
    kind = type(error).__name__
    return Failure(
        "Unexpected", f"Something unforeseen happened ({kind}).", "Run it again with --debug.", 70
    )


def wants_json(arguments: Sequence[str]) -> bool:
    """Whether the words of a command ask for JSON."""
    return "--format=json" in arguments or ("--format", "json") in pairwise(arguments)


def one_sentence(text: str) -> str:
    """The text in one line, ending in a full stop."""
    line = " ".join(text.split())
    return line if line.endswith((".", "?", "!")) else f"{line}."
