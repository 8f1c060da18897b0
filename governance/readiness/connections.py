"""Ending a connection for good from outside, so that no server can hold up who asked it."""

from __future__ import annotations

import socket
from contextlib import suppress
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable

Opened: TypeAlias = "Callable[[Callable[[], None]], None]"
"""Is told, for each connection opened, how it can be ended."""


def hang_up(connection: socket.socket | None) -> None:
    """End a connection, whoever waits for something on it; a connection that has ended stays so."""
    if connection is not None:
        with suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)
