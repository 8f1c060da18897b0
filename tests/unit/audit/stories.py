"""Histories for the audit: written by hand, with real terms, keys and evidence logs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from governance.audit import examine
from governance.audit.testimony import GateLog
from governance.audit.vouching import countersignature_digest, genuine
from governance.benefits import statement
from governance.chain import call_data
from governance.checkpoints.envelope import Envelope, SignedEnvelope
from governance.gate.decision import Decision, Reason
from governance.gate.evidence import Entry
from governance.history import events as e
from governance.history import genesis_head, replay
from governance.primitives import address_of, keccak, sign
from governance.terms import canonical, load_terms, parameters
from governance.vocabulary import (
    Action,
    Kind,
    Level,
    Parameters,
    Sector,
)
from tests.unit.history.chronicle import BEGINNING, Chronicle, address, digest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from governance.audit import Examination, Finding
    from governance.terms import Charter

CHAIN_ID = 31_337
HISTORY = address("history")
GENESIS = genesis_head(CHAIN_ID, HISTORY)
EXAMPLES = Path(__file__).parents[3] / "examples"
TERMS = load_terms(EXAMPLES / "terms.yaml")
ENFORCED = parameters(TERMS)
DAY = 86_400


def key(number: int) -> bytes:
    return number.to_bytes(32, "big")


def account(institution: int) -> str:
    return address_of(key(institution))


def node(institution: int) -> str:
    return address_of(key(1000 + institution))


class Swarm(Chronicle):
    """A chronicle with terms that can be read, and accounts and nodes that can sign."""

    consent = digest("consent")

    def apply(
        self,
        number: int,
        kind: Kind = Kind.HOSPITAL,
        country: bytes = b"DE",
    ) -> Chronicle:
        profile = (f"Hospital {number}", kind, Sector.PUBLIC, country, digest(f"profile {number}"))
        return self.emit(e.InstitutionApplied(number, account(number), *profile))

    def found(self, members: int) -> Chronicle:
        super().found(members)
        for number in range(1, members + 1):
            self.emit(e.NodeRegistered(number, node(number)))
        return self.later()

    def text(self, version: int) -> bytes:
        return canonical(TERMS)

    def amend(self, version: int, parameters: Parameters = ENFORCED) -> Chronicle:
        """The opener amends the terms, which stay as they are."""
        before = self.study.versions[version - 1]
        subject = keccak(before.terms_digest + before.parameters_hash)
        self.emit(e.ActionApproved(1, Action.AMEND, subject))
        return self.put_forward(version, parameters).later()

    def propose_call(self, call: bytes = b"\x01\x02", target: str = "") -> Chronicle:
        """Institution 1 proposes something."""
        number = len(self.state.proposals) + 1
        self.emit(
            e.ProposalCreated(
                proposal_id=number,
                proposer=account(1),
                targets=(target or self.swarm,),
                values=(0,),
                signatures=("",),
                calldatas=(call,),
                vote_start=self.time,
                vote_end=self.time + 100,
                description=f"Do it #{number}",
            )
        )
        return self.later()

    def votes(self, *institutions: int, support: int = 1, number: int = 1) -> Chronicle:
        for each in institutions:
            voter = self.state.swarm.institutions[each].account
            self.emit(e.VoteCast(voter, number, support, 1, ""))
        return self.later()

    def decided(self, act: e.Event, function: str, *args: Any) -> Chronicle:
        """Everybody is for it, and it happens."""
        number = len(self.state.proposals) + 1
        contract, target = type(act).emitter.value, self.emitter(act, 0)
        self.propose_call(call_data(contract, function, args), target)
        self.votes(*(each.number for each in self.state.swarm.members()), number=number)
        self.emit(act)
        return self.emit(e.ProposalExecuted(number)).later()

    def final(
        self, round_: int, contributions: dict[int, int], quorum: int = ENFORCED.quorum
    ) -> bytes:
        """A final checkpoint with as many attestations as the terms ask for."""
        identity = self.publish(round_, 1, contributions)
        for institution in range(2, quorum + 1):
            at = address(f"node {institution}")
            self.emit(e.CheckpointAttested(identity, institution, at, Level.MERGE_RECOMPUTED))
        self.emit(e.CheckpointFinal(identity, round_, len(self.study.finals) + 1)).later()
        return identity

    def settle(self, *, confirm: bool = True) -> Chronicle:
        """Every share of the first revenue is paid."""
        for entry in statement(self.state, 1).revenues[0].entries:
            line = entry.owed.line
            self.pay(line.part, line.receiver, entry.owed.amount)
            if confirm:
                self.confirm(line.part, line.receiver, entry.owed.amount)
        return self


def running(members: int = 4) -> Swarm:
    """A study with real terms in which all members train."""
    swarm = Swarm(members)
    swarm.open(parameters=ENFORCED)
    swarm.start(*range(1, members + 1))
    return swarm


ALL = {1: 10, 2: 10, 3: 10, 4: 10}
"""Contributions to ten rounds by all four."""


def trained() -> Swarm:
    swarm = running()
    swarm.final(10, ALL)
    return swarm


def looked_at(
    swarm: Chronicle,
    *,
    at: int | None = None,
    charter: Charter | None = None,
    countersignatures: Sequence[e.Countersigned] = (),
    logs: Sequence[GateLog] = (),
    founders: Sequence[str] | None = None,
) -> Examination:
    """An examination, with the founders that the swarm had."""
    if founders is None:
        everybody = swarm.state.swarm.institutions.values()
        founders = [each.account for each in everybody if each.joined_at == BEGINNING]
    return examine(
        swarm.records,
        genuine(countersignatures, CHAIN_ID, HISTORY),
        genesis=GENESIS,
        founders=founders,
        at=swarm.time if at is None else at,
        charter=charter,
        logs=logs,
        chain_id=CHAIN_ID,
    )


def found(swarm: Chronicle, at: int | None = None) -> list[tuple[str, str]]:
    return [(finding.id, finding.subject) for finding in looked_at(swarm, at=at).findings]


def the(id_: str, examination: Examination) -> Finding:
    """The one finding of a kind."""
    (only,) = (each for each in examination.findings if each.id == id_)
    return only


# --- countersignatures ----------------------------------------------------------------------------


def head_of(swarm: Chronicle, length: int) -> bytes:
    return replay(swarm.records[:length], GENESIS)[0]


def countersigned(
    swarm: Chronicle, number: int, length: int, head: bytes | None = None
) -> e.Countersigned:
    """What the holder of key `number` signed at a length; this history's head, or another one."""
    head = head_of(swarm, length) if head is None else head
    signature = sign(countersignature_digest(CHAIN_ID, HISTORY, length, head), key(number))
    return e.Countersigned(account(number), length, head, signature)


