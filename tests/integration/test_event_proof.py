"""Single events, proven from real receipts and headers that are sealed for these tests."""

from __future__ import annotations

import json
import random
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
import rfc8785

from governance.audit.countersigning import countersignature
from governance.audit.event_proof import EventProof, EventProofInvalid, HouseProof
from governance.audit.prove_event import (
    EventAmbiguous,
    EventMissing,
    prove_record,
    prove_transaction,
)
from governance.audit.verify_event import (
    Basis,
    EventNotProven,
    HeaderUnsealed,
    ProvenEvent,
    enrolled_slot,
    event_id,
    verify_event,
)
from governance.chain.calls import call_data
from governance.chain.endpoints import Endpoints
from governance.chain.errors import BlockNotSealed, ChainForeign, ChainUnreachable
from governance.chain.qbft import Header, needed
from governance.chain.reader import read_records
from governance.chain.receipt_proof import ReceiptsNotProven, logs_at, receipts_of
from governance.chain.rlp import encode
from governance.chain.rpc import Rpc
from governance.chain.sender import Act
from governance.chain.signer import eth_account
from governance.chain.trie import Trie
from governance.errors import ExitStatus
from governance.history.events import Countersigned, InstitutionApplied, Role, SwarmFounded
from governance.history.table import shapes
from governance.primitives import address_bytes, keccak, sha256, sign
from tests.integration.sealing import Sealing, validator
from tests.integration.world import Chain, Founded, key, like_the_chain
from tests.unit.chain.endpoints import RpcFault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from governance.chain.house import Trust

FOUR = ("one", "two", "three", "four")
MISSING = RpcFault(-32601, "the method does not exist")


# --- receipts -------------------------------------------------------------------------------------


def sent(rpc: Rpc, name: str, nonce: int, **fields: Any) -> str:
    """Sends a transaction of any kind, without waiting for its block."""
    transaction = {"chainId": int(rpc.call("eth_chainId"), 16), "nonce": nonce, "value": 0}
    signed = eth_account().sign_transaction(
        transaction | {"gas": 100_000, "data": b""} | fields, sha256(name.encode())
    )
    found: str = rpc.call("eth_sendRawTransaction", "0x" + bytes(signed.raw_transaction).hex())
    return found


KINDS: list[dict[str, Any]] = [
    {"gasPrice": 0},
    {"type": 1, "accessList": [], "gasPrice": 0},
    {"type": 2, "maxFeePerGas": 0, "maxPriorityFeePerGas": 0},
]


def test_receipts_of_every_kind_in_a_full_block(own_chain: Chain) -> None:
    nobody = "0x" + 40 * "7"
    with own_chain.rpc() as rpc:
        rpc.call("evm_setAutomine", False)
        for nonce in range(140):
            kind = KINDS[nonce % 3]
            if nonce == 5:
                # Writes one byte of code: a contract is created.
                sent(rpc, "somebody", nonce, data=bytes.fromhex("60016000f3"), **kind)
            elif nonce == 9:
                # Reverts at once: the transaction fails.
                sent(rpc, "somebody", nonce, data=bytes.fromhex("60006000fd"), **kind)
            elif nonce == 11:
                # Emits a log with two topics in the constructor.
                code = bytes.fromhex("60016002600360 00a2".replace(" ", ""))
                sent(rpc, "somebody", nonce, data=code, **kind)
            else:
                sent(rpc, "somebody", nonce, to=nobody, **kind)
        rpc.call("evm_mine")
        block = rpc.call("eth_getBlockByNumber", "latest", False)
        assert len(block["transactions"]) == 140
        number, root = int(block["number"], 16), bytes.fromhex(block["receiptsRoot"][2:])
        entries = rpc.call("eth_getBlockReceipts", hex(number))
        assert {entry["type"] for entry in entries} == {"0x0", "0x1", "0x2"}
        assert [entry["status"] for entry in entries].count("0x0") == 1
        assert entries[5]["contractAddress"]

        receipts = receipts_of(rpc, number, root)
        assert {len(receipts.way(index)) for index in range(140)} > {3}
        for index in range(140):
            assert logs_at(root, index, receipts.way(index)) == receipts.logs[index]
        assert len(receipts.logs[11][0].topics) == 2
        assert sum(map(len, receipts.logs)) == 1

        with (
            like_the_chain(rpc, eth_getBlockReceipts=MISSING) as url,
            Rpc(url) as lacking,
        ):
            assert receipts_of(lacking, number, root) == receipts

        lies: list[list[Any]] = [
            entries[:-1],
            [entries[1], entries[0], *entries[2:]],
            [entries[0] | {"status": "0x0"}, *entries[1:]],
            [*entries[:11], entries[11] | {"logs": []}, *entries[12:]],
            [],
        ]
        for lie in lies:
            with (
                like_the_chain(rpc, eth_getBlockReceipts=lie) as url,
                Rpc(url) as lying,
                pytest.raises(ReceiptsNotProven, match=url) as caught,
            ):
                receipts_of(lying, number, root)
            assert caught.value.exit_status is ExitStatus.UNVERIFIABLE


