"""Histories written by hand: events encoded as Solidity does, by a codec that is not ours."""

from __future__ import annotations

import hashlib
from dataclasses import fields, is_dataclass, replace
from enum import IntEnum
from functools import cache
from typing import TYPE_CHECKING, Any

from eth_abi import encode

from governance.abi import load_events
from governance.encoding import encode_parameters, encode_publication
from governance.history import Log, State, fold, select
from governance.history import events as e
from governance.primitives import checksum_address, keccak, sha256
from governance.vocabulary import (
    ZERO_DIGEST,
    Action,
    Contribution,
    Kind,
    Level,
    Parameters,
    Part,
    Publication,
    Sector,
    Shares,
    VotingRules,
)

if TYPE_CHECKING:
    from governance.abi import Declaration, Field
    from governance.history import Record, Study

RULES = VotingRules(voting_period=100, quorum=50, expiry=1000)
PARAMETERS = Parameters(
    kinds=0b1111,
    sectors=0b11,
    any_country=True,
    minimum_signatories=2,
    minimum_contributors=1,
    quorum=2,
    rounds=1000,
    level=Level.SET_CHECKED,
    consent_max_age=0,
    expires_at=100_000,
    countries=(),
    shares=Shares(
        equal=4000,
        contributed=3000,
        patients=3000,
        weighted=0,
        remainder_to=1,
        weights=(),
        payees=(),
    ),
)
BEGINNING = 1000
"""Unix seconds of the founding."""


def address(name: str) -> str:
    """An address that a name stands for."""
    return checksum_address(keccak(name.encode())[12:])


def digest(name: str) -> bytes:
    """A digest that a name stands for."""
    return hashlib.sha256(name.encode()).digest()


@cache
def declaration(event: type[e.Event]) -> Declaration:
    """An event's entry in the event table."""
    return next(
        entry
        for entry in load_events().values()
        if entry.name == event.__name__ and event.emitter.value in entry.contracts
    )


def abi_type(field: Field) -> str:
    """A field's type as eth_abi names it."""
    if not field.components:
        return field.type
    inner = ",".join(map(abi_type, field.components))
    return f"({inner}){field.type.removeprefix('tuple')}"


def plain(value: Any) -> Any:
    """A value as eth_abi takes it."""
    if is_dataclass(value):
        return tuple(plain(getattr(value, field.name)) for field in fields(value))
    if isinstance(value, tuple):
        return tuple(map(plain, value))
    return int(value) if isinstance(value, IntEnum) else value


def encoded(event: e.Event) -> bytes:
    """`topic0 ‖ abi.encode(all fields)`."""
    entry = declaration(type(event))
    return entry.identity + encode(list(map(abi_type, entry.inputs)), plain(event))


def topics_and_data(event: e.Event) -> tuple[tuple[bytes, ...], bytes]:
    """An event as Solidity emits it."""
    entry = declaration(type(event))
    pairs = list(zip(entry.inputs, plain(event), strict=True))
    indexed = [encode([abi_type(field)], [value]) for field, value in pairs if field.indexed]
    rest = [(abi_type(field), value) for field, value in pairs if not field.indexed]
    data = encode([kind for kind, _ in rest], [value for _, value in rest])
    return (entry.identity, *indexed), data


