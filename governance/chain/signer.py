"""Who signs: a key of this machine today, an external signer behind the same interface later."""

from __future__ import annotations

import sys
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol

from governance.primitives import address_of, checksum_address, sign

if TYPE_CHECKING:
    from collections.abc import Mapping


@cache
def eth_account() -> Any:
    """The `Account` of eth_account, imported when first needed: that costs half a second.

    A library that it brings along raises Python's recursion limit so far that deeply nested JSON,
    as a lying endpoint can send, would overflow the stack instead of being refused.
    """
    limit = sys.getrecursionlimit()
    from eth_account import Account  # noqa: PLC0415

    sys.setrecursionlimit(limit)
    return Account


class Signer(Protocol):
    """What the library asks of a key, wherever it lies."""

    @property
    def address(self) -> str:
        """The address that the key speaks for, with checksum."""

    def sign_transaction(self, transaction: Mapping[str, Any]) -> bytes:
        """A signed transaction, ready to be sent.

        Args:
            transaction: `chainId`, `nonce`, `to`, `data`, `gas`, `gasPrice` and `value`; without
                `to` it creates a contract.
        """

    def sign_digest(self, digest: bytes) -> bytes:
        """A signature of 32 bytes: `r ‖ s ‖ v`, 65 bytes, v 27 or 28."""


class LocalSigner:
    """Signs with a key in this process's memory. Prints as its address, never as its key."""

    __slots__ = ("_key", "address")

    def __init__(self, private_key: bytes) -> None:
        self.address = address_of(private_key)
        self._key = private_key

    def __repr__(self) -> str:
        return f"LocalSigner({self.address})"

    def __reduce__(self) -> Any:
        raise TypeError("a key does not leave its process")

    def sign_transaction(self, transaction: Mapping[str, Any]) -> bytes:
        """See `Signer.sign_transaction`."""
        fields = dict(transaction)
        if fields.get("to") is None:
            fields.pop("to", None)
        else:
            fields["to"] = checksum_address(fields["to"])
        return bytes(eth_account().sign_transaction(fields, self._key).raw_transaction)

    def sign_digest(self, digest: bytes) -> bytes:
        """See `Signer.sign_digest`."""
        return sign(digest, self._key)
