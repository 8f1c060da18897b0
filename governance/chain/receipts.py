"""What became of a transaction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from governance.chain.queries import HASH_BYTES, data, quantity
from governance.primitives import AddressInvalid, checksum_address

if TYPE_CHECKING:
    from governance.chain.rpc import Chain
    from governance.history.records import Log


@dataclass(frozen=True, slots=True)
class Receipt:
    """A transaction that a block holds.

    Attributes:
        hash: of the transaction.
        block: the block's number.
        block_hash: the block's hash.
        index: the transaction's place in the block.
        timestamp: of the block, Unix seconds.
        success: whether the contract went through with it.
        gas_used: gas.
        contract: the contract created, if one was.
        logs: what the contracts emitted, for `governance.history` to decode.
        repeated: whether an earlier command sent it and this one found it done.
    """

    hash: str
    block: int
    block_hash: str
    index: int
    timestamp: int
    success: bool
    gas_used: int
    contract: str | None
    logs: tuple[Log, ...]
    repeated: bool = False


def receipt(rpc: Chain, transaction: str) -> Receipt | None:
    """The receipt of a transaction, or none while no block holds it.

    Raises:
        ChainAnswerInvalid: the node's answer makes no sense.
    """
    answer = rpc.call("eth_getTransactionReceipt", transaction)
    # Besu gives a receipt a moment before the block it is in.
    if answer is None:
        return None
    if not isinstance(answer, dict) or answer.get("transactionHash") != transaction:
        raise rpc.invalid("it gives the receipt of another transaction")
    block_hash = "0x" + data(rpc, answer.get("blockHash"), "the block's hash", HASH_BYTES).hex()
    header = rpc.call("eth_getBlockByHash", block_hash, False)
    if header is None:
        return None
    if not isinstance(header, dict) or header.get("hash") != block_hash:
        raise rpc.invalid("it gives another block than the receipt's")
    timestamp = quantity(rpc, header.get("timestamp"), "the block's time")
    created = answer.get("contractAddress")
    return Receipt(
        hash=transaction,
        block=quantity(rpc, answer.get("blockNumber"), "the receipt's block"),
        block_hash=block_hash,
        index=quantity(rpc, answer.get("transactionIndex"), "the transaction's index"),
        timestamp=timestamp,
        success=quantity(rpc, answer.get("status"), "the receipt's status") == 1,
        gas_used=quantity(rpc, answer.get("gasUsed"), "the gas used"),
        contract=None if created is None else _address(rpc, created),
        logs=_logs(rpc, answer.get("logs"), timestamp),
    )


def _logs(rpc: Chain, entries: Any, timestamp: int) -> tuple[Log, ...]:
    from governance.history.errors import HistoryMalformed  # noqa: PLC0415 - see below
    from governance.history.records import Log  # noqa: PLC0415 - only where something was sent

    if not isinstance(entries, list):
        raise rpc.invalid("the receipt has no logs")
    try:
        return tuple(Log.from_json(entry, timestamp) for entry in entries)
    except HistoryMalformed:
        raise rpc.invalid("the receipt has a log that is none") from None


def _address(rpc: Chain, value: Any) -> str:
    try:
        return checksum_address(value)
    except (AddressInvalid, TypeError, AttributeError):
        raise rpc.invalid("the receipt's contract is no address") from None
