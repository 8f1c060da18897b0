"""What touches the engine, where it answers otherwise than it should."""

from __future__ import annotations

import json
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import pytest

from deploy.network.sync import (
    Action,
    EngineApiMissing,
    EngineListsOff,
    EngineRefused,
    Files,
    NetworkForeign,
    Plan,
    Step,
    apply,
    read_engine,
    read_own,
    require_same_chain,
)
from governance.chain.errors import ChainAnswerInvalid, RpcError
from governance.chain.rpc import Rpc
from tests.unit.chain.endpoints import SERVERS, RpcFault, endpoint, methods
from tests.unit.network.machines import account, address, enode

if TYPE_CHECKING:
    from pathlib import Path

SOUND = {
    "qbft_getValidatorsByBlockNumber": [address(2).lower(), address(1).lower()],
    "qbft_getPendingVotes": {address(3).lower(): True},
    "perm_getNodesAllowlist": [enode(1)],
    "perm_getAccountsAllowlist": [account(1).lower()],
    "admin_peers": [{"enode": enode(2) + "?discport=0"}],
    "eth_syncing": False,
    "admin_nodeInfo": {"enode": enode(1)},
}


def test_what_the_engine_says_is_read_in_one_spelling() -> None:
    with endpoint(methods(SOUND)) as where, Rpc(where) as rpc:
        engine = read_engine(rpc)
        assert read_own(rpc) == address(1)
    assert set(engine.validators) == {address(1), address(2)}
    assert engine.votes == {address(3): True}
    assert (engine.nodes, engine.accounts) == ((enode(1),), (account(1),))
    assert engine.peers == (enode(2),)
    assert not engine.catching_up


def test_a_block_that_is_just_being_taken_in_is_waited_for() -> None:
    validators = iter([None, None, [address(1)]])
    table = SOUND | {"qbft_getValidatorsByBlockNumber": lambda _: next(validators)}
    with endpoint(methods(table)) as where, Rpc(where) as rpc:
        assert read_engine(rpc).validators == (address(1),)


def test_an_engine_that_catches_up_says_so() -> None:
    syncing = {"startingBlock": "0x0", "currentBlock": "0x5", "highestBlock": "0x9"}
    with endpoint(methods(SOUND | {"eth_syncing": syncing})) as where, Rpc(where) as rpc:
        assert read_engine(rpc).catching_up


@pytest.mark.parametrize(
    ("method", "answer", "error"),
    [
        ("admin_peers", RpcFault(-32604, "Method not enabled"), EngineApiMissing),
        ("qbft_getPendingVotes", RpcFault(-32601, "Method not found"), EngineApiMissing),
        ("perm_getNodesAllowlist", RpcFault(-32000, "Node allowlist not enabled"), EngineListsOff),
        ("eth_syncing", RpcFault(-32603, "Internal error"), RpcError),
        ("admin_peers", [{}], ChainAnswerInvalid),
        ("admin_peers", None, ChainAnswerInvalid),
        ("qbft_getPendingVotes", [], ChainAnswerInvalid),
        ("qbft_getValidatorsByBlockNumber", ["0x12"], ChainAnswerInvalid),
        ("qbft_getValidatorsByBlockNumber", None, ChainAnswerInvalid),
        ("perm_getNodesAllowlist", ["enode://1@h:1"], ChainAnswerInvalid),
        ("perm_getAccountsAllowlist", [7], ChainAnswerInvalid),
    ],
)
def test_what_cannot_be_read_is_told(method: str, answer: Any, error: type[Exception]) -> None:
    table = methods(SOUND | {method: answer})
    with endpoint(table) as where, Rpc(where) as rpc, pytest.raises(error):
        read_engine(rpc)


@pytest.mark.parametrize("answer", [{}, None, {"enode": "nowhere"}])
def test_an_engine_that_does_not_say_who_it_is_is_not_believed(answer: Any) -> None:
    table = methods({"admin_nodeInfo": answer})
    with endpoint(table) as where, Rpc(where) as rpc, pytest.raises(ChainAnswerInvalid):
        read_own(rpc)


WORD = "0x" + 64 * "1"
FIRST = {
    "number": "0x0",
    "hash": WORD,
    "parentHash": WORD,
    "timestamp": "0x0",
    "gasLimit": "0x5f5e100",
}
CHAIN = {"eth_chainId": "0x4d", "eth_getBlockByNumber": FIRST}


