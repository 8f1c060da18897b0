"""Progress of what lasts: a bar at a terminal, silence elsewhere."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PATIENCE = 1.0
"""Seconds after which a person wants to see that something is happening."""

SHOWN_EVERY = 0.1
"""Seconds between two states of a bar."""


@contextmanager
def progress_to(what: str, total: int = 0) -> Iterator[Callable[..., None]]:
    """Shows how far a task is, once it has lasted longer than people wait without asking.

    Args:
        what: what is going on, such as `Reading the history`.
        total: the number at which it is done, if it is known before it begins.

    Yields:
        What is to be told the number reached, and after it the number at which it is done, where
        that shows only on the way.
    """
    if not sys.stderr.isatty():
        yield lambda *_: None
        return
    began = shown = time.monotonic()

    def reached(number: int, of: int = total) -> None:
        nonlocal shown
        now = time.monotonic()
        if now - began < PATIENCE or now - shown < SHOWN_EVERY:
            return
        shown = now
        share = min(1.0, number / of) if of else 1.0
        bar = "#" * round(30 * share)
        sys.stderr.write(f"\r{what} [{bar:<30}] {share:4.0%}")
        sys.stderr.flush()

    try:
        yield reached
    finally:
        if shown > began:
            sys.stderr.write("\r\x1b[K")


@contextmanager
def waiting_for(what: str) -> Iterator[Callable[[str], None]]:
    """Shows that something is waited for, and how it stands; one line, rewritten.

    Yields:
        What is to be told how it stands.
    """
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    began = time.monotonic()

    def standing(text: str) -> None:
        seconds = round(time.monotonic() - began)
        sys.stderr.write(f"\r\x1b[KWaiting for {what}: {text} ({seconds} s)")
        sys.stderr.flush()

    try:
        yield standing
    finally:
        sys.stderr.write("\r\x1b[K")
