"""Who did what when: the participation history, read from the state that it folded into."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from governance.primitives import to_hex
from governance.vocabulary import Ground

if TYPE_CHECKING:
    from collections.abc import Iterator

    from governance.history import State, Study


@dataclass(frozen=True, slots=True)
class Act:
    """Something that an institution did, or that was done to it.

    Attributes:
        at: Unix seconds.
        institution: Its number.
        act: What, as spreadsheets and texts call it, such as `signed`.
        study: The study's number; 0 outside of studies. So too `version` and `round`.
        detail: An address, a digest, a ballot or a ground, as the kind of act has it.
        amount: Of money, in minor units of `currency`; 0 where there is none.
    """

    at: int
    institution: int
    act: str
    study: int = 0
    version: int = 0
    round: int = 0
    detail: str = ""
    amount: int = 0
    currency: str = ""


def acts(state: State) -> tuple[Act, ...]:
    """All acts in order of time."""
    found = [*_membership(state), *_voting(state)]
    for study in state.studies.values():
        found += participation(study)
        found += _training(study)
        found += _money(study)
    return tuple(sorted(found, key=lambda act: act.at))


def _membership(state: State) -> Iterator[Act]:
    for each in state.swarm.institutions.values():
        yield Act(each.applied_at, each.number, "applied", detail=each.tenures[0].account)
        if each.joined_at is not None:
            yield Act(each.joined_at, each.number, "admitted")
        if each.left_at is not None:
            yield Act(each.left_at, each.number, each.standing.name.lower())
        for tenure in each.tenures[1:]:
            act = "account-recovered" if tenure.by_vote else "account-rotated"
            yield Act(tenure.since, each.number, act, detail=tenure.account)
    for node in state.swarm.nodes.values():
        yield Act(node.registered_at, node.institution, "node-registered", detail=node.address)
        if node.revoked_at is not None:
            yield Act(node.revoked_at, node.institution, "node-revoked", detail=node.address)


def _voting(state: State) -> Iterator[Act]:
    for proposal in state.proposals.values():
        title = f"{proposal.number}: {proposal.title}"
        yield Act(proposal.snapshot, proposal.institution, "proposed", detail=title)
        for vote in proposal.votes.values():
            act = f"voted-{vote.support.name.lower().replace('_', '-')}"
            yield Act(vote.at, vote.institution, act, detail=title)


def participation(study: Study) -> Iterator[Act]:
    """What institutions decided about a study: to open, sign, decline, approve and withdraw."""
    number = study.number
    yield Act(study.opened_at, study.opener, "opened", number)
    for version in study.versions.values():
        if version.number > 1:
            yield Act(
                version.proposed_at, version.institution, "put-forward", number, version.number
            )
    for each in study.signatures:
        yield Act(each.at, each.institution, "signed", number, each.version)
    for decline in study.declines:
        ground = Ground.word(decline.reason)
        yield Act(
            decline.at, decline.institution, "declined", number, decline.version, detail=ground
        )
    for withdrawal in study.withdrawals:
        ground = Ground.word(withdrawal.reason)
        yield Act(withdrawal.at, withdrawal.institution, "withdrew", number, detail=ground)
    for approval in study.approvals:
        act = f"approved-{approval.action.name.lower()}"
        yield Act(approval.at, approval.institution, act, number)


def _training(study: Study) -> Iterator[Act]:
    number = study.number
    for checkpoint in study.checkpoints.values():
        digest = to_hex(checkpoint.digest)
        publisher, *others = checkpoint.attestations
        yield Act(
            publisher.at,
            publisher.institution,
            "published",
            number,
            checkpoint.version,
            checkpoint.round,
            digest,
        )
        for each in others:
            yield Act(
                each.at,
                each.institution,
                "attested",
                number,
                checkpoint.version,
                checkpoint.round,
                each.level.name.lower().replace("_", "-"),
            )
    for final in study.finals:
        for contribution in final.contributions:
            yield Act(
                final.at,
                contribution.institution,
                "contributed",
                number,
                final.version,
                final.round,
                f"{contribution.rounds}/{final.covered}",
            )
    for equivocation in study.equivocations:
        yield Act(
            equivocation.at,
            equivocation.institution,
            "equivocated",
            number,
            round=equivocation.round,
            detail=equivocation.node,
        )


def _money(study: Study) -> Iterator[Act]:
    for revenue in study.revenues.values():
        yield Act(
            revenue.at,
            revenue.institution,
            "declared-revenue",
            study.number,
            detail=revenue.licensee,
            amount=revenue.amount,
            currency=revenue.currency,
        )
    for line, payment in study.payments.items():
        revenue = study.revenues[line.revenue]
        detail = f"{line.revenue}: {line.part.name.lower()} {line.receiver}"
        yield Act(
            payment.paid_at,
            revenue.institution,
            "paid-share",
            study.number,
            detail=detail,
            amount=payment.amount,
            currency=revenue.currency,
        )
