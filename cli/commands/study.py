"""`charter study`: one research question, its terms, and who signs them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from cli.acts import Call, act
from cli.consents import LEDGER, to_sign
from cli.datause import datause
from cli.errors import TermsDigestOther
from cli.options import EXISTING_DOCUMENT, EXISTING_FILE, Invocation, acting, common, confirming
from cli.output import emit_json, note, printable, table
from cli.output import show as show_facts
from cli.present import hexed, names, when
from cli.session import Session
from cli.studies import (
    as_json,
    hold_against_charter,
    hold_readiness,
    signable,
    title_of,
    verified,
)
from cli.values import DIGEST, DOCUMENT, HASH, NUMBER, choice, member
from governance.primitives import keccak, to_hex
from governance.vocabulary import ZERO_DIGEST, Action, Ground, StudyState

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cli.values import Document
    from governance.history.state import State
    from governance.history.study import Study

    Command = Callable[..., Any]

STUDY = click.argument("study", type=NUMBER, required=False)
VERSION = click.option("--version", type=NUMBER, help="Which version of the terms.")
CHARTER = click.option(
    "--charter",
    type=EXISTING_DOCUMENT,
    help="The charter's document, if this machine has not seen it; the terms are held against it.",
)
REASON = click.option(
    "--reason",
    type=choice(Ground),
    default="unspecified",
    show_default=True,
    help="What kind of reason.",
)
TEXT = click.option(
    "--text", type=DIGEST, help="The reason in words, which stay with the institutions."
)


@click.group()
def command() -> None:
    """Studies: open, read, sign, decline, withdraw, amend, start, close."""


# --- reading --------------------------------------------------------------------------------------


@command.command(name="list")
@common
def list_(invocation: Invocation) -> None:
    """List the studies."""
    session = Session(invocation)
    state = session.state
    told = [as_json(state, each) for each in state.studies.values()]
    if session.json:
        emit_json("study-list", {"studies": told})
        return
    table(
        ["study", "title", "state", "opener", "version", "signed", "rounds", "expires"],
        (
            [
                each["study"],
                each["title"],
                each["state"],
                each["opener_name"],
                each["in_force"],
                f"{len(each['signatories'])} of {each['minimum_signatories']}",
                f"{each['last_round']} of {each['rounds']}",
                when(each["expires_at"]),
            ]
            for each in told
        ),
        empty="There is no study.",
    )


@command.command()
@STUDY
@VERSION
@common
def show(invocation: Invocation, study: int | None, version: int | None) -> None:
    """Show the STUDY and its terms in words.

    The terms are shown only after what the contract enforces was found to be what they say.
    """
    from governance.terms import summary  # noqa: PLC0415 - loads pydantic

    session = Session(invocation)
    state = session.state
    found = session.study(study)
    chosen = found.version(version) if version else found.terms
    terms = verified(chosen)
    sections = summary(terms)
    told = as_json(state, found) | {
        "version": chosen.number,
        "terms_digest": to_hex(chosen.terms_digest),
        "parameters_hash": to_hex(chosen.parameters_hash),
        "signed": list(found.members_among(chosen.number)),
        "declined": sorted({d.institution for d in found.declines if d.version == chosen.number}),
    }
    if session.json:
        words = [{"heading": each.heading, "sentences": each.sentences} for each in sections]
        emit_json("study-show", told | {"summary": words, "terms": terms.model_dump(mode="json")})
        return
    people = {key: names(state, tuple(told[key])) for key in ("signatories", "signed", "declined")}
    show_facts(told | people)
    for section in sections:
        print(f"\n{printable(section.heading)}")
        for sentence in section.sentences:
            for line in sentence.splitlines():
                print(f"  {printable(line)}")


command.add_command(datause)


# --- the study's life -----------------------------------------------------------------------------


@command.command(name="open")
@click.argument("terms", type=EXISTING_FILE)
@CHARTER
@common
@acting
def open_(invocation: Invocation, terms: Path, charter: Path | None) -> None:
    """Open a study with the TERMS in a YAML file."""
    from governance.terms import canonical, digest, load_terms, parameters  # noqa: PLC0415

    session = Session(invocation)
    loaded = load_terms(terms, now=session.now)
    hold_against_charter(session, loaded, charter)
    me, wanted = session.me(), digest(loaded)

    def check(state: State) -> dict[str, Any] | None:
        for study in state.studies.values():
            if study.opener == me.number and study.version(1).terms_digest == wanted:
                return {
                    "study": study.number,
                    "title": title_of(study.version(1)),
                    "contract": study.address,
                    "terms_digest": to_hex(wanted),
                }
        return None

    args = (canonical(loaded), parameters(loaded))
    call = Call("Studies", session.house.studies, "open", args)
    plan = f"Open the study '{loaded.title}' as {me.name}; its terms have digest {to_hex(wanted)}."
    outcome = act(session, "study-open", plan, check, call)
    if outcome is not None and not session.context.study:
        session.change_context(study=outcome["study"])
        note(f"The context '{session.context_name}' means study {outcome['study']} from now on.")


@command.command()
@STUDY
@VERSION
@click.option(
    "--readiness",
    type=DOCUMENT,
    required=True,
    help="The statement that your data meet the terms, from `charter readiness check`.",
)
@click.option(
    "--consent",
    type=HASH,
    help="The root of your consent commitment, if the terms ask one; by default the newest.",
)
@LEDGER
@click.option("--digest", type=HASH, help="Sign only if the terms have this digest.")
@CHARTER
@common
@acting
@confirming
def sign(
    invocation: Invocation,
    *,
    study: int | None,
    version: int | None,
    readiness: Document,
    consent: bytes | None,
    ledger: Path | None,
    digest: bytes | None,
    charter: Path | None,
) -> None:
    """Sign the terms of the STUDY: the version pending, otherwise the one in force.

    What is signed is verified and shown first. The statement of readiness stays home and its digest
    is signed; unless the terms take your word, it must be one that meets them.
    """
    session = Session(invocation)
    me, found = session.me(), session.study(study)
    chosen = signable(found, me.number, version)
    if digest is not None and digest != chosen.terms_digest:
        raise TermsDigestOther(chosen.number, to_hex(chosen.terms_digest))

    def check(state: State) -> dict[str, Any] | None:
        now = state.study(found.number)
        if me.number not in now.version(chosen.number).signers:
            return None
        return {
            "study": now.number,
            "version": chosen.number,
            "terms_digest": to_hex(chosen.terms_digest),
            "institution": me.number,
            "in_force": now.in_force,
            "signatories": list(now.signatories()),
        }

    if check(session.state) is None:
        terms = verified(chosen)
        hold_against_charter(session, terms, charter)
        hold_readiness(terms, me.number, readiness)
        if consent is None and chosen.parameters.consent_max_age:
            consent = to_sign(ledger, chosen.terms_digest, session.now)
        session.confirm(
            f"{me.name} signs version {chosen.number} of study {found.number}, '{terms.title}', "
            f"digest {to_hex(chosen.terms_digest)}; `charter study show` says it in words."
        )
    args = (
        chosen.number,
        chosen.terms_digest,
        chosen.parameters_hash,
        readiness.digest,
        consent or ZERO_DIGEST,
    )
    plan = f"Sign version {chosen.number} of study {found.number} as {me.name}."
    act(session, "study-sign", plan, check, Call("Study", found.address, "sign", args))


@command.command()
@STUDY
@VERSION
@REASON
@TEXT
@common
@acting
def decline(
    invocation: Invocation,
    study: int | None,
    version: int | None,
    reason: str,
    text: bytes | None,
) -> None:
    """Say that you will not sign the terms of the STUDY."""
    session = Session(invocation)
    me, found = session.me(), session.study(study)
    chosen = signable(found, me.number, version)

    def check(state: State) -> dict[str, Any] | None:
        for each in state.study(found.number).declines:
            if (each.institution, each.version) == (me.number, chosen.number):
                return {
                    "study": found.number,
                    "version": chosen.number,
                    "institution": me.number,
                    "reason": Ground.word(each.reason),
                    "text": hexed(each.text),
                }
        return None

    args = (chosen.number, int(member(Ground, reason)), text or ZERO_DIGEST)
    plan = f"Decline version {chosen.number} of study {found.number} as {me.name}."
    act(session, "study-decline", plan, check, Call("Study", found.address, "decline", args))


@command.command()
@STUDY
@REASON
@TEXT
@common
@acting
@confirming
def withdraw(invocation: Invocation, study: int | None, reason: str, text: bytes | None) -> None:
    """Withdraw from the STUDY; none of your nodes is authorised from the next block on."""
    session = Session(invocation)
    me, found = session.me(), session.study(study)

    def check(state: State) -> dict[str, Any] | None:
        now = state.study(found.number)
        participation = now.participations.get(me.number)
        if participation is None or not participation.withdrawn:
            return None
        last = [each for each in now.withdrawals if each.institution == me.number][-1]
        return {
            "study": now.number,
            "institution": me.number,
            "reason": Ground.word(last.reason),
            "text": hexed(last.text),
            "withdrawn_at": last.at,
        }

    if check(session.state) is None:
        session.confirm(f"{me.name} withdraws from study {found.number}, at once.")
    args = (int(member(Ground, reason)), text or ZERO_DIGEST)
    plan = f"Withdraw from study {found.number} as {me.name}."
    act(session, "study-withdraw", plan, check, Call("Study", found.address, "withdraw", args))


@command.command(name="renew-consent")
@STUDY
@click.option(
    "--consent",
    type=HASH,
    help="Your consent commitment as of now; the ledger's newest if not given.",
)
@LEDGER
@common
@acting
def renew_consent(
    invocation: Invocation, study: int | None, consent: bytes | None, ledger: Path | None
) -> None:
    """Renew your consent commitment in the STUDY."""
    session = Session(invocation)
    me, found = session.me(), session.study(study)
    began = session.now
    if consent is None:
        participation = found.participations.get(me.number)
        signed = found.version(participation.last_signed) if participation else found.terms
        consent = to_sign(ledger, signed.terms_digest, began)

    def check(state: State) -> dict[str, Any] | None:
        now = state.study(found.number)
        participation = now.participations.get(me.number)
        if participation is None or participation.consent != consent:
            return None
        age = now.version(participation.last_signed).parameters.consent_max_age
        # The same commitment may be renewed when it grows old; when it is fresh there is no need.
        if participation.consent_at < began and began - participation.consent_at > age // 2:
            return None
        return {
            "study": now.number,
            "institution": me.number,
            "consent": to_hex(consent),
            "good_until": participation.consent_at + age,
        }

    plan = f"Renew the consent commitment in study {found.number} as {me.name}."
    call = Call("Study", found.address, "renewConsent", (consent,))
    act(session, "study-renew-consent", plan, check, call)


@command.command()
@STUDY
@common
@acting
def start(invocation: Invocation, study: int | None) -> None:
    """Start training in the STUDY: the opener, or more than half of the signatories."""
    session = Session(invocation)
    me, found = session.me(), session.study(study)

    def check(state: State) -> dict[str, Any] | None:
        now = state.study(found.number)
        if now.started_at is not None:
            return {"study": now.number, "state": "running", "started_at": now.started_at}
        return _approval(now, me.number, Action.START, ZERO_DIGEST)

    plan = f"Start training in study {found.number} as {me.name}."
    act(session, "study-start", plan, check, Call("Study", found.address, "start"))


@command.command()
@STUDY
@click.option("--terms", type=EXISTING_FILE, required=True, help="The amended terms, in YAML.")
@CHARTER
@common
@acting
def amend(invocation: Invocation, study: int | None, terms: Path, charter: Path | None) -> None:
    """Put forward other terms for the STUDY; they bind only who signs them."""
    from governance.terms import (  # noqa: PLC0415 - loads pydantic
        canonical,
        digest,
        load_terms,
        parameters,
        parameters_hash,
    )

    session = Session(invocation)
    loaded = load_terms(terms, now=session.now)
    hold_against_charter(session, loaded, charter)
    me, found = session.me(), session.study(study)
    enforced, wanted = parameters(loaded), digest(loaded)
    subject = keccak(wanted + parameters_hash(enforced))

    def check(state: State) -> dict[str, Any] | None:
        now = state.study(found.number)
        newest = now.version(max(now.versions))
        if newest.terms_digest == wanted:
            return {
                "study": now.number,
                "version": newest.number,
                "terms_digest": to_hex(wanted),
                "in_force": now.in_force,
            }
        return _approval(now, me.number, Action.AMEND, subject)

    plan = f"Put forward terms with digest {to_hex(wanted)} for study {found.number}."
    call = Call("Study", found.address, "amend", (canonical(loaded), enforced))
    act(session, "study-amend", plan, check, call)


@command.command()
@STUDY
@common
@acting
@confirming
def close(invocation: Invocation, study: int | None) -> None:
    """End the STUDY for ever: the opener, or more than half of the signatories."""
    session = Session(invocation)
    me, found = session.me(), session.study(study)

    def check(state: State) -> dict[str, Any] | None:
        now = state.study(found.number)
        if now.state is StudyState.CLOSED:
            return {"study": now.number, "state": "closed", "closed_at": now.closed_at}
        return _approval(now, me.number, Action.CLOSE, ZERO_DIGEST)

    if check(session.state) is None:
        session.confirm(f"Study {found.number} ends for ever.")
    plan = f"Close study {found.number} as {me.name}."
    act(session, "study-close", plan, check, Call("Study", found.address, "close"))


def _approval(
    study: Study, institution: int, action: Action, subject: bytes
) -> dict[str, Any] | None:
    """What there is to tell when an institution is for an action that needs others too.

    Nothing where those who are for it have become enough since, by a departure: it may be had.
    """
    approvers, needed = study.approvers(action, subject), len(study.signatories()) // 2 + 1
    if institution not in approvers or len(approvers) >= needed:
        return None
    return {
        "study": study.number,
        "action": action.name.lower(),
        "approved_by": list(approvers),
        "needed": needed,
    }
