"""An end to a judgement that would last for ever, as some patterns do on some values.

Regular expressions that repeat what repeats, such as `^(a+)+$`, try every way to read a value
before they give up, twice as many for each character more. What they do meanwhile can be
interrupted by a signal alone.
"""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from governance.errors import CharterError

if TYPE_CHECKING:
    from collections.abc import Iterator

SECONDS = 2.0
"""Of the processor's time: a row that takes longer, up to twice as long, is given up."""


class SchemaTooSlow(CharterError):
    """A row cannot be held against the schema in any reasonable time."""

    code = "SchemaTooSlow"

    def __init__(self, row: int, column: str | None, pattern: str | None) -> None:
        where = f", column {column}," if column else ""
        why = f": its pattern {pattern} tries too many ways to read a value" if pattern else ""
        super().__init__(
            f"Row {row}{where} takes too long to be held against the schema{why}.",
            "Ask for terms whose schema has a pattern without repetitions within repetitions; it "
            "can say the same.",
        )


class TooLong(Exception):
    """Interrupts what takes too long.

    Attributes:
        column: Which column was judged, as far as it is known.
        pattern: The column's pattern, if it has one.
    """

    column: str | None = None
    pattern: str | None = None


class Progress:
    """How far a table is judged.

    Attributes:
        row: The row that is being judged; set it on with each.
    """

    def __init__(self) -> None:
        self.row = 1
        self._seen = 0

    def tick(self, *_: object) -> None:
        """Interrupts a row that was being judged at the last tick already."""
        if self.row == self._seen:
            raise TooLong
        self._seen = self.row


@contextmanager
def patience() -> Iterator[Progress]:
    """While it lasts, a row that takes too long is interrupted.

    Only a program's main thread can be interrupted; elsewhere nothing is.

    Raises:
        SchemaTooSlow: a row took too long.
    """
    progress = Progress()
    if threading.current_thread() is not threading.main_thread():
        yield progress
        return
    before = signal.signal(signal.SIGVTALRM, progress.tick)
    signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS, SECONDS)
    try:
        yield progress
    except TooLong as too_long:
        raise SchemaTooSlow(progress.row, too_long.column, too_long.pattern) from None
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
