"""A hospital of the demo: a party with a node, a gate of its own, and patients that stay home."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np

from deploy.demo.chronicle import Chronicle
from deploy.demo.documents import document
from deploy.demo.training import Participant
from governance.chain import Follower
from governance.checkpoints import model_digest, model_manifest
from governance.consent import Decision as ConsentDecision
from governance.consent import commit, new_salts
from governance.gate import EvidenceLog, Gate, LiveView
from governance.primitives import domain_separator, struct_hash, typed_digest
from governance.readiness import ConsentCounts, statement
from governance.terms import verify_terms
from governance.vocabulary import Kind, Level, Profile, Sector

if TYPE_CHECKING:
    from deploy.demo.party import Party
    from deploy.demo.patients import Array, Split
    from deploy.network.validator_key import ValidatorKey
    from governance.chain import Signer, Trust
    from governance.history import State, Study
    from governance.vocabulary import Publication

_PROOF_SECONDS = 3_600


class Hospital:
    """A hospital.

    Attributes:
        party: Its account and keys.
        patients: Who trains and who tests.
        number: Its number in the swarm; 0 before it has one.
        node: The key of the machine that trains.
        chronicle: What it saw of the rounds since the last final checkpoint.
        evidence: What its gate decided.
    """

    def __init__(self, party: Party, trust: Trust, patients: Split) -> None:
        self.party = party
        self.trust = trust
        self.patients = patients
        self.number = 0
        self.chronicle = Chronicle()
        self.node = party.new_key("node-1")
        self.evidence = EvidenceLog(party.home / "evidence.jsonl")
        follower = Follower(party.rpc, trust)
        self.house = follower.house
        self.view = LiveView(follower, self.evidence.seen())
        self._gate: Gate | None = None

    @property
    def name(self) -> str:
        """What it is called in the story."""
        return self.party.name

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

    def sign(self, version: int) -> None:
        """Signs a version of the terms, after holding what is enforced against what is written."""
        study = self.study()
        offered = study.version(version)
        terms = verify_terms(
            offered.terms, offered.terms_digest, offered.parameters, offered.parameters_hash
        )
        patients = len(self.patients.train[1]) + len(self.patients.test[1])
        decisions = [ConsentDecision(f"patient-{n}", permits=True) for n in range(patients)]
        commitment = commit(decisions, new_salts(decisions))
        ready = statement(
            terms,
            self.number,
            schema_digest=bytes.fromhex(terms.data.schema_digest[2:]),
            agreement=None,
            consent=ConsentCounts(commitment.size, commitment.permitting),
            exposure="The data are public and have been used to train many models.",
        )
        self.party.do(
            "Study",
            study.address,
            "sign",
            version,
            offered.terms_digest,
            offered.parameters_hash,
            ready.digest(),
            commitment.root,
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

    def publication(self, number: int, weights: Array) -> Publication:
        """What it would publish for a round: its own model, files written, and its own record."""
        folder = self.party.home / "models" / f"round-{number:02}"
        folder.mkdir(parents=True)
        np.save(folder / "weights.npy", weights)
        digest = model_digest(model_manifest(folder))
        publication, record = self.chronicle.publication(self.study(), number, digest)
        (folder / "record.json").write_bytes(record)
        return publication

    def publish(self, publication: Publication) -> None:
        """Publishes a checkpoint with its node."""
        address = self.study().address
        self.party.do("Study", address, "publish", publication, signer=self.node)

    def attest(self, checkpoint: bytes) -> None:
        """Vouches for a checkpoint whose merge it has computed itself."""
        address, level = self.study().address, int(Level.MERGE_RECOMPUTED)
        self.party.do("Study", address, "attest", checkpoint, level, signer=self.node)


def profile(name: str, country: str) -> Profile:
    """What a hospital of the demo says about itself."""
    return Profile(
        name, Kind.HOSPITAL, Sector.PUBLIC, country.encode(), document(f"profile of {name}")
    )
