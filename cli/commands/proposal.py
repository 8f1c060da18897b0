"""`charter proposal`: what was put to the vote, and how it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from cli.options import Invocation, common
from cli.output import emit_json, table
from cli.output import show as show_facts
from cli.present import names, when, word
from cli.proposing import OPEN
from cli.session import Session
from cli.values import NUMBER
from cli.voting import SUPPORT_WORDS
from governance.primitives import to_hex

if TYPE_CHECKING:
    from governance.history.proposals import Proposal


@click.group()
def command() -> None:
    """Proposals and how their votes stand."""


@command.command(name="list")
@click.option("--open", "only_open", is_flag=True, help="Only what can still be voted or executed.")
@common
def list_(invocation: Invocation, only_open: bool) -> None:
    """List the proposals, the newest first."""
    session = Session(invocation)
    state, now = session.state, session.now
    found = [
        state.proposals[number]
        for number in sorted(state.proposals, reverse=True)
        if not only_open or state.proposal_state(number, now) in OPEN
    ]
    told = [_as_json(session, each) for each in found]
    if session.json:
        emit_json("proposal-list", {"proposals": told})
        return
    table(
        ["number", "state", "for", "against", "abstain", "of", "until", "proposal"],
        (
            [
                each["number"],
                each["state"],
                each["for"],
                each["against"],
                each["abstain"],
                each["eligible"],
                when(each["deadline"]),
                each["title"],
            ]
            for each in told
        ),
        empty="There is no proposal.",
    )


@command.command()
@click.argument("number", type=NUMBER)
@common
def show(invocation: Invocation, number: int) -> None:
    """Show the proposal NUMBER: what it calls, and who voted how."""
    session = Session(invocation)
    state = session.state
    proposal = state.proposal(number)
    told = _as_json(session, proposal)
    votes: list[dict[str, Any]] = [
        {
            "institution": vote.institution,
            "name": state.swarm.institution(vote.institution).name,
            "vote": SUPPORT_WORDS[vote.support],
            "reason": vote.reason,
            "at": vote.at,
        }
        for vote in proposal.votes.values()
    ]
    calls = [
        {"target": target, "data": to_hex(data)}
        for target, data in zip(proposal.targets, proposal.calldatas, strict=True)
    ]
    missing = tuple(
        each.number
        for each in state.voters(number, session.now)
        if each.number not in proposal.votes
    )
    if session.json:
        more = {"votes": votes, "not_voted": list(missing), "calls": calls}
        emit_json("proposal-show", told | more)
        return
    called = [f"{call['target']} with {call['data']}" for call in calls]
    show_facts(told | {"calls": called, "not_voted": names(state, missing)})
    table(
        ["institution", "name", "vote", "at", "reason"],
        ([v["institution"], v["name"], v["vote"], when(v["at"]), v["reason"]] for v in votes),
        empty="Nobody has voted yet.",
    )


def _as_json(session: Session, proposal: Proposal) -> dict[str, Any]:
    state, now = session.state, session.now
    tally = state.tally(proposal.number, now)
    return {
        "number": proposal.number,
        "title": proposal.title,
        "state": word(state.proposal_state(proposal.number, now)),
        "proposed_by": proposal.institution,
        "for": tally.in_favour,
        "against": tally.against,
        "abstain": tally.abstain,
        "eligible": tally.eligible,
        "proposed_at": proposal.snapshot,
        "deadline": proposal.deadline,
    }
