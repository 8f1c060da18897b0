"""What `History` holds, proven in the state to which a sealed header commits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from governance.chain.errors import StateNotProven
from governance.chain.queries import data
from governance.chain.rlp import RlpInvalid, decode, decode_number
from governance.chain.trie import ProofInvalid, value_at
from governance.primitives import address_bytes

if TYPE_CHECKING:
    from governance.chain.rpc import Chain
    from governance.chain.seals import Believed

HEAD_SLOT = 2
"""Where `History` keeps the head: after the two that OpenZeppelin's EIP712 has."""

LENGTH_SLOT = 3
"""Where it keeps the length."""

_WORD = 32
_ACCOUNT = 4
_STORAGE_ROOT = 2


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
    slots = [number.to_bytes(_WORD, "big") for number in (HEAD_SLOT, LENGTH_SLOT)]
    keys = ["0x" + slot.hex() for slot in slots]
    answer = rpc.call("eth_getProof", history, keys, hex(believed.number))
    if not isinstance(answer, dict):
        raise rpc.invalid("it gives no proof of the state")
    shown = answer.get("storageProof")
    if not isinstance(shown, list) or len(shown) != len(slots):
        raise rpc.invalid("it gives no proof of what was asked for")
    try:
        account = decode(
            value_at(
                believed.state_root,
                address_bytes(history),
                proof_nodes(rpc, answer, "accountProof"),
            )
        )
        if not isinstance(account, list) or len(account) != _ACCOUNT:
            raise ProofInvalid("there is no account")
        root = account[_STORAGE_ROOT]
        if not isinstance(root, bytes):
            raise ProofInvalid("the account has no storage")
        head, length = (
            _number(value_at(root, slot, proof_nodes(rpc, each, "proof")))
            for slot, each in zip(slots, shown, strict=True)
        )
    except (ProofInvalid, RlpInvalid) as error:
        raise StateNotProven(rpc.endpoint, believed.number, str(error)) from None
    return head.to_bytes(_WORD, "big"), length


def _number(value: bytes) -> int:
    """What a slot holds; a slot that holds zero is not there."""
    number = decode_number(decode(value)) if value else 0
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
