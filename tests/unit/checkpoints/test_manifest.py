from __future__ import annotations

import hashlib
import json
import os
import unicodedata
from pathlib import Path

import pytest

from governance.checkpoints import (
    ModelFile,
    ModelFilesInvalid,
    ModelManifest,
    model_digest,
    model_manifest,
)

VECTOR = json.loads(
    (Path(__file__).parents[2] / "vectors" / "model.json").read_text(encoding="utf-8")
)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    for path, content in VECTOR["files"].items():
        place = tmp_path / "model" / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(bytes.fromhex(content))
    return tmp_path / "model"


def test_the_committed_model_has_the_committed_digest(model: Path) -> None:
    manifest = model_manifest(model)
    assert manifest.canonical().decode() == VECTOR["canonical"]
    assert model_digest(manifest).hex() == VECTOR["digest"]


def test_the_digest_follows_from_standard_tools_alone(model: Path) -> None:
    files = [
        {
            "path": path,
            "sha256": "0x" + hashlib.sha256(bytes.fromhex(content)).hexdigest(),
            "size": len(content) // 2,
        }
        for path, content in sorted(VECTOR["files"].items())
    ]
    text = json.dumps(
        {"files": files, "scheme": "swarm-charter/model/1"},
        separators=(",", ":"),
        ensure_ascii=False,
    )
    assert model_digest(model_manifest(model)) == hashlib.sha256(text.encode()).digest()


@pytest.mark.parametrize("threads", [1, 8])
def test_order_and_threads_change_nothing(model: Path, threads: int) -> None:
    files = list(VECTOR["files"])
    for order in (files, files[::-1]):
        manifest = model_manifest(model, order, threads=threads)
        assert model_digest(manifest).hex() == VECTOR["digest"]


def test_one_file_is_a_model_too(model: Path) -> None:
    [file] = model_manifest(model / "config.json").files
    content = bytes.fromhex(VECTOR["files"]["config.json"])
    assert file == ModelFile("config.json", len(content), hashlib.sha256(content).digest())


def test_some_files_are_another_model(model: Path) -> None:
    assert model_digest(model_manifest(model, ["config.json"])).hex() != VECTOR["digest"]


def test_a_flipped_bit_a_new_name_and_a_moved_border_are_other_models(model: Path) -> None:
    first = model_digest(model_manifest(model))
    (model / "config.json").write_bytes(b"{} ")
    second = model_digest(model_manifest(model))
    (model / "config.json").rename(model / "config2.json")
    third = model_digest(model_manifest(model))
    assert len({first, second, third}) == 3


def test_names_are_the_same_however_a_system_writes_them(tmp_path: Path) -> None:
    digests = set()
    for form in ("NFC", "NFD"):
        folder = tmp_path / form
        folder.mkdir()
        (folder / unicodedata.normalize(form, "gewicht-ä.bin")).write_bytes(b"x")
        digests.add(model_digest(model_manifest(folder)))
    assert len(digests) == 1


def test_a_large_file_is_read_in_pieces(tmp_path: Path) -> None:
    with (tmp_path / "large").open("wb") as stream:
        stream.truncate(64 << 20)
    [file] = model_manifest(tmp_path).files
    assert (file.size, file.sha256) == (64 << 20, hashlib.sha256(bytes(64 << 20)).digest())


def refused(root: Path, files: list[str] | None = None) -> str:
    with pytest.raises(ModelFilesInvalid) as caught:
        model_manifest(root, files)
    assert caught.value.code == "ModelFilesInvalid"
    return caught.value.message


def test_two_names_that_normalise_to_one_are_refused(tmp_path: Path) -> None:
    for form in ("NFC", "NFD"):
        (tmp_path / unicodedata.normalize(form, "ä")).write_bytes(b"x")
    if len(list(tmp_path.iterdir())) == 1:
        pytest.skip("this file system normalises names itself")
    assert "Two files of the model have the name 'ä'" in refused(tmp_path)


def test_one_file_named_twice_is_refused(model: Path) -> None:
    assert "Two files" in refused(model, ["config.json", "./config.json"])


@pytest.mark.parametrize("path", ["../model/config.json", "/etc/hostname", ".", "a/../config.json"])
def test_a_path_that_leaves_the_folder_is_refused(model: Path, path: str) -> None:
    assert "does not stay within" in refused(model, [path])


def test_symbolic_links_are_refused(model: Path, tmp_path: Path) -> None:
    (model / "link").symlink_to(model / "config.json")
    assert "is a symbolic link" in refused(model)
    (model / "link").unlink()
    (model / "folder").symlink_to(tmp_path)
    assert "is a symbolic link" in refused(model)
    (tmp_path / "outside").write_bytes(b"x")
    assert "is a symbolic link" in refused(model, ["folder/outside"])


def test_what_is_no_plain_file_is_refused(model: Path) -> None:
    os.mkfifo(model / "pipe")
    assert "is no plain file" in refused(model)


def test_a_missing_or_empty_model_is_refused(tmp_path: Path) -> None:
    assert "has no files" in refused(tmp_path)
    assert "cannot be read" in refused(tmp_path / "nothing")
    assert "cannot be read" in refused(tmp_path, ["nothing"])


@pytest.mark.parametrize("name", ["a\\b", "a\nb", "a\x7fb"])
def test_a_name_that_not_every_system_allows_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"x")
    assert "not every system allows" in refused(tmp_path)


def test_a_file_that_changes_while_it_is_read_is_refused(
    model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = hashlib.file_digest

    def slowly(stream: object, name: str) -> object:
        digest = whole(stream, name)  # type: ignore[arg-type]
        (model / "config.json").write_bytes(b"another one, longer than before")
        return digest

    monkeypatch.setattr(hashlib, "file_digest", slowly)
    assert "changed while it was read" in refused(model, ["config.json"])


def test_a_manifest_knows_no_order_but_its_own() -> None:
    files = (ModelFile("a", 1, bytes(32)), ModelFile("b", 2, bytes(32)))
    assert ModelManifest(files).canonical() == (
        b'{"files":[{"path":"a","sha256":"0x' + b"0" * 64 + b'","size":1},'
        b'{"path":"b","sha256":"0x' + b"0" * 64 + b'","size":2}],'
        b'"scheme":"swarm-charter/model/1"}'
    )
