"""One round of swarm learning as every swarm runs it, with the gate before the merge.

Nothing here knows how updates travel or where the chain is: a hospital trains and signs, whoever
merges asks its gate for every update and merges what it lets pass.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

from deploy.demo.model import LOCAL_STEPS, local_update
from deploy.demo.patients import Array
from governance.checkpoints import merge_by_name, recompute, update_digest
from governance.gate import Decision, Envelope, SignedEnvelope

ANNOUNCED_FOR = 600
"""Seconds for which an envelope of the demo counts."""

MERGE = merge_by_name("weighted-mean-change")
"""How the demo merges: the mean of what the hospitals change, weighted by their patients."""

_ARRAY = "weights"


@dataclass(frozen=True, slots=True)
class Round:
    """What all who take part in a round agree on before it begins.

    Attributes:
        chain_id: The chain that the study lives on.
        study: Address of the study's contract.
        terms_version: The version of the terms in force.
        number: The round, counted from 1.
        attempt: Which try at it, counted from 1.
        parent: Digest of the last final checkpoint; zero before the first.
        weights: The model to go on from.
        history_length: Length of the history that the nodes know.
        begun_at: Unix seconds.
    """

    chain_id: int
    study: str
    terms_version: int
    number: int
    attempt: int
    parent: bytes
    weights: Array
    history_length: int
    begun_at: int


@dataclass(frozen=True, slots=True)
class Participant:
    """A node that takes part in a round, with the patients it trains on.

    Attributes:
        node: Address of its node key.
        sign: Signs 32 bytes with that key.
        features: Training patients' features, which stay here.
        disease: Their outcomes, which stay here too.
        factor: What the node multiplies its update with; anything but 1 is a lie.
    """

    node: str
    sign: Callable[[bytes], bytes]
    features: Array
    disease: Array
    factor: float = 1.0


@dataclass(frozen=True, slots=True)
class Announcement:
    """What travels: an update and the signed envelope that announces it."""

    envelope: SignedEnvelope
    update: Array


@dataclass(frozen=True, slots=True)
class RoundResult:
    """How a round went.

    Attributes:
        weights: The merged model.
        announcements: All that was sent, in the order in which it was judged.
        decisions: What the gate said to each.
    """

    weights: Array
    announcements: tuple[Announcement, ...]
    decisions: tuple[Decision, ...]

    @property
    def accepted(self) -> tuple[Announcement, ...]:
        """What was merged."""
        return tuple(
            announcement
            for announcement, decision in zip(self.announcements, self.decisions, strict=True)
            if decision.accepted
        )


def named(update: Array) -> dict[str, Array]:
    """An update as its digest takes it: arrays by name."""
    return {_ARRAY: update}


def announce(participant: Participant, current: Round) -> Announcement:
    """Trains on the participant's patients and signs what comes of it."""
    update = participant.factor * local_update(
        current.weights, participant.features, participant.disease, LOCAL_STEPS
    )
    envelope = Envelope(
        chain_id=current.chain_id,
        study=current.study,
        terms_version=current.terms_version,
        round=current.number,
        attempt=current.attempt,
        parent=current.parent,
        update=update_digest(named(update)),
        records=len(participant.disease),
        history_length=current.history_length,
        deadline=current.begun_at + ANNOUNCED_FOR,
    )
    return Announcement(envelope.signed(participant.node, participant.sign), update)


def merged(weights: Array, accepted: Sequence[Announcement]) -> Array:
    """The model after a round; every hospital computes the same, whatever came first."""
    updates = [(sent.envelope, named(sent.update)) for sent in accepted]
    model: Array = recompute(MERGE, named(weights), [updates])[_ARRAY]
    return model


def run_round(
    participants: Sequence[Participant],
    current: Round,
    ask: Callable[[SignedEnvelope, Mapping[str, Array]], Decision],
    threads: Executor,
) -> RoundResult:
    """Lets every participant train in a thread of its own and merges what the gate lets pass.

    Args:
        participants: Who takes part.
        current: What they agree on.
        ask: The merging node's gate (`Gate.check`).
        threads: Where the participants work.
    """
    announcements = tuple(threads.map(announce, participants, [current] * len(participants)))
    decisions = tuple(ask(sent.envelope, named(sent.update)) for sent in announcements)
    result = RoundResult(current.weights, announcements, decisions)
    return RoundResult(merged(current.weights, result.accepted), announcements, decisions)
