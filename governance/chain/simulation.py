"""What a transaction would come to in the block to come: whether it is refused, and its gas."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from governance.chain.errors import RpcError
from governance.chain.qbft import validators_in
from governance.chain.queries import quantity
from governance.chain.refusals import refusal

if TYPE_CHECKING:
    from governance.chain.rpc import Chain

GAS_HEADROOM = 200_000
"""Gas given beyond twice what the simulation needed: it is free, and the block may need more."""


def simulate(rpc: Chain, request: dict[str, Any], block: Any) -> int:
    """The gas to give to a transaction, once it is known that the contract agrees.

    The time counts that the block to come will have, not the last one's: a chain that makes blocks
    only for transactions, or seldom without, may have stood still meanwhile, and what depends on
    time alone would never come about.

    Args:
        rpc: the chain.
        request: the call as `eth_call` takes it.
        block: the newest block as the node gives it.

    Raises:
        Refused: the contract does not agree.
        RpcError: the node cannot simulate it.
    """
    needed = _besu(rpc, request, block) if validators_in(block) else _anvil(rpc, request)
    limit = block.get("gasLimit") if isinstance(block, dict) else None
    return min(2 * needed + GAS_HEADROOM, quantity(rpc, limit, "the gas limit"))


def _anvil(rpc: Chain, request: dict[str, Any]) -> int:
    called, estimate = rpc.batch_or_errors(
        [("eth_call", (request, "pending")), ("eth_estimateGas", (request, "pending"))]
    )
    for answer in (called, estimate):
        if isinstance(answer, RpcError):
            raise refusal(answer) or answer
    return quantity(rpc, estimate, "the gas estimate")


def _besu(rpc: Chain, request: dict[str, Any], block: Any) -> int:
    """Besu's pending block has the time of its last one.

    It is asked on the block whose time is known: another one may come in the same second, after
    which that second would be refused.
    """
    on = hex(quantity(rpc, block.get("number"), "the block's number"))
    after = quantity(rpc, block.get("timestamp"), "the block's time") + 1
    overrides = {"time": hex(max(int(time.time()), after))}
    calls = {"blockStateCalls": [{"blockOverrides": overrides, "calls": [request]}]}
    answer = rpc.call("eth_simulateV1", calls, on)
    try:
        called = answer[0]["calls"][0]
        error = called.get("error")
        used = called.get("maxUsedGas", called["gasUsed"])
        if called["status"] == "0x1":
            return quantity(rpc, used, "the gas used")
        refused = RpcError(
            "eth_simulateV1", int(error["code"]), str(error["message"]), error.get("data")
        )
    except (KeyError, IndexError, TypeError, ValueError, AttributeError):
        raise rpc.invalid("it does not say what the call comes to") from None
    raise refusal(refused) or refused
