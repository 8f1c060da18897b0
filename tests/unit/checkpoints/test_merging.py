"""Merges have the same bits wherever they are computed."""

from __future__ import annotations

import hashlib
import itertools
import math
import subprocess
import sys
from fractions import Fraction
from itertools import permutations
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.checkpoints import (
    MERGES,
    Loaded,
    MergeInvalid,
    MergeUnknown,
    MergeWithoutNumpy,
    merge_by_name,
    recompute,
    stored_arrays,
    update_digest,
    write_safetensors,
)
from tests.unit.gate.world import envelope

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from governance.checkpoints import SignedEnvelope

floats = st.floats(-(2.0**100), 2.0**100, width=32)
triples = st.lists(floats, min_size=3, max_size=3)
rounds = st.lists(st.tuples(st.integers(1, 2**40), triples), min_size=1, max_size=5)


def sent(number: int, records: int, array: Any) -> tuple[SignedEnvelope, dict[str, Any]]:
    arrays = {"w": array}
    return envelope(number, records=records, update=update_digest(arrays)), arrays


def by_hand(
    parts: Sequence[tuple[SignedEnvelope, dict[str, Any]]], before: Sequence[float] | None
) -> list[float]:
    """The weighted mean with the standard library alone, one operation after the other."""
    ordered = sorted(parts, key=lambda part: part[0].envelope.update)
    total = float(sum(signed.envelope.records for signed, _ in ordered))
    result = []
    for place in range(3):
        value = 0.0
        for signed, arrays in ordered:
            value = value + float(arrays["w"][place]) * float(signed.envelope.records)
        value = value / total
        if before is not None:
            value = before[place] + value
        result.append(float(np.float32(value)))
    return result


@given(st.data())
def test_the_weighted_mean_is_what_its_definition_says(data: st.DataObject) -> None:
    drawn = data.draw(rounds)
    parts = [sent(n, records, np.array(w, "f4")) for n, (records, w) in enumerate(drawn, 1)]
    before = np.array(data.draw(triples), "f4")
    model = {"w": before}
    mixed = data.draw(st.permutations(parts))
    plain = recompute(merge_by_name("weighted-mean"), model, [mixed])["w"]
    assert plain.dtype == np.dtype("<f4")
    assert plain.tolist() == by_hand(parts, None)
    changed = recompute(merge_by_name("weighted-mean-change"), model, [mixed])["w"]
    assert changed.tolist() == by_hand(parts, before.tolist())


def test_the_mean_leaves_records_aside_and_rounds_once() -> None:
    parts = [sent(1, 5, np.array([1.0, 2.0], "f2")), sent(2, 0, np.array([2.0, 2.001], "f2"))]
    merged = recompute(merge_by_name("mean"), {}, [parts])["w"]
    exact = (Fraction(2) + Fraction(float(np.float16(2.001)))) / 2
    assert merged.tolist() == [1.5, float(np.float16(float(exact)))]


def test_who_signed_makes_no_difference_to_the_bits() -> None:
    arrays = [np.array([0.1]), np.array([1e16]), np.array([-1e16]), np.array([0.7])]
    merged = {
        recompute(
            merge_by_name("mean"),
            {},
            [[sent(node, 1, array) for node, array in zip(nodes, arrays, strict=True)]],
        )["w"].tobytes()
        for nodes in permutations((1, 2, 3, 4))
    }
    assert len(merged) == 1


def test_whole_numbers_are_rounded_to_even() -> None:
    parts = [sent(1, 1, np.array([1, 3, 7])), sent(2, 1, np.array([2, 4, 7]))]
    merged = recompute(merge_by_name("mean"), {}, [parts])["w"]
    assert (merged.tolist(), merged.dtype) == ([2, 4, 7], np.dtype("<i8"))


def test_each_round_goes_on_from_the_one_before_and_an_empty_one_changes_nothing() -> None:
    first, second = sent(1, 1, np.array([1.0])), sent(2, 1, np.array([10.0]))
    model = {"w": np.array([100.0])}
    assert recompute(merge_by_name("mean-change"), model, [[first], [], [second]])["w"] == [111.0]
    assert recompute(merge_by_name("mean"), model, [[first], [], [second]])["w"] == [10.0]


def test_a_merge_of_ones_own_is_a_function_and_gets_the_common_order() -> None:
    seen: list[bytes] = []

    def last(model: Any, parts: Any) -> Any:
        seen.extend(signed.envelope.update for signed, _ in parts)
        return parts[-1][1]

    parts = [sent(n, 1, np.array([float(n)])) for n in (1, 2, 3, 4)]
    recompute(last, {}, [parts])
    assert seen == sorted(seen)


