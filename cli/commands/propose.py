"""`charter propose`: what the members can decide together."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from cli.options import Invocation, acting, common
from cli.proposing import propose, propose_admission, propose_expulsion, propose_recovery
from cli.session import Session
from cli.values import ADDRESS, DOCUMENT, NUMBER, TEXT
from governance.primitives import to_hex
from governance.vocabulary import VotingRules

if TYPE_CHECKING:
    from cli.values import Document
    from governance.history.state import State


@click.group()
def command() -> None:
    """Put something to the vote."""


@command.command()
@click.argument("number", type=NUMBER)
@common
@acting
def admit(invocation: Invocation, number: int) -> None:
    """Propose to admit the applicant NUMBER."""
    propose_admission(Session(invocation), number)


@command.command()
@click.argument("number", type=NUMBER)
@click.option("--reason", type=TEXT, default="", help="Why; it stands in the proposal for ever.")
@common
@acting
def expel(invocation: Invocation, number: int, reason: str) -> None:
    """Propose to expel the member NUMBER."""
    propose_expulsion(Session(invocation), number, reason)


@command.command()
@click.argument("number", type=NUMBER)
@click.argument("account", type=ADDRESS)
@common
@acting
def recover(invocation: Invocation, number: int, account: str) -> None:
    """Propose that ACCOUNT speaks for the institution NUMBER, whose key is lost or stolen."""
    propose_recovery(Session(invocation), number, account)


@command.command()
@click.argument("document", type=DOCUMENT)
@common
@acting
def charter(invocation: Invocation, document: Document) -> None:
    """Propose another charter: DOCUMENT, a file or its SHA-256."""
    if document.path is not None:
        from governance.terms import load_charter  # noqa: PLC0415 - loads pydantic

        # Under a charter that cannot be read, nobody could open or sign a study.
        load_charter(document.path)
    digest = document.digest

    def in_force(state: State) -> dict[str, Any] | None:
        return {"charter": to_hex(digest)} if state.swarm.charter == digest else None

    title = f"Put the charter with digest {to_hex(digest)} in force"
    propose(Session(invocation), title, "Swarm", "setCharter", (digest,), in_force=in_force)


@command.command()
@click.option("--voting-period", type=NUMBER, help="Seconds for which a proposal can be voted on.")
@click.option("--quorum", type=click.IntRange(1, 100), help="Per cent that must have voted.")
@click.option("--expiry", type=NUMBER, help="Seconds within which a decision can be carried out.")
@common
@acting
def rules(
    invocation: Invocation,
    voting_period: int | None,
    quorum: int | None,
    expiry: int | None,
) -> None:
    """Propose other voting rules; what is not named stays as it is."""
    if voting_period is None and quorum is None and expiry is None:
        raise click.UsageError("No rule is named that should change.")
    session = Session(invocation)
    known = session.state.rules[-1].rules
    wanted = VotingRules(
        voting_period or known.voting_period, quorum or known.quorum, expiry or known.expiry
    )

    def in_force(state: State) -> dict[str, Any] | None:
        return asdict(wanted) if state.rules[-1].rules == wanted else None

    title = (
        f"Vote within {wanted.voting_period} seconds, with a quorum of {wanted.quorum} per cent, "
        f"and carry out within {wanted.expiry} seconds"
    )
    propose(session, title, "SwarmGovernor", "setVotingRules", (wanted,), in_force=in_force)
