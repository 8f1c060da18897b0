"""Logs that whoever writes into them need not mind: what cannot be told ends nothing."""

from __future__ import annotations

import logging
from contextlib import suppress
from typing import Any


class Teller(logging.LoggerAdapter[logging.Logger]):
    """A module's log, for where an answer must be given whatever becomes of the telling.

    What a handler raises, as where it writes to a full disk or to a pipe that nobody reads, would
    otherwise end what was told of: the gate's answer, or the watch that keeps its view in step.
    """

    def log(self, level: int, msg: object, *args: object, **kwargs: Any) -> None:
        """Writes an entry, if it can be written."""
        with suppress(Exception):
            # Of the entry's origin, this method is no part.
            super().log(level, msg, *args, **{"stacklevel": 2, **kwargs})


def teller(name: str) -> Teller:
    """The log of a module by its name."""
    return Teller(logging.getLogger(name))
