"""A validator that is reached elsewhere: on real folders, its own and the others'."""

from __future__ import annotations

import json
import re
import shutil
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from deploy.anvil import free_port
from deploy.network.card import Card, CardFieldWrong, CardInvalid
from deploy.network.folder import NetworkNotAssembled, ValidatorFolder
from deploy.network.genesis import CardsUnfit
from deploy.network.moving import move
from deploy.network.process import ValidatorKeyForeign, ValidatorRuns
from deploy.network.serving import Serving
from deploy.network.sync import Action, Engine, Wanted, plan
from deploy.network.validator_key import ValidatorKey
from tests.integration.world import key
from tests.unit.chain.endpoints import endpoint, methods

if TYPE_CHECKING:
    from pathlib import Path

NAMES = ("one", "two", "three", "four")
NEW = "192.0.2.99"


@dataclass(frozen=True)
class World:
    """Four validators' folders with a network, and the cards that began it."""

    folder: Path
    cards: list[Card]

    def place(self, name: str) -> ValidatorFolder:
        return ValidatorFolder(self.folder / name)

    def files(self, name: str) -> dict[str, bytes]:
        place = self.folder / name
        return {
            str(path.relative_to(place)): path.read_bytes()
            for path in place.rglob("*")
            if path.is_file()
        }


@pytest.fixture
def world(tmp_path: Path) -> World:
    cards = [
        ValidatorFolder(tmp_path / name).create(
            f"Hospital {name}", key(name), chain_id=77, host=f"192.0.2.{number}", port=30303
        )
        for number, name in enumerate(NAMES, 1)
    ]
    world = World(tmp_path, cards)
    for name in NAMES:
        world.place(name).assemble(cards, free_port())
    return world


def test_its_own_files_say_the_new_address_and_all_else_stays(world: World) -> None:
    place = world.place("one")
    files = {name: world.folder / name for name in ("keystore", "password", "login", "ca", "token")}
    for each in files.values():
        each.write_text("t\n")
    serving = Serving("10.20.0.7", *files.values())
    place.assemble(world.cards, serving=serving)
    config = place.path / "config.toml"
    config.write_text(config.read_text() + "metrics-enabled=true\n")
    before, assembled = world.files("one"), place.assembled()

    found = move(place, key("one"), host=NEW, port=30304)
    assert not found.already
    assert Card.load(place.card_file) == found.card
    assert (found.card.host, found.card.port) == (NEW, 30304)
    assert found.card.validator == world.cards[0].validator
    assert (found.card.name, found.card.account) == (world.cards[0].name, key("one").address)
    assert place.known_cards().enodes[found.card.validator] == found.card.enode
    said = tomllib.loads(config.read_text())
    assert (said["p2p-host"], said["p2p-port"]) == (NEW, 30304)
    assert said == place.settings() | {"metrics-enabled": True}
    assert said["rpc-http-host"] == "10.20.0.7"
    assert place.assembled() == assembled
    assert f"P2P: {NEW}:30304" in (place.path / "compose.yaml").read_text()

    after = world.files("one")
    old = f"cards/before/{found.card.validator}-0.json"
    changed = {name for name in after if after[name] != before.get(name)}
    assert changed == {
        *("card.json", f"cards/{found.card.validator}.json", old),
        *("config.toml", "compose.yaml", "nodes.toml", "static-nodes.json"),
    }
    assert after[old] == before["card.json"]
    nodes = tomllib.loads(after["nodes.toml"].decode())["nodes-allowlist"]
    others = sorted(card.enode for card in world.cards[1:])
    assert sorted(nodes) == sorted([*others, found.card.enode])
    assert json.loads(after["static-nodes.json"]) == others


def test_the_same_address_again_changes_nothing(world: World) -> None:
    place = world.place("one")
    before = world.files("one")
    first = move(place, key("one"), host="192.0.2.1")
    assert (first.already, first.card) == (True, world.cards[0])
    assert world.files("one") == before
    moved = move(place, key("one"), host=NEW)
    assert (moved.card.port, moved.already) == (30303, False)
    before = world.files("one")
    assert move(place, key("one"), host=NEW).already
    assert move(place, key("one"), host=NEW, port=30303).already
    assert world.files("one") == before