# --- events on a sealed chain -------------------------------------------------------------------


@contextmanager
def sealed(
    founded: Founded, validators: Any = lambda _: FOUR, sealers: Any = None, **changed: Any
) -> Iterator[tuple[Rpc, Trust]]:
    """An endpoint of the chain as these validators would have sealed it, and its trust file."""
    trust = replace(founded.trust, validators=tuple(map(validator, validators(0))))
    sealing = Sealing(founded.rpc, validators, sealers)
    with sealing.serve(**changed) as url, Rpc(url) as rpc:
        yield rpc, trust


def applied(founded: Founded, name: str) -> str:
    with founded.sender(key(name)) as sender:
        return sender.send(founded.apply(name)).hash


def proven(founded: Founded, **options: Any) -> tuple[EventProof, ProvenEvent, Trust]:
    """An application to join, proven on a sealed chain."""
    transaction = applied(founded, "applicant")
    with sealed(founded, **options) as (rpc, trust):
        proof, found = prove_transaction(rpc, trust, transaction, None)
    assert verify_event(proof, trust) == found
    return proof, found, trust


def test_an_event_of_the_swarm_is_proven(founded: Founded) -> None:
    proof, found, trust = proven(founded)
    assert isinstance(found.event, InstitutionApplied)
    assert found.event.account == key("applicant").address
    assert (found.emitter, found.of_the_house) == (founded.house.swarm, True)
    assert (found.basis, found.headers, found.validators) == (Basis.SEALS, 1, 4)
    assert len(found.sealers) == 3, "one more seal would prove no more"
    block = founded.rpc.call("eth_getBlockByNumber", "latest", False)
    assert (found.block, found.timestamp) == (int(block["number"], 16), int(block["timestamp"], 16))
    assert EventProof.from_bytes(proof.to_bytes()) == proof
    assert verify_event(proof, trust, found.block_hash) == found
    with pytest.raises(EventNotProven, match="given"):
        verify_event(proof, trust, "0x" + 64 * "1")


def test_every_event_of_record_is_proven_by_its_number(founded: Founded) -> None:
    applied(founded, "applicant")
    records = read_records(founded.rpc, founded.house)
    with sealed(founded) as (rpc, trust):
        for record in records:
            proof, found = prove_record(rpc, trust, record)
            assert found.event == record.event
            assert (found.block, found.timestamp) == (record.number, record.timestamp)
            assert found.of_the_house
            assert verify_event(proof, trust) == found
        assert len(records) == 8
        assert isinstance(found.event, InstitutionApplied)


def test_a_countersignature_needs_no_more_than_the_trust_file(founded: Founded) -> None:
    follower, signer = founded.follower(), founded.founders[0]
    history = founded.house.history
    signed = countersignature(
        founded.trust.chain_id, history, follower.length, follower.head, signer
    )
    call = call_data(
        "History", "countersign", (signed.account, signed.length, signed.head, signed.signature)
    )
    with founded.sender(signer) as sender:
        transaction = sender.send(Act(history, call, "countersign")).hash
    with sealed(founded) as (rpc, trust):
        proof, found = prove_transaction(rpc, trust, transaction, None)
    assert proof.house is None
    assert isinstance(found.event, Countersigned)
    assert found.of_the_house
    assert found.event == signed
    with pytest.raises(EventNotProven):
        verify_event(replace(proof, house=proven(founded)[0].house), trust)


def emitting(topics: list[bytes], data: bytes) -> bytes:
    """What a transaction carries to create a contract that emits a log of anything."""
    count = len(topics)
    size = len(data).to_bytes(2, "big").hex()
    pushed = "".join("7f" + topic.hex() for topic in reversed(topics))
    begin = 3 + 3 + 2 + 1 + 33 * count + 3 + 2 + 1 + 1
    code = f"61{size}61{begin:04x}600039{pushed}61{size}6000a{count}00"
    assert len(code) == 2 * begin
    return bytes.fromhex(code) + data


