"""`charter validator`: the address whose blocks are the institution's, on the swarm's own chain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from cli.acts import Call, act
from cli.options import EXISTING_FILE, Invocation, acting, common
from cli.output import emit_json, note, table
from cli.present import named, names, when, word
from cli.proofs import prove
from cli.session import Session
from governance.history.events import ValidatorRegistered

if TYPE_CHECKING:
    from pathlib import Path

    from governance.history.state import State

VOTED = "The validators act on it with `charter network sync`, each on its own."


@click.group()
def command() -> None:
    """Your validator on the consortium chain: register, remove, list."""


@command.command()
@click.argument("keyfile", type=EXISTING_FILE)
@common
@acting
def register(invocation: Invocation, keyfile: Path) -> None:
    """Register the validator whose key Besu reads from KEYFILE; the key proves that you have it.

    An earlier validator of your institution is replaced.
    """
    from deploy.network.validator_key import ValidatorKey  # noqa: PLC0415 - only this one reads it

    session = Session(invocation)
    key = ValidatorKey.load(keyfile)
    me = session.me()

    def check(state: State) -> dict[str, Any] | None:
        if state.swarm.institution(me.number).validator != key.address:
            return None
        return {"validator": key.address, "institution": me.number}

    def call() -> Call:
        deadline, proof = prove(session, "ValidatorRegistration", "validator", key)
        args = (key.address, deadline, proof)
        return Call("Swarm", session.house.swarm, "registerValidator", args)

    instead = f" instead of {me.validator}" if me.validator else ""
    plan = f"Register validator {key.address}{instead} for institution {me.number}, {me.name}."
    if act(session, "validator-register", plan, check, call) is not None:
        note(VOTED)


@command.command()
@common
@acting
def remove(invocation: Invocation) -> None:
    """Remove your validator from the register; the others vote it out then."""
    session = Session(invocation)
    me = session.me()

    def check(state: State) -> dict[str, Any] | None:
        if state.swarm.institution(me.number).validator is not None:
            return None
        return {"institution": me.number, "removed": me.validator}

    if me.validator is None:
        note(f"Institution {me.number}, {me.name}, has no validator.")
    call = Call("Swarm", session.house.swarm, "removeValidator")
    plan = f"Remove validator {me.validator} of institution {me.number}, {me.name}."
    if act(session, "validator-remove", plan, check, call) is not None and me.validator:
        note(VOTED)


@command.command(name="list")
@common
def list_(invocation: Invocation) -> None:
    """List the validators that are registered, and which members have none.

    Who left or was expelled stays in the register, and is to be voted out.
    """
    session = Session(invocation)
    state = session.state
    since = {
        (record.event.institution, record.event.validator): record.timestamp
        for record in session.records
        if isinstance(record.event, ValidatorRegistered)
    }
    told: list[dict[str, Any]] = [
        {
            "validator": each.validator,
            "institution": each.number,
            "name": each.name,
            "standing": word(each.standing),
            "registered_at": since.get((each.number, each.validator)),
        }
        for each in state.swarm.institutions.values()
        if each.validator is not None
    ]
    without = tuple(each.number for each in state.swarm.members() if each.validator is None)
    if session.json:
        emit_json("validator-list", {"validators": told, "members_without": list(without)})
        return
    table(
        ["validator", "institution", "standing", "registered"],
        (
            [
                each["validator"],
                named(state, each["institution"]),
                each["standing"],
                when(each["registered_at"]),
            ]
            for each in told
        ),
        empty="There is no validator.",
    )
    if without:
        note(f"Without a validator: {names(state, without)}.")
