"""The file of a node's settings."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from governance.integrations.errors import NodeSettingsInvalid
from governance.integrations.settings import SCHEME, NodeSettings
from tests.unit.gate.world import STUDY

if TYPE_CHECKING:
    from pathlib import Path

SETTINGS = {
    "scheme": SCHEME,
    "endpoints": ["http://127.0.0.1:8545"],
    "trust": "/elsewhere/trust.json",
    "study": STUDY,
    "keystore": "keys",
    "key": "node",
    "passphrase_file": "passphrase",
    "signed": "signed",
    "evidence": "evidence.jsonl",
}


def write(folder: Path, **changes: Any) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "node.json"
    path.write_text(json.dumps({**SETTINGS, **changes}))
    return path


def test_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    settings = NodeSettings.load(write(tmp_path))
    assert settings.keystore == tmp_path / "keys"
    assert str(settings.trust) == "/elsewhere/trust.json"
    assert settings.study == STUDY


def test_one_path_serves_all_sites(tmp_path: Path) -> None:
    for site in ("a", "b"):
        write(tmp_path / site, key=f"node-{site}")
    path = tmp_path / "{site}" / "node.json"
    assert [NodeSettings.load(path, site).key for site in ("a", "b")] == ["node-a", "node-b"]


@pytest.mark.parametrize("site", ["", "..", "../b", "a/b", ".a", "a\0", "a\n"])
def test_a_site_names_no_other_place(tmp_path: Path, site: str) -> None:
    write(tmp_path / "b")
    with pytest.raises(NodeSettingsInvalid):
        NodeSettings.load(tmp_path / "{site}" / "node.json", site)


@pytest.mark.parametrize(
    "changes",
    [
        {"scheme": "swarm-charter/node/2"},
        {"endpoints": []},
        {"endpoints": "http://127.0.0.1:8545"},
        {"endpoints": [1]},
        {"study": "0x12"},
        {"key": None},
        {"more": 1},
    ],
)
def test_malformed_settings_are_refused(tmp_path: Path, changes: dict[str, Any]) -> None:
    with pytest.raises(NodeSettingsInvalid):
        NodeSettings.load(write(tmp_path, **changes))


@pytest.mark.parametrize(
    "text", ["", "[]", "{", "[" * 100_000, '{"scheme":"swarm-charter/node/1"}']
)
def test_what_is_no_settings_file_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "node.json"
    path.write_text(text)
    with pytest.raises(NodeSettingsInvalid):
        NodeSettings.load(path)
    with pytest.raises(NodeSettingsInvalid):
        NodeSettings.load(tmp_path / "nowhere.json")


def test_a_passphrase_is_the_first_line_of_a_file_for_its_owner_alone(tmp_path: Path) -> None:
    settings = NodeSettings.load(write(tmp_path))
    with pytest.raises(NodeSettingsInvalid, match="cannot be read"):
        settings._passphrase()
    settings.passphrase_file.touch(0o600)
    settings.passphrase_file.write_text("correct horse\nand more\n")
    assert settings._passphrase() == "correct horse"
    settings.passphrase_file.chmod(0o640)
    with pytest.raises(NodeSettingsInvalid, match="others may read"):
        settings._passphrase()
