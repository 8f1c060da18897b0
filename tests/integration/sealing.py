"""A real chain's blocks as a QBFT network would have sealed them, by keys that tests hold.

Real validators cannot be made to lie. Here the chain of the tests stands behind an endpoint that
gives each block the `extraData`, seals, hash and parent that validators of one's choice would.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from governance.chain.qbft import Header, fields_of
from governance.chain.rlp import encode
from governance.primitives import address_bytes, address_of, sha256, sign
from tests.integration.world import like_the_chain

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from governance.chain.rpc import Rpc

Names = Callable[[int], Sequence[str]]


def validator(name: str) -> str:
    """The address of a validator, the same for the same name."""
    return address_of(sha256(name.encode()))


@dataclass
class Sealing:
    """What turns a chain's blocks into sealed ones.

    Attributes:
        rpc: the chain.
        validators: names of the validators of a block.
        sealers: names of those who seal it; all validators if none is given.
    """

    rpc: Rpc
    validators: Names
    sealers: Names | None = None
    _hashes: dict[int, str] = field(default_factory=dict)
    _guard: threading.Lock = field(default_factory=threading.Lock)
    asked: list[int] = field(default_factory=list)

    def serve(self, **changed: Any) -> AbstractContextManager[str]:
        """An endpoint of the sealed chain, but for some methods."""
        table = {
            "eth_getBlockByNumber": self._by_number,
            "eth_getBlockByHash": self._by_hash,
            "eth_getLogs": self._logs,
            "eth_getTransactionReceipt": self._receipt,
        }
        return like_the_chain(self.rpc, **(table | changed))

    def block(self, tag: str) -> Any:
        """A sealed block, as JSON-RPC gives it."""
        block = self.rpc.call("eth_getBlockByNumber", tag, False)
        return None if block is None else self._sealed(block)

    def _by_number(self, tag: str, _: bool) -> Any:
        block = self.block(tag)
        if block is not None:
            self.asked.append(int(block["number"], 16))
        return block

    def _by_hash(self, wanted: str, _: bool) -> Any:
        number = next(number for number, known in self._hashes.items() if known == wanted)
        return self.block(hex(number))

    def _logs(self, query: Any) -> Any:
        return [self._moved(log) for log in self.rpc.call("eth_getLogs", query)]

    def _receipt(self, transaction: str) -> Any:
        receipt = self.rpc.call("eth_getTransactionReceipt", transaction)
        if receipt is None:
            return None
        return self._moved(receipt) | {"logs": [self._moved(log) for log in receipt["logs"]]}

    def _moved(self, entry: dict[str, Any]) -> dict[str, Any]:
        return entry | {"blockHash": self._hash(int(entry["blockNumber"], 16))}

    def _hash(self, number: int) -> str:
        with self._guard:
            for each in range(number + 1):
                if each not in self._hashes:
                    block = self.rpc.call("eth_getBlockByNumber", hex(each), False)
                    self._hashes[each] = Header.from_fields(fields_of(self._named(block))).hash
            return self._hashes[number]

    def _named(self, block: dict[str, Any], seals: Sequence[bytes] = ()) -> dict[str, Any]:
        number = int(block["number"], 16)
        named = [address_bytes(validator(name)) for name in self.validators(number)]
        extra = encode([bytes(32), list(named), [], b"", list(seals)])
        parent = self._hashes[number - 1] if number else block["parentHash"]
        return block | {"extraData": "0x" + extra.hex(), "parentHash": parent}

    def _sealed(self, block: dict[str, Any]) -> dict[str, Any]:
        number = int(block["number"], 16)
        found = self._hash(number)
        digest = Header.from_fields(fields_of(self._named(block))).digest
        names = self.sealers or self.validators
        signatures = [sign(digest, sha256(name.encode())) for name in names(number)]
        seals = [each[:64] + bytes([each[64] - 27]) for each in signatures]
        return self._named(block, seals) | {"hash": found}


def forged(block: dict[str, Any], **changed: Any) -> dict[str, Any]:
    """A block with other fields, under the hash that they give."""
    altered = block | changed
    return altered | {"hash": Header.from_fields(fields_of(altered)).hash}
