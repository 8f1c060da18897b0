"""What `History` holds, proven against the state root of a real chain's header."""

from __future__ import annotations

from typing import Any

import pytest

from governance.chain.errors import ChainAnswerInvalid, RpcError, StateNotProven
from governance.chain.proven import HEAD_SLOT, LENGTH_SLOT, proven
from governance.chain.rpc import Rpc
from governance.chain.seals import Believed
from tests.integration.world import Founded, key, like_the_chain


def newest(founded: Founded) -> Believed:
    block = founded.rpc.call("eth_getBlockByNumber", "latest", False)
    root = bytes.fromhex(block["stateRoot"][2:])
    return Believed(int(block["number"], 16), frozenset(), root)


def test_head_and_length_are_what_the_contract_says(founded: Founded) -> None:
    for name in ("a", "b"):
        follower = founded.follower()
        found = proven(founded.rpc, founded.trust.history, newest(founded))
        assert found == (follower.head, follower.length)
        with founded.sender(key(name)) as sender:
            sender.send(founded.apply(name))
    assert founded.follower().length == 9


def test_the_slots_are_those_of_the_contract(founded: Founded) -> None:
    follower = founded.follower()
    for slot, value in ((HEAD_SLOT, follower.head), (LENGTH_SLOT, follower.length.to_bytes(32))):
        held = founded.rpc.call("eth_getStorageAt", founded.trust.history, hex(slot), "latest")
        assert bytes.fromhex(held[2:]) == value


@pytest.mark.parametrize("where", ["accountProof", "storageProof", "another state", "nobody"])
def test_what_is_not_proven_is_not_believed(founded: Founded, where: str) -> None:
    believed, history = newest(founded), founded.trust.history

    def get_proof(address: str, keys: list[str], tag: str) -> Any:
        found = founded.rpc.call("eth_getProof", address, keys, tag)
        if where == "accountProof":
            return found | {where: found[where][:-1]}
        if where == "storageProof":
            return found | {where: [each | {"proof": []} for each in found[where]]}
        return founded.rpc.call("eth_getProof", address, keys, hex(believed.number - 1))

    at = "0x" + "77" * 20 if where == "nobody" else history
    with (
        like_the_chain(founded.rpc, eth_getProof=get_proof) as url,
        Rpc(url) as rpc,
        pytest.raises(StateNotProven),
    ):
        proven(founded.rpc if where == "nobody" else rpc, at, believed)


@pytest.mark.parametrize(
    "answer",
    [
        None,
        [],
        {},
        {"storageProof": []},
        {"storageProof": [{}, {}]},
        {"accountProof": [], "storageProof": 7},
        {"accountProof": ["0xzz"], "storageProof": [{}, {}]},
        {"accountProof": [7], "storageProof": [{}, {}]},
        {"accountProof": None, "storageProof": [{"proof": []}, {"proof": []}]},
    ],
)
def test_a_proof_that_makes_no_sense_is_refused(founded: Founded, answer: Any) -> None:
    with (
        like_the_chain(founded.rpc, eth_getProof=answer) as url,
        Rpc(url) as rpc,
        pytest.raises(ChainAnswerInvalid),
    ):
        proven(rpc, founded.trust.history, newest(founded))


def test_a_state_that_the_chain_has_no_more_is_told(founded: Founded) -> None:
    with pytest.raises(RpcError):
        proven(founded.rpc, founded.trust.history, Believed(10**6, frozenset(), bytes(32)))
