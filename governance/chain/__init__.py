"""The way to the chain: connection, log reading, keys, transactions.

Reading imports neither web3 nor eth_account, and what is not asked for is not loaded.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from governance.chain.calls import call_data, read
    from governance.chain.endpoints import Endpoints
    from governance.chain.errors import Refused
    from governance.chain.house import House, Trust
    from governance.chain.keystore import Keystore
    from governance.chain.logs import read_logs
    from governance.chain.reader import Follower, read_records
    from governance.chain.receipts import Receipt
    from governance.chain.rpc import Chain, Rpc
    from governance.chain.sender import Act, Sender
    from governance.chain.signer import LocalSigner, Signer

_MODULES = {
    "Act": "sender",
    "Chain": "rpc",
    "Endpoints": "endpoints",
    "Follower": "reader",
    "House": "house",
    "Keystore": "keystore",
    "LocalSigner": "signer",
    "Receipt": "receipts",
    "Refused": "errors",
    "Rpc": "rpc",
    "Sender": "sender",
    "Signer": "signer",
    "Trust": "house",
    "call_data": "calls",
    "read": "calls",
    "read_logs": "logs",
    "read_records": "reader",
}

__all__ = [
    "Act",
    "Chain",
    "Endpoints",
    "Follower",
    "House",
    "Keystore",
    "LocalSigner",
    "Receipt",
    "Refused",
    "Rpc",
    "Sender",
    "Signer",
    "Trust",
    "call_data",
    "read",
    "read_logs",
    "read_records",
]


def __getattr__(name: str) -> Any:
    module = _MODULES.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{module}"), name)
