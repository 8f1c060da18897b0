"""What can be wrong with an envelope, rule by rule, given what is known. Pure: no memory, no I/O.

Each function asks its rules in their order and returns the reason of the first that is broken, or
nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from governance.checkpoints import UpdateInvalid, update_digest
from governance.gate.decision import Reason
from governance.primitives import SignatureInvalid
from governance.vocabulary import Authorisation

if TYPE_CHECKING:
    from collections.abc import Mapping

    from governance.checkpoints.envelope import Envelope, SignedEnvelope
    from governance.gate.decision import Decision
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
        return said.round == self.number and said.attempt == self.attempt


def in_round(decision: Decision, said: Envelope, current: OpenRound | None) -> Decision:
    """The decision as it counts for the round that is open.

    A gate repeats what it answered then. Who has it asked about a later round, and may not tell a
    repetition from a new answer, is told `WrongRound`.
    """
    if decision.repeated and (current is None or not current.is_of(said)):
        return decision._replace(reason=Reason.WRONG_ROUND)
    return decision


def of_view(look: Look, max_age: float) -> Reason | None:
    """Why what is known of the history does not suffice to judge anything.

    Args:
        look: What is known of it.
        max_age: Seconds after which it counts no longer, whatever the cause.
    """
    # Asked this way round, so that an age that is no number is never young.
    is_fresh, is_moving = look.age <= max_age, look.idle <= max_age
    fault = look.fault
    if fault is not None and (fault.at_once or not (is_fresh and is_moving)):
        return fault.reason
    if not is_fresh:
        return Reason.STALE_VIEW
    return None if is_moving else Reason.CHAIN_FROZEN


def of_origin(signed: SignedEnvelope, chain_id: int, study: str) -> Reason | None:
    """Why an envelope is not for this study, or not from the node that it names."""
    if signed.envelope.chain_id != chain_id:
        return Reason.FOREIGN_CHAIN
    if signed.envelope.study != study:
        return Reason.FOREIGN_STUDY
    try:
        signer = signed.signer()
    except SignatureInvalid:
        return Reason.SIGNATURE_INVALID
    return None if signer == signed.node else Reason.SIGNATURE_INVALID


def of_standing(
    signed: SignedEnvelope,
    current: OpenRound | None,
    study: Study,
    *,
    length: int,
    at: int,
    is_used: bool,
) -> Reason | None:
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
        return Reason.WRONG_ROUND
    if signed.envelope.history_length > length:
        return Reason.AHEAD_OF_VIEW
    authorisation = study.authorisation(signed.node, at)
    if authorisation is Authorisation.NODE_UNKNOWN:
        return Reason.NODE_UNKNOWN
    if is_used:
        return Reason.EQUIVOCATION
    if authorisation is not Authorisation.AUTHORISED:
        return Reason.of(authorisation)
    return None


def of_terms(  # noqa: PLR0911 - one for each rule
    said: Envelope, parent: bytes | None, study: Study, terms: Terms | None, at: int
) -> Reason | None:
    """What the terms in force and the lineage have against an envelope.

    Args:
        said: The envelope.
        parent: The checkpoint that the round was opened with, if it was named.
        study: The study, as the history tells it.
        terms: The terms in force, or `None` if the contract enforces something else.
        at: Unix seconds, as in `of_standing`.
    """
    if terms is None:
        return Reason.TERMS_MISMATCH
    if said.terms_version != study.in_force:
        return Reason.WRONG_VERSION
    if not study.last_round < said.round <= terms.rounds:
        return Reason.WRONG_ROUND
    if said.parent != study.last_digest or parent not in {None, said.parent}:
        return Reason.WRONG_PARENT
    if said.records and terms.data.records == "none":
        return Reason.RECORDS_FORBIDDEN
    if not said.records and terms.data.records == "exact":
        return Reason.RECORDS_MISSING
    if said.deadline < at:
        return Reason.DEADLINE_OVER
    return None


def digest_of(update: bytes | Mapping[str, Any]) -> bytes:
    """The digest of an update, given by its arrays or by the digest itself; empty if it is none."""
    if isinstance(update, bytes):
        return update
    try:
        return update_digest(update)
    except UpdateInvalid:
        return b""


def of_update(said: Envelope, digest: bytes) -> Reason | None:
    """Why an update is not the one that an envelope announces.

    Args:
        said: The envelope.
        digest: Of the update that came (`digest_of`).
    """
    return None if digest == said.update else Reason.UPDATE_MISMATCH
