"""A validator's card: what its institution signed, and nothing else."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from eth_account import Account
from eth_account.messages import encode_typed_data
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deploy.network.card import Card, CardFieldWrong, CardInvalid, newest
from deploy.network.validator_key import ValidatorKey
from governance.chain.signer import LocalSigner
from governance.primitives import address_of

if TYPE_CHECKING:
    from pathlib import Path

ACCOUNT = LocalSigner(bytes(31) + b"\x07")
OTHER = LocalSigner(bytes(31) + b"\x08")
KEY = ValidatorKey(bytes(31) + b"\x09")


def card(**changed: Any) -> Card:
    fields = {"chain_id": 77, "host": "10.0.0.7", "port": 30303} | changed
    return Card.make(fields.pop("name", "Klinik Süd"), ACCOUNT, KEY, **fields)


def test_comes_back_as_it_was(tmp_path: Path) -> None:
    made = card()
    made.save(tmp_path / "card.json")
    assert Card.load(tmp_path / "card.json") == made
    assert made.validator == address_of(bytes(31) + b"\x09")
    assert made.enode == f"enode://{KEY.public_key.hex()}@10.0.0.7:30303"
    assert card(host="fd00::7").enode.endswith("@[fd00::7]:30303")


def test_holds_no_secret(tmp_path: Path) -> None:
    card().save(tmp_path / "card.json")
    written = (tmp_path / "card.json").read_text()
    assert f"{9:064x}" not in written
    assert f"{7:064x}" not in written


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"host": "validator.example.org"}, "no IP address"),
        ({"host": "010.0.0.7"}, "no IP address"),
        ({"host": "0.0.0.0"}, "nobody is reached"),
        ({"host": "::"}, "nobody is reached"),
        ({"host": "224.0.0.1"}, "nobody is reached"),
        ({"host": "FD00::7"}, "not written as fd00::7"),
        ({"port": 0}, "port"),
        ({"port": 65_536}, "port"),
        ({"host": "fe80::1%eth0"}, "one machine alone"),
        ({"host": 'fd00::7%"\n'}, "one machine alone"),
        ({"chain_id": 0}, "not positive"),
        ({"chain_id": 2**64}, "larger than 64 bits"),
        ({"chain_id": 2**256}, "larger than 64 bits"),
        ({"name": ""}, "name"),
        ({"name": "\ud800"}, "name"),
        ({"name": "x" * 129}, "name"),
        ({"name": "a\nb"}, "name"),
    ],
)
def test_says_what_does_not_fit(changed: dict[str, Any], said: str) -> None:
    with pytest.raises(CardFieldWrong, match=said):
        card(**changed)


# What another one could have signed, or nobody.
_ALTERED = {
    "name": st.just("Klinik Nord"),
    "account": st.just(OTHER.address),
    "chain_id": st.integers(1, 2**40).filter(lambda number: number != 77),
    "public_key": st.just("0x" + ValidatorKey(bytes(31) + b"\x0a").public_key.hex()),
    "host": st.ip_addresses(v=4).map(str).filter(lambda host: host != "10.0.0.7"),
    "port": st.integers(1, 65_535).filter(lambda port: port != 30303),
    "proof": st.binary(min_size=65, max_size=65).map(lambda raw: "0x" + raw.hex()),
    "signature": st.binary(max_size=70).map(lambda raw: "0x" + raw.hex()),
}


@given(field=st.sampled_from(sorted(_ALTERED)), data=st.data())
def test_one_field_altered_is_noticed(field: str, data: st.DataObject) -> None:
    written = card().as_json()
    written[field] = data.draw(_ALTERED[field])
    with pytest.raises(CardInvalid):
        Card.from_json(written)


def test_a_card_signed_by_another_account_is_another_institutions() -> None:
    theirs = Card.make("Klinik Süd", OTHER, KEY, chain_id=77, host="10.0.0.7", port=30303)
    mine = card().as_json()
    for field in ("signature", "account"):
        with pytest.raises(CardInvalid, match="signed"):
            Card.from_json(mine | {field: theirs.as_json()[field]})


def test_a_later_card_signs_since_when_and_the_first_has_no_such_field(tmp_path: Path) -> None:
    later = Card.make(
        "Klinik Süd",
        ACCOUNT,
        KEY,
        chain_id=77,
        host="10.0.0.8",
        port=30303,
        issued_at=1_800_000_000,
    )
    later.save(tmp_path / "card.json")
    assert Card.load(tmp_path / "card.json") == later
    assert "issued_at" not in card().as_json()
    types = [("name", "string"), ("account", "address"), ("validator", "address")]
    types += [("publicKey", "bytes"), ("host", "string"), ("port", "uint256")]
    for made, fields in ((card(), types), (later, [*types, ("issuedAt", "uint256")])):
        said = (made.name, made.account, made.validator, made.public_key, made.host, made.port)
        signed = encode_typed_data(
            {
                "name": "Swarm Charter",
                "version": "1",
                "chainId": 77,
                "verifyingContract": "0x" + 40 * "0",
            },
            {"ValidatorCard": [{"name": name, "type": kind} for name, kind in fields]},
            dict(zip((name for name, _ in fields), (*said, made.issued_at), strict=False)),
        )
        for signature, signer in ((made.proof, made.validator), (made.signature, made.account)):
            assert Account.recover_message(signed, signature=signature) == signer
    assert newest([later, card()]) == newest([card(), later]) == {later.validator: later}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    value=st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=20),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
        max_leaves=8,
    ),
    field=st.sampled_from([*sorted(card().as_json()), "issued_at", None]),
)
def test_whatever_stands_in_the_file_it_is_a_clear_error(
    value: Any, field: str | None, tmp_path: Path
) -> None:
    written: Any = value if field is None else card().as_json() | {field: value}
    if written == card().as_json():
        return
    path = tmp_path / "card.json"
    path.write_text(json.dumps(written))
    with pytest.raises(CardInvalid, match=r"card\.json"):
        Card.load(path)


@pytest.mark.parametrize(
    "odd",
    [{"name": "\ud800"}, {"chain_id": 2**256}, {"chain_id": 2**64}, {"host": 'fd00::7%"'}],
)
def test_what_cannot_even_be_signed_is_told_with_its_file(
    odd: dict[str, Any], tmp_path: Path
) -> None:
    path = tmp_path / "card.json"
    path.write_text(json.dumps(card().as_json() | odd))
    with pytest.raises(CardInvalid, match=r"card\.json"):
        Card.load(path)


@pytest.mark.parametrize("raw", [b"", b"{", b"\xff", b"[" * 50_000, b" " * 9_000])
def test_what_is_no_json(raw: bytes, tmp_path: Path) -> None:
    path = tmp_path / "card.json"
    path.write_bytes(raw)
    with pytest.raises(CardInvalid):
        Card.load(path)


def test_what_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(CardInvalid, match="No such file"):
        Card.load(tmp_path / "none.json")
    with pytest.raises(CardInvalid, match="directory"):
        Card.load(tmp_path)
