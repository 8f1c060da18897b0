"""What nodes do in a running study: publish, attest, contradict themselves."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from governance.primitives import sha256
from governance.vocabulary import (
    ZERO_DIGEST,
    Authorisation,
    Contribution,
    Level,
    NodeStanding,
    Publication,
)
from tests.integration.histories.machine import index, pick, slip
from tests.integration.histories.study_rules import StudyRules, some_study

if TYPE_CHECKING:
    from governance.history import Checkpoint, Study
    from tests.integration.histories.chain import Chain
    from tests.integration.histories.seen import Seen


class CheckpointRules(StudyRules):
    """Rules over the part of `Study` that nodes use."""

    def __init__(self, chain: Chain, seen: Seen) -> None:
        super().__init__(chain, seen)
        self.publications: list[tuple[int, str, Publication]] = []

    def authorised(self, study: Study) -> list[str]:
        """Nodes that may take part now."""
        return [
            address
            for address in self.state.swarm.nodes
            if study.authorisation(address, self.now) is Authorisation.AUTHORISED
        ]

    def a_node(self, study: Study, which: int) -> str:
        """An authorised node most often, otherwise any, or none."""
        authorised = self.authorised(study)
        if authorised and which % 6:
            return pick(authorised, which // 6)
        return pick([*self.state.swarm.nodes, self.stranger.address, self.someone(which)], which)

    def publication(self, study: Study, what: int, mistake: int = 9) -> Publication:
        """What a node could publish now."""
        round_ = study.last_round + 1 + (what % 3 if what % 2 else 0)
        covered = round_ - study.last_round
        nodes = self.state.swarm.nodes
        authorised = {nodes[node].institution for node in self.authorised(study)}
        able = [number for number in study.seats if number in authorised]
        contributors = able[what % max(1, len(able)) :] if what % 4 == 0 else able
        plain = Publication(
            round=round_,
            parent=study.last_checkpoint,
            # Training may leave a model as it was.
            digest=study.last_digest if what % 5 == 0 else sha256(b"model %d" % what),
            contributions=tuple(
                Contribution(number, 1 + (what + number) % covered) for number in contributors
            ),
            envelopes_root=sha256(b"envelopes"),
            round_record=sha256(b"record"),
        )
        return self._spoilt(plain, study, what, mistake)

    def _spoilt(self, plain: Publication, study: Study, what: int, mistake: int) -> Publication:
        contributions = plain.contributions
        match mistake:
            case 0:
                other = pick(list(self.state.swarm.institutions), what)
                spoilt = {each.institution: each for each in contributions}
                spoilt[other] = Contribution(other, 1)
                order = dict.fromkeys((*study.seats, *sorted(spoilt)))
                contributions = tuple(spoilt[number] for number in order if number in spoilt)
                return replace(plain, contributions=contributions)
            case 1:
                wrong = (contributions[::-1], contributions[:1] * 2, ())
                return replace(plain, contributions=pick(wrong, what))
            case 2:
                rounds = pick((0, plain.round - study.last_round + 1), what)
                wrong_rounds = tuple(replace(each, rounds=rounds) for each in contributions)
                return replace(plain, contributions=wrong_rounds)
            case 3:
                return replace(plain, round=pick((study.last_round, 1000, 0), what))
            case 4:
                wrong_digests = (
                    replace(plain, parent=sha256(b"no parent")),
                    replace(plain, parent=study.last_digest or sha256(b"no model")),
                    replace(plain, digest=ZERO_DIGEST),
                    replace(plain, envelopes_root=ZERO_DIGEST),
                    replace(plain, round_record=ZERO_DIGEST),
                )
                return pick(wrong_digests, what)
            case _:
                return plain

    @rule(which=index, node=index, what=index, mistake=slip)
    @some_study
    def publish(self, which: int, node: int, what: int, mistake: int) -> None:
        study = self.a_study(which)
        publication = self.publication(study, what, mistake)
        self._publish(study, self.a_node(study, node), publication)

    def _publish(self, study: Study, node: str, publication: Publication) -> bool:
        self.publications.append((study.number, node, publication))
        return self.act(node, study.address, "Study", "publish", publication)

    @rule(which=index, what=index, times=st.integers(1, 2))
    @some_study
    def equivocate(self, which: int, what: int, times: int) -> None:
        """A node publishes several models for one round."""
        study = self.a_study(which)
        node, publication = self.a_node(study, what), self.publication(study, what)
        self._publish(study, node, publication)
        for time in range(times):
            other = replace(publication, digest=sha256(b"other %d %d" % (what, time)))
            self._publish(study, node, other)

    @rule(which=index, what=index)
    @some_study
    def compete(self, which: int, what: int) -> None:
        """Every node publishes a model of its own, and vouches for one of the others'."""
        self.release()
        study = self.a_study(which)
        for step, node in enumerate(self.authorised(study)):
            publication = self.publication(study, what + step)
            self._publish(study, node, replace(publication, round=publication.round + step))
        for step, node in enumerate(self.authorised(study)):
            latest = self.state.studies[study.number]
            self._attest(latest, node, self._identity(latest, what + 5 * step), 2)

    @rule(which=index, who=index)
    @precondition(lambda self: self.publications)
    def publish_the_same(self, which: int, who: int) -> None:
        """A node publishes what it, or another one, published before."""
        number, node, publication = self.publications[-1 - which % min(4, len(self.publications))]
        study = self.state.studies[number]
        self._publish(study, self.a_node(study, who) if who % 4 else node, publication)

    @rule(which=index, node=index, level=st.sampled_from([1, 2, 2, 1, 0]))
    @some_study
    def attest(self, which: int, node: int, level: int) -> None:
        study = self.a_study(which)
        self._attest(study, self.a_node(study, node), self._identity(study, which), level)

    def _attest(self, study: Study, node: str, checkpoint: bytes, level: int) -> bool:
        return self.act(node, study.address, "Study", "attest", checkpoint, level)

    def _identity(self, study: Study, which: int) -> bytes:
        open_ones = study.candidates()
        if open_ones and which % 5:
            return pick(open_ones, which // 5).identity
        others: list[Checkpoint] = list(study.checkpoints.values())
        unknown = sha256(b"unknown")
        seconds = [each.second for each in study.equivocations]
        return pick([*(each.identity for each in others), *seconds, unknown], which)

    @rule(
        which=index, what=index, level=st.sampled_from([Level.SET_CHECKED, Level.MERGE_RECOMPUTED])
    )
    @some_study
    def a_round(self, which: int, what: int, level: Level) -> None:
        """A round as it should be: one node publishes, the others attest."""
        self.release()
        study = self.a_study(which)
        self._train(study, what, level)

    def _train(self, study: Study, what: int, level: Level | None = None) -> None:
        """A round, attested at the level given, or the least that the terms let count."""
        level = level or study.terms.parameters.level
        number, before = study.number, len(study.finals)
        nodes = self.authorised(study)
        if not nodes:
            return
        publication = self.publication(study, what)
        first = pick(nodes, what)
        known = set(study.checkpoints)
        self._publish(study, first, publication)
        made = set(self.state.studies[number].checkpoints) - known
        if what % 4 == 1:
            # A contributor that withdraws before its rounds are final keeps what it contributed.
            last = self.state.swarm.nodes[pick(nodes, what + 1)].institution
            sender = self.account_of(last)
            self.act(sender, study.address, "Study", "withdraw", 0, ZERO_DIGEST)
        for node in nodes:
            if not made or len(self.state.studies[number].finals) > before:
                return
            self._attest(study, node, next(iter(made)), level)

    @rule(which=index)
    @some_study
    def everyone_runs_a_node(self, which: int) -> None:
        """Every member without a node registers one."""
        self.release()
        self._everyone_runs_a_node()

    def _everyone_runs_a_node(self) -> None:
        swarm, notary = self.chain.house.swarm, self.chain.notary
        for number in self.members:
            if any(
                node.standing is NodeStanding.REGISTERED
                for node in self.state.swarm.nodes_of(number)
            ):
                continue
            node = self.fresh("node")
            proof = notary.node(swarm, number, node, self.now)
            args = node.address, self.now, proof
            self.act(self.account_of(number), swarm, "Swarm", "registerNode", *args)
