"""What a validator has to do so that its engine follows the swarm: pure, nothing is asked or done.

`wanted` says who should validate and who may speak, from the folded state; an `Engine` says how the
own engine stands; `plan` holds the two against each other. Only the own vote is cast: more than
half of the validators have to cast theirs before the set changes. Rules that no plan breaks:

1. Nobody is voted out whom the swarm does not name: only a validator that an institution registered
   and that is not a member's any more, or, once every member has registered one, a validator that
   nobody ever registered.
2. Who still validates is still talked to. Cutting it off before the others have voted too could
   leave fewer than the two thirds that every block takes.
3. Nobody is voted in who is not there: who validates counts towards the two thirds, running or not.
4. Somebody is left who validates.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from governance.errors import CharterError
from governance.primitives import address_of_public_key, checksum_address
from governance.vocabulary import NodeStanding, Standing

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from governance.history.state import State
    from governance.history.swarm import Institution

FAULT_TOLERANT = 4
"""Validators that it takes to bear one that fails or lies."""

_ENODE = re.compile(r"enode://([0-9a-fA-F]{128})@([^\s@/?\"\\]+:[0-9]{1,5})(?:\?.*)?")


class EnodeInvalid(CharterError):
    """An address of a machine on the network is malformed, or another machine's."""

    code = "EnodeInvalid"

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"The enode cannot be used: {reason}.",
            "Ask the institution for its card again.",
        )


# --- what is so, and what should be ---------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Engine:
    """What the own engine says.

    Attributes:
        validators: who validates now, addresses with checksum.
        votes: the own votes that are not discarded yet: True to vote in, False to vote out.
        nodes: enodes on the node allowlist.
        accounts: addresses on the account allowlist, with checksum.
        peers: enodes of the machines that are connected.
        catching_up: whether it is still reading the blocks that the others have made.
    """

    validators: tuple[str, ...]
    votes: Mapping[str, bool] = field(default_factory=dict)
    nodes: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    peers: tuple[str, ...] = ()
    catching_up: bool = False


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the swarm's state asks for. Addresses have their checksum.

    Attributes:
        validators: who should validate, with whose it is.
        former: validators once registered that should not, with whose they were and why.
        silent: members that have registered none.
        accounts: who may send transactions, with why.
        enodes: where validators are reached, as far as their cards are there.
    """

    validators: Mapping[str, str]
    former: Mapping[str, str] = field(default_factory=dict)
    silent: tuple[str, ...] = ()
    accounts: Mapping[str, str] = field(default_factory=dict)
    enodes: Mapping[str, str] = field(default_factory=dict)


class Action(StrEnum):
    """What a step does."""

    LET_IN_ACCOUNT = "let in account"
    SHUT_OUT_ACCOUNT = "shut out account"
    LET_IN_NODE = "let in node"
    SHUT_OUT_NODE = "shut out node"
    VOTE_IN = "vote in"
    VOTE_OUT = "vote out"
    DISCARD_VOTE = "discard vote"
    DISCONNECT = "disconnect"
    CONNECT = "connect"


_ORDER = list(Action)
LISTS = frozenset(_ORDER[:4])
"""The actions that change what the engine reads from its files."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do.

    Attributes:
        action: what.
        subject: an address, or for nodes and connections an enode.
        why: the reason, half a sentence for a person.
    """

    action: Action
    subject: str
    why: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do, in order, and what a person should know about it.

    Attributes:
        steps: what to do; empty where the engine is in step as far as the own part goes.
        warnings: what is dangerous or incomplete, whole sentences.
        waiting: what others have still to do, whole sentences.
        accounts: the account allowlist as it should be.
        nodes: the node allowlist as it should be, the own node included.
        static: the enodes that the engine connects to when it starts.
    """

    steps: tuple[Step, ...]
    warnings: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    nodes: tuple[str, ...] = ()
    static: tuple[str, ...] = ()

    def of(self, *actions: Action) -> list[str]:
        """The subjects of the steps of some kinds."""
        return [step.subject for step in self.steps if step.action in actions]


def tidy(enode: str) -> str:
    """An enode in one spelling: lower-case id, host and port, nothing about discovery.

    Raises:
        EnodeInvalid: it is none.
    """
    found = _ENODE.fullmatch(enode)
    if found is None:
        raise EnodeInvalid(f"'{enode}' is not enode://<128 hexadecimal digits>@<host>:<port>")
    return f"enode://{found[1].lower()}@{found[2]}"


def validator_of(enode: str) -> str:
    """The address that signs with an enode's key, with checksum.

    Raises:
        EnodeInvalid: it is no enode.
    """
    key = bytes.fromhex(tidy(enode).removeprefix("enode://")[:128])
    return address_of_public_key(key)


