"""The files that keep a validator running, in a folder whose name is odd."""

from __future__ import annotations

import os
import pwd
from typing import TYPE_CHECKING

import pytest
import yaml

from deploy.network.card import Card
from deploy.network.folder import ValidatorFolder
from tests.integration.world import key
from tests.unit.network.units import command, entries, paths, words

if TYPE_CHECKING:
    from pathlib import Path

NAMES = ("validator", "a b%c", "a $HOME ${x} b", 'a "b" c', "a 'b' \\n: #c")
JAVA = "#!/bin/sh\necho 'openjdk version \"25\"' >&2\n"


@pytest.fixture(params=NAMES)
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> ValidatorFolder:
    found = ValidatorFolder(tmp_path / request.param)
    found.create("one", key("one"), chain_id=7, host="192.0.2.7", port=30_303)
    return found


def assembled(folder: ValidatorFolder, name: str) -> str:
    folder.assemble([Card.load(folder.card_file)])
    return (folder.path / name).read_text()


def test_the_unit_starts_what_was_found_for_whom_the_folder_belongs_to(
    folder: ValidatorFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = tmp_path / "engines 100 %"
    for name, text in (("besu", ""), ("java", JAVA)):
        (engine / name / "bin").mkdir(parents=True)
        (engine / name / "bin" / name).write_text(text)
        (engine / name / "bin" / name).chmod(0o755)
    monkeypatch.setenv("BESU_HOME", str(engine / "besu"))
    monkeypatch.setenv("BESU_JAVA_HOME", str(engine / "java"))
    unit = entries(assembled(folder, "charter-validator.service"))
    config = folder.path / "config.toml"
    program = str(engine / "besu" / "bin" / "besu")
    assert command(unit["ExecStart"]) == [program, f"--config-file={config}"]
    assert paths(unit["ReadWritePaths"]) == [str(folder.path)]
    assert f"JAVA_HOME={engine / 'java'}" in words(unit["Environment"])
    assert unit["User"] == pwd.getpwuid(folder.path.stat().st_uid).pw_name


def test_without_an_engine_the_unit_names_the_usual_places(
    folder: ValidatorFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BESU_HOME", "/nowhere")
    unit = entries(assembled(folder, "charter-validator.service"))
    assert command(unit["ExecStart"])[0] == "/opt/besu/bin/besu"
    assert "JAVA_HOME=/opt/java" in words(unit["Environment"])


def test_the_container_sees_the_folder_and_may_unpack_libraries(folder: ValidatorFolder) -> None:
    composed = yaml.safe_load(assembled(folder, "compose.yaml"))["services"]["validator"]

    def filled_in(text: str) -> str:
        assert "$" not in text.replace("$$", ""), "a variable"
        return text.replace("$$", "$")

    assert [filled_in(each) for each in composed["command"]] == [
        f"--config-file={folder.path / 'config.toml'}"
    ]
    [volume] = composed["volumes"]
    assert {filled_in(volume[side]) for side in ("source", "target")} == {str(folder.path)}
    assert composed["user"] == f"{os.getuid()}:{os.getgid()}"
    # Docker mounts it without the right to run what lies there, unless it is told to.
    assert composed["tmpfs"] == ["/tmp:exec"]
