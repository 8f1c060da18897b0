"""An end to a judgement that would last for ever, as some patterns do on some values.

Regular expressions that repeat what repeats, such as `^(a+)+$`, try every way to read a value
before they give up, twice as many for each character more. What they do meanwhile can be
interrupted by a signal alone.
"""

from __future__ import annotations

import signal
import threading
from typing import TYPE_CHECKING, Any

from governance.errors import CharterError

if TYPE_CHECKING:
    from types import TracebackType

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


class Patience:
    """While it lasts, a row that takes too long is interrupted.

    Only a program's main thread can be interrupted; elsewhere nothing is.

    Attributes:
        row: The row that is being judged; set it on with each.
    """

    def __init__(self) -> None:
        self.row = 1
        self._seen = 0
        self._before: Any = None
        self._interrupts = threading.current_thread() is threading.main_thread()

    def __enter__(self) -> Patience:
        if self._interrupts:
            self._before = signal.signal(signal.SIGVTALRM, self._tick)
            signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS, SECONDS)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._interrupts:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
            signal.signal(signal.SIGVTALRM, self._before)
        if isinstance(error, TooLong):
            raise SchemaTooSlow(self.row, error.column, error.pattern) from None

    def _tick(self, *_: object) -> None:
        if self.row == self._seen:
            raise TooLong
        self._seen = self.row
