"""Countersignatures as files, and what several of them show together."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.audit.countersigning import (
    CountersignatureForged,
    CountersignatureInvalid,
    CountersignatureOfContract,
    as_json,
    conflicts,
    countersignature,
    countersignature_from_json,
    is_genuine,
    load,
    read_files,
    save,
)
from governance.chain.house import Trust
from governance.chain.signer import LocalSigner
from governance.history.events import Countersigned
from governance.primitives import sha256

if TYPE_CHECKING:
    from pathlib import Path

KEYS = [LocalSigner(sha256(bytes([number]))) for number in range(3)]
TRUST = Trust(7, "0x" + 40 * "1", tuple(key.address for key in KEYS))
HEADS = st.binary(min_size=32, max_size=32)


def signed(key: int = 0, length: int = 5, head: bytes = b"h" * 32) -> Countersigned:
    return countersignature(TRUST.chain_id, TRUST.history, length, head, KEYS[key])


@given(st.integers(0, 2), st.integers(1, 2**53 - 1), HEADS)
def test_what_is_written_is_read(key: int, length: int, head: bytes) -> None:
    one = signed(key, length, head)
    said = json.loads(json.dumps(as_json(one, TRUST)))
    assert countersignature_from_json(said, TRUST) == one
    assert is_genuine(one, TRUST)


@given(st.binary(max_size=400))
def test_nothing_else_is_taken(content: bytes) -> None:
    try:
        said = json.loads(content)
    except (ValueError, RecursionError):
        said = content.hex()
    with pytest.raises(CountersignatureInvalid):
        countersignature_from_json(said, TRUST)


def test_files_are_read_once_they_are_known_to_be_genuine(tmp_path: Path) -> None:
    ones = [signed(key) for key in range(3)]
    paths = [tmp_path / f"{key}.json" for key in range(3)]
    for path, one in zip(paths, ones, strict=True):
        save(path, one, TRUST)
        assert load(path, TRUST) == one
    assert read_files(paths, TRUST) == tuple(ones)
    save(paths[0], Countersigned(KEYS[1].address, 5, b"h" * 32, ones[0].signature), TRUST)
    with pytest.raises(CountersignatureForged, match=r"0\.json"):
        read_files(paths, TRUST)
    assert len(read_files(paths, TRUST, lambda _: True)) == 3
    save(paths[0], Countersigned(KEYS[1].address, 5, b"h" * 32, bytes(130)), TRUST)
    with pytest.raises(CountersignatureOfContract):
        read_files(paths, TRUST)
    with pytest.raises(CountersignatureForged):
        read_files(paths, TRUST, lambda _: False)
    with pytest.raises(CountersignatureInvalid):
        read_files([tmp_path / "none.json"], TRUST)


def test_different_heads_for_one_length_are_a_conflict() -> None:
    first, other = b"1" * 32, b"2" * 32
    found = conflicts(
        [
            signed(0, 5, first),
            signed(1, 5, other),
            signed(2, 5, other),
            signed(0, 6, first),
            signed(1, 7, first),
            signed(0, 7, first),
            signed(2, 3, other),
            signed(2, 3, first),
        ]
    )
    assert [each.length for each in found] == [3, 5]
    assert found[0].heads == {first: (KEYS[2].address,), other: (KEYS[2].address,)}
    assert found[1].heads == {
        first: (KEYS[0].address,),
        other: tuple(sorted((KEYS[1].address, KEYS[2].address))),
    }


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(1, 4), st.sampled_from([b"a", b"b"]))))
def test_whoever_agrees_is_in_no_conflict(each: list[tuple[int, int, bytes]]) -> None:
    all_of_them = [Countersigned(KEYS[k].address, n, h * 32, b"") for k, n, h in each]
    heads: dict[int, set[bytes]] = {}
    for one in all_of_them:
        heads.setdefault(one.length, set()).add(one.head)
    found = conflicts(all_of_them)
    assert {each.length for each in found} == {n for n, h in heads.items() if len(h) > 1}
    assert conflicts(reversed(all_of_them)) == found