# --- evidence logs --------------------------------------------------------------------------------


@dataclass
class Log:
    """A gate's evidence log in the making, as if the gate had known this history."""

    swarm: Chronicle
    name: str = "first"

    def __post_init__(self) -> None:
        self.entries: list[Entry] = []

    def envelope(self, institution: int = 1, number: int = 11, **changes: Any) -> SignedEnvelope:
        """An envelope that the history has nothing against."""
        study = self.swarm.study
        said = Envelope(
            chain_id=CHAIN_ID,
            study=study.address,
            terms_version=study.in_force,
            round=number,
            attempt=1,
            parent=study.last_digest,
            update=digest(f"update {institution} {number}"),
            records=7,
            history_length=self.swarm.state.length,
            deadline=self.swarm.time + 1000,
        )
        said = replace(said, **changes)
        return said.signed(node(institution), lambda hashed: sign(hashed, key(1000 + institution)))

    def decide(
        self,
        signed: SignedEnvelope | None = None,
        reason: Reason = Reason.AUTHORISED,
        institution: int | None = None,
        **changes: Any,
    ) -> Log:
        """Writes a decision down, made on the whole history as it stands."""
        signed = signed or self.envelope()
        known = self.swarm.state.swarm.nodes.get(signed.node)
        decision = Decision(
            reason=reason,
            institution=(known.institution if known else 0) if institution is None else institution,
            node=signed.node,
            envelope_digest=signed.envelope.digest,
            length=self.swarm.state.length,
            head=head_of(self.swarm, self.swarm.state.length),
            at=self.swarm.time + 1,
        )
        decision = decision._replace(**changes)
        self.entries.append(Entry(len(self.entries) + 1, signed, decision))
        return self

    def done(self) -> GateLog:
        return GateLog(self.name, tuple(self.entries))
