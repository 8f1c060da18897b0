"""What the contracts' views must answer, as the folded state has it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from governance.abi import load_functions
from governance.primitives import ZERO_ADDRESS, address_bytes
from governance.vocabulary import Standing

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from governance.chain import House
    from governance.history import State
    from tests.integration.histories.seen import Seen

Value = int | str | bytes

_WORD = 32
_ARRAY_HEAD = 2 * _WORD
_BITS = 256
_ALL_BITS = (1 << _BITS) - 1
_MANY = range(300)
_MOMENTS = 6


@dataclass(frozen=True, slots=True)
class View:
    """A question to a contract and the answer that it must give.

    Attributes:
        question: In words, for the message where they differ.
        to: The contract's address.
        data: The call.
        expected: The answer, ABI-encoded.
        unordered: Whether the answer is a list of words in no order.
    """

    question: str
    to: str
    data: bytes
    expected: bytes
    unordered: bool = False

    def agrees(self, answer: bytes) -> bool:
        """Whether the contract's answer is the expected one."""
        if not self.unordered:
            return answer == self.expected
        return _sorted(answer) == _sorted(self.expected)


@dataclass(frozen=True, slots=True)
class Contract:
    """One of the house's contracts, to ask it for views."""

    name: str
    address: str

    def view(self, signature: str, arguments: Iterable[Value], *expected: Value) -> View:
        """A view that answers in words."""
        return self.raw(signature, arguments, words(*expected))

    def numbers(self, signature: str, arguments: Iterable[Value], expected: Iterable[int]) -> View:
        """A view that answers with a list of numbers in no order."""
        values = list(expected)
        answer = words(_WORD, len(values), *values)
        return self.raw(signature, arguments, answer, unordered=True)

    def raw(
        self,
        signature: str,
        arguments: Iterable[Value],
        expected: bytes,
        *,
        unordered: bool = False,
    ) -> View:
        """A view that answers with these bytes."""
        values = list(arguments)
        data = load_functions(self.name)[signature] + words(*values)
        question = f"{self.name}.{signature} of {values}"
        return View(question, self.address, data, expected, unordered)


def word(value: Value) -> bytes:
    """A value as one ABI word: a number, an address, or bytes of fixed length."""
    if isinstance(value, int):
        return value.to_bytes(_WORD, "big")
    if isinstance(value, str):
        return _address(value)
    return value.ljust(_WORD, b"\0")


def words(*values: Value) -> bytes:
    """Several values, one after the other."""
    return b"".join(map(word, values))


