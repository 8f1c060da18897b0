"""What verifying an evidence bundle costs as histories grow.

The histories are told, not lived, and proven by seals, state and code as real ones are. Each size
is verified by a process of its own, whose memory is looked at; a peer there is only where another
size is one. Blocks without events cost nothing: a bundle does not know of them.
"""

from __future__ import annotations

import math
import subprocess
import sys
import tempfile
import time
from itertools import islice
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from tests.benchmarks.measurement import Measurement, measurement
from tests.peak import peak

if TYPE_CHECKING:
    from collections.abc import Sequence

SIZES = (10_000, 50_000, 250_000, 1_000_000)
MIDDLE = 100_000
TURNS = 3
MOST_BYTES = 120
MOST_MEMORY = 300
"""MiB resident, for the middle size."""
MOST_GROWTH = 1.1
"""Exponent of the time in the number of events; 1 is linear."""


def bench() -> list[Measurement]:
    """Measures all sizes."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        size = _write(folder, MIDDLE)
        _, resident = _verified(folder)
        times = []
        for events in SIZES:
            _write(folder, events)
            times.append(median(_verified(folder)[0] for _ in range(TURNS)))
    each = [1e6 * took / events for took, events in zip(times, SIZES, strict=True)]
    growth = _exponent(SIZES, times)
    told = ", ".join(f"{events:,}: {took:.1f} s" for events, took in zip(SIZES, times, strict=True))
    return [
        measurement(
            "audit",
            f"audit: evidence of {MIDDLE} events (bytes an event, beside what may be)",
            size / MIDDLE,
            MOST_BYTES,
            f"at most {MOST_BYTES}",
            met=size <= MOST_BYTES * MIDDLE,
        ),
        measurement(
            "audit",
            f"audit: memory for verifying {MIDDLE} events (MiB, beside what may be)",
            resident,
            MOST_MEMORY,
            f"at most {MOST_MEMORY}",
            met=resident <= MOST_MEMORY,
        ),
        measurement(
            "audit",
            f"audit: verifying {SIZES[-1]} events, beside {SIZES[0]} (µs an event; {told}; "
            f"exponent {growth:.2f})",
            each[-1],
            each[0],
            f"exponent at most {MOST_GROWTH}",
            met=growth <= MOST_GROWTH,
        ),
    ]


def _exponent(sizes: Sequence[int], times: Sequence[float]) -> float:
    """The slope of the best line through the logarithms."""
    xs, ys = [math.log(size) for size in sizes], [math.log(took) for took in times]
    x, y = sum(xs) / len(xs), sum(ys) / len(ys)
    return sum((a - x) * (b - y) for a, b in zip(xs, ys, strict=True)) / sum(
        (a - x) ** 2 for a in xs
    )


def _write(folder: Path, events: int) -> int:
    """Writes a bundle and its trust file; the bundle's bytes."""
    from tests.generating import CHAIN_ID, HISTORY, records  # noqa: PLC0415 - not measured
    from tests.sealed import sealed_bundle  # noqa: PLC0415

    told = tuple(islice(records(checkpoints=max(40, events // 4)), events))
    assert len(told) == events, "the history is too short"
    bundle, trust = sealed_bundle(told, CHAIN_ID, HISTORY)
    data = bundle.to_bytes()
    (folder / "evidence.zip").write_bytes(data)
    trust.save(folder / "trust.json")
    return len(data)


def _verified(folder: Path) -> tuple[float, float]:
    """Seconds and MiB of a process that verifies."""
    words = [sys.executable, "-m", "tests.benchmarks.audit", str(folder)]
    told = subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True).stdout.split()
    return float(told[0]), float(told[1])


def _verify(folder: Path) -> None:
    from governance.audit.verify import verify  # noqa: PLC0415
    from governance.chain.house import Trust  # noqa: PLC0415

    trust, data = Trust.load(folder / "trust.json"), (folder / "evidence.zip").read_bytes()
    start = time.perf_counter()
    verify(data, trust)
    took = time.perf_counter() - start
    print(took, peak())


if __name__ == "__main__":
    if len(sys.argv) > 1:
        _verify(Path(sys.argv[1]))
    else:
        print(*bench(), sep="\n")
