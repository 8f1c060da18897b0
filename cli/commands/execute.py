"""`charter execute`: what was decided is done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from cli.acts import Call, act
from cli.options import Invocation, acting, common
from cli.session import Session
from cli.values import NUMBER
from governance.primitives import keccak

if TYPE_CHECKING:
    from governance.history.state import State


@click.command()
@click.argument("number", type=NUMBER)
@common
@acting
def command(invocation: Invocation, number: int) -> None:
    """Carry out what was decided.

    NUMBER is the proposal's. Any account may do this once the vote has carried.
    """
    session = Session(invocation)
    proposal = session.state.proposal(number)

    def check(state: State) -> dict[str, Any] | None:
        executed_at = state.proposal(number).executed_at
        if executed_at is None:
            return None
        return {"proposal": number, "title": proposal.title, "executed_at": executed_at}

    call = Call(
        "SwarmGovernor",
        session.house.governor,
        "execute",
        (
            list(proposal.targets),
            list(proposal.values),
            list(proposal.calldatas),
            keccak(proposal.description.encode()),
        ),
    )
    plan = f"Carry out proposal {number}: {proposal.title}."
    act(session, "execute", plan, check, call)