def by_a_stranger(founded: Founded, topics: list[bytes], data: bytes) -> str:
    with founded.sender(key("stranger")) as sender:
        return sender.send(Act("", emitting(topics, data), "deploy")).hash


def admitted() -> bytes:
    return next(
        topic for topic, shape in shapes().items() if shape.event.__name__ == "InstitutionAdmitted"
    )


def test_of_a_strangers_contract_nothing_is_said(founded: Founded) -> None:
    # The same log as a swarm's, with an institution's number as topic.
    transaction = by_a_stranger(founded, [admitted(), (1).to_bytes(32, "big")], b"")
    with sealed(founded) as (rpc, trust):
        proof, found = prove_transaction(rpc, trust, transaction, None)
    assert (found.of_the_house, proof.house) == (False, None)
    assert found.event.emitter is Role.SWARM
    house = proven(founded)[0].house
    assert house is not None
    with pytest.raises(EventNotProven):
        verify_event(replace(proof, house=house), trust)


def test_a_countersignature_of_another_contract_is_none(founded: Founded) -> None:
    follower, signer = founded.follower(), founded.founders[0]
    signed = countersignature(
        founded.trust.chain_id, founded.house.history, follower.length, follower.head, signer
    )
    call = call_data(
        "History", "countersign", (signed.account, signed.length, signed.head, signed.signature)
    )
    with founded.sender(signer) as sender:
        (log,) = sender.send(Act(founded.house.history, call, "countersign")).logs
    transaction = by_a_stranger(founded, list(log.topics), log.data)
    with sealed(founded) as (rpc, trust), pytest.raises(EventNotProven, match="another contract"):
        prove_transaction(rpc, trust, transaction, None)


def test_a_study_emits_nothing_of_the_swarms(founded: Founded) -> None:
    """In a state that never was: a stranger is enrolled, as its validators would have sealed it."""
    transaction = by_a_stranger(founded, [admitted(), (1).to_bytes(32, "big")], b"")
    with sealed(founded) as (rpc, trust):
        proof, found = prove_transaction(rpc, trust, transaction, None)
    code = bytes.fromhex(founded.rpc.call("eth_getCode", trust.history, "latest")[2:])

    def in_a_state(slot: bytes, value: bytes) -> EventProof:
        storage = Trie.of({keccak(slot): value})
        account = encode([b"", b"", storage.root, keccak(code)])
        state = Trie.of({keccak(address_bytes(trust.history)): account})
        fields = list(Header.from_raw(proof.headers[-1]).fields)
        fields[3] = state.root
        header = Header.from_fields(fields)
        signatures = [sign(header.digest, sha256(name.encode())) for name in FOUR]
        header = header.with_seals([each[:64] + bytes([each[64] - 27]) for each in signatures])
        house = HouseProof(
            state.way(keccak(address_bytes(trust.history))), code, storage.way(keccak(slot))
        )
        emitted = logs_at(header.receipts_root, 0, proof.receipt)[0]
        return replace(
            proof,
            headers=(needed(header, trust.validators).raw,),
            house=house,
            id=event_id(header.hash, 0, 0, emitted),
        )

    with pytest.raises(EventNotProven, match="emits no such event"):
        verify_event(in_a_state(enrolled_slot(found.emitter), b"\x01"), trust)
    for slot, value in (
        (enrolled_slot(found.emitter), b"\x02"),
        (enrolled_slot(trust.history), b"\x01"),
        (bytes(32), b"\x01"),
    ):
        with pytest.raises(EventNotProven, match="does not belong"):
            verify_event(in_a_state(slot, value), trust)


def test_a_state_that_is_gone_is_no_hindrance(founded: Founded) -> None:
    gone = RpcFault(-32000, "Missing trie node")
    proof, found, trust = proven(founded, eth_getProof=gone)
    assert (proof.house, found.of_the_house) == (None, False)
    assert verify_event(proof, trust) == found


