"""What it costs to start the command line: its help, and `charter status` on a running chain.

Each is a process of its own, as a person starts it; ours and the peer's run in turns.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path
from statistics import median

from deploy import embedded
from deploy.anvil import free_port
from tests.benchmarks.measurement import Measurement, measurement, seconds
from tests.journeys.swarm import Swarm

TURNS = 15
TWICE = 2.0
HELP_SECONDS = 0.1

BARE = """
import click
@click.group()
def main():
    "A bare click program."
@main.command()
def hello():
    "A command."
main()
"""


def bench() -> list[Measurement]:
    """Measures both beside their peers."""
    return [_help(), _status()]


def _help() -> Measurement:
    with tempfile.NamedTemporaryFile("w", suffix=".py") as bare:
        bare.write(BARE)
        bare.flush()
        ours, peer = _in_turns(
            [sys.executable, "-m", "cli", "--help"], [sys.executable, bare.name, "--help"], {}
        )
    return measurement(
        "cli",
        "cli: charter --help beside a bare click program's (ms)",
        1000 * ours,
        1000 * peer,
        f"at most {TWICE:g} times, and {1000 * HELP_SECONDS:g} ms",
        met=ours <= TWICE * peer and ours < HELP_SECONDS,
    )


def _status() -> Measurement:
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        started = embedded.up(home / "chain", port=free_port())
        try:
            Swarm.found(home, started.endpoint)
            ours, peer = _in_turns(
                [sys.executable, "-m", "cli", "status"],
                [sys.executable, "-c", "import web3"],
                {"CHARTER_HOME": folder},
            )
        finally:
            embedded.down(home / "chain")
    return measurement(
        "cli",
        "cli: charter status on a running chain beside import web3 (ms)",
        1000 * ours,
        1000 * peer,
        "less",
        met=ours < peer,
    )


def _in_turns(ours: list[str], peer: list[str], environment: dict[str, str]) -> tuple[float, float]:
    """Median seconds of both commands, run in turns after one run each that does not count."""
    taken: tuple[list[float], list[float]] = ([], [])
    for turn in range(TURNS + 1):
        for command, times in zip((ours, peer), taken, strict=True):
            took = seconds(partial(_run, command, environment))
            if turn:
                times.append(took)
    return median(taken[0]), median(taken[1])


def _run(command: list[str], environment: dict[str, str]) -> None:
    subprocess.run(command, check=True, capture_output=True, env={**os.environ, **environment})


if __name__ == "__main__":
    for row in bench():
        print(row)
