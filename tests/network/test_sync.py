"""Who validates follows from the vote: on four Besu validators, steered one by one."""

from __future__ import annotations

import json
import shutil
import signal
import time
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from unittest import mock

import pytest

from deploy import embedded
from deploy.anvil import free_port
from deploy.network.sync import (
    Action,
    EngineApiMissing,
    Files,
    Plan,
    Wanted,
    apply,
    plan,
    read_engine,
    read_own,
)
from deploy.network.validator_key import ValidatorKey
from governance.chain.errors import RpcError
from governance.chain.rpc import Rpc
from governance.chain.signer import LocalSigner
from governance.primitives import to_hex
from tests.journeys.swarm import FOUNDERS, Swarm
from tests.network.consortium import CHAIN_ID, Consortium, until

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from deploy.network.card import Card

NOT_AUTHORIZED = -32007
MEMBER = LocalSigner((7).to_bytes(32, "big"))
STRANGER = LocalSigner((8).to_bytes(32, "big"))


@dataclass(frozen=True)
class Validator:
    """One of the consortium's, steered by its own RPC."""

    consortium: Consortium
    name: str
    rpc: Rpc

    @property
    def folder(self) -> Path:
        return self.consortium.place(self.name).path

    @property
    def key_file(self) -> str:
        return str(self.consortium.place(self.name).key_file)

    @property
    def card(self) -> Card:
        return self.consortium.card(self.name)

    @property
    def address(self) -> str:
        return self.card.validator

    @property
    def machine(self) -> str:
        """Its machine's id, as peers tell it."""
        return self.card.enode.removeprefix("enode://").partition("@")[0]

    def number(self) -> int:
        """Its newest block's."""
        return int(self.rpc.call("eth_blockNumber"), 16)

    def block(self, number: int) -> dict[str, Any]:
        """A block."""
        found: dict[str, Any] = self.rpc.call("eth_getBlockByNumber", hex(number), False)
        return found

    def restart(self, pause: float = 0.0) -> None:
        """Stops and starts it again, as its operator could.

        Args:
            pause: seconds in between.
        """
        self.consortium.stop(self.name)
        time.sleep(pause)
        self.consortium.start(self.name)


@pytest.fixture(scope="module")
def network(
    engine: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Validator, ...]]:
    """Four validators that make blocks, and of which nobody has founded a swarm."""
    # Votes are counted in blocks, and here nobody acts who would have some made.
    with mock.patch("deploy.network.genesis.EMPTY_BLOCK_SECONDS", 1):
        own = Consortium(tmp_path_factory.mktemp("network"))
    with own.running(), ExitStack() as stack:
        found = tuple(
            Validator(own, name, stack.enter_context(own.rpc(name))) for name in own.names
        )
        until(lambda: all(each.number() > 0 for each in found))
        yield found


def wanting(members: Sequence[Validator], former: Sequence[Validator] = ()) -> Wanted:
    return Wanted(
        {each.address: f"institution {number}" for number, each in enumerate(members, 1)},
        {each.address: "institution 9, which was expelled from the swarm" for each in former},
        accounts={
            MEMBER.address: "account of institution 1",
            **{each.card.account: f"account of {each.name}" for each in (*members, *former)},
        },
        enodes={each.address: each.card.enode for each in members},
    )


def planned(validator: Validator, wanted: Wanted) -> Plan:
    return plan(wanted, read_engine(validator.rpc), validator.address)


def act(validator: Validator, wanted: Wanted) -> set[Action]:
    """Has a validator follow its plan; what it did."""
    found = planned(validator, wanted)
    apply(validator.rpc, found, Files.of(validator.folder))
    return {step.action for step in found.steps}


def validators(validator: Validator, block: int | None = None) -> set[str]:
    """Who validates, after a block if one is named; asked of the engine itself, in lower case."""
    number = validator.number() if block is None else block
    while True:
        found = validator.rpc.call("qbft_getValidatorsByBlockNumber", hex(number))
        # None in the moment in which the block is taken in.
        if found is not None:
            return {each.lower() for each in found}


def peers(validator: Validator) -> set[str]:
    """The ids of the machines that are connected."""
    return {each["id"].removeprefix("0x") for each in validator.rpc.call("admin_peers")}


