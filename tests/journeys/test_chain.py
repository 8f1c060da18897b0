"""The embedded chain by the command line: up, down, and back after it was ended unasked."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from deploy.anvil import free_port
from tests.integration.world import kill_and_wait
from tests.journeys.swarm import Swarm

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[Swarm]:
    """A home without a swarm, whose embedded chain is ended afterwards."""
    home = tmp_path / "home"
    home.mkdir()
    swarm = Swarm(home, "")
    swarm.write("passphrase", "x")
    yield swarm
    swarm.run("chain", "down")


def test_the_chain_goes_up_and_down(alone: Swarm) -> None:
    assert alone.good("chain", "status")["phase"] == "never started"
    up = alone.good("chain", "up", "--port", str(free_port()))
    assert (up["running"], up["block"], up["already"]) == (True, 0, False)
    assert alone.good("chain", "up")["already"]
    assert alone.good("chain", "status")["endpoint"] == up["endpoint"]
    assert alone.good("chain", "down")["phase"] == "stopped"
    assert alone.good("chain", "down")["already"]


def test_another_port_than_the_running_one_is_refused(alone: Swarm) -> None:
    alone.good("chain", "up", "--port", str(free_port()))
    wrong = alone.run("chain", "up", "--port", str(free_port()), "--format", "json")
    assert (wrong.status, wrong.error["code"]) == (2, "ChainSettingsWrong")


def test_a_chain_that_cannot_be_kept_says_why_then_and_later(alone: Swarm) -> None:
    in_the_way = alone.home / "chain" / "blocks.jsonl"
    in_the_way.mkdir(parents=True)
    failed = alone.run("chain", "up", "--port", str(free_port()), "--format", "json")
    assert (failed.status, failed.error["code"]) == (7, "ChainNotKept")
    reason = f"{in_the_way}: Is a directory"
    assert reason in failed.error["message"]
    later = alone.run("chain", "status")
    assert (later.status, reason in later.err) == (0, True)
    assert alone.good("chain", "status")["phase"] == "failed"


def test_a_killed_chain_comes_back_with_its_swarm(alone: Swarm) -> None:
    endpoint = alone.good("chain", "up", "--port", str(free_port()))["endpoint"]
    swarm = Swarm.found(alone.home, endpoint)
    swarm.good(*swarm.join_words(), who="delta")
    length, head, _ = swarm.head()
    status = json.loads((alone.home / "chain" / "status.json").read_text())
    for process in ("pid", "anvil"):
        kill_and_wait(status[process])
    assert swarm.run("status", who="alpha").status == 5
    back = swarm.run("chain", "up")
    assert back.status == 0, back.err
    assert swarm.head()[:2] == (length, head)
    assert swarm.good("join", *swarm.join_words()[1:], who="delta")["already"]
