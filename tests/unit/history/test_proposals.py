"""How proposals are decided, by the rules of the Governor."""

from __future__ import annotations

import pytest

from governance.history import ProposalState as P
from governance.history import Support, Tally
from governance.history import events as e
from governance.vocabulary import VotingRules
from tests.unit.history.chronicle import RULES, Chronicle, address

AGAINST, IN_FAVOUR, ABSTAIN = 0, 1, 2


def proposed(members: int) -> Chronicle:
    return Chronicle(members).apply(members + 1).later().propose()


def at_the_end(chronicle: Chronicle) -> P:
    return chronicle.state.proposal_state(1, chronicle.state.proposal(1).deadline + 1)


def test_a_proposal_is_kept_as_it_was_made() -> None:
    chronicle = proposed(3)
    proposal = chronicle.state.proposal(1)
    assert (proposal.number, proposal.institution) == (1, 1)
    assert proposal.description == "Admit them #1"
    assert proposal.title == "Admit them"
    assert proposal.calldatas == (b"\x01\x02",)
    assert proposal.deadline == proposal.snapshot + RULES.voting_period


def test_voting_begins_after_the_snapshot_and_ends_with_the_deadline() -> None:
    state = proposed(3).state
    proposal = state.proposal(1)
    assert state.proposal_state(1, proposal.snapshot) is P.PENDING
    assert state.proposal_state(1, proposal.snapshot + 1) is P.ACTIVE
    assert state.proposal_state(1, proposal.deadline) is P.ACTIVE
    assert state.proposal_state(1, proposal.deadline + 1) is P.DEFEATED


@pytest.mark.parametrize(("members", "needed"), [(1, 1), (2, 2), (3, 2), (4, 3), (5, 3), (7, 4)])
def test_more_than_half_of_all_decide_at_once(members: int, needed: int) -> None:
    chronicle = proposed(members)
    for institution in range(1, needed):
        chronicle.vote(institution)
    assert chronicle.state.proposal_state(1, chronicle.time) is P.ACTIVE
    chronicle.vote(needed)
    assert chronicle.state.proposal_state(1, chronicle.time) is P.SUCCEEDED


@pytest.mark.parametrize(
    ("votes", "outcome"),
    [
        ([], P.DEFEATED),
        ([IN_FAVOUR, IN_FAVOUR], P.DEFEATED),
        ([IN_FAVOUR, IN_FAVOUR, ABSTAIN], P.SUCCEEDED),
        ([IN_FAVOUR, IN_FAVOUR, AGAINST], P.SUCCEEDED),
        ([IN_FAVOUR, IN_FAVOUR, AGAINST, AGAINST], P.DEFEATED),
        ([IN_FAVOUR, ABSTAIN, ABSTAIN], P.DEFEATED),
        ([IN_FAVOUR, ABSTAIN, ABSTAIN, ABSTAIN, ABSTAIN], P.DEFEATED),
        ([ABSTAIN] * 6, P.DEFEATED),
        ([AGAINST] * 6, P.DEFEATED),
    ],
)
def test_at_the_end_the_quorum_and_more_in_favour_decide(votes: list[int], outcome: P) -> None:
    chronicle = proposed(6)
    for institution, support in enumerate(votes, 1):
        chronicle.vote(institution, support)
    assert at_the_end(chronicle) is outcome


def test_abstentions_cannot_carry_a_decision() -> None:
    tally = Tally(against=0, in_favour=2, abstain=6, eligible=8)
    assert not tally.carries(VotingRules(100, 50, 100))
    assert Tally(against=0, in_favour=3, abstain=1, eligible=8).carries(VotingRules(100, 50, 100))


def test_a_quorum_is_rounded_up() -> None:
    rules = VotingRules(100, 34, 100)
    assert not Tally(against=0, in_favour=1, abstain=0, eligible=3).carries(rules)
    assert Tally(against=0, in_favour=1, abstain=0, eligible=2).carries(VotingRules(1, 50, 1))


def test_what_succeeded_expires() -> None:
    chronicle = proposed(3).vote(1).vote(2)
    state = chronicle.state
    end = state.proposal(1).deadline + RULES.expiry
    assert state.proposal_state(1, end) is P.SUCCEEDED
    assert state.proposal_state(1, end + 1) is P.EXPIRED
    executed = chronicle.emit(e.ProposalExecuted(1)).state
    assert executed.proposal_state(1, end + 1) is P.EXECUTED
    assert executed.proposal(1).executed_at == chronicle.time


