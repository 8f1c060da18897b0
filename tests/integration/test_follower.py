"""Following a real history, through endpoints that tell the truth and others that do not."""

import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from governance.chain.calls import call_data, read
from governance.chain.errors import (
    ChainAnswerInvalid,
    ChainForeign,
    ChainUnreachable,
    HistoryHeadMismatch,
    HistoryRewound,
    HouseMissing,
    RpcError,
)
from governance.chain.logs import read_logs
from governance.chain.reader import Follower, find_house, read_records
from governance.chain.rpc import Rpc
from governance.chain.sender import Act
from governance.history import (
    HistoryMalformed,
    InstitutionUnknown,
    fold,
    genesis_head,
    replay,
    shapes,
    topics_of_record,
)
from governance.history.events import InstitutionAdmitted, InstitutionApplied, SwarmFounded
from governance.primitives import domain_separator, struct_hash, typed_digest
from tests.integration.world import Chain, Founded, found, key, like_the_chain
from tests.unit.chain.endpoints import RpcFault


def _apply(founded: Founded, *names: str) -> None:
    for name in names:
        with founded.sender(key(name)) as sender:
            sender.send(founded.apply(name))


def test_the_founding_is_read_folded_and_proven(founded: Founded) -> None:
    follower = Follower(founded.rpc, founded.trust)
    assert follower.age == float("inf")
    records = follower.poll()
    kinds = [type(record.event) for record in records]
    assert kinds == [SwarmFounded, *3 * [InstitutionApplied, InstitutionAdmitted]]
    assert follower.length == len(records) == 7
    assert follower.head == read(founded.rpc, founded.trust.history, "History", "head")
    assert [each.account for each in follower.state.swarm.institutions.values()] == list(
        founded.trust.founders
    )
    assert follower.age < 60


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """One answer holds all that the chain of these tests has, so that a lie is told but once."""
    monkeypatch.setattr("governance.chain.logs._FIRST_RANGE", 5_000)


def test_polling_brings_only_what_is_new(founded: Founded) -> None:
    follower = founded.follower()
    assert follower.poll() == ()
    _apply(founded, "a", "b")
    first = follower.poll()
    assert [record.event.account for record in first] == [key("a").address, key("b").address]
    _apply(founded, "c")
    assert len(follower.poll()) == 1
    assert follower.length == 10
    whole = read_records(founded.rpc, founded.house)
    assert follower.state == fold(whole)
    begin = genesis_head(founded.trust.chain_id, founded.trust.history)
    assert (follower.head, follower.length) == replay(whole, begin)


def test_other_swarms_on_the_chain_are_left_out(founded: Founded, tmp_path: Path) -> None:
    rival = found(founded.chain, founded.rpc, tmp_path / "rival", "rival ")
    _apply(rival, "a")
    _apply(founded, "a")
    assert founded.follower().length == rival.follower().length == 8


def test_an_empty_poll_asks_once(founded: Founded) -> None:
    follower = founded.follower()
    asked: list[str] = []
    call = founded.rpc.call
    founded.rpc.call = lambda method, *params: (asked.append(method), call(method, *params))[1]  # type: ignore[method-assign]
    assert follower.poll() == ()
    assert asked == ["eth_getBlockByNumber"]


def test_countersignatures_are_read_too(founded: Founded) -> None:
    follower = founded.follower()
    founder = founded.founders[0]
    length, head = follower.length, follower.head
    struct = struct_hash("Countersignature(uint256 length,bytes32 head)", length, head)
    domain = domain_separator(founded.trust.chain_id, founded.trust.history)
    signature = founder.sign_digest(typed_digest(domain, struct))
    data = call_data("History", "countersign", [founder.address, length, head, signature])
    with founded.sender(key("relay")) as sender:
        sender.send(Act(founded.trust.history, data, "countersign"))
    assert follower.poll() == ()
    (found_one,) = follower.countersignatures
    assert (found_one.account, found_one.length, found_one.head) == (founder.address, length, head)
    assert found_one.signature == signature


