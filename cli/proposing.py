"""Putting something to the vote, for every command that does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cli.acts import Call, act
from cli.present import word
from cli.session import await_second
from governance.chain.calls import call_data
from governance.chain.refusals import refused
from governance.history.proposals import ProposalState
from governance.vocabulary import Standing

if TYPE_CHECKING:
    from collections.abc import Callable

    from cli.session import Session
    from governance.history.state import State

    Outcome = dict[str, Any]

OPEN = frozenset({ProposalState.PENDING, ProposalState.ACTIVE, ProposalState.SUCCEEDED})
"""Where a proposal stands while it can still come about."""


def propose(
    session: Session,
    title: str,
    contract: str,
    function: str,
    args: tuple[Any, ...],
    *,
    in_force: Callable[[State], Outcome | None],
) -> None:
    """Proposes that the swarm calls a function; once, while the same is still open to be decided.

    Args:
        session: the command's session.
        title: what is proposed, in words; the chain adds the number.
        contract: `Swarm` or `SwarmGovernor`.
        function: what is called if the vote carries.
        args: with which arguments.
        in_force: what there is to tell if what is proposed is so already, otherwise nothing.
    """
    house = session.house
    target = house.swarm if contract == "Swarm" else house.governor
    data = call_data(contract, function, args)

    def check(state: State) -> Outcome | None:
        for number in sorted(state.proposals, reverse=True):
            proposal = state.proposals[number]
            stands = state.proposal_state(number, session.now)
            same = proposal.targets == (target,) and proposal.calldatas == (data,)
            if same and stands in OPEN:
                return {
                    "proposal": number,
                    "title": proposal.title,
                    "state": word(stands),
                    "proposed_by": proposal.institution,
                    "deadline": proposal.deadline,
                }
        return in_force(state)

    if check(session.state) is None:
        # The Governor asks who was a member at the end of the second before.
        await_second((session.me().joined_at or 0) + 2)
    call = Call("SwarmGovernor", house.governor, "propose", ([target], [0], [data], title))
    act(session, "propose", f"Propose: {title}.", check, call)


def propose_admission(session: Session, number: int) -> None:
    """Proposes to admit an applicant."""
    found = session.state.swarm.institution(number)
    title = f"Admit institution {number}, {found.name}"
    in_force = _standing(number, wanted=Standing.MEMBER, before=Standing.APPLICANT)
    propose(session, title, "Swarm", "admit", (number,), in_force=in_force)


def propose_expulsion(session: Session, number: int, reason: str = "") -> None:
    """Proposes to expel a member; the reason stands in the proposal, for all and for ever."""
    found = session.state.swarm.institution(number)
    title = f"Expel institution {number}, {found.name}" + (f": {reason}" if reason else "")
    in_force = _standing(number, wanted=Standing.EXPELLED, before=Standing.MEMBER)
    propose(session, title, "Swarm", "expel", (number,), in_force=in_force)


def propose_recovery(session: Session, number: int, account: str) -> None:
    """Proposes that another account speaks for an institution."""
    found = session.state.swarm.institution(number)
    title = f"Recover institution {number}, {found.name}, to account {account}"

    def in_force(state: State) -> Outcome | None:
        if state.swarm.institution(number).account == account:
            return {"institution": number, "account": account}
        if state.swarm.is_used(account):
            raise refused("SwarmAddressUsed", used=account)
        return None

    propose(session, title, "Swarm", "recoverAccount", (number, account), in_force=in_force)


def _standing(number: int, wanted: Standing, before: Standing) -> Callable[[State], Outcome | None]:
    def in_force(state: State) -> Outcome | None:
        standing = state.swarm.institution(number).standing
        if standing is wanted:
            return {"institution": number, "standing": word(standing)}
        if standing is not before:
            raise refused("SwarmStandingWrong", institution=number, standing=word(standing))
        return None

    return in_force
