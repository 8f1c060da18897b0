"""`charter gate`: may this update be merged?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from cli import home
from cli.errors import GateRefusal
from cli.files import READABLE_BY_ALL
from cli.gates import refresh
from cli.options import (
    ANY_FILE,
    ANY_PATH,
    EXISTING_DOCUMENT,
    EXISTING_FILE,
    Invocation,
    common,
    signing,
)
from cli.output import emit, emit_json, note, table
from cli.present import short, when
from cli.session import Session
from cli.values import NUMBER, SecondsType
from cli.values import UPDATE as UPDATE_DIGEST
from governance.chain.files import write_atomically
from governance.chain.reader import Follower
from governance.errors import CharterError
from governance.gate import (
    Envelope,
    EvidenceLog,
    EvidenceReader,
    Gate,
    LiveView,
    SignedEnvelope,
)
from governance.gate.rules import in_round
from governance.primitives import to_hex

if TYPE_CHECKING:
    from pathlib import Path

    from governance.gate import Decision

STUDY = click.option("--study", type=NUMBER, help="The study, instead of the context's.")
ROUND = click.option("--round", "number", type=NUMBER, required=True, help="The round.")
ATTEMPT = click.option(
    "--attempt", type=NUMBER, default=1, show_default=True, help="Which try at the round."
)
UPDATE = click.option(
    "--update",
    type=UPDATE_DIGEST,
    required=True,
    help="The update's digest, or its file (safetensors or npy, or a folder of such).",
)


@click.group()
def command() -> None:
    """Ask whether an update may be merged; read what was refused."""


@command.command()
@ROUND
@ATTEMPT
@UPDATE
@click.option(
    "--records", type=click.IntRange(min=0), default=0, help="Number of records behind it."
)
@click.option(
    "--valid",
    type=click.IntRange(min=1),
    default=3600,
    show_default=True,
    help="Seconds for which the envelope counts.",
)
@click.option("--out", type=ANY_FILE, required=True, help="Where the envelope is written.")
@STUDY
@common
@signing
def sign(
    invocation: Invocation,
    *,
    number: int,
    attempt: int,
    update: bytes,
    records: int,
    valid: int,
    out: Path,
    study: int | None,
) -> None:
    """Sign the envelope in which the context's node announces its update of a round.

    A node signs one update for each round and attempt, since two would prove equivocation against
    it: the same update is given the same envelope again, and another one is refused.
    """
    # Only this command signs.
    from governance.integrations.contributing import Signed  # noqa: PLC0415

    session = Session(invocation)
    found = session.study(study)
    envelope = Envelope(
        chain_id=session.trust.chain_id,
        study=found.address,
        terms_version=found.in_force,
        round=number,
        attempt=attempt,
        parent=found.last_digest,
        update=update,
        records=records,
        history_length=session.follower.length,
        deadline=session.now + valid,
    )
    signer = session.unlock(session.context.require("node"))
    signed = Signed(home.signed(session.context_name), signer).sign(envelope)
    if signed.envelope != envelope:
        until = when(signed.envelope.deadline)
        note(f"The node signed this update before: here is that envelope, good until {until}.")
    write_atomically(out, signed.to_bytes(), READABLE_BY_ALL)
    note(f"Wrote {out}.")
    digest = to_hex(signed.envelope.digest)
    told = {"envelope": str(out), "digest": digest, "node": signer.address}
    emit("gate-sign", told, as_json=session.json)


@command.command()
@click.argument("envelope", type=EXISTING_DOCUMENT)
@ROUND
@ATTEMPT
@UPDATE
@click.option(
    "--evidence", type=ANY_PATH, required=True, help="The evidence log; begun if there is none."
)
@STUDY
@common
def check(
    invocation: Invocation,
    *,
    envelope: Path,
    number: int,
    attempt: int,
    update: bytes,
    evidence: Path,
    study: int | None,
) -> None:
    """Ask whether the update that ENVELOPE announces may be merged now.

    The decision is written down in the evidence log before it is given. A refusal ends with exit
    status 4 and its reason as the code; so it is too where the chain cannot be relied on.
    """
    session = Session(invocation)
    signed = SignedEnvelope.from_bytes(envelope.read_bytes())
    chosen = session.study_number(study)
    with EvidenceLog(evidence, sync_seconds=0) as log:
        view = LiveView(Follower(session.rpc, session.trust), log.seen())
        try:
            refresh(session, view)
            address = view.look().state.study(chosen).address
        except CharterError as error:
            if view.look().fault is None:
                raise
            note(f"{error.message} {error.remedy}")
            # The gate refuses whatever it is asked, and writes down why.
            address = signed.envelope.study
        gate = Gate(view, address, log)
        gate.open_round(number, attempt)
        decision = in_round(gate.check(signed, update), signed.envelope, gate.round)
    told = _as_json(decision, number, attempt)
    emit("gate-check", told, as_json=session.json)
    if not decision.accepted:
        raise GateRefusal(decision.reason.value, decision.node)


@command.command()
@click.option(
    "--socket", "path", type=ANY_PATH, help="Unix socket to answer at; none but you may use it."
)
@click.option(
    "--listen",
    metavar="HOST:PORT",
    help="Loopback address to answer HTTP at; needs --token-file. Port 0 is any that is free.",
)
@click.option(
    "--token-file",
    type=ANY_PATH,
    help="File with the token that HTTP callers show; made if there is none.",
)
@click.option(
    "--evidence", type=ANY_PATH, required=True, help="The evidence log; begun if there is none."
)
@click.option(
    "--poll",
    type=SecondsType(0.05),
    default=2.0,
    show_default=True,
    help="Seconds between two looks at the chain.",
)
@click.option(
    "--max-age",
    type=SecondsType(0.1, 60.0),
    default=60.0,
    show_default=True,
    help="Seconds after which what is known of the chain counts no longer.",
)
@STUDY
@common
def serve(
    invocation: Invocation,
    *,
    path: Path | None,
    listen: str | None,
    token_file: Path | None,
    evidence: Path,
    poll: float,
    max_age: float,
    study: int | None,
) -> None:
    """Answer other programs of this machine whether updates of a study may be merged.

    Speaks JSON over HTTP, as docs/gate.openapi.yaml describes, on a Unix socket, on loopback, or on
    both. Goes on until it is ended by Ctrl-C or SIGTERM.
    """
    # Loads a server, which no other command needs.
    from cli.serving import serve_gate  # noqa: PLC0415

    serve_gate(
        Session(invocation),
        path=path,
        listen=listen,
        token_file=token_file,
        evidence=evidence,
        poll=poll,
        max_age=max_age,
        study=study,
    )


@command.command()
@click.argument("evidence", type=EXISTING_FILE)
@click.option("--refused", "only_refused", is_flag=True, help="Only what was refused.")
@common
def log(invocation: Invocation, evidence: Path, only_refused: bool) -> None:
    """Show the decisions in the EVIDENCE log of a gate, after checking that it is whole."""
    told = [
        _as_json(each.decision, each.envelope.envelope.round, each.envelope.envelope.attempt)
        for each in EvidenceReader(evidence)
        if not (only_refused and each.decision.accepted)
    ]
    if invocation.json:
        emit_json("gate-log", {"decisions": told})
        return
    table(
        ["at", "round", "attempt", "institution", "node", "answer", "envelope"],
        (
            [
                when(each["at"]),
                each["round"],
                each["attempt"],
                each["institution"],
                each["node"],
                each["reason"],
                short(bytes.fromhex(each["envelope"][2:])),
            ]
            for each in told
        ),
        empty="There is no decision.",
    )


def _as_json(decision: Decision, number: int, attempt: int) -> dict[str, Any]:
    return {
        "accepted": decision.accepted,
        "reason": decision.reason.value,
        "repeated": decision.repeated,
        "institution": decision.institution or None,
        "node": decision.node,
        "round": number,
        "attempt": attempt,
        "envelope": to_hex(decision.envelope_digest),
        "history_length": decision.length,
        "history_head": to_hex(decision.head),
        "at": decision.at,
    }
