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
from governance.consent.spans import ALWAYS, BEGINNING, END, minus
from governance.consent.statement import Policy

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import TypeAlias

    from governance.consent.question import Question
    from governance.consent.spans import Span
    from governance.consent.statement import Denial, Statement

    Permits: TypeAlias = dict[int, list[Span]]

# Plain numbers: a ledger has a million records, and an enum's members take their time.
_ALL, _COLLECT, _STORE = int(Policy.ALL), int(Policy.COLLECT), int(Policy.STORE)
_USE, _THIRD_PARTIES = int(Policy.USE), int(Policy.THIRD_PARTIES)
_BELOW_GDPR = int(Policy.BELOW_GDPR)
_EARLIER = (int(Policy.STORE_EARLIER), int(Policy.USE_EARLIER))
_THIRD_PARTIES_EARLIER = int(Policy.THIRD_PARTIES_EARLIER)


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
        decisive = [_ALL, _USE, _STORE]
        decisive += [_THIRD_PARTIES] if asked.third_parties else []
        decisive += [_BELOW_GDPR] if asked.below_gdpr else []
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
        joined = minus(collected, ()) if len(collected) > 1 else collected
        return Verdict(Reason.PERMITTED, tuple(joined))
    return Verdict(nearest(reasons))


def _alone(
    said: Statement, denials: Sequence[Denial], asked: Question
) -> tuple[Reason, list[Span]]:
    """What one consent comes to, and when the data may have been collected."""
    if said.flaw is not None:
        return said.flaw, []
    permits: Permits = {}
    for policy, start, end in said.permits:
        permits.setdefault(policy, []).append((start, end))
    if said.matrix is not None:
        lacking, collected = next(shortfalls(said.matrix, asked), None), [ALWAYS]
    else:
        lacking, collected = _lacking(permits, asked), permits.get(_COLLECT, [])
    if lacking is not None:
        return lacking, []
    taken = [(d.start, d.end) for d in denials if d.policy == _COLLECT]
    earlier = _earlier(permits, collected, denials, asked)
    left = minus(collected + earlier, taken) if taken or earlier else collected
    if not _begun(left, asked.at):
        return (Reason.COLLECTION_DENIED if taken else Reason.COLLECTION_NOT_YET), []
    return Reason.PERMITTED, left


def _lacking(permits: Permits, asked: Question) -> Reason | None:
    """What a broad consent lacks of what the study asks, or None."""
    lacking: Reason | None = None
    used = permits.get(_USE)
    if asked.study_only:
        lacking = Reason.BASIS_OTHER
    elif not asked.medical:
        lacking = Reason.PURPOSE_NOT_COVERED
    elif not used:
        lacking = Reason.USE_NOT_PERMITTED
    elif not _in_force(used, asked.at):
        lacking = Reason.USE_EXPIRED if _begun(used, asked.at) else Reason.USE_NOT_YET
    elif _COLLECT not in permits:
        lacking = Reason.COLLECTION_NOT_PERMITTED
    elif asked.third_parties and not _in_force(permits.get(_THIRD_PARTIES, ()), asked.at):
        lacking = Reason.THIRD_PARTIES_NOT_PERMITTED
    elif asked.below_gdpr and not _in_force(permits.get(_BELOW_GDPR, ()), asked.at):
        lacking = Reason.PROTECTION_NOT_PERMITTED
    return lacking


def _in_force(spans: Iterable[Span], at: int) -> bool:
    for start, end in spans:  # noqa: SIM110 - a million times; `any` takes four times as long
        if start <= at < end:
            return True
    return False


def _begun(spans: Iterable[Span], at: int) -> bool:
    return min([start for start, _ in spans], default=END) <= at


def _earlier(
    permits: Permits, collection: list[Span], denials: Sequence[Denial], asked: Question
) -> list[Span]:
    """The time before the consent, where it permits retrospective use and nothing denies it."""
    retro = [span for policy in _EARLIER for span in permits.get(policy, ())]
    if not _in_force(retro, asked.at):
        return []
    decisive = (*_EARLIER, _THIRD_PARTIES_EARLIER) if asked.third_parties else _EARLIER
    refused = [(d.start, d.end) for d in denials if d.policy in decisive]
    if _in_force(refused, asked.at):
        return []
    extended = [
        (BEGINNING, start)
        for start, end in collection
        if any(start < over and begin < end for begin, over in retro)
    ]
    return minus(extended, refused)
