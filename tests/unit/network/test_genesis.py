"""From cards to a network: the same bytes everywhere."""

from __future__ import annotations

import json
import random
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.network.card import Card
from deploy.network.genesis import CardsUnfit, assemble, extra_data
from deploy.network.settings import config_toml, settings
from deploy.network.validator_key import ValidatorKey
from governance.chain.signer import LocalSigner


def cards(count: int = 4, chain_id: int = 77) -> list[Card]:
    return [
        Card.make(
            f"Hospital {number}",
            LocalSigner(number.to_bytes(32, "big")),
            ValidatorKey((1_000 + number).to_bytes(32, "big")),
            chain_id=chain_id,
            host=f"10.0.0.{number}",
            port=30303,
        )
        for number in range(1, count + 1)
    ]


@given(seed=st.integers(), count=st.integers(1, 9))
def test_the_order_of_the_cards_does_not_matter(seed: int, count: int) -> None:
    made = cards(count)
    shuffled = random.Random(seed).sample(made, count)
    assert assemble(shuffled) == assemble(made)
    assert assemble(shuffled).digest == assemble(made).digest


def test_every_card_matters() -> None:
    digests = {assemble(cards(4)[:count]).digest for count in range(1, 5)}
    assert len(digests) == 4
    moved = cards(4)
    moved[2] = Card.make(
        "Hospital 3",
        LocalSigner((3).to_bytes(32, "big")),
        ValidatorKey((1_003).to_bytes(32, "big")),
        chain_id=77,
        host="10.0.0.99",
        port=30303,
    )
    assert assemble(moved).digest != assemble(cards(4)).digest


def test_a_name_alone_makes_another_digest() -> None:
    named = cards(4)
    named[0] = Card.make(
        "Hospital One",
        LocalSigner((1).to_bytes(32, "big")),
        ValidatorKey((1_001).to_bytes(32, "big")),
        chain_id=77,
        host="10.0.0.1",
        port=30303,
    )
    assert assemble(named).files == assemble(cards(4)).files
    assert assemble(named).digest != assemble(cards(4)).digest


def test_what_besu_is_given() -> None:
    network = assemble(cards(2))
    genesis = json.loads(network.files["genesis.json"])
    assert genesis["config"]["chainId"] == network.chain_id == 77
    assert genesis["config"]["qbft"]["emptyblockperiodseconds"] == 15
    assert genesis["config"]["zeroBaseFee"] is True
    assert genesis["alloc"] == {}
    assert json.loads(network.files["static-nodes.json"]) == [c.enode for c in network.cards]
    for card in network.cards:
        assert f'"{card.enode}"' in network.files["nodes.toml"]
        assert f'"{card.account}"' in network.files["accounts.toml"]


def test_the_first_header_names_the_validators() -> None:
    """Written out by hand: vanity, validators in order, no vote, round 0, no seals."""
    one = "0x" + "11" * 20
    two = "0x" + "22" * 20
    expected = "f84f" + "a0" + "00" * 32 + "ea" + "94" + "11" * 20 + "94" + "22" * 20 + "c080c0"
    assert extra_data([two, one]).hex() == expected


@pytest.mark.parametrize(
    ("unfit", "said"),
    [
        ([], "there is none"),
        ([*cards(2), cards(1)[0]], "both claim the account"),
        ([*cards(2), *cards(3, chain_id=78)[2:]], "different numbers"),
    ],
)
def test_what_does_not_go_together(unfit: list[Card], said: str) -> None:
    with pytest.raises(CardsUnfit, match=said):
        assemble(unfit)


@pytest.mark.parametrize(
    ("field", "said"), [("public_key", "validator key"), ("host", "the place")]
)
def test_two_of_one_kind(field: str, said: str) -> None:
    one, two = cards(2)
    with pytest.raises(CardsUnfit, match=said):
        assemble([one, replace(two, **{field: getattr(one, field)})])


def test_settings_listen_on_loopback_and_quote_what_is_odd() -> None:
    chosen = settings(cards(1)[0], Path('/srv/a "b"\\c'), 8550)
    written = config_toml(chosen)
    assert chosen["rpc-http-host"] == "127.0.0.1"
    assert chosen["p2p-interface"] == "0.0.0.0"
    assert r'data-path="/srv/a \"b\"\\c/data"' in written
    assert "discovery-enabled=false" in written
    assert tomllib.loads(written) == chosen
