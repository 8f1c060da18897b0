"""How the Swarm's and the index of studies' events change the state."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from governance.history import events as e
from governance.history.errors import HistoryInconsistent
from governance.history.house import Emitters, opened
from governance.history.proposals import RulesSince
from governance.history.study import Study
from governance.history.swarm import Charter, Institution, Node, Tenure
from governance.vocabulary import NodeStanding, Profile, Standing

if TYPE_CHECKING:
    from collections.abc import Callable

    from governance.history.draft import Draft
    from governance.history.records import Record


def _founded(draft: Draft, event: e.SwarmFounded, record: Record) -> None:
    state = draft.state
    if state.emitters is not None:
        raise HistoryInconsistent("The swarm was founded twice.")
    state.emitters = Emitters.founded(record.emitter, event)
    draft.owned(state, "rules").append(RulesSince(event.rules, record.timestamp))
    _charter_set(draft, event, record)


def _applied(draft: Draft, event: e.InstitutionApplied, record: Record) -> None:
    swarm = draft.swarm()
    number = event.institution
    if number != len(swarm.institutions) + 1:
        raise HistoryInconsistent(f"Institution {number} applied out of turn.")
    _require_unused(draft, event.account)
    draft.owned(swarm, "institutions")[number] = Institution(
        number=number,
        profile=Profile(event.name, event.kind, event.sector, event.country, event.document),
        tenures=(Tenure(event.account, record.timestamp, by_vote=False),),
        standing=Standing.APPLICANT,
        applied_at=record.timestamp,
    )
    draft.owned(swarm, "accounts")[event.account] = number


def _admitted(draft: Draft, event: e.InstitutionAdmitted, record: Record) -> None:
    institution = _institution(draft, event.institution, Standing.APPLICANT)
    _put(draft, replace(institution, standing=Standing.MEMBER, joined_at=record.timestamp))


def _left(draft: Draft, event: e.InstitutionLeft, record: Record) -> None:
    institution = _institution(draft, event.institution, Standing.MEMBER)
    _put(draft, replace(institution, standing=Standing.LEFT, left_at=record.timestamp))


def _expelled(draft: Draft, event: e.InstitutionExpelled, record: Record) -> None:
    institution = _institution(draft, event.institution, Standing.MEMBER)
    _put(draft, replace(institution, standing=Standing.EXPELLED, left_at=record.timestamp))


def _rotated(draft: Draft, event: e.AccountRotated, record: Record) -> None:
    institution = _institution(draft, event.institution)
    if institution.account != event.previous:
        raise HistoryInconsistent(
            f"{event.previous} did not speak for institution {event.institution}."
        )
    _require_unused(draft, event.current)
    tenure = Tenure(event.current, record.timestamp, event.by_vote)
    _put(draft, replace(institution, tenures=(*institution.tenures, tenure)))
    draft.owned(draft.swarm(), "accounts")[event.current] = event.institution


def _node_registered(draft: Draft, event: e.NodeRegistered, record: Record) -> None:
    _institution(draft, event.institution, Standing.MEMBER)
    _require_unused(draft, event.node)
    draft.owned(draft.swarm(), "nodes")[event.node] = Node(
        event.node, event.institution, NodeStanding.REGISTERED, record.timestamp
    )


def _node_revoked(draft: Draft, event: e.NodeRevoked, record: Record) -> None:
    nodes = draft.owned(draft.swarm(), "nodes")
    node = nodes.get(event.node)
    if node is None or node.institution != event.institution:
        raise HistoryInconsistent(f"{event.node} is no node of institution {event.institution}.")
    if node.standing is not NodeStanding.REGISTERED:
        raise HistoryInconsistent(f"Node {event.node} was revoked twice.")
    nodes[event.node] = replace(node, standing=NodeStanding.REVOKED, revoked_at=record.timestamp)


def _validator_registered(draft: Draft, event: e.ValidatorRegistered, _record: Record) -> None:
    institution = _institution(draft, event.institution, Standing.MEMBER)
    validators = draft.owned(draft.swarm(), "validators")
    # An institution may come back to a validator of its own.
    if validators.get(event.validator) != event.institution:
        _require_unused(draft, event.validator)
    validators[event.validator] = event.institution
    _put(draft, replace(institution, validator=event.validator))


def _validator_removed(draft: Draft, event: e.ValidatorRemoved, _record: Record) -> None:
    institution = _institution(draft, event.institution, Standing.MEMBER)
    if institution.validator != event.validator:
        raise HistoryInconsistent(
            f"{event.validator} is not the validator of institution {event.institution}."
        )
    _put(draft, replace(institution, validator=None))


def _charter_set(draft: Draft, event: e.CharterSet | e.SwarmFounded, record: Record) -> None:
    charters = draft.owned(draft.swarm(), "charters")
    charters.append(Charter(event.charter, record.timestamp))


def _study_opened(draft: Draft, event: e.StudyOpened, record: Record) -> None:
    state = draft.state
    _institution(draft, event.opener, Standing.MEMBER)
    if event.study != len(state.studies) + 1:
        raise HistoryInconsistent(f"Study {event.study} was opened out of turn.")
    assert state.emitters is not None
    if state.emitters.of(event.contract_address) or state.emitters.of(event.benefits):
        raise HistoryInconsistent(f"Study {event.study} was opened at an address in use.")
    emitters = draft.owned(state, "emitters")
    draft.owned(emitters, "members").update(opened(event))
    draft.owned(state, "studies")[event.study] = Study(
        number=event.study,
        address=event.contract_address,
        benefits=event.benefits,
        opener=event.opener,
        opened_at=record.timestamp,
        swarm=state.swarm,
    )


def _institution(draft: Draft, number: int, standing: Standing | None = None) -> Institution:
    institution = draft.state.swarm.institutions.get(number)
    if institution is None:
        raise HistoryInconsistent(f"Institution {number} never applied.")
    if standing is not None and institution.standing is not standing:
        raise HistoryInconsistent(
            f"Institution {number} is {institution.standing.name.lower()}, "
            f"not {standing.name.lower()}."
        )
    return institution


def _put(draft: Draft, institution: Institution) -> None:
    draft.owned(draft.swarm(), "institutions")[institution.number] = institution


def _require_unused(draft: Draft, address: str) -> None:
    if draft.state.swarm.is_used(address):
        raise HistoryInconsistent(f"{address} was used before.")


HANDLERS: dict[type[e.Event], Callable[[Draft, Any, Record], None]] = {
    e.SwarmFounded: _founded,
    e.InstitutionApplied: _applied,
    e.InstitutionAdmitted: _admitted,
    e.InstitutionLeft: _left,
    e.InstitutionExpelled: _expelled,
    e.AccountRotated: _rotated,
    e.NodeRegistered: _node_registered,
    e.NodeRevoked: _node_revoked,
    e.ValidatorRegistered: _validator_registered,
    e.ValidatorRemoved: _validator_removed,
    e.CharterSet: _charter_set,
    e.StudyOpened: _study_opened,
}
