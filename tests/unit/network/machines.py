"""Validators' keys and enodes by number, and a network of engines that exists in memory alone."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

from coincurve import PublicKey

from deploy.network.planning import Action, Engine, Plan, Wanted, plan, validator_of

if TYPE_CHECKING:
    from collections.abc import Iterable


@cache
def enode(number: int) -> str:
    """Where a machine is reached."""
    key = PublicKey.from_secret(number.to_bytes(32, "big")).format(compressed=False)[1:]
    return f"enode://{key.hex()}@10.0.0.{number}:30303"


@cache
def address(number: int) -> str:
    """A machine's validator address."""
    return validator_of(enode(number))


def account(number: int) -> str:
    """An institution's account; not a validator's."""
    return address(100 + number)


def wanting(
    validators: Iterable[int],
    former: Iterable[int] = (),
    *,
    silent: Iterable[int] = (),
    cards: Iterable[int] = range(1, 10),
) -> Wanted:
    """What a swarm asks for whose institutions have the machines' numbers."""
    members = {address(each): f"institution {each}" for each in validators}
    return Wanted(
        members,
        {address(each): f"institution {each}, which has left the swarm" for each in former},
        tuple(f"institution {each}" for each in silent),
        {account(each): f"account of institution {each}" for each in validators},
        {address(each): enode(each) for each in cards},
    )


def standing(
    validators: Iterable[int], wanted: Wanted | None = None, *, own: int = 1, **settings: object
) -> Engine:
    """An engine whose lists and connections are as the wanted ones, where nothing else is said."""
    numbers = list(validators)
    known = {validator_of(each): each for each in map(enode, range(1, 10))}
    listed = {known[each] for each in wanted.validators} if wanted else set()
    nodes = tuple(sorted(listed | {enode(each) for each in numbers}))
    asked = {
        "nodes": nodes,
        "accounts": tuple(sorted(wanted.accounts)) if wanted else (),
        "peers": tuple(each for each in nodes if each != enode(own)),
        **settings,
    }
    return Engine(tuple(sorted(address(each) for each in numbers)), **asked)  # type: ignore[arg-type]


@dataclass
class Machine:
    """One validator's engine."""

    own: str
    nodes: set[str]
    accounts: set[str] = field(default_factory=set)
    votes: dict[str, bool] = field(default_factory=dict)
    peers: set[str] = field(default_factory=set)

    def apply(self, plan: Plan) -> None:
        """Does what the plan says, as an engine would."""
        for step in plan.steps:
            match step.action:
                case Action.LET_IN_ACCOUNT:
                    self.accounts.add(step.subject)
                case Action.SHUT_OUT_ACCOUNT:
                    self.accounts.remove(step.subject)
                case Action.LET_IN_NODE:
                    self.nodes.add(step.subject)
                case Action.SHUT_OUT_NODE:
                    self.nodes.remove(step.subject)
                case Action.VOTE_IN | Action.VOTE_OUT:
                    self.votes[step.subject] = step.action is Action.VOTE_IN
                case Action.DISCARD_VOTE:
                    del self.votes[step.subject]
                case Action.DISCONNECT:
                    self.peers.discard(step.subject)
                case Action.CONNECT:
                    self.peers.add(step.subject)
        assert self.nodes == set(plan.nodes) or not plan.steps
        assert self.accounts == set(plan.accounts) or not plan.steps


@dataclass
class Simulation:
    """A network whose machines vote, more than half deciding, as QBFT's validators do."""

    validators: set[str]
    machines: list[Machine]

    @classmethod
    def of(cls, validators: Iterable[int], machines: Iterable[int]) -> Simulation:
        started = {enode(each) for each in validators}
        return cls(
            {address(each) for each in validators},
            [Machine(address(each), set(started)) for each in machines],
        )

    def engine(self, machine: Machine) -> Engine:
        return Engine(
            tuple(sorted(self.validators)),
            dict(machine.votes),
            tuple(sorted(machine.nodes)),
            tuple(sorted(machine.accounts)),
            tuple(sorted(machine.peers)),
        )

    def plan(self, machine: Machine, wanted: Wanted, **settings: bool) -> Plan:
        return plan(wanted, self.engine(machine), machine.own, **settings)

    def tally(self) -> None:
        """Lets every vote take effect for which more than half of the validators are."""
        while passed := self._passed():
            validator, add = passed
            (self.validators.add if add else self.validators.remove)(validator)
            assert self.validators, "a network without validators is no more"

    def _passed(self) -> tuple[str, bool] | None:
        voting = [each for each in self.machines if each.own in self.validators]
        asked = sorted({vote for each in voting for vote in each.votes.items()})
        for validator, add in asked:
            count = sum(each.votes.get(validator) is add for each in voting)
            if count > len(self.validators) // 2 and (validator in self.validators) != add:
                return validator, add
        return None
