"""`charter member`: the institutions of the swarm."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from cli.acts import Call, act
from cli.options import Invocation, acting, common, confirming
from cli.output import emit, emit_json, table
from cli.present import hexed, word
from cli.proposing import propose_expulsion
from cli.session import Session
from cli.values import NUMBER, TEXT
from governance.vocabulary import Standing

if TYPE_CHECKING:
    from governance.history.state import State
    from governance.history.swarm import Institution


@click.group()
def command() -> None:
    """The institutions: list, show, expel, leave."""


@command.command(name="list")
@click.option("--all", "everyone", is_flag=True, help="Also those that left or were expelled.")
@common
def list_(invocation: Invocation, everyone: bool) -> None:
    """List members and applicants."""
    session = Session(invocation)
    state = session.state
    current = {Standing.MEMBER, Standing.APPLICANT}
    found = [
        each for each in state.swarm.institutions.values() if everyone or each.standing in current
    ]
    if session.json:
        emit_json("member-list", {"members": [_as_json(state, each) for each in found]})
        return
    table(
        ["number", "name", "kind", "sector", "country", "standing", "account", "nodes"],
        (
            [
                each.number,
                each.name,
                word(each.profile.kind),
                word(each.profile.sector),
                each.profile.country.decode(),
                word(each.standing),
                each.account,
                len(state.swarm.nodes_of(each.number)),
            ]
            for each in found
        ),
    )


@command.command()
@click.argument("number", type=NUMBER, required=False)
@common
def show(invocation: Invocation, number: int | None) -> None:
    """Show the institution NUMBER, otherwise your own."""
    session = Session(invocation)
    state = session.state
    found = state.swarm.institution(number) if number else session.me()
    told = _as_json(state, found)
    emit("member-show", told, as_json=session.json)


@command.command()
@click.argument("number", type=NUMBER)
@click.option("--reason", type=TEXT, default="", help="Why, in the proposal's description.")
@common
@acting
def expel(invocation: Invocation, number: int, reason: str) -> None:
    """Propose to expel the institution NUMBER; the members vote."""
    propose_expulsion(Session(invocation), number, reason)


@command.command()
@common
@acting
@confirming
def leave(invocation: Invocation) -> None:
    """Leave the swarm, from the next block on and for ever."""
    session = Session(invocation)
    me = session.me()

    def check(state: State) -> dict[str, Any] | None:
        now = state.swarm.institution(me.number)
        if now.standing is not Standing.LEFT:
            return None
        return {"institution": me.number, "left_at": now.left_at}

    if check(session.state) is None:
        session.confirm(f"{me.name} leaves the swarm for ever; who comes back applies anew.")
    plan = f"Leave the swarm as institution {me.number}, {me.name}."
    act(session, "member-leave", plan, check, Call("Swarm", session.house.swarm, "leave"))


def _as_json(state: State, found: Institution) -> dict[str, Any]:
    return {
        "number": found.number,
        "name": found.name,
        "kind": word(found.profile.kind),
        "sector": word(found.profile.sector),
        "country": found.profile.country.decode(),
        "standing": word(found.standing),
        "account": found.account,
        "document": hexed(found.profile.document),
        "applied_at": found.applied_at,
        "joined_at": found.joined_at,
        "left_at": found.left_at,
        "validator": found.validator,
        "nodes": [node.address for node in state.swarm.nodes_of(found.number)],
    }
