"""Tries built and proofs in them, held against each other and against what others built."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.chain.rlp import Item, encode
from governance.chain.trie import ProofInvalid, Trie, value_along, value_at
from governance.primitives import keccak

Nodes = Mapping[bytes, bytes]


def build(values: dict[bytes, bytes]) -> tuple[bytes, Nodes]:
    """The root of a trie whose keys are hashed, and its nodes by hash."""
    if not values:
        return keccak(encode(b"")), {}
    trie = Trie.of({keccak(key): value for key, value in values.items()})
    return trie.root, trie.nodes


VALUES = st.dictionaries(
    st.binary(min_size=1, max_size=32), st.binary(min_size=1, max_size=80), max_size=60
)


@settings(deadline=None)
@given(VALUES, st.binary(max_size=32))
def test_what_is_there_is_found_and_what_is_not_is_known_not_to_be(
    values: dict[bytes, bytes], other: bytes
) -> None:
    root, nodes = build(values)
    for key in [*values, other]:
        assert value_at(root, key, nodes.values()) == values.get(key, b"")


@settings(deadline=None)
@given(VALUES.filter(bool), st.data())
def test_nothing_is_proven_with_a_node_left_out_or_altered(
    values: dict[bytes, bytes], data: st.DataObject
) -> None:
    root, nodes = build(values)
    gone = data.draw(st.sampled_from(sorted(nodes)))
    altered = bytearray(nodes[gone])
    altered[data.draw(st.integers(0, len(altered) - 1))] ^= data.draw(st.integers(1, 255))
    others = [node for place, node in nodes.items() if place != gone]
    refused = 0
    for key, value in values.items():
        try:
            # Where the node is not on the way, the value is as it was.
            assert value_at(root, key, [*others, bytes(altered)]) == value
        except ProofInvalid:
            refused += 1
    assert refused


@settings(deadline=None)
@given(st.binary(max_size=200), st.binary(max_size=40))
def test_whatever_is_shown_for_a_node_nothing_but_its_refusal_comes_of_it(
    node: bytes, key: bytes
) -> None:
    with contextlib.suppress(ProofInvalid):
        value_at(keccak(node), key, [node])


FLAWED: list[Item] = [
    [b"\x20", b"x", b"y"],
    [b"", b"x"],
    [b"\x40", b"x"],
    [b"\x05", b"x" * 32],
    [b"\x00", b"x" * 32],
    [[b"\x20"], b"x"],
    [b"\x20" + keccak(b"k"), [b"x"]],
    b"text",
]


@pytest.mark.parametrize("node", FLAWED, ids=range(len(FLAWED)))
def test_a_node_that_is_none_is_refused(node: Item) -> None:
    encoded = encode(node)
    with pytest.raises(ProofInvalid):
        value_at(keccak(encoded), b"k", [encoded])


def test_an_empty_trie_holds_nothing() -> None:
    assert value_at(keccak(encode(b"")), b"k", []) == b""
    with pytest.raises(ProofInvalid):
        value_at(keccak(b"another"), b"k", [])


# From the TrieTests of github.com/ethereum/tests, trieanyorder.json.
KNOWN = {
    "dogs": (
        {"doe": "reindeer", "dog": "puppy", "dogglesworth": "cat"},
        "8aad789dff2f538bca5d8ea56e8abe10f4c7ba3a5dea95fea4cd6e7c3a1168d3",
    ),
    "puppy": (
        {"do": "verb", "horse": "stallion", "doge": "coin", "dog": "puppy"},
        "5991bb8c6514148a29db676a14ac506cd2cd5775ace63c30a4fe457715e9ac84",
    ),
    "foo": (
        {"foo": "bar", "food": "bass"},
        "17beaa1648bafa633cda809c90c04af50fc8aed3cb40d16efbddee6fdf63c4c3",
    ),
}


@pytest.mark.parametrize("name", KNOWN)
def test_a_trie_has_the_root_that_others_compute(name: str) -> None:
    values, root = KNOWN[name]
    trie = Trie.of({key.encode(): value.encode() for key, value in values.items()})
    assert trie.root.hex() == root
    for key, value in values.items():
        assert value_along(trie.root, key.encode(), trie.way(key.encode())) == value.encode()


@settings(deadline=None)
@given(
    st.dictionaries(st.binary(max_size=6), st.binary(min_size=1, max_size=80), min_size=1),
    st.data(),
)
def test_by_the_nodes_on_the_way_and_no_others(
    values: dict[bytes, bytes], data: st.DataObject
) -> None:
    trie = Trie.of(values)
    key = data.draw(st.sampled_from(sorted(values)))
    way = trie.way(key)
    assert value_along(trie.root, key, way) == values[key]
    node = data.draw(st.sampled_from(sorted(trie.nodes.values())))
    for other in ((*way, node), (node, *way), way[:-1], way[1:], way[::-1]):
        if other != way:
            with pytest.raises(ProofInvalid):
                value_along(trie.root, key, other)
