"""One network of four real validators for all tests of this folder that do not break it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from deploy.network.engine import EngineMissing, find_engine
from tests.network.consortium import Consortium
from tests.required import without

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def engine() -> None:
    """Besu and its Java, or the reason why the test is skipped."""
    try:
        find_engine()
    except EngineMissing as error:
        without("besu", f"needs Besu: {error.message}")


@pytest.fixture
def faketime() -> Path:
    """The library of Debian's faketime, or the reason why the test is skipped."""
    found = next(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"), None)
    if found is None:
        without("faketime", "needs faketime: Debian's package of that name is not installed")
    return found


@pytest.fixture(scope="session")
def consortium(engine: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Consortium]:
    """Four validators that run, and a swarm that was founded on them."""
    shared = Consortium(tmp_path_factory.mktemp("network"))
    with shared.running():
        shared.found()
        yield shared


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.parent.name == "network" and item.path.parent.parent.name == "tests":
            item.add_marker(pytest.mark.besu)
