"""How a command that goes on until it is ended comes to its end."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from cli.output import note

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def until_ended() -> Iterator[None]:
    """Lets SIGINT and SIGTERM end what is inside, as its regular end.

    What is inside must be such that it can be broken off anywhere.
    """

    def end(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    except (KeyboardInterrupt, click.Abort):
        note("Ended.")
    finally:
        signal.signal(signal.SIGTERM, before)
