"""How a passphrase reaches a command: by file, by file descriptor, or asked for at the terminal."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from cli.errors import PassphraseMissing

if TYPE_CHECKING:
    from pathlib import Path

LONGEST = 4_096
"""Bytes of a passphrase at most: what is handed over may never end."""


def read_passphrase(
    what: str, file: Path | None = None, descriptor: int | None = None, *, new: bool = False
) -> str:
    """The passphrase of a key.

    Args:
        what: whose passphrase it is, for the prompt.
        file: its first line is the passphrase; the descriptor goes before it.
        descriptor: an open file descriptor whose first line is the passphrase.
        new: whether the passphrase is being chosen, and is asked for twice.

    Raises:
        PassphraseMissing: nothing was handed over and there is no terminal to ask at, or what was
            handed over does not begin with a passphrase.
    """
    if descriptor is not None:
        return _first_line(descriptor, f"The descriptor {descriptor}")
    if file is not None:
        return _first_line(file, f"The file {file}")
    if not sys.stdin.isatty():
        raise PassphraseMissing
    asked: str = click.prompt(
        f"Passphrase of {what}", hide_input=True, confirmation_prompt=new, err=True
    )
    return asked


def _first_line(source: Path | int, told: str) -> str:
    """The first line of a file or of an open descriptor, without its end."""
    try:
        with open(source, "rb") as stream:  # noqa: PTH123 - a descriptor has no path
            line = stream.readline(LONGEST + 1)
        text = line.decode("utf-8").rstrip("\r\n")
    except OSError as error:
        raise PassphraseMissing(f"{told} cannot be read ({error.strerror})") from None
    except (OverflowError, TypeError):
        # So says Python of a number that no descriptor has.
        raise PassphraseMissing(f"{told} cannot be read (Bad file descriptor)") from None
    except UnicodeDecodeError:
        raise PassphraseMissing(f"{told} does not begin with text in UTF-8") from None
    if not text:
        raise PassphraseMissing(f"{told} begins with an empty line")
    if len(line) > LONGEST:
        raise PassphraseMissing(f"{told} begins with a line of more than {LONGEST} bytes")
    return text
