"""Who did what when: the participation history, read from the state that it folded into."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from governance.primitives import to_hex
from governance.vocabulary import ZERO_DIGEST, Ground, Part

if TYPE_CHECKING:
    from collections.abc import Iterator

    from governance.history import Line, State, Study


@dataclass(frozen=True, slots=True)
class Act:
    """Something that an institution did, or that was done to it.

    Attributes:
        at: Unix seconds.
        institution: Its number.
        act: What, as spreadsheets and texts call it, such as `signed`.
        study: The study's number; 0 outside of studies. So too `version` and `round`.
        detail: An address, a digest, a ballot or a ground, as the kind of act has it; of `signed`
            and `consent-renewed` the consent commitment, where there is one.
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


def participation(study: Study) -> list[Act]:
    """What institutions decided about a study: to open, sign, decline, approve and withdraw.

    Renewals of what they committed to of patients' consent stand among it.

    In order of time; within a second in the order in which one thing needs another.
    """
    return [act for _, _, act in sorted(_decided(study), key=lambda each: each[:2])]


def _decided(study: Study) -> Iterator[tuple[int, tuple[int, int], Act]]:
    """Each act with its time and its place within a second: the version it is about, and a step."""
    number = study.number
    yield study.opened_at, (0, 0), Act(study.opened_at, study.opener, "opened", number)
    for version in study.versions.values():
        if version.number > 1:
            place, at = (version.number, 0), version.proposed_at
            yield (
                at,
                place,
                Act(at, version.institution, "put-forward", number, version.number),
            )
    for signed in study.signatures:
        consent = "" if signed.consent == ZERO_DIGEST else to_hex(signed.consent)
        act = Act(signed.at, signed.institution, "signed", number, signed.version, detail=consent)
        yield signed.at, (signed.version, 1), act
    for declined in study.declines:
        ground = Ground.word(declined.reason)
        act = Act(
            declined.at, declined.institution, "declined", number, declined.version, detail=ground
        )
        yield declined.at, (declined.version, 1), act
    for approved in study.approvals:
        word = f"approved-{approved.action.name.lower()}"
        act = Act(approved.at, approved.institution, word, number)
        yield approved.at, (approved.versions, 2), act
    for renewed in study.renewals:
        consent = to_hex(renewed.consent)
        act = Act(renewed.at, renewed.institution, "consent-renewed", number, detail=consent)
        yield renewed.at, (len(study.versions), 2), act
    for withdrawn in study.withdrawals:
        ground = Ground.word(withdrawn.reason)
        act = Act(withdrawn.at, withdrawn.institution, "withdrew", number, detail=ground)
        yield withdrawn.at, (len(study.versions), 3), act


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
        act = Act(
            payment.paid_at,
            revenue.institution,
            "paid-share",
            study.number,
            detail=f"{line.revenue}: {line.part.name.lower()} {line.receiver}",
            amount=payment.amount,
            currency=revenue.currency,
        )
        yield act
        receiver = _receiver(study, line)
        if payment.confirmed_at is not None and receiver is not None:
            yield replace(act, at=payment.confirmed_at, institution=receiver, act="confirmed-share")


def _receiver(study: Study, line: Line) -> int | None:
    """The institution that confirms a share; a named payee is none."""
    match line.part:
        case Part.NAMED:
            return None
        case Part.REMAINDER:
            return study.version(line.receiver).parameters.shares.remainder_to
        case _:
            return line.receiver
