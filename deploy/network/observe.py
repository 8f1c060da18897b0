"""Looking at the chain through the own validator's RPC."""

from __future__ import annotations

import shutil
import time
from typing import TYPE_CHECKING, Any

from deploy.network.health import Observation
from governance.chain.qbft import Header
from governance.chain.queries import latest
from governance.primitives import (
    AddressInvalid,
    HexInvalid,
    address_of_public_key,
    checksum_address,
    from_hex,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from governance.chain.rpc import Rpc

_QUESTIONS: tuple[tuple[str, tuple[Any, ...]], ...] = (
    ("eth_getBlockByNumber", ("latest", False)),
    ("qbft_getValidatorsByBlockNumber", ("pending",)),
    ("admin_peers", ()),
    ("txpool_besuStatistics", ()),
    ("eth_syncing", ()),
)
_PUBLIC_KEY_BYTES = 64


def observe(
    rpc: Rpc,
    validator: str,
    data: Path,
    *,
    started_at: float = 0.0,
    wanted: Iterable[str] | None = None,
) -> Observation:
    """What is seen from one's own validator now.

    Args:
        rpc: its RPC.
        validator: its address.
        data: a folder on the disk that its data lie on.
        started_at: when it first answered after its last start, Unix seconds, if that is known.
        wanted: the validators that the swarm's members have registered, if that is known.

    Raises:
        HeaderInvalid: the newest block is none of QBFT.
        ChainUnreachable, ChainLoginRefused, ChainAnswerInvalid, RpcError: see `Rpc`.
    """
    block, validators, peers, pool, syncing = rpc.batch(_QUESTIONS)
    # Besu under load says now and then that it has no newest block; it has one a moment later.
    header = Header.from_json(latest(rpc) if block is None else block)
    try:
        return Observation(
            now=time.time(),
            validator=checksum_address(validator),
            block=header.number,
            block_at=header.timestamp,
            round=header.round,
            proposer=header.proposer,
            validators=tuple(sorted(checksum_address(each) for each in validators)),
            sealers=header.sealers,
            peers=frozenset(_address(peer["id"]) for peer in peers),
            waiting=int(pool["localCount"]) + int(pool["remoteCount"]),
            syncing=bool(syncing),
            started_at=started_at,
            disk_free=shutil.disk_usage(data).free,
            wanted=None if wanted is None else frozenset(map(checksum_address, wanted)),
        )
    except (KeyError, TypeError, ValueError, AddressInvalid, HexInvalid):
        raise rpc.invalid("it does not say how the network stands") from None


def _address(public_key: str) -> str:
    return address_of_public_key(from_hex(public_key, _PUBLIC_KEY_BYTES, "node id"))
