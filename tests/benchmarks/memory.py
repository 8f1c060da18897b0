"""What the view of a large swarm takes of memory: its history folded by a process of its own.

There is no peer to hold it against; the target is a number of bytes.
"""

from __future__ import annotations

import pickle
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from governance.history import State, fold, select
from tests.benchmarks.measurement import Measurement, measurement

if TYPE_CHECKING:
    from collections.abc import Iterator

    from governance.history import Log

INSTITUTIONS, NODES, STUDIES, SIGNATORIES = 1_000, 10, 1_000, 50
LIMIT = 200
"""MiB that the whole process may have resident."""

_CHUNK = 5_000


def bench() -> list[Measurement]:
    """Measures the resident memory of a process that holds the view."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "logs"
        with path.open("wb") as file:
            count = 0
            for chunk in _written():
                pickle.dump(chunk, file)
                count += len(chunk)
        words = [sys.executable, "-m", "tests.benchmarks.memory", str(path)]
        told = subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True).stdout.split()
    before, after = (float(each) for each in told)
    large = f"{INSTITUTIONS} institutions x {NODES} nodes, {STUDIES} studies of {SIGNATORIES}"
    row = measurement(
        "memory",
        f"gate: view of {large} signatories, {count} events (MiB, beside the bare process)",
        after,
        before,
        f"at most {LIMIT} MiB",
        met=after <= LIMIT,
    )
    return [row]


def _written() -> Iterator[list[Log]]:
    """The history, in pieces."""
    from governance.history import events as e  # noqa: PLC0415 - not for the process measured
    from tests.unit.history.chronicle import Chronicle, address  # noqa: PLC0415

    text = (Path(__file__).parents[2] / "examples" / "terms.yaml").read_bytes()
    chronicle = Chronicle(INSTITUTIONS)
    for number in range(1, INSTITUTIONS + 1):
        for node in range(1, NODES):
            chronicle.emit(e.NodeRegistered(number, address(f"node {number} {node}")))
    for study in range(1, STUDIES + 1):
        terms = text + str(study).encode()
        chronicle.open(study, terms=terms)
        for place in range(SIGNATORIES):
            chronicle.sign((study + place) % INSTITUTIONS + 1, study=study, terms=terms)
        if len(chronicle.logs) >= _CHUNK:
            yield chronicle.logs
            chronicle.logs = []
    yield chronicle.logs


def _hold(path: Path) -> None:
    before, state = _resident(), State()
    with path.open("rb") as file:
        while chunk := _next(file):
            state = fold(select(chunk, state.emitters), state)
            del chunk
    assert len(state.studies) == STUDIES
    print(before, _resident())


def _next(file: object) -> list[Log]:
    try:
        found: list[Log] = pickle.load(file)  # type: ignore[arg-type]
    except EOFError:
        return []
    return found


def _resident() -> float:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return round(int(line.split()[1]) / 1024, 1)
    raise AssertionError("the kernel tells no resident memory")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        _hold(Path(sys.argv[1]))
    else:
        print(*bench(), sep="\n")
