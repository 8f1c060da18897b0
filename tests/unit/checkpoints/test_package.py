"""A checkpoint as it travels: written whole, read strictly."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from governance.checkpoints import (
    Accepted,
    Package,
    PackageInvalid,
    PackageTaken,
    RoundRecord,
    UpdateInvalid,
    model_digest,
    model_manifest,
    update_digest,
    write_package,
)
from tests.unit.gate.world import envelope

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from governance.checkpoints import SignedEnvelope

UPDATES = {number: {"weights": np.arange(4.0) * number} for number in (1, 2)}


def signed(number: int) -> SignedEnvelope:
    return envelope(number, update=update_digest(UPDATES[number]))


def record() -> RoundRecord:
    return RoundRecord(1, 1, tuple(Accepted(1, n, signed(n).envelope.digest) for n in UPDATES))


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tmp_path / "trained"
    (folder / "layers").mkdir(parents=True)
    np.save(folder / "weights.npy", np.arange(4.0))
    (folder / "layers" / "config.json").write_text("{}")
    return folder


@pytest.fixture
def folder(tmp_path: Path, model: Path) -> Path:
    updates = {signed(n).envelope.update: arrays for n, arrays in UPDATES.items()}
    place = tmp_path / "out" / "package"
    write_package(
        place, record=record(), envelopes=map(signed, (2, 1)), model=model, updates=updates
    )
    return place


def test_what_was_written_is_read(folder: Path, model: Path) -> None:
    package = Package.read(folder)
    assert package.record == record()
    assert set(package.envelopes) == {signed(1), signed(2)}
    assert model_digest(package.manifest()) == model_digest(model_manifest(model))
    for number, arrays in UPDATES.items():
        digest = signed(number).envelope.update
        assert digest in package.updates
        assert update_digest(package.update(digest)) == update_digest(arrays)


def test_nothing_is_overwritten_and_nothing_half_written_stays(folder: Path, model: Path) -> None:
    with pytest.raises(PackageTaken):
        write_package(folder, record=record(), envelopes=(), model=model)
    with pytest.raises(UpdateInvalid):
        write_package(
            folder.parent / "other",
            record=record(),
            envelopes=(),
            model=model,
            updates={bytes(32): {"w": "text"}},
        )
    assert [each.name for each in folder.parent.iterdir()] == ["package"]


def _append(name: str, data: bytes) -> Callable[[Path], Any]:
    return lambda folder: (folder / name).write_bytes((folder / name).read_bytes() + data)


def _twice(folder: Path) -> None:
    line = (folder / "envelopes.jsonl").read_bytes().split(b"\n")[0]
    (folder / "envelopes.jsonl").write_bytes(line + b"\n" + line + b"\n")


def _backwards(folder: Path) -> None:
    first, second, _ = (folder / "envelopes.jsonl").read_bytes().split(b"\n")
    (folder / "envelopes.jsonl").write_bytes(second + b"\n" + first + b"\n")


def _update_of(number: int) -> str:
    return f"updates/{signed(number).envelope.update.hex()}.safetensors"


def _link(name: str, target: str) -> Callable[[Path], None]:
    def link(folder: Path) -> None:
        place = folder / name
        place.rename(folder.parent / "elsewhere")
        place.symlink_to(target or folder.parent / "elsewhere")

    return link


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda folder: (folder / "more").write_text(""), id="a file too many"),
        pytest.param(lambda folder: (folder / "record.json").unlink(), id="no record"),
        pytest.param(lambda folder: (folder / "envelopes.jsonl").unlink(), id="no envelopes"),
        pytest.param(_append("record.json", b" "), id="record not canonical"),
        pytest.param(_append("envelopes.jsonl", b"\n"), id="empty line"),
        pytest.param(_append("envelopes.jsonl", b"{}"), id="line without end"),
        pytest.param(_append("envelopes.jsonl", b"{}\n"), id="no envelope"),
        pytest.param(_append("envelopes.jsonl", b"[" * 5000 + b"\n"), id="deep and long"),
        pytest.param(_twice, id="envelope twice"),
        pytest.param(_backwards, id="envelopes out of order"),
        pytest.param(_link("record.json", ""), id="record linked"),
        pytest.param(_link("record.json", "/dev/zero"), id="record without end"),
        pytest.param(_link("model", ""), id="model linked"),
        pytest.param(_link("updates", ""), id="updates linked"),
        pytest.param(
            lambda folder: (folder / "updates" / "x.safetensors").write_text(""), id="update's name"
        ),
        pytest.param(
            lambda folder: (folder / f"updates/{'0a' * 32}.safetensors").write_text(""),
            id="update that nobody announced",
        ),
        pytest.param(_link(_update_of(1), ""), id="update linked"),
        pytest.param(_link(_update_of(1), "/etc/passwd"), id="update linked to a foreign file"),
        pytest.param(
            lambda folder: (
                (folder / _update_of(1)).unlink(),
                os.mkfifo(folder / _update_of(1)),
            ),
            id="update a pipe",
        ),
        pytest.param(
            lambda folder: ((folder / "record.json").unlink(), os.mkfifo(folder / "record.json")),
            id="record a pipe",
        ),
    ],
)
def test_what_breaks_the_form_is_no_package(folder: Path, spoil: Callable[[Path], Any]) -> None:
    Package.read(folder)
    spoil(folder)
    with pytest.raises(PackageInvalid) as caught:
        Package.read(folder)
    assert caught.value.remedy


def test_what_is_no_folder_is_no_package(tmp_path: Path) -> None:
    with pytest.raises(PackageInvalid):
        Package.read(tmp_path / "nothing")


def test_an_update_that_leads_out_of_the_package_is_not_read(folder: Path) -> None:
    """Not even where it was put in place after the package was read."""
    read = Package.read(folder)
    _link(_update_of(1), "")(folder)
    with pytest.raises(UpdateInvalid):
        read.update(signed(1).envelope.update)
