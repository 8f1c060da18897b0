import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from eth_account.messages import _hash_eip191_message, encode_typed_data

from governance.checkpoints.envelope import ENVELOPE_TYPE, SCHEME, Envelope, SignedEnvelope
from governance.errors import CharterError
from governance.primitives import SignatureInvalid, address_of, sign

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "envelope.json").read_text())
KEY = bytes.fromhex("01" * 32)


def envelope(**changes: Any) -> Envelope:
    return Envelope(
        **{
            "chain_id": 5777,
            "study": "0x5fbdb2315678afecb367f032d93f642f64180aa3",
            "terms_version": 2,
            "round": 11,
            "attempt": 1,
            "parent": bytes.fromhex("aa" * 32),
            "update": bytes.fromhex("bb" * 32),
            "records": 212,
            "history_length": 48,
            "deadline": 1_800_000_000,
            **changes,
        }
    )


def signed(**changes: Any) -> SignedEnvelope:
    return envelope(**changes).signed(address_of(KEY), lambda digest: sign(digest, KEY))


@pytest.mark.parametrize("vector", VECTORS["vectors"], ids=lambda vector: vector["name"])
def test_vectors(vector: dict[str, Any]) -> None:
    read = SignedEnvelope.from_json(vector["envelope"])
    assert read.envelope.digest.hex() == vector["digest"]
    assert read.signer() == read.node
    assert read.to_bytes().decode() == vector["canonical"]


@pytest.mark.parametrize("vector", VECTORS["vectors"], ids=lambda vector: vector["name"])
def test_the_digest_is_what_a_general_encoder_gives(vector: dict[str, Any]) -> None:
    said = vector["envelope"]
    members = ENVELOPE_TYPE.removeprefix("Envelope(").removesuffix(")").split(",")
    types = [dict(zip(("type", "name"), member.split(" "), strict=True)) for member in members]
    message = encode_typed_data(
        {"name": "Swarm Charter", "version": "1", "chainId": said["chainId"]}
        | {"verifyingContract": said["study"]},
        {"Envelope": types},
        {each["name"]: said[each["name"]] for each in types},
    )
    assert _hash_eip191_message(message).hex().removeprefix("0x") == vector["digest"]


def test_the_json_form_is_canonical_and_comes_back() -> None:
    first = signed()
    assert first.to_bytes() == rfc8785.dumps(first.as_json())
    assert SignedEnvelope.from_bytes(first.to_bytes()) == first
    assert first.as_json()["scheme"] == SCHEME


@pytest.mark.parametrize(
    "change",
    [
        {"chain_id": 5778},
        {"study": "0x" + "11" * 20},
        {"terms_version": 3},
        {"round": 12},
        {"attempt": 2},
        {"parent": bytes(32)},
        {"update": bytes(32)},
        {"records": 213},
        {"history_length": 49},
        {"deadline": 1_800_000_001},
    ],
    ids=lambda change: next(iter(change)),
)
def test_the_signature_covers_every_field(change: dict[str, Any]) -> None:
    first = signed()
    assert first.signer() == first.node
    assert replace(first, envelope=envelope(**change)).signer() != first.node


def test_a_malleated_signature_is_none() -> None:
    first = signed()
    order = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
    s = order - int.from_bytes(first.signature[32:64], "big")
    other = first.signature[:32] + s.to_bytes(32, "big") + bytes([55 - first.signature[64]])
    with pytest.raises(SignatureInvalid):
        replace(first, signature=other).signer()


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in signed().as_json().items() if key != name}


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ([], "EnvelopeInvalid"),
        (without("scheme"), "EnvelopeInvalid"),
        (signed().as_json() | {"scheme": "swarm-charter/envelope/2"}, "EnvelopeInvalid"),
        (without("deadline"), "EnvelopeInvalid"),
        (signed().as_json() | {"extra": 1}, "EnvelopeInvalid"),
        (signed().as_json() | {"round": "11"}, "EnvelopeInvalid"),
        (signed().as_json() | {"round": True}, "EnvelopeInvalid"),
        (signed().as_json() | {"round": 11.0}, "EnvelopeInvalid"),
        (signed().as_json() | {"round": 0}, "EnvelopeInvalid"),
        (signed().as_json() | {"round": 2**32}, "EnvelopeInvalid"),
        (signed().as_json() | {"records": -1}, "EnvelopeInvalid"),
        (signed().as_json() | {"deadline": 2**53}, "EnvelopeInvalid"),
        (signed().as_json() | {"parent": 7}, "EnvelopeInvalid"),
        (signed().as_json() | {"parent": "0x" + "aa" * 31}, "HexInvalid"),
        (signed().as_json() | {"signature": "0x00"}, "HexInvalid"),
        (signed().as_json() | {"node": "0x12"}, "AddressInvalid"),
        (signed().as_json() | {"study": "hello"}, "AddressInvalid"),
    ],
)
def test_what_is_malformed_is_refused_by_name(data: object, code: str) -> None:
    with pytest.raises(CharterError) as caught:
        SignedEnvelope.from_json(data)
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
        signed().to_bytes() + b" " * 4096,
        signed().to_bytes()[:-1] + b',"round":12}',
        signed().to_bytes().replace(b'"records":212', b'"records":NaN'),
    ],
    ids=["empty", "cut", "no text", "deep", "long", "a field twice", "no number"],
)
def test_a_text_that_is_no_envelope_is_refused(text: bytes) -> None:
    with pytest.raises(CharterError):
        SignedEnvelope.from_bytes(text)


def test_a_digest_in_upper_case_is_the_same_envelope() -> None:
    data = signed().as_json() | {"parent": "0x" + "AA" * 32}
    assert SignedEnvelope.from_json(data) == signed()
