"""Receipts as they stand in the trie, held against a block of the public chain."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.chain.errors import ChainAnswerInvalid
from governance.chain.receipt_proof import Emitted, Receipts, encoded_receipt, logs_at, receipts_of
from governance.chain.rlp import encode, encode_number
from governance.chain.rpc import Rpc
from governance.chain.trie import ProofInvalid, Trie
from governance.primitives import checksum_address
from tests.unit.chain.endpoints import endpoint, methods

# Ethereum's mainnet, block 46147, which holds its first transaction, as every node gives it.
FIRST = {
    "root": "0x96a8e009d2b88b1483e6941e6812e32263b05683fac202abc622a3e31aed1957",
    "cumulativeGasUsed": "0x5208",
    "logsBloom": "0x" + 512 * "0",
    "logs": [],
    "type": "0x0",
}
FIRST_ROOT = bytes.fromhex("fe2bf2a941abf41d72637e5b91750332a30283efd40c424dc522b77e6f0ed8c4")
NOBODY = Rpc("http://127.0.0.1:1")

ADDRESSES = st.binary(min_size=20, max_size=20).map(checksum_address)
WORDS = st.binary(min_size=32, max_size=32)
LOGS = st.lists(
    st.builds(Emitted, ADDRESSES, st.lists(WORDS, max_size=4).map(tuple), st.binary(max_size=100)),
    max_size=3,
).map(tuple)


def test_the_first_transaction_of_the_public_chain_is_proven() -> None:
    with endpoint(methods({"eth_getBlockReceipts": [FIRST]})) as url, Rpc(url) as rpc:
        receipts = receipts_of(rpc, 46_147, FIRST_ROOT)
    assert receipts.logs == ((),)
    assert logs_at(FIRST_ROOT, 0, receipts.way(0)) == ()
    with pytest.raises(ProofInvalid):
        logs_at(FIRST_ROOT, 1, receipts.way(0))


def receipt(kind: int, status: bytes, logs: tuple[Emitted, ...]) -> bytes:
    payload = encode([status, b"\x52\x08", bytes(256), [log.as_item() for log in logs]])
    return bytes([kind]) + payload if kind else payload


@settings(deadline=None, max_examples=50)
@given(
    st.lists(
        st.tuples(st.integers(0, 4), st.sampled_from([b"", b"\x01", b"r" * 32]), LOGS),
        min_size=1,
        max_size=20,
    ),
    st.data(),
)
def test_what_stands_in_a_trie_is_read_from_it(
    each: list[tuple[int, bytes, tuple[Emitted, ...]]], data: st.DataObject
) -> None:
    trie = Trie.of({encode(encode_number(n)): receipt(*parts) for n, parts in enumerate(each)})
    receipts = Receipts(tuple(logs for _, _, logs in each), trie)
    index = data.draw(st.integers(0, len(each) - 1))
    way = receipts.way(index)
    assert logs_at(trie.root, index, way) == each[index][2]

    place = data.draw(st.integers(0, len(way) - 1))
    altered = bytearray(way[place])
    altered[data.draw(st.integers(0, len(altered) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises(ProofInvalid):
        logs_at(trie.root, index, (*way[:place], bytes(altered), *way[place + 1 :]))


@settings(deadline=None)
@given(st.binary(max_size=400))
def test_whatever_stands_there_nothing_but_its_refusal_comes_of_it(found: bytes) -> None:
    trie = Trie.of({b"\x80": found or b"\x01"})
    with contextlib.suppress(ProofInvalid):
        logs_at(trie.root, 0, trie.way(b"\x80"))


FLAWED: list[Any] = [
    None,
    {},
    FIRST | {"logs": None},
    FIRST | {"root": "0x00"},
    FIRST | {"root": None},
    FIRST | {"cumulativeGasUsed": 7},
    FIRST | {"logsBloom": "0x00"},
    FIRST | {"type": "0x7f"},
    FIRST | {"logs": [None]},
    FIRST | {"logs": [{"address": "0x1", "topics": [], "data": "0x"}]},
    FIRST | {"logs": [{"address": "0x" + 40 * "1", "topics": ["0x1"], "data": "0x"}]},
]


@pytest.mark.parametrize("entry", FLAWED, ids=range(len(FLAWED)))
def test_what_is_no_receipt_is_refused(entry: Any) -> None:
    with pytest.raises(ChainAnswerInvalid):
        encoded_receipt(NOBODY, entry)
