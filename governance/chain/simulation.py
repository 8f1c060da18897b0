"""What a transaction would do in the block to come, where a node's pending block is the last one.

Besu takes `pending` for the newest block, its time included. A chain that stands idle may have made
that one long ago, and what the contracts allow from the next second on would be refused until
another block happens to be made.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from governance.chain.errors import RpcError
from governance.chain.qbft import validators_in
from governance.chain.queries import block_of, quantity

if TYPE_CHECKING:
    from collections.abc import Mapping

    from governance.chain.rpc import Chain

_NOT_OFFERED = (-32601, -32604)


def gas_in_next_block(rpc: Chain, request: Mapping[str, str], newest: Any) -> int | None:
    """The gas that a call would use in the block after the newest, if it were made now.

    Args:
        rpc: the chain.
        request: `from`, `data` and, unless it creates a contract, `to`.
        newest: the newest block, as `eth_getBlockByNumber` gives it.

    Returns:
        Nothing where `pending` says it: on other engines, and where the node cannot simulate.

    Raises:
        RpcError: the call reverts; with the revert's data.
    """
    return gas_after(rpc, request, newest, int(time.time()))


def gas_after(rpc: Chain, request: Mapping[str, str], parent: Any, when: int) -> int | None:
    """The gas that a call uses in a block of a certain time after another block.

    Args:
        rpc: the chain.
        request: as for `gas_in_next_block`.
        parent: the block before, as `eth_getBlockByNumber` gives it.
        when: the block's time, Unix seconds; a second after its parent's at least.

    Returns:
        Nothing on engines whose blocks name no validators, and where the node cannot simulate.

    Raises:
        RpcError: the call reverts; with the revert's data.
    """
    if not validators_in(parent):
        return None
    before = block_of(rpc, parent)
    when = max(when, before.timestamp + 1)
    call = {("input" if name == "data" else name): value for name, value in request.items()}
    block = {"blockOverrides": {"time": hex(when)}, "calls": [call]}
    try:
        answer = rpc.call("eth_simulateV1", {"blockStateCalls": [block]}, hex(before.number))
    except RpcError as unable:
        if unable.number in _NOT_OFFERED:
            return None
        raise
    try:
        (found,) = answer[0]["calls"]
        status, used = found["status"], found["gasUsed"]
        error = found.get("error") or {}
        failure = RpcError(
            "eth_simulateV1",
            int(error.get("code", 0)),
            str(error.get("message")),
            error.get("data"),
        )
    except (TypeError, KeyError, IndexError, ValueError, AttributeError):
        raise rpc.invalid("it simulates something else") from None
    if quantity(rpc, status, "the status") != 1:
        raise failure
    return quantity(rpc, used, "the gas used")
