"""What can be wrong with an envelope, rule by rule, given what is known. Pure: no memory, no I/O.

Each function yields the reasons that apply in the order in which the rules are asked; whoever asks
takes the first and leaves the rest uncomputed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from governance.checkpoints import UpdateInvalid, update_digest
from governance.gate.decision import Reason
from governance.primitives import SignatureInvalid
from governance.vocabulary import Authorisation

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from governance.checkpoints.envelope import Envelope, SignedEnvelope
    from governance.gate.view import Look
    from governance.history.study import Study
    from governance.terms import Terms


@dataclass(frozen=True, slots=True)
class OpenRound:
    """The round that updates may pass for.

    Attributes:
        number: Counted from 1.
        attempt: Which try at it, counted from 1.
        parent: Digest of the checkpoint that training goes on from, or `None` for whichever is the
            study's last final one.
    """

    number: int
    attempt: int
    parent: bytes | None

    def is_of(self, said: Envelope) -> bool:
        """Whether an envelope is for this round and attempt."""
        return (said.round, said.attempt) == (self.number, self.attempt)


def first(reasons: Iterator[Reason]) -> Reason:
    """The first reason there is, or `Reason.AUTHORISED`."""
    return next(reasons, Reason.AUTHORISED)


def of_view(look: Look, max_age: float) -> Iterator[Reason]:
    """Why what is known of the history does not suffice to judge anything."""
    if look.rewound:
        yield Reason.HISTORY_REWOUND
    if look.age > max_age:
        yield Reason.STALE_VIEW


def of_origin(signed: SignedEnvelope, chain_id: int, study: str) -> Iterator[Reason]:
    """Why an envelope is not for this study, or not from the node that it names."""
    if signed.envelope.chain_id != chain_id:
        yield Reason.FOREIGN_CHAIN
    if signed.envelope.study != study:
        yield Reason.FOREIGN_STUDY
    try:
        if signed.signer() != signed.node:
            yield Reason.SIGNATURE_INVALID
    except SignatureInvalid:
        yield Reason.SIGNATURE_INVALID


def of_standing(
    signed: SignedEnvelope,
    current: OpenRound | None,
    study: Study,
    *,
    length: int,
    at: int,
    is_used: bool,
) -> Iterator[Reason]:
    """Why a node may not contribute, or not this round, or not now.

    Args:
        signed: The envelope, its signature checked.
        current: The round that is open, if one is.
        study: The study, as the history tells it.
        length: Length of that history.
        at: Unix seconds: the later of the newest block's time and the gate's clock.
        is_used: Whether the node has signed another envelope for the same round and attempt.
    """
    if current is None or not current.is_of(signed.envelope):
        yield Reason.WRONG_ROUND
    if signed.envelope.history_length > length:
        yield Reason.AHEAD_OF_VIEW
    authorisation = study.authorisation(signed.node, at)
    if authorisation is Authorisation.NODE_UNKNOWN:
        yield Reason.NODE_UNKNOWN
    if is_used:
        yield Reason.EQUIVOCATION
    if authorisation is not Authorisation.AUTHORISED:
        yield Reason.of(authorisation)


def of_terms(
    said: Envelope, parent: bytes | None, study: Study, terms: Terms | None, at: int
) -> Iterator[Reason]:
    """What the terms in force and the lineage have against an envelope.

    Args:
        said: The envelope.
        parent: The checkpoint that the round was opened with, if it was named.
        study: The study, as the history tells it.
        terms: The terms in force, or `None` if the contract enforces something else.
        at: Unix seconds, as in `of_standing`.
    """
    if terms is None:
        yield Reason.TERMS_MISMATCH
        return
    if said.terms_version != study.in_force:
        yield Reason.WRONG_VERSION
    if not study.last_round < said.round <= terms.rounds:
        yield Reason.WRONG_ROUND
    if said.parent != study.last_digest or parent not in {None, said.parent}:
        yield Reason.WRONG_PARENT
    if said.records and terms.data.records == "none":
        yield Reason.RECORDS_FORBIDDEN
    if not said.records and terms.data.records == "exact":
        yield Reason.RECORDS_MISSING
    if said.deadline < at:
        yield Reason.DEADLINE_OVER


def of_update(said: Envelope, update: bytes | Mapping[str, Any]) -> Iterator[Reason]:
    """Why an update is not the one that an envelope announces.

    Args:
        said: The envelope.
        update: The update's arrays by name, or their `update_digest`.
    """
    try:
        digest = update if isinstance(update, bytes) else update_digest(update)
    except UpdateInvalid:
        yield Reason.UPDATE_MISMATCH
    else:
        if digest != said.update:
            yield Reason.UPDATE_MISMATCH
