"""A validator that is started as its systemd unit says, by somebody else than `up`."""

from __future__ import annotations

import json
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from cli.main import run
from deploy.anvil import free_port
from deploy.network import process
from deploy.network.folder import ValidatorFolder
from tests.integration.world import key
from tests.network.consortium import CHAIN_ID, until
from tests.unit.network.units import command, entries, words

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def kept_running(folder: ValidatorFolder) -> Iterator[None]:
    """The unit's command runs inside the block, with the unit's environment, and is ended by it."""
    unit = entries((folder.path / "charter-validator.service").read_text())
    settings = dict(each.split("=", 1) for each in words(unit["Environment"]))
    environment = {"PATH": "/usr/bin:/bin", **settings}
    with (
        folder.log.open("ab") as log,
        subprocess.Popen(
            command(unit["ExecStart"]), env=environment, cwd="/", stdout=log, stderr=log
        ) as started,
    ):
        try:
            yield
        finally:
            started.terminate()


def test_it_is_seen_and_left_to_who_keeps_it_running(
    engine: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = ValidatorFolder(tmp_path / "a $b%c")
    card = folder.create(
        "Hospital", key("lasting"), chain_id=CHAIN_ID, host="127.0.0.1", port=free_port()
    )
    folder.assemble([card], free_port())
    status = ["network", "status", "--dir", str(folder.path), "--format", "json"]
    with kept_running(folder):
        until(lambda: process.status(folder).phase == "running")
        assert not (folder.path / "run.lock").exists()
        capsys.readouterr()
        assert run(status) in {0, 1, 5}
        [validator] = json.loads(capsys.readouterr().out)["validators"]
        assert (validator["phase"], validator["reached"]) == ("running", 1)
        with pytest.raises(process.EngineFailed, match="not started by"):
            process.down(folder)
        assert process.up(folder).already
    assert run(status) == 5
    [finding] = json.loads(capsys.readouterr().out)["validators"][0]["findings"]
    assert finding["code"] == "NotRunning"