def test_headers_in_between_are_there_where_they_are_needed(founded: Founded) -> None:
    for name in "abcdefghij":
        applied(founded, name)
    last = int(founded.rpc.call("eth_blockNumber"), 16)

    def validators(number: int) -> list[str]:
        changed = max(0, min(number - last + 8, 8))
        return [f"validator {changed + each}" for each in range(4)]

    proof, found, trust = proven(founded, validators=validators)
    assert found.headers == len(proof.headers) > 2
    assert not {validator(name) for name in validators(last)} & set(trust.validators)
    for gone in range(len(proof.headers)):
        fewer = proof.headers[:gone] + proof.headers[gone + 1 :]
        with pytest.raises(EventNotProven):
            verify_event(replace(proof, headers=fewer), trust)
    with pytest.raises(EventNotProven, match="order"):
        verify_event(replace(proof, headers=(proof.headers[0], *proof.headers)), trust)
    with pytest.raises(EventNotProven):
        verify_event(replace(proof, headers=()), trust)
    # A header that is believed, and that nothing depends on.
    with sealed(founded, validators=validators) as (rpc, _):
        block = rpc.call("eth_getBlockByNumber", hex(3), False)
    idle = Header.from_json(block)
    surplus = needed(idle, trust.validators).raw
    with pytest.raises(EventNotProven, match="is not needed"):
        verify_event(replace(proof, headers=(surplus, *proof.headers)), trust)


def test_seals_are_those_that_are_needed_and_no_others(founded: Founded) -> None:
    transaction = applied(founded, "applicant")
    with sealed(founded) as (rpc, trust):
        proof, _ = prove_transaction(rpc, trust, transaction, None)
        whole = Header.from_json(rpc.call("eth_getBlockByNumber", "latest", False))
    header = Header.from_raw(proof.headers[-1])
    assert header.hash == whole.hash
    order = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
    first = header.seals[0]
    high = order - int.from_bytes(first[32:64], "big")
    mirrored = first[:32] + high.to_bytes(32, "big") + bytes([first[64] ^ 1])
    for seals in (
        whole.seals,
        header.seals[::-1],
        header.seals[:2],
        (*header.seals[:2], header.seals[0]),
        (mirrored, *header.seals[1:]),
    ):
        other = replace(proof, headers=(header.with_seals(seals).raw,))
        with pytest.raises(EventNotProven):
            verify_event(other, trust)


def test_no_change_of_a_file_goes_through(founded: Founded) -> None:
    proof, _, trust = proven(founded)
    content = proof.to_bytes()
    chance = random.Random(11)
    refused: dict[str, int] = {}
    for _ in range(500):
        altered = bytearray(content)
        place = chance.randrange(len(altered))
        how = chance.randrange(4)
        if how == 0:
            altered[place] ^= chance.randrange(1, 256)
        elif how == 1:
            del altered[place]
        elif how == 2:
            altered.insert(place, chance.randrange(256))
        else:
            # What passes as JSON and as hexadecimal gets further.
            digits = b"0123456789abcdef"
            altered[place] = chance.choice([d for d in digits if d != altered[place]])
        if altered == content:
            continue
        with pytest.raises((EventNotProven, EventProofInvalid)) as caught:
            verify_event(EventProof.from_bytes(bytes(altered)), trust)
        assert caught.value.exit_status in {ExitStatus.USAGE, ExitStatus.UNVERIFIABLE}
        refused[caught.value.code] = refused.get(caught.value.code, 0) + 1
    assert all(refused[code] > 50 for code in ("EventNotProven", "EventProofInvalid"))


def test_what_is_said_of_another_event_is_refused(founded: Founded) -> None:
    proof, _, trust = proven(founded)
    with sealed(founded) as (rpc, _):
        other, _ = prove_transaction(rpc, trust, applied(founded, "another"), None)
    assert proof.house is not None
    for name in ("headers", "receipt", "id", "house"):
        with pytest.raises(EventNotProven):
            verify_event(replace(proof, **{name: getattr(other, name)}), trust)
    for changed in (
        replace(proof, log=1),
        replace(proof, transaction=1),
        replace(proof, chain_id=5),
        replace(proof, history=proof.history.replace("1", "2").lower()),
        replace(proof, house=replace(proof.house, code=proof.house.code[:-1])),
        replace(proof, house=replace(proof.house, storage=proof.house.account)),
        replace(proof, house=replace(proof.house, account=())),
    ):
        with pytest.raises(EventNotProven):
            verify_event(changed, trust)


