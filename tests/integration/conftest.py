"""A real chain for all tests of this folder, and one of its own for those that end it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.anvil import free_port
from governance.chain.rpc import Rpc
from tests.integration.world import Chain, Founded, found


@pytest.fixture(scope="session")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chain]:
    """The chain that tests share; nobody ends it."""
    place = tmp_path_factory.mktemp("chain")
    shared = Chain(place / "chain", free_port(), place / "journals")
    shared.up()
    yield shared
    shared.down()


@pytest.fixture
def own_chain(tmp_path: Path) -> Iterator[Chain]:
    """A chain that a test may end as it likes."""
    own = Chain(tmp_path / "own", free_port(), tmp_path / "journals")
    own.up()
    yield own
    own.down()


@pytest.fixture
def rpc(chain: Chain) -> Iterator[Rpc]:
    """The shared chain's JSON-RPC."""
    with chain.rpc() as rpc:
        yield rpc


@pytest.fixture
def founded(chain: Chain, rpc: Rpc, tmp_path: Path) -> Founded:
    """A swarm of its own on the shared chain."""
    own = Chain(chain.folder, chain.port, tmp_path / "journals")
    return found(own, rpc, tmp_path)
