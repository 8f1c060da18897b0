"""What a transaction came to, proven against the receipts' root of its block's header.

A header commits to the receipts of its block by the root of a trie. The receipt itself stands in
the last node on the way to it, so whoever believes the header needs nothing but those nodes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from governance.chain.errors import RpcError
from governance.chain.queries import HASH_BYTES, data, quantity
from governance.chain.rlp import Item, RlpInvalid, decode, encode, encode_number
from governance.chain.trie import ProofInvalid, Trie, value_along
from governance.errors import CharterError, ExitStatus
from governance.primitives import AddressInvalid, address_bytes, checksum_address

if TYPE_CHECKING:
    from governance.chain.rpc import Chain

_BLOOM = 256
_ADDRESS = 20
_PARTS = 4
_LOG_PARTS = 3
_TOPICS = 4
_STATUS = (b"", b"\x01")
_TYPES = range(1, 5)
"""Types of transactions whose receipts are written alike (EIP-2718); legacy ones have none."""


class ReceiptsNotProven(CharterError):
    """The receipts that an endpoint gives are not those of the block."""

    code = "ReceiptsNotProven"
    exit_status = ExitStatus.UNVERIFIABLE

    def __init__(self, endpoint: str, block: int) -> None:
        super().__init__(
            f"The receipts of block {block}, as {endpoint} gives them, are not those to which the "
            "block's header commits.",
            "Do not rely on it; ask another endpoint.",
        )


@dataclass(frozen=True, slots=True)
class Emitted:
    """A log in a receipt.

    Attributes:
        emitter: address of the contract, with checksum.
        topics: up to four, 32 bytes each.
        data: what else it says.
    """

    emitter: str
    topics: tuple[bytes, ...]
    data: bytes

    def as_item(self) -> Item:
        """The log as receipts hold it."""
        return [address_bytes(self.emitter), list(self.topics), self.data]


@dataclass(frozen=True, slots=True)
class Receipts:
    """All receipts of a block.

    Attributes:
        logs: of each transaction, in the order of the block.
        trie: in which the receipts stand.
    """

    logs: tuple[tuple[Emitted, ...], ...]
    trie: Trie

    def way(self, index: int) -> tuple[bytes, ...]:
        """The nodes on the way to a transaction's receipt: what `logs_at` asks for."""
        return self.trie.way(_key(index))


def receipts_of(rpc: Chain, number: int, root: bytes) -> Receipts:
    """The receipts of a block, known to be those to which its header commits.

    Args:
        rpc: the chain.
        number: the block's.
        root: what the header says of its receipts, 32 bytes.

    Raises:
        ReceiptsNotProven: they are others.
        ChainAnswerInvalid, RpcError: the endpoint gives none.
    """
    entries = _asked(rpc, number)
    encoded = [encoded_receipt(rpc, entry) for entry in entries]
    trie = Trie.of({_key(index): receipt for index, receipt in enumerate(encoded)})
    if trie.root != root:
        raise ReceiptsNotProven(rpc.endpoint, number)
    return Receipts(tuple(_logs(receipt) for receipt in encoded), trie)


def encoded_receipt(rpc: Chain, entry: Any) -> bytes:
    """A receipt as JSON-RPC gives it, in the bytes that stand in the trie.

    Before Byzantium a receipt held the root of the state instead of a status.

    Raises:
        ChainAnswerInvalid: it is none.
    """
    if not isinstance(entry, dict) or not isinstance(entry.get("logs"), list):
        raise rpc.invalid("a receipt is none")
    if entry.get("root") is not None and entry.get("status") is None:
        came_to = data(rpc, entry["root"], "a receipt's root", HASH_BYTES)
    else:
        came_to = encode_number(quantity(rpc, entry.get("status"), "a receipt's status"))
    payload = encode(
        [
            came_to,
            encode_number(quantity(rpc, entry.get("cumulativeGasUsed"), "the gas used")),
            data(rpc, entry.get("logsBloom"), "a receipt's bloom", _BLOOM),
            [_emitted(rpc, log).as_item() for log in entry["logs"]],
        ]
    )
    kind = quantity(rpc, entry.get("type", "0x0"), "a receipt's type")
    if kind not in (0, *_TYPES):
        raise rpc.invalid(f"a receipt is of the unknown type {kind}")
    return bytes([kind]) + payload if kind else payload


