"""A validator's key file: as Besu reads it, its owner's alone, never written over."""

from __future__ import annotations

import os
import pickle
import stat
from typing import TYPE_CHECKING

import pytest
from eth_keys.datatypes import PrivateKey

from deploy.network.validator_key import (
    ValidatorKey,
    ValidatorKeyCorrupt,
    ValidatorKeyExists,
    ValidatorKeyInsecure,
    ValidatorKeyMissing,
    ValidatorKeyUnreadable,
)
from governance.primitives import keccak, recover

if TYPE_CHECKING:
    from pathlib import Path

# From the example network of Besu's own documentation.
SECRET = "8f2a55949038a9610f50fb23b5883af3b4ecb3c3bb792cbcefbd1542c692be63"
ADDRESS = "0xFE3B557E8Fb62b89F4916B721be55cEb828dBd73"
ORDER = "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141"


def written(path: Path, content: str, mode: int = 0o600) -> Path:
    path.write_text(content)
    path.chmod(mode)
    return path


def test_a_new_key_is_its_owners_alone_and_read_again(tmp_path: Path) -> None:
    path = tmp_path / "validator" / "key"
    made = ValidatorKey.create(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [each.name for each in path.parent.iterdir()] == ["key"], "nothing else is left"
    text = path.read_text()
    assert len(text) == 67
    assert text.startswith("0x")
    assert ValidatorKey.load(path).address == made.address
    assert ValidatorKey.create(tmp_path / "other").address != made.address


def test_address_and_public_key_are_those_of_the_key(tmp_path: Path) -> None:
    key = ValidatorKey.load(written(tmp_path / "key", f"0x{SECRET}\n"))
    assert key.address == ADDRESS
    assert key.public_key == PrivateKey(bytes.fromhex(SECRET)).public_key.to_bytes()
    assert keccak(key.public_key)[12:].hex() == ADDRESS[2:].lower()


def test_its_signatures_are_such_as_the_contracts_take(tmp_path: Path) -> None:
    key = ValidatorKey.create(tmp_path / "key")
    digest = keccak(b"a proof")
    signature = key.sign_digest(digest)
    assert len(signature) == 65
    assert recover(digest, signature) == key.address


def test_a_key_is_never_written_over(tmp_path: Path) -> None:
    path = written(tmp_path / "key", "something else")
    with pytest.raises(ValidatorKeyExists):
        ValidatorKey.create(path)
    assert path.read_text() == "something else"
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    with pytest.raises(ValidatorKeyExists):
        ValidatorKey.create(tmp_path / "link")
    assert not (tmp_path / "nowhere").exists()
    assert {each.name for each in tmp_path.iterdir()} == {"key", "link"}


def test_where_nothing_can_be_written_it_is_said(tmp_path: Path) -> None:
    with pytest.raises(ValidatorKeyUnreadable):
        ValidatorKey.create(written(tmp_path / "file", "") / "key")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602, 0o610, 0o777])
def test_a_key_that_others_may_use_is_not_used(tmp_path: Path, mode: int) -> None:
    with pytest.raises(ValidatorKeyInsecure) as raised:
        ValidatorKey.load(written(tmp_path / "key", f"0x{SECRET}", mode))
    assert "chmod go= " in raised.value.remedy


def test_a_stricter_mode_is_welcome(tmp_path: Path) -> None:
    assert ValidatorKey.load(written(tmp_path / "key", f"0x{SECRET}", 0o400)).address == ADDRESS


@pytest.mark.parametrize(
    "content",
    [
        "",
        "0x",
        SECRET,
        f"0x{SECRET[:-1]}",
        f"0x{SECRET}0",
        f"0x{SECRET}\n\n",
        f" 0x{SECRET}",
        f"0x{SECRET[:-1]}g",
        f"0x{'0' * 64}",
        f"0x{ORDER}",
        f"0x{'f' * 64}",
        "0x" + 1_000 * "1",
    ],
)
def test_what_is_no_key_is_refused(tmp_path: Path, content: str) -> None:
    with pytest.raises(ValidatorKeyCorrupt) as raised:
        ValidatorKey.load(written(tmp_path / "key", content))
    assert SECRET[:-1] not in raised.value.message


def test_what_is_no_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(ValidatorKeyMissing):
        ValidatorKey.load(tmp_path / "key")
    with pytest.raises(ValidatorKeyCorrupt, match="regular file"):
        ValidatorKey.load(tmp_path)
    os.mkfifo(tmp_path / "pipe", 0o600)
    with pytest.raises(ValidatorKeyCorrupt, match="regular file"):
        ValidatorKey.load(tmp_path / "pipe")


def test_a_key_is_not_shown_and_stays_where_it_is(tmp_path: Path) -> None:
    key = ValidatorKey.load(written(tmp_path / "key", f"0x{SECRET}"))
    assert repr(key) == f"ValidatorKey({ADDRESS})"
    with pytest.raises(TypeError, match="does not leave"):
        pickle.dumps(key)
