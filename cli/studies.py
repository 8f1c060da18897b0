"""What the commands on studies share: which version is meant, what its terms say, who signed."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

from cli import charters
from cli.errors import CharterForeign, CharterNotAtHand, ReadinessNotShown
from cli.output import note
from cli.present import hexed, when, word
from governance.primitives import sha256, to_hex

if TYPE_CHECKING:
    from pathlib import Path

    from cli.session import Session
    from cli.values import Document
    from governance.history.state import State
    from governance.history.study import Study, Version
    from governance.terms import Terms


def verified(version: Version) -> Terms:
    """A version's terms, after bytes, digest, parameters and hash were found to say the same.

    Raises:
        TermsMismatch, TermsNotCanonical, TermsInvalid: they do not, so nobody should sign them.
    """
    from governance.terms import verify_terms  # noqa: PLC0415 - loads pydantic

    return verify_terms(
        version.terms, version.terms_digest, version.parameters, version.parameters_hash
    )


def hold_against_charter(session: Session, terms: Terms, document: Path | None) -> None:
    """Refuses terms that omit what the charter in force prohibits.

    Args:
        session: whose swarm's charter is meant.
        terms: what is to be opened, signed or put forward.
        document: the charter's document; without it, the one that this machine has kept.

    Raises:
        CharterNotAtHand: no document is given, and none is kept.
        CharterForeign: the document is not the charter in force.
        CharterInvalid: it is, and cannot be read as a charter.
        CharterProhibitionMissing: the terms omit a prohibition.
    """
    from governance.terms import check_against_charter, load_charter  # noqa: PLC0415

    in_force = session.state.swarm.charter
    found = document or charters.kept(in_force)
    if found is None:
        raise CharterNotAtHand(to_hex(in_force))
    data = found.read_bytes()
    if sha256(data) != in_force:
        raise CharterForeign(found, to_hex(in_force))
    check_against_charter(terms, load_charter(found))
    if document is not None:
        charters.keep(data)


def hold_readiness(terms: Terms, institution: int, document: Document) -> None:
    """Refuses a signature without a readiness check that passed, unless the terms take a word.

    Raises:
        ReadinessNotShown: only a digest is at hand.
        ReadinessInvalid: the document is no statement, or another institution's.
        NotReady: it does not meet the terms.
    """
    from governance.readiness import require_passing  # noqa: PLC0415 - only who signs needs it

    if terms.readiness == "stated":
        return
    if document.content is None:
        raise ReadinessNotShown
    made = require_passing(document.content, terms, institution)
    asked = Counter(each.verdict for each in made.exposure)
    told = ", ".join(f"{count} {verdict}" for verdict, count in sorted(asked.items()))
    note(f"Readiness was checked {when(made.checked_at)}; endpoints: {told or 'none was asked'}.")


def title_of(version: Version) -> str:
    """The study's title as the terms say it, unverified; for lists."""
    try:
        told = json.loads(version.terms)["title"]
    except (ValueError, KeyError, TypeError):
        return "(unreadable)"
    return str(told)


def signable(study: Study, institution: int, version: int | None) -> Version:
    """The version to sign or decline: the one named, otherwise the pending, then the one in force.

    Of the two, the first that the institution has not signed; if it has signed both, the newer.
    """
    if version is not None:
        return study.version(version)
    offered = [number for number in (study.pending, study.in_force) if number]
    unsigned = [each for each in offered if institution not in study.version(each).signers]
    return study.version((unsigned or offered)[0])


def as_json(state: State, study: Study) -> dict[str, Any]:
    """What there is to say about a study without reading its terms."""
    return {
        "study": study.number,
        "title": title_of(study.terms),
        "state": word(study.state),
        "contract": study.address,
        "benefits": study.benefits,
        "opener": study.opener,
        "opener_name": state.swarm.institution(study.opener).name,
        "in_force": study.in_force,
        "pending": study.pending,
        "signatories": list(study.signatories()),
        "minimum_signatories": study.terms.parameters.minimum_signatories,
        "expires_at": study.terms.parameters.expires_at,
        "last_round": study.last_round,
        "rounds": study.terms.parameters.rounds,
        "final_checkpoints": len(study.finals),
        "last_checkpoint": hexed(study.last_checkpoint),
        "last_digest": hexed(study.last_digest),
        "opened_at": study.opened_at,
        "started_at": study.started_at,
        "closed_at": study.closed_at,
    }
