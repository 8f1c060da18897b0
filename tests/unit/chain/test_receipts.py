"""Receipts as an endpoint gives them, and as one that lies does."""

from typing import Any

import pytest

from governance.chain.errors import ChainAnswerInvalid
from governance.chain.receipts import receipt
from governance.chain.rpc import Rpc
from tests.unit.chain.endpoints import endpoint, methods

TRANSACTION = "0x" + 64 * "1"
BLOCK = "0x" + 64 * "2"
LOG: dict[str, Any] = {
    "address": "0x" + 40 * "3",
    "topics": ["0x" + 64 * "4"],
    "data": "0x",
    "blockNumber": "0x5",
    "blockHash": BLOCK,
    "transactionHash": TRANSACTION,
    "logIndex": "0x0",
}
SOUND: dict[str, Any] = {
    "transactionHash": TRANSACTION,
    "blockHash": BLOCK,
    "blockNumber": "0x5",
    "transactionIndex": "0x0",
    "status": "0x1",
    "gasUsed": "0x5208",
    "contractAddress": "0x" + 40 * "6",
    "logs": [LOG],
}
HEADER: dict[str, Any] = {"hash": BLOCK, "timestamp": "0x7"}
LIES: list[dict[str, Any]] = [
    {"transactionHash": BLOCK},
    {"blockHash": "0x2"},
    {"blockNumber": "0x-5"},
    {"blockNumber": "0x1" + 16 * "0"},
    {"transactionIndex": -1},
    {"status": True},
    {"gasUsed": "21000"},
    {"contractAddress": "0x12"},
    {"contractAddress": [7]},
    {"logs": None},
    {"logs": [7]},
    {"logs": [LOG | {"logIndex": "-5"}]},
    {"logs": [LOG | {"logIndex": "0x1_0"}]},
    {"logs": [LOG | {"address": {}}]},
]


def answered(changes: dict[str, Any], header: dict[str, Any]) -> Any:
    table = {"eth_getTransactionReceipt": SOUND | changes, "eth_getBlockByHash": header}
    with endpoint(methods(table)) as url, Rpc(url) as rpc:
        return receipt(rpc, TRANSACTION)


def test_a_sound_one_is_taken() -> None:
    found = answered({}, HEADER)
    assert (found.block, found.timestamp, found.success, len(found.logs)) == (5, 7, True, 1)


@pytest.mark.parametrize("changes", LIES, ids=str)
def test_one_that_lies_in_a_field_is_told_as_such(changes: dict[str, Any]) -> None:
    with pytest.raises(ChainAnswerInvalid):
        answered(changes, HEADER)


@pytest.mark.parametrize(
    "changes", [{"hash": TRANSACTION}, {"timestamp": "0x" + 17 * "f"}], ids=str
)
def test_one_of_a_block_that_lies_is_told_as_such(changes: dict[str, Any]) -> None:
    with pytest.raises(ChainAnswerInvalid):
        answered({}, HEADER | changes)
