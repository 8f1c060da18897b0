"""Whom one's own validator lets in, beyond what its lists say."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from governance.chain.errors import RpcError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from governance.chain.rpc import Chain

_NOT_OFFERED = (-32601, -32604)
_KNOWN_ALREADY = "existing"


@contextmanager
def let_in(rpc: Chain, account: str) -> Iterator[None]:
    """Has the validator behind an RPC take transactions of an account inside the block.

    It puts them into the blocks that it proposes; the others take those as they are, and still
    nothing from the account itself. Where an engine keeps no lists, or does not let this RPC change
    them, nothing is done.

    Args:
        rpc: the own validator's RPC, on loopback.
        account: address, such as that of a founding's throw-away key.
    """
    added = _change(rpc, "perm_addAccountsToAllowlist", account)
    try:
        yield
    finally:
        if added:
            _change(rpc, "perm_removeAccountsFromAllowlist", account)


def _change(rpc: Chain, method: str, account: str) -> bool:
    try:
        rpc.call(method, [account])
    except RpcError as error:
        if error.number in _NOT_OFFERED or "not been enabled" in error.text:
            return False
        if _KNOWN_ALREADY not in error.text:
            raise
    return True
