"""How the Governor's events change the state."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from governance.history import events as e
from governance.history.errors import HistoryInconsistent
from governance.history.proposals import Proposal, RulesSince, Support, Vote

if TYPE_CHECKING:
    from collections.abc import Callable

    from governance.history.draft import Draft
    from governance.history.records import Record


def _rules_set(draft: Draft, event: e.VotingRulesSet, record: Record) -> None:
    draft.owned(draft.state, "rules").append(RulesSince(event.rules, record.timestamp))


def _created(draft: Draft, event: e.ProposalCreated, record: Record) -> None:
    state = draft.state
    number = event.proposal_id
    if number != len(state.proposals) + 1 or not event.description.endswith(f" #{number}"):
        raise HistoryInconsistent(f"Proposal {number} was made out of turn.")
    institution = state.swarm.institution_of(event.proposer)
    if institution is None or not state.swarm.is_member(institution):
        raise HistoryInconsistent(f"Proposal {number} was made by {event.proposer}, no member.")
    rules = state.rules[-1].rules
    ends = record.timestamp + rules.voting_period
    if (event.vote_start, event.vote_end) != (record.timestamp, ends):
        raise HistoryInconsistent(f"Proposal {number} runs at other times than the rules say.")
    draft.owned(state, "proposals")[number] = Proposal(
        number=number,
        proposer=event.proposer,
        institution=institution,
        targets=event.targets,
        values=event.values,
        calldatas=event.calldatas,
        description=event.description,
        snapshot=event.vote_start,
        deadline=event.vote_end,
        rules=rules,
        votes={},
    )


def _vote_cast(draft: Draft, event: e.VoteCast, record: Record) -> None:
    swarm = draft.state.swarm
    proposal = _open_proposal(draft, event.proposal_id)
    number = swarm.institution_of(event.voter)
    if number is None or not swarm.institutions[number].was_member(
        proposal.snapshot, record.timestamp
    ):
        raise HistoryInconsistent(f"{event.voter} had no vote on proposal {proposal.number}.")
    if number in proposal.votes:
        raise HistoryInconsistent(
            f"Institution {number} voted twice on proposal {proposal.number}."
        )
    if not proposal.snapshot < record.timestamp <= proposal.deadline:
        raise HistoryInconsistent(f"A vote on proposal {proposal.number} was cast out of time.")
    if event.support > max(Support) or event.weight != 1:
        raise HistoryInconsistent(f"A vote on proposal {proposal.number} is no single ballot.")
    vote = Vote(number, event.voter, Support(event.support), event.reason, record.timestamp)
    _put(draft, replace(proposal, votes={**proposal.votes, number: vote}))


def _executed(draft: Draft, event: e.ProposalExecuted, record: Record) -> None:
    proposal = _open_proposal(draft, event.proposal_id)
    _put(draft, replace(proposal, executed_at=record.timestamp))


def _canceled(draft: Draft, event: e.ProposalCanceled, record: Record) -> None:
    proposal = _open_proposal(draft, event.proposal_id)
    _put(draft, replace(proposal, canceled_at=record.timestamp))


def _open_proposal(draft: Draft, number: int) -> Proposal:
    proposal = draft.state.proposals.get(number)
    if proposal is None:
        raise HistoryInconsistent(f"Proposal {number} was never made.")
    if proposal.executed_at is not None or proposal.canceled_at is not None:
        raise HistoryInconsistent(f"Proposal {number} was settled before.")
    return proposal


def _put(draft: Draft, proposal: Proposal) -> None:
    draft.owned(draft.state, "proposals")[proposal.number] = proposal


HANDLERS: dict[type[e.Event], Callable[[Draft, Any, Record], None]] = {
    e.VotingRulesSet: _rules_set,
    e.ProposalCreated: _created,
    e.VoteCast: _vote_cast,
    e.ProposalExecuted: _executed,
    e.ProposalCanceled: _canceled,
}
