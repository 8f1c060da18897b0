"""What a validator's folder says of its RPC, when its network is assembled again."""

from __future__ import annotations

import fcntl
import tomllib
from pathlib import Path
from typing import Any

import pytest

from deploy.network.card import Card
from deploy.network.folder import ValidatorFolder
from deploy.network.process import ValidatorRuns
from deploy.network.serving import Serving
from tests.integration.world import key

FILES = [Path("/srv") / name for name in ("rpc.p12", "password", "login.pem", "ca.pem", "token")]
OFFERED = Serving("127.0.0.9", *FILES)
TEXTS = ("config.toml", "charter-validator.service", "compose.yaml", "network.json")


@pytest.fixture
def folder(tmp_path: Path) -> ValidatorFolder:
    found = ValidatorFolder(tmp_path / "validator")
    found.create("one", key("one"), chain_id=7, host="192.0.2.7", port=30_303)
    return found


@pytest.fixture
def cards(folder: ValidatorFolder) -> list[Card]:
    return [Card.load(folder.card_file)]


def config(folder: ValidatorFolder) -> dict[str, Any]:
    return tomllib.loads((folder.path / "config.toml").read_text())


def test_what_is_not_given_stays(folder: ValidatorFolder, cards: list[Card]) -> None:
    folder.assemble(cards, 9_000, serving=OFFERED)
    folder.assemble(cards)
    assert folder.assembled().endpoint == "https://127.0.0.9:9000"
    folder.assemble(cards, 9_001)
    assert folder.assembled().endpoint == "https://127.0.0.9:9001"
    assert config(folder)["rpc-http-port"] == 9_001
    assert config(folder)["rpc-http-authentication-enabled"] is True


def test_the_rpc_is_brought_back_to_its_machine(folder: ValidatorFolder, cards: list[Card]) -> None:
    folder.assemble(cards, 9_000, serving=OFFERED)
    folder.assemble(cards, local=True)
    assert folder.assembled().endpoint == "http://127.0.0.1:9000"
    assert config(folder)["rpc-http-host"] == "127.0.0.1"
    assert config(folder)["host-allowlist"] == ["localhost", "127.0.0.1"]
    for name in TEXTS:
        assert "127.0.0.9" not in (folder.path / name).read_text(), name


def test_a_validator_that_runs_keeps_its_files(folder: ValidatorFolder, cards: list[Card]) -> None:
    folder.assemble(cards, 9_000, serving=OFFERED)
    before = [(folder.path / name).read_bytes() for name in TEXTS]
    changes: list[dict[str, Any]] = [{"rpc_port": 9_001}, {"local": True}]
    with (folder.path / "run.lock").open("ab") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        for change in changes:
            with pytest.raises(ValidatorRuns):
                folder.assemble(cards, **change)
        folder.assemble(cards, 9_000, serving=OFFERED)
        assert [(folder.path / name).read_bytes() for name in TEXTS] == before
        # What it was started with is not known any more, and is not guessed.
        folder.manifest.write_text("{")
        with pytest.raises(ValidatorRuns):
            folder.assemble(cards)
    folder.assemble(cards)
    assert folder.assembled().endpoint == "http://127.0.0.1:8550"