def logs_at(root: bytes, index: int, nodes: tuple[bytes, ...]) -> tuple[Emitted, ...]:
    """The logs of a transaction, proven. Pure.

    Args:
        root: what the block's header says of its receipts, 32 bytes.
        index: the transaction's place in the block.
        nodes: exactly those on the way to its receipt, the first one first.

    Raises:
        ProofInvalid: they do not lead there, or what stands there is no receipt.
    """
    receipt = value_along(root, _key(index), nodes)
    if not receipt:
        raise ProofInvalid("the block has no such transaction")
    return _logs(receipt)


def _key(index: int) -> bytes:
    return encode(encode_number(index))


def _asked(rpc: Chain, number: int) -> list[Any]:
    try:
        found = rpc.call("eth_getBlockReceipts", hex(number))
    except RpcError:
        # Not every node has that method.
        block = rpc.call("eth_getBlockByNumber", hex(number), False)
        hashes = block.get("transactions") if isinstance(block, dict) else None
        if not isinstance(hashes, list):
            raise rpc.invalid("a block has no transactions") from None
        found = rpc.batch([("eth_getTransactionReceipt", (each,)) for each in hashes])
    if not isinstance(found, list):
        raise rpc.invalid("it gives no list of receipts")
    return found


def _emitted(rpc: Chain, log: Any) -> Emitted:
    topics = log.get("topics") if isinstance(log, dict) else None
    if not isinstance(topics, list) or not isinstance(log.get("address"), str):
        raise rpc.invalid("a log in a receipt is none")
    try:
        emitter = checksum_address(log["address"])
    except AddressInvalid:
        raise rpc.invalid("a log in a receipt is of no address") from None
    return Emitted(
        emitter,
        tuple(data(rpc, topic, "a log's topic", HASH_BYTES) for topic in topics),
        data(rpc, log.get("data"), "a log's data"),
    )


def _logs(receipt: bytes) -> tuple[Emitted, ...]:
    """The logs in a receipt.

    Raises:
        ProofInvalid: it is none.
    """
    payload = receipt[1:] if receipt[:1] and receipt[0] in _TYPES else receipt
    try:
        parts = decode(payload)
    except RlpInvalid as error:
        raise ProofInvalid(f"what stands there is no receipt: {error}") from None
    if not isinstance(parts, list) or len(parts) != _PARTS:
        raise ProofInvalid("what stands there is no receipt")
    came_to, gas, bloom, logs = parts
    if (
        not (came_to in _STATUS or (isinstance(came_to, bytes) and len(came_to) == HASH_BYTES))
        or not isinstance(gas, bytes)
        or not isinstance(bloom, bytes)
        or len(bloom) != _BLOOM
        or not isinstance(logs, list)
    ):
        raise ProofInvalid("what stands there is no receipt")
    return tuple(map(_log, logs))


def _log(item: Item) -> Emitted:
    if isinstance(item, list) and len(item) == _LOG_PARTS:
        emitter, topics, content = item
        if (
            isinstance(emitter, bytes)
            and len(emitter) == _ADDRESS
            and isinstance(topics, list)
            and len(topics) <= _TOPICS
            and isinstance(content, bytes)
        ):
            words = [topic for topic in topics if isinstance(topic, bytes)]
            if len(words) == len(topics) and all(len(word) == HASH_BYTES for word in words):
                return Emitted(checksum_address(emitter), tuple(words), content)
    raise ProofInvalid("a log in the receipt is none")
