"""What an audit comes to."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from governance.benefits import statement
from governance.errors import ExitStatus
from governance.history import Support
from governance.primitives import to_hex
from governance.vocabulary import ZERO_DIGEST, Ground

if TYPE_CHECKING:
    from collections.abc import Mapping

    from governance.audit.findings import Finding
    from governance.benefits import RevenueStatement
    from governance.history import Institution, Proposal, ProposalState, State, Study
    from governance.history.study import Final

SCHEMA = "swarm-charter/audit/3"


class Basis(StrEnum):
    """What a history is proven by.

    SEALS: validators sealed a header whose state holds History's head. COUNTERSIGNATURES: more than
    two thirds of the institutions signed the head. ENDPOINT: nothing but what an endpoint said.
    """

    SEALS = "seals"
    COUNTERSIGNATURES = "countersignatures"
    ENDPOINT = "endpoint"


@dataclass(frozen=True, slots=True)
class Proof:
    """What the history was verified against.

    Attributes:
        basis: What carries it.
        header: Hash of the sealed header, `0x…`; empty without seals.
        sealers: Who sealed it, as far as counted, in order of their addresses.
        validators: How many validators it names.
        headers: Sealed headers looked at, those in between included.
        code: Keccak-256 of the code of each contract of the house, by the contract's name.
    """

    basis: Basis
    header: str = ""
    sealers: tuple[str, ...] = ()
    validators: int = 0
    headers: int = 0
    code: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Vouching:
    """Who vouched for the history, and how far.

    Attributes:
        length: The highest length at which the head of this very history is believed: more than
            two thirds of the members at the last believed length, or of the founders, had
            countersigned it; 0 if there is none.
        institutions: The members at that length that countersigned it, by number.
        members: How many members there were.
        lengths: Every length believed on the way, ascending; the last is `length`.
    """

    length: int = 0
    institutions: tuple[int, ...] = ()
    members: int = 0
    lengths: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Refusal:
    """A gate's refusal, from an evidence log handed to the audit.

    Attributes:
        study: Address of the study's contract.
        round: The round that the update was for.
        node: The node that the envelope names.
        institution: Number of its institution; 0 if there is none.
        reason: The code of the reason.
        at: Unix seconds.
    """

    study: str
    round: int
    node: str
    institution: int
    reason: str
    at: int


@dataclass(frozen=True, slots=True)
class Report:
    """A verified history with what was found in it.

    Attributes:
        chain_id: The chain's number.
        history: Address of the History contract.
        block: Number of the block up to which the history is known.
        time: Of that block, Unix seconds.
        length: Events of record.
        head: Head of the hash chain over them, recomputed, equal to the chain's own.
        state: What the history folds into.
        findings: The heaviest first, then in order of time.
        vouching: How far the institutions' countersignatures carry it.
        refusals: What gates refused, as far as their evidence logs were handed in.
        proof: What the history was verified against.
        charter_given: Whether the charter's document was at hand, and terms were held against it.
    """

    chain_id: int
    history: str
    block: int
    time: int
    length: int
    head: bytes
    state: State
    findings: tuple[Finding, ...]
    vouching: Vouching
    refusals: tuple[Refusal, ...] = ()
    proof: Proof = field(default_factory=lambda: Proof(Basis.ENDPOINT))
    charter_given: bool = False

    @property
    def exit_status(self) -> ExitStatus:
        """DONE if the history is clean, FINDINGS if there is something to look at."""
        return ExitStatus.FINDINGS if self.findings else ExitStatus.DONE

    @property
    def _until(self) -> int:
        return max(self.time, self.state.time)

    def as_json(self) -> dict[str, Any]:
        """The report as plain data."""
        return {
            "schema": SCHEMA,
            "chain_id": self.chain_id,
            "history": {
                "address": self.history,
                "length": self.length,
                "head": to_hex(self.head),
                "block": self.block,
                "time": self.time,
            },
            "proof": {
                "basis": self.proof.basis.value,
                "header": self.proof.header or None,
                "sealers": list(self.proof.sealers),
                "validators": self.proof.validators,
                "headers": self.proof.headers,
                "code": {name: to_hex(digest) for name, digest in self.proof.code.items()},
            },
            "countersigned": {
                "length": self.vouching.length,
                "institutions": list(self.vouching.institutions),
                "members": self.vouching.members,
            },
            "charter": {
                "digest": to_hex(self.state.swarm.charter),
                "given": self.charter_given,
            },
            "members": [institution.number for institution in self.state.swarm.members()],
            "institutions": [
                _institution(self.state, each) for each in self.state.swarm.institutions.values()
            ],
            "proposals": [
                _proposal(each, self.state.proposal_state(each.number, self._until))
                for each in self.state.proposals.values()
            ],
            "studies": [_study(self.state, study) for study in self.state.studies.values()],
            "refusals": [asdict(each) for each in self.refusals],
            "findings": [finding.as_json() for finding in self.findings],
        }


def _institution(state: State, each: Institution) -> dict[str, Any]:
    return {
        "number": each.number,
        "name": each.name,
        "account": each.account,
        "standing": each.standing.name.lower(),
        "applied_at": each.applied_at,
        "joined_at": each.joined_at,
        "left_at": each.left_at,
        "nodes": [
            {
                "address": node.address,
                "registered_at": node.registered_at,
                "revoked_at": node.revoked_at,
            }
            for node in state.swarm.nodes_of(each.number)
        ],
    }


def _proposal(proposal: Proposal, stands: ProposalState) -> dict[str, Any]:
    votes = proposal.votes.values()
    ballots = {
        word: [vote.institution for vote in votes if vote.support is support]
        for word, support in (
            ("for", Support.IN_FAVOUR),
            ("against", Support.AGAINST),
            ("abstain", Support.ABSTAIN),
        )
    }
    return {
        "number": proposal.number,
        "title": proposal.title,
        "proposed_by": proposal.institution,
        "proposed_at": proposal.snapshot,
        "votes": ballots,
        "state": stands.name.lower(),
    }


def _study(state: State, study: Study) -> dict[str, Any]:
    return {
        "study": study.number,
        "contract": study.address,
        "state": study.state.name.lower(),
        "opener": study.opener,
        "opened_at": study.opened_at,
        "in_force": study.in_force,
        "signatories": list(study.signatories()),
        "signed": [
            {
                "institution": each.institution,
                "version": each.version,
                "consent": None if each.consent == ZERO_DIGEST else to_hex(each.consent),
                "at": each.at,
            }
            for each in study.signatures
        ],
        "consent_renewed": [
            {"institution": each.institution, "consent": to_hex(each.consent), "at": each.at}
            for each in study.renewals
        ],
        "declined": [
            {
                "institution": each.institution,
                "version": each.version,
                "ground": Ground.word(each.reason),
                "at": each.at,
            }
            for each in study.declines
        ],
        "withdrawn": [
            {"institution": each.institution, "ground": Ground.word(each.reason), "at": each.at}
            for each in study.withdrawals
        ],
        "final_checkpoints": [_final(study, final) for final in study.finals],
        "revenues": [_revenue(each) for each in statement(state, study.number).revenues],
    }


def _final(study: Study, final: Final) -> dict[str, Any]:
    checkpoint = study.checkpoints[final.checkpoint]
    return {
        "sequence": final.sequence,
        "round": final.round,
        "covered": final.covered,
        "digest": to_hex(final.digest),
        "at": final.at,
        "published_by": checkpoint.institution,
        "attested_by": [each.institution for each in checkpoint.attestations],
        "contributions": {str(each.institution): each.rounds for each in final.contributions},
    }


def _revenue(told: RevenueStatement) -> dict[str, Any]:
    return {
        "revenue": told.revenue.number,
        "institution": told.revenue.institution,
        "amount": told.revenue.amount,
        "currency": told.revenue.currency,
        "declared_at": told.revenue.at,
        "shares": [
            {
                "part": each.owed.line.part.name.lower(),
                "institution": each.owed.institution,
                "account": each.owed.account,
                "amount": each.owed.amount,
                "settlement": each.settlement.name.lower(),
                "paid_at": each.paid_at,
                "confirmed_at": each.confirmed_at,
            }
            for each in told.entries
        ],
    }