def test_progress_is_told_block_by_block(founded: Founded, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("governance.chain.logs.RANGE", 3)
    told: list[int] = []
    follower = Follower(founded.rpc, founded.trust)
    follower.poll(told.append)
    assert told == sorted(told)
    assert follower.block is not None
    assert told[-1] == follower.block.number
    assert follower.length == 7


# --- endpoints that limit -------------------------------------------------------------------------


@pytest.mark.parametrize("number", [-32005, -32602])
def test_ranges_are_halved_until_the_node_takes_them(founded: Founded, number: int) -> None:
    asked: list[int] = []

    def limited(query: dict[str, Any]) -> Any:
        width = int(query["toBlock"], 16) - int(query["fromBlock"], 16) + 1
        asked.append(width)
        if width > 2:
            return RpcFault(number, "range too large")
        return founded.rpc.call("eth_getLogs", query)

    with like_the_chain(founded.rpc, eth_getLogs=limited) as url, Rpc(url) as rpc:
        follower = Follower(rpc, founded.trust)
        follower.poll()
    assert follower.head == founded.follower().head
    assert max(asked) > 2
    assert min(asked) <= 2


def test_a_node_that_refuses_a_single_block_is_named(founded: Founded) -> None:
    fault = RpcFault(-32005, "no logs here")
    with (
        like_the_chain(founded.rpc, eth_getLogs=fault) as url,
        pytest.raises(RpcError, match="no logs here"),
    ):
        Follower(Rpc(url), founded.trust).poll()


def test_a_node_that_shows_a_block_before_its_logs_is_given_a_moment(founded: Founded) -> None:
    early: list[int] = []

    def logs(query: dict[str, Any]) -> Any:
        early.append(1)
        return [] if len(early) == 1 else founded.rpc.call("eth_getLogs", query)

    with like_the_chain(founded.rpc, eth_getLogs=logs) as url:
        follower = Follower(Rpc(url), founded.trust)
        assert len(follower.poll()) == 7
    assert len(early) > 1


# --- endpoints that lie ---------------------------------------------------------------------------


def _logs(founded: Founded, change: Callable[[list[Any]], Any]) -> Callable[..., Any]:
    return lambda query: change(founded.rpc.call("eth_getLogs", query))


def _of_house(founded: Founded, logs: list[Any], place: int) -> int:
    """Where the house's log stands among those of all swarms on the chain."""
    house = founded.house.swarm.lower()
    return [index for index, log in enumerate(logs) if log["address"] == house][place]


def _without(founded: Founded, place: int) -> Callable[[list[Any]], Any]:
    def change(logs: list[Any]) -> Any:
        del logs[_of_house(founded, logs, place)]
        return logs

    return change


def _altered(founded: Founded, **fields: Any) -> Callable[[list[Any]], Any]:
    def change(logs: list[Any]) -> Any:
        index = _of_house(founded, logs, 1)
        logs[index] = {**logs[index], **fields}
        return logs

    return change


@pytest.mark.parametrize("place", [0, 1, 3, -1])
def test_a_record_left_out_does_not_go_unnoticed(founded: Founded, place: int) -> None:
    changed = _logs(founded, _without(founded, place))
    with like_the_chain(founded.rpc, eth_getLogs=changed) as url, Rpc(url) as rpc:
        follower = Follower(rpc, founded.trust)
        with pytest.raises(HistoryHeadMismatch):
            follower.poll()
        assert follower.length == 0
        assert follower.block is None


def test_a_record_altered_does_not_go_unnoticed(founded: Founded) -> None:
    def change(logs: list[Any]) -> Any:
        index = _of_house(founded, logs, 1)
        logs[index]["data"] = logs[index]["data"].replace(b"Hospital 0".hex(), b"Hospital 9".hex())
        return logs

    changed = _logs(founded, change)
    with (
        like_the_chain(founded.rpc, eth_getLogs=changed) as url,
        pytest.raises(HistoryHeadMismatch),
    ):
        Follower(Rpc(url), founded.trust).poll()


def test_a_block_whose_time_is_altered_does_not_go_unnoticed(founded: Founded) -> None:
    def header(tag: str, full: bool) -> Any:
        found_one = founded.rpc.call("eth_getBlockByNumber", tag, full)
        return {**found_one, "timestamp": hex(int(found_one["timestamp"], 16) + 1)}

    with (
        like_the_chain(founded.rpc, eth_getBlockByNumber=header) as url,
        pytest.raises(HistoryHeadMismatch),
    ):
        Follower(Rpc(url), founded.trust).poll()


def test_the_time_that_a_log_claims_is_not_believed(founded: Founded) -> None:
    changed = _logs(founded, _altered(founded, blockTimestamp="0x1"))
    with like_the_chain(founded.rpc, eth_getLogs=changed) as url, Rpc(url) as rpc:
        follower = Follower(rpc, founded.trust)
        follower.poll()
    assert follower.state == founded.follower().state


def test_records_the_wrong_way_round_are_refused(founded: Founded) -> None:
    changed = _logs(founded, lambda logs: logs[::-1])
    with like_the_chain(founded.rpc, eth_getLogs=changed) as url, pytest.raises(ChainAnswerInvalid):
        Follower(Rpc(url), founded.trust).poll()


NONSENSE: dict[str, Any] = {
    "no list": lambda _: {"logs": []},
    "no logs": lambda _: [7],
    "a log twice": lambda logs: [*logs, logs[-1]],
    "a block that was not asked for": lambda logs: [{**logs[0], "blockNumber": "0xffffff"}],
    "a block in words": lambda logs: [{**logs[0], "blockNumber": "one"}],
    "a topic that was not asked for": lambda logs: [{**logs[0], "topics": ["0x" + "11" * 32]}],
    "no topic": lambda logs: [{**logs[0], "topics": []}],
    "an address that is none": lambda logs: [{**logs[0], "address": "0x12"}],
    "data that are none": lambda logs: [{**logs[0], "data": "xyz"}],
}


@pytest.mark.parametrize("change", NONSENSE.values(), ids=NONSENSE.keys())
def test_logs_that_make_no_sense_are_refused(
    founded: Founded, change: Callable[[list[Any]], Any]
) -> None:
    changed = _logs(founded, change)
    with like_the_chain(founded.rpc, eth_getLogs=changed) as url, pytest.raises(ChainAnswerInvalid):
        Follower(Rpc(url), founded.trust).poll()


def test_a_block_that_is_replaced_while_it_is_read_is_noticed(founded: Founded) -> None:
    changed = _logs(founded, _altered(founded, blockHash="0x" + "22" * 32))
    with like_the_chain(founded.rpc, eth_getLogs=changed) as url, pytest.raises(HistoryRewound):
        Follower(Rpc(url), founded.trust).poll()


@pytest.mark.parametrize("result", ["0x", "0x01", "nonsense", None])
def test_a_head_that_is_none_is_refused(founded: Founded, result: Any) -> None:
    def call(request: dict[str, Any], tag: str) -> Any:
        return founded.rpc.call("eth_call", request, tag) if tag == "latest" else result

    with like_the_chain(founded.rpc, eth_call=call) as url, pytest.raises(ChainAnswerInvalid):
        Follower(Rpc(url), founded.trust).poll()


def test_a_failed_poll_leaves_the_view_and_lets_it_age(founded: Founded) -> None:
    missing: list[int] = []

    def logs(query: dict[str, Any]) -> Any:
        found_ones = founded.rpc.call("eth_getLogs", query)
        return found_ones[:-1] if missing else found_ones

    with like_the_chain(founded.rpc, eth_getLogs=logs) as url, Rpc(url) as rpc:
        follower = Follower(rpc, founded.trust)
        follower.poll()
        before = follower.state, follower.head, follower.block
        _apply(founded, "a")
        missing.append(1)
        age = follower.age
        with pytest.raises(HistoryHeadMismatch):
            follower.poll()
        assert (follower.state, follower.head, follower.block) == before
        assert follower.age > age
        missing.clear()
        assert len(follower.poll()) == 1


# --- chains that go back --------------------------------------------------------------------------


def test_a_chain_that_is_shorter_than_before_is_noticed(own_chain: Chain, tmp_path: Path) -> None:
    with own_chain.rpc() as rpc:
        swarm = found(own_chain, rpc, tmp_path)
        before = rpc.call("evm_snapshot")
        _apply(swarm, "a")
        follower = swarm.follower()
        rpc.call("evm_revert", before)
        with pytest.raises(HistoryRewound):
            follower.poll()
        assert follower.length == 8, "what was proven stays, for a person to judge"


def test_a_chain_that_went_another_way_is_noticed(own_chain: Chain, tmp_path: Path) -> None:
    with own_chain.rpc() as rpc:
        swarm = found(own_chain, rpc, tmp_path)
        before = rpc.call("evm_snapshot")
        _apply(swarm, "a")
        follower = swarm.follower()
        rpc.call("evm_revert", before)
        # Other accounts, so that no journal puts the first way back.
        _apply(swarm, "b", "c", "d")
        with pytest.raises(HistoryRewound):
            follower.poll()
        assert swarm.follower().length == 10


def test_a_chain_brought_back_after_a_kill_is_no_other_chain(
    own_chain: Chain, tmp_path: Path
) -> None:
    with own_chain.rpc() as rpc:
        swarm = found(own_chain, rpc, tmp_path)
        _apply(swarm, "a", "b")
        follower = swarm.follower()
        own_chain.kill("anvil")
        with pytest.raises(ChainUnreachable):
            follower.poll()
        own_chain.up()
        assert follower.poll() == ()
        _apply(swarm, "c")
        assert len(follower.poll()) == 1


# --- the wrong place ------------------------------------------------------------------------------


def test_a_foreign_chain_and_a_missing_house_are_named(founded: Founded) -> None:
    with pytest.raises(ChainForeign):
        Follower(founded.rpc, replace(founded.trust, chain_id=1)).poll()
    for address in (founded.trust.founders[0], founded.house.swarm):
        with pytest.raises(HouseMissing):
            find_house(founded.rpc, replace(founded.trust, history=address))


def test_a_chain_before_the_founding_is_an_empty_history(founded: Founded) -> None:
    first = read_logs(founded.rpc, topics_of_record(), 0, 0)
    assert first == []
    with pytest.raises(InstitutionUnknown):
        Follower(founded.rpc, founded.trust).state.swarm.institution(1)


def test_a_stranger_who_emits_our_events_is_not_heard(founded: Founded) -> None:
    """A contract of nobody's that emits `InstitutionLeft(1)` as the Swarm would."""
    (topic,) = (each for each in topics_of_record() if _name(each) == "InstitutionLeft")
    runtime = "6001" + "7f" + topic.hex() + "5f5fa2" + "00"
    size = len(runtime) // 2
    creation = f"60{size:02x}600c60003960{size:02x}6000f3" + runtime
    with founded.sender(key("stranger")) as sender:
        made = sender.send(Act("", bytes.fromhex(creation), "a stranger"))
        assert made.contract is not None
        shouted = sender.send(Act(made.contract, b"", "shout"))
    assert len(shouted.logs) == 1
    follower = founded.follower()
    assert follower.length == 7
    assert follower.state.swarm.institution(1).left_at is None


def _name(topic: bytes) -> str:
    return shapes()[topic].event.__name__


def test_a_malformed_record_of_the_house_is_named(founded: Founded) -> None:
    changed = _logs(founded, _altered(founded, data="0x"))
    with like_the_chain(founded.rpc, eth_getLogs=changed) as url, pytest.raises(HistoryMalformed):
        Follower(Rpc(url), founded.trust).poll()


def test_threads_may_follow_through_one_rpc(founded: Founded) -> None:
    lengths: list[int] = []
    threads = [
        threading.Thread(target=lambda: lengths.append(founded.follower().length)) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert lengths == [7] * 4


def test_reading_imports_neither_web3_nor_eth_account() -> None:
    script = (
        "import sys; from governance.chain import Follower, Rpc, Trust, Keystore, Sender;"
        "print([name for name in ('web3', 'eth_account', 'eth_abi') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    assert done.stdout == b"[]\n"