def test_arrays_in_files_merge_to_the_same_bits(tmp_path: Path) -> None:
    parts = [sent(n, n, np.linspace(-1, n, 7, dtype="f4")) for n in (1, 2)]
    stored = []
    for number, (signed, arrays) in enumerate(parts):
        write_safetensors(tmp_path / f"{number}.safetensors", arrays)
        stored.append((signed, Loaded(stored_arrays(tmp_path / f"{number}.safetensors"))))
    merge = merge_by_name("weighted-mean")
    assert update_digest(merge({}, stored)) == update_digest(merge({}, parts))


@pytest.mark.parametrize(
    ("name", "arrays"),
    [
        ("mean", [np.array([True])]),
        ("mean", [np.array([math.inf])]),
        ("mean", [np.array([math.nan])]),
        ("mean", [np.array([3e38, 1.0], "f4"), np.array([1.0], "f4")]),
        ("mean", [np.array([1.0], "f4"), np.array([1.0], "f8")]),
        ("mean", [np.array([2**53 + 2])]),
        ("weighted-mean-change", [np.array([1.0]), np.array([1.0, 2.0])]),
        ("mean-change", [np.array([1.0, 2.0])]),
    ],
)
def test_what_has_no_one_result_is_not_merged(name: str, arrays: list[Any]) -> None:
    parts = [sent(number, 1, array) for number, array in enumerate(arrays, 1)]
    with pytest.raises(MergeInvalid):
        recompute(merge_by_name(name), {"w": np.array([1.0])}, [parts])


def test_updates_of_other_names_and_without_records_are_not_merged() -> None:
    one = sent(1, 0, np.array([1.0]))
    other = (envelope(2, records=0), {"v": np.array([1.0])})
    with pytest.raises(MergeInvalid):
        recompute(merge_by_name("mean"), {}, [[one, other]])
    with pytest.raises(MergeInvalid):
        recompute(merge_by_name("weighted-mean"), {}, [[one]])
    with pytest.raises(MergeInvalid):
        recompute(merge_by_name("mean-change"), {}, [[one]])


def test_a_sum_beyond_the_type_is_refused_and_not_infinite() -> None:
    parts = [sent(number, 1, np.array([6e4], "f2")) for number in (1, 2)]
    assert recompute(merge_by_name("mean"), {}, [parts])["w"] == [np.float16(6e4)]
    with pytest.raises(MergeInvalid):
        recompute(merge_by_name("mean-change"), {"w": np.array([6e4], "f2")}, [parts])


def test_without_numpy_a_merge_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "numpy", None)
    with pytest.raises(MergeWithoutNumpy):
        merge_by_name("mean")({}, [(envelope(1), {"w": object()})])


def test_a_named_merge_orders_the_updates_itself() -> None:
    parts = [sent(n, n, np.array([10.0 ** (9 * n)])) for n in (1, 2, 3, 4)]
    merge = merge_by_name("weighted-mean")
    assert len({merge({}, order)["w"].tobytes() for order in itertools.permutations(parts)}) == 1


def test_reading_and_examining_loads_nothing_heavy() -> None:
    told = subprocess.run(
        [
            sys.executable,
            "-c",
            "import governance.checkpoints, sys; print(*sys.modules)",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    heavy = {"numpy", "torch", "web3", "eth_account", "pydantic", "flwr", "nvflare"}
    assert not heavy & set(told.stdout.split())


def test_there_is_no_merge_of_another_name() -> None:
    with pytest.raises(MergeUnknown) as caught:
        merge_by_name("median")
    assert all(name in caught.value.remedy for name in MERGES)


def test_the_merge_of_a_fixed_update_has_fixed_bits() -> None:
    """Computed on one machine once; every other one must find the same."""
    bits = hashlib.sha512(b"bits").digest()
    numbers = np.frombuffer(bits, "<u4").astype("<f8") / 2**31 - 1
    parts = [sent(n, 97 * n, (numbers * n).astype("<f4")) for n in (1, 2, 3)]
    merged = recompute(merge_by_name("weighted-mean"), {}, [parts])
    assert update_digest(merged).hex() == (
        "91268572385fd2050ab3f88045b8a37f4169ed07e062bedf146792064f9ce60e"
    )
