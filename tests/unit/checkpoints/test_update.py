from __future__ import annotations

import array
import ctypes
import hashlib
import json
import struct
import sys
import types
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from governance.checkpoints import UpdateInvalid, update_digest, update_digests

VECTOR = json.loads(
    (Path(__file__).parents[2] / "vectors" / "update.json").read_text(encoding="utf-8")
)
WEIGHTS = np.arange(12, dtype="f4").reshape(3, 4)


def reference(arrays: dict[str, np.ndarray[Any, Any]]) -> bytes:
    """The byte form as its definition says, by numpy and the standard library."""

    def text(value: str) -> bytes:
        return struct.pack(">Q", len(value.encode())) + value.encode()

    form = text("swarm-charter/update/1") + struct.pack(">Q", len(arrays))
    for name in sorted(arrays, key=str.encode):
        value = arrays[name]
        little = value.astype(value.dtype.newbyteorder("<"))
        kind = value.dtype.kind
        form += text(name) + text(f"{kind}{value.dtype.itemsize}")
        form += struct.pack(f">Q{value.ndim}Q", value.ndim, *value.shape)
        form += little.tobytes(order="C")
    return hashlib.sha256(form).digest()


IN_NUMPY = [case for case in VECTOR["cases"] if case["name"] != "bfloat16"]


@pytest.mark.parametrize("case", IN_NUMPY, ids=lambda case: case["name"])
def test_the_committed_updates_have_the_committed_digests(case: dict[str, Any]) -> None:
    arrays = {
        name: np.frombuffer(bytes.fromhex(a["data"]), dtype="<" + a["dtype"]).reshape(a["shape"])
        for name, a in case["arrays"].items()
    }
    assert update_digest(arrays).hex() == case["digest"]


dtypes = (
    hnp.boolean_dtypes()
    | hnp.integer_dtypes(endianness="?")
    | hnp.unsigned_integer_dtypes(endianness="?")
    | hnp.floating_dtypes(endianness="?", sizes=(16, 32, 64))
)
names = st.text(st.characters(codec="ascii", exclude_categories=("C",)), min_size=1, max_size=8)


@given(st.dictionaries(names, hnp.arrays(dtypes, hnp.array_shapes(min_dims=0)), min_size=1))
def test_every_update_has_the_digest_of_its_byte_form(
    arrays: dict[str, np.ndarray[Any, Any]],
) -> None:
    assert update_digest(arrays) == reference(arrays)


@pytest.mark.parametrize(
    "same",
    [
        WEIGHTS.astype(">f4"),
        np.asfortranarray(WEIGHTS),
        np.stack([WEIGHTS, WEIGHTS], axis=-1)[:, :, 0],
        WEIGHTS[::-1][::-1],
        memoryview(WEIGHTS),
        ((ctypes.c_float * 4) * 3)(*[tuple(map(float, row)) for row in WEIGHTS]),
    ],
)
def test_how_an_array_lies_in_memory_changes_nothing(same: Any) -> None:
    assert update_digest({"w": same}) == update_digest({"w": WEIGHTS})


def test_arrays_of_the_standard_library_are_arrays() -> None:
    assert update_digest({"w": array.array("d", [1.5, 2.5])}) == update_digest(
        {"w": np.array([1.5, 2.5])}
    )


def test_what_becomes_a_numpy_array_is_one() -> None:
    class Tensor:
        def __array__(self) -> np.ndarray[Any, Any]:
            return WEIGHTS

    assert update_digest({"w": Tensor()}) == update_digest({"w": WEIGHTS})


class FakeTensor:
    """Stands in for `torch.Tensor`: as strict as torch is about what can become a numpy array."""

    def __init__(self, array: Any, dtype: str = "", *, requires_grad: bool = False) -> None:
        self.array, self.dtype, self.requires_grad = array, dtype, requires_grad
        self.device = "cuda"

    def detach(self) -> FakeTensor:
        return FakeTensor(self.array, self.dtype)

    def cpu(self) -> FakeTensor:
        self.device = "cpu"
        return self

    def resolve_conj(self) -> FakeTensor:
        return self

    resolve_neg = resolve_conj

    def contiguous(self) -> FakeTensor:
        self.array = np.ascontiguousarray(self.array).reshape(self.array.shape)
        return self

    def view(self, dtype: str) -> FakeTensor:
        return FakeTensor(self.array.view(dtype)).cpu()

    def numpy(self) -> Any:
        if self.requires_grad or self.device != "cpu" or self.dtype:
            raise TypeError("can't convert to numpy")
        return self.array


