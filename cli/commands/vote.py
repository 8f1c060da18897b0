"""`charter vote`: your institution's vote."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from cli.acts import Call, act
from cli.errors import AlreadyVoted
from cli.options import Invocation, acting, common
from cli.session import Session, await_second
from cli.values import NUMBER, TEXT
from cli.voting import SUPPORT_WORDS, SUPPORTS

if TYPE_CHECKING:
    from governance.history.state import State


@click.command()
@click.argument("number", type=NUMBER)
@click.argument("support", type=click.Choice(list(SUPPORTS)))
@click.option(
    "--reason", type=TEXT, default="", help="Why, in one line; it is public and stays for ever."
)
@common
@acting
def command(invocation: Invocation, number: int, support: str, reason: str) -> None:
    """Vote on a proposal.

    NUMBER is the proposal's. One institution has one vote; it cannot be changed, and casting the
    same again changes nothing.
    """
    session = Session(invocation)
    me = session.me()
    proposal = session.state.proposal(number)

    def check(state: State) -> dict[str, Any] | None:
        vote = state.proposal(number).votes.get(me.number)
        if vote is None:
            return None
        if SUPPORT_WORDS[vote.support] != support:
            raise AlreadyVoted(number, SUPPORT_WORDS[vote.support])
        return {"proposal": number, "institution": me.number, "vote": support, "at": vote.at}

    call = Call(
        "SwarmGovernor",
        session.house.governor,
        "castVoteWithReason",
        (number, int(SUPPORTS[support]), reason),
    )
    if check(session.state) is None:
        # Whoever became a member in the second of the proposal votes too, so voting opens after it.
        await_second(proposal.snapshot + 1)
    plan = f"Vote '{support}' on proposal {number}, {proposal.title}, as {me.name}."
    act(session, "vote", plan, check, call)
