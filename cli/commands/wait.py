"""`charter wait`: until something has come about."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import click

from cli.errors import WaitInVain, WaitTimedOut
from cli.options import Invocation, common
from cli.output import emit
from cli.present import word
from cli.progress import waiting_for
from cli.proposing import OPEN
from cli.session import Session
from cli.values import NUMBER, SecondsType
from governance.history.proposals import ProposalState
from governance.primitives import to_hex

if TYPE_CHECKING:
    from collections.abc import Callable

TIMEOUT = click.option(
    "--timeout",
    type=SecondsType(0),
    default=600.0,
    show_default=True,
    help="Seconds after which to give up, with exit status 6.",
)
PAUSE = 0.5
"""Seconds between two looks at the chain."""


@click.group()
def command() -> None:
    """Wait for a proposal, signatures or a checkpoint."""


@command.command()
@click.argument("number", type=NUMBER)
@click.option(
    "--until",
    type=click.Choice(["decided", "executed"]),
    default="decided",
    show_default=True,
    help="What is waited for: that it has carried, or that it was carried out.",
)
@TIMEOUT
@common
def proposal(invocation: Invocation, number: int, until: str, timeout: float) -> None:
    """Wait until the proposal NUMBER has carried."""
    session = Session(invocation)
    reached = {ProposalState.EXECUTED}
    if until == "decided":
        reached.add(ProposalState.SUCCEEDED)

    def look() -> tuple[dict[str, Any] | None, str]:
        stands = session.state.proposal_state(number, session.now)
        tally = session.state.tally(number, session.now)
        if stands not in reached and stands not in OPEN:
            raise WaitInVain(f"Proposal {number} is {word(stands)}")
        told = {"proposal": number, "state": word(stands), "for": tally.in_favour}
        standing = f"{tally.in_favour} of {tally.eligible} in favour"
        return (told if stands in reached else None), standing

    _wait(session, "wait-proposal", f"proposal {number}", timeout, look)


@command.command()
@click.argument("count", type=NUMBER)
@click.option("--study", type=NUMBER, help="The study, instead of the context's.")
@TIMEOUT
@common
def signatures(invocation: Invocation, count: int, study: int | None, timeout: float) -> None:
    """Wait until the study has COUNT signatories of the terms in force."""
    session = Session(invocation)
    number = session.study(study).number

    def look() -> tuple[dict[str, Any] | None, str]:
        found = session.state.study(number)
        signed = found.signatories()
        told = {"study": number, "version": found.in_force, "signatories": list(signed)}
        return (told if len(signed) >= count else None), f"{len(signed)} of {count}"

    _wait(session, "wait-signatures", f"{count} signatories", timeout, look)


@command.command()
@click.argument("number", type=NUMBER, metavar="ROUND")
@click.option("--study", type=NUMBER, help="The study, instead of the context's.")
@TIMEOUT
@common
def checkpoint(invocation: Invocation, number: int, study: int | None, timeout: float) -> None:
    """Wait until a checkpoint of ROUND, or of a later one, is final."""
    session = Session(invocation)
    meant = session.study(study).number

    def look() -> tuple[dict[str, Any] | None, str]:
        found = session.state.study(meant)
        for final in found.finals:
            if final.round >= number:
                return {
                    "study": meant,
                    "round": final.round,
                    "sequence": final.sequence,
                    "checkpoint": to_hex(final.checkpoint),
                    "digest": to_hex(final.digest),
                }, "final"
        return None, f"the last final round is {found.last_round}"

    _wait(session, "wait-checkpoint", f"a final checkpoint of round {number}", timeout, look)


def _wait(
    session: Session,
    command_name: str,
    what: str,
    timeout: float,
    look: Callable[[], tuple[dict[str, Any] | None, str]],
) -> None:
    deadline = time.monotonic() + timeout
    with waiting_for(what) as standing:
        while True:
            told, text = look()
            if told is not None:
                break
            standing(text)
            if time.monotonic() >= deadline:
                raise WaitTimedOut(what, timeout)
            time.sleep(min(PAUSE, max(0.0, deadline - time.monotonic())))
            session.refresh()
    emit(command_name, told, as_json=session.json)
