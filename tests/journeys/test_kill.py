"""kill -9 of a command after each of its requests; the same command again has one effect."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from tests.chaos.proxy import Exchange, HangUp, proxy

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator

    from tests.journeys.swarm import Swarm

MOST = 60
"""Requests of one command; there are fewer, and the test says when that is no longer so."""


class Killer:
    """What a proxy does: it counts requests, and ends the asking process after one of them.

    Attributes:
        url: The proxy's.
        ready: Nothing is handed on before it is set.
    """

    def __init__(self) -> None:
        self.url = ""
        self.ready = threading.Event()
        self.ready.set()
        self._seen = 0
        self._deadly = 0
        self._victim: subprocess.Popen[str] | None = None

    def arm(self, deadly: int) -> None:
        """Begins to count; the process is named by `aim` once it is started."""
        self._seen, self._deadly, self._victim = 0, deadly, None
        self.ready.clear()

    def aim(self, victim: subprocess.Popen[str]) -> None:
        """Names the process; nothing is handed on before."""
        self._victim = victim
        self.ready.set()

    def __call__(self, exchange: Exchange) -> None:
        self.ready.wait()
        self._seen += 1
        answer = exchange.forward()
        if self._seen == self._deadly and self._victim is not None:
            self._victim.kill()
            self._victim.wait()
            raise HangUp
        exchange.say(answer)


@pytest.fixture
def killer(endpoint: str) -> Iterator[Killer]:
    killer = Killer()
    with proxy(endpoint, killer) as running:
        killer.url = running.url
        yield killer


@pytest.fixture
def killed(swarm: Swarm, killer: Killer) -> Swarm:
    """A swarm whose founders' contexts go through the proxy."""
    for name in ("alpha", "beta"):
        swarm.good("context", "set", name, "--endpoint", killer.url)
    return swarm


def _dies(swarm: Swarm, killer: Killer, after: int, *words: str, who: str) -> bool:
    """Whether a command was ended after a number of requests; if it made fewer, it succeeded."""
    killer.arm(after)
    process = swarm.start(*words, who=who)
    killer.aim(process)
    _, err = process.communicate(timeout=60)
    if process.returncode < 0:
        return True
    assert process.returncode == 0, err
    return False


def test_a_proposal_is_made_once_wherever_its_command_was_killed(
    killed: Swarm, killer: Killer
) -> None:
    for after in range(1, MOST):
        words = ["propose", "rules", "--voting-period", str(7_200 + after)]
        died = _dies(killed, killer, after, *words, who="alpha")
        killer.arm(0)
        killer.ready.set()
        again = killed.process(*words, "--format", "json", who="alpha")
        assert again.status == 0, (after, again.err)
        proposals = killed.follower().state.proposals
        assert len(proposals) == after
        assert again.json["proposal"] == after
        if not died:
            assert again.json["already"]
            assert after > 10, "a command with a transaction makes more requests than this"
            return
    pytest.fail(f"the command made {MOST} requests")


def test_nodes_and_votes_survive_the_killing_too(killed: Swarm, killer: Killer) -> None:
    number = killed.good("propose", "rules", "--quorum", "60", who="beta")["proposal"]
    for words in (["node", "register", "alpha-node"], ["vote", str(number), "for"]):
        # From the end, where the transaction is sent and its receipt awaited.
        killer.arm(0)
        for after in (8, 9, 10, 11, 12, 13, 14, 15):
            _dies(killed, killer, after, *words, who="alpha")
        killer.arm(0)
        killer.ready.set()
        assert killed.process(*words, who="alpha").status == 0
    state = killed.follower().state
    assert list(state.swarm.nodes) == [killed.address("alpha-node")]
    assert [vote.institution for vote in state.proposal(number).votes.values()] == [1]


def test_a_study_is_opened_once_by_a_command_that_dies(killed: Swarm, killer: Killer) -> None:
    for after in range(9, 18):
        if not _dies(killed, killer, after, "study", "open", killed / "terms.yaml", who="alpha"):
            break
    killer.arm(0)
    killer.ready.set()
    assert killed.process("study", "open", killed / "terms.yaml", who="alpha").status == 0
    assert list(killed.follower().state.studies) == [1]
