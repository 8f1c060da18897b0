"""`charter node`: the machines that train, known by their keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from cli.acts import Call, act
from cli.keys import address_of, new_key
from cli.options import PASSPHRASE_FILE, Invocation, acting, common, confirming, signing
from cli.output import emit_json, note, table
from cli.present import when, word
from cli.proofs import prove
from cli.session import Session
from cli.values import NUMBER
from governance.vocabulary import NodeStanding

if TYPE_CHECKING:
    from pathlib import Path

    from governance.history.state import State


@click.group()
def command() -> None:
    """Your training nodes: new, register, revoke, list."""


@command.command()
@click.argument("name")
@common
@signing
def new(invocation: Invocation, name: str) -> None:
    """Make a node key and keep it, encrypted, under NAME."""
    new_key(Session(invocation), "node-new", name)


@command.command()
@click.argument("name")
@click.option(
    "--node-passphrase-file",
    type=PASSPHRASE_FILE,
    help="File with the node key's passphrase, if it is not the account's.",
)
@common
@acting
def register(invocation: Invocation, name: str, node_passphrase_file: Path | None) -> None:
    """Register the node whose key lies under NAME; the key proves that you have it."""
    session = Session(invocation)
    address = session.keystore.address(name)
    me = session.me()

    def check(state: State) -> dict[str, Any] | None:
        node = state.swarm.nodes.get(address)
        if node is None or node.institution != me.number or node.standing is NodeStanding.REVOKED:
            return None
        return {
            "node": address,
            "key": name,
            "institution": me.number,
            "registered_at": node.registered_at,
        }

    def call() -> Call:
        key = session.unlock(name, node_passphrase_file)
        deadline, proof = prove(session, "NodeRegistration", "node", key)
        args = (address, deadline, proof)
        return Call("Swarm", session.house.swarm, "registerNode", args)

    plan = f"Register node {address} for institution {me.number}, {me.name}."
    registered = act(session, "node-register", plan, check, call)
    if registered is not None and not session.context.node:
        session.change_context(node=name)
        note(f"The context '{session.context_name}' publishes and attests with '{name}' now.")


@command.command()
@click.argument("node")
@common
@acting
@confirming
def revoke(invocation: Invocation, node: str) -> None:
    """Revoke NODE, an address or a key's name, at once and for ever."""
    session = Session(invocation)
    address = address_of(session, node)

    def check(state: State) -> dict[str, Any] | None:
        known = state.swarm.nodes.get(address)
        if known is None or known.standing is not NodeStanding.REVOKED:
            return None
        return {
            "node": address,
            "institution": known.institution,
            "revoked_at": known.revoked_at,
        }

    if check(session.state) is None:
        session.confirm(f"The node {address} is void for ever once it is revoked.")
    call = Call("Swarm", session.house.swarm, "revokeNode", (address,))
    act(session, "node-revoke", f"Revoke node {address}.", check, call)


@command.command(name="list")
@click.option("--institution", type=NUMBER, help="Of this institution instead of your own.")
@click.option("--all", "everyone", is_flag=True, help="Of all institutions.")
@common
def list_(invocation: Invocation, institution: int | None, everyone: bool) -> None:
    """List nodes, revoked ones included."""
    session = Session(invocation)
    swarm = session.state.swarm
    if everyone:
        found = list(swarm.nodes.values())
    else:
        found = list(swarm.nodes_of(institution or session.me().number))
    keys = {address: name for name, address in session.keystore.addresses().items()}
    told = [
        {
            "node": each.address,
            "key": keys.get(each.address),
            "institution": each.institution,
            "standing": word(each.standing),
            "registered_at": each.registered_at,
            "revoked_at": each.revoked_at,
        }
        for each in found
    ]
    if session.json:
        emit_json("node-list", {"nodes": told})
        return
    table(
        ["node", "key", "institution", "standing", "registered", "revoked"],
        (
            [
                each["node"],
                each["key"],
                each["institution"],
                each["standing"],
                when(node.registered_at),
                when(node.revoked_at),
            ]
            for each, node in zip(told, found, strict=True)
        ),
        empty="There is no node.",
    )
