"""The trust file."""

import json
from pathlib import Path
from typing import Any

import pytest

from governance.chain.errors import TrustInvalid, TrustMissing
from governance.chain.house import SCHEME, Trust

HISTORY = "0x6DB4183211b031164AADF7e9E0Fe9C615F59eDcb"
FOUNDERS = (
    "0x1a642f0E3c3aF545E7AcBD38b07251B3990914F1",
    "0x5050A4F4b3f9338C3472dcC01A87C76A144b3c9c",
)
TRUST = Trust(7, HISTORY, FOUNDERS)


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "trust.json"
    trust = Trust(7, HISTORY, FOUNDERS, (FOUNDERS[1],))
    trust.save(path)
    assert Trust.load(path) == trust
    assert [each.name for each in path.parent.iterdir()] == ["trust.json"]


def test_addresses_get_their_checksum(tmp_path: Path) -> None:
    value = TRUST.as_json() | {"history": HISTORY.lower()}
    assert Trust.from_json(value) == TRUST


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(TrustMissing):
        Trust.load(tmp_path / "none.json")


WRONG: dict[str, dict[str, Any]] = {
    "another scheme": {"scheme": "swarm-charter/trust/2"},
    "no chain": {"chain_id": 0},
    "a chain in words": {"chain_id": "7"},
    "a chain that is true": {"chain_id": True},
    "history that is none": {"history": "0x12"},
    "history mistyped": {"history": HISTORY.replace("6D", "6d")},
    "history that is a number": {"history": 7},
    "no founders": {"founders": []},
    "founders that are no list": {"founders": FOUNDERS[0]},
    "a founder twice": {"founders": [FOUNDERS[0], FOUNDERS[0].lower()]},
    "a validator that is none": {"validators": ["x"]},
    "a field too many": {"owner": HISTORY},
}


@pytest.mark.parametrize("change", WRONG.values(), ids=WRONG.keys())
def test_a_wrong_file_is_refused(tmp_path: Path, change: dict[str, Any]) -> None:
    path = tmp_path / "trust.json"
    path.write_text(json.dumps(TRUST.as_json() | change))
    with pytest.raises(TrustInvalid) as caught:
        Trust.load(path)
    assert str(path) in caught.value.message


@pytest.mark.parametrize("missing", ["chain_id", "history", "founders", "validators", "scheme"])
def test_a_field_that_is_missing_is_refused(missing: str) -> None:
    value = TRUST.as_json()
    del value[missing]
    with pytest.raises(TrustInvalid):
        Trust.from_json(value)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'"x"', b"\xff\xfe", b"null", b"[" * 20_000])
def test_what_is_no_json_object_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "trust.json"
    path.write_bytes(content)
    with pytest.raises(TrustInvalid):
        Trust.load(path)


def test_a_folder_is_no_trust_file(tmp_path: Path) -> None:
    with pytest.raises(TrustInvalid):
        Trust.load(tmp_path)


def test_the_scheme_is_written() -> None:
    assert TRUST.as_json()["scheme"] == SCHEME