def transact(validator: Validator, signer: LocalSigner) -> str:
    transaction = {
        "chainId": CHAIN_ID,
        "nonce": int(validator.rpc.call("eth_getTransactionCount", signer.address, "latest"), 16),
        "to": signer.address,
        "data": "0x",
        "gas": 30_000,
        "gasPrice": 0,
        "value": 0,
    }
    raw = to_hex(signer.sign_transaction(transaction))
    sent: str = validator.rpc.call("eth_sendRawTransaction", raw)
    return sent


def test_expelled_by_vote_shut_out_and_voted_in_again(network: tuple[Validator, ...]) -> None:
    *others, gone = network
    first = others[0]
    lost = gone.address.lower()
    key = gone.machine
    assert read_own(first.rpc) == first.address
    until(lambda: all(len(peers(each)) == 3 for each in network))

    # In step, but for the accounts.
    everyone = wanting(network)
    assert [act(each, everyone) for each in others] == 3 * [{Action.LET_IN_ACCOUNT}]
    assert [planned(each, everyone).steps for each in others] == 3 * [()]
    transact(first, MEMBER)
    with pytest.raises(RpcError) as refused:
        transact(first, STRANGER)
    assert refused.value.number == NOT_AUTHORIZED

    # Two of four are not enough, and the one that is voted out is still talked to.
    without = wanting(others, [gone])
    assert [act(each, without) for each in others[:2]] == 2 * [{Action.VOTE_OUT}]
    number = first.number()
    until(lambda: first.number() >= number + 5)
    assert lost in validators(first)
    assert key in peers(first)
    assert act(others[2], without) == {Action.VOTE_OUT}
    until(lambda: all(lost not in validators(each) for each in others))
    voted_out = first.number()

    drop(others, gone, without)
    cannot_come_back(network, gone, since=voted_out)
    come_back_admitted(others, gone, everyone)


def drop(others: Sequence[Validator], gone: Validator, without: Wanted) -> None:
    """The peers of one that was voted out drop it."""
    done = {Action.SHUT_OUT_NODE, Action.DISCARD_VOTE, Action.DISCONNECT}
    assert [act(each, without) for each in others] == 3 * [done]
    until(lambda: peers(gone) == set())
    for each in others:
        engine = read_engine(each.rpc)
        assert engine.votes == {}
        assert gone.card.enode not in engine.nodes
        for name in ("nodes.toml", "static-nodes.json"):
            assert gone.card.enode not in (each.folder / name).read_text(encoding="utf-8")
    until(lambda: [planned(each, without).steps for each in others] == 3 * [()])


def cannot_come_back(network: tuple[Validator, ...], gone: Validator, since: int) -> None:
    """Whatever its operator does, it stays away; and the others can be started again."""
    first, _, last, _ = network
    for each in network[:3]:
        gone.rpc.call("admin_addPeer", each.card.enode)
    gone.rpc.call("qbft_proposeValidatorVote", gone.address, True)
    gone.restart()
    left_at = gone.number()
    last.restart()
    until(lambda: first.number() >= since + 15)
    assert peers(gone) == set()
    assert gone.number() == left_at
    until(lambda: len(peers(last)) == 2)
    for block in range(since, first.number() + 1):
        assert gone.address.lower() not in validators(first, block)
        assert first.block(block)["miner"] != gone.address.lower()


def come_back_admitted(others: Sequence[Validator], gone: Validator, everyone: Wanted) -> None:
    """Admitted again it is let in and connected first, then voted in; and makes blocks."""
    first, lost, key = others[0], gone.address.lower(), gone.machine
    reached = {Action.LET_IN_NODE, Action.CONNECT}
    assert [act(each, everyone) for each in others] == 3 * [reached]
    until(lambda: all(key in peers(each) for each in others))
    assert [act(each, everyone) for each in others] == 3 * [{Action.VOTE_IN}]
    until(lambda: all(lost in validators(each) for each in others))
    assert [act(each, everyone) for each in others] == 3 * [{Action.DISCARD_VOTE}]
    assert [planned(each, everyone).steps for each in others] == 3 * [()]
    until(lambda: first.block(first.number())["miner"] == lost)


def test_an_rpc_that_does_not_steer_is_told(network: tuple[Validator, ...], tmp_path: Path) -> None:
    chain = embedded.up(tmp_path / "chain", port=free_port())
    try:
        with Rpc(chain.endpoint) as rpc, pytest.raises(EngineApiMissing):
            read_engine(rpc)
    finally:
        embedded.down(tmp_path / "chain")


