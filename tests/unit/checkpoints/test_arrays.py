"""Updates in files: the same digest as in memory, and nothing read that the format does not say."""

from __future__ import annotations

import json
import os
import struct
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.checkpoints import (
    CheckpointError,
    UpdateInvalid,
    stored_arrays,
    update_digest,
    update_file_digest,
    write_safetensors,
)
from governance.checkpoints.arrays import LARGEST_HEADER

if TYPE_CHECKING:
    from collections.abc import Callable

VECTOR = json.loads(
    (Path(__file__).parents[2] / "vectors" / "update.json").read_text(encoding="utf-8")
)
ARRAYS = {
    "layer": np.arange(12, dtype="f4").reshape(3, 4),
    "bias": np.array(0.5),
    "ä": np.array([True, False]),
    "none": np.zeros((0, 3), "i2"),
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "update.safetensors"
    write_safetensors(path, ARRAYS)
    return path


@pytest.mark.parametrize("case", VECTOR["files"], ids=lambda case: case["name"])
def test_the_committed_files_have_the_committed_digests(
    case: dict[str, Any], tmp_path: Path
) -> None:
    path = tmp_path / f"w{case['ending']}"
    path.write_bytes(bytes.fromhex(case["bytes"]))
    assert update_file_digest(path).hex() == case["digest"]


def test_a_file_has_the_digest_of_its_arrays(file: Path) -> None:
    assert update_file_digest(file) == update_digest(ARRAYS)


def test_what_is_written_again_from_a_file_is_the_same(file: Path, tmp_path: Path) -> None:
    write_safetensors(tmp_path / "again.safetensors", stored_arrays(file))
    assert (tmp_path / "again.safetensors").read_bytes() == file.read_bytes()


def test_metadata_are_no_part_of_the_update(file: Path) -> None:
    length = struct.unpack("<Q", file.read_bytes()[:8])[0]
    data = file.read_bytes()[8 + length :]
    header = json.loads(file.read_bytes()[8 : 8 + length])
    told = json.dumps({"__metadata__": {"by": "somebody"}, **header}).encode()
    file.write_bytes(struct.pack("<Q", len(told)) + told + data)
    assert update_file_digest(file) == update_digest(ARRAYS)


@pytest.mark.parametrize("name", ["layer", "bias", "none", "ä"])
def test_numpys_own_files_are_updates_too(tmp_path: Path, name: str) -> None:
    np.save(tmp_path / "w.npy", ARRAYS[name])
    assert update_file_digest(tmp_path / "w.npy") == update_digest({"w": ARRAYS[name]})


def test_an_update_can_be_spread_over_a_folder(tmp_path: Path) -> None:
    (tmp_path / "layers").mkdir()
    (tmp_path / "readme.txt").write_text("no array")
    np.save(tmp_path / "layers" / "0.npy", ARRAYS["layer"])
    write_safetensors(tmp_path / "rest.safetensors", {"bias": ARRAYS["bias"]})
    expected = {"layers/0": ARRAYS["layer"], "bias": ARRAYS["bias"]}
    assert update_file_digest(tmp_path) == update_digest(expected)


def test_a_name_that_two_files_give_is_refused(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_safetensors(tmp_path / f"{name}.safetensors", ARRAYS)
    with pytest.raises(UpdateInvalid):
        update_file_digest(tmp_path)


def test_a_file_larger_than_a_piece_is_read_whole(tmp_path: Path) -> None:
    large = {"w": np.arange(700_000, dtype="f4")}
    write_safetensors(tmp_path / "w.safetensors", large)
    assert update_file_digest(tmp_path / "w.safetensors") == update_digest(large)


def test_a_file_that_changes_while_it_is_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    write_safetensors(path, {"w": np.zeros(700_000)})
    pieces = stored_arrays(path)["w"].pieces()
    next(pieces)
    os.truncate(path, 2**20)
    with pytest.raises(UpdateInvalid):
        list(pieces)


def test_a_file_that_was_exchanged_is_not_taken_for_the_one_before(tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    write_safetensors(path, {"w": np.zeros(3)})
    arrays = stored_arrays(path)
    path.unlink()
    write_safetensors(path, {"w": np.ones(3)})
    with pytest.raises(UpdateInvalid):
        update_digest(arrays)


def whole(header: Any, data: bytes = bytes(8)) -> bytes:
    told = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(told)) + told + data


def one(**changes: Any) -> dict[str, Any]:
    return {"w": {"dtype": "F64", "shape": [1], "data_offsets": [0, 8], **changes}}


def test_the_least_file_is_one() -> None:
    assert json.loads(whole(one())[8:-8]) == one()


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"\x00" * 7, id="half a length"),
        pytest.param(struct.pack("<Q", LARGEST_HEADER + 1), id="header too long"),
        pytest.param(struct.pack("<Q", 2**64 - 1) + b"{}", id="header beyond the file"),
        pytest.param(struct.pack("<Q", 100) + b"{}", id="header cut off"),
        pytest.param(whole({}, b""), id="no array"),
        pytest.param(whole({}), id="data of no array"),
        pytest.param(whole(b"[]"), id="no object"),
        pytest.param(whole(b"not json"), id="no JSON"),
        pytest.param(whole(b"\xff\xfe"), id="no text"),
        pytest.param(whole(b"[" * 100_000), id="deep"),
        pytest.param(whole(b" " + json.dumps(one()).encode()), id="begins with a blank"),
        pytest.param(whole(b'{"w":1,"w":2}'), id="name twice"),
        pytest.param(
            whole(b'{"w":{"dtype":"F64","dtype":"F64","shape":[1],"data_offsets":[0,8]}}'),
            id="field twice",
        ),
        pytest.param(whole(one(dtype="F128")), id="type unknown"),
        pytest.param(whole(one(dtype="F8_E4M3", shape=[8])), id="8-bit floats"),
        pytest.param(whole(one(dtype=1)), id="type no text"),
        pytest.param(whole(one(shape=[2])), id="shape too large"),
        pytest.param(whole(one(shape=[-1])), id="shape negative"),
        pytest.param(whole(one(shape=[1.0])), id="shape no whole number"),
        pytest.param(whole(one(shape=[True])), id="shape no number"),
        pytest.param(whole(one(shape=[1] * 65)), id="too many dimensions"),
        pytest.param(whole(one(shape=[2**62, 2**62, 0]), b""), id="empty, and places wrong"),
        pytest.param(whole(one(data_offsets=[8, 0])), id="places backwards"),
        pytest.param(whole(one(data_offsets=[0])), id="one place"),
        pytest.param(whole(one(data_offsets=[1, 9]), bytes(9)), id="gap before"),
        pytest.param(whole(one(), bytes(9)), id="something after"),
        pytest.param(whole(one(), bytes(7)), id="too short"),
        pytest.param(whole(one(more=1)), id="a field too many"),
        pytest.param(whole({"__metadata__": {"a": 1}, **one()}), id="metadata no text"),
        pytest.param(whole({"__metadata__": [], **one()}), id="metadata no object"),
        pytest.param(whole({**one(), "v": one()["w"]}), id="overlap"),
        pytest.param(whole({"": one()["w"]}), id="no name"),
        pytest.param(
            whole(
                {**one(), "v": {"dtype": "F64", "shape": [1], "data_offsets": [16, 24]}}, bytes(24)
            ),
            id="gap between",
        ),
    ],
)
def test_what_breaks_the_format_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "w.safetensors"
    path.write_bytes(content)
    with pytest.raises(UpdateInvalid) as caught:
        update_file_digest(path)
    assert caught.value.remedy


