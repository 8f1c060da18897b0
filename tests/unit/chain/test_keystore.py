"""Encrypted keys on disk."""

import json
import pickle
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from governance.chain.errors import (
    KeyNameInvalid,
    KeystoreCorrupt,
    KeystoreExists,
    KeystoreInsecure,
    KeystorePassphraseWrong,
    KeystoreUnknown,
    PassphraseEmpty,
)
from governance.chain.keystore import WORK, Keystore
from governance.chain.signer import LocalSigner, eth_account
from governance.errors import CharterError, ExitStatus
from governance.primitives import KeyInvalid, address_of, recover

KEY = bytes.fromhex("4f3edf983ac636a65a842ce7c78d9aa706d3b113bce9c46f30d7d21715b23b1d")
PASSPHRASE = "correct horse battery staple"
CHEAP = 2


@pytest.fixture
def store(tmp_path: Path) -> Keystore:
    return Keystore(tmp_path / "keys", work=CHEAP)


def test_a_stored_key_is_unlocked(store: Keystore) -> None:
    assert store.store("mine", KEY, PASSPHRASE) == address_of(KEY)
    signer = store.unlock("mine", PASSPHRASE)
    assert signer.address == address_of(KEY)
    assert recover(bytes(32), signer.sign_digest(bytes(32))) == address_of(KEY)


def test_new_keys_differ(store: Keystore) -> None:
    first, second = store.create("a", PASSPHRASE), store.create("b", PASSPHRASE)
    assert first != second
    assert store.addresses() == {"a": first, "b": second}
    assert store.unlock("a", PASSPHRASE).address == first


def test_addresses_need_no_passphrase(store: Keystore) -> None:
    store.store("mine", KEY, PASSPHRASE)
    assert store.address("mine") == address_of(KEY)


def test_no_folder_is_no_keys(store: Keystore) -> None:
    assert store.addresses() == {}


