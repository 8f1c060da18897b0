"""`charter network` where there is no engine, or something is in the way."""

from __future__ import annotations

import fcntl
import os
import socket
from typing import TYPE_CHECKING

import pytest
import trustme

from deploy.anvil import free_port
from tests.journeys.swarm import PASSPHRASE, Swarm

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def machine(tmp_path: Path) -> Swarm:
    """A machine with one account's key."""
    made = Swarm(tmp_path, "")
    made.write("passphrase", PASSPHRASE + "\n")
    made.new_key("account")
    return made


@pytest.fixture
def no_besu(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("BESU_HOME", str(tmp_path / "nowhere"))


def key(machine: Swarm) -> None:
    machine.good(
        *("network", "key", "--name", "Alpha", "--account", "account", "--host", "127.0.0.1"),
        *("--port", str(free_port())),
    )


@pytest.mark.usefixtures("no_besu")
def test_nothing_is_made_where_there_is_no_engine(machine: Swarm, tmp_path: Path) -> None:
    refused = machine.run("network", "local", "4", "--dir", str(tmp_path / "trial"))
    assert refused.status == 7
    assert "EngineMissing" in refused.err
    assert not (tmp_path / "trial").exists()


@pytest.mark.usefixtures("no_besu")
def test_a_ceremony_needs_no_engine(machine: Swarm) -> None:
    key(machine)
    card = machine / "validator/card.json"
    told = machine.good("network", "assemble", card, "--rpc-port", str(free_port()))
    assert told["digest"].startswith("0x")
    up = machine.run("network", "up", "--format", "json")
    assert (up.status, up.error["code"]) == (7, "EngineMissing")
    down = machine.good("network", "down")
    assert down["validators"][0]["already"]
    status = machine.run("network", "status", "--format", "json")
    assert status.status == 5
    assert status.json["validators"][0]["findings"][0]["code"] == "NotRunning"
    shown = machine.run("network", "status")
    assert "never started" in shown.out


def test_the_key_and_the_passphrase_are_shown_nowhere(machine: Swarm) -> None:
    words = ("network", "key", "--name", "Alpha", "--account", "account", "--host", "127.0.0.1")
    result = machine.run(*words)
    secret = (machine.home / "validator" / "validator.key").read_text().strip()
    assert result.status == 0
    for text in (result.out, result.err, (machine.home / "validator" / "card.json").read_text()):
        assert secret not in text
        assert secret.removeprefix("0x") not in text
        assert PASSPHRASE not in text
    wrong = machine.write("other", "wrong\n")
    refused = machine.run(*words, "--dir", machine / "other-place", "--passphrase-file", wrong)
    assert "KeystorePassphraseWrong" in refused.err
    assert not (machine.home / "other-place").exists()


def test_a_damaged_network_is_made_again_from_the_same_cards(machine: Swarm) -> None:
    key(machine)
    words = ("network", "assemble", machine / "validator/card.json", "--rpc-port")
    told = machine.good(*words, str(free_port()))
    (machine.home / "validator" / "network.json").write_text("{")
    damaged = machine.run("network", "status")
    assert (damaged.status, "NetworkNotAssembled" in damaged.err) == (2, True)
    again = machine.good(*words, str(free_port()))
    assert (again["digest"], again["already"]) == (told["digest"], False)


def test_a_key_that_others_may_read_is_not_used(machine: Swarm) -> None:
    key(machine)
    file = machine.home / "validator" / "validator.key"
    file.chmod(0o644)
    (machine.home / "validator" / "card.json").unlink()
    refused = machine.run(
        *("network", "key", "--name", "Alpha", "--account", "account", "--host", "127.0.0.1")
    )
    assert (refused.status, "ValidatorKeyInsecure" in refused.err) == (7, True)


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Something that is found as Besu and Java, for what is looked at before they are started."""
    (tmp_path / "besu" / "bin").mkdir(parents=True)
    (tmp_path / "besu" / "bin" / "besu").touch(mode=0o755)
    (tmp_path / "java" / "bin").mkdir(parents=True)
    java = tmp_path / "java" / "bin" / "java"
    java.write_text("#!/bin/sh\necho 'openjdk version \"25.0.2\"' >&2\n")
    java.chmod(0o755)
    monkeypatch.setenv("BESU_HOME", str(tmp_path / "besu"))
    monkeypatch.setenv("BESU_JAVA_HOME", str(tmp_path / "java"))


def offered(machine: Swarm, host: str = "127.0.0.1") -> list[str]:
    """The options by which the RPC is offered to other machines, with files that need not fit."""
    words = ["--rpc-host", host]
    for name in ("keystore", "password-file", "login-key", "ca", "token-file"):
        words += [f"--rpc-{name}", machine.write(name, "text\n")]
    return words


def test_nobody_believes_the_rpc_closed_while_it_is_open(machine: Swarm) -> None:
    key(machine)
    words = ("network", "assemble", machine / "validator/card.json")
    first = machine.good(*words, "--rpc-port", "9000", *offered(machine))
    assert first["endpoint"] == "https://127.0.0.1:9000"
    again = machine.run(*words, "--format", "json")
    assert (again.json["endpoint"], again.json["already"]) == (first["endpoint"], True)
    assert "--rpc-local" in again.err
    moved = machine.run(*words, "--rpc-port", "9001", "--format", "json")
    assert moved.json["endpoint"] == "https://127.0.0.1:9001"
    assert "from its next start on" in moved.err
    both = machine.run(*words, "--rpc-local", *offered(machine))
    assert (both.status, "UsageInvalid" in both.err) == (2, True)
    back = machine.run(*words, "--rpc-local", "--format", "json")
    assert back.json["endpoint"] == "http://127.0.0.1:9001"
    assert "from its next start on" in back.err
    assert "--rpc-local" not in back.err


def test_monitoring_hears_of_files_that_cannot_be_used(machine: Swarm) -> None:
    """A validator that runs and cannot be asked is a finding, whatever the reason."""
    key(machine)
    machine.good("network", "assemble", machine / "validator/card.json", *offered(machine))
    (machine.home / "token-file").chmod(0o644)
    with (machine.home / "validator" / "run.lock").open("ab") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        for name in ("ca", "token-file"):
            status = machine.run("network", "status", "--format", "json")
            assert status.status == 5, name
            [told] = status.json["validators"]
            assert (told["phase"], told["level"]) == ("unknown", "critical")
            [finding] = told["findings"]
            assert finding["code"] == "NotAnswering"
            assert str(machine.home / name) in finding["text"]
            machine.write("ca", trustme.CA().cert_pem.bytes().decode())


@pytest.mark.usefixtures("engine")
def test_a_taken_port_is_told(machine: Swarm) -> None:
    key(machine)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        machine.good("network", "assemble", machine / "validator/card.json", "--rpc-port", port)
        refused = machine.run("network", "up", "--format", "json")
    assert (refused.status, refused.error["code"]) == (5, "PortTaken")
    assert not os.path.lexists(machine / "validator/run.json")


@pytest.mark.usefixtures("engine")
def test_a_validator_is_not_started_with_anothers_key(machine: Swarm) -> None:
    key(machine)
    machine.good("network", "assemble", machine / "validator/card.json")
    (machine.home / "validator" / "validator.key").write_text("0x" + 63 * "0" + "7\n")
    refused = machine.run("network", "up", "--format", "json")
    assert (refused.status, refused.error["code"]) == (7, "ValidatorKeyForeign")
    assert not os.path.lexists(machine / "validator/run.json")