@pytest.mark.parametrize(
    "change",
    [
        {"scheme": "swarm-charter/event-proof/2"},
        {"more": 1},
        {"log": -1},
        {"log": True},
        {"transaction": "0"},
        {"transaction": 2**40},
        {"headers": "0x"},
        {"headers": ["zz"]},
        {"headers": [7]},
        {"receipt": ["0x"] * 65},
        {"house": []},
        {"house": {"account": [], "code": "0x"}},
        {"history": 7},
        {"history": "0x12"},
        {"id": None},
    ],
    ids=str,
)
def test_a_file_that_is_none_is_refused(founded: Founded, change: dict[str, Any]) -> None:
    proof, _, _ = proven(founded)
    said = json.loads(proof.to_bytes())
    with pytest.raises(EventProofInvalid) as caught:
        EventProof.from_bytes(rfc8785.dumps(said | change))
    assert caught.value.exit_status is ExitStatus.USAGE


def test_other_bytes_of_the_same_content_are_refused(founded: Founded) -> None:
    proof, _, _ = proven(founded)
    content = proof.to_bytes()
    said = json.loads(content)
    for other in (
        content + b"\n",
        json.dumps(said).encode(),
        content.replace(b"0xf9", b"0xF9", 1),
        content.replace(b'"log":0', b'"log":0,"log":0'),
        b"",
        b"[" * 100_000,
        b"[]",
        b" " * (4 * 2**20 + 1),
    ):
        with pytest.raises(EventProofInvalid):
            EventProof.from_bytes(other)


def test_without_seals_a_hash_by_hand_is_needed(founded: Founded) -> None:
    transaction = applied(founded, "applicant")
    proof, found = prove_transaction(founded.rpc, founded.trust, transaction, None)
    assert found.basis is Basis.HASH
    with pytest.raises(HeaderUnsealed) as caught:
        verify_event(proof, founded.trust)
    assert caught.value.exit_status is ExitStatus.UNVERIFIABLE
    assert verify_event(proof, founded.trust, found.block_hash) == found
    with pytest.raises(EventNotProven):
        verify_event(proof, founded.trust, "0x" + 64 * "1")
    with pytest.raises(EventNotProven):
        verify_event(replace(proof, headers=proof.headers * 2), founded.trust, found.block_hash)


# --- collecting -----------------------------------------------------------------------------------


def test_which_event_is_meant_must_be_clear(founded: Founded) -> None:
    first = founded.rpc.call("eth_getLogs", {"fromBlock": "0x0", "address": founded.house.swarm})[0]
    transaction = first["transactionHash"]
    with sealed(founded) as (rpc, trust):
        with pytest.raises(EventAmbiguous, match="0, 1"):
            prove_transaction(rpc, trust, transaction, None)
        proof, found = prove_transaction(rpc, trust, transaction, 0)
        assert isinstance(found.event, SwarmFounded)
        assert verify_event(proof, trust) == found
        with pytest.raises(EventMissing):
            prove_transaction(rpc, trust, transaction, 99)
        with pytest.raises(EventMissing):
            prove_transaction(rpc, trust, "0x" + 64 * "1", None)


def test_who_does_not_prove_it_is_named_and_the_next_one_asked(founded: Founded) -> None:
    transaction = applied(founded, "applicant")
    told: list[str] = []
    with sealed(founded) as (rpc, trust):

        def lie(number: str) -> Any:
            entries = founded.rpc.call("eth_getBlockReceipts", number)
            return [entry | {"logs": []} for entry in entries]

        sealing = Sealing(founded.rpc, lambda _: FOUR)
        with sealing.serve(eth_getBlockReceipts=lie) as url, Rpc(url) as lying:
            with pytest.raises(ReceiptsNotProven, match=url):
                prove_transaction(lying, trust, transaction, None)
            both = Endpoints([lying, rpc], lambda aside: told.append(aside.sentence))
            _, found = prove_transaction(both, trust, transaction, None)
    assert isinstance(found.event, InstitutionApplied)
    assert url in told[0]


def test_a_chain_that_others_sealed_proves_nothing(founded: Founded) -> None:
    transaction = applied(founded, "applicant")
    with sealed(founded) as (rpc, trust):
        others = replace(trust, validators=tuple(map(validator, ("five", "six", "seven"))))
        with pytest.raises(BlockNotSealed):
            prove_transaction(rpc, others, transaction, None)
        with pytest.raises(ChainForeign):
            prove_transaction(rpc, replace(trust, chain_id=5), transaction, None)
        proof, _ = prove_transaction(rpc, trust, transaction, None)
        with pytest.raises(EventNotProven, match="believed last"):
            verify_event(proof, others)
    with pytest.raises(ChainUnreachable):
        prove_transaction(rpc, trust, transaction, None)
