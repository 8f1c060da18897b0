"""The demo's story, told on a chain: four hospitals, one study, the whole way once.

Everything is done through the library that a hospital's own software would use: keys in keystores,
journalled transactions, a proven view of the history, the gate, the audit.
"""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from deploy.demo import documents
from deploy.demo.cast import FOUNDATION, FOUNDERS, FOURTH
from deploy.demo.evaluation import ROGUE_FACTOR
from deploy.demo.hospital import Hospital, profile
from deploy.demo.model import ROUNDS, auc
from deploy.demo.party import Keyholder, Party
from deploy.demo.patients import sites, split
from deploy.demo.records import Records
from deploy.demo.swarm_training import SwarmTraining
from deploy.demo.training import Participant
from deploy.founding import found, plan, verify
from governance.audit.vouching import countersignature_digest
from governance.benefits import statement
from governance.chain import call_data
from governance.chain.queries import chain_id, head
from governance.chain.seals import validators
from governance.gate import Reason
from governance.history import ProposalState, Support
from governance.primitives import keccak, to_hex
from governance.terms import canonical, check_against_charter, parameters
from governance.vocabulary import Founder, Ground, Settlement, VotingRules

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from deploy.demo.cast import Role
    from deploy.demo.narration import Narrator
    from deploy.demo.patients import Array, Split
    from deploy.demo.stage import Stage
    from deploy.demo.swarm_training import RefusedUpdate
    from governance.chain import Trust
    from governance.history import State
    from governance.terms import Terms

SPLIT = 0
"""The split of the patients that the story on the chain trains with."""

CHECKPOINT_EVERY = 10
"""Rounds from one checkpoint to the next."""

REVOKED_AFTER = 24
"""The round after which a node is revoked; it still sends an update for the next one."""

PATIENT_WITHDRAWN_AFTER = 34
"""The round after which a patient withdraws their consent."""

WITHDRAWN_AFTER = 40
"""The round after whose checkpoint a hospital withdraws; it still sends one update more."""

REVENUE = 10_000_001
"""What the licensee pays, in cents."""

RULES = VotingRules(voting_period=3600, quorum=50, expiry=86_400)
"""How the swarm decides."""

_PAUSE = 0.05
_FIRST_TRY, _SECOND_TRY = 1, 2
_PATIENTS_FIRST, _PATIENTS_AMENDED = 10, 20


@dataclass(frozen=True, slots=True)
class PatientWithdrawal:
    """A patient's withdrawal, and what an auditor is shown of it.

    Attributes:
        institution: Number of the patient's hospital.
        before: The first round that the patient's record was not trained on.
        roots: The hospital's commitments before and after it.
        permits: What the patient's leaf says when it is opened under each of them.
        records: How many records trained before and after.
    """

    institution: int
    before: int
    roots: tuple[bytes, bytes]
    permits: tuple[bool, bool]
    records: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Told:
    """How the story ended.

    Attributes:
        trust: The trust file of the swarm.
        state: What its history folds into.
        rogue_auc: The model of the rogue run, its rogue refused, on the pooled test patients.
        swarm_auc: The model of the run that became checkpoints, likewise.
        accepted: Updates merged in that run.
        refused: Every update that was refused, in both runs.
        consents: By institution, how many patients were asked when it last signed, and how many of
            them permitted the use.
        patient_withdrawal: How a patient withdrew.
        evidence: The hospitals' evidence logs.
    """

    trust: Trust
    state: State
    rogue_auc: float
    swarm_auc: float
    accepted: int
    refused: tuple[RefusedUpdate, ...]
    consents: dict[int, tuple[int, int]]
    patient_withdrawal: PatientWithdrawal
    evidence: tuple[Path, ...]


