"""What can be wrong with the founding, and with what needs the members' vote."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

from governance.audit.findings import found
from governance.history import ProposalState
from governance.history.proposals import state_at, tally
from governance.primitives import keccak

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from governance.audit.findings import Finding
    from governance.history import Record, State
    from governance.history.events import (
        AccountRotated,
        InstitutionAdmitted,
        InstitutionApplied,
        ProposalExecuted,
        SwarmFounded,
    )
    from governance.history.proposals import Proposal

_SELECTOR_BYTES, _CALL_BYTES = 4, 36


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
        self._open: list[tuple[Record, int]] = []

    def founded(self, _state: State, record: Record, _event: SwarmFounded) -> Iterator[Finding]:
        """The founding, with which the founders are members."""
        self._founded_in = record.number
        yield from ()

    def applied(
        self, _state: State, record: Record, event: InstitutionApplied
    ) -> Iterator[Finding]:
        """An application; in the founding's block, and admitted at once, it is a founder's."""
        self._applied = event.account if record.number == self._founded_in else ""
        yield from ()

    def admitted(
        self, state: State, record: Record, event: InstitutionAdmitted
    ) -> Iterator[Finding]:
        """An admission: a founder's, or one that needs a vote."""
        if self._applied and record.number == self._founded_in:
            self._founders.append(self._applied)
            self._applied = ""
            return
        yield from self.act(state, record, event)

    def act(self, _state: State, record: Record, event: Any) -> Iterator[Finding]:
        """What only an executed proposal brings about."""
        yield from self._forget_other_blocks(record.number)
        self._open.append((record, getattr(event, "institution", 0)))

    def rotated(self, state: State, record: Record, event: AccountRotated) -> Iterator[Finding]:
        """An account exchanged by vote."""
        if event.by_vote:
            yield from self.act(state, record, event)

    def executed(self, state: State, record: Record, event: ProposalExecuted) -> Iterator[Finding]:
        """An execution: held against the votes, and taken as the reason of the acts before it."""
        yield from self._forget_other_blocks(record.number)
        proposal = state.proposals[event.proposal_id]
        del self._open[max(0, len(self._open) - len(proposal.calldatas)) :]
        yield from _supported(state, record, proposal)

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
        while self._open and self._open[0][0].number != block:
            record, institution = self._open.pop(0)
            act = type(record.event).__name__
            yield found(
                "act-undecided",
                record.timestamp,
                *((institution,) if institution else ()),
                act=f"{act} of institution {institution}" if institution else act,
                block=record.number,
            )


def _supported(state: State, record: Record, proposal: Proposal) -> Iterator[Finding]:
    """Holds an execution against the votes as they stood before it did anything."""
    expelled = _expelled_by(proposal)
    institutions = [
        # Whom the execution has expelled was a member until then.
        replace(each, left_at=None)
        if each.number in expelled and each.left_at == record.timestamp
        else each
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
            state=stood.name.lower(),
            in_favour=count.in_favour,
            against=count.against,
            abstain=count.abstain,
            eligible=count.eligible,
        )


def _expelled_by(proposal: Proposal) -> frozenset[int]:
    """Whom a proposal expels, as its calls say."""
    return frozenset(
        int.from_bytes(data[_SELECTOR_BYTES:_CALL_BYTES], "big")
        for data in proposal.calldatas
        if data[:_SELECTOR_BYTES] == _expel()
    )


@cache
def _expel() -> bytes:
    return keccak(b"expel(uint32)")[:_SELECTOR_BYTES]