def test_files_are_for_their_owner_only(store: Keystore) -> None:
    store.store("mine", KEY, PASSPHRASE)
    assert stat.S_IMODE(store.folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((store.folder / "mine.json").stat().st_mode) == 0o600
    assert [each.name for each in store.folder.iterdir()] == ["mine.json"]


def test_the_key_is_not_in_the_file(store: Keystore) -> None:
    store.store("mine", KEY, PASSPHRASE)
    text = (store.folder / "mine.json").read_text()
    assert KEY.hex() not in text
    assert PASSPHRASE not in text


def test_keys_that_matter_cost_work(tmp_path: Path) -> None:
    store = Keystore(tmp_path / "keys")
    store.store("mine", KEY, PASSPHRASE)
    document = json.loads((store.folder / "mine.json").read_text())
    assert document["crypto"]["kdf"] == "scrypt"
    assert document["crypto"]["kdfparams"]["n"] == WORK == 2**18


def test_a_key_is_never_overwritten(store: Keystore) -> None:
    store.create("mine", PASSPHRASE)
    before = (store.folder / "mine.json").read_bytes()
    with pytest.raises(KeystoreExists):
        store.store("mine", KEY, PASSPHRASE)
    assert (store.folder / "mine.json").read_bytes() == before


def test_a_wrong_passphrase_is_named_and_not_told(store: Keystore) -> None:
    store.store("mine", KEY, PASSPHRASE)
    with pytest.raises(KeystorePassphraseWrong) as caught:
        store.unlock("mine", "hunter2-wrong")
    assert caught.value.exit_status == ExitStatus.LOCAL
    assert "hunter2" not in json.dumps(caught.value.as_json())


def test_an_unknown_key_is_named(store: Keystore) -> None:
    for ask in (store.address, lambda name: store.unlock(name, PASSPHRASE)):
        with pytest.raises(KeystoreUnknown):
            ask("nobody")


def test_no_passphrase_keeps_no_key(store: Keystore) -> None:
    with pytest.raises(PassphraseEmpty):
        store.create("mine", "")
    assert not store.folder.exists()


def test_a_key_that_is_none_is_not_stored(store: Keystore) -> None:
    with pytest.raises(KeyInvalid):
        store.store("mine", bytes(32), PASSPHRASE)


@pytest.mark.parametrize("name", ["", "../x", "a/b", "A", ".hidden", "x" * 65, "a b", "ä", "a\n"])
def test_a_name_that_is_no_file_name_is_refused(store: Keystore, name: str) -> None:
    with pytest.raises(KeyNameInvalid):
        store.create(name, PASSPHRASE)
    with pytest.raises(KeyNameInvalid):
        store.unlock(name, PASSPHRASE)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_key_that_others_can_read_is_refused(store: Keystore, mode: int) -> None:
    store.store("mine", KEY, PASSPHRASE)
    (store.folder / "mine.json").chmod(mode)
    with pytest.raises(KeystoreInsecure):
        store.unlock("mine", PASSPHRASE)


def test_a_folder_that_others_can_write_to_is_refused(store: Keystore) -> None:
    store.store("mine", KEY, PASSPHRASE)
    store.folder.chmod(0o777)
    with pytest.raises(KeystoreInsecure):
        store.unlock("mine", PASSPHRASE)
    with pytest.raises(KeystoreInsecure):
        store.create("other", PASSPHRASE)


def _damage(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    crypto = document["crypto"]
    return {
        "no crypto": {**document, "crypto": None},
        "no address": {**document, "address": None},
        "an address that is none": {**document, "address": "12"},
        "another address": {**document, "address": "00" * 20},
        "another version": {**document, "version": 9},
        "another kdf": {**document, "crypto": {**crypto, "kdf": "none"}},
        "a cost that cannot be": {
            **document,
            "crypto": {**crypto, "kdfparams": {**crypto["kdfparams"], "n": 3}},
        },
    }


@pytest.mark.parametrize(
    "kind",
    [
        "no crypto",
        "no address",
        "an address that is none",
        "another address",
        "another version",
        "another kdf",
        "a cost that cannot be",
    ],
)
def test_a_damaged_keystore_is_named(store: Keystore, kind: str) -> None:
    store.store("mine", KEY, PASSPHRASE)
    path = store.folder / "mine.json"
    path.write_text(json.dumps(_damage(json.loads(path.read_text()))[kind]))
    with pytest.raises(KeystoreCorrupt):
        store.unlock("mine", PASSPHRASE)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff"])
def test_a_file_that_is_no_keystore_is_named(store: Keystore, content: bytes) -> None:
    store.store("mine", KEY, PASSPHRASE)
    (store.folder / "mine.json").write_bytes(content)
    for ask in (store.address, lambda name: store.unlock(name, PASSPHRASE)):
        with pytest.raises(KeystoreCorrupt):
            ask("mine")


def test_a_signer_shows_its_address_and_never_its_key() -> None:
    signer = LocalSigner(KEY)
    assert repr(signer) == f"LocalSigner({address_of(KEY)})"
    with pytest.raises(TypeError):
        pickle.dumps(signer)


def test_a_signed_transaction_is_the_signers() -> None:
    fields = {
        "chainId": 7,
        "nonce": 0,
        "to": "0x" + "ab" * 20,
        "data": "0x1234",
        "gas": 21_000,
        "gasPrice": 0,
        "value": 0,
    }
    for to in (fields["to"], None):
        raw = LocalSigner(KEY).sign_transaction(fields | {"to": to})
        assert eth_account().recover_transaction(raw) == address_of(KEY)


def test_signing_leaves_the_recursion_limit_alone() -> None:
    script = (
        "import sys; before = sys.getrecursionlimit();"
        "from governance.chain.signer import eth_account; eth_account();"
        "print(sys.getrecursionlimit() == before)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    assert done.stdout == b"True\n"


def test_every_error_has_a_remedy() -> None:
    path = Path("x")
    errors: list[CharterError] = [
        KeyNameInvalid("x"),
        KeystoreCorrupt(path, "x"),
        KeystoreExists("x"),
        KeystoreInsecure(path),
        KeystorePassphraseWrong("x"),
        KeystoreUnknown("x"),
        PassphraseEmpty(),
    ]
    for error in errors:
        assert error.message.endswith(".")
        assert error.remedy
