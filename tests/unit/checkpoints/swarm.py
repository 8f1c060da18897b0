"""A swarm of four whose history is written by hand, up to a published checkpoint."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from governance.checkpoints import (
    Accepted,
    Envelope,
    Examination,
    Package,
    Refused,
    RoundRecord,
    SignedEnvelope,
    checkpoint_id,
    examine,
    merge_by_name,
    model_digest,
    publication,
    recompute,
    update_digest,
    write_package,
)
from governance.gate import Decision, Entry, Reason
from governance.history import events as e
from governance.primitives import sign
from governance.terms import canonical, digest, parameters, parameters_hash
from governance.vocabulary import ZERO_DIGEST, Action
from tests.unit.gate.world import TERMS, key_of, node_of
from tests.unit.history.chronicle import RULES, address
from tests.unit.history.chronicle import Chronicle as History

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from governance.terms import Terms
    from governance.vocabulary import Parameters

CHAIN_ID = 31_337
STUDY = address("study 1")
MEMBERS = (1, 2, 3, 4)
START = np.array([0.25, -1.0, 3.0])
MERGE = "weighted-mean-change"


@dataclass
class Swarm:
    """Its history, the updates sent, and where packages are written."""

    folder: Path
    history: History = field(default_factory=History)
    weights: Any = field(default_factory=START.copy)
    terms: Terms = TERMS
    enforced: Parameters = field(default_factory=lambda: parameters(TERMS))

    def __post_init__(self) -> None:
        history = self.history
        history.emit(
            e.SwarmFounded(bytes(32), history.governor, history.studies, history.relay, RULES)
        )
        for number in MEMBERS:
            history.apply(number).emit(e.InstitutionAdmitted(number))
        history.later()
        for number in MEMBERS:
            history.emit(e.NodeRegistered(number, node_of(number)))
        history.later().emit(e.StudyOpened(1, STUDY, address("benefits 1"), 1))
        history.emit(e.TermsProposed(1, 1, *self._digests(), canonical(self.terms), self.enforced))
        history.emit(e.TermsInForce(1)).later()
        for number in MEMBERS:
            self.sign(number)
        history.emit(e.ActionApproved(1, Action.START, ZERO_DIGEST))
        history.emit(e.StudyStarted()).later()

    def _digests(self) -> tuple[bytes, bytes]:
        return digest(self.terms), parameters_hash(self.enforced)

    def sign(self, number: int, version: int = 1) -> None:
        """An institution signs a version of the terms."""
        signed = e.TermsSigned(number, version, *self._digests(), bytes([1] * 32), bytes([2] * 32))
        self.history.emit(signed).later()

    def revoke(self, number: int) -> None:
        """An institution revokes its node."""
        self.history.emit(e.NodeRevoked(number, node_of(number))).later()

    # --- rounds -----------------------------------------------------------------------------------

    def send(
        self, number: int, round_: int = 1, *, key: bytes | None = None, **changes: Any
    ) -> tuple[SignedEnvelope, dict[str, Any]]:
        """A node's update of a round, and what a test changes of its envelope."""
        arrays = {"weights": np.array([number, round_, changes.get("attempt", 1)]) / 7}
        said = Envelope(
            **{
                "chain_id": CHAIN_ID,
                "study": STUDY,
                "terms_version": 1,
                "round": round_,
                "attempt": 1,
                "parent": self.history.study.last_digest,
                "update": update_digest(arrays),
                "records": 100 * number,
                "history_length": len(self.history.records),
                "deadline": self.history.time + 600,
                **changes,
            }
        )
        secret = key or key_of(number)
        return said.signed(node_of(number), lambda data: sign(data, secret)), arrays

    def model(self, rounds: Sequence[Sequence[tuple[SignedEnvelope, Any]]], name: str) -> Path:
        """The files of the model that merging gives."""
        merged = recompute(merge_by_name(MERGE), {"weights": self.weights}, rounds)
        return self.write_model(merged["weights"], name)

    def write_model(self, weights: Any, name: str) -> Path:
        folder = self.folder / name
        folder.mkdir(exist_ok=True)
        np.save(folder / "weights.npy", weights)
        (folder / "config.json").write_text("{}")
        return folder

    def package(
        self,
        merged: Sequence[tuple[SignedEnvelope, Any]],
        name: str = "package",
        *,
        refused: Sequence[tuple[SignedEnvelope, str]] = (),
        model: Path | None = None,
        updates: bool = True,
        institutions: dict[str, int] | None = None,
        record: RoundRecord | None = None,
        others: Sequence[SignedEnvelope] = (),
    ) -> Package:
        """The package that merging these gives, honest unless a test says otherwise."""
        nodes = {node_of(number): number for number in MEMBERS} | (institutions or {})
        first = self.history.study.last_round + 1
        last = max(signed.envelope.round for signed, _ in merged)
        by_round = [
            [each for each in merged if each[0].envelope.round == number]
            for number in range(first, last + 1)
        ]
        made = record or RoundRecord(
            first,
            last,
            tuple(
                Accepted(signed.envelope.round, nodes[signed.node], signed.envelope.digest)
                for signed, _ in merged
            ),
            tuple(
                Refused(each.envelope.round, nodes.get(each.node, 0), each.envelope.digest, why)
                for each, why in refused
            ),
        )
        return write_package(
            self.folder / name,
            record=made,
            envelopes=[*(each for each, _ in merged), *(each for each, _ in refused), *others],
            model=model or self.model(by_round, f"model of {name}"),
            updates={signed.envelope.update: arrays for signed, arrays in merged}
            if updates
            else None,
        )

    # --- publishing -------------------------------------------------------------------------------

    def publish(self, package: Package, by: int = 1, **changes: Any) -> bytes:
        """A node publishes what a package holds; returns the checkpoint's identity."""
        study = self.history.study
        said = replace(
            publication(study, package.record, model_digest(package.manifest())), **changes
        )
        identity = checkpoint_id(study.in_force, said)
        self.history.emit(
            e.CheckpointPublished(
                identity,
                said.round,
                node_of(by),
                by,
                study.in_force,
                said.parent,
                said.digest,
                said.contributions,
                said.envelopes_root,
                said.round_record,
            )
        ).later()
        return identity

    def finish(self, package: Package) -> None:
        """A checkpoint is published and becomes final."""
        identity = self.publish(package)
        self.history.emit(e.CheckpointFinal(identity, package.record.last, 1)).later()
        self.weights = np.load(package.model / "weights.npy")

    def examine(
        self, package: Package, checkpoint: bytes | None = None, **options: Any
    ) -> Examination:
        """What an examination of a package comes to; it is published first if it was not."""
        identity = checkpoint or self.publish(package)
        given = {"merge": merge_by_name(MERGE), "parent_model": self.write_model(self.weights, "p")}
        options = given | options
        return examine(package, self.history.records, identity, chain_id=CHAIN_ID, **options)


def entry(
    signed: SignedEnvelope, reason: Reason = Reason.AUTHORISED, institution: int = 0
) -> Entry:
    """A line of a gate's evidence."""
    decision = Decision(
        reason=reason,
        institution=institution,
        node=signed.node,
        envelope_digest=signed.envelope.digest,
        length=1,
        head=bytes(32),
        at=0,
    )
    return Entry(1, signed, decision)
