import hashlib
import json

import numpy as np
import pytest

from governance.gate.update import UpdateInvalid, update_digest


def test_the_digest_is_over_types_shapes_and_elements() -> None:
    first = np.arange(6, dtype=np.float64).reshape(2, 3)
    second = np.array([1, -2], dtype=np.int32)
    header = json.dumps(
        {
            "arrays": [["float64", [2, 3]], ["int32", [2]]],
            "scheme": "swarm-charter/update/1",
        },
        separators=(",", ":"),
    ).encode()
    expected = hashlib.sha256(
        len(header).to_bytes(8, "big") + header + first.tobytes() + second.tobytes()
    ).digest()
    assert update_digest([first, second]) == expected


@pytest.mark.parametrize(
    "other",
    [
        [np.zeros(6)],
        [np.zeros((3, 2))],
        [np.zeros((2, 3), np.float32)],
        [np.zeros((2, 3), np.int64)],
        [np.zeros((2, 3)), np.zeros(0)],
        [np.full((2, 3), 5e-324)],
        [np.zeros((1, 3)), np.zeros((1, 3))],
    ],
)
def test_another_update_has_another_digest(other: list[np.ndarray]) -> None:
    assert update_digest(other) != update_digest([np.zeros((2, 3))])


def test_what_holds_the_array_does_not_matter() -> None:
    array = np.arange(4.0)
    assert update_digest([array]) == update_digest([memoryview(array)])
    assert update_digest((array,)) == update_digest([np.arange(8.0)[:4]])


def test_empty_and_scalar_arrays_have_digests_too() -> None:
    assert update_digest([np.zeros((0, 3))]) != update_digest([np.zeros((3, 0))])
    assert update_digest([np.float64(1.0)]) != update_digest([np.array([1.0])])


@pytest.mark.parametrize(
    "arrays",
    [
        [],
        [[1.0, 2.0]],
        [np.zeros((2, 3)).T],
        [np.zeros(3, ">f8")],
        [np.zeros(3, np.complex128)],
        [np.array(["a"])],
        [np.array([{}])],
    ],
    ids=["none", "list", "not in C order", "big-endian", "complex", "text", "objects"],
)
def test_what_has_no_one_form_is_refused(arrays: list[np.ndarray]) -> None:
    with pytest.raises(UpdateInvalid):
        update_digest(arrays)
