"""What can be wrong with a checkpoint and with those who made it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from governance.audit.findings import Words, found
from governance.checkpoints.identity import recorded_id
from governance.history.events import CheckpointPublished
from governance.primitives import to_hex
from governance.vocabulary import ZERO_DIGEST, Authorisation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from governance.audit.findings import Finding
    from governance.history import Record, State, Study
    from governance.history.events import (
        CheckpointAttested,
        CheckpointFinal,
        EquivocationRecorded,
    )

_GRANTED = Authorisation.AUTHORISED


def published(state: State, record: Record, event: CheckpointPublished) -> Iterator[Finding]:
    """A publication, held against the state just before it."""
    study, at = state.study(record.emitter), record.timestamp
    answer = study.authorisation(event.node, at)
    if answer is not _GRANTED:
        yield _of_node("publisher-unauthorised", study, record, event, answer)
    # Who publishes too late contributes too late; that is said once.
    late = answer is Authorisation.EXPIRED
    for contribution in event.contributions:
        answer = study.authorisation_of(contribution.institution, at)
        if answer is not _GRANTED and not (late and answer is Authorisation.EXPIRED):
            yield _of_contributor(study, record, event, contribution.institution, answer)
    yield from _shape(study, record, event)


def attested(state: State, record: Record, event: CheckpointAttested) -> Iterator[Finding]:
    """An attestation, held against the state just before it."""
    study = state.study(record.emitter)
    answer = study.authorisation(event.node, record.timestamp)
    if answer is not _GRANTED:
        yield _of_node("attestation-unauthorised", study, record, event, answer)


def final(state: State, record: Record, event: CheckpointFinal) -> Iterator[Finding]:
    """A final checkpoint, held against the quorum and the level of its terms."""
    study = state.study(record.emitter)
    checkpoint = study.checkpoints[event.checkpoint]
    parameters = study.version(checkpoint.version).parameters
    counted = {
        attestation.institution
        for attestation in checkpoint.attestations
        if attestation.level >= parameters.level and study.is_signatory(attestation.institution)
    }
    if len(counted) < parameters.quorum:
        yield found(
            "checkpoint-without-quorum",
            record.timestamp,
            checkpoint.institution,
            study=study.number,
            round=event.round,
            attested=len(counted),
            needed=parameters.quorum,
        )


def equivocated(state: State, record: Record, event: EquivocationRecorded) -> Iterator[Finding]:
    """What the contract itself recorded as equivocation."""
    study = state.study(record.emitter)
    first = study.participations[event.institution].published
    yield found(
        "equivocation",
        record.timestamp,
        event.institution,
        study=study.number,
        round=event.round,
        institution=event.institution,
        node=event.node,
        first=to_hex(first),
        second=to_hex(event.checkpoint),
    )


def _of_node(
    otherwise: str,
    study: Study,
    record: Record,
    event: CheckpointPublished | CheckpointAttested,
    answer: Authorisation,
) -> Finding:
    if isinstance(event, CheckpointPublished):
        number = event.round
    else:
        number = study.checkpoints[event.checkpoint].round
    kinds = {
        Authorisation.NODE_REVOKED: "node-used-after-revocation",
        Authorisation.EXPIRED: "training-after-expiry",
    }
    return found(
        kinds.get(answer, otherwise),
        record.timestamp,
        event.institution,
        study=study.number,
        round=number,
        institution=event.institution,
        node=event.node,
        reason=_reason(answer),
        late=record.timestamp - study.terms.parameters.expires_at,
    )


def _of_contributor(
    study: Study,
    record: Record,
    event: CheckpointPublished,
    institution: int,
    answer: Authorisation,
) -> Finding:
    kinds = {
        Authorisation.WITHDRAWN: "contribution-after-withdrawal",
        Authorisation.CONSENT_STALE: "contribution-consent-stale",
        Authorisation.TERMS_NOT_SIGNED: "contribution-terms-unsigned",
    }
    participation = study.participations.get(institution)
    return found(
        kinds.get(answer, "contribution-unauthorised"),
        record.timestamp,
        institution,
        event.institution,
        study=study.number,
        round=event.round,
        institution=institution,
        reason=_reason(answer),
        version=event.version,
        signed=participation.last_signed if participation else 0,
        age=record.timestamp - (participation.consent_at if participation else 0),
        allowed=study.terms.parameters.consent_max_age,
    )


def _shape(study: Study, record: Record, event: CheckpointPublished) -> Iterator[Finding]:
    """What the contract asks of a publication itself."""
    parameters = study.version(event.version).parameters
    here = {"study": study.number, "round": event.round}
    at, by = record.timestamp, event.institution
    if len(event.contributions) < parameters.minimum_contributors:
        yield found(
            "checkpoint-too-few-contributors",
            at,
            by,
            **here,
            contributors=len(event.contributions),
            needed=parameters.minimum_contributors,
        )
    if event.round > parameters.rounds:
        yield found("checkpoint-beyond-terms", at, by, **here, last=parameters.rounds)
    if ZERO_DIGEST in (event.digest, event.envelopes_root, event.round_record):
        yield found("checkpoint-malformed", at, by, **here)
    covered = event.round - study.last_round
    for each in event.contributions:
        if not 1 <= each.rounds <= covered:
            told = {"institution": each.institution, "listed": each.rounds, "covered": covered}
            yield found("contribution-overstated", at, by, each.institution, **here, **told)
    own = recorded_id(record.data)
    if own != event.checkpoint:
        named = to_hex(event.checkpoint)
        yield found("lineage-broken", at, by, **here, named=named, own=to_hex(own))


def _reason(answer: Authorisation) -> Words:
    """The code that the gate has for it."""
    return Words("".join(word.capitalize() for word in answer.name.split("_")))
