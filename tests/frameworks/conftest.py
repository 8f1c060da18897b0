"""Flower and NVFlare, which live in an environment of their own (`make frameworks`)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.required import without

_PROGRAMS = Path(__file__).parents[2] / ".cache" / "frameworks" / "bin"


@pytest.fixture(scope="session")
def programs() -> Path:
    """The folder of the frameworks' programs, or the reason why the test is skipped."""
    if not all((_PROGRAMS / name).exists() for name in ("python", "flwr", "nvflare")):
        without("frameworks", "needs Flower and NVFlare: make frameworks")
    return _PROGRAMS
