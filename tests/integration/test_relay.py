"""Signed acts on a chain: anybody sends them, once, and nothing but what was signed."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import pytest

from governance.chain.calls import call_data, read
from governance.chain.errors import ChainAnswerInvalid, Refused, RpcError
from governance.chain.queries import head
from governance.chain.relay import RelayRequest, SignedRequest, random_nonce
from governance.chain.relaying import (
    RelayRequestForeign,
    RelayRequestUnsigned,
    is_contract,
    require_signatures,
    require_swarm,
    send,
    was_relayed,
)
from governance.chain.rpc import Rpc
from governance.chain.sender import Act, Sender
from governance.primitives import SignatureInvalid, to_hex
from tests.integration.persons import two_of_three
from tests.integration.world import Founded, key, like_the_chain, profile
from tests.unit.chain.endpoints import RpcFault

if TYPE_CHECKING:
    from governance.chain.journal import Signed
    from governance.chain.receipts import Receipt

pytestmark = pytest.mark.chain

STRANGER = key("stranger")
PERSONS = [key(f"person {number}") for number in range(3)]


def request(founded: Founded, account: str, **changes: Any) -> RelayRequest:
    """A request of an account to apply for membership."""
    return RelayRequest(
        **{
            "chain_id": founded.trust.chain_id,
            "relay": founded.house.relay,
            "account": account,
            "to": founded.house.swarm,
            "data": call_data("Swarm", "applyToJoin", [profile("New Hospital")]),
            "nonce": random_nonce(),
            "deadline": head(founded.rpc).timestamp + 100,
            **changes,
        }
    )


def sent(founded: Founded, signed: SignedRequest) -> Receipt | None:
    """A stranger sends it."""
    with founded.sender(STRANGER) as sender:
        return send(sender, signed, "relay it")


def number_of(founded: Founded, account: str) -> int:
    """The number of the institution that an account speaks for."""
    number: int = read(founded.rpc, founded.house.swarm, "Swarm", "institutionOf", [account])
    return number


@pytest.fixture
def account(founded: Founded) -> str:
    """A contract account on the chain."""
    code = two_of_three([person.address for person in PERSONS])
    with founded.sender(STRANGER) as sender:
        created = sender.send(Act("", code, "create an account")).contract
    assert created is not None
    return created


def test_a_stranger_sends_what_a_key_has_signed_once(founded: Founded) -> None:
    applicant = key("applicant")
    signed = SignedRequest(request(founded, applicant.address)).signed(applicant)
    assert not was_relayed(founded.rpc, signed.request)
    receipt = sent(founded, signed)
    assert receipt is not None
    assert receipt.success
    assert number_of(founded, applicant.address) == 4
    assert number_of(founded, STRANGER.address) == 0
    before = head(founded.rpc)
    assert was_relayed(founded.rpc, signed.request)
    assert sent(founded, signed) is None, "it was sent already"
    with founded.sender(key("another")) as sender:
        assert send(sender, signed, "relay it") is None
    assert head(founded.rpc) == before


def test_two_of_three_persons_speak_for_a_contract_account(founded: Founded, account: str) -> None:
    assert is_contract(founded.rpc, account)
    asked = request(founded, account)
    one = SignedRequest(asked).signed(PERSONS[2])
    for wrong in (one, one.signed(STRANGER)):
        with pytest.raises(Refused) as caught:
            sent(founded, wrong)
        assert caught.value.code == "RelaySignatureInvalid"
        assert account in caught.value.message
    with pytest.raises(RelayRequestUnsigned):
        sent(founded, SignedRequest(asked))
    assert sent(founded, one.signed(PERSONS[0])) is not None
    assert number_of(founded, account) == 4


SPOILT: list[tuple[str, dict[str, Any]]] = [
    ("RelaySignatureInvalid", {"nonce": 1 << 64}),
    ("RelaySignatureInvalid", {"data": call_data("Swarm", "leave")}),
    ("RelaySignatureInvalid", {"deadline": 2**40}),
    ("RelaySignatureInvalid", {"account": STRANGER.address}),
]


@pytest.mark.parametrize(("code", "change"), SPOILT, ids=lambda value: str(value)[:25])
def test_what_was_not_signed_is_not_sent(founded: Founded, code: str, change: Any) -> None:
    applicant = key("applicant")
    signed = SignedRequest(request(founded, applicant.address)).signed(applicant)
    spoilt = SignedRequest(dataclasses.replace(signed.request, **change), signed.signatures)
    with pytest.raises(Refused) as caught:
        sent(founded, spoilt)
    assert caught.value.code == code
    assert number_of(founded, applicant.address) == 0


REFUSED: list[tuple[str, dict[str, Any]]] = [
    ("RelayDeadlineOver", {"deadline": 1}),
    ("RelayTargetForbidden", {"to": STRANGER.address}),
    ("InvalidAccountNonce", {"nonce": 3}),
    ("SwarmProfileInvalid", {"data": call_data("Swarm", "applyToJoin", [profile("")])}),
    ("FailedCall", {"data": b"\x01\x02\x03\x04"}),
]


@pytest.mark.parametrize(("code", "change"), REFUSED, ids=lambda value: str(value)[:25])
def test_what_the_contracts_refuse_is_refused_by_name(
    founded: Founded, code: str, change: Any
) -> None:
    applicant = key("applicant")
    signed = SignedRequest(request(founded, applicant.address, **change)).signed(applicant)
    with pytest.raises(Refused) as caught:
        sent(founded, signed)
    assert caught.value.code == code
    assert not was_relayed(founded.rpc, signed.request), "it can be sent again"


def test_another_act_with_a_used_nonce_was_not_sent_already(founded: Founded) -> None:
    applicant = key("applicant")
    first = SignedRequest(request(founded, applicant.address)).signed(applicant)
    sent(founded, first)
    leave = dataclasses.replace(first.request, data=call_data("Swarm", "leave"))
    with pytest.raises(Refused) as caught:
        sent(founded, SignedRequest(leave).signed(applicant))
    assert caught.value.code == "InvalidAccountNonce"
    # The same event could only come from the same account, contract and nonce.
    elsewhere = dataclasses.replace(first.request, to=founded.house.governor)
    assert not was_relayed(founded.rpc, elsewhere)


def test_a_request_counts_up_its_key(founded: Founded) -> None:
    applicant = key("applicant")
    nonce = random_nonce()
    asked = [request(founded, applicant.address, nonce=nonce + count) for count in range(2)]
    node = SignedRequest(dataclasses.replace(asked[1], data=call_data("Swarm", "leave"))).signed(
        applicant
    )
    sent(founded, SignedRequest(asked[0]).signed(applicant))
    with pytest.raises(Refused) as caught:
        sent(founded, node)
    assert caught.value.code == "SwarmNotMember", "its turn has come, and applicants cannot leave"


def test_a_request_of_another_swarm_is_told(founded: Founded) -> None:
    ours = request(founded, STRANGER.address)
    require_swarm(ours, founded.trust, founded.house)
    for change in ({"chain_id": 1}, {"relay": STRANGER.address}):
        with pytest.raises(RelayRequestForeign):
            require_swarm(dataclasses.replace(ours, **change), founded.trust, founded.house)


def test_signatures_that_nobody_made_are_told(founded: Founded, account: str) -> None:
    applicant = key("applicant")
    asked = request(founded, applicant.address)
    with pytest.raises(SignatureInvalid):
        require_signatures(founded.rpc, SignedRequest(asked, (bytes(65),)))
    twice = SignedRequest(asked).signed(applicant).signed(STRANGER)
    with pytest.raises(Refused):
        require_signatures(founded.rpc, twice)
    # The account's own code fails on it.
    with pytest.raises(Refused):
        require_signatures(
            founded.rpc, SignedRequest(request(founded, account), (bytes(65), bytes(65)))
        )


def test_whoever_is_overtaken_finds_it_done(founded: Founded) -> None:
    applicant = key("applicant")
    signed = SignedRequest(request(founded, applicant.address)).signed(applicant)
    reverted = "0x" + "00" * 4
    looks: list[Any] = []

    def call(*params: Any) -> Any:
        # Between the look and the transaction, somebody else is faster.
        if params[1] == "pending":
            sent(founded, signed)
            return RpcFault(3, "execution reverted", reverted)
        looks.append(params)
        return founded.rpc.call("eth_call", *params)

    with like_the_chain(founded.rpc, eth_call=call) as url, Rpc(url) as rpc:
        slow = dataclasses.replace(founded, rpc=rpc)
        with slow.sender(key("slow")) as sender:
            assert send(sender, signed, "relay it") is None
    assert looks


class _Dead(Exception):
    """Stands for the end of a process."""


class _DiesBefore(Sender):
    """Ends before the transaction that is written down is sent."""

    def _submit(self, entry: Signed, *, first: bool) -> None:
        raise _Dead


class _DiesAfter(Sender):
    """Ends when it is sent, and nobody has seen the receipt."""

    def _submit(self, entry: Signed, *, first: bool) -> None:
        super()._submit(entry, first=first)
        raise _Dead


@pytest.mark.parametrize("dying", [_DiesBefore, _DiesAfter])
def test_a_request_whose_sender_dies_is_sent_once(founded: Founded, dying: type[Sender]) -> None:
    applicant = key("applicant")
    signed = SignedRequest(request(founded, applicant.address)).signed(applicant)
    with pytest.raises(_Dead):
        send(dying(founded.rpc, STRANGER, founded.chain.journals), signed, "relay it")
    receipt = sent(founded, signed)
    # What was sent has a block by now, or not yet.
    assert receipt is not None or dying is _DiesAfter
    assert receipt is None or receipt.repeated
    assert number_of(founded, applicant.address) == 4
    with founded.sender(STRANGER) as sender:
        assert sender.recover() == 0


def test_a_chain_that_hides_the_transaction_is_not_believed(founded: Founded) -> None:
    applicant = key("applicant")
    signed = SignedRequest(request(founded, applicant.address)).signed(applicant)
    sent(founded, signed)
    for answer, error in (
        (None, ChainAnswerInvalid),
        ({}, ChainAnswerInvalid),
        (RpcFault(-32603, "internal error"), RpcError),
    ):
        answers = like_the_chain(founded.rpc, eth_getTransactionByHash=answer)
        with answers as url, Rpc(url) as rpc, pytest.raises(error):
            was_relayed(rpc, signed.request)


ANY_RELAY = call_data("Relay", "relay", ((STRANGER.address, STRANGER.address, b"", 0, 0), b""))


@pytest.mark.parametrize("call", ["0x", "0x12345678", to_hex(ANY_RELAY[:40]), to_hex(ANY_RELAY)])
def test_what_another_contract_had_relayed_cannot_be_told_apart(
    founded: Founded, call: str
) -> None:
    """The event alone does not say which of two acts with the same nonce it was."""
    applicant = key("applicant")
    signed = SignedRequest(request(founded, applicant.address)).signed(applicant)
    sent(founded, signed)
    answers = like_the_chain(founded.rpc, eth_getTransactionByHash={"input": call})
    with answers as url, Rpc(url) as rpc:
        assert not was_relayed(rpc, signed.request)
