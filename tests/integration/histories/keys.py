"""Who takes part: keys made from names, the same in every run, and accounts of two persons."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from governance.primitives import (
    address_of,
    domain_separator,
    sha256,
    sign,
    struct_hash,
    typed_digest,
)

_ROTATION = "AccountRotation(uint32 institution,address account,uint256 deadline)"
_NODE = "NodeRegistration(uint32 institution,address node,uint256 deadline)"
_VALIDATOR = "ValidatorRegistration(uint32 institution,address validator,uint256 deadline)"
_COUNTERSIGNATURE = "Countersignature(uint256 length,bytes32 head)"


@dataclass(frozen=True, slots=True)
class Key:
    """An address and the private keys that speak for it.

    One is the address's own; of three, as a contract account has them, any two sign.
    """

    secrets: tuple[bytes, ...]
    address: str

    @property
    def is_contract(self) -> bool:
        """Whether it takes two persons."""
        return len(self.secrets) > 1

    def sign(self, digest: bytes) -> bytes:
        """Its signature; which two of three sign, and in which order, is left to the digest."""
        if not self.is_contract:
            return sign(digest, self.secrets[0])
        first, step = digest[0] % 3, 1 + digest[1] % 2
        pair = self.secrets[first], self.secrets[(first + step) % 3]
        return b"".join(sign(digest, secret) for secret in pair)


@cache
def key(role: str, index: int) -> Key:
    """The key of a name, such as `account 3`."""
    secret = sha256(f"{role} {index}".encode())
    return Key((secret,), address_of(secret))


def persons(index: int) -> tuple[Key, ...]:
    """The three persons who speak for a contract account."""
    return tuple(key("person", 3 * index + each) for each in range(3))


@dataclass(frozen=True, slots=True)
class Notary:
    """Signs what the house's contracts ask signatures for."""

    chain_id: int

    def rotation(self, swarm: str, number: int, account: Key, deadline: int) -> bytes:
        """That an account takes over an institution."""
        struct = struct_hash(_ROTATION, number, account.address, deadline)
        return self._sign(swarm, struct, account)

    def node(self, swarm: str, number: int, node: Key, deadline: int) -> bytes:
        """That a node key is an institution's."""
        return self._sign(swarm, struct_hash(_NODE, number, node.address, deadline), node)

    def validator(self, swarm: str, number: int, validator: Key, deadline: int) -> bytes:
        """That a validator's key is an institution's."""
        struct = struct_hash(_VALIDATOR, number, validator.address, deadline)
        return self._sign(swarm, struct, validator)

    def countersignature(self, history: str, length: int, head: bytes, account: Key) -> bytes:
        """That an account vouches for a head."""
        return self._sign(history, struct_hash(_COUNTERSIGNATURE, length, head), account)

    def _sign(self, contract: str, struct: bytes, by: Key) -> bytes:
        return by.sign(typed_digest(domain_separator(self.chain_id, contract), struct))
