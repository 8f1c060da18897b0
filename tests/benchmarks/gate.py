"""What a decision of the gate costs, beside the recovery of the signer's address alone.

Both sides recover from the same signatures and hash with the same keccak; the gate asks all its
rules. The digests are given on both sides: an envelope has its own since it was read.
"""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from coincurve import PublicKey

from governance.checkpoints import update_digest
from governance.gate import EvidenceLog, Gate, SignedEnvelope
from governance.primitives import keccak
from tests.benchmarks.measurement import Measurement, measurement, seconds
from tests.unit.gate.world import NOW, STUDY, UPDATE, World, envelope

if TYPE_CHECKING:
    from collections.abc import Iterator

    from governance.gate import Decision, Entry, Look

ROUNDS, NODES = 50, 4
TURNS = 5
BARE, WRITTEN = 1.3, 1.6
"""Recoveries that a decision may cost, and one that is written down."""


class _Nothing(EvidenceLog):
    """An evidence log that keeps nothing, to measure a decision without it."""

    def append(self, envelope: SignedEnvelope, decision: Decision) -> None:
        pass

    def __iter__(self) -> Iterator[Entry]:
        return iter(())


class _Still:
    """A view that is always the same one."""

    def __init__(self) -> None:
        self._look = World().look()

    def look(self) -> Look:
        return self._look


def bench() -> list[Measurement]:
    """Measures decisions against recoveries, in turns so that both meet the same machine."""
    digest = update_digest(UPDATE)
    texts = [
        [envelope(node, round=number, update=digest).to_bytes() for node in range(1, NODES + 1)]
        for number in range(1, ROUNDS + 1)
    ]
    return [
        _measure(texts, digest, _Nothing, BARE, "one decision"),
        _measure(texts, digest, EvidenceLog, WRITTEN, "one decision, written down"),
    ]


def _measure(
    texts: list[list[bytes]], digest: bytes, log: type[EvidenceLog], target: float, what: str
) -> Measurement:
    ours, peer = [], []
    for turn in range(TURNS):
        with tempfile.TemporaryDirectory() as folder, log(Path(folder) / "evidence") as evidence:
            gate = Gate(_Still(), STUDY, evidence, clock=lambda: NOW)
            for number, some in enumerate(texts, 1):
                asked = [SignedEnvelope.from_bytes(each) for each in some]
                known = [_recoverable(SignedEnvelope.from_bytes(each)) for each in some]
                gate.open_round(number)
                works = partial(_decide, gate, asked, digest), partial(_recover, known)
                first = (number + turn) % 2
                took = {place: seconds(works[place]) for place in (first, 1 - first)}
                assert all(gate.check(each, digest).accepted for each in asked)
                ours.append(took[0])
                peer.append(took[1])
    own, other = median(ours) / NODES * 1e6, median(peer) / NODES * 1e6
    return measurement(
        "gate",
        f"gate: {what}, beside coincurve's recovery with address (µs)",
        own,
        other,
        f"at most {target}",
        met=own <= target * other,
    )


def _decide(gate: Gate, asked: list[SignedEnvelope], digest: bytes) -> None:
    for signed in asked:
        gate.check(signed, digest)


def _recoverable(signed: SignedEnvelope) -> tuple[bytes, bytes]:
    return signed.signature[:64] + bytes([signed.signature[64] - 27]), signed.envelope.digest


def _recover(known: list[tuple[bytes, bytes]]) -> None:
    for signature, digest in known:
        key = PublicKey.from_signature_and_message(signature, digest, hasher=None)
        keccak(key.format(compressed=False)[1:])[12:]


if __name__ == "__main__":
    for row in bench():
        print(row)
