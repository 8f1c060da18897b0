"""What tests need that not every machine has: skipped without it, or failed where it must be."""

from __future__ import annotations

import os
from typing import NoReturn

import pytest

REQUIRED = "CHARTER_REQUIRE"
"""Names, between spaces, what must be there, such as `besu`: see `.ci/run`."""


def without(what: str, message: str) -> NoReturn:
    """Skips a test that needs something, or fails it where that something is required.

    Args:
        what: Its name in `REQUIRED`.
        message: What is missing.
    """
    if what in os.environ.get(REQUIRED, "").split():
        pytest.fail(message)
    pytest.skip(message)
