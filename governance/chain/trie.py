"""Merkle Patricia tries: what stands under a key, proven against the root. Pure.

A header commits to the state after its block by the root of such a trie. Whoever is shown the nodes
on the way from the root to a key, each by its hash, knows what stands there, or that nothing does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from governance.chain.rlp import Item, RlpInvalid, decode, encode
from governance.primitives import keccak

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

_BRANCH = 17
_SHORT_CUT = 2
_HASH = 32
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

    def node(self, place: bytes) -> bytes | None:
        """The node with a hash, or nothing."""
        found = self._known.get(place)
        if found is not None:
            self._used[place] = found
        return found


def value_at(root: bytes, key: bytes, nodes: Iterable[bytes] | Nodes) -> bytes:
    """What stands under a key of the state or a storage; empty if nothing does.

    Args:
        root: hash of the trie's first node, 32 bytes.
        key: the key, before it is hashed.
        nodes: the nodes on the way, as they are encoded, in any order.

    Raises:
        ProofInvalid: a node on the way is missing, or is none.
    """
    known = nodes if isinstance(nodes, Nodes) else Nodes(nodes)
    return _follow(root, keccak(key).hex(), known.node)


def value_along(root: bytes, key: bytes, nodes: Sequence[bytes]) -> bytes:
    """What stands under a key that is not hashed, by exactly the nodes on the way to it.

    Args:
        root: hash of the trie's first node, 32 bytes.
        key: the key as it stands in the trie, such as a receipt's index in RLP.
        nodes: the nodes on the way, as they are encoded, the first one first, and no others.

    Raises:
        ProofInvalid: a node on the way is missing or is none, or one is not on the way.
    """
    left = list(reversed(nodes))

    def following(place: bytes) -> bytes | None:
        node = left.pop() if left else b""
        return node if keccak(node) == place else None

    value = _follow(root, key.hex(), following)
    if left:
        raise ProofInvalid("a node is not on the way")
    return value


@dataclass(frozen=True, slots=True)
class Trie:
    """A trie that was built from all that stands in it.

    Attributes:
        root: hash of its first node, 32 bytes.
        nodes: its nodes by their hashes; those shorter than a hash stand within others.
    """

    root: bytes
    nodes: Mapping[bytes, bytes]

    @classmethod
    def of(cls, values: Mapping[bytes, bytes]) -> Trie:
        """The trie in which these values stand.

        Args:
            values: not empty, by their keys as they stand in the trie.
        """
        nodes: dict[bytes, bytes] = {}
        first = encode(_build({key.hex(): value for key, value in values.items()}, nodes))
        root = keccak(first)
        return cls(root, nodes | {root: first})

    def way(self, key: bytes) -> tuple[bytes, ...]:
        """The nodes on the way to a key, the first one first: what `value_along` asks for."""
        passed: list[bytes] = []

        def known(place: bytes) -> bytes | None:
            passed.append(self.nodes[place])
            return passed[-1]

        _follow(self.root, key.hex(), known)
        return tuple(passed)


def _follow(root: bytes, path: str, known: Callable[[bytes], bytes | None]) -> bytes:
    """What stands at the end of a path of hexadecimal digits; empty if nothing does."""
    if root == _EMPTY:
        return b""
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


def _node(known: Callable[[bytes], bytes | None], place: bytes) -> list[Item]:
    encoded = known(place) if len(place) == _HASH else None
    if encoded is None:
        raise ProofInvalid("a node on the way is missing")
    try:
        node = decode(encoded)
    except RlpInvalid as error:
        raise ProofInvalid(f"a node is not encoded as one: {error}") from None
    if not isinstance(node, list):
        raise ProofInvalid("a node is no list")
    return node


def _build(values: Mapping[str, bytes], nodes: dict[bytes, bytes]) -> Item:
    """The node over these values; those below it that are no shorter than a hash join `nodes`."""
    if not values:
        return b""
    if len(values) == 1:
        ((path, value),) = values.items()
        return [_short_cut(path, leaf=True), value]
    first, last = min(values), max(values)
    way = first[: next((n for n, digit in enumerate(first) if last[n] != digit), len(first))]
    if way:
        rest = {path[len(way) :]: value for path, value in values.items()}
        return [_short_cut(way, leaf=False), _placed(_build(rest, nodes), nodes)]
    branch: list[Item] = []
    for digit in "0123456789abcdef":
        below = {path[1:]: value for path, value in values.items() if path.startswith(digit)}
        branch.append(_placed(_build(below, nodes), nodes))
    return [*branch, values.get("", b"")]


def _placed(node: Item, nodes: dict[bytes, bytes]) -> Item:
    """A node as it stands in the one above it: itself if it is short, otherwise its hash."""
    encoded = encode(node)
    if len(encoded) < _HASH:
        return node
    digest = keccak(encoded)
    nodes[digest] = encoded
    return digest


def _short_cut(path: str, *, leaf: bool) -> bytes:
    odd = len(path) % 2
    kind = (_LEAF if leaf else 0) | (_ODD if odd else 0)
    return bytes.fromhex(f"{kind:x}{'' if odd else '0'}{path}")


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
