"""A live view against a chain that runs, falls silent, goes back and is exchanged."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from deploy.anvil import Anvil, free_port
from deploy.founding import found, plan
from governance.chain import Act, Follower, LocalSigner, Rpc, Sender, Trust, call_data
from governance.chain.errors import ChainUnreachable, HistoryRewound
from governance.gate import EvidenceLog, Gate, LiveView, Look, Reason, Seen
from governance.vocabulary import Founder, Kind, Profile, Sector, VotingRules
from tests.unit.gate.world import STUDY, UPDATE, envelope, key_of

pytestmark = pytest.mark.chain

PROFILE = Profile("Hospital", Kind.HOSPITAL, Sector.PUBLIC, b"CH", bytes.fromhex("d0" * 32))


@dataclass
class Swarm:
    """A founded swarm on an anvil of its own."""

    anvil: Anvil
    trust: Trust
    folder: Path

    @property
    def rpc(self) -> Rpc:
        return self.anvil.rpc

    def follower(self) -> Follower:
        return Follower(self.rpc, self.trust)

    def grow(self, number: int) -> None:
        """One record more: somebody applies."""
        house = self.follower().house
        data = call_data("Swarm", "applyToJoin", [PROFILE])
        # A journal of its own: what was taken back on the chain is not to be sent again.
        journal = self.folder / f"journal-{number}-{time.monotonic_ns()}"
        with Sender(self.rpc, LocalSigner(key_of(number)), journal) as sender:
            sender.send(Act(house.swarm, data, "apply"))


@pytest.fixture
def swarm(tmp_path: Path) -> Iterator[Swarm]:
    with Anvil(tmp_path, free_port(), 31_337, int(time.time())) as anvil:
        founders = [Founder(LocalSigner(key_of(900)).address, PROFILE)]
        agreed = plan(founders, VotingRules(60, 50, 60), bytes.fromhex("c4" * 32), 31_337)
        yield Swarm(anvil, found(anvil.rpc, agreed, tmp_path / "trust.json"), tmp_path)


def rewound(look: Look) -> bool:
    return look.fault is not None and look.fault.reason is Reason.HISTORY_REWOUND


def test_a_view_knows_nothing_before_its_first_refresh(swarm: Swarm) -> None:
    look = LiveView(swarm.follower()).look()
    assert (look.state.length, rewound(look)) == (0, False)
    assert look.age == float("inf")


def test_a_refresh_brings_the_view_up_to_the_newest_block(swarm: Swarm) -> None:
    view, follower = LiveView(swarm.follower()), swarm.follower()
    follower.poll()
    assert len(view.refresh()) == follower.length
    swarm.grow(1)
    before = view.look()
    (record,) = view.refresh()
    after = view.look()
    assert after.state.length == before.state.length + 1
    assert (after.head, after.time) == (_head(swarm), record.timestamp)
    assert after.age < 5
    assert before.head != after.head


def test_a_chain_that_falls_silent_lets_the_view_age(swarm: Swarm) -> None:
    view = LiveView(swarm.follower())
    view.refresh()
    known = view.look()
    swarm.anvil.end()
    time.sleep(0.05)
    with pytest.raises(ChainUnreachable):
        view.refresh()
    later = view.look()
    assert later.age >= known.age + 0.05
    assert (later.head, rewound(later)) == (known.head, False)


def test_a_chain_that_went_back_counts_for_nothing_until_a_person_says_so(swarm: Swarm) -> None:
    view = LiveView(swarm.follower())
    taken = swarm.rpc.call("evm_snapshot")
    swarm.grow(1)
    view.refresh()
    swarm.rpc.call("evm_revert", taken)
    with pytest.raises(HistoryRewound):
        view.refresh()
    assert rewound(view.look())
    # The lost record, or another, does not make it good.
    swarm.grow(2)
    swarm.grow(3)
    with pytest.raises(HistoryRewound):
        view.refresh()
    assert rewound(view.look())
    view.reset()
    assert not rewound(view.look())
    assert view.look().age == float("inf")
    view.refresh()
    assert view.look().head == _head(swarm)


def test_a_history_exchanged_while_nobody_looked_is_found_out(swarm: Swarm) -> None:
    taken = swarm.rpc.call("evm_snapshot")
    swarm.grow(1)
    before = LiveView(swarm.follower())
    before.refresh()
    known = before.look()
    seen = Seen(known.state.length, known.head)
    LiveView(swarm.follower(), seen).refresh()

    swarm.rpc.call("evm_revert", taken)
    shorter = LiveView(swarm.follower(), seen)
    with pytest.raises(HistoryRewound):
        shorter.refresh()
    swarm.grow(2)
    swarm.grow(3)
    other = LiveView(swarm.follower(), seen)
    with pytest.raises(HistoryRewound):
        other.refresh()
    assert rewound(other.look())
    assert other.look().state.length == 0


def test_a_gate_refuses_while_its_view_is_rewound_and_remembers_what_it_saw(
    swarm: Swarm, tmp_path: Path
) -> None:
    taken = swarm.rpc.call("evm_snapshot")
    swarm.grow(1)
    with EvidenceLog(tmp_path / "evidence.jsonl") as log:
        assert log.seen() is None
        view = LiveView(swarm.follower(), log.seen())
        view.refresh()
        gate = Gate(view, STUDY, log)
        gate.open_round(1)
        foreign = envelope(study="0x" + "11" * 20)
        assert gate.check(foreign, UPDATE).reason is Reason.FOREIGN_STUDY
    swarm.rpc.call("evm_revert", taken)
    with EvidenceLog(tmp_path / "evidence.jsonl") as log:
        view = LiveView(swarm.follower(), log.seen())
        with pytest.raises(HistoryRewound):
            view.refresh()
        gate = Gate(view, STUDY, log)
        gate.open_round(1)
        assert gate.check(envelope(), UPDATE).reason is Reason.HISTORY_REWOUND


def _head(swarm: Swarm) -> bytes:
    follower = swarm.follower()
    follower.poll()
    return follower.head
