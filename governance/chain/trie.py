"""Merkle Patricia tries: what stands under a key, proven against the root. Pure.

A header commits to the state after its block by the root of such a trie. Whoever is shown the nodes
on the way from the root to a key, each by its hash, knows what stands there, or that nothing does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from governance.chain.rlp import Item, RlpInvalid, decode
from governance.primitives import keccak

if TYPE_CHECKING:
    from collections.abc import Iterable

_BRANCH = 17
_SHORT_CUT = 2
_ODD = 1
_LEAF = 2
_EMPTY = keccak(b"\x80")


class ProofInvalid(ValueError):
    """The nodes do not lead from the root to the key."""


class Nodes:
    """The nodes of one or several tries by their hashes, and which of them were needed so far.

    Args:
        nodes: as they are encoded, in any order.
    """

    def __init__(self, nodes: Iterable[bytes]) -> None:
        self._known = {keccak(node): node for node in nodes}
        self._used: dict[bytes, bytes] = {}

    @property
    def used(self) -> tuple[bytes, ...]:
        """Those that led somewhere, each once, in the order in which they were first needed."""
        return tuple(self._used.values())

    def node(self, place: bytes) -> bytes:
        """The node with a hash.

        Raises:
            ProofInvalid: there is none.
        """
        found = self._known.get(place)
        if found is None:
            raise ProofInvalid("a node on the way is missing")
        self._used[place] = found
        return found


def value_at(root: bytes, key: bytes, nodes: Iterable[bytes] | Nodes) -> bytes:
    """What stands under a key; empty if nothing does.

    Args:
        root: hash of the trie's first node, 32 bytes.
        key: the key, before it is hashed.
        nodes: the nodes on the way, as they are encoded, in any order.

    Raises:
        ProofInvalid: a node on the way is missing, or is none.
    """
    if root == _EMPTY:
        return b""
    known = nodes if isinstance(nodes, Nodes) else Nodes(nodes)
    path = "".join(f"{byte:02x}" for byte in keccak(key))
    place: Item = root
    while place:
        node = place if isinstance(place, list) else _node(known, place)
        if len(node) == _BRANCH:
            if not path:
                return _bytes(node[-1])
            place, path = node[int(path[0], 16)], path[1:]
        elif len(node) == _SHORT_CUT:
            way, is_leaf = _way(node[0])
            if not path.startswith(way) or (is_leaf and path != way):
                return b""
            if is_leaf:
                return _bytes(node[1])
            if not way:
                raise ProofInvalid("a short cut leads nowhere")
            place, path = node[1], path[len(way) :]
        else:
            raise ProofInvalid("a node has neither two nor seventeen places")
    return b""


def _node(known: Nodes, place: bytes) -> list[Item]:
    try:
        node = decode(known.node(place))
    except RlpInvalid as error:
        raise ProofInvalid(f"a node is not encoded as one: {error}") from None
    if not isinstance(node, list):
        raise ProofInvalid("a node is no list")
    return node


def _way(item: Item) -> tuple[str, bool]:
    """The digits that a node stands for at once, and whether the value follows them."""
    written = _bytes(item).hex()
    if not written or int(written[0], 16) > _ODD | _LEAF:
        raise ProofInvalid("a short cut is none")
    kind = int(written[0], 16)
    if not kind & _ODD and written[1] != "0":
        raise ProofInvalid("a short cut is not filled up with zero")
    return written[1 if kind & _ODD else 2 :], bool(kind & _LEAF)


def _bytes(item: Item) -> bytes:
    if not isinstance(item, bytes):
        raise ProofInvalid("a list stands where a value should")
    return item