class Story:
    """The story, chapter by chapter; `tell` tells it whole.

    Args:
        folder: Where everybody's home is made; must not exist yet.
        stage: The chain, which the story opens and leaves open.
        narrator: Who tells it.
    """

    def __init__(self, folder: Path, stage: Stage, narrator: Narrator) -> None:
        self.folder = folder
        self.stage = stage
        self.narrator = narrator
        self.parts: dict[str, Split] = {site.name: split(site, SPLIT) for site in sites()}
        self.hospitals: list[Hospital] = []
        self.parties = {
            role: Party(role.name, folder / role.folder, stage.way(role.folder), stage.heard)
            for role in (*FOUNDERS, FOURTH)
        }
        self.foundation = Keyholder(FOUNDATION, folder / "foundation")
        self.refused: list[RefusedUpdate] = []
        self.consents: dict[int, tuple[int, int]] = {}
        self.patient_withdrawals: list[PatientWithdrawal] = []
        self._followed = False

    def tell(self) -> Told:
        """Tells the whole story.

        Raises:
            CharterError: If anything on the way fails.
        """
        with ExitStack() as closing:
            for party in self.parties.values():
                closing.callback(party.rpc.close)
            closing.callback(self._close)
            self.stage.open(list(self.parties.values()))
            trust = self.found()
            self.admit_the_fourth(trust)
            self.agree_on_terms()
            rogue_auc = self.run_with_a_rogue()
            swarm_auc, accepted = self.run_the_study()
            self.share_the_revenue()
            self.vouch_for_the_history()
            return Told(
                trust=trust,
                state=self.opener.state(),
                rogue_auc=rogue_auc,
                swarm_auc=swarm_auc,
                accepted=accepted,
                refused=tuple(self.refused),
                consents=self.consents,
                patient_withdrawal=self.patient_withdrawals[0],
                evidence=tuple(hospital.evidence.path for hospital in self.hospitals),
            )

    @property
    def opener(self) -> Hospital:
        """The hospital that opens the study."""
        return self.hospitals[0]

    # --- the swarm --------------------------------------------------------------------------------

    def found(self) -> Trust:
        """Three hospitals found the swarm, verify the founding and register a node each."""
        self.narrator.chapter("Three hospitals found a swarm")
        founders = [
            Founder(self.parties[role].account.address, profile(role.name, role.country))
            for role in FOUNDERS
        ]
        chain = self.stage.everyone()
        agreed = plan(founders, RULES, documents.charter_digest(), chain_id(chain))
        place = self.folder / "trust.json"
        trust = found(chain, agreed, place, validators=validators(chain))
        self.stage.heard(head(chain).number)
        for role in FOUNDERS:
            party = self.parties[role]
            verify(party.rpc, trust, agreed)
            hospital = self._hospital(role, trust)
            hospital.find_number()
            hospital.register_node()
            self.hospitals.append(hospital)
            self.narrator.say(
                f"{hospital.name} verifies the founding, is number {hospital.number} and registers "
                "a node."
            )
        return trust

    def admit_the_fourth(self, trust: Trust) -> None:
        """The fourth hospital applies and is voted in."""
        self.narrator.chapter("A fourth applies and is voted in")
        fourth = self._hospital(FOURTH, trust)
        # Who applies has what it needs to follow the history, and its validator follows, too.
        self.hospitals.append(fourth)
        self._follow()
        first, second = self.hospitals[0], self.hospitals[1]
        fourth.apply(FOURTH.country, first.party)
        self.narrator.say(
            f"{fourth.name} signs its application, {first.name} sends it: it is number "
            f"{fourth.number}."
        )
        governor = first.house.governor
        admission = call_data("Swarm", "admit", [fourth.number])
        targets = [first.house.swarm]
        title = f"Admit {fourth.name}"
        self._let_pass(first.state().time)
        first.party.do("SwarmGovernor", governor, "propose", targets, [0], [admission], title)
        proposal = first.state().proposal(1)
        self.narrator.say(f"{first.name} proposes to admit it.")
        self._let_pass(proposal.snapshot)
        for voter in (first, second):
            support = int(Support.IN_FAVOUR)
            voter.party.do("SwarmGovernor", governor, "castVote", proposal.number, support)
            self.narrator.say(f"{voter.name} votes in favour.")
        state = first.state()
        assert state.proposal_state(1, state.time) is ProposalState.SUCCEEDED
        described = keccak(proposal.description.encode())
        arguments = (targets, [0], [admission], described)
        second.party.do("SwarmGovernor", governor, "execute", *arguments)
        self._follow()
        fourth.register_node()
        self.narrator.say(f"Two of three are more than half: {fourth.name} is a member.")
        self._register_validators()
        self._follow()

    def _hospital(self, role: Role, trust: Trust) -> Hospital:
        """A hospital with its patients' data and what they allowed."""
        party = self.parties[role]
        site = next(each for each in sites() if each.name == role.site)
        return Hospital(party, trust, Records(party.home, role, site, SPLIT))

    def agree_on_terms(self) -> None:
        """Terms are opened, signed by three, declined by one, amended, signed by all."""
        self.narrator.chapter("Terms are opened, declined, amended, signed")
        opener, second, third, fourth = self.hospitals
        first_terms = self._terms(_PATIENTS_FIRST)
        arguments = (canonical(first_terms), parameters(first_terms))
        opener.party.do("Studies", opener.house.studies, "open", *arguments)
        study = opener.study()
        self.narrator.say(f"{opener.name} opens study {study.number}: {first_terms.title}.")
        self._look_at_home(first_terms)
        for hospital in (opener, second, third):
            hospital.sign(1)
            self.narrator.say(f"{hospital.name} signs.")
        text = documents.document("why Long Beach declines")
        fourth.party.do("Study", study.address, "decline", 1, Ground.BENEFITS, text)
        self.narrator.say(
            f"{fourth.name} declines: {_PATIENTS_FIRST} per cent for the patients are too few."
        )
        amended = self._terms(_PATIENTS_AMENDED)
        opener.party.do("Study", study.address, "amend", canonical(amended), parameters(amended))
        self.narrator.say(f"{opener.name} amends the terms: {_PATIENTS_AMENDED} per cent.")
        for hospital in (fourth, opener, second, third):
            committed = hospital.sign(2)
            self.consents[hospital.number] = (committed.asked, committed.permitting)
            self.narrator.say(
                f"{hospital.name} signs version 2: {committed.permitting} of {committed.asked} "
                f"patients permit it, root {committed.root[:14]}…"
            )
        opener.party.do("Study", study.address, "start")
        signatories = opener.study().signatories()
        self.narrator.say(f"Training may begin, with {len(signatories)} signatories.")

    def _look_at_home(self, terms: Terms) -> None:
        """Each hospital asks at home whether it may take part, before it signs."""
        now = int(time.time())
        for hospital in self.hospitals:
            verdict = hospital.records.permitted(terms, now)
            self.narrator.say(
                f"{hospital.name} holds {len(verdict.steps)} conditions on its data against the "
                f"terms: {verdict.decision}."
            )
        self.narrator.say(
            "Each keeps its patients' consents at home, imported from FHIR; the answers are "
            "invented. Only who permits the use trains and tests in this story."
        )

    # --- training ---------------------------------------------------------------------------------

    def run_with_a_rogue(self) -> float:
        """Fifty rounds in which somebody plays the fourth hospital, from a node nobody registered.

        Returns:
            The area under the ROC curve of what the others train.
        """
        self.narrator.chapter("First try: a rogue takes the fourth hospital's place")
        fourth = self.hospitals[3]
        stolen = fourth.party.new_key("not-registered")
        rogue = Participant(
            stolen.address, stolen.sign_digest, *fourth.patients.train, factor=ROGUE_FACTOR
        )
        honest = [hospital.participant() for hospital in self.hospitals if hospital is not fourth]
        with (
            SwarmTraining(list(self.hospitals), _FIRST_TRY) as training,
            self.narrator.progress("rounds", ROUNDS) as step,
        ):
            for number in range(1, ROUNDS + 1):
                training.run(number, [*honest, rogue])
                step()
        self._expect(training.refused, [Reason.NODE_UNKNOWN] * ROUNDS)
        self.refused += training.refused
        reached = self._pooled_auc(training.weights)
        self.narrator.say(
            f"It sends {ROGUE_FACTOR:g} times its update, {ROUNDS} times, and is refused each time "
            f"(NodeUnknown). The others reach an AUC of {reached:.3f}; the try is thrown away."
        )
        return reached

    def run_the_study(self) -> tuple[float, int]:
        """The fifty rounds that count.

        Returns:
            The area under the ROC curve of the swarm's model, and how many updates were merged.
        """
        self.narrator.chapter("Second try: the study itself")
        with (
            SwarmTraining(list(self.hospitals), _SECOND_TRY) as training,
            self.narrator.progress("rounds", ROUNDS) as step,
        ):
            for number in range(1, ROUNDS + 1):
                training.run(number, list(self._participants(number, training)))
                if number % CHECKPOINT_EVERY == 0:
                    self._checkpoint(number, training)
                step()
        self._expect(training.refused, [Reason.NODE_REVOKED, Reason.WITHDRAWN])
        self.refused += training.refused
        reached = self._pooled_auc(training.weights)
        self.narrator.say(
            f"{training.accepted} updates were merged; the swarm's model reaches an AUC of "
            f"{reached:.3f}."
        )
        return reached, training.accepted

    def _participants(self, number: int, training: SwarmTraining) -> Iterator[Participant]:
        """Who sends an update in a round; what happens before it happens here."""
        _, second, third, _ = self.hospitals
        if number == REVOKED_AFTER + 1:
            second.revoke_node()
            self._follow()
            self.narrator.say(f"{second.name} revokes its node; the machine goes on all the same.")
        if number == REVOKED_AFTER + 2:
            second.node = second.party.new_key("node-2")
            second.register_node()
            self._follow()
            self.narrator.say(
                f"It was refused (NodeRevoked). {second.name} registers another and goes on."
            )
        if number == PATIENT_WITHDRAWN_AFTER + 1:
            self._patient_withdraws(self.opener, number)
        if number == WITHDRAWN_AFTER + 1:
            self._withdraw(third)
        active = list(training.hospitals)
        if number == WITHDRAWN_AFTER + 1:
            training.hospitals.remove(third)
        for hospital in active:
            yield hospital.participant()

    def _patient_withdraws(self, hospital: Hospital, number: int) -> None:
        """A patient whose record trains withdraws: it trains no more, and the chain shows it.

        Args:
            hospital: The patient's hospital.
            number: The round that comes next.
        """
        records, patient = hospital.records, hospital.records.first_in_training()
        before, trained = hospital.committed(), len(hospital.patients.train[1])
        hospital.take_out(patient)
        after, left = hospital.committed(), len(hospital.patients.train[1])
        told = PatientWithdrawal(
            institution=hospital.number,
            before=number,
            roots=(before, after),
            permits=(records.opened(patient, before), records.opened(patient, after)),
            records=(trained, left),
        )
        assert told.permits == (True, False), "the leaves do not tell of the withdrawal"
        assert told.records == (trained, trained - 1), "the record still trains"
        self.patient_withdrawals.append(told)
        self.narrator.say(
            f"A patient of {hospital.name} withdraws: from round {number} on {left} records train "
            f"instead of {trained}. What the model learnt before stays in it."
        )
        self.narrator.say(
            f"{hospital.name} renews its commitment: root {to_hex(after)[:14]}… in place of "
            f"{to_hex(before)[:14]}…"
        )
        self.narrator.say(
            "An auditor who is shown the patient's leaf sees `permits: true` under the old root, "
            "and `permits: false` under the new one."
        )

    def _withdraw(self, hospital: Hospital) -> None:
        text = documents.document("why Zurich-Basel withdraws")
        address = hospital.study().address
        hospital.party.do("Study", address, "withdraw", Ground.RESOURCES, text)
        self.narrator.say(
            f"{hospital.name} withdraws; an update already on its way is refused (Withdrawn)."
        )

    def _checkpoint(self, number: int, training: SwarmTraining) -> None:
        """One hospital publishes, the others attest what they have computed themselves."""
        publisher = training.leader(number)
        package = publisher.pack(number, training.weights)
        identity = publisher.publish(package)
        for hospital in training.hospitals:
            is_final = hospital.study().checkpoints[identity].sequence is not None
            if hospital is not publisher and not is_final:
                examination = hospital.examine(package.folder, identity)
                hospital.attest(identity, examination.require())
        checkpoint = publisher.study().checkpoints[identity]
        assert checkpoint.sequence is not None, "the attestations do not suffice"
        for hospital in self.hospitals:
            hospital.go_on_from(package)
        self.narrator.say(
            f"Round {number}: {publisher.name} publishes {to_hex(checkpoint.digest)[:14]}…, "
            f"{len(checkpoint.attestations)} attest, checkpoint {checkpoint.sequence} is final."
        )

    # --- afterwards -------------------------------------------------------------------------------

    def share_the_revenue(self) -> None:
        """Revenue is declared, split by the terms, paid and confirmed to the last cent."""
        self.narrator.chapter("The model earns 100,000.01 EUR")
        opener = self.opener
        benefits = opener.study().benefits
        licence = documents.document("licence")
        invoice = documents.document("invoice")
        income = (b"EUR", REVENUE, invoice, "A licensee", licence)
        opener.party.do("Benefits", benefits, "declare", *income)
        (revenue,) = statement(opener.state(), 1).revenues
        for entry in revenue.entries:
            line, amount = entry.owed.line, entry.owed.amount
            share = (line.revenue, int(line.part), line.receiver)
            proof = documents.document(f"payment {line.part.name} {line.receiver}")
            opener.party.do("Benefits", benefits, "pay", *share, proof)
            receiver = self._confirm(entry.owed.institution, benefits, *share)
            part = line.part.name.lower()
            self.narrator.say(f"{amount / 100:>12,.2f} EUR  {part:<9}  {receiver}")
        (revenue,) = statement(opener.state(), 1).revenues
        settled = revenue.amount(Settlement.CONFIRMED)
        assert settled == REVENUE, f"{REVENUE - settled} cents are not settled"
        self.narrator.say(f"{settled / 100:>12,.2f} EUR  settled, every cent.")

    def vouch_for_the_history(self) -> None:
        """Every member countersigns the head of the history."""
        self.narrator.chapter("The members vouch for the history")
        look = self.opener.view.look()
        trust, length = self.opener.trust, look.state.length
        digest = countersignature_digest(trust.chain_id, trust.history, length, look.head)
        for hospital in self.hospitals:
            account = hospital.party.account
            arguments = (account.address, length, look.head, account.sign_digest(digest))
            hospital.party.do("History", trust.history, "countersign", *arguments)
        self.narrator.say(
            f"{len(self.hospitals)} members sign {to_hex(look.head)[:18]}… over {length} events."
        )

    # --- what the chapters share ------------------------------------------------------------------

    def _let_pass(self, second: int) -> None:
        """Waits for the end of a second on the chain, whose clock need not be ours.

        Who may propose and who may vote is asked at the end of one.
        """
        while self.stage.second_to_come() <= second:
            time.sleep(_PAUSE)

    def _follow(self) -> None:
        """Every hospital's validator follows the history, in which members or nodes changed."""
        followed = [self.stage.follow(hospital) for hospital in self.hospitals]
        if any(followed) and not self._followed:
            self._followed = True
            self.narrator.say(
                "From now on every hospital's validator follows the swarm's history: it takes "
                "transactions of members and their nodes, and of nobody else."
            )

    def _register_validators(self) -> None:
        """Every hospital registers the validator that it runs, if it runs one."""
        keys = [(each, self.stage.validator_key(each.party)) for each in self.hospitals]
        run = [(hospital, key) for hospital, key in keys if key is not None]
        for hospital, key in run:
            hospital.register_validator(key)
        if run:
            self.narrator.say(
                f"{len(run)} members register their validators: whom the swarm expels, the others' "
                "validators will vote out, too."
            )

    def _close(self) -> None:
        for hospital in self.hospitals:
            hospital.close()

    def _terms(self, patients: int) -> Terms:
        made = documents.terms(self.foundation.account.address, patients=patients)
        check_against_charter(made, documents.charter())
        return made

    def _confirm(self, institution: int | None, benefits: str, *share: int) -> str:
        """Whoever is owed a share confirms it; returns their name."""
        if institution is not None:
            receiver = self.hospitals[institution - 1].party
            receiver.do("Benefits", benefits, "confirm", *share)
            return receiver.name
        # The foundation is no member and no validator takes its transactions: a member sends it.
        opener, foundation = self.opener, self.foundation
        chain_id = opener.trust.chain_id
        signed = foundation.request(chain_id, opener.house, "Benefits", benefits, "confirm", *share)
        opener.party.relay(signed, f"confirmation of {foundation.name}")
        return foundation.name

    def _pooled_auc(self, weights: Array) -> float:
        tested = [hospital.patients.test for hospital in self.hospitals]
        features = np.concatenate([features for features, _ in tested])
        disease = np.concatenate([disease for _, disease in tested])
        return auc(features @ weights, disease)

    def _expect(self, refused: Sequence[RefusedUpdate], reasons: Sequence[Reason]) -> None:
        found = [each.reason for each in refused]
        assert found == list(reasons), f"the gate refused otherwise than the story goes: {found}"