def test_one_that_was_broken_off_is_brought_to_its_end(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its card is new, and nothing else yet."""
    place = world.place("one")
    whole = Card.save

    def broken_off(card: Card, path: Path) -> None:
        whole(card, path)
        if path == place.card_file:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Card, "save", broken_off)
        with pytest.raises(KeyboardInterrupt):
            move(place, key("one"), host=NEW)
    assert NEW not in (place.path / "config.toml").read_text()
    found = move(place, key("one"), host=NEW)
    assert found.already
    assert tomllib.loads((place.path / "config.toml").read_text())["p2p-host"] == NEW
    assert place.known_cards().enodes[found.card.validator] == found.card.enode
    assert NEW in (place.path / "nodes.toml").read_text()


def test_before_the_network_stands_the_card_alone_is_new(tmp_path: Path) -> None:
    place = ValidatorFolder(tmp_path / "one")
    place.create("Hospital one", key("one"), chain_id=77, host="192.0.2.1", port=30303)
    card = move(place, key("one"), host=NEW).card
    assert sorted(path.name for path in place.path.iterdir()) == ["card.json", "validator.key"]
    network = place.assemble([card])
    assert NEW in network.files["nodes.toml"]


@pytest.mark.parametrize("names", [("a.json", "z.json"), ("z.json", "a.json")])
def test_the_others_take_the_newer_card_whatever_the_files_are_called(
    world: World, names: tuple[str, str]
) -> None:
    """There and back again: the third card says what the first one said, and counts."""
    place, theirs = world.place("one"), world.place("two")
    own = world.cards[0].validator
    for host, name in zip((NEW, "192.0.2.1"), names, strict=True):
        card = move(place, key("one"), host=host).card
        shutil.copy(place.card_file, theirs.cards / name)
        known = theirs.known_cards()
        assert (known.enodes[own], known.unfit) == (card.enode, ())
        assert len(known.cards) == 4


def test_the_others_let_it_in_where_it_is_now(world: World) -> None:
    card = move(world.place("one"), key("one"), host=NEW).card
    theirs = world.place("two")
    card.save(theirs.cards / "moved.json")
    accounts = tuple(sorted(each.account for each in world.cards))
    members = {each.validator: each.name for each in world.cards}
    wanted = Wanted(
        members, accounts=dict.fromkeys(accounts, ""), enodes=theirs.known_cards().enodes
    )
    old = tuple(sorted(each.enode for each in world.cards))
    engine = Engine(tuple(sorted(members)), nodes=old, accounts=accounts, peers=old[1:])
    found = plan(wanted, engine, world.cards[1].validator)
    assert found.of(Action.LET_IN_NODE) == [card.enode]
    assert found.of(Action.SHUT_OUT_NODE) == [world.cards[0].enode]
    assert card.enode in found.static


def test_of_two_cards_of_which_none_is_newer_neither_counts(world: World) -> None:
    """As when the card of a key that was put back was made anew."""
    place, theirs = world.place("one"), world.place("two")
    place.card_file.unlink()
    other = place.create("Hospital one", key("one"), chain_id=77, host=NEW, port=30303)
    other.save(theirs.cards / "other.json")
    known = theirs.known_cards()
    assert other.validator not in known.enodes
    (unfit,) = known.unfit
    assert "other.json" in unfit.message
    assert "neither is newer" in unfit.message
    newer = move(place, key("one"), host="192.0.2.98").card
    newer.save(theirs.cards / "newer.json")
    known = theirs.known_cards()
    assert (known.enodes[other.validator], known.unfit) == (newer.enode, ())


def test_it_is_newer_than_one_from_a_clock_that_was_ahead(world: World) -> None:
    place = world.place("one")
    ahead = world.cards[0].issued_at + 2**40
    from_there = Card.make(
        "Hospital one",
        key("one"),
        ValidatorKey.load(place.key_file),
        chain_id=77,
        host="192.0.2.50",
        port=30303,
        issued_at=ahead,
    )
    place.put_own_card(from_there)
    assert move(place, key("one"), host=NEW).card.issued_at == ahead + 1


@pytest.mark.parametrize("changed", [{"issued_at": 5}, {"issued_at": 0}, {"issued_at": -1}, {}])
def test_nobody_makes_an_older_card_newer(
    world: World, tmp_path: Path, changed: dict[str, Any]
) -> None:
    """The time is signed: neither added to the first card nor changed, or taken from a later."""
    later = move(world.place("one"), key("one"), host=NEW).card.as_json()
    if not changed:
        later.pop("issued_at")
    first = world.cards[0].as_json()
    texts = [later | changed] + ([first | changed] if changed.get("issued_at") else [])
    for number, text in enumerate(texts):
        path = tmp_path / f"{number}.json"
        path.write_text(json.dumps(text))
        with pytest.raises(CardInvalid, match=re.escape(path.name)):
            Card.load(path)


def test_a_disk_that_was_lost_after_a_move_is_made_anew_from_the_first_cards(world: World) -> None:
    place = world.place("one")
    digest = place.assembled().digest
    moved = move(place, key("one"), host=NEW).card
    place.manifest.unlink()
    with pytest.raises(CardsUnfit):
        place.assemble(world.cards)
    assert place.assemble(world.cards, free_port(), joining=True).digest == digest
    known = place.known_cards()
    assert (len(known.cards), known.enodes[moved.validator]) == (4, moved.enode)
    assert world.cards[0].enode not in (place.path / "nodes.toml").read_text()
    assert tomllib.loads((place.path / "config.toml").read_text())["p2p-host"] == NEW


def test_what_is_wrong_changes_nothing(world: World, tmp_path: Path) -> None:
    place = world.place("one")
    before = world.files("one")
    for host, port, error in (
        ("one.example", None, CardFieldWrong),
        ("192.0.2.2", None, CardFieldWrong),
        (NEW, 0, CardFieldWrong),
    ):
        with pytest.raises(error):
            move(place, key("one"), host=host, port=port)
    with pytest.raises(NetworkNotAssembled):
        move(ValidatorFolder(tmp_path / "nowhere"), key("one"), host=NEW)
    assert world.files("one") == before
    shutil.copy(world.place("two").key_file, place.key_file)
    with pytest.raises(ValidatorKeyForeign):
        move(place, key("one"), host=NEW)


def test_one_that_a_unit_of_the_machine_started_is_not_moved(tmp_path: Path) -> None:
    """Nobody holds the folder's lock then; its RPC answers."""
    place = ValidatorFolder(tmp_path / "one")
    card = place.create("One", key("one"), chain_id=77, host="192.0.2.1", port=30303)
    with endpoint(methods({"admin_nodeInfo": {"enode": card.enode}})) as where:
        place.assemble([card], int(where.rpartition(":")[2]))
        with pytest.raises(ValidatorRuns):
            move(place, key("one"), host=NEW)
        assert move(place, key("one"), host="192.0.2.1").already
    assert Card.load(place.card_file) == card
    assert not move(place, key("one"), host=NEW).already
