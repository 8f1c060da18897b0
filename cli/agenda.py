"""What waits for an institution: read off the state, at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from governance.benefits import statement
from governance.history.proposals import ProposalState
from governance.primitives import to_hex
from governance.vocabulary import Authorisation, Part, Settlement, Standing, StudyState

if TYPE_CHECKING:
    from collections.abc import Iterator

    from governance.history.state import State
    from governance.history.study import Study
    from governance.history.swarm import Institution
    from governance.vocabulary import Parameters

RENEWAL = 4
"""A consent commitment is due for renewal in the last fourth of its life."""


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that waits.

    Attributes:
        kind: what kind of thing, as JSON names it.
        text: what waits, in one sentence.
        command: what to run.
        due: until when, Unix seconds, or nothing where nothing presses.
        study: the study's number, if it is about one.
    """

    kind: str
    text: str
    command: str
    due: int | None = None
    study: int | None = None


def agenda(state: State, me: Institution, now: int) -> tuple[Item, ...]:
    """Everything that waits for an institution.

    Args:
        state: the folded history.
        me: the institution.
        now: Unix seconds, not before the last record.
    """
    items = [*_decisions(state, me, now)]
    for study in state.studies.values():
        items += _of_study(state, study, me, now)
    return tuple(items)


def is_eligible(me: Institution, parameters: Parameters) -> bool:
    """Whether kind, sector and country of an institution fit what a study's terms ask."""
    profile = me.profile
    if not parameters.kinds >> profile.kind & 1 or not parameters.sectors >> profile.sector & 1:
        return False
    return parameters.any_country or profile.country in parameters.countries


def _decisions(state: State, me: Institution, now: int) -> Iterator[Item]:
    for number, proposal in state.proposals.items():
        stands = state.proposal_state(number, now)
        if stands is ProposalState.SUCCEEDED:
            yield Item(
                "execute",
                f"Proposal {number} has carried: {proposal.title}.",
                f"charter execute {number}",
                proposal.deadline + proposal.rules.expiry,
            )
        elif stands in (ProposalState.ACTIVE, ProposalState.PENDING):
            voters = {each.number for each in state.voters(number, now)}
            if me.number in voters and me.number not in proposal.votes:
                yield Item(
                    "vote",
                    f"Proposal {number} is open: {proposal.title}.",
                    # Pasted as it stands into a shell, it must not cast a vote.
                    f"charter vote {number} for/against/abstain",
                    proposal.deadline,
                )
    if me.is_member:
        yield from _applications(state, now)


def _applications(state: State, now: int) -> Iterator[Item]:
    open_calls = {
        data
        for number, proposal in state.proposals.items()
        if state.proposal_state(number, now)
        in (ProposalState.PENDING, ProposalState.ACTIVE, ProposalState.SUCCEEDED)
        for data in proposal.calldatas
    }
    for each in state.swarm.institutions.values():
        # The last word of `admit(uint32)` is the applicant's number.
        asked = any(int.from_bytes(data[4:], "big") == each.number for data in open_calls)
        if each.standing is Standing.APPLICANT and not asked:
            yield Item(
                "application",
                f"{each.name} has applied and nobody has proposed to admit it.",
                f"charter propose admit {each.number}",
            )


def _of_study(state: State, study: Study, me: Institution, now: int) -> Iterator[Item]:
    if study.state is not StudyState.CLOSED and me.is_member:
        yield from _terms(study, me, now)
        yield from _consent(study, me, now)
        yield from _start(study, me, now)
        yield from _checkpoints(study, me, now)
    yield from _settlements(state, study, me)


def _terms(study: Study, me: Institution, now: int) -> Iterator[Item]:
    declined = {each.version for each in study.declines if each.institution == me.number}
    participation = study.participations.get(me.number)
    if participation is not None and participation.withdrawn:
        return
    offered = [number for number in (study.pending, study.in_force) if number]
    for version in map(study.version, offered):
        expires = version.parameters.expires_at
        unsigned = me.number not in version.signers and version.number not in declined
        if unsigned and now < expires and is_eligible(me, version.parameters):
            yield Item(
                "sign",
                f"Version {version.number} of the terms of study {study.number} can be signed.",
                f"charter study show {study.number} --version {version.number}",
                expires,
                study.number,
            )
            return


def _consent(study: Study, me: Institution, now: int) -> Iterator[Item]:
    participation = study.participations.get(me.number)
    age = study.terms.parameters.consent_max_age
    if participation is None or participation.withdrawn or not age:
        return
    due = participation.consent_at + age
    if now > due - age // RENEWAL:
        yield Item(
            "consent",
            f"The consent commitment in study {study.number} "
            + ("is too old." if now > due else "grows old."),
            f"charter study renew-consent {study.number} --consent …",
            due,
            study.number,
        )


def _start(study: Study, me: Institution, now: int) -> Iterator[Item]:
    parameters = study.terms.parameters
    needed = max(parameters.minimum_signatories, parameters.quorum)
    ready = study.state is StudyState.OPEN and len(study.signatories()) >= needed
    mine = study.opener == me.number and study.is_signatory(me.number)
    if ready and mine and now < parameters.expires_at:
        yield Item(
            "start",
            f"Study {study.number} has the signatories it needs.",
            f"charter study start {study.number}",
            parameters.expires_at,
            study.number,
        )


def _checkpoints(study: Study, me: Institution, now: int) -> Iterator[Item]:
    if study.authorisation_of(me.number, now) is not Authorisation.AUTHORISED:
        return
    for checkpoint in study.candidates():
        if not checkpoint.is_attested_by(me.number):
            identity = to_hex(checkpoint.identity)[:14]
            yield Item(
                "attest",
                f"A checkpoint of round {checkpoint.round} of study {study.number} is published.",
                f"charter attest {identity} --study {study.number} --package …",
                None,
                study.number,
            )


def _settlements(state: State, study: Study, me: Institution) -> Iterator[Item]:
    for each in statement(state, study.number).revenues:
        for entry in each.entries:
            owed, line = entry.owed, entry.owed.line
            words = f"{line.revenue} {line.receiver} --part {line.part.name.lower()}"
            share = f"revenue {line.revenue} of study {study.number}"
            mine = owed.institution == me.number
            if entry.settlement is Settlement.OPEN and each.revenue.institution == me.number:
                whom = (
                    owed.account if line.part is Part.NAMED else f"institution {owed.institution}"
                )
                yield Item(
                    "pay",
                    f"A share of {share} is owed to {whom}.",
                    f"charter benefit pay {words} --document …",
                    None,
                    study.number,
                )
            if entry.settlement is Settlement.PAID and mine:
                yield Item(
                    "confirm",
                    f"Your share of {share} is recorded as paid.",
                    f"charter benefit confirm {words}",
                    None,
                    study.number,
                )
