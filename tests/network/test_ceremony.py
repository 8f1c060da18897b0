"""Four institutions make a network out of four cards, each for itself."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from deploy.anvil import free_port
from tests.journeys.swarm import PASSPHRASE, Swarm
from tests.network.consortium import until

if TYPE_CHECKING:
    from tests.network.consortium import Consortium

NAMES = ("alpha", "beta", "gamma", "delta")
ORDERS = ((0, 1, 2, 3), (3, 2, 1, 0), (2, 0, 3, 1), (1, 3, 0, 2))


@pytest.fixture
def institutions(tmp_path: Path) -> dict[str, Swarm]:
    """Four machines: each has a home of its own with one account's key, and a card."""
    made = {}
    for name in NAMES:
        home = tmp_path / name
        home.mkdir()
        machine = Swarm(home, "")
        machine.write("passphrase", PASSPHRASE + "\n")
        machine.new_key("account")
        machine.good(
            *("network", "key", "--name", f"{name.title()} Hospital", "--account", "account"),
            *("--host", "127.0.0.1", "--port", str(free_port())),
        )
        made[name] = machine
    return made


def card_of(machine: Swarm) -> str:
    return machine / "validator/card.json"


def test_the_same_cards_make_the_same_network_everywhere(institutions: dict[str, Swarm]) -> None:
    cards = [card_of(machine) for machine in institutions.values()]
    digests, files = set(), set()
    for machine, order in zip(institutions.values(), ORDERS, strict=True):
        ordered = [cards[number] for number in order]
        told = machine.good("network", "assemble", *ordered, "--rpc-port", str(free_port()))
        assert not told["already"]
        digests.add(told["digest"])
        names = ("genesis.json", "static-nodes.json", "nodes.toml", "accounts.toml")
        files.add(tuple((machine.home / "validator" / name).read_bytes() for name in names))
        assert machine.good("network", "assemble", *ordered)["already"]
        assert (machine.home / "validator" / "validator.key").stat().st_mode & 0o777 == 0o600
    assert len(digests) == len(files) == 1


def test_a_card_that_was_altered_is_noticed(institutions: dict[str, Swarm]) -> None:
    alpha, *others = institutions.values()
    card = Path(card_of(others[0]))
    written = json.loads(card.read_text())
    card.write_text(json.dumps(written | {"port": written["port"] % 65_535 + 1}))
    cards = [card_of(machine) for machine in institutions.values()]
    for machine in (alpha, *others[1:]):
        refused = machine.run("network", "assemble", *cards, "--format", "json")
        assert refused.status == 2
        assert refused.error["code"] == "CardInvalid"
        assert not (machine.home / "validator" / "network.json").exists()


def test_who_hands_out_two_cards_is_noticed_by_the_digest(institutions: dict[str, Swarm]) -> None:
    """Both are signed; only comparing digests tells."""
    alpha, beta, gamma, delta = institutions.values()
    cards = [card_of(machine) for machine in institutions.values()]
    other = Path(delta / "other")
    delta.good(
        *("network", "key", "--name", "Delta Hospital", "--account", "account"),
        *("--host", "127.0.0.1", "--port", str(free_port()), "--dir", str(other)),
    )
    told = [alpha.good("network", "assemble", *cards)["digest"]]
    told.append(beta.good("network", "assemble", *cards[:3], str(other / "card.json"))["digest"])
    assert len(set(told)) == 2
    # Nor is it overwritten by and by.
    refused = alpha.run("network", "assemble", *cards[:3], str(other / "card.json"))
    assert refused.status == 7
    assert "NetworkOther" in refused.err
    gone = gamma.run("network", "assemble", *cards[:2], *cards[3:])
    assert gone.status == 2
    assert "CardsUnfit" in gone.err


def test_wrong_calls(institutions: dict[str, Swarm], tmp_path: Path) -> None:
    alpha = institutions["alpha"]
    again = ("network", "key", "--name", "Alpha Hospital", "--account", "account", "--host")
    moved = alpha.run(*again, "127.0.0.1", "--port", "9")
    assert (moved.status, "ValidatorExists" in moved.err) == (7, True)
    named = alpha.run(*again, "alpha.example", "--dir", str(tmp_path / "named"))
    assert (named.status, "CardFieldWrong" in named.err) == (2, True)
    assert not (tmp_path / "named" / "validator.key").exists()
    for command in ("up", "down", "status"):
        early = alpha.run("network", command)
        assert (early.status, "NetworkNotAssembled" in early.err) == (2, True)
        nowhere = alpha.run("network", command, "--dir", str(tmp_path / "nowhere"))
        assert (nowhere.status, "NoLocalNetwork" in nowhere.err) == (2, True)


def test_blocks_are_made_and_nothing_listens_beyond_loopback(consortium: Consortium) -> None:
    blocks = {name: consortium.block(name) for name in NAMES}
    until(lambda: all(consortium.block(name) > blocks[name] for name in NAMES), 60)
    seen = consortium.see("alpha")
    assert len(seen.validators) == len(seen.reached) == 4
    assert len(seen.sealers) >= seen.needed == 3
    listening = subprocess.run(
        ["ss", "-Hltnp"], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    pids = {f"pid={consortium.pid(name)}," for name in NAMES}
    ours = [line.split()[3] for line in listening if any(pid in line for pid in pids)]
    assert len(ours) == 8
    for address in ours:
        assert address.startswith(("127.0.0.1:", "[::ffff:127.0.0.1]:")), address


def test_status_as_a_person_and_a_monitor_see_it(consortium: Consortium) -> None:
    folder = ("--dir", str(consortium.place("alpha").path))
    told = consortium.swarm.run("network", "status", *folder, "--format", "json")
    assert told.status == 0, told.out
    assert told.json["level"] == "ok"
    assert told.json["validators"][0]["reached"] == 4
    shown = consortium.swarm.run("network", "status", *folder)
    assert "running" in shown.out
    again = consortium.swarm.good("network", "up", *folder)
    assert again["validators"][0]["already"]
