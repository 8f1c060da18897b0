"""A validator's key as Besu reads it: one line of `0x` and 64 hexadecimal digits, for its owner.

The file is not encrypted, since Besu opens it by itself whenever it starts; whoever reads it can
seal blocks in the institution's name. Never overwritten: a lost validator key is a lost validator.
"""

from __future__ import annotations

import os
import re
import secrets
import stat
import tempfile
from pathlib import Path
from typing import Any

from governance.chain.files import sync_folder
from governance.errors import CharterError, ExitStatus
from governance.primitives import KeyInvalid, address_of, sign, to_hex

_LINE = re.compile(rb"0x([0-9a-fA-F]{64})\n?")
_LONGEST = 128
_OTHERS = 0o077


class ValidatorKeyMissing(CharterError):
    """There is no key file."""

    code = "ValidatorKeyMissing"
    exit_status = ExitStatus.LOCAL

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"There is no validator key {path}.",
            "Name the file that holds it, or put back a copy; a lost key is replaced by a new one.",
        )


class ValidatorKeyExists(CharterError):
    """There is a file already where the key should be written."""

    code = "ValidatorKeyExists"
    exit_status = ExitStatus.LOCAL

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"There is a file {path} already.",
            "Use the key in it, or choose another place; a key is never overwritten.",
        )


class ValidatorKeyInsecure(CharterError):
    """Others on this machine may use the key."""

    code = "ValidatorKeyInsecure"
    exit_status = ExitStatus.LOCAL

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"Others on this machine may read or replace the validator key {path}.",
            f"Take their rights away: chmod go= '{path}'.",
        )


class ValidatorKeyUnreadable(CharterError):
    """The file, or its folder, cannot be read or written."""

    code = "ValidatorKeyUnreadable"
    exit_status = ExitStatus.LOCAL

    def __init__(self, path: Path, error: OSError) -> None:
        super().__init__(
            f"The validator key {path} cannot be read or written: {error.strerror or error}.",
            "Run it as the owner of the file, or choose a place that you may write to.",
        )


class ValidatorKeyCorrupt(CharterError):
    """The file is no validator key."""

    code = "ValidatorKeyCorrupt"
    exit_status = ExitStatus.LOCAL

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(
            f"{path} is no validator key: {reason}.",
            "Name the file that Besu is started with, or put back a copy of it.",
        )


class ValidatorKey:
    """A validator's key in this process's memory. Prints as its address, never as its key.

    Made by `create` and `load`.

    Attributes:
        address: the validator's address, with checksum.
        public_key: 64 bytes; in hexadecimal they are the id in an enode URL.
    """

    __slots__ = ("_key", "address", "public_key")

    def __init__(self, private_key: bytes) -> None:
        from coincurve import PublicKey  # noqa: PLC0415 - only who has a key needs it

        self.address = address_of(private_key)
        self.public_key: bytes = PublicKey.from_secret(private_key).format(compressed=False)[1:]
        self._key = private_key

    @classmethod
    def create(cls, path: Path) -> ValidatorKey:
        """Makes a new key and writes it to a file of mode 0600, whole or not at all.

        Raises:
            ValidatorKeyExists: there is a file already; it is left as it is.
            ValidatorKeyUnreadable: the folder cannot be written to.
        """
        key = _new_key()
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            temporary = _write(path, f"{to_hex(key)}\n".encode())
            try:
                # A link, unlike a renaming, replaces nothing.
                path.hardlink_to(temporary)
            except FileExistsError:
                raise ValidatorKeyExists(path) from None
            finally:
                temporary.unlink()
            sync_folder(path.parent)
        except OSError as error:
            raise ValidatorKeyUnreadable(path, error) from None
        return cls(key)

    @classmethod
    def load(cls, path: Path) -> ValidatorKey:
        """Reads a key from its file.

        Raises:
            ValidatorKeyMissing: there is no such file.
            ValidatorKeyInsecure: others may read or write it.
            ValidatorKeyUnreadable: this user may not read it.
            ValidatorKeyCorrupt: it holds something else.
        """
        found = _LINE.fullmatch(_read(path))
        if found is None:
            raise ValidatorKeyCorrupt(path, "it is not one line of 0x and 64 hexadecimal digits")
        try:
            return cls(bytes.fromhex(found[1].decode()))
        except KeyInvalid:
            raise ValidatorKeyCorrupt(path, "its number is none of a secp256k1 key") from None

    def __repr__(self) -> str:
        return f"ValidatorKey({self.address})"

    def __reduce__(self) -> Any:
        raise TypeError("a key does not leave its process")

    def sign_digest(self, digest: bytes) -> bytes:
        """A signature of 32 bytes: `r ‖ s ‖ v`, 65 bytes, v 27 or 28."""
        return sign(digest, self._key)


def _read(path: Path) -> bytes:
    try:
        # Not to wait for a pipe's other end; what is no regular file is told below.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except FileNotFoundError:
        raise ValidatorKeyMissing(path) from None
    except OSError as error:
        raise ValidatorKeyUnreadable(path, error) from None
    try:
        # Of the file that is open: its name may mean another one in the next moment.
        mode = os.fstat(descriptor).st_mode
        if not stat.S_ISREG(mode):
            raise ValidatorKeyCorrupt(path, "it is no regular file")
        if mode & _OTHERS:
            raise ValidatorKeyInsecure(path)
        return os.read(descriptor, _LONGEST)
    finally:
        os.close(descriptor)


def _write(path: Path, content: bytes) -> Path:
    """Writes a hidden file beside the one that is meant, of mode 0600, and returns its path."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    with os.fdopen(handle, "wb") as file:
        os.fchmod(file.fileno(), 0o600)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return Path(temporary)


def _new_key() -> bytes:
    from coincurve import PrivateKey  # noqa: PLC0415 - only who makes a key needs it

    secret: bytes = PrivateKey(secrets.token_bytes(32)).secret
    return secret
