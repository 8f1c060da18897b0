"""What the interpreter need not do while a long history is read."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def no_garbage_looked_for() -> Iterator[None]:
    """Spares the interpreter looking through a long history again and again while it grows.

    What is read holds no cycles, so there is nothing to be found; it took a third of the time.
    """
    looked = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if looked:
            gc.enable()
