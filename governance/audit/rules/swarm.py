"""What can be wrong with the founding, and with what needs the members' vote."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from governance.abi import load_functions
from governance.audit.findings import Words, found
from governance.history import ProposalState
from governance.history import events as e
from governance.history.proposals import state_at, tally
from governance.primitives import address_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from governance.audit.findings import Finding
    from governance.history import Record, State
    from governance.history.proposals import Proposal

_WORD: Final = 32


class Decisions:
    """Goes along with the records and knows what was done that needs a vote, and is not covered.

    The contracts do what was decided first and record the decision's execution after it, in the
    same transaction.
    """

    def __init__(self, founders: Sequence[str]) -> None:
        """Knows nothing yet.

        Args:
            founders: Accounts of those that the trust file names; none if there is no trust file.
        """
        self._trusted = tuple(founders)
        self._founded_in: int | None = None
        self._founders: list[str] = []
        self._applied = ""
        self._open: list[Record] = []

    def founded(self, _state: State, record: Record, _event: e.SwarmFounded) -> Iterator[Finding]:
        """The founding, with which the founders are members."""
        self._founded_in = record.number
        yield from ()

    def applied(
        self, _state: State, record: Record, event: e.InstitutionApplied
    ) -> Iterator[Finding]:
        """An application; in the founding's block, and admitted at once, it is a founder's."""
        self._applied = event.account if record.number == self._founded_in else ""
        yield from ()

    def admitted(
        self, state: State, record: Record, event: e.InstitutionAdmitted
    ) -> Iterator[Finding]:
        """An admission: a founder's, or one that needs a vote."""
        if self._applied and record.number == self._founded_in:
            self._founders.append(self._applied)
            self._applied = ""
            return
        yield from self.act(state, record, event)

    def act(self, _state: State, record: Record, _event: e.Event) -> Iterator[Finding]:
        """What only an executed proposal brings about."""
        yield from self._forget_other_blocks(record.number)
        self._open.append(record)

    def rotated(self, state: State, record: Record, event: e.AccountRotated) -> Iterator[Finding]:
        """An account exchanged by vote."""
        if event.by_vote:
            yield from self.act(state, record, event)

    def executed(
        self, state: State, record: Record, event: e.ProposalExecuted
    ) -> Iterator[Finding]:
        """An execution: held against the votes, and taken as the reason of the acts it called."""
        yield from self._forget_other_blocks(record.number)
        proposal = state.proposals[event.proposal_id]
        done = [act for act in self._open if _calls(proposal, act)]
        self._open = [act for act in self._open if act not in done]
        yield from _supported(state, record, proposal, done)

    def end(self, at: int) -> Iterator[Finding]:
        """What stands open at the end of the history, and who founded it."""
        yield from self._forget_other_blocks(-1)
        if self._trusted and self._founders and self._trusted != tuple(self._founders):
            yield found(
                "founders-foreign",
                at,
                founded=", ".join(self._founders),
                trusted=", ".join(self._trusted),
            )

    def _forget_other_blocks(self, block: int) -> Iterator[Finding]:
        if not self._open or self._open[0].number == block:
            return
        for record in self._open:
            name = type(record.event).__name__
            number = getattr(record.event, "institution", None)
            yield found(
                "act-undecided",
                record.timestamp,
                *(() if number is None else (number,)),
                act=Words(name)
                if number is None
                else Words(f"{name} of institution {{number}}", number=number),
                block=record.number,
            )
        self._open = []


def _supported(
    state: State, record: Record, proposal: Proposal, done: Sequence[Record]
) -> Iterator[Finding]:
    """Holds an execution against the votes as they stood before it did anything."""
    acts = [each.event for each in done]
    expelled = {act.institution for act in acts if isinstance(act, e.InstitutionExpelled)}
    institutions = [
        # Whom the execution has expelled was a member until then.
        replace(each, left_at=None) if each.number in expelled else each
        for each in state.swarm.institutions.values()
    ]
    count = tally(proposal, institutions, record.timestamp)
    stood = state_at(proposal, count, record.timestamp)
    if stood is not ProposalState.SUCCEEDED:
        yield found(
            "proposal-unsupported",
            record.timestamp,
            proposal.institution,
            proposal=proposal.number,
            state=Words(stood.name.lower()),
            in_favour=count.in_favour,
            against=count.against,
            abstain=count.abstain,
            eligible=count.eligible,
        )


def _calls(proposal: Proposal, act: Record) -> bool:
    """Whether a proposal says that this be done."""
    call = _call(act.event)
    return any(
        target == act.emitter and data.startswith(call)
        for target, data in zip(proposal.targets, proposal.calldatas, strict=False)
    )


def _call(act: e.Event) -> bytes:
    """The call that brings an act about."""
    match act:
        case e.InstitutionAdmitted(number):
            return _selector("Swarm", "admit(uint32)") + _word(number)
        case e.InstitutionExpelled(number):
            return _selector("Swarm", "expel(uint32)") + _word(number)
        case e.AccountRotated(number, _, account):
            recover = _selector("Swarm", "recoverAccount(uint32,address)")
            return recover + _word(number) + address_bytes(account).rjust(_WORD, b"\0")
        case e.CharterSet(charter):
            return _selector("Swarm", "setCharter(bytes32)") + charter
        case e.VotingRulesSet(rules):
            numbers = (rules.voting_period, rules.quorum, rules.expiry)
            change = _selector("SwarmGovernor", "setVotingRules((uint32,uint16,uint32))")
            return change + b"".join(map(_word, numbers))
        case _:
            raise AssertionError(f"{type(act).__name__} needs no vote")


def _selector(contract: str, signature: str) -> bytes:
    return load_functions(contract)[signature]


def _word(number: int) -> bytes:
    return number.to_bytes(_WORD, "big")
