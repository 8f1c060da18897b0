"""One chain for all journeys, and swarms on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from deploy import embedded
from deploy.anvil import free_port
from tests.journeys.swarm import Swarm

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="session")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A running chain's JSON-RPC."""
    folder = tmp_path_factory.mktemp("chain")
    yield embedded.up(folder, port=free_port()).endpoint
    embedded.down(folder)


@pytest.fixture
def swarm(endpoint: str, tmp_path: Path) -> Swarm:
    """A swarm that was just founded by three hospitals; a fourth has keys and a context."""
    return Swarm.found(tmp_path, endpoint)
