"""A gate before a real chain, and a proxy between them that delays, drops, forges and rewinds."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from deploy.anvil import Anvil, free_port
from governance.chain import connection
from governance.gate import Reason
from tests.chaos import behaviours as be
from tests.chaos.field import Field
from tests.chaos.scenarios import (
    ALONE,
    SEALED,
    SEVERAL,
    UNSEALED,
    Kind,
    Scenario,
    away,
    plain,
    play,
)
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
        yield replace(field, chain=chain, trust=trust, max_age=4.0, timeout=1.0)


@contextmanager
def _going_on(anvil: Anvil) -> Iterator[None]:
    ended = threading.Event()

    def make_blocks() -> None:
        while not ended.wait(0.7):
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


def test_one_poll_is_enough(field: Field, tmp_path: Path) -> None:
    node, other = field.node(), field.signer("beta-node")
    with field.guarded(tmp_path) as guarded:
        guarded.until(node, Reason.AUTHORISED, 5)
        guarded.watch.stop()
        field.revoke(node)
        assert guarded.ask(node).accepted
        guarded.view.refresh()
        assert guarded.ask(node).reason is Reason.NODE_REVOKED
        assert guarded.ask(other).accepted


def test_an_answer_without_end(
    field: Field, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "ANSWER_LIMIT", 1 << 20)
    endless = away("an answer without end", Kind.DROPS, be.huge, Reason.CHAIN_ANSWER_INVALID)
    play(endless, field, tmp_path)


def test_another_chain_of_the_same_number(field: Field, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    with Anvil(tmp_path / "other", free_port(), CHAIN_ID, int(time.time())) as other:
        Swarm.found(tmp_path / "home", other.rpc.endpoint)
        shown = Scenario(
            "another chain",
            Kind.REWINDS,
            [plain(be.shows(other.rpc.endpoint))],
            Reason.HISTORY_REWOUND,
            recovers=False,
        )
        play(shown, field, tmp_path)


@pytest.fixture
def anvil_to_restore(tmp_path: Path) -> Iterator[Anvil]:
    folder = tmp_path / "anvil"
    folder.mkdir()
    with Anvil(folder, free_port(), CHAIN_ID, int(time.time())) as anvil:
        yield anvil


def test_a_chain_restored_from_an_older_state(anvil_to_restore: Anvil, tmp_path: Path) -> None:
    """What was revoked is revoked no more, as the chain has it; the gate has seen it otherwise."""
    chain = anvil_to_restore.rpc
    field = Field.on(Swarm.found(tmp_path / "home", chain.endpoint))
    node, other = field.node(), field.signer("beta-node")
    taken = chain.call("evm_snapshot")
    with field.guarded(tmp_path) as guarded:
        guarded.until(node, Reason.AUTHORISED, 5)
        field.revoke(node)
        guarded.until(node, Reason.NODE_REVOKED, 5)
        chain.call("evm_revert", taken)
        for _ in range(9):
            chain.call("evm_mine")
        for each in (node, other):
            guarded.until(each, Reason.HISTORY_REWOUND, 5)
    # A gate that is started again knows it from its evidence.
    with field.guarded(tmp_path) as again:
        for each in (node, other):
            again.until(each, Reason.HISTORY_REWOUND, 5)
        again.view.reset()
        again.until(other, Reason.AUTHORISED, 5)


@pytest.mark.parametrize("scenario", SEALED, ids=lambda each: each.name)
def test_nothing_is_merged_wrongly_where_blocks_are_sealed(
    scenario: Scenario, sealed: Field, tmp_path: Path
) -> None:
    play(scenario, sealed, tmp_path)
