"""How fast updates are digested, beside hashing the same files by hashlib and by openssl."""

from __future__ import annotations

import hashlib
import subprocess
import tempfile
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import numpy as np

from governance.checkpoints import (
    stored_arrays,
    update_digests,
    update_file_digest,
    write_safetensors,
)
from tests.benchmarks.measurement import Measurement, measurement, seconds

if TYPE_CHECKING:
    from collections.abc import Callable

SIZE = 2 << 30
LAYERS = 16
FILES = 4
TURNS = 3
ONE, SEVERAL = 1 / 0.9, 1.0
"""How many times as long as the faster peer we may take."""


def bench() -> list[Measurement]:
    """Measures in turns, on files that the kernel holds in memory."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        one = [_written(folder / "one.safetensors", SIZE)]
        row = _row(
            "digest: an update of 2 GiB, beside the faster of hashlib and openssl (s)",
            lambda: update_file_digest(one[0]),
            one,
            ONE,
        )
        one[0].unlink()
        several = [
            _written(folder / f"{number}.safetensors", SIZE // FILES) for number in range(FILES)
        ]
        return [
            row,
            _row(
                f"digest: {FILES} updates of 0.5 GiB, beside the faster of the two (s)",
                lambda: update_digests([stored_arrays(each) for each in several]),
                several,
                SEVERAL,
            ),
        ]


def _written(path: Path, size: int) -> Path:
    layer = np.arange(size // LAYERS // 4, dtype=np.uint32).view(np.float32)
    write_safetensors(path, {f"layer {number}": layer for number in range(LAYERS)})
    return path


def _hashlib(paths: list[Path]) -> None:
    for path in paths:
        with path.open("rb") as file:
            hashlib.file_digest(file, "sha256")


def _openssl(paths: list[Path]) -> None:
    words = ["openssl", "dgst", "-sha256", *map(str, paths)]
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)


def _row(name: str, work: Callable[[], object], paths: list[Path], target: float) -> Measurement:
    took: list[tuple[float, float, float]] = []
    for _ in range(TURNS):
        turn = work, lambda: _hashlib(paths), lambda: _openssl(paths)
        ours, first, second = map(seconds, turn)
        took.append((ours, first, second))
    own, *peers = (median(column) for column in zip(*took, strict=True))
    other = min(peers)
    met = own <= target * other
    return measurement("digest", name, own, other, f"at most {target:.2f}", met=met)


if __name__ == "__main__":
    for row in bench():
        print(row)
