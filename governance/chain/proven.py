"""What `History` holds, proven in the state to which a sealed header commits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from governance.chain.errors import StateNotProven
from governance.chain.queries import data
from governance.chain.rlp import RlpInvalid, decode, decode_number
from governance.chain.trie import Nodes, ProofInvalid, value_at
from governance.primitives import address_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable

    from governance.chain.rpc import Chain
    from governance.chain.seals import Believed

HEAD_SLOT = 2
"""Where `History` keeps the head: after the two that OpenZeppelin's EIP712 has."""

LENGTH_SLOT = 3
"""Where it keeps the length."""

_WORD = 32
_ACCOUNT = 4


@dataclass(frozen=True, slots=True)
class Account:
    """What a state holds of an account.

    Attributes:
        storage: root of its storage, 32 bytes.
        code: keccak256 of its code.
    """

    storage: bytes
    code: bytes


def account_at(state_root: bytes, address: str, nodes: Iterable[bytes] | Nodes) -> Account:
    """An account, proven in a state. Pure.

    Raises:
        ProofInvalid: the nodes do not lead to it, or there is none.
    """
    try:
        account = decode(value_at(state_root, address_bytes(address), nodes))
    except RlpInvalid:
        raise ProofInvalid("there is no account") from None
    if not isinstance(account, list) or len(account) != _ACCOUNT:
        raise ProofInvalid("there is no account")
    _, _, storage, code = account
    if not isinstance(storage, bytes) or not isinstance(code, bytes):
        raise ProofInvalid("there is no contract")
    return Account(storage, code)


def head_at(storage: bytes, nodes: Iterable[bytes] | Nodes) -> tuple[bytes, int]:
    """Head and length of the hash chain, proven in History's storage. Pure.

    Raises:
        ProofInvalid: the nodes do not lead there.
    """
    known = nodes if isinstance(nodes, Nodes) else Nodes(nodes)
    head, length = (
        _number(value_at(storage, slot.to_bytes(_WORD, "big"), known))
        for slot in (HEAD_SLOT, LENGTH_SLOT)
    )
    return head.to_bytes(_WORD, "big"), length


def shown(rpc: Chain, address: str, number: int, slots: Iterable[int] = ()) -> tuple[bytes, ...]:
    """The nodes by which an endpoint proves an account, and slots of its storage.

    Raises:
        ChainAnswerInvalid, RpcError: it gives no proof.
    """
    keys = ["0x" + slot.to_bytes(_WORD, "big").hex() for slot in slots]
    answer = rpc.call("eth_getProof", address, keys, hex(number))
    if not isinstance(answer, dict):
        raise rpc.invalid("it gives no proof of the state")
    stored = answer.get("storageProof")
    if not isinstance(stored, list) or len(stored) != len(keys):
        raise rpc.invalid("it gives no proof of what was asked for")
    return tuple(
        node
        for part, name in ((answer, "accountProof"), *((each, "proof") for each in stored))
        for node in proof_nodes(rpc, part, name)
    )


def proven(rpc: Chain, history: str, believed: Believed) -> tuple[bytes, int]:
    """Head and length of the hash chain, as the state after a sealed block holds them.

    Args:
        rpc: the chain.
        history: the contract's address.
        believed: the block's header.

    Raises:
        StateNotProven: the endpoint does not prove it.
        ChainAnswerInvalid, RpcError: it gives no proof.
    """
    nodes = Nodes(shown(rpc, history, believed.number, (HEAD_SLOT, LENGTH_SLOT)))
    try:
        return head_at(account_at(believed.state_root, history, nodes).storage, nodes)
    except ProofInvalid as error:
        raise StateNotProven(rpc.endpoint, believed.number, str(error)) from None


def _number(value: bytes) -> int:
    """What a slot holds; a slot that holds zero is not there."""
    try:
        number = decode_number(decode(value)) if value else 0
    except RlpInvalid as error:
        raise ProofInvalid(str(error)) from None
    if number.bit_length() > 8 * _WORD:
        raise ProofInvalid("a slot holds more than it can")
    return number


def proof_nodes(rpc: Chain, shown: Any, name: str) -> list[bytes]:
    """The nodes of a trie in an answer of `eth_getProof`.

    Args:
        rpc: who gave it.
        shown: the answer, or its part about one slot.
        name: where the nodes stand in it.

    Raises:
        ChainAnswerInvalid: there are none.
    """
    nodes = shown.get(name) if isinstance(shown, dict) else None
    if not isinstance(nodes, list):
        raise rpc.invalid("it gives a proof without nodes")
    return [data(rpc, node, "a node of the state") for node in nodes]
