"""The pure part of the audit: records in, state and findings out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from governance.audit.findings import Severity
from governance.audit.rules import Decisions, by_event
from governance.audit.rules.benefits import of_shares
from governance.audit.rules.studies import Reading, of_consent, of_terms
from governance.audit.testimony import Testimony
from governance.audit.vouching import Belief, contradictions, heads_at
from governance.errors import CharterError
from governance.history import HistoryInconsistent, Walk

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from governance.audit.findings import Finding
    from governance.audit.report import Refusal, Vouching
    from governance.audit.testimony import Acceptance, GateLog
    from governance.history import Record, State
    from governance.history.events import Countersigned
    from governance.terms import Charter

_WEIGHT = {Severity.BREACH: 0, Severity.CONCERN: 1, Severity.NOTICE: 2}


@dataclass(frozen=True, slots=True)
class Examination:
    """What a history folds into and what is wrong in it.

    Attributes:
        state: The state after all records.
        findings: The heaviest first, then in order of time.
        vouching: How far the institutions' countersignatures carry it.
        refusals: What gates refused, as far as their evidence logs were handed in.
        acceptances: What they accepted, each update once.
    """

    state: State
    findings: tuple[Finding, ...]
    vouching: Vouching
    refusals: tuple[Refusal, ...] = ()
    acceptances: tuple[Acceptance, ...] = ()


def examine(
    records: Sequence[Record],
    countersignatures: Sequence[Countersigned],
    *,
    genesis: bytes,
    founders: Sequence[str] = (),
    at: int,
    charter: Charter | None = None,
    logs: Sequence[GateLog] = (),
    chain_id: int | None = None,
) -> Examination:
    """Looks through a whole history for whatever breaks its own rules.

    In one walk along the records, at a cost that grows with their number:

    1. Every record of a kind that has a rule (`audit.rules`) is held against the state just before
       it, whatever the contracts enforce: who publishes, attests, contributes, signs, starts,
       amends, closes, declares revenue; what is executed, and what needs the members' vote.
       A record that does not even fold is no history.
    2. At each length that institutions countersigned, the head recomputed from the records is
       believed, or not, by those believed so far (`vouching.believed`).
    3. At each length that a gate's decision rests on, the decision is made again (`testimony`).

    At the end:

    4. Every version of terms is derived anew and held against what its contract enforces, and
       against the charter where it is given.
    5. What is open: consent grown stale in a running study, shares not settled.
    6. Countersignatures are held against the heads, and against each other.
    7. Evidence logs are held against each other, and against who is listed in checkpoints.

    Args:
        records: All events of record, from the founding on, in order.
        countersignatures: Those published whose signatures hold.
        genesis: The first head of the hash chain.
        founders: The founders' accounts at the founding, in the order of their numbers, from the
            trust file. Without it no countersignature is believed.
        at: Unix seconds at which time-dependent questions are asked.
        charter: The charter document in force, whose prohibitions the terms must repeat.
        logs: Gates' evidence logs, as `read_log` reads them.
        chain_id: The chain's number, to know envelopes that are meant for another.

    Raises:
        HistoryMalformed: A record is not as its contract would write it.
        HistoryInconsistent: A record contradicts those before it.
    """
    reading = Reading()
    testimony = Testimony(logs, chain_id, reading)
    lengths = testimony.lengths.union(signed.length for signed in countersignatures)
    heads = heads_at(records, lengths, genesis)
    belief = Belief(countersignatures, founders, heads)
    decisions = Decisions(founders)

    walk = Walk(records)
    findings = _judge(walk, decisions, _Stops(belief, testimony, heads))
    state = walk.state
    findings += decisions.end(state.time)
    for study in state.studies.values():
        findings += of_terms(study, reading, charter, state.swarm.charters[-1].since)
        findings += of_consent(study, at)
        findings += of_shares(state, study, at)
    findings += contradictions(records, countersignatures, heads, _of_members(state, founders))
    findings += testimony.findings
    findings += testimony.at_end(state)
    findings.sort(key=lambda finding: (_WEIGHT[finding.severity], finding.at, finding.id))
    return Examination(
        state=state,
        findings=tuple(findings),
        vouching=belief.vouching,
        refusals=testimony.refusals(state),
        acceptances=testimony.acceptances(state),
    )


def _of_members(state: State, founders: Sequence[str]) -> Mapping[str, int]:
    """The accounts that spoke for whoever is, or was, a member: anybody can apply, and sign."""
    swarm = state.swarm
    return {account: number for number, account in enumerate(founders, 1)} | {
        account: number
        for account, number in swarm.accounts.items()
        if swarm.institutions[number].joined_at is not None
    }


@dataclass(frozen=True, slots=True)
class _Stops:
    """Who wants to look at the state at some lengths."""

    belief: Belief
    testimony: Testimony
    heads: Mapping[int, bytes]

    def look(self, state: State) -> None:
        head = self.heads.get(state.length)
        if head is not None:
            self.belief.look(state)
            self.testimony.look(state, head)


def _judge(walk: Walk, decisions: Decisions, stops: _Stops) -> list[Finding]:
    """Goes along the whole walk and gathers what the rules find."""
    rules, heads, state = by_event(decisions), stops.heads, walk.state
    findings: list[Finding] = []
    doubtful: Record | None = None
    for record in walk:
        if doubtful is not None:
            break
        if state.length in heads:
            stops.look(state)
        event = record.event
        rule = rules.get(type(event))
        if rule is not None:
            try:
                findings += rule(state, record, event)
            except (LookupError, CharterError):
                # It names what the history has not got. The fold is about to say so, most likely.
                doubtful = record
    if doubtful is not None:
        raise HistoryInconsistent(
            f"{type(doubtful.event).__name__} in block {doubtful.number} is about something that "
            "the history never had."
        )
    stops.look(state)
    return findings
