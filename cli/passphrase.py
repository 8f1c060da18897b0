"""How a passphrase reaches a command: by file, by file descriptor, or asked for at the terminal."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from cli.errors import PassphraseMissing

if TYPE_CHECKING:
    from pathlib import Path


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
            handed over is empty.
    """
    if descriptor is not None:
        return _first_line(_read_descriptor(descriptor))
    if file is not None:
        return _first_line(file.read_bytes())
    if not sys.stdin.isatty():
        raise PassphraseMissing
    asked: str = click.prompt(
        f"Passphrase of {what}", hide_input=True, confirmation_prompt=new, err=True
    )
    return asked


def _read_descriptor(descriptor: int) -> bytes:
    try:
        with os.fdopen(descriptor, "rb") as stream:
            return stream.read()
    except OSError:
        raise PassphraseMissing from None


def _first_line(data: bytes) -> str:
    try:
        lines = data.decode("utf-8").splitlines()
    except UnicodeDecodeError:
        raise PassphraseMissing from None
    if not lines or not lines[0]:
        raise PassphraseMissing
    return lines[0]
