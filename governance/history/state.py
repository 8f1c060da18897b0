"""The state that a history folds into: everything the contracts know, and what they only told.

A state is a value. `fold` never changes one; it makes another that shares what did not change.
Readers must not change one either. What comes about by time alone is asked with the time.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from governance.history import proposals as voting
from governance.history.errors import ProposalUnknown, StudyUnknown
from governance.history.swarm import Swarm

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from governance.history.house import Emitters
    from governance.history.proposals import Proposal, ProposalState, RulesSince, Tally
    from governance.history.study import Study
    from governance.history.swarm import Institution


@dataclass(slots=True)
class State:
    """The swarm, its decisions and its studies after a number of records.

    Attributes:
        length: Records folded.
        number: Block of the last record.
        time: Of that block, Unix seconds.
        log_index: Of the last record within its block.
        emitters: The contracts of the house; `None` before the founding.
        swarm: Institutions, accounts, nodes, validators, charter.
        rules: Voting rules over time, those in force last.
        proposals: By number.
        studies: By number.
    """

    length: int = 0
    number: int = 0
    time: int = 0
    log_index: int = -1
    emitters: Emitters | None = None
    swarm: Swarm = field(default_factory=Swarm)
    rules: Sequence[RulesSince] = field(default_factory=list)
    proposals: Mapping[int, Proposal] = field(default_factory=dict)
    studies: Mapping[int, Study] = field(default_factory=dict)

    def study(self, key: int | str) -> Study:
        """A study by its number or the address of its contract or its benefits, with checksum.

        Raises:
            StudyUnknown: There is none.
        """
        number = key if isinstance(key, int) else self._study_number(key)
        found = None if number is None else self.studies.get(number)
        if found is None:
            raise StudyUnknown(
                f"There is no study {key}.", "List the studies and take one's number or address."
            )
        return found

    def _study_number(self, address: str) -> int | None:
        member = self.emitters.of(address) if self.emitters else None
        return member.study if member else None

    def proposal(self, number: int) -> Proposal:
        """A proposal by its number.

        Raises:
            ProposalUnknown: There is none.
        """
        found = self.proposals.get(number)
        if found is None:
            raise ProposalUnknown(
                f"There is no proposal {number}.", "List the proposals and take one's number."
            )
        return found

    def voters(self, number: int, at: int) -> tuple[Institution, ...]:
        """Who may vote on a proposal at a time, or could until its deadline.

        Raises:
            ProposalUnknown: There is no such proposal.
        """
        return voting.voters(self.proposal(number), self.swarm.institutions.values(), at)

    def tally(self, number: int, at: int) -> Tally:
        """A proposal's votes that count at a time, Unix seconds, not before the last record.

        Raises:
            ProposalUnknown: There is no such proposal.
        """
        return voting.tally(self.proposal(number), self.swarm.institutions.values(), at)

    def proposal_state(self, number: int, at: int) -> ProposalState:
        """Where a proposal stands at a time, Unix seconds, not before the last record.

        Raises:
            ProposalUnknown: There is no such proposal.
        """
        return voting.state_at(self.proposal(number), self.tally(number, at), at)
