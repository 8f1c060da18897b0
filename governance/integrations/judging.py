"""Asks the gate for what a framework has received, and remembers what became of each update."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, TypeVar

from governance.checkpoints import Chronicle
from governance.checkpoints.envelope import SignedEnvelope
from governance.errors import CharterError
from governance.gate.rules import in_round
from governance.integrations.contributing import Invitation
from governance.integrations.errors import AttemptUsed
from governance.primitives import to_hex
from governance.telling import teller

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from governance.checkpoints import Package
    from governance.gate import Decision, EvidenceLog, Gate, LiveView

ENVELOPE_MISSING: Final = "EnvelopeMissing"
ENVELOPE_INVALID: Final = "EnvelopeInvalid"
REPEATED: Final = "Repeated"

logger = teller(__name__)

_Model = TypeVar("_Model")


@dataclass(frozen=True, slots=True)
class Received:
    """An update as a framework hands it over.

    Attributes:
        sender: What the framework calls the sender. It proves nothing.
        envelope: The envelope's JSON text, or `None` if there was none.
        update: The update's arrays by name; empty where they could not be read, or are not needed
            any more.
    """

    sender: str
    envelope: str | bytes | None
    update: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Judged:
    """What became of an update.

    Attributes:
        received: What came.
        reason: `Authorised`; another of the gate's reasons; or one that needs no gate:
            `EnvelopeMissing`, `EnvelopeInvalid`, `Repeated` (the envelope has counted already).
        signed: The envelope, if it is one.
        decision: The gate's decision, if it was asked.
    """

    received: Received
    reason: str
    signed: SignedEnvelope | None = None
    decision: Decision | None = None

    @property
    def merged(self) -> bool:
        """Whether the update may be merged, now and once."""
        return self.decision is not None and self.decision.accepted and not self.decision.repeated

    @property
    def institution(self) -> int:
        """Number of the node's institution; 0 if there is none."""
        return self.decision.institution if self.decision else 0

    def without_update(self) -> Judged:
        """The same without the arrays, which take much memory."""
        return replace(self, received=replace(self.received, update={}))

    def as_json(self) -> dict[str, str | int | bool]:
        """What became of it, as plain data."""
        digest = to_hex(self.decision.envelope_digest) if self.decision else ""
        return {
            "sender": self.received.sender,
            "merged": self.merged,
            "reason": self.reason,
            "institution": self.institution,
            "node": self.signed.node if self.signed else "",
            "envelopeDigest": digest,
        }


@dataclass(slots=True)
class JudgedRound:
    """A round as a merging node saw it.

    Attributes:
        invitation: What those who train were told of it.
        judged: What became of every update that came, in the order in which it was asked.
    """

    invitation: Invitation
    judged: list[Judged] = field(default_factory=list)

    def accepted(self) -> list[Judged]:
        """What may be merged, in an order that all have: by institution, then node.

        Floating-point sums depend on the order, and updates arrive in any.
        """
        merged = [(each, each.signed) for each in self.judged if each.merged]
        known = [(each, signed) for each, signed in merged if signed is not None]
        return [
            each for each, _ in sorted(known, key=lambda one: (one[0].institution, one[1].node))
        ]

    def updates(self) -> list[tuple[SignedEnvelope, Mapping[str, Any]]]:
        """What may be merged, as `checkpoints.Merge` takes it, until the arrays are let go of."""
        return [(each.signed, each.received.update) for each in self.accepted() if each.signed]

    def institutions(self) -> frozenset[int]:
        """Who contributes."""
        return frozenset(each.institution for each in self.accepted())

    def refused(self) -> list[Judged]:
        """What may not be merged."""
        return [each for each in self.judged if not each.merged]

    def let_go(self) -> None:
        """Keeps no arrays any more: the round is merged, or never will be."""
        self.judged = [each.without_update() for each in self.judged]


