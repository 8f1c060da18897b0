"""The founders' file."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

from cli.errors import FoundersFileInvalid
from cli.founders import FoundersFile, load_founders
from governance.chain.errors import KeystoreUnknown
from governance.chain.keystore import Keystore
from governance.vocabulary import Kind, Sector, VotingRules

if TYPE_CHECKING:
    from pathlib import Path

ADDRESS = "0xE1DbBb9709c7Af2D66AD34Cd4817A8CF30d7dD7f"
GOOD = f"""\
scheme: swarm-charter/founders/1
charter: charter.yaml
voting: {{period: 60, quorum: 50, expiry: 90}}
founders:
  - name: Hôpital
    kind: data-trustee
    sector: private
    country: FR
    account: "{ADDRESS}"
    document: "0x{64 * "1"}"
"""


def _load(folder: Path, text: str) -> FoundersFile:
    (folder / "charter.yaml").write_text("the charter")
    path = folder / "founders.yaml"
    path.write_text(text, encoding="utf-8")
    return load_founders(path, Keystore(folder / "keystores"))


def test_it_is_read_with_digests_of_its_documents(tmp_path: Path) -> None:
    (tmp_path / "founders.yaml").write_text(GOOD, encoding="utf-8")
    (tmp_path / "charter.yaml").write_text("the charter")
    found = load_founders(tmp_path / "founders.yaml", Keystore(tmp_path / "keystores"))
    assert found.charter == hashlib.sha256(b"the charter").digest()
    assert found.rules == VotingRules(60, 50, 90)
    (founder,) = found.founders
    assert (founder.account, founder.profile.name) == (ADDRESS, "Hôpital")
    assert (founder.profile.kind, founder.profile.sector) == (Kind.DATA_TRUSTEE, Sector.PRIVATE)
    assert founder.profile.document == bytes.fromhex(64 * "1")
    assert found.keys == {}


def test_an_account_can_be_a_key_of_this_machine(tmp_path: Path) -> None:
    address = Keystore(tmp_path / "keystores", work=2).create("mine", "x")
    (tmp_path / "charter.yaml").write_text("the charter")
    (tmp_path / "founders.yaml").write_text(GOOD.replace(f'"{ADDRESS}"', "mine"))
    found = load_founders(tmp_path / "founders.yaml", Keystore(tmp_path / "keystores"))
    assert found.founders[0].account == address
    assert found.keys == {"mine": address}


def test_an_unknown_key_is_told(tmp_path: Path) -> None:
    with pytest.raises(KeystoreUnknown):
        _load(tmp_path, GOOD.replace(f'"{ADDRESS}"', "nobody"))


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        (GOOD, "a: [", "line 1, column 5: this is no readable YAML"),
        (GOOD, "[" * 5_000, "nested"),
        (GOOD, "a: &a [1]\nb: *a", "aliases are not allowed"),
        ("quorum: 50", "quorum: 50, quorum: 60", "this field stands here twice"),
        ("country: FR", "country: 2026-13-45", "founder 1's country is not two capital letters"),
        (GOOD, "- 1", "the file is not a mapping"),
        ("founders/1", "founders/2", "scheme"),
        ("charter: charter.yaml\n", "", "missing or unknown: charter"),
        ("charter.yaml", "nowhere.yaml", "cannot be read"),
        ("charter.yaml", "/dev/zero", "/dev/zero is no plain file"),
        ("period: 60", "period: soon", "voting.period is not a whole number"),
        ("period: 60", "period: -1", "voting.period is not a whole number"),
        ("quorum: 50", "quorum: true", "voting.quorum is not a whole number"),
        ("data-trustee", "clinic", "founder 1's kind is none of hospital"),
        ("name: Hôpital", "name: 7", "founder 1's name is not text"),
        ("    country: FR\n", "", "in founder 1, missing or unknown: country"),
        (ADDRESS, ADDRESS[:-1] + "F", "wrong checksum"),
        (64 * "1", 62 * "1", "instead of 32"),
        ("country: FR", "country: fr", "founder 1's country is not two capital letters"),
    ],
)
def test_what_is_wrong_in_it_is_named(tmp_path: Path, before: str, after: str, reason: str) -> None:
    assert before in GOOD
    with pytest.raises(FoundersFileInvalid) as told:
        _load(tmp_path, GOOD.replace(before, after))
    assert reason in told.value.message


def test_founders_that_are_no_list_are_told(tmp_path: Path) -> None:
    head = GOOD.partition("founders:\n")[0]
    with pytest.raises(FoundersFileInvalid, match="founders is not a list"):
        _load(tmp_path, head + "founders: all\n")


def test_values_are_what_they_look_like(tmp_path: Path) -> None:
    """Readers of YAML take an address for a number, and Norway for a no."""
    plain = GOOD.replace('"', "").replace("country: FR", "country: NO")
    found = _load(tmp_path, plain)
    (founder,) = found.founders
    assert founder.account == ADDRESS
    assert founder.profile.country == b"NO"
    assert founder.profile.document == bytes.fromhex(64 * "1")
