"""Encrypted keys on disk, one file a key, opened by a passphrase."""

from __future__ import annotations

import json
import re
import secrets
from typing import TYPE_CHECKING, Any

from governance.chain.errors import (
    KeyNameInvalid,
    KeystoreCorrupt,
    KeystoreExists,
    KeystoreInsecure,
    KeystorePassphraseWrong,
    KeystoreUnknown,
    PassphraseEmpty,
)
from governance.chain.files import write_atomically
from governance.chain.signer import LocalSigner, eth_account
from governance.primitives import AddressInvalid, address_of, checksum_address

if TYPE_CHECKING:
    from pathlib import Path

WORK = 1 << 18
"""Scrypt's cost `n` for keys that matter: about a second and 256 MiB to try one passphrase."""

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_SUFFIX = ".json"
_OTHERS = 0o077
_OTHERS_WRITE = 0o022


class Keystore:
    """A folder of keys. Names and addresses can be read without a passphrase.

    Args:
        folder: made, for its owner only, when the first key is.
        work: scrypt's cost for keys made here, a power of two. Less than `WORK` is for keys that
            guard nothing, as in tests and in the demo, where a second a key would be too long.
    """

    def __init__(self, folder: Path, *, work: int = WORK) -> None:
        self.folder = folder
        self._work = work

    def create(self, name: str, passphrase: str) -> str:
        """Makes a new key and returns its address.

        Raises:
            KeyNameInvalid, KeystoreExists, PassphraseEmpty, KeystoreInsecure: nothing was made.
        """
        return self.store(name, _new_key(), passphrase)

    def store(self, name: str, private_key: bytes, passphrase: str) -> str:
        """Keeps a key that exists already and returns its address.

        Raises:
            KeyInvalid: it is no secp256k1 key.
            KeyNameInvalid, KeystoreExists, PassphraseEmpty, KeystoreInsecure: nothing was made.
        """
        path = self._path(name)
        if not passphrase:
            raise PassphraseEmpty
        address = address_of(private_key)
        if path.exists():
            raise KeystoreExists(name)
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._require_own_folder()
        document = eth_account().encrypt(
            private_key, passphrase, kdf="scrypt", iterations=self._work
        )
        write_atomically(path, json.dumps(document, indent=2) + "\n", 0o600)
        return address

    def unlock(self, name: str, passphrase: str) -> LocalSigner:
        """The signer of a key.

        Raises:
            KeystoreUnknown: there is no such key.
            KeystorePassphraseWrong: the passphrase is another one.
            KeystoreInsecure: others may read the file.
            KeystoreCorrupt: the file is damaged.
        """
        path = self._path(name)
        document, address = self._read(name)
        self._require_own_folder()
        if path.stat().st_mode & _OTHERS:
            raise KeystoreInsecure(path)
        try:
            key = bytes(eth_account().decrypt(document, passphrase))
        except ValueError as error:
            # The one message that says the passphrase is at fault and not the file.
            if "MAC mismatch" in str(error):
                raise KeystorePassphraseWrong(name) from None
            raise KeystoreCorrupt(path, "it cannot be decrypted") from None
        except (KeyError, TypeError, NotImplementedError, MemoryError, OverflowError):
            raise KeystoreCorrupt(path, "it cannot be decrypted") from None
        if address_of(key) != address:
            raise KeystoreCorrupt(path, "it holds another key than it says")
        return LocalSigner(key)

    def address(self, name: str) -> str:
        """A key's address, without its passphrase.

        Raises:
            KeystoreUnknown: there is no such key.
            KeystoreCorrupt: the file is damaged.
        """
        return self._read(name)[1]

    def addresses(self) -> dict[str, str]:
        """All keys' addresses by name, without a passphrase.

        Raises:
            KeystoreCorrupt: a file is damaged.
        """
        if not self.folder.is_dir():
            return {}
        names = sorted(path.name.removesuffix(_SUFFIX) for path in self.folder.glob("*" + _SUFFIX))
        return {name: self.address(name) for name in names if _NAME.fullmatch(name)}

    def _path(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise KeyNameInvalid(name)
        return self.folder / (name + _SUFFIX)

    def _read(self, name: str) -> tuple[dict[str, Any], str]:
        path = self._path(name)
        try:
            document = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise KeystoreUnknown(name) from None
        except OSError as error:
            raise KeystoreCorrupt(path, error.strerror or "it cannot be read") from None
        except (ValueError, RecursionError):
            raise KeystoreCorrupt(path, "it is not JSON") from None
        if not isinstance(document, dict) or not isinstance(document.get("address"), str):
            raise KeystoreCorrupt(path, "it names no address")
        try:
            digits = document["address"].removeprefix("0x").lower()
            return document, checksum_address("0x" + digits)
        except AddressInvalid:
            raise KeystoreCorrupt(path, "its address is none") from None

    def _require_own_folder(self) -> None:
        if self.folder.stat().st_mode & _OTHERS_WRITE:
            raise KeystoreInsecure(self.folder)


def _new_key() -> bytes:
    from coincurve import PrivateKey  # noqa: PLC0415 - not needed to list keys

    secret: bytes = PrivateKey(secrets.token_bytes(32)).secret
    return secret
