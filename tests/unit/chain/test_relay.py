"""Requests to act for somebody: what is signed, its file, and what it says in words."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
import rfc8785
from eth_account.messages import _hash_eip191_message, encode_typed_data
from hypothesis import given
from hypothesis import strategies as st

from governance.chain.calls import call_data
from governance.chain.relay import (
    LARGEST_TEXT,
    REQUEST_TYPE,
    SCHEME,
    RelayRequest,
    SignedRequest,
    random_nonce,
)
from governance.chain.signer import LocalSigner
from governance.chain.wording import ActUnknown, wording
from governance.errors import CharterError
from governance.primitives import SignatureInvalid, checksum_address, sha256
from governance.vocabulary import (
    Contribution,
    Kind,
    Level,
    Parameters,
    Part,
    Payee,
    Profile,
    Publication,
    Sector,
    Shares,
    VotingRules,
    Weight,
)

if TYPE_CHECKING:
    from pathlib import Path

RELAY = "0x5FbDB2315678afecb367f032d93F642f64180aa3"
STUDY = "0x" + "22" * 20
KEY = LocalSigner(sha256(b"a key"))
OTHER = LocalSigner(sha256(b"another key"))
DIGEST = sha256(b"a document")


def request(**changes: Any) -> RelayRequest:
    return RelayRequest(
        **{
            "chain_id": 5777,
            "relay": RELAY,
            "account": KEY.address,
            "to": STUDY,
            "data": call_data("Study", "attest", (DIGEST, Level.SET_CHECKED)),
            "nonce": 7 << 64,
            "deadline": 1_800_000_000,
            **changes,
        }
    )


def signed(**changes: Any) -> SignedRequest:
    return SignedRequest(request(**changes)).signed(KEY)


# --- what is signed -------------------------------------------------------------------------------


@given(
    data=st.binary(max_size=100),
    nonce=st.integers(0, 2**256 - 1),
    deadline=st.integers(0, 2**53 - 1),
    chain_id=st.integers(1, 2**53 - 1),
)
def test_the_digest_is_what_a_general_encoder_gives(
    data: bytes, nonce: int, deadline: int, chain_id: int
) -> None:
    said = request(data=data, nonce=nonce, deadline=deadline, chain_id=chain_id)
    members = REQUEST_TYPE.removeprefix("RelayRequest(").removesuffix(")").split(",")
    types = [dict(zip(("type", "name"), member.split(" "), strict=True)) for member in members]
    message = encode_typed_data(
        {"name": "Swarm Charter", "version": "1", "chainId": chain_id, "verifyingContract": RELAY},
        {"RelayRequest": types},
        {"from": said.account, "to": said.to, "data": data, "nonce": nonce, "deadline": deadline},
    )
    assert _hash_eip191_message(message) == said.digest


@pytest.mark.parametrize(
    "change",
    [
        {"chain_id": 5778},
        {"relay": STUDY},
        {"account": OTHER.address},
        {"to": RELAY},
        {"data": call_data("Study", "attest", (DIGEST, Level.MERGE_RECOMPUTED))},
        {"nonce": 8 << 64},
        {"deadline": 1_800_000_001},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_signature_covers_every_field(change: dict[str, Any]) -> None:
    first = signed()
    assert first.signers == (KEY.address,)
    assert replace(first, request=request(**change)).signers != first.signers


def test_persons_sign_one_after_the_other_and_each_once() -> None:
    none = SignedRequest(request())
    assert (none.signers, none.signature) == ((), b"")
    one = none.signed(KEY)
    two = one.signed(OTHER)
    assert two.signers == (KEY.address, OTHER.address)
    assert two.signature == one.signature + two.signatures[1]
    assert two.signed(KEY) is two


def test_a_nonce_is_of_a_random_key_and_counts_from_zero() -> None:
    nonces = {random_nonce() for _ in range(100)}
    assert len(nonces) == 100
    assert all(nonce % 2**64 == 0 and nonce < 2**256 for nonce in nonces)
    assert max(nonces) > 2**250


def test_the_same_act_is_known_whenever_it_was_signed() -> None:
    assert request().is_same_act(request(nonce=0, deadline=1))
    assert not request().is_same_act(request(account=OTHER.address))
    assert not request().is_same_act(request(data=b""))


# --- the file -------------------------------------------------------------------------------------


def test_the_file_is_canonical_and_comes_back(tmp_path: Path) -> None:
    first = signed(nonce=2**256 - 1).signed(OTHER)
    assert first.to_bytes() == rfc8785.dumps(first.as_json())
    assert SignedRequest.from_bytes(first.to_bytes()) == first
    first.save(tmp_path / "request.json")
    assert (tmp_path / "request.json").stat().st_mode & 0o777 == 0o644
    assert SignedRequest.from_bytes((tmp_path / "request.json").read_bytes()) == first
    assert first.as_json()["scheme"] == SCHEME


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in signed().as_json().items() if key != name}


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ([], "RelayRequestInvalid"),
        (without("scheme"), "RelayRequestInvalid"),
        (signed().as_json() | {"scheme": "swarm-charter/relay/2"}, "RelayRequestInvalid"),
        (without("nonce"), "RelayRequestInvalid"),
        (signed().as_json() | {"extra": 1}, "RelayRequestInvalid"),
        (signed().as_json() | {"chainId": "5777"}, "RelayRequestInvalid"),
        (signed().as_json() | {"chainId": 0}, "RelayRequestInvalid"),
        (signed().as_json() | {"chainId": True}, "RelayRequestInvalid"),
        (signed().as_json() | {"deadline": -1}, "RelayRequestInvalid"),
        (signed().as_json() | {"deadline": 2**53}, "RelayRequestInvalid"),
        (signed().as_json() | {"deadline": 1.5}, "RelayRequestInvalid"),
        (signed().as_json() | {"nonce": 7}, "RelayRequestInvalid"),
        (signed().as_json() | {"nonce": "0x07"}, "HexInvalid"),
        (signed().as_json() | {"data": "attest"}, "HexInvalid"),
        (signed().as_json() | {"data": None}, "RelayRequestInvalid"),
        (signed().as_json() | {"from": "0x12"}, "AddressInvalid"),
        (signed().as_json() | {"relay": [RELAY]}, "RelayRequestInvalid"),
        (signed().as_json() | {"signatures": "0x"}, "RelayRequestInvalid"),
        (signed().as_json() | {"signatures": [7]}, "RelayRequestInvalid"),
        (signed().as_json() | {"signatures": ["0x00"]}, "HexInvalid"),
    ],
)
def test_what_is_malformed_is_refused_by_name(data: object, code: str) -> None:
    with pytest.raises(CharterError) as caught:
        SignedRequest.from_json(data)
    assert caught.value.code == code
    assert caught.value.message.endswith(".")
    assert caught.value.remedy.endswith(".")


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b"\xff",
        b"[" * 4096,
        signed().to_bytes() + b" " * LARGEST_TEXT,
        signed().to_bytes()[:-1] + b',"deadline":9}',
    ],
    ids=["empty", "cut", "no text", "deep", "long", "a field twice"],
)
def test_a_text_that_is_no_request_is_refused(text: bytes) -> None:
    with pytest.raises(CharterError) as caught:
        SignedRequest.from_bytes(text)
    assert caught.value.code == "RelayRequestInvalid"


def test_values_of_the_wrong_type_are_refused() -> None:
    with pytest.raises(CharterError, match="made of bytes"):
        request(data="0x")
    with pytest.raises(CharterError, match="65 bytes"):
        SignedRequest(request(), (b"\x00" * 64,))


def test_a_signature_that_nobody_can_have_made_is_told() -> None:
    with pytest.raises(SignatureInvalid):
        _ = SignedRequest(request(), (b"\x00" * 65,)).signers


# --- in words -------------------------------------------------------------------------------------

PARAMETERS = Parameters(
    kinds=3,
    sectors=1,
    any_country=False,
    minimum_signatories=3,
    minimum_contributors=2,
    quorum=3,
    rounds=50,
    level=Level.SET_CHECKED,
    consent_max_age=86_400,
    expires_at=1_900_000_000,
    countries=(b"CH", b"DE"),
    shares=Shares(1000, 8000, 500, 400, 1, (Weight(1, 2),), (Payee(STUDY, 100),)),
)

ACTS: list[tuple[str, str, tuple[Any, ...], dict[str, Any]]] = [
    ("Swarm", "leave", (), {}),
    (
        "Swarm",
        "applyToJoin",
        (Profile("Nord", Kind.DATA_TRUSTEE, Sector.PRIVATE, b"DE", DIGEST),),
        {
            "profile": {
                "name": "Nord",
                "kind": "data-trustee",
                "sector": "private",
                "country": "DE",
                "document": "0x" + DIGEST.hex(),
            }
        },
    ),
    ("SwarmGovernor", "castVote", (4, 1), {"proposalId": 4, "support": "in-favour"}),
    ("SwarmGovernor", "castVote", (4, 9), {"proposalId": 4, "support": 9}),
    (
        "SwarmGovernor",
        "propose",
        (
            [STUDY, STUDY],
            [0, 0],
            [call_data("Swarm", "admit", (4,)), b"\x01\x02\x03\x04"],
            "Admit them",
        ),
        {
            "targets": [checksum_address(STUDY)] * 2,
            "values": [0, 0],
            "calldatas": [
                {"contract": "Swarm", "function": "admit", "arguments": {"number": 4}},
                "0x01020304",
            ],
            "description": "Admit them",
        },
    ),
    (
        "SwarmGovernor",
        "setVotingRules",
        (VotingRules(100, 50, 200),),
        {"rules": {"votingPeriod": 100, "quorum": 50, "expiry": 200}},
    ),
    (
        "Study",
        "publish",
        (Publication(3, DIGEST, DIGEST, (Contribution(2, 1), Contribution(1, 3)), DIGEST, DIGEST),),
        {
            "publication": {
                "round": 3,
                "parent": "0x" + DIGEST.hex(),
                "digest": "0x" + DIGEST.hex(),
                "contributions": [
                    {"institution": 2, "rounds": 1},
                    {"institution": 1, "rounds": 3},
                ],
                "envelopesRoot": "0x" + DIGEST.hex(),
                "roundRecord": "0x" + DIGEST.hex(),
            }
        },
    ),
    ("Study", "withdraw", (3, DIGEST), {"reason": "legal", "text": "0x" + DIGEST.hex()}),
    ("Study", "withdraw", (99, DIGEST), {"reason": "99", "text": "0x" + DIGEST.hex()}),
    (
        "Benefits",
        "pay",
        (1, Part.PATIENTS, 2, DIGEST),
        {"revenue": 1, "part": "patients", "receiver": 2, "document": "0x" + DIGEST.hex()},
    ),
    (
        "Benefits",
        "declare",
        (b"EUR", 100, DIGEST, "Pharma", DIGEST),
        {
            "currency": "EUR",
            "amount": 100,
            "document": "0x" + DIGEST.hex(),
            "licensee": "Pharma",
            "licence": "0x" + DIGEST.hex(),
        },
    ),
]


@pytest.mark.parametrize(
    ("contract", "function", "args", "arguments"), ACTS, ids=lambda value: str(value)[:20]
)
def test_a_call_is_told_in_names_and_values(
    contract: str, function: str, args: tuple[Any, ...], arguments: dict[str, Any]
) -> None:
    told = wording(call_data(contract, function, args)).as_json()
    assert (told["contract"], told["function"]) == (contract, function)
    # Names of arguments that a contract gives are its own to choose.
    assert _values(told["arguments"]) == _values(arguments)


def _values(told: dict[str, Any]) -> list[Any]:
    return [_values(value) if isinstance(value, dict) else value for value in told.values()]


def test_terms_are_told_as_they_stand() -> None:
    told = wording(call_data("Studies", "open", (b'{"title":"Heart"}', PARAMETERS))).as_json()
    assert told["arguments"]["terms"] == '{"title":"Heart"}'
    parameters = told["arguments"]["parameters"]
    assert (parameters["level"], parameters["countries"]) == ("set-checked", ["CH", "DE"])
    assert parameters["shares"]["payees"] == [{"account": checksum_address(STUDY), "share": 100}]
    assert wording(call_data("Studies", "open", (b"\xff", PARAMETERS))).arguments["terms"] == "0xff"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x01\x02\x03\x04",
        call_data("Swarm", "memberCount"),
        call_data("Relay", "relay", ((STUDY, STUDY, b"", 0, 0), b"")),
        call_data("Swarm", "admit", (4,))[:-1],
        call_data("Swarm", "admit", (4,)) + b"\x00",
        call_data("Swarm", "admit", (4,))[:4] + b"\xff" * 32,
    ],
    ids=["nothing", "no function", "a view", "a relay", "cut", "with more behind", "too large"],
)
def test_what_cannot_be_told_is_refused(data: bytes) -> None:
    with pytest.raises(ActUnknown):
        wording(data)