# --- as a command ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def swarm(network: tuple[Validator, ...]) -> Swarm:
    """A swarm of four members on this network, each of which has registered its validator."""
    swarm = network[0].consortium.found()
    swarm.admit_applicant()
    for who, each in zip((*FOUNDERS, "delta"), network, strict=True):
        swarm.good("validator", "register", each.key_file, who=who)
    return swarm


@pytest.fixture
def other(network: tuple[Validator, ...], tmp_path: Path) -> Iterator[Swarm]:
    """A swarm on another chain with the same number, where another validator is registered."""
    chain = embedded.up(tmp_path / "chain", port=free_port(), chain_id=CHAIN_ID)
    try:
        other = Swarm.found(tmp_path / "home", chain.endpoint)
        ValidatorKey.create(tmp_path / "validator.key")
        other.good("validator", "register", str(tmp_path / "validator.key"), who="alpha")
        yield other
    finally:
        embedded.down(tmp_path / "chain")


def sync(swarm: Swarm, validator: Validator, *words: str) -> subprocess.Popen[str]:
    return swarm.start("network", "sync", "--dir", str(validator.folder), *words, who="alpha")


def finished(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=120)
    return process.returncode, out, err


def test_a_sync_shows_its_plan_asks_and_acts_once(
    network: tuple[Validator, ...], swarm: Swarm
) -> None:
    validator = network[0]
    swarm.good("node", "register", "alpha-node", who="alpha")
    node = swarm.address("alpha-node")
    accounts = {swarm.address(who) for who in (*FOUNDERS, "delta")}
    before = read_engine(validator.rpc)
    status, out, err = finished(sync(swarm, validator, "--format", "json"))
    assert (status, json.loads(err.splitlines()[-1])["code"]) == (2, "NotConfirmed")
    shown = json.loads(out)
    assert shown["schema"] == "swarm-charter/cli/network-sync/1"
    let_in = [step["subject"] for step in shown["steps"] if step["action"] == "let in account"]
    assert let_in == [node]
    assert read_engine(validator.rpc) == before, "nothing was done"

    status, out, err = finished(sync(swarm, validator, "--yes"))
    assert status == 0, err
    assert "let in account" in out
    assert "node of institution 1, Alpha Hospital" in out
    assert "Done." in err
    assert set(read_engine(validator.rpc).accounts) == accounts | {node}

    status, out, err = finished(sync(swarm, validator))
    assert (status, "nothing to do" in out) == (0, True), "without --yes: there is nothing to ask"
    status, out, _ = finished(sync(swarm, validator, "--format", "json"))
    assert (status, json.loads(out)["steps"]) == (0, [])


def test_one_run_lets_a_validator_in_and_votes_for_it(
    network: tuple[Validator, ...], swarm: Swarm
) -> None:
    *others, back = network

    def everyone() -> list[tuple[int, str, str]]:
        return [finished(run) for run in [sync(swarm, each, "--yes") for each in others]]

    swarm.good("validator", "remove", who="delta")
    assert all(status == 0 for status, _, _ in everyone())
    until(lambda: all(back.address.lower() not in validators(each) for each in others))
    for status, out, err in everyone():
        assert status == 0, err
        assert "which has removed it" in out
    until(lambda: peers(back) == set())
    swarm.good("validator", "register", back.key_file, who="delta")
    runs = everyone()
    for status, out, err in runs:
        assert status == 0, err
        assert "let in node" in out
        assert "vote in" in out or "there is nothing to do" in out
        assert err.count("until who was let in is connected") == 1
    # More than half of three vote; the last one may find that done.
    voted = [(out, err) for _, out, err in runs if "vote in" in out]
    assert len(voted) >= 2
    for out, err in voted:
        assert out.index("let in node") < out.index("vote in")
        assert "Waiting for others" in err
    until(lambda: all(back.address.lower() in validators(each) for each in others))


def test_the_context_of_a_swarm_on_another_chain_steers_nothing(
    network: tuple[Validator, ...], swarm: Swarm, other: Swarm
) -> None:
    validator = network[0]
    before = read_engine(validator.rpc)
    for words in (("--yes",), ("--watch", "--yes")):
        status, out, err = finished(sync(other, validator, *words, "--format", "json"))
        assert (status, json.loads(err.splitlines()[-1])["code"], out) == (5, "NetworkForeign", "")
    assert read_engine(validator.rpc) == before
    # Nor does status compare who validates with that swarm's members.
    words = ("network", "status", "--dir", str(validator.folder), "--format", "json")
    for each in (swarm, other):
        told = each.run(*words, who="alpha").json["validators"][0]
        assert "ValidatorsNotMembers" not in {found["code"] for found in told["findings"]}


