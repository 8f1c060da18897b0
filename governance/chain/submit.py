"""Signing a transaction, handing it over, and waiting for the block that holds it."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING

from governance.chain.endpoints import FAILURES
from governance.chain.errors import AccountNotInStep, RpcError
from governance.chain.journal import Signed
from governance.chain.receipts import receipt
from governance.primitives import checksum_address, keccak, to_hex

if TYPE_CHECKING:
    from collections.abc import Callable

    from governance.chain.receipts import Receipt
    from governance.chain.rpc import Chain
    from governance.chain.signer import Signer

GAS_CAP = 16_777_216
"""Gas that one transaction may have on every engine, whatever the block's limit (EIP-7825)."""

SPREAD_SECONDS = 5.0
"""After so long without a block, a transaction is handed to the other endpoints too."""

STEP_SECONDS = 60.0
"""For so long an account is tried anew that the validators should take and do not take yet."""

_SENDER_REFUSED = -32007
_STEP_PAUSE = 1.0
_MAYBE_SENT = ("known", "nonce too low", "already imported")
_FIRST_PAUSE = 0.001
_LONGEST_PAUSE = 0.1
_SLOWER = 1.5


def sign_down(
    signer: Signer, *, chain_id: int, nonce: int, to: str, data: bytes, gas: int, description: str
) -> Signed:
    """Signs a transaction at price zero, as a journal takes it.

    Args:
        signer: the account.
        chain_id: the chain's number.
        nonce: the account's.
        to: the contract's address; empty to create one.
        data: the call, or the code that creates.
        gas: at most `GAS_CAP`.
        description: what a person is told about it.
    """
    raw = signer.sign_transaction(
        {
            "chainId": chain_id,
            "nonce": nonce,
            "to": to or None,
            "data": to_hex(data),
            "gas": gas,
            "gasPrice": 0,
            "value": 0,
        }
    )
    return Signed(
        at=time.time_ns(),
        chain_id=chain_id,
        sender=signer.address,
        nonce=nonce,
        to=checksum_address(to) if to else "",
        data=to_hex(data),
        raw=to_hex(raw),
        hash=to_hex(keccak(raw)),
        description=description,
    )


def submit(rpc: Chain, entry: Signed, *, first: bool) -> None:
    """Hands a signed transaction over to the chain; handing it over again changes nothing.

    Args:
        rpc: the chain.
        entry: the transaction.
        first: whether it was surely never handed over before. Then a nonce that is used already
            was used by another transaction.

    Raises:
        AccountNotInStep: the chain's validators do not take transactions of its account.
        RpcError: the node will not have it.
    """
    try:
        rpc.call("eth_sendRawTransaction", entry.raw)
    except RpcError as error:
        if error.number == _SENDER_REFUSED:
            raise AccountNotInStep(entry.sender, error) from None
        # "Known" and "nonce too low" say that it may have been sent: the receipt decides.
        if not any(phrase in error.text.lower() for phrase in _MAYBE_SENT):
            raise
        if first and rpc.call("eth_getTransactionByHash", entry.hash) is None:
            raise


def submit_in_step(rpc: Chain, entry: Signed, say: Callable[[str], None]) -> None:
    """As `submit`, for an account that the swarm knows: validators are given time to follow.

    Args:
        rpc: the chain.
        entry: the transaction, never handed over before.
        say: is told once that there is something to wait for.

    Raises:
        AccountNotInStep: they have not followed within `STEP_SECONDS`.
        RpcError: the node will not have it.
    """
    deadline = time.monotonic() + STEP_SECONDS
    said = False
    while True:
        try:
            submit(rpc, entry, first=True)
            return
        except AccountNotInStep:
            if time.monotonic() + _STEP_PAUSE > deadline:
                raise
        if not said:
            say(
                f"The validators do not take transactions of {entry.sender} yet, though it belongs "
                f"to the swarm; trying again for {STEP_SECONDS:g} seconds."
            )
            said = True
        time.sleep(_STEP_PAUSE)


def spread(rpc: Chain, entry: Signed) -> None:
    """Hands a transaction to all endpoints: the one that took it may keep it to itself.

    The bytes are the same, so it has one effect; what an endpoint says to it tells nothing.
    """
    for source in rpc.sources():
        with contextlib.suppress(RpcError, *FAILURES):
            source.call("eth_sendRawTransaction", entry.raw)


def await_receipt(rpc: Chain, entry: Signed, timeout: float) -> Receipt | None:
    """The receipt of a transaction once a block holds it, or none after `timeout` seconds."""
    begun = time.monotonic()
    pause = _FIRST_PAUSE
    alone = len(rpc.sources()) > 1
    while (found := receipt(rpc, entry.hash)) is None:
        waited = time.monotonic() - begun
        if waited > timeout:
            return None
        if alone and waited > SPREAD_SECONDS:
            spread(rpc, entry)
            alone = False
        time.sleep(pause)
        pause = min(pause * _SLOWER, _LONGEST_PAUSE)
    return found


def receipt_anywhere(rpc: Chain, entry: Signed) -> Receipt | None:
    """The receipt as any of the endpoints gives it: one that lags, or lies, may not."""
    for source in rpc.sources():
        with contextlib.suppress(RpcError, *FAILURES):
            found = receipt(source, entry.hash)
            if found is not None:
                return found
    return None
