"""Countersignatures: how far institutions vouch for a history, and where they contradict it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from governance.audit.findings import found
from governance.audit.report import Vouching
from governance.history import Walk, replay
from governance.history.abi import WORD
from governance.history.events import AccountRotated, InstitutionApplied
from governance.history.table import shapes
from governance.primitives import (
    SignatureInvalid,
    domain_separator,
    recover,
    struct_hash,
    to_hex,
    typed_digest,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from governance.audit.findings import Finding
    from governance.history import Record, State
    from governance.history.events import Countersigned

COUNTERSIGNATURE_TYPE = "Countersignature(uint256 length,bytes32 head)"
"""The EIP-712 type that institutions sign in the domain of History."""


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


def of_institutions(
    countersignatures: Iterable[Countersigned], records: Iterable[Record]
) -> tuple[Countersigned, ...]:
    """Those by accounts that a history knows: anybody can sign, and what a stranger says is none.

    Raises:
        HistoryMalformed: A record is not as its contract would write it.
    """
    known: set[str] = set()
    for record in records:
        event = record.event if record.data[:WORD] in _naming() else None
        if isinstance(event, InstitutionApplied):
            known.add(event.account)
        elif isinstance(event, AccountRotated):
            known.add(event.current)
    return tuple(signed for signed in countersignatures if signed.account in known)


@cache
def _naming() -> frozenset[bytes]:
    """The first words of the records that name an institution's account."""
    naming = (InstitutionApplied, AccountRotated)
    return frozenset(shape.topic for shape in shapes().values() if shape.event in naming)


def heads_at(records: Sequence[Record], lengths: Iterable[int], genesis: bytes) -> dict[int, bytes]:
    """The heads of a history at some of its lengths; those beyond its end are left out."""
    heads, head, length = {}, genesis, 0
    for wanted in sorted(set(lengths)):
        if 0 <= wanted <= len(records):
            head, length = replay(records[length:wanted], head, length)
            heads[wanted] = head
    return heads


@dataclass(frozen=True, slots=True)
class _Trusted:
    """Who decides which longer history is believed: the members at the last believed length.

    An account counts as theirs that was theirs there. What the records after it say of accounts is
    only believed with them, or who forges a history would give everybody an account of his own.
    """

    accounts: Mapping[str, int]
    members: int

    @classmethod
    def founders(cls, accounts: Sequence[str]) -> _Trusted:
        return cls({account: number for number, account in enumerate(accounts, 1)}, len(accounts))

    @classmethod
    def at(cls, state: State) -> _Trusted:
        members = state.swarm.members()
        return cls({each.account: each.number for each in members}, len(members))

    def signers(self, accounts: Iterable[str]) -> set[int]:
        return {self.accounts[account] for account in accounts if account in self.accounts}


class Belief:
    """How far a history is believed by its countersignatures, as a walk comes along.

    Attributes:
        lengths: Where the walk must let it look, ascending.
        vouching: What is believed so far.
    """

    def __init__(
        self,
        countersignatures: Iterable[Countersigned],
        founders: Sequence[str],
        heads: Mapping[int, bytes],
    ) -> None:
        """Believes the founders alone.

        Args:
            countersignatures: Those whose signatures hold.
            founders: The founders' accounts at the founding, in the order of their numbers.
            heads: The history's own heads, at every length signed that it has.
        """
        self._accounts: dict[int, set[str]] = defaultdict(set)
        for signed in countersignatures:
            if heads.get(signed.length) == signed.head:
                self._accounts[signed.length].add(signed.account)
        self.lengths = tuple(sorted(self._accounts))
        self.vouching = Vouching()
        self._trusted = _Trusted.founders(founders)

    def look(self, state: State) -> None:
        """Believes the history up to this state if enough of those believed so far signed it."""
        accounts, trusted = self._accounts[state.length], self._trusted
        signers = trusted.signers(accounts)
        if 3 * len(signers) <= 2 * trusted.members:
            return
        # Only now: one member alone may sign every length, and anybody may apply as often.
        now = _Trusted.at(state)
        if not now.members:
            return
        self._trusted = now
        # Now that the history is believed up to here, so is whose accounts these are.
        members = frozenset(self._trusted.accounts.values())
        institutions = (signers | self._trusted.signers(accounts)) & members
        self.vouching = Vouching(
            length=state.length,
            institutions=tuple(sorted(institutions)),
            members=len(members),
            lengths=(*self.vouching.lengths, state.length),
        )


def believed(
    records: Sequence[Record],
    countersignatures: Sequence[Countersigned],
    founders: Sequence[str],
    genesis: bytes,
) -> Vouching:
    """How far the institutions' countersignatures prove a history.

    Beginning with the founders, a head is believed when more than two thirds of the members at the
    last believed length signed it, each by the account that was its own there. Where more has
    changed, heads in between are needed.

    Args:
        records: All events of record, from the founding on, in order.
        countersignatures: Those whose signatures hold (`genuine`).
        founders: The founders' accounts at the founding, in the order of their numbers, from the
            trust file.
        genesis: The first head of the hash chain.

    Raises:
        HistoryMalformed: A record is not as its contract would write it.
        HistoryInconsistent: A record contradicts those before it.
    """
    heads = heads_at(records, (signed.length for signed in countersignatures), genesis)
    belief = Belief(countersignatures, founders, heads)
    lengths = frozenset(belief.lengths)
    walk = Walk(records[: max(lengths, default=0)])
    for _ in walk:
        if walk.state.length in lengths:
            belief.look(walk.state)
    if walk.state.length in lengths:
        belief.look(walk.state)
    return belief.vouching


def contradictions(
    records: Sequence[Record],
    countersignatures: Iterable[Countersigned],
    heads: Mapping[int, bytes],
    accounts: Mapping[str, int],
) -> Iterator[Finding]:
    """Where an institution signed a head that this history does not have, or two heads at once.

    Args:
        records: The history.
        countersignatures: Those whose signatures hold.
        heads: The history's own heads at every length signed that it has.
        accounts: The member that each account speaks or once spoke for.
    """
    signed: dict[tuple[int, int], set[bytes]] = defaultdict(set)
    for each in countersignatures:
        institution = accounts.get(each.account)
        if institution is not None:
            signed[institution, each.length].add(each.head)
    beyond: dict[int, int] = {}
    end = records[-1].timestamp if records else 0
    for (institution, length), said in sorted(signed.items()):
        own = heads.get(length)
        here = {"length": length, "institution": institution}
        at = records[length - 1].timestamp if 0 < length < len(records) else end
        if len(said) > 1:
            both = ", ".join(map(to_hex, sorted(said)))
            yield found("head-rewritten", at, institution, **here, heads=both)
        elif own is None:
            beyond[institution] = length
        elif said != {own}:
            (head,) = said
            told = {"signed": to_hex(head), "own": to_hex(own)}
            yield found("head-contradicted", at, institution, **here, **told)
    for institution, length in sorted(beyond.items()):
        (head,) = signed[institution, length]
        yield found(
            "head-beyond",
            end,
            institution,
            length=length,
            institution=institution,
            signed=to_hex(head),
            end=len(records),
        )


def _is_genuine(signed: Countersigned, chain_id: int, history: str) -> bool:
    digest = countersignature_digest(chain_id, history, signed.length, signed.head)
    try:
        return recover(digest, signed.signature) == signed.account
    except SignatureInvalid:
        return False
