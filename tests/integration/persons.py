"""An institution's account that is a contract: it speaks when two of three persons agree."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import solcx
from eth_abi.abi import encode

from deploy.compile import COMPILER, ROOT, SETTINGS

if TYPE_CHECKING:
    from collections.abc import Sequence

_SOURCE = "tests/contracts/support/TwoOfThree.sol"


@cache
def _code() -> bytes:
    output = solcx.compile_standard(
        {
            "language": "Solidity",
            "settings": {**SETTINGS, "outputSelection": {"*": {"*": ["evm.bytecode.object"]}}},
            "sources": {_SOURCE: {"content": (ROOT / _SOURCE).read_text(encoding="utf-8")}},
        },
        base_path=ROOT,
        allow_paths=[ROOT / "node_modules"],
        solc_binary=COMPILER,
    )
    contract = output["contracts"][_SOURCE]["TwoOfThree"]
    return bytes.fromhex(contract["evm"]["bytecode"]["object"])


def two_of_three(persons: Sequence[str]) -> bytes:
    """What a transaction carries to create such an account for three persons' addresses."""
    return _code() + encode(["address"] * 3, persons)