def test_what_was_taken_back_stays_so() -> None:
    chronicle = proposed(3).vote(1).vote(2).emit(e.ProposalCanceled(1))
    assert at_the_end(chronicle) is P.CANCELED


def test_votes_belong_to_the_institution_whichever_account_cast_them() -> None:
    chronicle = proposed(3).vote(1)
    chronicle.emit(e.AccountRotated(1, address("account 1"), address("new"), by_vote=False))
    chronicle.emit(e.AccountRotated(2, address("account 2"), address("two"), by_vote=False))
    chronicle.emit(e.VoteCast(address("two"), 1, AGAINST, 1, "no"))
    state = chronicle.state
    assert state.tally(1, chronicle.time) == Tally(1, 1, 0, 3)
    vote = state.proposal(1).votes[2]
    assert (vote.account, vote.support, vote.reason) == (address("two"), Support.AGAINST, "no")


def test_who_joins_after_the_snapshot_has_no_vote() -> None:
    chronicle = proposed(3).emit(e.InstitutionAdmitted(4)).later()
    assert chronicle.state.tally(1, chronicle.time).eligible == 3
    assert [v.number for v in chronicle.state.voters(1, chronicle.time)] == [1, 2, 3]


def test_who_joins_within_the_second_of_the_snapshot_has_one() -> None:
    chronicle = Chronicle(3).apply(4).later().propose()
    record_time = chronicle.state.proposal(1).snapshot
    same_second = Chronicle(3).apply(4).later()
    same_second.emit(e.InstitutionAdmitted(4)).propose()
    assert same_second.state.tally(1, record_time + 1).eligible == 4


def test_a_departure_before_the_deadline_takes_the_vote_along() -> None:
    chronicle = proposed(4).vote(1).vote(2, AGAINST).later()
    chronicle.emit(e.InstitutionLeft(2))
    assert chronicle.state.tally(1, chronicle.time) == Tally(0, 1, 0, 3)
    assert chronicle.state.tally(1, chronicle.time - 1) == Tally(1, 1, 0, 4)


def test_a_departure_may_decide() -> None:
    chronicle = proposed(4).vote(1).vote(2).later()
    assert chronicle.state.proposal_state(1, chronicle.time) is P.ACTIVE
    chronicle.emit(e.InstitutionLeft(3))
    assert chronicle.state.proposal_state(1, chronicle.time) is P.SUCCEEDED


def test_after_the_deadline_the_outcome_stands() -> None:
    chronicle = proposed(4).vote(1).vote(2).vote(3)
    deadline = chronicle.state.proposal(1).deadline
    chronicle.until(deadline + 1)
    for institution in (1, 2, 3):
        chronicle.emit(e.InstitutionLeft(institution))
    assert chronicle.state.tally(1, chronicle.time) == Tally(0, 3, 0, 4)
    assert chronicle.state.proposal_state(1, chronicle.time) is P.SUCCEEDED


def test_a_departure_in_the_last_second_still_counts() -> None:
    chronicle = proposed(4).vote(1).vote(2)
    chronicle.until(chronicle.state.proposal(1).deadline).emit(e.InstitutionLeft(2))
    assert chronicle.state.tally(1, chronicle.time + 50) == Tally(0, 1, 0, 3)


def test_the_rules_are_those_in_force_when_the_proposal_was_made() -> None:
    chronicle = proposed(4)
    chronicle.vote(1).vote(2).later()
    chronicle.emit(e.VotingRulesSet(VotingRules(10, 100, 1))).later()
    chronicle.propose(2, period=10)
    state = chronicle.state
    assert at_the_end(chronicle) is P.SUCCEEDED
    assert state.proposal(1).rules == RULES
    second = state.proposal(2)
    assert second.deadline == second.snapshot + 10
    assert second.rules == VotingRules(10, 100, 1)


def test_rules_set_later_within_the_second_of_the_proposal_do_not_count() -> None:
    chronicle = Chronicle(4)
    chronicle.emit(
        e.ProposalCreated(
            1,
            address("account 1"),
            (),
            (),
            (),
            (),
            chronicle.time,
            chronicle.time + RULES.voting_period,
            "Nothing #1",
        )
    )
    chronicle.emit(e.VotingRulesSet(VotingRules(10, 100, 1))).later()
    chronicle.vote(1).vote(2)
    assert chronicle.state.proposal(1).rules == RULES
    assert at_the_end(chronicle) is P.SUCCEEDED
