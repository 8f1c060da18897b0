"""`charter join`: an application for membership."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from cli.acts import Call, act
from cli.options import Invocation, acting, common
from cli.present import word
from cli.session import Session
from cli.values import DIGEST, TEXT, choice, member
from governance.vocabulary import Kind, Profile, Sector

if TYPE_CHECKING:
    from governance.history.state import State


@click.command()
@click.option("--name", type=TEXT, required=True, help="The institution's name.")
@click.option("--kind", type=choice(Kind), required=True, help="What it is.")
@click.option("--sector", type=choice(Sector), required=True, help="Who owns it.")
@click.option("--country", required=True, metavar="CODE", help="ISO 3166-1 alpha-2, such as DE.")
@click.option(
    "--document",
    type=DIGEST,
    required=True,
    help="The profile document, which stays with the institutions, or its SHA-256.",
)
@common
@acting
def command(
    invocation: Invocation,
    *,
    name: str,
    kind: str,
    sector: str,
    country: str,
    document: bytes,
) -> None:
    """Apply for membership in the swarm.

    The context's account speaks for the institution from then on; the members vote.
    """
    if len(country) != 2 or not country.isascii() or not country.isupper():  # noqa: PLR2004
        raise click.BadParameter("two capital letters are needed", param_hint="'--country'")
    session = Session(invocation)
    profile = Profile(name, member(Kind, kind), member(Sector, sector), country.encode(), document)
    account = session.account

    def check(state: State) -> dict[str, Any] | None:
        number = state.swarm.institution_of(account)
        if number is None or state.swarm.institution(number).profile != profile:
            return None
        return {
            "institution": number,
            "name": name,
            "standing": word(state.swarm.institution(number).standing),
            "account": account,
        }

    call = Call("Swarm", session.house.swarm, "applyToJoin", (profile,))
    act(session, "join", f"Apply for membership as {name}.", check, call)
