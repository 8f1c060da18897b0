"""Proofs in tries, held against tries that these tests build."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.chain.rlp import Item, encode
from governance.chain.trie import ProofInvalid, value_at
from governance.primitives import keccak

Nodes = dict[bytes, bytes]


def build(values: dict[bytes, bytes]) -> tuple[bytes, Nodes]:
    """The root of a trie, and its nodes by hash."""
    nodes: Nodes = {}
    node = _node({keccak(key).hex(): value for key, value in values.items()}, nodes)
    encoded = encode(node)
    nodes[keccak(encoded)] = encoded
    return keccak(encoded), nodes


def _node(values: dict[str, bytes], nodes: Nodes) -> Item:
    if not values:
        return b""
    if len(values) == 1:
        ((path, value),) = values.items()
        return [_packed(path, leaf=True), value]
    way = _common(list(values))
    if way:
        rest = {path[len(way) :]: value for path, value in values.items()}
        return [_packed(way, leaf=False), _placed(_node(rest, nodes), nodes)]
    branch: list[Item] = []
    for digit in "0123456789abcdef":
        below = {path[1:]: value for path, value in values.items() if path[0] == digit}
        branch.append(_placed(_node(below, nodes), nodes))
    return [*branch, b""]


def _placed(node: Item, nodes: Nodes) -> Item:
    encoded = encode(node)
    if len(encoded) < 32:
        return node
    nodes[keccak(encoded)] = encoded
    return keccak(encoded)


def _packed(path: str, *, leaf: bool) -> bytes:
    kind = 2 * leaf + len(path) % 2
    return bytes.fromhex(f"{kind:x}{'' if kind % 2 else '0'}{path}")


def _common(paths: list[str]) -> str:
    first, last = min(paths), max(paths)
    length = next((n for n, (a, b) in enumerate(zip(first, last, strict=True)) if a != b), 0)
    return first[:length]


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
