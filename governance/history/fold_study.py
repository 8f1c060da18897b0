"""How a study's events change the state."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from governance.encoding import encode_parameters
from governance.history import events as e
from governance.history import study as s
from governance.history.errors import HistoryInconsistent
from governance.primitives import keccak, sha256
from governance.vocabulary import ZERO_DIGEST, Level, StudyState

if TYPE_CHECKING:
    from collections.abc import Callable

    from governance.history.draft import Draft
    from governance.history.records import Record


def _proposed(draft: Draft, study: s.Study, event: e.TermsProposed, record: Record) -> None:
    if event.version != len(study.versions) + 1 or study.state is StudyState.CLOSED:
        raise _wrong(study, f"put version {event.version} of its terms forward out of turn")
    _require_member(study, event.institution)
    digests = sha256(event.terms), keccak(encode_parameters(event.parameters))
    if digests != (event.terms_digest, event.parameters_hash):
        raise _wrong(study, f"gave version {event.version} of its terms a wrong digest")
    draft.owned(study, "versions")[event.version] = s.Version(
        number=event.version,
        institution=event.institution,
        terms_digest=event.terms_digest,
        parameters_hash=event.parameters_hash,
        terms=event.terms,
        parameters=event.parameters,
        proposed_at=record.timestamp,
    )
    study.pending = event.version


def _in_force(draft: Draft, study: s.Study, event: e.TermsInForce, record: Record) -> None:
    if event.version != study.pending:
        raise _wrong(study, f"put version {event.version} of its terms in force out of turn")
    versions = draft.owned(study, "versions")
    versions[event.version] = replace(versions[event.version], in_force_at=record.timestamp)
    study.in_force, study.pending = event.version, None


def _signed(draft: Draft, study: s.Study, event: e.TermsSigned, record: Record) -> None:
    number = event.institution
    version = _signable(study, event.version)
    _require_member(study, number)
    if number in version.signers:
        raise _wrong(study, f"has version {version.number} signed twice by institution {number}")
    if (event.terms_digest, event.parameters_hash) != (
        version.terms_digest,
        version.parameters_hash,
    ):
        raise _wrong(study, f"has another version {version.number} signed than it put forward")
    draft.owned(study, "versions")[version.number] = replace(
        version, signers=version.signers | {number}
    )
    participation = replace(
        study.participations.get(number) or s.Participation(version.number, event.readiness),
        last_signed=version.number,
        readiness=event.readiness,
        withdrawn=False,
    )
    if event.consent != ZERO_DIGEST:
        participation = replace(participation, consent=event.consent, consent_at=record.timestamp)
    draft.owned(study, "participations")[number] = participation
    draft.owned(study, "signatures").append(
        s.Signature(number, version.number, event.readiness, event.consent, record.timestamp)
    )


def _declined(draft: Draft, study: s.Study, event: e.TermsDeclined, record: Record) -> None:
    _require_member(study, event.institution)
    if event.institution in _signable(study, event.version).signers:
        raise _wrong(study, f"has terms declined that institution {event.institution} signed")
    draft.owned(study, "declines").append(
        s.Decline(event.institution, event.version, event.reason, event.text, record.timestamp)
    )


def _withdrawn(draft: Draft, study: s.Study, event: e.StudyWithdrawn, record: Record) -> None:
    number = event.institution
    participation = _participation(study, number)
    versions = draft.owned(study, "versions")
    for version in (study.in_force, study.pending):
        if version is not None and number in versions[version].signers:
            signers = versions[version].signers - {number}
            versions[version] = replace(versions[version], signers=signers)
    draft.owned(study, "participations")[number] = replace(participation, withdrawn=True)
    draft.owned(study, "withdrawals").append(
        s.Withdrawal(number, event.reason, event.text, record.timestamp)
    )


def _consent_renewed(draft: Draft, study: s.Study, event: e.ConsentRenewed, record: Record) -> None:
    number = event.institution
    _require_member(study, number)
    draft.owned(study, "participations")[number] = replace(
        _participation(study, number), consent=event.consent, consent_at=record.timestamp
    )
    draft.owned(study, "renewals").append(s.Renewal(number, event.consent, record.timestamp))


def _approved(draft: Draft, study: s.Study, event: e.ActionApproved, record: Record) -> None:
    number = event.institution
    if not study.is_signatory(number):
        raise _wrong(study, f"has an action approved by institution {number}, no signatory")
    approval = s.Approval(
        institution=number,
        action=event.action,
        subject=event.subject,
        in_force=study.in_force,
        versions=len(study.versions),
        at=record.timestamp,
    )
    if number in study.approvers(event.action, event.subject):
        raise _wrong(study, f"has an action approved twice by institution {number}")
    draft.owned(study, "approvals").append(approval)


def _started(_draft: Draft, study: s.Study, _event: e.StudyStarted, record: Record) -> None:
    if study.state is not StudyState.OPEN:
        raise _wrong(study, "started twice")
    study.state, study.started_at = StudyState.RUNNING, record.timestamp


def _closed(_draft: Draft, study: s.Study, _event: e.StudyClosed, record: Record) -> None:
    if study.state is StudyState.CLOSED:
        raise _wrong(study, "closed twice")
    study.state, study.closed_at = StudyState.CLOSED, record.timestamp


def _published(draft: Draft, study: s.Study, event: e.CheckpointPublished, record: Record) -> None:
    number = event.institution
    continues = (event.version, event.parent) == (study.in_force, study.last_checkpoint)
    if event.checkpoint in study.checkpoints or not continues or event.round <= study.last_round:
        raise _wrong(study, f"has a checkpoint of round {event.round} that continues nothing")
    _require_node(study, event.node, number)
    before = _candidate_of(study, number)
    if before is not None and event.round <= before.round:
        raise _wrong(study, f"has institution {number} publish round {event.round} out of turn")
    # Each look for an institution goes on where the one before it was found.
    seats = iter(study.seats)
    if not all(each.institution in seats for each in event.contributions):
        raise _wrong(study, f"names who contributed to round {event.round} in another order")
    draft.owned(study, "checkpoints")[event.checkpoint] = s.Checkpoint(
        identity=event.checkpoint,
        round=event.round,
        version=event.version,
        node=event.node,
        institution=event.institution,
        parent=event.parent,
        digest=event.digest,
        contributions=event.contributions,
        envelopes_root=event.envelopes_root,
        round_record=event.round_record,
        at=record.timestamp,
        attestations=(s.Attestation(number, event.node, Level.MERGE_RECOMPUTED, record.timestamp),),
    )
    participations = draft.owned(study, "participations")
    participations[number] = replace(
        participations[number], published=event.checkpoint, equivocated=False
    )


def _attested(draft: Draft, study: s.Study, event: e.CheckpointAttested, record: Record) -> None:
    checkpoint = _checkpoint(study, event.checkpoint)
    if not study.is_candidate(checkpoint):
        raise _wrong(study, f"has a checkpoint of round {checkpoint.round} attested too late")
    if checkpoint.is_attested_by(event.institution):
        raise _wrong(study, f"has a checkpoint attested twice by institution {event.institution}")
    _require_node(study, event.node, event.institution)
    attestation = s.Attestation(event.institution, event.node, event.level, record.timestamp)
    draft.owned(study, "checkpoints")[event.checkpoint] = checkpoint.attested(attestation)


def _final(draft: Draft, study: s.Study, event: e.CheckpointFinal, record: Record) -> None:
    checkpoint = _checkpoint(study, event.checkpoint)
    sequence = len(study.finals) + 1
    if (event.round, event.sequence) != (checkpoint.round, sequence):
        raise _wrong(study, f"has a final checkpoint {event.sequence} out of turn")
    if not study.is_candidate(checkpoint):
        raise _wrong(study, f"has a final checkpoint {event.sequence} that continues nothing")
    final = s.Final(
        sequence=sequence,
        checkpoint=checkpoint.identity,
        round=checkpoint.round,
        covered=checkpoint.round - study.last_round,
        version=checkpoint.version,
        digest=checkpoint.digest,
        signatories=_shared(study.signatories(), study),
        contributions=checkpoint.contributions,
        at=record.timestamp,
    )
    draft.owned(study, "finals").append(final)
    draft.owned(study, "checkpoints")[checkpoint.identity] = checkpoint.final(sequence)


def _shared(signatories: tuple[int, ...], study: s.Study) -> tuple[int, ...]:
    """The same numbers, as the object that the final checkpoint before keeps if it has them too."""
    before = study.finals[-1].signatories if study.finals else ()
    return before if before == signatories else signatories


def _equivocation(
    draft: Draft, study: s.Study, event: e.EquivocationRecorded, record: Record
) -> None:
    number = event.institution
    _require_node(study, event.node, number)
    first = _candidate_of(study, number)
    if first is None or first.round != event.round or event.checkpoint in study.checkpoints:
        raise _wrong(study, f"has an equivocation of institution {number} over nothing")
    participations = draft.owned(study, "participations")
    if participations[number].equivocated:
        raise _wrong(study, f"has an equivocation of institution {number} recorded twice")
    participations[number] = replace(participations[number], equivocated=True)
    draft.owned(study, "equivocations").append(
        s.Equivocation(
            event.node, number, event.round, first.identity, event.checkpoint, record.timestamp
        )
    )


def _wrong(study: s.Study, what: str) -> HistoryInconsistent:
    return HistoryInconsistent(f"Study {study.number} {what}.")


def _require_member(study: s.Study, institution: int) -> None:
    if not study.swarm.is_member(institution):
        raise _wrong(study, f"has an act of institution {institution}, no member")


def _require_node(study: s.Study, address: str, institution: int) -> None:
    node = study.swarm.nodes.get(address)
    if node is None or node.institution != institution:
        raise _wrong(study, f"has an act of {address}, no node of institution {institution}")


def _signable(study: s.Study, number: int) -> s.Version:
    if number not in (study.in_force, study.pending) or number not in study.versions:
        raise _wrong(study, f"has an answer to version {number}, which cannot be signed")
    return study.versions[number]


def _participation(study: s.Study, institution: int) -> s.Participation:
    found = study.participations.get(institution)
    if found is None or found.withdrawn:
        raise _wrong(study, f"has an act of institution {institution}, which has not signed")
    return found


def _candidate_of(study: s.Study, institution: int) -> s.Checkpoint | None:
    """What an institution published last, if that can still become final."""
    participation = study.participations.get(institution)
    if participation is None:
        raise _wrong(study, f"has a checkpoint of institution {institution}, which never signed")
    last = study.checkpoints.get(participation.published)
    return last if last is not None and study.is_candidate(last) else None


def _checkpoint(study: s.Study, identity: bytes) -> s.Checkpoint:
    found = study.checkpoints.get(identity)
    if found is None:
        raise _wrong(study, f"never saw checkpoint 0x{identity.hex()}")
    return found


HANDLERS: dict[type[e.Event], Callable[[Draft, s.Study, Any, Record], None]] = {
    e.TermsProposed: _proposed,
    e.TermsInForce: _in_force,
    e.TermsSigned: _signed,
    e.TermsDeclined: _declined,
    e.StudyWithdrawn: _withdrawn,
    e.ConsentRenewed: _consent_renewed,
    e.ActionApproved: _approved,
    e.StudyStarted: _started,
    e.StudyClosed: _closed,
    e.CheckpointPublished: _published,
    e.CheckpointAttested: _attested,
    e.CheckpointFinal: _final,
    e.EquivocationRecorded: _equivocation,
}
