"""What is told while a gate serves."""

import logging
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from cli.serving import _Notes


def test_a_note_that_nobody_can_be_told_fails_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where stderr is a full disk, or was closed."""
    record = logging.LogRecord("governance", logging.WARNING, "", 0, "the chain is away", (), None)
    full = Path("/dev/full").open("w", buffering=1)  # noqa: SIM115 - closing it fails too
    monkeypatch.setattr(sys, "stderr", full)
    _Notes().handle(record)
    with suppress(OSError):
        full.close()
    _Notes().handle(record)
