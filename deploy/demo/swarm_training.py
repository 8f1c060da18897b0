"""Training as a swarm: every hospital asks its own gate and merges for itself.

There is no coordinator. Updates go to everybody; in each round another hospital leads, and all
others compute the same merge and compare.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from deploy.demo.model import initial_weights
from deploy.demo.training import Participant, Round, merged, named, run_round

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deploy.demo.hospital import Hospital
    from deploy.demo.patients import Array
    from deploy.demo.training import Announcement, RoundResult
    from governance.gate import Decision, Reason


@dataclass(frozen=True, slots=True)
class RefusedUpdate:
    """An update that was not merged.

    Attributes:
        round: The round.
        attempt: Which try at it.
        node: Who sent it.
        institution: Number of the node's institution; 0 if there is none.
        reason: Why it was refused.
    """

    round: int
    attempt: int
    node: str
    institution: int
    reason: Reason


@dataclass(slots=True)
class SwarmTraining:
    """One run of training, round by round.

    Attributes:
        hospitals: Who takes part, by number; changes between rounds.
        attempt: Which try at every round this run is.
        weights: The model.
        accepted: How many updates were merged.
        refused: What was not.
    """

    hospitals: list[Hospital]
    attempt: int
    weights: Array = field(default_factory=initial_weights)
    accepted: int = 0
    refused: list[RefusedUpdate] = field(default_factory=list)
    _threads: ThreadPoolExecutor = field(init=False, repr=False)

    def __enter__(self) -> SwarmTraining:
        # Every hospital works in a thread of its own.
        self._threads = ThreadPoolExecutor(max(len(self.hospitals), 1))
        return self

    def __exit__(self, *_: object) -> None:
        self._threads.shutdown()

    def leader(self, number: int) -> Hospital:
        """Who leads a round: everybody in turn."""
        return self.hospitals[number % len(self.hospitals)]

    def run(self, number: int, participants: Sequence[Participant]) -> RoundResult:
        """Runs a round.

        Args:
            number: The round.
            participants: Whoever sends an update, welcome or not.
        """
        leader = self.leader(number)
        for hospital in self.hospitals:
            hospital.gate().open_round(number, self.attempt)
        study = leader.view.look().state.study(1)
        current = Round(
            chain_id=leader.trust.chain_id,
            study=study.address,
            terms_version=study.in_force,
            number=number,
            attempt=self.attempt,
            parent=study.last_digest,
            weights=self.weights,
            history_length=leader.view.look().state.length,
            begun_at=int(time.time()),
        )
        result = run_round(participants, current, leader.gate().check, self._threads)
        _note(leader, result.announcements, result.decisions)
        others = [hospital for hospital in self.hospitals if hospital is not leader]
        for own in self._threads.map(self._follow, others, [result] * len(others)):
            assert np.array_equal(own, result.weights), "two hospitals merged differently"
        self.weights = result.weights
        self._count(number, result.decisions)
        return result

    def _follow(self, hospital: Hospital, result: RoundResult) -> Array:
        """What a hospital makes of a round that another led: its own gate, its own merge."""
        gate = hospital.gate()
        decisions = [gate.check(sent.envelope, named(sent.update)) for sent in result.announcements]
        _note(hospital, result.announcements, decisions)
        accepted = [
            sent
            for sent, decision in zip(result.announcements, decisions, strict=True)
            if decision.accepted
        ]
        return merged(self.weights, accepted)

    def _count(self, number: int, decisions: Sequence[Decision]) -> None:
        for each in decisions:
            if each.accepted:
                self.accepted += 1
            else:
                refused = RefusedUpdate(
                    number, self.attempt, each.node, each.institution, each.reason
                )
                self.refused.append(refused)


def _note(
    hospital: Hospital, announcements: Sequence[Announcement], decisions: Sequence[Decision]
) -> None:
    """Has a hospital remember what its gate decided, for the next checkpoint."""
    for sent, decision in zip(announcements, decisions, strict=True):
        hospital.chronicle.note(sent.envelope, decision, named(sent.update))
