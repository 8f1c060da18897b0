"""What is seen from a validator whose answers are odd: real headers, from an endpoint of ours."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from deploy.network.observe import observe
from governance.chain.qbft import Header, HeaderInvalid
from governance.chain.rpc import Rpc
from tests.unit.chain.endpoints import endpoint, methods

VECTORS = Path(__file__).parents[2] / "vectors" / "qbft.json"
BLOCK = json.loads(VECTORS.read_text(encoding="utf-8"))["headers"][-1]["header"]
HEADER = Header.from_json(BLOCK)


def answering(*newest: Any) -> Any:
    """An endpoint that gives these newest blocks one after the other, the last for ever."""
    left = list(newest)
    return endpoint(
        methods(
            {
                "eth_getBlockByNumber": lambda *_: left.pop(0) if len(left) > 1 else left[0],
                "qbft_getValidatorsByBlockNumber": lambda *_: sorted(HEADER.validators),
                "admin_peers": [],
                "txpool_besuStatistics": {"localCount": 1, "remoteCount": 2},
                "eth_syncing": False,
            }
        )
    )


def test_a_newest_block_that_is_not_there_for_a_moment_is_asked_for_again(tmp_path: Path) -> None:
    with answering(None, BLOCK) as url, Rpc(url) as rpc:
        seen = observe(rpc, HEADER.proposer, tmp_path)
    assert (seen.block, seen.waiting) == (HEADER.number, 3)


def test_one_that_never_comes_is_told(tmp_path: Path) -> None:
    with (
        answering(None) as url,
        Rpc(url) as rpc,
        pytest.raises(HeaderInvalid, match="no such block"),
    ):
        observe(rpc, HEADER.proposer, tmp_path)
