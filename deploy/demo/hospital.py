"""A hospital of the demo: a party with a node, a gate of its own, and patients that stay home."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np

from deploy.demo.documents import document
from deploy.demo.model import initial_weights
from deploy.demo.readiness import ready
from deploy.demo.training import MERGE, Participant
from governance.chain import Follower
from governance.checkpoints import (
    Chronicle,
    Package,
    checkpoint_id,
    examine,
    model_digest,
    publication,
)
from governance.consent import root_of
from governance.gate import EvidenceLog, Gate, LiveView
from governance.primitives import domain_separator, struct_hash, typed_digest
from governance.readiness import ConsentCounts
from governance.terms import verify_terms
from governance.terms.datause import Decision
from governance.vocabulary import Kind, Profile, Sector

if TYPE_CHECKING:
    from pathlib import Path

    from deploy.demo.party import Party
    from deploy.demo.patients import Array, Split
    from deploy.demo.records import Records
    from deploy.network.validator_key import ValidatorKey
    from governance.chain import Signer, Trust
    from governance.checkpoints import Examination
    from governance.consent import About
    from governance.history import State, Study
    from governance.terms import Terms
    from governance.vocabulary import Level

_PROOF_SECONDS = 3_600
_WEIGHTS = "weights.npy"


class Hospital:
    """A hospital.

    Attributes:
        party: Its account and keys.
        records: Its patients: their data and what they allowed.
        number: Its number in the swarm; 0 before it has one.
        node: The key of the machine that trains.
        evidence: What its gate decided.
    """

    def __init__(self, party: Party, trust: Trust, records: Records) -> None:
        self.party = party
        self.trust = trust
        self.records = records
        self.number = 0
        self.node = party.new_key("node-1")
        self.evidence = EvidenceLog(party.home / "evidence.jsonl")
        follower = Follower(party.rpc, trust)
        self.house = follower.house
        self.view = LiveView(follower, self.evidence.seen())
        self._gate: Gate | None = None
        self._chronicle: Chronicle | None = None

    @property
    def name(self) -> str:
        """What it is called in the story."""
        return self.party.name

    @property
    def patients(self) -> Split:
        """Who trains and who tests: those whose consent permits it, once that was asked."""
        return self.records.split

    def state(self) -> State:
        """What it knows of the history, up to the newest block."""
        self.view.refresh()
        return self.view.look().state

    def study(self) -> Study:
        """What it knows of the demo's one study, up to the newest block."""
        return self.state().study(1)

    def close(self) -> None:
        """Has everything its gate decided on the disk."""
        self.evidence.close()

    # --- the swarm --------------------------------------------------------------------------------

    def apply(self, country: str, member: Party) -> None:
        """Applies for membership: signs its application, which a member sends.

        Validators take transactions of members alone, so an applicant cannot send its own.
        """
        said = profile(self.name, country)
        chain_id, swarm = self.trust.chain_id, self.house.swarm
        application = self.party.request(chain_id, self.house, "Swarm", swarm, "applyToJoin", said)
        member.relay(application, f"application of {self.name}")
        self.find_number()

    def find_number(self) -> None:
        """Looks up the number that the swarm has given it."""
        number = self.state().swarm.institution_of(self.party.account.address)
        assert number is not None, f"{self.name} has neither founded nor applied"
        self.number = number

    def register_node(self) -> None:
        """Registers the node in use, with its own proof that it is in the hospital's hands."""
        proven = self._prove("NodeRegistration", "node", self.node)
        self.party.do("Swarm", self.house.swarm, "registerNode", *proven)

    def revoke_node(self) -> None:
        """Revokes the node in use."""
        self.party.do("Swarm", self.house.swarm, "revokeNode", self.node.address)

    def register_validator(self, key: ValidatorKey) -> None:
        """Registers the validator that it runs, with the validator's own proof."""
        proven = self._prove("ValidatorRegistration", "validator", key)
        self.party.do("Swarm", self.house.swarm, "registerValidator", *proven)

    def _prove(self, kind: str, what: str, key: Signer | ValidatorKey) -> tuple[str, int, bytes]:
        """A key's address, a deadline, and the key's proof until then that it is the hospital's."""
        deadline = int(time.time()) + _PROOF_SECONDS
        said = struct_hash(
            f"{kind}(uint32 institution,address {what},uint256 deadline)",
            self.number,
            key.address,
            deadline,
        )
        domain = domain_separator(self.trust.chain_id, self.house.swarm)
        return key.address, deadline, key.sign_digest(typed_digest(domain, said))

    # --- the study --------------------------------------------------------------------------------

    def sign(self, version: int) -> About:
        """Signs a version of the terms, after all that has to be asked at home before.

        What is enforced must be what is written, the conditions on the data must permit what the
        terms want them for, the patients' decisions are committed to, and the data must be ready.

        Returns:
            What it committed to of its patients' decisions.

        Raises:
            NotReady: Its data do not meet the terms.
        """
        study = self.study()
        offered, now = study.version(version), int(time.time())
        terms = self._terms(version)
        decision = self.records.permitted(terms, now).decision
        assert decision is Decision.PERMIT, f"{self.name} may not use its data: {decision}"
        committed = self.records.commit(terms, now)
        counts = ConsentCounts(committed.asked, committed.permitting)
        home, table = self.party.home, self.records.table
        stated = ready(home, table, terms, self.number, consent=counts, now=now)
        self.party.do(
            "Study",
            study.address,
            "sign",
            version,
            offered.terms_digest,
            offered.parameters_hash,
            stated.digest(),
            root_of(committed),
        )
        return committed

    def take_out(self, pseudonym: str) -> About:
        """A patient withdraws: written down at home, and committed to anew on the chain.

        Returns:
            What it commits to of its patients' decisions from now on.
        """
        study, now = self.study(), int(time.time())
        self.records.withdraw(pseudonym, now)
        committed = self.records.commit(self._terms(study.in_force), now)
        self.party.do("Study", study.address, "renewConsent", root_of(committed))
        return committed

    def committed(self) -> bytes:
        """The root of its patients' decisions, as it stands on the chain."""
        return self.study().participations[self.number].consent

    def _terms(self, version: int) -> Terms:
        """A version of the terms, held against what is enforced."""
        offered = self.study().version(version)
        return verify_terms(
            offered.terms, offered.terms_digest, offered.parameters, offered.parameters_hash
        )

    def participant(self) -> Participant:
        """Its node, as it takes part in a round."""
        return Participant(self.node.address, self.node.sign_digest, *self.patients.train)

    def gate(self) -> Gate:
        """Its gate, in step with the newest block."""
        if self._gate is None:
            self._gate = Gate(self.view, self.study().address, self.evidence)
        else:
            self.view.refresh()
        return self._gate

    # --- checkpoints ------------------------------------------------------------------------------

    @property
    def chronicle(self) -> Chronicle:
        """What it saw of the rounds since the last final checkpoint."""
        if self._chronicle is None:
            self._chronicle = Chronicle(self.study().address)
        return self._chronicle

    def pack(self, number: int, weights: Array) -> Package:
        """Writes the package of a round's checkpoint, for the others to examine."""
        return self.chronicle.package(
            self.party.home / "packages" / f"round-{number:02}",
            self.study(),
            number,
            int(time.time()),
            model=self._model(number, weights),
        )

    def publish(self, package: Package) -> bytes:
        """Publishes the checkpoint of a package with its node; returns its identity."""
        study = self.study()
        said = publication(study, package.record, model_digest(package.manifest()))
        self.party.do("Study", study.address, "publish", said, signer=self.node)
        return checkpoint_id(study.in_force, said)

    def examine(self, package: Path, checkpoint: bytes) -> Examination:
        """What a checkpoint's package, as another handed it over, proves to this hospital.

        It is held against the history that the hospital reads over its own way to the chain, its
        own gate's evidence and its own copy of the model before.
        """
        records = Follower(self.party.rpc, self.trust).poll()
        examination = examine(
            Package.read(package),
            records,
            checkpoint,
            chain_id=self.trust.chain_id,
            merge=MERGE,
            parent_model=self._model(self.study().last_round, initial_weights()),
            institution=self.number,
            evidence=self.evidence,
        )
        examination.write_down(self.party.home / "examinations.jsonl", int(time.time()))
        return examination

    def attest(self, checkpoint: bytes, level: Level) -> None:
        """Vouches for a checkpoint, as far as it has examined it."""
        address = self.study().address
        self.party.do("Study", address, "attest", checkpoint, int(level), signer=self.node)

    def go_on_from(self, package: Package) -> None:
        """Keeps the model of a checkpoint that became final."""
        number = package.record.last
        self._model(number, np.load(package.model / _WEIGHTS))
        self.chronicle.forget(number)

    def _model(self, number: int, weights: Array) -> Path:
        """The folder of a round's model; the weights are written if there is none yet."""
        folder = self.party.home / "models" / f"round-{number:02}"
        if not folder.exists():
            folder.mkdir(parents=True)
            np.save(folder / _WEIGHTS, weights)
        return folder


def profile(name: str, country: str) -> Profile:
    """What a hospital of the demo says about itself."""
    return Profile(
        name, Kind.HOSPITAL, Sector.PUBLIC, country.encode(), document(f"profile of {name}")
    )
