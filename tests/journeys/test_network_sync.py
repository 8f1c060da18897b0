"""`charter network sync` with contexts of other chains, and bad cards: on a real chain
that tells the swarm's state, beside an engine that answers what a test has it answer.
"""

from __future__ import annotations

import json
import os
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from unittest import mock
from urllib.parse import urlsplit

import click
import pytest

from cli.options import Invocation
from cli.session import Session
from cli.syncing import run_sync
from deploy import embedded
from deploy.anvil import free_port
from deploy.network.folder import ValidatorFolder
from deploy.network.sync import NetworkForeign
from governance.chain.keystore import Keystore
from governance.chain.rpc import Rpc
from tests.journeys.swarm import FOUNDERS, PASSPHRASE, Swarm
from tests.unit.chain.endpoints import SERVERS, endpoint, methods

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from deploy.network.card import Card

FOREIGN = "0x" + 64 * "f"
ASKED = {"eth_chainId", "eth_getBlockByNumber"}


@dataclass(frozen=True, slots=True)
class World:
    """A swarm, the first block of the chain that it stands on, and its members' cards.

    The first of the cards is that of the validator in `folder / "validator-alpha"`.
    """

    swarm: Swarm
    first: dict[str, Any]
    cards: list[Card]
    folder: Path


@pytest.fixture
def world(swarm: Swarm, tmp_path: Path) -> World:
    with Rpc(swarm.endpoint) as rpc:
        first = rpc.call("eth_getBlockByNumber", "0x0", False)
    keystore = Keystore(swarm.home / "keystores")
    cards = [
        ValidatorFolder(tmp_path / f"validator-{name}").create(
            f"{name.title()} Hospital",
            keystore.unlock(name, PASSPHRASE),
            chain_id=embedded.CHAIN_ID,
            host="127.0.0.1",
            port=free_port(),
        )
        for name in FOUNDERS
    ]
    return World(swarm, first, cards, tmp_path)


@contextmanager
def engine(world: World, **changed: Any) -> Iterator[tuple[str, ValidatorFolder]]:
    """An engine that lets in no account yet, and its validator's folder."""
    cards = world.cards
    table: dict[str, Any] = {
        "eth_chainId": hex(embedded.CHAIN_ID),
        "eth_getBlockByNumber": world.first,
        "qbft_getValidatorsByBlockNumber": [card.validator.lower() for card in cards],
        "qbft_getPendingVotes": {},
        "perm_getNodesAllowlist": [card.enode for card in cards],
        "perm_getAccountsAllowlist": [],
        "admin_peers": [{"enode": card.enode} for card in cards[1:]],
        "eth_syncing": False,
        "admin_nodeInfo": {"enode": cards[0].enode},
        "perm_reloadPermissionsFromFile": "Success",
        "qbft_proposeValidatorVote": True,
    }
    with endpoint(methods(table | changed)) as where:
        place = ValidatorFolder(world.folder / "validator-alpha")
        port = urlsplit(where).port
        assert port is not None
        place.assemble(cards, port)
        yield where, place


def asked(where: str) -> set[str]:
    """The methods that the engine was asked for."""
    bodies = (body for _, body in SERVERS[where].seen)
    requests = (each for body in bodies for each in (body if isinstance(body, list) else [body]))
    return {each["method"] for each in requests}


@pytest.mark.parametrize("words", [("--yes",), (), ("--watch", "--yes")])
@pytest.mark.parametrize("odd", ["eth_getBlockByNumber", "eth_chainId"])
def test_the_context_of_another_chain_steers_nothing(
    world: World, odd: str, words: tuple[str, ...]
) -> None:
    """As after `context use trial`: the numbers may be the same, the first blocks are not."""
    swarm, first = world.swarm, world.first
    other = {
        "eth_getBlockByNumber": first | {"hash": FOREIGN},
        "eth_chainId": hex(embedded.CHAIN_ID + 1),
    }
    with engine(world, **{odd: other[odd]}) as (where, place):
        files = {path: path.read_bytes() for path in place.path.rglob("*") if path.is_file()}
        command = ("network", "sync", "--dir", str(place.path), *words)
        refused = swarm.start(*command, "--format", "json", who="alpha")
        try:
            out, err = refused.communicate(timeout=60)
        finally:
            refused.kill()
        told = json.loads(err.splitlines()[-1])
        assert (refused.returncode, told["code"], out) == (5, "NetworkForeign", "")
        for named in (where, swarm.endpoint, first["hash"], f"chain {embedded.CHAIN_ID} "):
            assert named in told["message"]
        assert "--context" in told["remedy"]
        table = swarm.run(*command, who="alpha")
        assert (table.status, table.out) == (5, "")
        assert "Error [NetworkForeign]: Your validator" in table.err
        assert asked(where) == ASKED, "nothing else was asked of the validator"
        assert files == {
            path: path.read_bytes() for path in place.path.rglob("*") if path.is_file()
        }


