"""What a call would do in the block to come, from the literal answers of Hyperledger Besu 26.8."""

import time
from typing import Any

import pytest

from governance.chain.errors import ChainAnswerInvalid, Refused, RpcError
from governance.chain.rlp import encode
from governance.chain.rpc import Rpc
from governance.chain.simulation import GAS_HEADROOM, simulate
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


PLAIN = block(1, b"")


def test_it_is_asked_for_the_present_and_after_the_newest_block() -> None:
    asked: list[Any] = []

    def simulated(*params: Any) -> Any:
        asked.append(params)
        return [{"calls": [DONE]}]

    long_ago, ahead = int(time.time()) - 900, int(time.time()) + 900
    with endpoint(methods({"eth_simulateV1": simulated})) as url, Rpc(url) as rpc:
        gas = simulate(rpc, REQUEST, block(long_ago, SEALED))
        assert gas == simulate(rpc, REQUEST, block(ahead, SEALED)) == 2 * 0xE889 + GAS_HEADROOM
    (first, on), (second, also) = asked
    assert on == also == "0x2a", "on the block whose time is known, whatever has come since"
    (given,) = first["blockStateCalls"]
    assert given["calls"] == [REQUEST]
    assert abs(int(given["blockOverrides"]["time"], 16) - time.time()) < 5
    assert second["blockStateCalls"][0]["blockOverrides"]["time"] == hex(ahead + 1)


def test_no_more_gas_is_given_than_a_block_has() -> None:
    small = block(1, SEALED) | {"gasLimit": "0x5208"}
    with endpoint(methods({"eth_simulateV1": [{"calls": [DONE]}]})) as url, Rpc(url) as rpc:
        assert simulate(rpc, REQUEST, small) == 0x5208


def test_a_revert_is_a_refusal() -> None:
    table = {"eth_simulateV1": [{"calls": [REVERTED]}]}
    with (
        endpoint(methods(table)) as url,
        Rpc(url) as rpc,
        pytest.raises(Refused),
    ):
        simulate(rpc, REQUEST, block(1, SEALED))


@pytest.mark.parametrize("number", [-32603, -32604])
def test_other_errors_are_told(number: int) -> None:
    table = {"eth_simulateV1": RpcFault(number, "Internal error")}
    with (
        endpoint(methods(table)) as url,
        Rpc(url) as rpc,
        pytest.raises(RpcError, match="Internal"),
    ):
        simulate(rpc, REQUEST, block(1, SEALED))


def test_where_blocks_name_no_validators_the_pending_block_says_it() -> None:
    table = {"eth_call": "0x", "eth_estimateGas": "0x64"}
    with endpoint(methods(table)) as url, Rpc(url) as rpc:
        assert simulate(rpc, REQUEST, PLAIN) == 200 + GAS_HEADROOM
        ((_, asked),) = SERVERS[url].seen
    assert [each["params"][1] for each in asked] == ["pending", "pending"]


@pytest.mark.parametrize(
    "answer",
    [
        None,
        [],
        [{}],
        [{"calls": []}],
        [{"calls": [None]}],
        [{"calls": [{"status": "0x1"}]}],
        [{"calls": [DONE | {"maxUsedGas": "many"}]}],
        [{"calls": [REVERTED | {"error": None}]}],
        [{"calls": [REVERTED | {"error": "no"}]}],
        [{"calls": [REVERTED | {"error": {"code": "no", "message": ""}}]}],
    ],
)
def test_what_makes_no_sense_is_not_believed(answer: Any) -> None:
    with (
        endpoint(methods({"eth_simulateV1": answer})) as url,
        Rpc(url) as rpc,
        pytest.raises(ChainAnswerInvalid),
    ):
        simulate(rpc, REQUEST, block(1, SEALED))
