"""`charter status`: what is waiting for you."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import click

from cli.agenda import agenda
from cli.options import Invocation, common
from cli.output import emit_json, note, show, table
from cli.present import hexed, when, word
from cli.session import Session
from governance.chain.pulse import pulse
from governance.primitives import to_hex


@click.command()
@common
def command(invocation: Invocation) -> None:
    """What is waiting for you.

    Votes to cast, decisions to carry out, terms to sign, consent to renew, checkpoints to attest,
    shares to pay or confirm. Whose context names no account sees how the swarm stands.
    """
    session = Session(invocation)
    state, follower, now = session.state, session.follower, session.now
    me = session.me() if session.context.account else None
    items = agenda(state, me, now) if me else ()
    block = follower.block
    beats = pulse(session.rpc)
    told: dict[str, Any] = {
        "context": session.context_name,
        "institution": me.number if me else None,
        "name": me.name if me else None,
        "standing": word(me.standing) if me else None,
        "members": len(state.swarm.members()),
        "studies": len(state.studies),
        "charter": hexed(state.swarm.charter),
        "block": block.number if block else None,
        "history_length": follower.length,
        "history_head": to_hex(follower.head),
        "halted": beats.halted if beats else None,
    }
    if beats and beats.halted:
        note(f"{beats.sentence} `charter network status` says how long it may take.")
    if session.json:
        emit_json("status", told | {"waiting": [asdict(each) for each in items]})
        return
    show(told)
    table(
        ["waiting for you", "until", "command"],
        ([each.text, when(each.due), each.command] for each in items),
        empty="\nNothing is waiting for you.",
    )
