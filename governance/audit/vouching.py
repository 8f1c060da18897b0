"""Countersignatures: how far institutions vouch for a history, and where they contradict it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from governance.audit.findings import Finding
from governance.audit.report import Vouching
from governance.history import fold, replay
from governance.primitives import (
    SignatureInvalid,
    domain_separator,
    recover,
    struct_hash,
    to_hex,
    typed_digest,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from governance.history import Record, Swarm
    from governance.history.events import Countersigned

COUNTERSIGNATURE_TYPE = "Countersignature(uint256 length,bytes32 head)"
"""The EIP-712 type that institutions sign in the domain of History."""


@dataclass(frozen=True, slots=True)
class SignedHead:
    """A countersigned head beside the one that this history has at that length.

    Attributes:
        account: Who signed.
        length: Records under the head.
        head: What was signed.
        own: What this history has there; None if it is shorter.
    """

    account: str
    length: int
    head: bytes
    own: bytes | None


def countersignature_digest(chain_id: int, history: str, length: int, head: bytes) -> bytes:
    """The 32 bytes that an institution signs to vouch for a head."""
    return typed_digest(
        domain_separator(chain_id, history), struct_hash(COUNTERSIGNATURE_TYPE, length, head)
    )


def genuine(
    countersignatures: Iterable[Countersigned], chain_id: int, history: str
) -> tuple[Countersigned, ...]:
    """Those whose signature is their account's.

    History checks signatures before it publishes them, but these logs are not of record, so an
    endpoint could invent some. Signatures of contract accounts cannot be checked without the chain
    and are left out: they prove nothing to who does not ask it.
    """
    return tuple(signed for signed in countersignatures if _is_genuine(signed, chain_id, history))


def heads_signed(
    records: Sequence[Record], countersignatures: Sequence[Countersigned], genesis: bytes
) -> tuple[SignedHead, ...]:
    """Each countersigned head beside the recomputed one at its length."""
    heads = {}
    head, length = genesis, 0
    for wanted in sorted({signed.length for signed in countersignatures}):
        if wanted <= len(records):
            head, length = replay(records[length:wanted], head, length)
            heads[wanted] = head
    return tuple(
        SignedHead(signed.account, signed.length, signed.head, heads.get(signed.length))
        for signed in countersignatures
    )


def vouching(records: Sequence[Record], signed: Sequence[SignedHead]) -> Vouching:
    """The highest length whose head more than two thirds of the members at it countersigned."""
    for length in sorted({each.length for each in signed if each.head == each.own}, reverse=True):
        swarm = fold(records[:length]).swarm
        accounts = {
            each.account for each in signed if each.length == length and each.head == each.own
        }
        members = swarm.members()
        believed = [each.number for each in members if each.account in accounts]
        if 3 * len(believed) > 2 * len(members):
            return Vouching(length, tuple(believed), len(members))
    return Vouching()


def contradictions(
    records: Sequence[Record], signed: Iterable[SignedHead], swarm: Swarm
) -> Iterator[Finding]:
    """Where an institution signed a head that this history does not have."""
    for each in signed:
        institution = swarm.accounts.get(each.account)
        if institution is None or each.head == each.own:
            continue
        here = (
            f"this history ends after {len(records)} events"
            if each.own is None
            else f"this history has {to_hex(each.own)} there"
        )
        yield Finding(
            "head-contradicted",
            f"history at length {each.length}",
            f"Institution {institution} countersigned {to_hex(each.head)}; {here}.",
            records[min(each.length, len(records)) - 1].timestamp,
        )


def _is_genuine(signed: Countersigned, chain_id: int, history: str) -> bool:
    digest = countersignature_digest(chain_id, history, signed.length, signed.head)
    try:
        return recover(digest, signed.signature) == signed.account
    except SignatureInvalid:
        return False
