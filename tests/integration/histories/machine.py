"""What all rules of the state machine stand on: acting, keeping count, comparing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from governance.chain import Follower, call_data, read_records
from governance.history import fold, genesis_head, replay, select
from governance.primitives import sha256
from governance.vocabulary import Authorisation, Level
from tests.integration.histories.chain import CHAIN_ID
from tests.integration.histories.keys import Key, key
from tests.integration.histories.posting import AGAIN, TRICKS, Desk, Letter
from tests.integration.histories.study_views import (
    authorisation_views,
    benefits_views,
    study_views,
)
from tests.integration.histories.views import (
    governor_views,
    history_views,
    studies_views,
    swarm_views,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from governance.history import Record, Study
    from tests.integration.histories.chain import Chain, Outcome
    from tests.integration.histories.seen import Seen
    from tests.integration.histories.views import View

T = TypeVar("T")

index = st.integers(0, 1 << 16)
"""Which of several; taken modulo how many there are."""
slip = st.integers(0, 9)
"""Which mistake to make; most numbers stand for none."""

_COMPARE_EVERY = 20
_MOMENTS = 4
_SPOIL_EVERY = 4
_BEFORE = [trick for trick in TRICKS if trick != AGAIN]


def pick(options: Sequence[T], at: int) -> T:
    """One of several."""
    return options[at % len(options)]


@dataclass(frozen=True, slots=True)
class Sent:
    """An act as it is handed in: by whom, to which contract, and which function it is for."""

    sender: str
    to: str
    data: bytes
    function: str
    letter: Letter | None = None
    """By relay, if it is."""

    @property
    def transaction(self) -> tuple[str, str, bytes]:
        """Sender, contract and data."""
        return self.sender, self.to, self.data


class Machine(RuleBasedStateMachine):
    """A history in the making, on a chain that is as it was founded.

    The state folded so far guides the rules towards what is possible; what the contracts make of
    it is up to them.
    """

    def __init__(self, chain: Chain, seen: Seen) -> None:
        super().__init__()
        self.chain = chain
        self.seen = seen
        chain.restore()
        self.now = chain.time + 1
        self.pace = 1
        self.keys: dict[str, Key] = {}
        self.made = 0
        self.held: list[Sent] = []
        self.hold = 0
        self.steps = 0
        self.sound = True
        self.desk = Desk(chain)
        self.acts = 0
        self.salt = 0
        for founder in chain.founders:
            self.remember(founder)
        self.spare = list(chain.spare)
        self.stranger = self.remember(key("stranger", 0))
        self.follower = Follower(chain.rpc, chain.trust)
        self.records: list[Record] = list(read_records(chain.rpc, chain.house))
        self.state = fold(self.records)
        seen.histories += 1
        for record in self.records:
            seen.event(record.event)

    # --- who --------------------------------------------------------------------------------------

    def remember(self, who: Key) -> Key:
        """Keeps a key, to sign with it when its address comes up."""
        self.keys[who.address] = who
        return who

    def fresh(self, role: str, every: int = 4) -> Key:
        """A key, or one of so many times a contract account, that nobody has used yet."""
        self.made += 1
        if self.spare and self.made % every == 0:
            return self.remember(self.spare.pop())
        return self.remember(key(f"fresh {role}", self.made))

    @property
    def members(self) -> list[int]:
        """Numbers of the members."""
        return [each.number for each in self.state.swarm.members()]

    def account_of(self, number: int) -> str:
        """The account that speaks for an institution."""
        return self.state.swarm.institutions[number].account

    def someone(self, at: int) -> str:
        """An account: most often a member's, now and then anybody's."""
        members = self.members
        if at % 8 and members:
            return self.account_of(pick(members, at // 8))
        return pick([*self.state.swarm.accounts, *self.state.swarm.nodes, *self._strangers()], at)

    def _strangers(self) -> list[str]:
        return [self.stranger.address]

    def studies(self) -> list[Study]:
        """All studies."""
        return list(self.state.studies.values())

    # --- acting -----------------------------------------------------------------------------------

    def act(
        self,
        sender: str,
        to: str,
        contract: str,
        function: str,
        *args: Any,
        in_person: bool = False,
    ) -> bool:
        """Sends a transaction, or has somebody send it; whether it was accepted, as far as known.

        Args:
            sender: Whose act it is.
            to: The contract's address.
            contract: Its name.
            function: What is called.
            args: With what.
            in_person: Whether it cannot go by relay.
        """
        data = call_data(contract, function, args)
        self.acts += 1
        # Of nothing that is another in the next run, as the house's addresses are.
        circumstances = self.salt, self.acts, self.now - self.chain.time, function, sender
        dice = sha256(repr(circumstances).encode())
        by_post = dice[0] % 2 == 0 and not in_person
        self.seen.caller(self._kind(sender), by_post=by_post)
        if not by_post:
            return self._hand_in(Sent(sender, to, data, function))
        deadline = self.now + pick((0, 1, 100, 1 << 40), dice[1])
        letter = self.desk.write(self.keys[sender], to, data, deadline)
        carrier = pick([*self._strangers(), *self.keys], dice[2])
        assert self.state.emitters is not None
        of_the_house = to in self.state.emitters.members
        spoilt = dice[3] % _SPOIL_EVERY == 0 and of_the_house and not self.hold
        at = self.now
        if spoilt:
            self._must_refuse(carrier, letter, pick(_BEFORE, dice[4]), at)
        accepted = self._hand_in(
            Sent(carrier, self.chain.house.relay, letter.call(), function, letter)
        )
        if spoilt and accepted:
            self._must_refuse(carrier, letter, AGAIN, at)
        return accepted

    def _hand_in(self, sent: Sent) -> bool:
        if self.hold:
            self.held.append(sent)
            self.hold -= 1
            if not self.hold:
                self.release()
            return False
        return self._learn(sent, self.chain.send(*sent.transaction, self.now))

    def _must_refuse(self, carrier: str, letter: Letter, trick: str, at: int) -> None:
        """Hands in what the relay must refuse, in the same second as the act itself."""
        studies = [each.address for each in self.studies()]
        call = self.desk.spoil(letter, trick, at, studies).call()
        relay = self.chain.house.relay
        assert self.chain.refusal(carrier, relay, call, at) == TRICKS[trick].refusal, trick
        outcome = self.chain.send(carrier, relay, call, at)
        assert not outcome.accepted
        assert not outcome.logs
        self.seen.tricks[trick] += 1

    def _kind(self, account: str) -> str:
        """What sort of caller it is."""
        swarm = self.state.swarm
        number = swarm.institution_of(account)
        if number is not None:
            kind = swarm.institutions[number].standing.name.lower()
            return f"{kind} of two persons" if self.keys[account].is_contract else kind
        if account in swarm.accounts:
            return "former account"
        node = swarm.nodes.get(account)
        return "stranger" if node is None else f"{node.standing.name.lower()} node"

    def release(self) -> None:
        """Makes one block of what was held back."""
        self.hold = 0
        held, self.held = self.held, []
        if not held:
            return
        outcomes = self.chain.send_together([each.transaction for each in held], self.now)
        self.now -= self.pace * (len(outcomes) - 1)
        for sent, outcome in zip(held, outcomes, strict=True):
            self._learn(sent, outcome)

    def _learn(self, sent: Sent, outcome: Outcome) -> bool:
        self.now += self.pace
        if not outcome.accepted:
            self.seen.refused += 1
            assert not outcome.logs
            return False
        self.seen.accept(sent.function, sent.letter)
        records = list(select(outcome.logs, self.state.emitters))
        self.state = fold(records, self.state)
        self.records += records
        for record in records:
            self.seen.event(record.event)
        return True

    @property
    def time(self) -> int:
        """The time of the newest block, and so of the contracts."""
        clock = self.chain.ask([(self.chain.house.governor, call_data("SwarmGovernor", "clock"))])
        return int.from_bytes(clock[0], "big")

    # --- time -------------------------------------------------------------------------------------

    @rule(pace=st.sampled_from([0, 1, 1, 3]))
    def hurry(self, pace: int) -> None:
        """From now on, this many seconds lie between two acts."""
        self.pace = pace

    @rule(count=st.integers(2, 4))
    @precondition(lambda self: not self.hold)
    def hold_back(self, count: int) -> None:
        """The next acts all come in one block."""
        self.hold = count

    @rule(which=index, step=st.integers(-1, 1), seconds=st.integers(1, 60))
    def wait(self, which: int, step: int, seconds: int) -> None:
        """Lets time pass: some seconds, or up to a moment from which something is otherwise."""
        self.release()
        moments = sorted(moment + step for moment in self._turning_points())
        # After the last of them there is nothing left to do, so they come one by one.
        near = [moment for moment in moments if moment > self.now][: 1 + which % 3]
        self.now = near[-1] if near and which % 2 else self.now + seconds

    def _turning_points(self) -> Iterator[int]:
        for proposal in self.state.proposals.values():
            yield proposal.deadline
            yield proposal.deadline + proposal.rules.expiry
        for study in self.studies():
            parameters = study.terms.parameters
            yield parameters.expires_at
            if parameters.consent_max_age:
                for each in study.participations.values():
                    yield each.consent_at + parameters.consent_max_age

    # --- comparing --------------------------------------------------------------------------------

    @invariant()
    def compare_now_and_then(self) -> None:
        """At the end of every history everything is compared, and every so many steps."""
        self.steps += 1
        if self.steps % _COMPARE_EVERY == 0:
            self.compare()

    def teardown(self) -> None:
        if self.sound:
            self.compare()

    def compare(self) -> None:
        """Holds everything against everything."""
        self.sound = False
        self.release()
        self._compare_history()
        now = self.time
        self._compare_views(self._views(now), now)
        self._compare_candidates(now)
        self._compare_what_time_brings(now)
        self.sound = True

    def _compare_history(self) -> None:
        rpc, house = self.chain.rpc, self.chain.house
        records = read_records(rpc, house)
        begin = genesis_head(CHAIN_ID, house.history)
        head, length = replay(records, begin)
        answers = self.chain.ask(
            [(house.history, call_data("History", name)) for name in ("head", "length")]
        )
        assert head == answers[0]
        assert length == int.from_bytes(answers[1], "big")
        whole = fold(records)
        third = len(records) // 3
        first = fold(records[:third])
        before = fold(records[:third])
        pieces = fold(records[2 * third :], fold(records[third : 2 * third], first))
        assert first == before, "folding on leaves the earlier state as it was"
        assert whole == pieces == self.state
        self.follower.poll()
        assert (self.follower.head, self.follower.state) == (head, whole)

    def _compare_what_time_brings(self, now: int) -> None:
        """Holds some moments to come, around those from which something is otherwise."""
        points = {point + step for point in self._turning_points() for step in (-1, 0, 1)}
        later = sorted(point for point in points if point > now)
        for point in later[self.steps % 3 :: 1 + len(later) // _MOMENTS]:
            self._compare_views(self._views_over_time(point), point)

    def _compare_views(self, expected: Iterable[View], at: int) -> None:
        views = list(expected)
        answers = self.chain.ask([(view.to, view.data) for view in views], at)
        wrong = [
            f"{view.question}: {answer.hex()} instead of {view.expected.hex()}"
            for view, answer in zip(views, answers, strict=True)
            if not view.agrees(answer)
        ]
        assert not wrong, f"at {at}:\n" + "\n".join(wrong)

    def _compare_candidates(self, now: int) -> None:
        """Holds what could still become final against what could still be attested."""
        probes = []
        for study in self.studies():
            for node in self.state.swarm.nodes.values():
                if study.authorisation(node.address, now) is not Authorisation.AUTHORISED:
                    continue
                for checkpoint in study.checkpoints.values():
                    if checkpoint.is_attested_by(node.institution):
                        continue
                    args = checkpoint.identity, Level.MERGE_RECOMPUTED
                    data = call_data("Study", "attest", args)
                    act = node.address, study.address, data
                    probes.append((act, study.is_candidate(checkpoint)))
        answers = self.chain.would_accept([act for act, _ in probes])
        assert answers == [expected for _, expected in probes]

    def _views(self, now: int) -> Iterator[View]:
        state, house, seen = self.state, self.chain.house, self.seen
        yield from history_views(state, house)
        yield from swarm_views(state, house, now, self.keys, seen)
        accounts = [*state.swarm.accounts, self.stranger.address]
        yield from governor_views(state, house, now, accounts, seen)
        yield from studies_views(state, house)
        nodes = [*state.swarm.nodes, self.stranger.address]
        for study in self.studies():
            yield from study_views(state, study, now, nodes, seen)
            yield from benefits_views(state, study, seen)

    def _views_over_time(self, now: int) -> Iterator[View]:
        """Those that answer otherwise as time passes, though nobody does anything."""
        state, house, seen = self.state, self.chain.house, self.seen
        yield from governor_views(state, house, now, (), seen)
        for study in self.studies():
            yield from authorisation_views(state, study, now, state.swarm.nodes, seen)
