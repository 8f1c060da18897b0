"""What can be wrong with a study's terms, and with those who signed, started or changed it."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from governance.audit.findings import Words, found
from governance.errors import CharterError
from governance.primitives import keccak
from governance.terms import TermsMismatch, missing_prohibitions, verify_terms
from governance.terms.derive import KIND_NAMES, SECTOR_NAMES
from governance.vocabulary import ZERO_DIGEST, Action, Authorisation, StudyState

if TYPE_CHECKING:
    from collections.abc import Iterator

    from governance.audit.findings import Finding
    from governance.history import Record, State, Study
    from governance.history.events import (
        StudyClosed,
        StudyStarted,
        TermsInForce,
        TermsProposed,
        TermsSigned,
    )
    from governance.history.study import Version
    from governance.history.swarm import Institution
    from governance.terms import Charter, Terms
    from governance.vocabulary import Parameters


class Reading:
    """Terms as they were read, each once, however many studies or versions say the same."""

    def __init__(self) -> None:
        self._known: dict[tuple[bytes, bytes], Terms | CharterError] = {}

    def of(self, version: Version) -> Terms | CharterError:
        """The terms of a version, or why its contract does not enforce what they say."""
        key = version.terms_digest, version.parameters_hash
        if key not in self._known:
            try:
                self._known[key] = verify_terms(
                    version.terms, version.terms_digest, version.parameters, version.parameters_hash
                )
            except CharterError as error:
                self._known[key] = error
        return self._known[key]


def signed(state: State, record: Record, event: TermsSigned) -> Iterator[Finding]:
    """A signature, held against what its version asks of whoever signs."""
    study, number = state.study(record.emitter), event.institution
    asked = study.versions[event.version].parameters
    institution = state.swarm.institutions[number]
    here = {"study": study.number, "version": event.version, "institution": number}
    if not _is_eligible(institution, asked):
        profile = institution.profile
        yield found(
            "signatory-ineligible",
            record.timestamp,
            number,
            **here,
            kind=Words(KIND_NAMES[profile.kind]),
            sector=Words(SECTOR_NAMES[profile.sector]),
            country=profile.country.decode("ascii", "replace"),
        )
    if event.readiness == ZERO_DIGEST:
        yield found("readiness-missing", record.timestamp, number, **here)
    if asked.consent_max_age and event.consent == ZERO_DIGEST:
        yield found("consent-missing", record.timestamp, number, **here)


def in_force(state: State, record: Record, event: TermsInForce) -> Iterator[Finding]:
    """Terms that come into force, held against who had signed them; the first need nobody."""
    study = state.study(record.emitter)
    if not study.in_force:
        return
    before = set(study.signatories())
    agreed = set(study.members_among(event.version))
    needed = study.versions[event.version].parameters.minimum_signatories
    if len(agreed) < needed or 2 * len(agreed & before) <= len(before):
        yield found(
            "terms-unagreed",
            record.timestamp,
            *agreed,
            study=study.number,
            version=event.version,
            signed=len(agreed),
            standing=len(agreed & before),
            signatories=len(before),
            needed=needed,
        )


def proposed(state: State, record: Record, event: TermsProposed) -> Iterator[Finding]:
    """An amendment, held against who had approved it; the first version comes with the study."""
    study = state.study(record.emitter)
    if study.versions:
        subject = keccak(event.terms_digest + event.parameters_hash)
        yield from _approved(study, record, Action.AMEND, subject)


def started(state: State, record: Record, _event: StudyStarted) -> Iterator[Finding]:
    """A start, held against who had approved it and how many had signed."""
    study = state.study(record.emitter)
    yield from _approved(study, record, Action.START)
    parameters = study.terms.parameters
    needed = max(parameters.minimum_signatories, parameters.quorum)
    signatories = len(study.signatories())
    if signatories < needed:
        yield found(
            "study-started-early",
            record.timestamp,
            study.opener,
            study=study.number,
            signatories=signatories,
            needed=needed,
        )


def closed(state: State, record: Record, _event: StudyClosed) -> Iterator[Finding]:
    """An end, held against who had approved it."""
    yield from _approved(state.study(record.emitter), record, Action.CLOSE)


def of_terms(
    study: Study, reading: Reading, charter: Charter | None, since: int
) -> Iterator[Finding]:
    """Every version: derived anew and held against what is enforced, and against the charter.

    Args:
        study: The study.
        reading: Terms as they were read.
        charter: The charter in force, if it is at hand.
        since: Unix seconds since which it is in force; no terms that ended before can know it.
    """
    ends = _ends(study)
    for version in study.versions.values():
        here = {"study": study.number, "version": version.number}
        at, by = version.proposed_at, version.institution
        terms = reading.of(version)
        if isinstance(terms, CharterError):
            yield found("terms-mismatch", at, by, **here, what=_why(terms))
            continue
        if charter is None or ends[version.number] < since:
            continue
        missing = missing_prohibitions(terms, charter)
        if missing:
            yield found("prohibition-missing", at, by, **here, uses="; ".join(missing))


def _ends(study: Study) -> dict[int, float]:
    """Unix seconds when each version could bind nobody any more; never, if it still can."""
    ends: dict[int, float] = {}
    end = inf if study.closed_at is None else study.closed_at
    for version in reversed(list(study.versions.values())):
        ends[version.number] = end
        end = end if version.in_force_at is None else version.in_force_at
    return ends


def of_consent(study: Study, at: int) -> Iterator[Finding]:
    """Consent commitments that are too old by now, where the study still runs."""
    if study.state is not StudyState.RUNNING:
        return
    for institution in study.signatories():
        if study.authorisation_of(institution, at) is Authorisation.CONSENT_STALE:
            given = study.participations[institution].consent_at
            yield found(
                "consent-stale",
                given,
                institution,
                study=study.number,
                institution=institution,
                age=at - given,
                allowed=study.terms.parameters.consent_max_age,
            )


def _approved(
    study: Study, record: Record, action: Action, subject: bytes = ZERO_DIGEST
) -> Iterator[Finding]:
    approvers, signatories = study.approvers(action, subject), study.signatories()
    if study.opener not in approvers and 2 * len(approvers) <= len(signatories):
        yield found(
            "action-unapproved",
            record.timestamp,
            study.opener,
            *approvers,
            study=study.number,
            action=Words(action.name.lower()),
            approved=len(approvers),
            signatories=len(signatories),
        )


def _why(error: CharterError) -> Words:
    if isinstance(error, TermsMismatch):
        return Words(
            "What the contract enforces is not what the terms say: {fields}.",
            fields=", ".join(error.fields),
        )
    return Words(error.message)


def _is_eligible(institution: Institution, asked: Parameters) -> bool:
    profile = institution.profile
    return bool(
        asked.kinds >> profile.kind & 1
        and asked.sectors >> profile.sector & 1
        and (asked.any_country or profile.country in asked.countries)
    )
