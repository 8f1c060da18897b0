"""How a command that goes on for long comes to its end when it is told to."""

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


@contextmanager
def ended_once() -> Iterator[None]:
    """Has SIGINT, SIGTERM and SIGHUP interrupt what is inside, and nothing interrupt its end.

    A closed terminal and the shell in it send SIGHUP both, and who is impatient presses Ctrl-C
    twice: the second would break off what sees to it that nothing goes on. What is ignored already,
    as `nohup` has it, stays so.
    """
    before = {
        each: handler
        for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        if (handler := signal.getsignal(each)) is not signal.SIG_IGN
    }

    def end(*_: object) -> None:
        for each in before:
            signal.signal(each, signal.SIG_IGN)
        raise KeyboardInterrupt

    for each in before:
        signal.signal(each, end)
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
