"""What a decision of the gate costs, beside one bare recovery of a signature's key."""

import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from statistics import median
from typing import TypeVar

from coincurve import PublicKey

from governance.checkpoints import update_digest
from governance.gate import EvidenceLog, Gate, SignedEnvelope
from tests.unit.gate.world import NOW, STUDY, UPDATE, World, envelope

T = TypeVar("T")

ROUNDS = 50
NODES = 4
TARGET = 3.0
"""A decision may cost this many bare recoveries; DESIGN.md asks for one, plus lookups."""


def bench() -> dict[str, str | float | bool]:
    """Measures decisions against bare recoveries, in turns so that both meet the same machine."""
    digest = update_digest(UPDATE)
    # Read from their bytes, as they arrive: the gate computes each digest itself.
    asked = [
        [
            SignedEnvelope.from_bytes(envelope(node, round=number, update=digest).to_bytes())
            for node in range(1, NODES + 1)
        ]
        for number in range(1, ROUNDS + 1)
    ]
    recoverable = [
        (signed.signature[:64] + bytes([signed.signature[64] - 27]), signed.envelope.digest)
        for signed in (envelope(node) for node in range(1, NODES + 1))
    ]
    ours, peer = [], []
    with (
        tempfile.TemporaryDirectory() as folder,
        EvidenceLog(Path(folder) / "evidence.jsonl") as log,
    ):
        gate = Gate(World(), STUDY, log, clock=lambda: NOW)
        for number, signed in enumerate(asked, 1):
            gate.open_round(number)
            ours.append(_seconds(lambda each: gate.check(each, digest), signed))
            peer.append(_seconds(_recover, recoverable))
    own, other = median(ours) / NODES * 1e6, median(peer) / NODES * 1e6
    return {
        "name": "gate: one decision, written down, beside one bare recovery (µs)",
        "ours": round(own, 1),
        "peer": round(other, 1),
        "ratio": round(own / other, 2),
        "target": f"at most {TARGET} recoveries",
        "met": own / other <= TARGET,
        "command": "python -m tests.benchmarks.gate",
    }


def _recover(signed: tuple[bytes, bytes]) -> PublicKey:
    return PublicKey.from_signature_and_message(*signed, hasher=None)


def _seconds(work: Callable[[T], object], each: Iterable[T]) -> float:
    start = time.perf_counter()
    for item in each:
        work(item)
    return time.perf_counter() - start


if __name__ == "__main__":
    print(bench())