def watch(
    swarm: Swarm, place: ValidatorFolder, where: str, looks: Sequence[Callable[[], None]]
) -> None:
    """Watches for so many looks, before each of which something is done; the last one ends it.

    Args:
        swarm: whose state is followed.
        place: the own validator's folder.
        where: the own engine.
        looks: what is done before each look.
    """
    left = iter(looks)

    def accounts() -> tuple[str, ...]:
        look = next(left, None)
        if look is None:
            raise KeyboardInterrupt
        look()
        return place.own_accounts()

    with (
        mock.patch.dict(os.environ, swarm.environment),
        click.Context(click.Command("sync")),
        Rpc(where) as rpc,
    ):
        run_sync(
            Session(Invocation("alpha", json=True, yes=True)),
            rpc,
            folder=place.path,
            watch=True,
            yes=True,
            cards=place.known_cards,
            extra=accounts,
            interval=0.0,
        )


def nothing() -> None:
    """Nothing happens before a look."""


def test_a_watch_ends_when_its_address_leads_to_another_chain(world: World) -> None:
    """As when the own validator is stopped, and a trial begins where it listened."""
    other = world.first | {"hash": FOREIGN}
    answers = [world.first, world.first]
    found = {"eth_getBlockByNumber": lambda *_: answers.pop() if answers else other}
    with engine(world, **found) as (where, place):
        with pytest.raises(NetworkForeign):
            watch(world.swarm, place, where, [nothing] * 9)
        requests = [body for _, body in SERVERS[where].seen]
        assert {each["method"] for each in requests[-1]} == ASKED
        acted = [body for body in requests if isinstance(body, dict)]
        assert sum(body["method"] == "perm_reloadPermissionsFromFile" for body in acted) == 2


def test_a_bad_card_is_told_by_name_and_members_are_followed(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    """A card that is half copied, and others that nobody could sign."""
    swarm, card = world.swarm, world.cards[1].as_json()
    accounts = [each.account.lower() for each in world.cards]
    with engine(world, perm_getAccountsAllowlist=accounts) as (where, place):
        half = place.cards / "joiner.json"

        def spoil() -> None:
            half.write_text(json.dumps(card)[:100])
            for name, odd in (("surrogate", {"name": "\ud800"}), ("big", {"chain_id": 2**256})):
                (place.cards / f"{name}.json").write_text(json.dumps(card | odd))

        def leave() -> None:
            swarm.good("member", "leave", "--yes", who="gamma")

        def repair() -> None:
            half.write_text(json.dumps(card))
            for name in ("surrogate", "big"):
                (place.cards / f"{name}.json").unlink()

        watch(swarm, place, where, [nothing, spoil, nothing, leave, nothing, repair, nothing])
    said = capsys.readouterr()
    assert "Ended." in said.err
    begun, spoilt, left, repaired = documents(said.out)
    names = ("joiner.json", "surrogate.json", "big.json")
    for name in names:
        assert [name in text for text in spoilt["warnings"]].count(True) == 1, "named once"
        assert name not in json.dumps([begun, repaired])
    assert spoilt["steps"] == begun["steps"], "what could be read before still counts"
    gone = {"action": "shut out account", "subject": swarm.address("gamma")}
    for plan in (left, repaired):
        assert gone in [{name: step[name] for name in gone} for step in plan["steps"]]


def test_a_bad_card_is_told_in_words(world: World) -> None:
    with engine(world) as (_, place):
        (place.cards / "joiner.json").write_text("{")
        shown = world.swarm.run("network", "sync", "--yes", "--dir", str(place.path), who="alpha")
    assert shown.status == 0
    assert "let in account" in shown.out
    assert shown.err.count("joiner.json") == 1
    assert f"Warning: The card {place.cards / 'joiner.json'} cannot be used" in shown.err


def documents(text: str) -> list[Any]:
    """JSON objects, one after the other."""
    found = []
    while text := text.lstrip():
        document, end = json.JSONDecoder().raw_decode(text)
        found.append(document)
        text = text[end:]
    return found
