"""What a call would do in the block to come, from the literal answers of Hyperledger Besu 26.8."""

import time
from typing import Any

import pytest

from governance.chain.errors import ChainAnswerInvalid, RpcError
from governance.chain.rlp import encode
from governance.chain.rpc import Rpc
from governance.chain.simulation import gas_after, gas_in_next_block
from tests.unit.chain.endpoints import SERVERS, RpcFault, endpoint, methods

REQUEST = {"from": "0x" + "1" * 40, "data": "0x425f5260205ff3"}
DONE = {
    "gasUsed": "0xe889",
    "logs": [],
    "maxUsedGas": "0xe889",
    "returnData": "0x000000000000000000000000000000000000000000000000000000006b02c8bd",
    "status": "0x1",
}
REVERTED = {
    "error": {"code": 3, "message": "Execution reverted", "data": "0xdeadbeef"},
    "gasUsed": "0xcfdb",
    "logs": [],
    "maxUsedGas": "0xcfdb",
    "returnData": "0x",
    "status": "0x0",
}


def block(timestamp: int, extra: bytes) -> dict[str, str]:
    word = "0x" + 64 * "1"
    return {
        "number": "0x2a",
        "hash": word,
        "parentHash": word,
        "timestamp": hex(timestamp),
        "gasLimit": "0x5f5e100",
        "extraData": "0x" + extra.hex(),
    }


SEALED = encode([bytes(32), [bytes(20)], [], b"", []])


def test_it_is_asked_for_the_present_and_after_the_newest_block() -> None:
    asked: list[Any] = []

    def simulate(*params: Any) -> Any:
        asked.append(params)
        return [{"calls": [DONE]}]

    long_ago, ahead = int(time.time()) - 900, int(time.time()) + 900
    with endpoint(methods({"eth_simulateV1": simulate})) as url, Rpc(url) as rpc:
        assert gas_in_next_block(rpc, REQUEST, block(long_ago, SEALED)) == 0xE889
        assert gas_in_next_block(rpc, REQUEST, block(ahead, SEALED)) == 0xE889
    (first, parent), (second, _) = asked
    assert parent == "0x2a"
    (simulated,) = first["blockStateCalls"]
    assert simulated["calls"] == [{"from": REQUEST["from"], "input": REQUEST["data"]}]
    assert abs(int(simulated["blockOverrides"]["time"], 16) - time.time()) < 5
    assert second["blockStateCalls"][0]["blockOverrides"]["time"] == hex(ahead + 1)


def test_a_revert_is_told_with_its_data() -> None:
    table = {"eth_simulateV1": [{"calls": [REVERTED]}]}
    with (
        endpoint(methods(table)) as url,
        Rpc(url) as rpc,
        pytest.raises(RpcError, match="Execution reverted") as caught,
    ):
        gas_after(rpc, REQUEST, block(1, SEALED), 2)
    assert (caught.value.number, caught.value.data) == (3, "0xdeadbeef")


@pytest.mark.parametrize("number", [-32601, -32604])
def test_a_node_that_cannot_is_not_held_against_the_call(number: int) -> None:
    table = {"eth_simulateV1": RpcFault(number, "Method not enabled")}
    with endpoint(methods(table)) as url, Rpc(url) as rpc:
        assert gas_after(rpc, REQUEST, block(1, SEALED), 2) is None


def test_other_errors_are_told() -> None:
    table = {"eth_simulateV1": RpcFault(-32603, "Internal error")}
    with (
        endpoint(methods(table)) as url,
        Rpc(url) as rpc,
        pytest.raises(RpcError, match="Internal"),
    ):
        gas_after(rpc, REQUEST, block(1, SEALED), 2)


def test_where_blocks_name_no_validators_nothing_is_asked() -> None:
    with endpoint(methods({})) as url, Rpc(url) as rpc:
        assert gas_in_next_block(rpc, REQUEST, block(1, b"")) is None
        assert not SERVERS[url].seen


@pytest.mark.parametrize(
    "answer",
    [
        None,
        [],
        [{}],
        [{"calls": []}],
        [{"calls": [DONE, DONE]}],
        [{"calls": [None]}],
        [{"calls": [{"status": "0x1"}]}],
        [{"calls": [DONE | {"status": 1}]}],
        [{"calls": [DONE | {"gasUsed": "many"}]}],
        [{"calls": [REVERTED | {"error": "no"}]}],
        [{"calls": [REVERTED | {"error": {"code": "no"}}]}],
    ],
)
def test_what_makes_no_sense_is_not_believed(answer: Any) -> None:
    with (
        endpoint(methods({"eth_simulateV1": answer})) as url,
        Rpc(url) as rpc,
        pytest.raises(ChainAnswerInvalid),
    ):
        gas_after(rpc, REQUEST, block(1, SEALED), 2)
