"""A gate before four real validators, and a proxy between them that misbehaves."""

from __future__ import annotations

import os
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import pytest

from governance.chain.sender import Act, Sender
from governance.errors import CharterError
from tests.chaos.field import Field
from tests.chaos.scenarios import ALONE, SEALED, SEVERAL, Scenario, play

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.network.consortium import Consortium

WHICH = os.environ.get("CHARTER_GATE_SCENARIOS", "first")
"""`all` of the scenarios, as in `make campaign`, or the first of each kind."""

SCENARIOS = [each for each in (*ALONE, *SEVERAL, *SEALED) if each.first or WHICH == "all"]


@pytest.fixture(scope="module")
def field(consortium: Consortium, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Field]:
    """A running study, on a chain that is never idle: its views may not be old here."""
    with _going_on(consortium, tmp_path_factory.mktemp("journals")):
        yield Field.on(consortium.swarm, max_age=5.0, timeout=2.0)


@contextmanager
def _going_on(consortium: Consortium, journals: Path) -> Iterator[None]:
    """Gamma does nothing, again and again, so that each second has a block."""
    ended = threading.Event()
    gamma = Field.signer_of(consortium.swarm, "gamma")

    def make_blocks() -> None:
        number = 0
        with consortium.rpc("gamma") as rpc:
            while not ended.is_set():
                number += 1
                with suppress(CharterError), Sender(rpc, gamma, journals) as sender:
                    sender.send(Act(gamma.address, number.to_bytes(4), "nothing"))

    thread = threading.Thread(target=make_blocks)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(60)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda each: each.name)
def test_nothing_is_merged_wrongly(scenario: Scenario, field: Field, tmp_path: Path) -> None:
    play(scenario, field, tmp_path)
