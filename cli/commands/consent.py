"""`charter consent`: what patients allowed, kept at home; only a root goes on chain."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import click

from cli.consents import LEDGER, asked_by, asking, ledger_path, private_file, watched
from cli.errors import UsageInvalid
from cli.options import ANY_FILE, EXISTING_FILE, EXISTING_PATH, Invocation, common, confirming
from cli.output import emit, emit_json, note, show, table
from cli.progress import waiting_for
from cli.values import NUMBER
from governance.primitives import from_hex, to_hex

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from cli.session import Session
    from governance.consent import Tally
    from governance.consent.found import Found

NOT_SHOWN = (
    "It does not show that no record is missing from the ledger, nor that none stands in it twice "
    "under another pseudonym, nor that the decision is right."
)

_SHOWN_EVERY = 1_000
"""Consents between two words about how far an import is."""

RECORD = click.argument("record", metavar="PSEUDONYM")
ROOT = click.option("--root", metavar="0x…", help="The commitment's root.")

LARGEST_PROOF = 65_536
"""Bytes of a proof that are read at most."""


@click.group()
def command() -> None:
    """What patients allowed: import, withdraw, eligible, commit, prove."""


def _session(invocation: Invocation) -> Session:
    from cli.session import Session  # noqa: PLC0415 - what reads the chain, only for that

    return Session(invocation)


# --- the ledger -----------------------------------------------------------------------------------


@command.command(name="import")
@click.argument("files", nargs=-1, required=True, type=EXISTING_PATH)
@click.option(
    "--named-by",
    type=click.Choice(["reference", "identifier"]),
    default="reference",
    show_default=True,
    help="Which of its two names tells a FHIR patient's pseudonym.",
)
@click.option("--whole", is_flag=True, help="These are all consents there are: drop all others.")
@LEDGER
@common
def import_(
    invocation: Invocation,
    *,
    files: tuple[Path, ...],
    named_by: str,
    whole: bool,
    ledger: Path | None,
) -> None:
    """Take over consents from FILES and folders, all or none of them.

    FHIR R4 Consent resources (.json, .xml, .ndjson) and the plain matrix (.csv, .yaml). A consent
    that is there already is replaced. What is not understood permits nothing.
    """
    from governance.consent import Ledger, files_in, read  # noqa: PLC0415

    listed = files_in(files)
    with Ledger.create(ledger_path(ledger)) as kept:
        with waiting_for("the import") as standing:
            done = kept.take_in(_counted(read(listed, named_by), standing), named_by, whole=whole)
        told: dict[str, Any] = {
            "files": len(listed),
            "consents": done.consents,
            "changed": done.changed,
            "dropped": done.dropped,
            "records": kept.size,
        }
    flaws = {reason.value: count for reason, count in sorted(done.flaws.items())}
    if invocation.json:
        unclear = [{"file": f, "entry": e, "reason": r.value} for f, e, r in done.unclear]
        emit_json("consent-import", told | {"permitting_nothing": flaws, "unclear": unclear})
        return
    show(told | {"permitting_nothing": flaws})
    for file, entry, reason in done.unclear:
        note(f"{file}, entry {entry}: {reason.sentence}")


def _counted(found: Iterable[Found], standing: Callable[[str], None]) -> Iterator[Found]:
    """Hands consents on, and shows how many there were."""
    for number, each in enumerate(found, 1):
        if number % _SHOWN_EVERY == 0:
            standing(f"{number} consents")
        yield each


@command.command()
@RECORD
@click.option("--lift", is_flag=True, help="Take back a withdrawal that was written down here.")
@LEDGER
@common
@confirming
def withdraw(invocation: Invocation, record: str, *, lift: bool, ledger: Path | None) -> None:
    """Write down that the patient PSEUDONYM has withdrawn, from now on.

    No import takes it back. Commitments on the chain still count the record until they are made
    anew and renewed.
    """
    from governance.consent import Ledger  # noqa: PLC0415

    with Ledger(ledger_path(ledger)) as kept:
        if lift:
            _session(invocation).confirm("The record may be used again, as its consents say.")
            changed = kept.lift(record)
        else:
            changed = kept.withdraw(record, int(time.time()))
    told = {"withdrawn": not lift, "already": not changed}
    emit("consent-withdraw", told, as_json=invocation.json)


# --- decisions ------------------------------------------------------------------------------------


@command.command()
@asking
@click.option(
    "--ids",
    type=ANY_FILE,
    metavar="FILE",
    help="Write the records that may be used into FILE, which only you can read.",
)
@common
def eligible(
    invocation: Invocation,
    *,
    study: int | None,
    terms: Path | None,
    version: int | None,
    ledger: Path | None,
    ids: Path | None,
) -> None:
    """Count the records that the study may use today, and say why not the others.

    FILE has a line for each span of time: record, and from when until when its data may have been
    collected.
    """
    from governance.consent import (  # noqa: PLC0415
        Ledger,
        Tally,
        question,
        verdicts,
        write_eligible,
    )

    asked, counted = asked_by(invocation, study, terms, version), Tally()
    wanted = question(asked.terms, asked.at)
    with Ledger(ledger_path(ledger)) as kept:
        decided = watched(counted.counting(verdicts(kept, wanted)), kept.size)
        if ids is None:
            for _ in decided:
                pass
        else:
            with private_file(ids) as file:
                write_eligible(file, decided)
    told = {"asked": counted.asked, "permitting": counted.permitting, "at": asked.at}
    if invocation.json:
        digest = {"terms_digest": to_hex(asked.digest)}
        emit_json("consent-eligible", told | digest | {"reasons": _by_reason(counted)})
        return
    show(told)
    rows = ([each["records"], each["reason"], each["sentence"]] for each in _by_reason(counted))
    table(["records", "reason", "what it says"], rows, empty="The ledger has no records.")


def _by_reason(counted: Tally) -> list[dict[str, Any]]:
    return [
        {"reason": reason.value, "records": count, "sentence": reason.sentence}
        for reason, count in counted.by_reason.most_common()
    ]


@command.command()
@RECORD
@asking
@common
def explain(
    invocation: Invocation,
    record: str,
    *,
    study: int | None,
    terms: Path | None,
    version: int | None,
    ledger: Path | None,
) -> None:
    """Say whether the record PSEUDONYM may be used, and why."""
    from governance.consent import Ledger, decide, question  # noqa: PLC0415
    from governance.consent.listing import bound  # noqa: PLC0415

    asked = asked_by(invocation, study, terms, version)
    with Ledger(ledger_path(ledger)) as kept:
        verdict = decide(kept.statements(record), question(asked.terms, asked.at))
    told = {
        "permits": verdict.permits,
        "reason": verdict.reason.value,
        "sentence": verdict.reason.sentence,
        "collected": [f"{bound(start)} - {bound(end)}" for start, end in verdict.collected],
        "at": asked.at,
    }
    emit("consent-explain", told, as_json=invocation.json)


# --- the commitment -------------------------------------------------------------------------------


@command.command()
@asking
@common
def commit(
    invocation: Invocation,
    *,
    study: int | None,
    terms: Path | None,
    version: int | None,
    ledger: Path | None,
) -> None:
    """Commit to the decisions about all records of the ledger, with fresh salts.

    Decisions and salts stay beside the ledger. `charter study sign` and `charter study
    renew-consent` take the root from there.
    """
    from governance.consent import Commitments, Ledger, decisions, question  # noqa: PLC0415

    asked, path = asked_by(invocation, study, terms, version), ledger_path(ledger)
    wanted = question(asked.terms, asked.at)
    with Ledger(path) as kept:
        about = Commitments(path).make(
            watched(decisions(kept, wanted), kept.size),
            terms_digest=asked.digest,
            at=asked.at,
            ledger_changes=kept.changes,
        )
    told = {
        "root": about.root,
        "terms_digest": about.terms_digest,
        "asked": about.asked,
        "permitting": about.permitting,
        "at": about.at,
    }
    emit("consent-commit", told, as_json=invocation.json)


@command.command()
@RECORD
@ROOT
@click.option("--out", "-o", type=ANY_FILE, required=True, help="The file that takes the proof.")
@LEDGER
@common
def prove(
    invocation: Invocation, record: str, *, root: str | None, out: Path, ledger: Path | None
) -> None:
    """Open the decision about the record PSEUDONYM to an auditor, and nothing else.

    The newest commitment is opened, or the one with --root. The proof holds the pseudonym, the
    decision, its salt, the path to the root, and of how many records the commitment is.
    """
    from governance.consent import Commitments, proof_json  # noqa: PLC0415

    kept = Commitments(ledger_path(ledger))
    about = kept.newest(root=_root(root))
    proof = kept.prove(about, record)
    with private_file(out) as file:
        file.write(proof_json(proof).decode())
    note(NOT_SHOWN)
    told = {
        "proof": str(out),
        "root": about.root,
        "permits": proof.decision.permits,
        "not_shown": NOT_SHOWN,
    }
    if not invocation.json:
        del told["not_shown"]
    emit("consent-prove", told, as_json=invocation.json)


@command.command(name="verify-proof")
@click.argument("proof", type=EXISTING_FILE)
@ROOT
@click.option("--study", type=NUMBER, help="The study whose commitments on the chain count.")
@click.option("--institution", type=NUMBER, help="With --study: the institution's number.")
@common
def verify_proof(
    invocation: Invocation,
    proof: Path,
    *,
    root: str | None,
    study: int | None,
    institution: int | None,
) -> None:
    """Hold a PROOF against a root, or against what an institution committed to on the chain."""
    from governance.consent import proof_from_json, verify  # noqa: PLC0415
    from governance.consent.errors import ConsentProofInvalid, ConsentProofRefuted  # noqa: PLC0415

    if (root is None) == (study is None) or (institution is None) != (study is None):
        raise UsageInvalid(
            "A proof is held against one root, or against one institution in one study.",
            "Give --root, or --study and --institution.",
        )
    try:
        # Not the whole of what may never end: a proof of a record among millions takes a few kB.
        with proof.open("rb") as file:
            read = proof_from_json(file.read(LARGEST_PROOF))
    except (ValueError, OSError):
        raise ConsentProofInvalid(proof) from None
    known = _root(root)
    roots = [(known, None)] if known else _committed(_session(invocation), study, institution)
    for place, (each, at) in enumerate(roots):
        if verify(read, each):
            told = {
                "verified": True,
                "pseudonym": read.decision.pseudonym,
                "permits": read.decision.permits,
                "root": to_hex(each),
                "records": read.size,
                "committed_at": at,
                "newest": place == 0 if at is not None else None,
                "not_shown": NOT_SHOWN,
            }
            emit("consent-verify-proof", told, as_json=invocation.json)
            return
    raise ConsentProofRefuted


def _root(text: str | None) -> bytes | None:
    return None if text is None else from_hex(text, 32, "root")


def _committed(
    session: Session, study: int | None, institution: int | None
) -> list[tuple[bytes, int | None]]:
    """What an institution has committed to in a study and when, the newest first."""
    from governance.history.events import ConsentRenewed, TermsSigned  # noqa: PLC0415

    chosen = session.study(study)
    session.state.swarm.institution(institution or 0)
    found: list[tuple[bytes, int | None]] = [
        (record.event.consent, record.timestamp)
        for record in session.records
        if record.emitter == chosen.address
        and isinstance(record.event, (ConsentRenewed, TermsSigned))
        and record.event.institution == institution
        and any(record.event.consent)
    ]
    return found[::-1]


@command.command(name="destroy-salts")
@ROOT
@click.option("--all", "everything", is_flag=True, help="Of all commitments, unfinished ones too.")
@LEDGER
@common
@confirming
def destroy_salts(
    invocation: Invocation, *, root: str | None, everything: bool, ledger: Path | None
) -> None:
    """Destroy the salts of the commitment with --root, or of all, and the decisions with them.

    Nothing of it can be opened then. Copies elsewhere, such as backups, are yours to destroy.
    """
    from governance.consent import Commitments  # noqa: PLC0415

    if (root is None) != everything:
        raise UsageInvalid(
            "Destroying is for one commitment, or for all.", "Give --root, or --all."
        )
    _session(invocation).confirm("Nothing of the commitment can be proven any more.")
    kept = Commitments(ledger_path(ledger))
    chosen = kept.all() if everything else [kept.newest(root=_root(root))]
    destroyed = [about.root for about in chosen if kept.destroy(about)]
    if everything:
        kept.destroy_unfinished()
    emit("consent-destroy-salts", {"destroyed": destroyed}, as_json=invocation.json)