def swarm_views(
    state: State, house: House, at: int, addresses: Iterable[str], seen: Seen
) -> Iterator[View]:
    """What `Swarm` tells, about every institution, address and moment there was.

    Args:
        state: The folded state.
        house: Where the contracts stand.
        at: The time of asking, Unix seconds.
        addresses: Addresses to ask about, used or not.
        seen: Is told what came up.
    """
    ask = Contract("Swarm", house.swarm)
    swarm = state.swarm
    everyone = swarm.institutions
    yield ask.view("charter()", (), swarm.charter)
    yield ask.view("institutionCount()", (), len(everyone))
    yield ask.view("memberCount()", (), len(swarm.members()))
    moments = _moments(state, at)
    for moment in moments:
        members = sum(each.was_member(moment, moment) for each in everyone.values())
        yield ask.view("memberCountAt(uint256)", (moment,), members)
        departed = [
            each.number
            for each in everyone.values()
            if each.was_member(moment, moment) and not each.was_member(moment, at)
        ]
        yield ask.numbers("departed(uint256,uint256)", (moment, at), departed)
    numbers = range(len(everyone) + 2)
    for number in numbers:
        yield from _institution(ask, state, number, seen)
    yield _members_among(ask, state, [*numbers, *(7 * each % len(numbers) for each in _MANY)])
    for address in addresses:
        number = swarm.institution_of(address) or 0
        member = number if swarm.is_member(number) else 0
        yield ask.view("institutionOf(address)", (address,), number)
        yield ask.view("institutionEver(address)", (address,), swarm.accounts.get(address, 0))
        yield ask.view("memberOf(address)", (address,), member)
        for moment in moments[:: 1 + len(moments) // _MOMENTS]:
            since = member and everyone[member].was_member(moment, moment)
            voter = member if since else 0
            yield ask.view("voterSince(address,uint256)", (address, moment), voter)
        node = swarm.nodes.get(address)
        standing = swarm.node_standing(address)
        seen.note(standing)
        yield ask.view("node(address)", (address,), node.institution if node else 0, standing)


def _members_among(ask: Contract, state: State, numbers: list[int]) -> View:
    """Who of many is a member, more than fit into a word, and some more than once."""
    bits = sum(1 << at for at, number in enumerate(numbers) if state.swarm.is_member(number))
    count = -(-len(numbers) // _BITS)
    answer = words(_WORD, count, *(bits >> _BITS * each & _ALL_BITS for each in range(count)))
    return ask.raw("membersAmong(uint32[])", (_WORD, len(numbers), *numbers), answer)


def _institution(ask: Contract, state: State, number: int, seen: Seen) -> Iterator[View]:
    known = state.swarm.institutions.get(number)
    yield ask.view("isMember(uint32)", (number,), known is not None and known.is_member)
    if known is None:
        seen.note(Standing.UNKNOWN)
        yield ask.raw("institution(uint32)", (number,), bytes(8 * _WORD))
        yield ask.view("profileOf(uint32)", (number,), 0, 0, 0)
        return
    seen.note(known.standing)
    yield ask.view(
        "institution(uint32)",
        (number,),
        known.standing,
        known.account,
        known.profile.kind,
        known.profile.sector,
        known.profile.country,
        known.joined_at or 0,
        known.left_at or 0,
        known.validator or ZERO_ADDRESS,
    )
    profile = known.profile
    asked = profile.kind, profile.sector, profile.country
    yield ask.view("profileOf(uint32)", (number,), *asked)


def governor_views(
    state: State, house: House, at: int, accounts: Iterable[str], seen: Seen
) -> Iterator[View]:
    """What `SwarmGovernor` tells about rules, proposals, tallies and who has voted."""
    ask = Contract("SwarmGovernor", house.governor)
    rules = state.rules[-1].rules
    yield ask.view("votingRules()", (), rules.voting_period, rules.quorum, rules.expiry)
    yield ask.view("votingPeriod()", (), rules.voting_period)
    for number, proposal in state.proposals.items():
        count = state.tally(number, at)
        standing = state.proposal_state(number, at)
        seen.note(standing)
        yield ask.view("state(uint256)", (number,), standing)
        yield ask.view(
            "tally(uint256)",
            (number,),
            count.against,
            count.in_favour,
            count.abstain,
            count.eligible,
        )
        yield ask.view("proposalSnapshot(uint256)", (number,), proposal.snapshot)
        yield ask.view("proposalDeadline(uint256)", (number,), proposal.deadline)
        yield ask.view("proposalProposer(uint256)", (number,), proposal.proposer)
        for account in accounts:
            voted = state.swarm.accounts.get(account) in proposal.votes
            yield ask.view("hasVoted(uint256,address)", (number, account), voted)


def studies_views(state: State, house: House) -> Iterator[View]:
    """What the index of studies tells."""
    ask = Contract("Studies", house.studies)
    yield ask.view("count()", (), len(state.studies))
    yield ask.view("studyAt(uint32)", (0,), ZERO_ADDRESS)
    yield ask.view("studyAt(uint32)", (len(state.studies) + 1,), ZERO_ADDRESS)
    for number, study in state.studies.items():
        yield ask.view("studyAt(uint32)", (number,), study.address)


def history_views(state: State, house: House) -> Iterator[View]:
    """Which contracts may append to the history."""
    assert state.emitters is not None
    ask = Contract("History", house.history)
    for address in state.emitters.members:
        yield ask.view("ofTheHouse(address)", (address,), True)
    for address in (house.relay, house.history):
        yield ask.view("ofTheHouse(address)", (address,), False)


def _moments(state: State, at: int) -> list[int]:
    """The seconds in which membership changed, those before and after, and now."""
    changes = {
        moment
        for each in state.swarm.institutions.values()
        for moment in (each.joined_at, each.left_at)
        if moment is not None
    }
    around = {moment + step for moment in changes for step in (-1, 0, 1)}
    return sorted({moment for moment in around if moment <= at} | {0, at})


def _sorted(answer: bytes) -> tuple[bytes, list[bytes]]:
    body = answer[_ARRAY_HEAD:]
    entries = [body[start : start + _WORD] for start in range(0, len(body), _WORD)]
    return answer[:_ARRAY_HEAD], sorted(entries)


@cache
def _address(value: str) -> bytes:
    return address_bytes(value).rjust(_WORD, b"\0")
