"""The pure part of the audit: records in, state and findings out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from governance.audit.findings import Finding, Severity
from governance.audit.vouching import contradictions, heads_signed, vouching
from governance.benefits import statement
from governance.errors import CharterError
from governance.history import State, fold
from governance.history.events import CheckpointFinal, CheckpointPublished
from governance.primitives import to_hex
from governance.terms import missing_prohibitions, verify_terms
from governance.vocabulary import Authorisation, Settlement, StudyState

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from governance.audit.report import Vouching
    from governance.history import Record, Study
    from governance.history.events import Countersigned
    from governance.history.study import Version
    from governance.terms import Charter

_WEIGHT = {Severity.BREACH: 0, Severity.CONCERN: 1, Severity.NOTICE: 2}


@dataclass(frozen=True, slots=True)
class Examination:
    """What a history folds into and what is wrong in it."""

    state: State
    findings: tuple[Finding, ...]
    vouching: Vouching


@dataclass(slots=True)
class _Walk:
    """The state just before the record that is looked at, and what was found so far."""

    state: State = field(default_factory=State)
    findings: list[Finding] = field(default_factory=list)


def examine(
    records: Sequence[Record],
    countersignatures: Sequence[Countersigned],
    *,
    genesis: bytes,
    at: int,
    charter: Charter | None = None,
) -> Examination:
    """Looks through a whole history for whatever breaks its own rules.

    In this order:

    1. Every publication is held against the state just before it: its node and each contributor
       authorised in that block. (One that does not continue the lineage does not even fold.)
    2. Every checkpoint that became final is held against the quorum and the level of its terms.
    3. Every version of terms is derived anew and held against what its contract enforces, and
       against the charter where it is given.
    4. What the contracts recorded as equivocation is told.
    5. Countersignatures are held against the heads recomputed from the records.
    6. What is open at the end: consent grown stale in a running study, shares not settled.

    Args:
        records: All events of record, from the founding on, in order.
        countersignatures: Those published whose signatures hold.
        genesis: The first head of the hash chain.
        at: Unix seconds at which time-dependent questions are asked.
        charter: The charter document in force, whose prohibitions the terms must repeat.

    Raises:
        HistoryMalformed: A record is not as its contract would write it.
        HistoryInconsistent: A record contradicts those before it.
    """
    walk = _Walk()
    begun = 0
    for index, record in enumerate(records):
        event = record.event
        if not isinstance(event, CheckpointPublished | CheckpointFinal):
            continue
        walk.state = fold(records[begun:index], walk.state)
        begun = index
        if isinstance(event, CheckpointPublished):
            walk.findings += _published(walk.state, record, event)
        else:
            walk.findings += _final(walk.state, record, event)
    state = fold(records[begun:], walk.state)

    findings = walk.findings
    for study in state.studies.values():
        for version in study.versions.values():
            findings += _terms(study, version, charter)
        findings += _equivocations(study)
        findings += _consent(study, at)
        findings += _settlement(state, study)
    signed = heads_signed(records, countersignatures, genesis)
    findings += contradictions(records, signed, state.swarm)
    findings.sort(key=lambda finding: (_WEIGHT[finding.severity], finding.at, finding.id))
    return Examination(state, tuple(findings), vouching(records, signed))


def _published(state: State, record: Record, event: CheckpointPublished) -> Iterator[Finding]:
    study = state.study(record.emitter)
    subject = f"study {study.number}, round {event.round}"
    answer = study.authorisation(event.node, record.timestamp)
    if answer is not Authorisation.AUTHORISED:
        yield Finding(
            "node-key-ambiguous",
            subject,
            f"The publishing node {event.node} was not authorised ({_name(answer)}).",
            record.timestamp,
        )
    for contribution in event.contributions:
        answer = study.authorisation_of(contribution.institution, record.timestamp)
        if answer is not Authorisation.AUTHORISED:
            yield Finding(
                "contribution-unauthorised",
                subject,
                f"Institution {contribution.institution} is named as contributor and was not "
                f"authorised ({_name(answer)}).",
                record.timestamp,
            )


def _final(state: State, record: Record, event: CheckpointFinal) -> Iterator[Finding]:
    study = state.study(record.emitter)
    checkpoint = study.checkpoints[event.checkpoint]
    parameters = study.version(checkpoint.version).parameters
    counted = {
        attestation.institution
        for attestation in checkpoint.attestations
        if attestation.level >= parameters.level and study.is_signatory(attestation.institution)
    }
    if len(counted) < parameters.quorum:
        yield Finding(
            "checkpoint-without-quorum",
            f"study {study.number}, round {event.round}",
            f"{len(counted)} signatories attested it; the terms ask for {parameters.quorum}.",
            record.timestamp,
        )


def _terms(study: Study, version: Version, charter: Charter | None) -> Iterator[Finding]:
    subject = f"study {study.number}, version {version.number} of the terms"
    try:
        terms = verify_terms(
            version.terms, version.terms_digest, version.parameters, version.parameters_hash
        )
    except CharterError as error:
        yield Finding("terms-mismatch", subject, error.message, version.proposed_at)
        return
    missing = missing_prohibitions(terms, charter) if charter is not None else ()
    if missing:
        yield Finding(
            "prohibition-missing",
            subject,
            f"They do not prohibit: {'; '.join(missing)}.",
            version.proposed_at,
        )


def _equivocations(study: Study) -> Iterator[Finding]:
    for each in study.equivocations:
        yield Finding(
            "equivocation",
            f"study {study.number}, round {each.round}",
            f"Institution {each.institution} published {to_hex(each.first)} and, by node "
            f"{each.node}, {to_hex(each.second)}.",
            each.at,
        )


def _consent(study: Study, at: int) -> Iterator[Finding]:
    if study.state is not StudyState.RUNNING:
        return
    for institution in study.signatories():
        if study.authorisation_of(institution, at) is Authorisation.CONSENT_STALE:
            yield Finding(
                "consent-stale",
                f"study {study.number}",
                f"The consent commitment of institution {institution} is too old.",
                study.participations[institution].consent_at,
            )


def _settlement(state: State, study: Study) -> Iterator[Finding]:
    for revenue in statement(state, study.number).revenues:
        for entry in revenue.entries:
            if entry.settlement is Settlement.CONFIRMED or entry.owed.amount == 0:
                continue
            line = entry.owed.line
            to = (
                f"institution {entry.owed.institution}"
                if entry.owed.institution is not None
                else f"payee {entry.owed.account}"
            )
            yield Finding(
                "share-unpaid" if entry.settlement is Settlement.OPEN else "share-unconfirmed",
                f"study {study.number}, revenue {line.revenue}",
                f"{line.part.name.capitalize()} part of {to}: {entry.owed.amount} minor units of "
                f"{revenue.revenue.currency}.",
                entry.paid_at or revenue.revenue.at,
            )


def _name(answer: Authorisation) -> str:
    return "".join(word.capitalize() for word in answer.name.split("_"))
