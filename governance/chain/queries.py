"""The few questions that the library asks a chain, with answers as types."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from governance.chain.errors import ChainForeign
from governance.primitives import HexInvalid, keccak, number_from_hex, to_hex

if TYPE_CHECKING:
    from collections.abc import Iterable

    from governance.chain.rpc import Chain

HASH_BYTES = 32
_SELECTOR = 4
_PAUSES = (0.01, 0.05, 0.25)


@dataclass(frozen=True, slots=True)
class Block:
    """What the library needs of a block's header."""

    number: int
    hash: str
    """`0x…`, lower case."""
    parent: str
    timestamp: int
    """Unix time in seconds."""
    gas_limit: int


def quantity(rpc: Chain, value: Any, what: str) -> int:
    """A number as JSON-RPC writes it (`0x2a`), of at most 64 bits.

    Raises:
        ChainAnswerInvalid: it is none.
    """
    try:
        return number_from_hex(value)
    except HexInvalid:
        raise rpc.invalid(f"{what} is no number") from None


def data(rpc: Chain, value: Any, what: str, length: int | None = None) -> bytes:
    """Bytes as JSON-RPC writes them.

    Raises:
        ChainAnswerInvalid: it is none, or has another length.
    """
    if not isinstance(value, str) or not value.startswith("0x"):
        raise rpc.invalid(f"{what} is not hexadecimal")
    try:
        decoded = bytes.fromhex(value[2:])
    except ValueError:
        raise rpc.invalid(f"{what} is not hexadecimal") from None
    if length is not None and len(decoded) != length:
        raise rpc.invalid(f"{what} has {len(decoded)} bytes instead of {length}")
    return decoded


def chain_id(rpc: Chain) -> int:
    """The chain's number."""
    return quantity(rpc, rpc.call("eth_chainId"), "the chain's number")


def require_chain(rpc: Chain, expected: int) -> None:
    """Makes sure that the endpoint is on the chain that is meant.

    Raises:
        ChainForeign: it is on another one.
    """
    found = chain_id(rpc)
    if found != expected:
        raise ChainForeign(expected, found)


def latest(rpc: Chain) -> Any:
    """The newest block as the chain gives it.

    Besu under load says now and then that it has none, while it puts the next one into its place.
    """
    for pause in _PAUSES:
        answer = rpc.call("eth_getBlockByNumber", "latest", False)
        if answer is not None:
            break
        time.sleep(pause)
    return answer


def head(rpc: Chain) -> Block:
    """The newest block."""
    return block_of(rpc, latest(rpc))


def block(rpc: Chain, number: int) -> Block | None:
    """The block of a number, or none if the chain is shorter."""
    answer = rpc.call("eth_getBlockByNumber", hex(number), False)
    return None if answer is None else block_of(rpc, answer, number)


def blocks(rpc: Chain, numbers: Iterable[int]) -> dict[int, Block]:
    """The blocks of these numbers.

    Raises:
        ChainAnswerInvalid: one does not exist, or is not the one asked for.
    """
    asked = sorted(set(numbers))
    answers = rpc.batch([("eth_getBlockByNumber", (hex(number), False)) for number in asked])
    return {
        number: block_of(rpc, answer, number) for number, answer in zip(asked, answers, strict=True)
    }


def selector(signature: str) -> str:
    """The first bytes of a call of a function, such as `head()`, as JSON-RPC writes them."""
    return to_hex(keccak(signature.encode())[:_SELECTOR])


def transaction_count(rpc: Chain, address: str, tag: str = "latest") -> int:
    """How many transactions of an account the chain holds; its next nonce."""
    answer = rpc.call("eth_getTransactionCount", address, tag)
    return quantity(rpc, answer, "the account's nonce")


def code(rpc: Chain, address: str) -> bytes:
    """The code at an address; empty if there is none."""
    return data(rpc, rpc.call("eth_getCode", address, "latest"), "the code")


def eth_call(rpc: Chain, to: str, call_data: bytes, tag: str = "latest") -> bytes:
    """What a contract returns to a call that changes nothing.

    Raises:
        RpcError: the call reverts.
    """
    request = {"to": to, "data": "0x" + call_data.hex()}
    return data(rpc, rpc.call("eth_call", request, tag), "the call's result")


def block_of(rpc: Chain, answer: Any, number: int | None = None) -> Block:
    """The block in an answer.

    Args:
        rpc: who gave it.
        answer: what `eth_getBlockByNumber` gives.
        number: the block's, if a certain one was asked for.

    Raises:
        ChainAnswerInvalid: it is none, or another one than was asked for.
    """
    if not isinstance(answer, dict):
        raise rpc.invalid("there is no such block")
    found = Block(
        number=quantity(rpc, answer.get("number"), "the block's number"),
        hash="0x" + data(rpc, answer.get("hash"), "the block's hash", HASH_BYTES).hex(),
        parent="0x" + data(rpc, answer.get("parentHash"), "the parent's hash", HASH_BYTES).hex(),
        timestamp=quantity(rpc, answer.get("timestamp"), "the block's time"),
        gas_limit=quantity(rpc, answer.get("gasLimit"), "the block's gas limit"),
    )
    if number is not None and found.number != number:
        raise rpc.invalid(f"it gives block {found.number} for block {number}")
    return found
