"""What institutions decide together: proposals, votes, execution."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from governance.chain import call_data
from governance.history import ProposalState
from governance.primitives import keccak, sha256
from governance.vocabulary import Standing, VotingRules
from tests.integration.histories.machine import Machine, index, pick, slip

if TYPE_CHECKING:
    from governance.history import Proposal

_IN_FAVOUR = 1

support = st.sampled_from([0, 0, 1, 1, 1, 1, 2, 3])


def _rules(which: int) -> VotingRules:
    """Voting rules, sound and unsound ones."""
    return VotingRules(
        voting_period=pick((50, 100, 20, 1, 300, 0), which),
        quorum=pick((50, 1, 100, 75, 34, 101), which // 6),
        expiry=pick((200, 10, 1, 40), which // 36),
    )


class GovernorRules(Machine):
    """Rules over `SwarmGovernor`."""

    @rule(who=index, what=index, which=index)
    def propose(self, who: int, what: int, which: int) -> None:
        if self._propose(self.someone(who), what, which) and which % 4 == 0:
            # Before any later block, the proposal is still pending.
            self.compare()

    def _propose(self, sender: str, what: int, which: int) -> bool:
        governor = self.chain.house.governor
        targets, values, calldatas = self._subject(what, which)
        words = pick(("Because.", "", "So that all may know.", "Ω"), which)
        args = targets, values, calldatas, words
        return self.act(sender, governor, "SwarmGovernor", "propose", *args)

    def _subject(self, what: int, which: int) -> tuple[list[str], list[int], list[bytes]]:
        """What is proposed: targets, values and calls."""
        house = self.chain.house
        acts: list[tuple[str, bytes]]
        match what % 12:
            case 0:
                acts = [(house.swarm, self._other_charter(which))]
            case 1 | 2 | 6:
                acts = [(house.swarm, self._admission(which))]
            case 3 | 4:
                number = pick(self.members or [0], which)
                acts = [(house.swarm, call_data("Swarm", "expel", [number]))]
            case 5:
                acts = [(house.swarm, self._recovery(which))]
            case 7:
                acts = [(house.governor, self._other_rules(which))]
                if which % 2:
                    acts.append((house.swarm, self._other_charter(which)))
            case 8:
                # Two sets of rules in one second, of which the last one counts.
                acts = [(house.governor, self._other_rules(which + step)) for step in (0, 1)]
                acts.append((house.swarm, self._admission(which)))
            case 9:
                acts = [(house.governor, self._execution(which))]
            case 10:
                acts = [(house.swarm, call_data("Swarm", "leave"))]
            case _:
                return pick(
                    (
                        ([house.history], [0], [b""]),
                        ([house.swarm], [1], [self._admission(which)]),
                        ([], [], []),
                        ([house.swarm], [0], []),
                    ),
                    which,
                )
        return [to for to, _ in acts], [0] * len(acts), [data for _, data in acts]

    def _admission(self, which: int) -> bytes:
        applicants = [
            each.number
            for each in self.state.swarm.institutions.values()
            if each.standing is Standing.APPLICANT
        ]
        number = pick(applicants or list(self.state.swarm.institutions), which)
        return call_data("Swarm", "admit", [number])

    def _recovery(self, which: int) -> bytes:
        number = pick(list(self.state.swarm.institutions), which)
        account = self.fresh("account").address if which % 5 else self.someone(which)
        return call_data("Swarm", "recoverAccount", [number, account])

    def _other_charter(self, which: int) -> bytes:
        return call_data("Swarm", "setCharter", [sha256(b"%d" % which)])

    def _other_rules(self, which: int) -> bytes:
        return call_data("SwarmGovernor", "setVotingRules", [_rules(which)])

    def _execution(self, which: int) -> bytes:
        """A decision that executes another one."""
        others = list(self.state.proposals.values())
        if not others:
            return self._other_rules(which)
        return call_data("SwarmGovernor", "execute", _contents(pick(others, which)))

    @rule(who=index, which=index, ballot=support, how=slip)
    def vote(self, who: int, which: int, ballot: int, how: int) -> None:
        self._vote(self.someone(who), self._number(which), ballot, how)

    def _vote(self, voter: str, proposal: int, ballot: int, how: int = 9) -> bool:
        function, extra = {
            0: ("castVoteWithReason", ("Ω is a reason",)),
            1: ("castVoteWithReasonAndParams", ("a reason", b"")),
            2: ("castVoteWithReasonAndParams", ("a reason", b"parameters")),
        }.get(how, ("castVote", ()))
        governor = self.chain.house.governor
        return self.act(voter, governor, "SwarmGovernor", function, proposal, ballot, *extra)

    @rule(which=index)
    def vote_by_an_undated_ballot(self, which: int) -> None:
        """OpenZeppelin's own ballots by signature are not offered: they have no deadline."""
        governor = self.chain.house.governor
        args = self._number(which), _IN_FAVOUR, self.someone(which)
        extra = ("castVoteBySig", ()), ("castVoteWithReasonAndParamsBySig", ("a reason", b""))
        function, more = pick(extra, which)
        signature = self.keys[self.someone(which)].sign(sha256(b"a ballot"))
        self.act(self.someone(which), governor, "SwarmGovernor", function, *args, *more, signature)

    @rule(who=index, which=index)
    @precondition(lambda self: self.state.proposals)
    def execute(self, who: int, which: int) -> None:
        ready = [
            number
            for number in self.state.proposals
            if self.state.proposal_state(number, self.now) is ProposalState.SUCCEEDED
        ]
        number = pick(ready if ready and which % 4 else list(self.state.proposals), which)
        self._execute(self.someone(who), number)

    def _execute(self, sender: str, number: int) -> bool:
        contents = _contents(self.state.proposals[number])
        return self.act(sender, self.chain.house.governor, "SwarmGovernor", "execute", *contents)

    @rule(who=index, which=index)
    @precondition(lambda self: self.state.proposals)
    def cancel(self, who: int, which: int) -> None:
        proposal = pick(list(self.state.proposals.values()), which)
        sender = self.account_of(proposal.institution) if who % 3 else self.someone(who)
        contents = _contents(proposal)
        self.act(sender, self.chain.house.governor, "SwarmGovernor", "cancel", *contents)

    @rule(who=index, what=index)
    def think_better_of_it(self, who: int, what: int) -> None:
        """A member takes back what it has just proposed."""
        self.release()
        members = self.members
        if members and self._propose(self.account_of(pick(members, who)), what, who):
            proposal = self.state.proposals[len(self.state.proposals)]
            sender, contents = self.account_of(proposal.institution), _contents(proposal)
            self.act(sender, self.chain.house.governor, "SwarmGovernor", "cancel", *contents)

    @rule(who=index, what=index, which=index, short=st.integers(0, 2))
    def decide(self, who: int, what: int, which: int, short: int) -> None:
        """Everybody votes in favour, but for a few; whoever comes first executes."""
        self._decide(who, what, which, short)

    def _decide(self, who: int, what: int, which: int, short: int = 0) -> None:
        self.release()
        members = self.members
        if not members or not self._propose(self.account_of(pick(members, who)), what, which):
            return
        number = len(self.state.proposals)
        self.now = max(self.now, self.state.proposals[number].snapshot + 1)
        for member in members[short:]:
            self._vote(self.account_of(member), number, _IN_FAVOUR)
        self._execute(self.someone(which), number)

    @rule(
        who=index,
        what=index,
        ballots=st.lists(st.sampled_from([None, 2, 1, 0]), min_size=1, max_size=5),
    )
    def split_the_vote(self, who: int, what: int, ballots: list[int | None]) -> None:
        """Each member votes as it likes, or not at all."""
        self.release()
        members = self.members
        if not members or not self._propose(self.account_of(pick(members, who)), what, who):
            return
        number = len(self.state.proposals)
        self.now = max(self.now, self.state.proposals[number].snapshot + 1)
        for how, (member, ballot) in enumerate(zip(members, ballots, strict=False), start=who):
            if ballot is not None:
                self._vote(self.account_of(member), number, ballot, how % 4)

    @rule(who=index, which=index)
    def decide_on_other_rules_in_a_crowd(self, who: int, which: int) -> None:
        """Proposals are made in the very block in which the voting rules change."""
        self.release()
        members = self.members
        if not members:
            return
        sender = self.account_of(pick(members, who))
        if not self._propose(sender, pick((7, 8), who), which):
            return
        number = len(self.state.proposals)
        self.now = max(self.now, self.state.proposals[number].snapshot + 1)
        for member in members:
            self._vote(self.account_of(member), number, _IN_FAVOUR)
        self.hold = 3
        self._propose(sender, who, which + 1)
        self._execute(sender, number)
        self._propose(sender, who + 1, which)
        self.compare()
        self.now += 1
        for member in self.members[: which % 3]:
            for latest in list(self.state.proposals)[-2:]:
                self._vote(self.account_of(member), latest, _IN_FAVOUR)

    def _number(self, which: int) -> int:
        """Most often one of the newest proposals, now and then one that there is not."""
        count = len(self.state.proposals)
        return count - which // 8 % min(count, 4) if count and which % 8 else which % (count + 2)


def _contents(
    proposal: Proposal,
) -> tuple[tuple[str, ...], tuple[int, ...], tuple[bytes, ...], bytes]:
    """What OpenZeppelin's Governor recognises a proposal by."""
    described = keccak(proposal.description.encode())
    return proposal.targets, proposal.values, proposal.calldatas, described
