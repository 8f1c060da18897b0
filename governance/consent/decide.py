"""Whether a patient's consents permit what a study asks: a pure function, no by default.

1. A denial in force counts, whichever of the patient's consents it stands in: of everything, of
   scientific use, of storing, and of what the study asks beyond that.
2. Then each consent is looked at alone: the use must be permitted by it today, it must permit that
   data are collected, and what the study asks beyond; the time of collection is what is left when
   all denials of it are taken away.
3. Retrospective use makes the time of collection begin earlier, if it is permitted today by the
   same consent and denied by none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from governance.consent.matrix import shortfalls
from governance.consent.reasons import Reason, first, nearest
from governance.consent.spans import ALWAYS, BEGINNING, minus
from governance.consent.statement import Policy

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from governance.consent.question import Question
    from governance.consent.spans import Span
    from governance.consent.statement import Denial, Statement

_EARLIER = (Policy.STORE_EARLIER, Policy.USE_EARLIER)


class Verdict(NamedTuple):
    """A decision with its reason.

    Attributes:
        reason: Why; `Reason.PERMITTED` is the only one that permits.
        collected: Where it permits, when the data may have been collected.
    """

    reason: Reason
    collected: tuple[Span, ...] = ()

    @property
    def permits(self) -> bool:
        """Whether the record may be used."""
        return self.reason is Reason.PERMITTED


def decide(statements: Sequence[Statement], asked: Question) -> Verdict:
    """Decide about one patient.

    Args:
        statements: All that the ledger has of the patient.
        asked: What the study asks.
    """
    at = asked.at
    denials = [denial for each in statements for denial in each.denials]
    if denials:
        decisive = {Policy.ALL, Policy.USE, Policy.STORE, *_beyond(asked)}
        in_force = [d.reason for d in denials if d.start <= at < d.end and d.policy in decisive]
        if in_force:
            return Verdict(first(in_force))
    collected: list[Span] = []
    reasons: list[Reason] = []
    for each in statements:
        reason, spans = _alone(each, denials, asked)
        if reason is Reason.PERMITTED:
            collected += spans
        else:
            reasons.append(reason)
    if collected:
        return Verdict(Reason.PERMITTED, tuple(minus(collected, ())))
    return Verdict(nearest(reasons))


def _beyond(asked: Question) -> list[Policy]:
    """The policies that the study asks beyond scientific use."""
    beyond = []
    if asked.third_parties:
        beyond.append(Policy.THIRD_PARTIES)
    if asked.below_gdpr:
        beyond.append(Policy.BELOW_GDPR)
    return beyond


def _alone(
    said: Statement, denials: Sequence[Denial], asked: Question
) -> tuple[Reason, list[Span]]:
    """What one consent comes to, and when the data may have been collected."""
    if said.flaw is not None:
        return said.flaw, []
    if said.matrix is not None:
        lacking, collected = next(shortfalls(said.matrix, asked), None), [ALWAYS]
    else:
        lacking = next(_shortfalls(said, asked), None)
        collected = said.permitted(Policy.COLLECT)
    if lacking is not None:
        return lacking, []
    at = asked.at
    if all(start > at for start, _ in collected):
        return Reason.COLLECTION_NOT_YET, []
    taken = [(d.start, d.end) for d in denials if d.policy == Policy.COLLECT]
    left = minus(collected + _earlier(said, collected, denials, at), taken)
    if not any(start <= at for start, _ in left):
        return Reason.COLLECTION_DENIED, []
    return Reason.PERMITTED, left


def _shortfalls(said: Statement, asked: Question) -> Iterator[Reason]:
    """What a broad consent lacks of what the study asks."""
    if asked.study_only:
        yield Reason.BASIS_OTHER
    if not asked.medical:
        yield Reason.PURPOSE_NOT_COVERED
    used = said.permitted(Policy.USE)
    if not used:
        yield Reason.USE_NOT_PERMITTED
    if not _in_force(said, Policy.USE, asked.at):
        begun = any(start <= asked.at for start, _ in used)
        yield Reason.USE_EXPIRED if begun else Reason.USE_NOT_YET
    if not said.permitted(Policy.COLLECT):
        yield Reason.COLLECTION_NOT_PERMITTED
    for policy in _beyond(asked):
        if not _in_force(said, policy, asked.at):
            yield _LACKING[policy]


_LACKING = {
    Policy.THIRD_PARTIES: Reason.THIRD_PARTIES_NOT_PERMITTED,
    Policy.BELOW_GDPR: Reason.PROTECTION_NOT_PERMITTED,
}


def _in_force(said: Statement, policy: int, at: int) -> bool:
    return any(start <= at < end for start, end in said.permitted(policy))


def _earlier(
    said: Statement, collection: list[Span], denials: Sequence[Denial], at: int
) -> list[Span]:
    """The time before the consent, where it permits retrospective use and nothing denies it."""
    retro = [span for policy in _EARLIER for span in said.permitted(policy)]
    refused = [(d.start, d.end) for d in denials if d.policy in _EARLIER]
    if not any(start <= at < end for start, end in retro):
        return []
    if any(start <= at < end for start, end in refused):
        return []
    extended = [
        (BEGINNING, start)
        for start, end in collection
        if any(start < over and begin < end for begin, over in retro)
    ]
    return minus(extended, refused)