@pytest.mark.parametrize(
    ("odd", "error"),
    [
        ({}, None),
        ({"eth_chainId": "0x4e"}, NetworkForeign),
        ({"eth_getBlockByNumber": FIRST | {"hash": WORD[:-1] + "2"}}, NetworkForeign),
        ({"eth_getBlockByNumber": FIRST | {"number": "0x1"}}, ChainAnswerInvalid),
        ({"eth_getBlockByNumber": None}, ChainAnswerInvalid),
        ({"eth_chainId": None}, ChainAnswerInvalid),
    ],
)
def test_a_chain_is_known_by_its_number_and_its_first_block(
    odd: dict[str, Any], error: type[Exception] | None
) -> None:
    with (
        endpoint(methods(CHAIN)) as one,
        endpoint(methods(CHAIN | odd)) as two,
        Rpc(one) as own,
        Rpc(two) as swarm,
        pytest.raises(error) if error else nullcontext(),
    ):
        require_same_chain(own, swarm)


def carried_out(steps: list[Step], folder: Path, **answers: Any) -> list[tuple[str, Any]]:
    """Applies a plan to an engine that answers thus; the calls that came, in order."""
    table = {
        "perm_reloadPermissionsFromFile": "Success",
        "qbft_proposeValidatorVote": True,
        "qbft_discardValidatorVote": True,
        "admin_removePeer": False,
        "admin_addPeer": False,
    }
    found = Plan(
        tuple(steps),
        accounts=(account(1),),
        nodes=(enode(1), enode(2)),
        static=(enode(2),),
    )
    with endpoint(methods(table | answers)) as where, Rpc(where) as rpc:
        apply(rpc, found, Files.of(folder))
        return [(body["method"], body["params"]) for _, body in SERVERS[where].seen]


def test_files_come_first_and_connections_last(tmp_path: Path) -> None:
    steps = [
        Step(Action.CONNECT, enode(2), ""),
        Step(Action.DISCONNECT, enode(3), ""),
        Step(Action.DISCARD_VOTE, address(4), ""),
        Step(Action.VOTE_OUT, address(3), ""),
        Step(Action.VOTE_IN, address(5), ""),
        Step(Action.LET_IN_NODE, enode(2), ""),
    ]
    assert carried_out(steps, tmp_path) == [
        ("perm_reloadPermissionsFromFile", []),
        ("qbft_proposeValidatorVote", [address(5), True]),
        ("qbft_proposeValidatorVote", [address(3), False]),
        ("qbft_discardValidatorVote", [address(4)]),
        ("admin_removePeer", [enode(3)]),
        ("admin_addPeer", [enode(2)]),
    ]
    assert (tmp_path / "nodes.toml").read_text() == (
        f'nodes-allowlist=[\n  "{enode(1)}",\n  "{enode(2)}",\n]\n'
    )
    assert (tmp_path / "accounts.toml").read_text() == (
        f'accounts-allowlist=[\n  "{account(1)}",\n]\n'
    )
    assert json.loads((tmp_path / "static-nodes.json").read_text()) == [enode(2)]
    assert len(list(tmp_path.iterdir())) == 3


def test_votes_alone_touch_no_file(tmp_path: Path) -> None:
    steps = [Step(Action.VOTE_IN, address(5), "")]
    assert len(carried_out(steps, tmp_path)) == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("action", "method", "answer", "error"),
    [
        (Action.VOTE_IN, "qbft_proposeValidatorVote", False, EngineRefused),
        (Action.LET_IN_ACCOUNT, "perm_reloadPermissionsFromFile", "Failure", EngineRefused),
        (Action.CONNECT, "admin_addPeer", RpcFault(-32604, "not enabled"), EngineApiMissing),
        (Action.CONNECT, "admin_addPeer", RpcFault(-32602, "Invalid params"), RpcError),
    ],
)
def test_what_the_engine_does_not_do_is_told(
    tmp_path: Path, action: Action, method: str, answer: Any, error: type[Exception]
) -> None:
    with pytest.raises(error):
        carried_out([Step(action, enode(2), "")], tmp_path, **{method: answer})