@pytest.fixture
def torch(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = types.ModuleType("torch")
    fake.Tensor, fake.bfloat16, fake.int16 = FakeTensor, "bfloat16", "i2"  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "torch", fake)


@pytest.mark.usefixtures("torch")
def test_a_tensor_of_torch_is_an_array_wherever_and_however_it_lies() -> None:
    for value in (WEIGHTS, WEIGHTS.T, WEIGHTS[::2], np.array(3.5), np.zeros((0, 2), "f2")):
        tensor = FakeTensor(value, requires_grad=True)
        assert update_digest({"w": tensor}) == update_digest({"w": value})


@pytest.mark.usefixtures("torch")
def test_bfloat16_has_its_own_type_and_no_other_is_taken_for_it() -> None:
    (case,) = (each for each in VECTOR["cases"] if each["name"] == "bfloat16")
    bits = np.frombuffer(bytes.fromhex(case["arrays"]["w"]["data"]), "<i2")
    assert update_digest({"w": FakeTensor(bits, "bfloat16")}).hex() == case["digest"]
    assert update_digest({"w": bits}).hex() != case["digest"]
    with pytest.raises(UpdateInvalid):
        update_digest({"w": FakeTensor(bits, "float8_e4m3fn")})


def test_real_tensors_are_arrays() -> None:
    torch = pytest.importorskip("torch")
    weights = torch.arange(12, dtype=torch.float32).reshape(3, 4)
    for tensor in (weights, weights.T, weights[::2], weights[0, 0], weights.requires_grad_()):
        expected = tensor.detach().numpy().copy()
        assert update_digest({"w": tensor}) == update_digest({"w": expected})
    (case,) = (each for each in VECTOR["cases"] if each["name"] == "bfloat16")
    small = torch.tensor([1.0, -2.0, float("nan")], dtype=torch.bfloat16)
    assert update_digest({"w": small}).hex() == case["digest"]
    with pytest.raises(UpdateInvalid):
        update_digest({"w": torch.eye(3).to_sparse()})


def test_several_updates_have_the_digests_that_each_has() -> None:
    updates = [{"w": np.full(1000, number)} for number in range(9)]
    assert update_digests(updates) == [update_digest(each) for each in updates]
    with pytest.raises(UpdateInvalid):
        update_digests([*updates, {}])


def test_the_order_of_the_names_changes_nothing() -> None:
    a, b = np.zeros(2), np.ones(2)
    assert update_digest({"a": a, "b": b}) == update_digest({"b": b, "a": a})


@pytest.mark.parametrize(
    "other",
    [
        {"v": WEIGHTS},
        {"w": WEIGHTS.astype("f8")},
        {"w": WEIGHTS.view("i4")},
        {"w": WEIGHTS.view("u4")},
        {"w": WEIGHTS.reshape(4, 3)},
        {"w": WEIGHTS.reshape(12)},
        {"w": WEIGHTS.T},
        {"w": -WEIGHTS},
        {"w": WEIGHTS, "x": np.zeros(0)},
        {"w": WEIGHTS[:2], "x": WEIGHTS[2:]},
    ],
)
def test_another_update_has_another_digest(other: dict[str, Any]) -> None:
    assert update_digest(other) != update_digest({"w": WEIGHTS})


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"": WEIGHTS},
        {"ä": WEIGHTS, "a\u0308": WEIGHTS},
        {"w": [1.0, 2.0]},
        {"w": None},
        {"w": 1.0},
        {"w": "text"},
        {"w": np.array(["text"])},
        {"w": np.array([None])},
        {"w": np.array([1j])},
        {"w": np.array(["2030-01-01"], dtype="M8[s]")},
        {"w": np.zeros(2, dtype=[("a", "f4"), ("b", "f4")])},
        {"w": np.zeros(2, dtype=np.longdouble)},
    ],
    ids=str,
)
def test_what_is_no_update_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(UpdateInvalid) as caught:
        update_digest(wrong)
    assert caught.value.remedy
