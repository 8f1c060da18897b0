"""A swarm of four with one running study, as values that tests change as a swarm would."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from governance.checkpoints import update_digest
from governance.gate import Envelope, Fault, Look, SignedEnvelope
from governance.history import Emitters, Institution, Node, State, Study, Swarm, Version
from governance.history.house import Member, Role
from governance.history.study import Final, Participation
from governance.history.swarm import Tenure
from governance.primitives import address_of, checksum_address, sign
from governance.terms import canonical, digest, load_terms, parameters, parameters_hash
from governance.vocabulary import Kind, NodeStanding, Profile, Sector, Standing, StudyState

CHAIN_ID = 31_337
STUDY = checksum_address("0x" + "5d" * 20)
BENEFITS = checksum_address("0x" + "be" * 20)
HEAD = bytes.fromhex("4e" * 32)
NOW = 1_800_000_000
UPDATE = {"weights": np.arange(12.0)}
TERMS = load_terms(Path(__file__).parents[3] / "examples" / "terms.yaml")


def key_of(institution: int) -> bytes:
    return institution.to_bytes(32, "big")


def node_of(institution: int) -> str:
    return address_of(key_of(institution))


def _institution(number: int) -> Institution:
    return Institution(
        number=number,
        profile=Profile(f"Hospital {number}", Kind.HOSPITAL, Sector.PUBLIC, b"CH", bytes(32)),
        tenures=(Tenure(address_of(key_of(100 + number)), 0, by_vote=False),),
        standing=Standing.MEMBER,
        applied_at=0,
        joined_at=0,
    )


def _version(number: int) -> Version:
    enforced = parameters(TERMS)
    return Version(
        number=number,
        institution=1,
        terms_digest=digest(TERMS),
        parameters_hash=parameters_hash(enforced),
        terms=canonical(TERMS),
        parameters=enforced,
        proposed_at=0,
        signers=frozenset({1, 2, 3, 4}),
        in_force_at=0,
    )


@dataclass
class World:
    """What a gate looks at."""

    swarm: Swarm = field(
        default_factory=lambda: Swarm(
            institutions={number: _institution(number) for number in (1, 2, 3, 4)},
            nodes={
                node_of(number): Node(node_of(number), number, NodeStanding.REGISTERED, 0)
                for number in (1, 2, 3, 4)
            },
        )
    )
    length: int = 40
    study: Study = field(init=False)
    age: float = 0.0
    idle: float = 0.0
    fault: Fault | None = None
    block_time: int = NOW - 5
    clock: float = NOW

    def __post_init__(self) -> None:
        self.study = Study(
            number=1,
            address=STUDY,
            benefits=BENEFITS,
            opener=1,
            opened_at=0,
            state=StudyState.RUNNING,
            started_at=0,
            in_force=1,
            versions={1: _version(1)},
            participations={
                number: Participation(1, bytes(32), bytes(32), NOW - 60, withdrawn=False)
                for number in (1, 2, 3, 4)
            },
            swarm=self.swarm,
        )

    def look(self) -> Look:
        members = {STUDY: Member(Role.STUDY, 1), BENEFITS: Member(Role.BENEFITS, 1)}
        state = State(
            length=self.length,
            number=9,
            time=self.block_time,
            emitters=Emitters(STUDY, STUDY, STUDY, members),
            swarm=self.swarm,
            studies={1: self.study},
        )
        return Look(
            CHAIN_ID, state, HEAD, self.block_time, self.age, idle=self.idle, fault=self.fault
        )

    def change_study(self, **changes: Any) -> None:
        self.study = replace(self.study, **changes)

    def change_version(self, number: int = 1, **changes: Any) -> None:
        version = replace(self.study.versions[number], **changes)
        self.change_study(versions={**self.study.versions, number: version})

    def change_institution(self, number: int, **changes: Any) -> None:
        changed = replace(self.swarm.institutions[number], **changes)
        self.change_swarm(institutions={**self.swarm.institutions, number: changed})

    def change_node(self, number: int, **changes: Any) -> None:
        changed = replace(self.swarm.nodes[node_of(number)], **changes)
        self.change_swarm(nodes={**self.swarm.nodes, changed.address: changed})

    def change_swarm(self, **changes: Any) -> None:
        self.swarm = replace(self.swarm, **changes)
        self.study = replace(self.study, swarm=self.swarm)

    def participate(self, number: int, **changes: Any) -> None:
        changed = replace(self.study.participations[number], **changes)
        self.change_study(participations={**self.study.participations, number: changed})

    def finish(self, round_: int, checkpoint_digest: bytes) -> None:
        final = Final(
            sequence=len(self.study.finals) + 1,
            checkpoint=bytes(32),
            round=round_,
            covered=round_ - self.study.last_round,
            version=1,
            digest=checkpoint_digest,
            signatories=(1, 2, 3, 4),
            contributions=(),
            at=NOW - 10,
        )
        self.change_study(finals=[*self.study.finals, final])

    def amend(self) -> None:
        versions = {**self.study.versions, 2: replace(_version(2), signers=frozenset({1, 2, 3}))}
        self.change_study(versions=versions, in_force=2)


def envelope(institution: int = 1, key: bytes | None = None, **changes: Any) -> SignedEnvelope:
    """What an institution's node signs for the first round, and what a test changes of it."""
    said = Envelope(
        **{
            "chain_id": CHAIN_ID,
            "study": STUDY,
            "terms_version": 1,
            "round": 1,
            "attempt": 1,
            "parent": bytes(32),
            "update": update_digest(UPDATE),
            "records": 212,
            "history_length": 40,
            "deadline": NOW + 60,
            **changes,
        }
    )
    secret = key or key_of(institution)
    return said.signed(address_of(secret), lambda signed: sign(signed, secret))
