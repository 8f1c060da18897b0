"""Proofs that a key is in the institution's hands, as the Swarm asks for them (EIP-712)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from governance.primitives import domain_separator, struct_hash, typed_digest

if TYPE_CHECKING:
    from cli.session import Session


class Prover(Protocol):
    """What a proof asks of a key; a `Signer` does more."""

    @property
    def address(self) -> str:
        """The address that the key speaks for, with checksum."""

    def sign_digest(self, digest: bytes) -> bytes:
        """A signature of 32 bytes: `r ‖ s ‖ v`, 65 bytes, v 27 or 28."""


def prove(session: Session, kind: str, member: str, key: Prover) -> tuple[int, bytes]:
    """Has a key sign that it belongs to the session's institution.

    Args:
        session: the command's session.
        kind: the EIP-712 type, such as `NodeRegistration`.
        member: what the type calls the key's address, such as `node`.
        key: the key.

    Returns:
        The proof's deadline in Unix seconds, and the signature.
    """
    deadline = session.valid_until
    struct = struct_hash(
        f"{kind}(uint32 institution,address {member},uint256 deadline)",
        session.me().number,
        key.address,
        deadline,
    )
    domain = domain_separator(session.trust.chain_id, session.house.swarm)
    return deadline, key.sign_digest(typed_digest(domain, struct))
