"""The rules that a history is held against: one function each, asked about one kind of event.

Each is given the state just before the record, which must not be kept, the record and its event.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from governance.audit.rules import benefits, checkpoints, studies
from governance.audit.rules.swarm import Decisions
from governance.history import events as e

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from governance.audit.findings import Finding
    from governance.history import Record, State

    Rule = Callable[[State, Record, Any], Iterable[Finding]]

__all__ = ["Decisions", "by_event"]

_BY_EVENT: Mapping[type[e.Event], Rule] = {
    e.CheckpointPublished: checkpoints.published,
    e.CheckpointAttested: checkpoints.attested,
    e.CheckpointFinal: checkpoints.final,
    e.EquivocationRecorded: checkpoints.equivocated,
    e.TermsSigned: studies.signed,
    e.TermsInForce: studies.in_force,
    e.TermsProposed: studies.proposed,
    e.StudyStarted: studies.started,
    e.StudyClosed: studies.closed,
    e.RevenueDeclared: benefits.declared,
}


def by_event(decisions: Decisions) -> Mapping[type[e.Event], Rule]:
    """The rule for each kind of event that has one."""
    return {
        **_BY_EVENT,
        e.SwarmFounded: decisions.founded,
        e.InstitutionApplied: decisions.applied,
        e.InstitutionAdmitted: decisions.admitted,
        e.InstitutionExpelled: decisions.act,
        e.CharterSet: decisions.act,
        e.VotingRulesSet: decisions.act,
        e.AccountRotated: decisions.rotated,
        e.ProposalExecuted: decisions.executed,
    }