def test_a_validator_that_moves_is_let_in_where_it_is_now(
    network: tuple[Validator, ...], swarm: Swarm
) -> None:
    *others, moving = network
    place = ("--dir", str(moving.folder))
    port = str(free_port())
    words = ("network", "move", "--account", "delta", "--host", "127.0.0.1", "--port", port, *place)
    refused = swarm.run(*words, "--format", "json")
    assert (refused.status, refused.error["code"]) == (7, "ValidatorRuns")
    old = moving.card.enode
    moving.consortium.stop("delta")
    told = swarm.good(*words)
    assert (told["port"], told["already"]) == (int(port), False)
    moving.consortium.start("delta")
    again = swarm.good(*words)
    assert (again["already"], again["issued_at"]) == (True, told["issued_at"])
    for each in others:
        shutil.copy(told["card"], each.folder / "cards" / "delta-is-here-now.json")
        status, out, err = finished(sync(swarm, each, "--yes"))
        assert status == 0, err
        assert "or reached elsewhere now" in out
    new = moving.card.enode
    assert new != old
    until(lambda: all(moving.machine in peers(each) for each in others))
    for each in others:
        assert new in read_engine(each.rpc).nodes
        assert old not in read_engine(each.rpc).nodes
    first = others[0]
    until(lambda: first.block(first.number())["miner"] == moving.address.lower())
    status, out, err = finished(sync(swarm, moving, "--yes", "--format", "json"))
    assert status == 0, err
    actions = {step["action"] for step in json.loads(out)["steps"]}
    assert not actions & {"let in node", "shut out node"}, "its own lists say so already"


def test_watches_carry_out_an_expulsion_and_outlast_an_engine_that_is_away(
    network: tuple[Validator, ...], swarm: Swarm
) -> None:
    *others, gone = network
    lost = gone.address.lower()
    words = ["--watch", "--yes", "--format", "json"]
    watches = [sync(swarm, each, *words) for each in others]
    try:
        wanted = {swarm.address(who) for who in (*FOUNDERS, "delta")}
        until(lambda: all(wanted <= set(read_engine(each.rpc).accounts) for each in others))
        # One engine is away, for longer than watches look elsewhere. It is not the one that acts
        # are sent to: a validator takes none until it is in step with the others again.
        others[1].restart(pause=6)
        proposal = swarm.good("member", "expel", "4", who="alpha")["proposal"]
        swarm.decide(proposal, "alpha", "beta", "gamma")
        until(lambda: all(lost not in validators(each) for each in others))
        until(lambda: all(gone.card.enode not in read_engine(each.rpc).nodes for each in others))
        until(lambda: peers(gone) == set())
        for each in others:
            assert swarm.address("delta") not in read_engine(each.rpc).accounts
        until(lambda: all(not read_engine(each.rpc).votes for each in others))
        # Each looks again, and finds nothing to do.
        time.sleep(8)
        ends = (signal.SIGTERM, signal.SIGINT, signal.SIGTERM)
        for watch, end in zip(watches, ends, strict=True):
            watch.send_signal(end)
        results = [finished(watch) for watch in watches]
    finally:
        for watch in watches:
            watch.kill()
            watch.wait(30)
    for status, out, err in results:
        assert status == 0, err
        assert "Ended." in err
        plans = documents(out)
        voted = [step for each in plans for step in each["steps"] if step["action"] == "vote out"]
        assert [step["subject"] for step in voted] == [gone.address]
        assert "was expelled" in voted[0]["why"]
        assert any("tolerates one fault" in text for each in plans for text in each["warnings"])
        assert plans[-1]["steps"] == []
    away = results[1][2]
    assert away.count("asked again until it answers") >= 1
    assert away.count("The chain answers again.") >= 1
    lines = [line for line in away.splitlines() if "asked again" in line]
    assert all(one != other for one, other in pairwise(lines)), "said once"


def documents(text: str) -> list[dict[str, list[dict[str, str]]]]:
    """JSON objects, one after the other."""
    found = []
    decoder = json.JSONDecoder()
    while text := text.lstrip():
        document, end = decoder.raw_decode(text)
        found.append(document)
        text = text[end:]
    return found
