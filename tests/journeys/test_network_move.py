"""`charter network move`: a validator that is reached elsewhere, as its operator does it."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from deploy.anvil import free_port
from deploy.network.card import Card
from tests.journeys.swarm import PASSPHRASE, Swarm
from tests.unit.chain.endpoints import endpoint, methods

KEY = ("network", "key", "--name", "Alpha", "--account", "account", "--host", "192.0.2.1")
MOVE = ("network", "move", "--account", "account", "--host", "192.0.2.9")


@pytest.fixture
def machine(tmp_path: Path) -> Swarm:
    """A machine with two accounts' keys, and a validator of the first one's in a network of one."""
    made = Swarm(tmp_path, "")
    made.write("passphrase", PASSPHRASE + "\n")
    made.new_key("account")
    made.new_key("other")
    made.good(*KEY)
    card = made / "validator/card.json"
    made.good("network", "assemble", card, "--rpc-port", str(free_port()))
    return made


def test_a_new_card_is_made_and_told(machine: Swarm) -> None:
    told = machine.good(*MOVE, "--port", "30304")
    assert told["schema"] == "swarm-charter/cli/network-move/1"
    assert (told["host"], told["port"], told["already"]) == ("192.0.2.9", 30304, False)
    assert told["issued_at"] > 0
    assert told["account"] == machine.address("account")
    card = machine / "validator/card.json"
    assert told["card"] == card
    written = json.loads(Path(card).read_text())
    assert written == {name: told[name] for name in written}

    again = machine.run(*MOVE)
    assert (again.status, "already" in again.err) == (0, True)
    assert "192.0.2.9" in again.out
    assert "30304" in again.out
    assert machine.good(*MOVE)["issued_at"] == told["issued_at"]
    # Back again, from another account: it was changed meanwhile.
    back = machine.run("network", "move", "--account", "other", "--host", "192.0.2.1")
    assert back.status == 0
    assert f"Give the card {card} to every other institution" in back.err
    assert machine.address("other") in back.out


def test_a_key_that_was_made_says_how_to_move(machine: Swarm) -> None:
    refused = machine.run(*KEY[:-1], "192.0.2.9", "--format", "json")
    assert (refused.status, refused.error["code"]) == (7, "ValidatorExists")
    assert "charter network move" in refused.error["remedy"]


def test_wrong_calls_change_nothing(machine: Swarm, tmp_path: Path) -> None:
    def files() -> dict[Path, bytes]:
        folder = machine.home / "validator"
        return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}

    before = files()
    elsewhere = str(tmp_path / "nowhere")
    for status, code, words in (
        (2, "UsageInvalid", MOVE[:-2]),
        (2, "UsageInvalid", (*MOVE, "--port", "0")),
        (2, "UsageInvalid", (*MOVE, "192.0.2.8")),
        (2, "CardFieldWrong", (*MOVE[:-1], "alpha.example")),
        (2, "NetworkNotAssembled", (*MOVE, "--dir", elsewhere)),
        (7, "KeystoreUnknown", ("network", "move", "--account", "nobody", "--host", "192.0.2.9")),
        (7, "KeystorePassphraseWrong", (*MOVE, "--passphrase-file", machine.write("no", "no\n"))),
    ):
        refused = machine.run(*words, "--format", "json")
        assert (refused.status, refused.error["code"], refused.out) == (status, code, ""), words
        assert f"Error [{code}]: " in machine.run(*words).err
    assert files() == before


def test_one_that_runs_is_not_moved(machine: Swarm, tmp_path: Path) -> None:
    place = ("--dir", str(tmp_path / "running"))
    machine.good(*KEY, *place)
    card = str(tmp_path / "running" / "card.json")
    with endpoint(methods({"admin_nodeInfo": {"enode": Card.load(Path(card)).enode}})) as where:
        port = str(urlsplit(where).port)
        machine.good("network", "assemble", card, "--rpc-port", port, *place)
        refused = machine.run(*MOVE, *place, "--format", "json")
        assert (refused.status, refused.error["code"]) == (7, "ValidatorRuns")
        assert "charter network down" in refused.error["remedy"]
        assert "Error [ValidatorRuns]: The validator in " in machine.run(*MOVE, *place).err
    assert not machine.good(*MOVE, *place)["already"]


def test_bad_cards_make_no_network(machine: Swarm, tmp_path: Path) -> None:
    """Following members goes on without one; beginning with one does not."""
    text = json.loads((machine.home / "validator" / "card.json").read_text())
    for number, odd in enumerate(({"name": "\ud800"}, {"chain_id": 2**256}, {"issued_at": 1})):
        bad = machine.write(f"bad-{number}.json", json.dumps(text | odd))
        place = ("--dir", str(tmp_path / "other"))
        machine.good(*KEY, *place)
        refused = machine.run("network", "assemble", bad, *place, "--format", "json")
        assert (refused.status, refused.error["code"]) == (2, "CardInvalid")
        assert bad in refused.error["message"]
