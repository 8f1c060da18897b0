"""Proposals, votes, and how they are decided: the rules of `SwarmGovernor.sol`, as functions."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from governance.history.swarm import Institution
    from governance.vocabulary import VotingRules


class Support(IntEnum):
    """What a ballot says, as OpenZeppelin's Governor numbers it."""

    AGAINST = 0
    IN_FAVOUR = 1
    ABSTAIN = 2


class ProposalState(IntEnum):
    """Where a proposal stands, as OpenZeppelin's Governor numbers it; nothing is ever queued."""

    PENDING = 0
    ACTIVE = 1
    CANCELED = 2
    DEFEATED = 3
    SUCCEEDED = 4
    QUEUED = 5
    EXPIRED = 6
    EXECUTED = 7


@dataclass(frozen=True, slots=True)
class RulesSince:
    """Voting rules and the second from which they apply to new proposals."""

    rules: VotingRules
    since: int


@dataclass(frozen=True, slots=True)
class Vote:
    """An institution's vote, by the account that cast it; `at` in Unix seconds."""

    institution: int
    account: str
    support: Support
    reason: str
    at: int


@dataclass(frozen=True, slots=True)
class Proposal:
    """A proposal and its votes. Times are Unix seconds, `None` if it did not happen.

    Attributes:
        number: Its id; numbers count from 1.
        proposer: The account that made it.
        institution: The institution that the account spoke for.
        description: Ends in ` #` and the number.
        snapshot: Institutions that were members at the end of this second may vote.
        deadline: The last second of voting.
        rules: Those in force when it was made; others may have come in the same second.
        votes: By institution.
    """

    number: int
    proposer: str
    institution: int
    targets: tuple[str, ...]
    values: tuple[int, ...]
    calldatas: tuple[bytes, ...]
    description: str
    snapshot: int
    deadline: int
    rules: VotingRules
    votes: Mapping[int, Vote]
    executed_at: int | None = None
    canceled_at: int | None = None

    @property
    def title(self) -> str:
        """The description without the number that makes it unique."""
        return self.description.removesuffix(f" #{self.number}")


@dataclass(frozen=True, slots=True)
class Tally:
    """Votes of institutions that were members at the snapshot and remained so until the deadline.

    `eligible` counts those institutions, whether they voted or not.
    """

    against: int
    in_favour: int
    abstain: int
    eligible: int

    @property
    def is_majority(self) -> bool:
        """Whether more than half of all eligible institutions are in favour."""
        return self.in_favour >= self.eligible // 2 + 1

    def carries(self, rules: VotingRules) -> bool:
        """Whether the votes carry the proposal at the end of the period."""
        if self.is_majority:
            return True
        quorum = -(-rules.quorum * self.eligible // 100)
        cast = self.against + self.in_favour + self.abstain
        return cast >= quorum and self.in_favour > self.against and 2 * self.in_favour > quorum


def voters(
    proposal: Proposal, institutions: Iterable[Institution], at: int
) -> tuple[Institution, ...]:
    """Who may vote, or could: members at the snapshot that had not departed by `at` or the end."""
    until = min(at, proposal.deadline)
    return tuple(each for each in institutions if each.was_member(proposal.snapshot, until))


def tally(proposal: Proposal, institutions: Iterable[Institution], at: int) -> Tally:
    """The votes that count at a time."""
    eligible = voters(proposal, institutions, at)
    counts = dict.fromkeys(Support, 0)
    for institution in eligible:
        vote = proposal.votes.get(institution.number)
        if vote is not None:
            counts[vote.support] += 1
    return Tally(
        against=counts[Support.AGAINST],
        in_favour=counts[Support.IN_FAVOUR],
        abstain=counts[Support.ABSTAIN],
        eligible=len(eligible),
    )


def state_at(proposal: Proposal, count: Tally, at: int) -> ProposalState:
    """Where a proposal stands at a time.

    Args:
        proposal: The proposal.
        count: Its tally at that time.
        at: Unix seconds, not before the last record that the proposal was folded from.
    """
    if proposal.executed_at is not None:
        return ProposalState.EXECUTED
    if proposal.canceled_at is not None:
        return ProposalState.CANCELED
    if at <= proposal.snapshot:
        return ProposalState.PENDING
    if at <= proposal.deadline:
        return ProposalState.SUCCEEDED if count.is_majority else ProposalState.ACTIVE
    return _outcome(proposal, count, at)


def _outcome(proposal: Proposal, count: Tally, at: int) -> ProposalState:
    if not count.carries(proposal.rules):
        return ProposalState.DEFEATED
    if at > proposal.deadline + proposal.rules.expiry:
        return ProposalState.EXPIRED
    return ProposalState.SUCCEEDED