def _npy(**changes: Any) -> bytes:
    header = {"descr": "<f8", "fortran_order": False, "shape": (1,), **changes}
    told = repr(header).encode()
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(told)) + told + bytes(8)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"\x93NUMPY\x09\x00" + bytes(20), id="version unknown"),
        pytest.param(b"\x93NUMPY\x03\x00\xff\xff\xff\xff", id="header too long"),
        pytest.param(_npy(descr=">f8"), id="big-endian"),
        pytest.param(_npy(descr="|O"), id="objects"),
        pytest.param(_npy(descr=[("a", "<f8")]), id="fields"),
        pytest.param(_npy(shape=(2,)), id="too short"),
        pytest.param(_npy(shape=[1]), id="shape no tuple"),
        pytest.param(_npy(shape=(1, 1), fortran_order=True), id="columns first"),
        pytest.param(_npy(more=1), id="a field too many"),
        pytest.param(_npy(descr="<f8") + b"x", id="something after"),
        pytest.param(
            b"\x93NUMPY\x01\x00\x20\x00" + b"__import__('os').abort()        " + bytes(8), id="code"
        ),
    ],
)
def test_what_is_no_npy_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "w.npy"
    path.write_bytes(content)
    with pytest.raises(UpdateInvalid):
        update_file_digest(path)


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda path: path.symlink_to("/dev/zero"), id="link"),
        pytest.param(os.mkfifo, id="pipe"),
        pytest.param(lambda path: path.mkdir(), id="empty folder"),
        pytest.param(lambda path: None, id="nothing there"),
    ],
)
def test_only_plain_files_are_read(tmp_path: Path, make: Callable[[Path], Any]) -> None:
    path = tmp_path / "w.safetensors"
    make(path)
    with pytest.raises(CheckpointError):
        update_file_digest(path)


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    (tmp_path / "w.pt").write_bytes(b"PK\x03\x04")
    with pytest.raises(UpdateInvalid):
        update_file_digest(tmp_path / "w.pt")


@given(content=st.binary(max_size=200), length=st.integers(0, 200))
def test_no_bytes_break_the_reader(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, length: int
) -> None:
    path = tmp_path_factory.mktemp("fuzz") / "w.safetensors"
    path.write_bytes(struct.pack("<Q", length) + b'{"w":' + content)
    with pytest.raises(UpdateInvalid):
        update_file_digest(path)
