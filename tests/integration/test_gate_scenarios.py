"""A gate before a real chain, and a proxy between them that delays, drops, forges and rewinds."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from deploy.anvil import Anvil, free_port
from tests.chaos.field import Field
from tests.chaos.scenarios import ALONE, SEALED, SEVERAL, UNSEALED, Scenario, play
from tests.integration.sealing import Sealing, validator
from tests.journeys.swarm import Swarm

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.chain

CHAIN_ID = 31_338


FOUR = ("one", "two", "three", "four")


@pytest.fixture(scope="module")
def anvil(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Anvil]:
    with Anvil(tmp_path_factory.mktemp("anvil"), free_port(), CHAIN_ID, int(time.time())) as anvil:
        yield anvil


@pytest.fixture(scope="module")
def field(anvil: Anvil, tmp_path_factory: pytest.TempPathFactory) -> Field:
    return Field.on(Swarm.found(tmp_path_factory.mktemp("field"), anvil.rpc.endpoint))


@pytest.fixture(scope="module")
def sealed(field: Field, anvil: Anvil) -> Iterator[Field]:
    """The same chain as four validators would have sealed it, who make blocks all the time."""
    trust = replace(field.trust, validators=tuple(map(validator, FOUR)))
    with Sealing(anvil.rpc, lambda _: FOUR).serve() as chain, _going_on(anvil):
        yield replace(field, chain=chain, trust=trust, max_age=3.0, timeout=1.0)


@contextmanager
def _going_on(anvil: Anvil) -> Iterator[None]:
    ended = threading.Event()

    def make_blocks() -> None:
        while not ended.wait(0.5):
            anvil.rpc.call("evm_mine")

    thread = threading.Thread(target=make_blocks)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


@pytest.mark.parametrize("scenario", [*ALONE, *SEVERAL, *UNSEALED], ids=lambda each: each.name)
def test_nothing_is_merged_wrongly(scenario: Scenario, field: Field, tmp_path: Path) -> None:
    play(scenario, field, tmp_path)


@pytest.mark.parametrize("scenario", SEALED, ids=lambda each: each.name)
def test_nothing_is_merged_wrongly_where_blocks_are_sealed(
    scenario: Scenario, sealed: Field, tmp_path: Path
) -> None:
    play(scenario, sealed, tmp_path)