class Judge:
    """A merging node: opens rounds, and asks its gate for whatever comes in.

    Attributes:
        gate: The gate that decides.
        rounds: The rounds opened by this process, in their order. The arrays of what was accepted
            stay in the newest, until it lets go of them.
        chronicle: What the gate decided since the last final checkpoint.
    """

    def __init__(
        self, gate: Gate, view: LiveView, evidence: EvidenceLog, *, keeps_updates: bool = False
    ) -> None:
        """Sets up a merging node.

        Args:
            gate: Decides.
            view: What the gate looks at; refreshed before each round and each batch of updates, so
                that what has happened on the chain until then counts.
            evidence: Where the gate writes its decisions.
            keeps_updates: Whether the updates of the rounds since the last final checkpoint stay in
                memory, for its package: where the terms ask for recomputation, others need them.
        """
        self.gate = gate
        self.view = view
        self.rounds: list[JudgedRound] = []
        self.chronicle = Chronicle.of(gate.study, evidence, kept_in=evidence)
        self._evidence = evidence
        self._keeps_updates = keeps_updates
        self._closed = False

    def close(self) -> None:
        """Has every decision on the disk; nothing is accepted afterwards."""
        if not self._closed:
            self._closed = True
            self.gate.close_round()
            self._evidence.close()

    def next_round(self) -> int:
        """The round after the last final one.

        Raises:
            CharterError: If the chain cannot be read.
        """
        self.view.refresh()
        return self.view.look().state.study(self.gate.study).last_round + 1

    def open(self, number: int, attempt: int, seconds: float) -> Invitation:
        """Opens a round in the gate.

        Args:
            number: The round, counted from 1.
            attempt: Which try at it, counted from 1.
            seconds: For how long envelopes for it count.

        Raises:
            AttemptUsed: If something was accepted in this attempt, or in a later one, before.
            CharterError: If the chain cannot be read: who does not know the parent cannot tell it;
                or if it cannot be written down that the round begins.
        """
        # Should this fail, nothing for the round before may come in either.
        self.gate.close_round()
        self.view.refresh()
        look = self.view.look()
        deadline = max(look.time, time.time()) + seconds
        invitation = Invitation.of(
            look, self.gate.study, number, attempt=attempt, deadline=deadline
        )
        self.chronicle.forget(look.state.study(self.gate.study).last_round)
        used = self.chronicle.used(number)
        if attempt <= used:
            # What was accepted then would count as merged now, and is not merged again.
            raise AttemptUsed(number, attempt, used)
        self.chronicle.open(number, attempt)
        self.gate.open_round(number, attempt, invitation.parent)
        for each in self.rounds[-1:]:
            each.let_go()
        self.rounds.append(JudgedRound(invitation))
        return invitation

    def close_round(self) -> None:
        """Lets nothing more come into the open round: it is about to be merged.

        A framework that hands over updates in one thread and merges in another calls this first,
        and never while it judges. What was accepted afterwards would be told of as merged.
        """
        self.gate.close_round()

    def judge(self, batch: Sequence[Received]) -> list[Judged]:
        """Asks the gate for updates of the open round.

        Args:
            batch: What came.

        Returns:
            What became of each, in the order of `batch`.
        """
        with suppress(CharterError):
            # The gate itself refuses once the view is too old.
            self.view.refresh()
        judged = [self._judge(each) for each in batch]
        if self.rounds:
            self.rounds[-1].judged += judged
        return judged

    def suffices(self) -> bool:
        """Whether as many institutions contribute to the open round as the terms ask for."""
        if not self.rounds:
            return False
        study = self.view.look().state.study(self.gate.study)
        least = study.terms.parameters.minimum_contributors
        return len(self.rounds[-1].institutions()) >= max(least, 1)

    def merge(self, merge: Callable[[JudgedRound], _Model | None]) -> _Model | None:
        """Has the newest round merged, if all that was accepted for it may still be.

        While others train on, an institution may withdraw, a node be revoked, the terms change,
        another checkpoint become final, or the chain turn out to lie. So the view is refreshed and
        the gate asked again. One contributor that is out costs the round: the contract takes no
        publication that names who has left, and a record without it would not be what the gate
        wrote down.

        Args:
            merge: Makes the model of what was accepted, or nothing.

        Returns:
            The model. If there is none, or `merge` fails, the record of the rounds names nobody as
            a contributor to this one.
        """
        current = self.rounds[-1]
        said = current.invitation
        model = None
        try:
            if self._stands(current):
                model = merge(current)
        finally:
            if model is None:
                self.chronicle.leave_out(said.round, said.attempt)
        if model is not None:
            self.chronicle.merge(said.round, said.attempt)
        return model

    def package(self, folder: Path, last: int, model: Path) -> Package:
        """Writes the package of the checkpoint that the rounds up to one make.

        Args:
            folder: Where it is written; nothing may be there.
            last: The last round that it covers.
            model: The merged model: a file or a folder.

        Raises:
            CharterError: If the chain cannot be read; else see `Chronicle.package`.
        """
        self.view.refresh()
        look = self.view.look()
        study = look.state.study(self.gate.study)
        at = max(look.time, int(time.time()))
        return self.chronicle.package(folder, study, last, at, model=model)

    def _stands(self, current: JudgedRound) -> bool:
        """Whether a round may be merged now; if not, the log says why."""
        with suppress(CharterError):
            # As for a batch: the gate knows how old the view is.
            self.view.refresh()
        reasons = []
        for each in current.accepted():
            assert each.signed is not None
            assert each.decision is not None
            reason = self.gate.confirm(each.signed, each.decision)
            if reason is not None:
                node = each.signed.node
                reasons.append(
                    f"the gate says {reason} by now of institution {each.institution}'s node {node}"
                )
        if not reasons and not self.suffices():
            contributors = len(current.institutions())
            reasons.append(f"{contributors} institutions contribute, fewer than the terms ask for")
        for why in reasons:
            logger.warning("round %s is not merged: %s", current.invitation.round, why)
        return not reasons

    def _judge(self, received: Received) -> Judged:
        signed = _signed(received)
        if signed is None:
            absent = received.envelope is None
            judged = Judged(received, ENVELOPE_MISSING if absent else ENVELOPE_INVALID)
        else:
            decision = self.gate.check(signed, received.update)
            decision = in_round(decision, signed.envelope, self.gate.round)
            # The gate gives an envelope the answer it gave before; merged it is but once.
            again = decision.repeated and decision.accepted
            reason = REPEATED if again else decision.reason.value
            judged = Judged(received, reason, signed, decision)
            if not decision.repeated:
                update = received.update if decision.accepted and self._keeps_updates else None
                self.chronicle.note(signed, decision, update)
        if not judged.merged:
            logger.warning("the update of %s is refused: %s", received.sender, judged.reason)
            # Strangers fill no memory.
            return judged.without_update()
        return judged


def _signed(received: Received) -> SignedEnvelope | None:
    """The envelope that came with an update, if it is one."""
    if received.envelope is not None:
        with suppress(CharterError):
            return SignedEnvelope.from_bytes(received.envelope)
    return None
