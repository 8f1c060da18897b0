"""Memory, processor and disk of a validator, idle and at work, from some minutes of each."""

from __future__ import annotations

import os
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import TYPE_CHECKING

from tests.network.measuring.load import Load

if TYPE_CHECKING:
    from tests.network.consortium import Consortium

RATES = (0, 1, 10, 100)
"""Acts a minute, by all institutions together."""

_DAY = 86_400
_SAMPLE = 5.0
_TICKS = os.sysconf("SC_CLK_TCK")
_MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class Cost:
    """What a validator took on average over a phase.

    Attributes:
        rate: acts a minute.
        acts: how many there were.
        blocks: how many blocks were made.
        memory: resident MiB, on average over time and validators.
        peak: resident MiB, the most that one had.
        processor: per cent of one core.
        disk: MiB a day by which the data of one grow.
    """

    rate: int
    acts: int
    blocks: int
    memory: float
    peak: float
    processor: float
    disk: float


def measure(consortium: Consortium, seconds: float) -> list[Cost]:
    """Runs a phase of so many seconds for each of the rates."""
    load = Load.on(consortium)
    return [_phase(consortium, load, rate, seconds) for rate in RATES]


def _phase(consortium: Consortium, load: Load, rate: int, seconds: float) -> Cost:
    pids = [consortium.pid(name) for name in consortium.names]
    folders = [place.data for place in consortium.places]
    resident: list[float] = []
    ending = threading.Event()

    def sample() -> None:
        while not ending.wait(_SAMPLE):
            resident.extend(_resident(pid) for pid in pids)

    disk, ticks = sum(map(_size, folders)), sum(map(_busy, pids))
    block, began = consortium.block(consortium.names[0]), time.monotonic()
    sampling = threading.Thread(target=sample)
    sampling.start()
    if rate:
        acts = load.run(seconds, rate / 60)
        load.holds(acts)
    else:
        acts = []
        time.sleep(seconds)
    ending.set()
    sampling.join()
    took, count = time.monotonic() - began, len(pids)
    return Cost(
        rate=rate,
        acts=len(acts),
        blocks=consortium.block(consortium.names[0]) - block,
        memory=mean(resident),
        peak=max(resident),
        processor=100 * (sum(map(_busy, pids)) - ticks) / _TICKS / took / count,
        disk=(sum(map(_size, folders)) - disk) / _MIB / count * _DAY / took,
    )


def _size(folder: Path) -> int:
    """Bytes that the files take on the disk."""
    blocks = 0
    for each in folder.rglob("*"):
        try:
            blocks += each.lstat().st_blocks
        except FileNotFoundError:
            # The engine merges its files as it goes.
            continue
    return 512 * blocks


def _resident(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise ProcessLookupError(pid)


def _busy(pid: int) -> int:
    """Clock ticks of the processor that a process has had."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return int(fields[11]) + int(fields[12])


def rows(costs: list[Cost]) -> list[str]:
    """A table of them."""
    return [
        "| acts a minute | acts | blocks | memory, mean | peak | of one core | disk a day |",
        "|--:|--:|--:|--:|--:|--:|--:|",
        *(
            f"| {each.rate} | {each.acts} | {each.blocks} | {each.memory:.0f} MiB "
            f"| {each.peak:.0f} MiB | {each.processor:.1f} % | {each.disk:.1f} MiB |"
            for each in costs
        ),
    ]