def wanted(state: State, enodes: Mapping[str, str], extra: Iterable[str] = ()) -> Wanted:
    """Who should validate and who may speak, as the swarm has decided.

    Args:
        state: the folded state of a swarm that is founded.
        enodes: the enode of each validator whose card is there, by address.
        extra: accounts that this validator's operator lets in besides, as for a founding.

    Raises:
        EnodeInvalid: an enode is malformed, or its key is not the validator's.
    """
    swarm = state.swarm
    members = swarm.members()
    accounts = {checksum_address(each): "let in by this validator's operator" for each in extra}
    for node in swarm.nodes.values():
        if node.standing is NodeStanding.REGISTERED and swarm.is_member(node.institution):
            accounts[node.address] = f"node of {_named(swarm.institution(node.institution))}"
    accounts |= {each.account: f"account of {_named(each)}" for each in members}
    validators = {each.validator: _named(each) for each in members if each.validator is not None}
    former = {
        address: f"{_named(swarm.institution(number))}, which {_gone(swarm.institution(number))}"
        for address, number in swarm.validators.items()
        if address not in validators
    }
    silent = tuple(_named(each) for each in members if each.validator is None)
    return Wanted(validators, former, silent, accounts, _checked(enodes))


def _named(institution: Institution) -> str:
    return f"institution {institution.number}, {institution.name}"


def _gone(institution: Institution) -> str:
    if institution.standing is Standing.LEFT:
        return "has left the swarm"
    if institution.standing is Standing.EXPELLED:
        return "was expelled from the swarm"
    if institution.validator is None:
        return "has removed it"
    return f"runs {institution.validator} instead"


def _checked(enodes: Mapping[str, str]) -> dict[str, str]:
    checked = {}
    for address, enode in enodes.items():
        if validator_of(enode) != checksum_address(address):
            raise EnodeInvalid(f"its key is that of {validator_of(enode)}, not of {address}")
        checked[checksum_address(address)] = tidy(enode)
    return checked


# --- the plan -------------------------------------------------------------------------------------


def plan(wanted: Wanted, engine: Engine, own: str, *, keep_fault_tolerance: bool = False) -> Plan:
    """What the own validator has to do so that the engine follows the swarm.

    Args:
        wanted: what the swarm's state asks for.
        engine: how the own engine stands.
        own: the own validator's address.
        keep_fault_tolerance: never vote the set below what bears one fault.
    """
    if engine.catching_up:
        # What it says of validators is as old as its newest block.
        return Plan((), waiting=("Your own engine is still reading the blocks of the others.",))
    return _Planner(wanted, engine, own, keep_fault_tolerance).plan()


