"""Signing a transaction, handing it over, and waiting for the block that holds it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from governance.chain.errors import RpcError
from governance.chain.journal import Signed
from governance.chain.receipts import receipt
from governance.primitives import checksum_address, keccak, to_hex

if TYPE_CHECKING:
    from governance.chain.receipts import Receipt
    from governance.chain.rpc import Chain
    from governance.chain.signer import Signer

GAS_CAP = 16_777_216
"""Gas that one transaction may have on every engine, whatever the block's limit (EIP-7825)."""

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


def submit(rpc: Chain, raw: str, transaction: str, *, first: bool) -> None:
    """Hands a signed transaction over to the chain; handing it over again changes nothing.

    Args:
        rpc: the chain.
        raw: the signed transaction, `0x…`.
        transaction: its hash.
        first: whether it was surely never handed over before. Then a nonce that is used already
            was used by another transaction.

    Raises:
        RpcError: the node will not have it.
    """
    try:
        rpc.call("eth_sendRawTransaction", raw)
    except RpcError as error:
        # "Known" and "nonce too low" say that it may have been sent: the receipt decides.
        if not any(phrase in error.text.lower() for phrase in _MAYBE_SENT):
            raise
        if first and rpc.call("eth_getTransactionByHash", transaction) is None:
            raise


def await_receipt(rpc: Chain, transaction: str, timeout: float) -> Receipt | None:
    """The receipt of a transaction once a block holds it, or none after `timeout` seconds."""
    deadline = time.monotonic() + timeout
    pause = _FIRST_PAUSE
    while (found := receipt(rpc, transaction)) is None:
        if time.monotonic() > deadline:
            return None
        time.sleep(pause)
        pause = min(pause * _SLOWER, _LONGEST_PAUSE)
    return found
