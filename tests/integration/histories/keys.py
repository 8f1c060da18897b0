"""Who takes part: keys made from names, the same in every run."""

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
_BALLOT = "Ballot(uint256 proposalId,uint8 support,address voter,uint256 nonce)"
_EXTENDED_BALLOT = (
    "ExtendedBallot(uint256 proposalId,uint8 support,address voter,uint256 nonce,"
    "string reason,bytes params)"
)
_COUNTERSIGNATURE = "Countersignature(uint256 length,bytes32 head)"


@dataclass(frozen=True, slots=True)
class Key:
    """A private key and its address."""

    secret: bytes
    address: str


@cache
def key(role: str, index: int) -> Key:
    """The key of a name, such as `account 3`."""
    secret = sha256(f"{role} {index}".encode())
    return Key(secret, address_of(secret))


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

    def ballot(
        self, governor: str, proposal: int, support: int, voter: Key, *, nonce: int, reason: str
    ) -> bytes:
        """A vote that somebody else may hand in, with or without a reason in words."""
        values = proposal, support, voter.address, nonce
        if reason:
            struct = struct_hash(_EXTENDED_BALLOT, *values, reason, b"")
        else:
            struct = struct_hash(_BALLOT, *values)
        return self._sign(governor, struct, voter)

    def countersignature(self, history: str, length: int, head: bytes, account: Key) -> bytes:
        """That an account vouches for a head."""
        return self._sign(history, struct_hash(_COUNTERSIGNATURE, length, head), account)

    def _sign(self, contract: str, struct: bytes, by: Key) -> bytes:
        return sign(typed_digest(domain_separator(self.chain_id, contract), struct), by.secret)