class _Planner:
    """One plan in the making."""

    def __init__(self, wanted: Wanted, engine: Engine, own: str, keep: bool) -> None:
        self._wanted = wanted
        self._engine = engine
        self._own = own
        self._keep = keep
        self._steps: list[Step] = []
        self._warnings: list[str] = []
        self._waiting: list[str] = []
        self._validating = set(engine.validators)
        self._connected = {validator_of(enode) for enode in engine.peers}
        self._nameless = self._validating - wanted.validators.keys() - wanted.former.keys()
        # A member that has registered none may be the one behind it.
        self._spared = self._nameless if wanted.silent or not wanted.validators else set()
        self._welcome = wanted.validators.keys() | self._spared

    def plan(self) -> Plan:
        """The whole of it."""
        joining = {
            each: whose
            for each, whose in sorted(self._wanted.validators.items())
            if each not in self._validating
        }
        leaving = self._held_back(self._leaving(), joining)
        self._votes(joining, leaving)
        nodes = self._nodes()
        self._peers(nodes)
        self._list(
            self._wanted.accounts,
            self._engine.accounts,
            (Action.LET_IN_ACCOUNT, Action.SHUT_OUT_ACCOUNT),
            "no account of a member, and no node of one",
        )
        self._own_part()
        return Plan(
            steps=tuple(sorted(self._steps, key=lambda step: _ORDER.index(step.action))),
            warnings=tuple(self._warnings),
            waiting=tuple(self._waiting),
            accounts=tuple(sorted(self._wanted.accounts)),
            nodes=tuple(sorted(nodes)),
            static=tuple(sorted(each for each in nodes if validator_of(each) != self._own)),
        )

    # Who leaves.

    def _leaving(self) -> dict[str, str]:
        leaving = {
            each: f"of {self._wanted.former[each]}"
            for each in sorted(self._validating & self._wanted.former.keys())
        }
        if self._spared:
            silent = "; ".join(self._wanted.silent) or "nobody has registered one"
            self._warnings.append(
                f"Nobody has registered {', '.join(sorted(self._spared))}, which validates and is "
                "left alone as long as it can be a member's: ask who has registered none to do so "
                f"({silent})."
            )
        why = "registered by nobody, while every member has another"
        return leaving | dict.fromkeys(sorted(self._nameless - self._spared), why)

    def _held_back(self, leaving: dict[str, str], joining: Mapping[str, str]) -> dict[str, str]:
        if not leaving:
            return leaving
        left = len(self._validating) - len(leaving)
        if left == 0:
            self._waiting.append(
                "Nobody is voted out before another is voted in: no validator would be left."
            )
            return {}
        if left >= FAULT_TOLERANT:
            return leaving
        short = f"{_count(left)} would be left; it takes {FAULT_TOLERANT} to bear one that fails"
        if self._keep:
            may = max(0, len(self._validating) - FAULT_TOLERANT)
            kept = dict(list(leaving.items())[:may])
            held = ", ".join(each for each in leaving if each not in kept)
            self._warnings.append(
                f"To keep the network tolerant of a fault, {held} is not voted out yet: "
                f"{short} or lies."
            )
            return kept
        more = " More are being voted in." if joining else " Others should register a validator."
        self._warnings.append(
            f"The votes lower the set below what tolerates one fault: {short} or lies.{more}"
        )
        return leaving

    # Votes.

    def _votes(self, joining: Mapping[str, str], leaving: Mapping[str, str]) -> None:
        absent = {each for each in joining if each not in self._connected | {self._own}}
        for each, whose in joining.items():
            if each in absent:
                self._waiting.append(
                    f"Not voted in before it is connected: {each} of {whose}. Once it validates it "
                    "counts, running or not."
                )
            else:
                self._vote(Action.VOTE_IN, each, f"validator of {whose}")
        for each, why in leaving.items():
            self._vote(Action.VOTE_OUT, each, why)
        cast = {step.subject for step in self._steps}
        for each, add in sorted(self._engine.votes.items()):
            if each in cast or each in (joining if add else leaving):
                continue
            passed = (each in self._validating) == add
            why = "it has passed" if passed else "it is not wanted any more"
            self._steps.append(Step(Action.DISCARD_VOTE, each, why))

    def _vote(self, action: Action, validator: str, why: str) -> None:
        add = action is Action.VOTE_IN
        has_vote = self._own in self._validating
        if has_vote and self._engine.votes.get(validator) is not add:
            self._steps.append(Step(action, validator, why))
        count = len(self._validating)
        ours = "this one's vote is one of them" if has_vote else "this one does not validate"
        self._waiting.append(
            f"Waiting for others: to {action} {validator} ({why}), {count // 2 + 1} of {count} "
            f"validators must vote so; {ours}."
        )

    # Nodes and connections.

    def _nodes(self) -> set[str]:
        """The node allowlist as it should be; who is on it already stays while it validates."""
        listed: dict[str, set[str]] = {}
        for enode in self._engine.nodes:
            listed.setdefault(validator_of(enode), set()).add(enode)
        nodes = set()
        for each in sorted(self._welcome | self._validating | {self._own}):
            if each in self._welcome and each in self._wanted.enodes:
                nodes.add(self._wanted.enodes[each])
            elif each in listed:
                nodes |= listed[each]
            elif each in self._wanted.validators and each != self._own:
                self._warnings.append(
                    f"It is not known where {each} is reached: ask "
                    f"{self._wanted.validators[each]}, for its card."
                )
        whose = {each: self._whose(validator_of(each)) for each in nodes}
        self._list(
            whose,
            self._engine.nodes,
            (Action.LET_IN_NODE, Action.SHUT_OUT_NODE),
            "no validator of a member's, or reached elsewhere now",
        )
        return nodes

    def _peers(self, nodes: set[str]) -> None:
        allowed = {validator_of(enode) for enode in nodes} | self._validating | {self._own}
        for enode in sorted(nodes):
            each = validator_of(enode)
            if each in self._welcome and each != self._own and each not in self._connected:
                why = f"{self._whose(each)}, not connected"
                self._steps.append(Step(Action.CONNECT, enode, why))
        strangers = {
            validator_of(enode): enode
            for enode in (*self._engine.nodes, *self._engine.peers)
            if validator_of(enode) not in allowed
        }
        self._steps += [
            Step(Action.DISCONNECT, enode, self._whose(each))
            for each, enode in sorted(strangers.items())
        ]

    def _whose(self, validator: str) -> str:
        if validator in self._wanted.validators:
            return f"validator of {self._wanted.validators[validator]}"
        if validator in self._wanted.former:
            return f"validator of {self._wanted.former[validator]}"
        return "validator that nobody has registered"

    def _list(
        self,
        should: Mapping[str, str],
        are: Sequence[str],
        actions: tuple[Action, Action],
        why_not: str,
    ) -> None:
        let_in, shut_out = actions
        self._steps += [
            Step(let_in, each, why) for each, why in sorted(should.items()) if each not in are
        ]
        self._steps += [
            Step(shut_out, each, why_not) for each in sorted(set(are)) if each not in should
        ]

    def _own_part(self) -> None:
        if self._own in self._wanted.former:
            self._warnings.append(
                f"Your own validator is not to validate any more: it is of "
                f"{self._wanted.former[self._own]}."
            )
        elif self._own not in self._wanted.validators:
            self._warnings.append(
                "Your own validator is not registered: `charter validator register` does that."
            )


def _count(validators: int) -> str:
    return "1 validator" if validators == 1 else f"{validators} validators"