class Chronicle:
    """A house whose events are written down one by one, each in a block of its own."""

    swarm = address("swarm")
    governor = address("governor")
    studies = address("studies")
    relay = address("relay")
    consent = ZERO_DIGEST
    """What whoever signs commits to, if nothing else is said."""

    def __init__(self, members: int = 0) -> None:
        self.logs: list[Log] = []
        self.time = BEGINNING
        self.number = 1
        self.parameters = PARAMETERS
        if members:
            self.found(members)

    # --- writing ----------------------------------------------------------------------------------

    def emit(self, event: e.Event, study: int = 1, emitter: str | None = None) -> Chronicle:
        """Appends an event to the block at hand."""
        topics, data = topics_and_data(event)
        self.logs.append(
            Log(
                emitter=emitter or self.emitter(event, study),
                topics=topics,
                data=data,
                block_number=self.number,
                block_hash=sha256(bytes([self.number % 256])),
                block_timestamp=self.time,
                transaction_hash=digest(f"transaction {len(self.logs)}"),
                log_index=len(self.logs),
            )
        )
        return self

    def later(self, seconds: int = 1) -> Chronicle:
        """Begins another block."""
        self.number += 1
        self.time += seconds
        return self

    def until(self, time: int) -> Chronicle:
        """Begins another block at a time."""
        return self.later(time - self.time)

    def emitter(self, event: e.Event, study: int) -> str:
        """The contract that emits an event."""
        return {
            e.Role.SWARM: self.swarm,
            e.Role.GOVERNOR: self.governor,
            e.Role.STUDIES: self.studies,
            e.Role.STUDY: address(f"study {study}"),
            e.Role.BENEFITS: address(f"benefits {study}"),
            e.Role.HISTORY: address("history"),
        }[event.emitter]

    def text(self, version: int) -> bytes:
        """The terms of a version, if nothing else is said."""
        return f"terms {version}".encode()

    # --- reading ----------------------------------------------------------------------------------

    @property
    def records(self) -> list[Record]:
        """What has been written."""
        return list(select(self.logs))

    @property
    def state(self) -> State:
        """What it folds into."""
        return fold(self.records)

    @property
    def study(self) -> Study:
        """The first study."""
        return self.state.study(1)

    # --- the swarm --------------------------------------------------------------------------------

    def found(self, members: int) -> Chronicle:
        """Founds the swarm; member n has account `account n` and node `node n`."""
        self.emit(e.SwarmFounded(digest("charter"), self.governor, self.studies, self.relay, RULES))
        for number in range(1, members + 1):
            self.apply(number).emit(e.InstitutionAdmitted(number))
        self.later()
        for number in range(1, members + 1):
            self.emit(e.NodeRegistered(number, address(f"node {number}")))
        return self.later()

    def apply(self, number: int) -> Chronicle:
        """An institution applies."""
        return self.emit(
            e.InstitutionApplied(
                number,
                address(f"account {number}"),
                f"Hospital {number}",
                Kind.HOSPITAL,
                Sector.PUBLIC,
                b"DE",
                digest(f"profile {number}"),
            )
        )

    def propose(self, number: int = 1, by: int = 1, period: int = RULES.voting_period) -> Chronicle:
        """A member proposes to admit institution 9."""
        self.emit(
            e.ProposalCreated(
                proposal_id=number,
                proposer=address(f"account {by}"),
                targets=(self.swarm,),
                values=(0,),
                signatures=("",),
                calldatas=(b"\x01\x02",),
                vote_start=self.time,
                vote_end=self.time + period,
                description=f"Admit them #{number}",
            )
        )
        return self.later()

    def vote(self, by: int, support: int = 1, number: int = 1) -> Chronicle:
        """An institution votes."""
        return self.emit(e.VoteCast(address(f"account {by}"), number, support, 1, ""))

    # --- a study ----------------------------------------------------------------------------------

    def open(
        self,
        study: int = 1,
        parameters: Parameters = PARAMETERS,
        by: int = 1,
        terms: bytes | None = None,
    ) -> Chronicle:
        """A member opens a study."""
        here = address(f"study {study}")
        self.emit(e.StudyOpened(study, here, address(f"benefits {study}"), by))
        self.put_forward(1, parameters, by, study, terms)
        self.emit(e.TermsInForce(1), study)
        return self.later()

    def put_forward(
        self,
        version: int,
        parameters: Parameters = PARAMETERS,
        by: int = 1,
        study: int = 1,
        terms: bytes | None = None,
    ) -> Chronicle:
        """A version of the terms is put forward."""
        self.parameters = parameters
        text = terms or self.text(version)
        return self.emit(
            e.TermsProposed(
                version,
                by,
                sha256(text),
                keccak(encode_parameters(parameters)),
                text,
                parameters,
            ),
            study,
        )

    def sign(
        self,
        institution: int,
        version: int = 1,
        consent: bytes | None = None,
        parameters: Parameters | None = None,
        *,
        study: int = 1,
        terms: bytes | None = None,
    ) -> Chronicle:
        """An institution signs a version of a study's terms."""
        return self.emit(
            e.TermsSigned(
                institution,
                version,
                sha256(terms or self.text(version)),
                keccak(encode_parameters(parameters or self.parameters)),
                digest(f"readiness {institution}"),
                self.consent if consent is None else consent,
            ),
            study,
        ).later()

    def start(self, *institutions: int) -> Chronicle:
        """Institutions sign and the opener starts."""
        for institution in institutions:
            self.sign(institution)
        self.emit(e.ActionApproved(1, Action.START, ZERO_DIGEST))
        return self.emit(e.StudyStarted()).later()

    def publish(
        self,
        round: int,  # noqa: A002
        by: int,
        contributions: dict[int, int],
        *,
        version: int = 1,
        content: bytes | None = None,
        study: int = 1,
    ) -> bytes:
        """An institution's node publishes a checkpoint, which counts as its attestation."""
        publication = Publication(
            round=round,
            parent=self.state.study(study).last_checkpoint,
            digest=content or digest(f"model {round}"),
            contributions=tuple(Contribution(*pair) for pair in contributions.items()),
            envelopes_root=digest("envelopes"),
            round_record=digest("record"),
        )
        identity = keccak(encode_publication(version, publication))
        self.emit(
            e.CheckpointPublished(
                identity,
                round,
                address(f"node {by}"),
                by,
                version,
                publication.parent,
                publication.digest,
                publication.contributions,
                publication.envelopes_root,
                publication.round_record,
            ),
            study,
        ).later()
        return identity

    def attest(self, checkpoint: bytes, by: int) -> Chronicle:
        """An institution's node attests a checkpoint."""
        node = address(f"node {by}")
        return self.emit(e.CheckpointAttested(checkpoint, by, node, Level.SET_CHECKED))

    def make_final(
        self,
        round: int,  # noqa: A002
        contributions: dict[int, int],
        *,
        publisher: int = 1,
        attester: int = 2,
        version: int = 1,
    ) -> bytes:
        """A checkpoint is published, attested and final."""
        identity = self.publish(round, publisher, contributions, version=version)
        self.attest(identity, attester)
        self.emit(e.CheckpointFinal(identity, round, len(self.study.finals) + 1)).later()
        return identity

    def declare(self, number: int = 1, amount: int = 10_000_001, by: int = 1) -> Chronicle:
        """A signatory declares revenue."""
        return self.emit(
            e.RevenueDeclared(
                number,
                by,
                b"EUR",
                amount,
                digest("invoice"),
                "A licensee",
                digest("licence"),
                len(self.study.finals),
            )
        ).later()

    def pay(self, part: Part, receiver: int, amount: int, revenue: int = 1) -> Chronicle:
        """The payer has paid a share."""
        return self.emit(e.SharePaid(revenue, part, receiver, amount, digest("payment"))).later()

    def confirm(self, part: Part, receiver: int, amount: int, revenue: int = 1) -> Chronicle:
        """The receiver confirms a share."""
        return self.emit(e.SettlementConfirmed(revenue, part, receiver, amount)).later()


def with_shares(**changes: Any) -> Parameters:
    """The usual parameters with another split."""
    return replace(PARAMETERS, shares=replace(PARAMETERS.shares, **changes))
