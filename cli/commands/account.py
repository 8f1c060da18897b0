"""`charter account`: the key that speaks for your institution."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from cli import home
from cli.acts import Call, act
from cli.contexts import Contexts
from cli.keys import new_key
from cli.options import PASSPHRASE_FILE, Invocation, acting, common, confirming, signing
from cli.output import emit, emit_json, note, table
from cli.proofs import prove
from cli.proposing import propose_recovery
from cli.session import Session
from cli.values import ADDRESS, NUMBER

if TYPE_CHECKING:
    from pathlib import Path

    from governance.history.state import State


@click.group()
def command() -> None:
    """Your institution's account: its key, rotation, recovery."""


@command.command()
@click.argument("name")
@common
@signing
def new(invocation: Invocation, name: str) -> None:
    """Make an account key and keep it, encrypted, under NAME."""
    new_key(Session(invocation), "account-new", name)


@command.command(name="list")
@common
def list_(invocation: Invocation) -> None:
    """List the keys of this machine and the contexts that use them."""
    session = Session(invocation)
    contexts = Contexts.load(home.contexts_file()).by_name
    told = [
        {
            "key": name,
            "address": address,
            "account_of": sorted(c for c, each in contexts.items() if each.account == name),
            "node_of": sorted(c for c, each in contexts.items() if each.node == name),
        }
        for name, address in session.keystore.addresses().items()
    ]
    if session.json:
        emit_json("account-list", {"keys": told})
        return
    table(
        ["key", "address", "account of context", "node of context"],
        (
            [e["key"], e["address"], ", ".join(e["account_of"]), ", ".join(e["node_of"])]
            for e in told
        ),
        empty="This machine has no key.",
    )


@command.command()
@click.argument("name", required=False)
@common
def show(invocation: Invocation, name: str | None) -> None:
    """Show the key NAME, otherwise the context's account, and for whom it speaks."""
    session = Session(invocation)
    key = name or session.context.require("account")
    address = session.keystore.address(key)
    number = session.state.swarm.institution_of(address)
    told: dict[str, Any] = {"key": key, "address": address, "institution": number}
    if number is not None:
        told["name"] = session.state.swarm.institution(number).name
    emit("account-show", told, as_json=session.json)


@command.command()
@click.argument("name")
@click.option(
    "--new-passphrase-file",
    type=PASSPHRASE_FILE,
    help="File with the new key's passphrase, if it is not the old one's.",
)
@common
@acting
@confirming
def rotate(invocation: Invocation, name: str, new_passphrase_file: Path | None) -> None:
    """Hand your institution over to the key NAME; both keys sign.

    The old key speaks for nobody from then on. Open votes stay yours.
    """
    session = Session(invocation)
    address = session.keystore.address(name)

    def check(state: State) -> dict[str, Any] | None:
        number = state.swarm.institution_of(address)
        if number is None or number != state.swarm.accounts.get(session.account):
            return None
        return {"institution": number, "account": address, "key": name}

    if check(session.state) is None:
        session.confirm(f"{session.account} speaks for {session.me().name} no more after this.")

    def call() -> Call:
        key = session.unlock(name, new_passphrase_file)
        deadline, proof = prove(session, "AccountRotation", "account", key)
        args = (address, deadline, proof)
        return Call("Swarm", session.house.swarm, "rotateAccount", args)

    plan = f"Hand the institution over from {session.account} to {address}."
    rotated = act(session, "account-rotate", plan, check, call)
    if rotated is not None and session.context.account != name:
        session.change_context(account=name)
        note(f"The context '{session.context_name}' acts with '{name}' now.")


@command.command()
@click.argument("number", type=NUMBER)
@click.argument("account", type=ADDRESS)
@common
@acting
def recover(invocation: Invocation, number: int, account: str) -> None:
    """Propose that ACCOUNT speaks for the institution NUMBER, whose key is lost or stolen.

    Another member proposes it, and the members vote.
    """
    propose_recovery(Session(invocation), number, account)
