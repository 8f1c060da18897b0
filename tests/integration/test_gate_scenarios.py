"""A gate before a real chain, and a proxy between them that delays, drops, forges and rewinds."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from deploy.anvil import Anvil, free_port
from tests.chaos.field import Field
from tests.chaos.scenarios import ALONE, SEVERAL, UNSEALED, Scenario, play
from tests.journeys.swarm import Swarm

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.chain

CHAIN_ID = 31_338


@pytest.fixture(scope="module")
def field(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Field]:
    folder = tmp_path_factory.mktemp("field")
    with Anvil(folder, free_port(), CHAIN_ID, int(time.time())) as anvil:
        yield Field.on(Swarm.found(folder / "home", anvil.rpc.endpoint))


@pytest.mark.parametrize("scenario", [*ALONE, *SEVERAL, *UNSEALED], ids=lambda each: each.name)
def test_nothing_is_merged_wrongly(scenario: Scenario, field: Field, tmp_path: Path) -> None:
    play(scenario, field, tmp_path)
