"""Checks of what starts NVFlare's simulator; the frameworks' Python runs them.

A site is lost by a race that cannot be brought about at will, so a process stands in here for the
simulator that has lost one: it writes what the simulator writes and waits for what never comes.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from examples.nvflare.simulating import STARTS, simulate
from tests.frameworks.checks import run_all

LOST = "ERROR - Communication error with client node-1: [Errno 104] Connection reset by peer"
BEGUN = "INFO - successfully configured clients ['node-1']"
WAITS = [sys.executable, "-c", "import tempfile, time; tempfile.mkdtemp(); time.sleep(60)"]


class Simulator:
    """What a job's `simulator_run` does, by what it logs at each start."""

    def __init__(self, *logs: str) -> None:
        self.workspace = Path(tempfile.mkdtemp()) / "run"
        self.logs = list(logs)
        self.ended: list[int] = []
        self.scratch: set[str] = set()

    def simulator_run(self, workspace: str, *, clients: list[str], threads: int) -> None:
        assert clients == ["node-1"]
        assert threads == 1
        server = Path(workspace) / "server"
        server.mkdir(parents=True)
        self.scratch.add(os.environ["TMPDIR"])
        log = self.logs.pop(0)
        (server / "log.txt").write_text(log)
        waits = LOST in log and BEGUN not in log
        self.ended.append(subprocess.run(WAITS, check=False).returncode if waits else 0)

    def simulate(self) -> None:
        simulate(lambda: self, self.workspace, ["node-1"])


def check_a_lost_site_ends_the_start_and_another_follows() -> None:
    simulator = Simulator(LOST, LOST, BEGUN)
    before = dict(os.environ)
    simulator.simulate()
    assert simulator.ended == [-9, -9, 0]
    assert before == dict(os.environ)
    (scratch,) = simulator.scratch
    assert not Path(scratch).exists(), "something is left behind"


def check_what_has_begun_is_never_started_again() -> None:
    simulator = Simulator(f"{BEGUN}\n{LOST}")
    simulator.simulate()
    assert simulator.ended == [0]


def check_a_job_that_fails_otherwise_is_not_started_again() -> None:
    simulator = Simulator("ERROR - Simulator setup error")
    simulator.simulate()
    assert simulator.ended == [0]


def check_it_gives_up_in_the_end() -> None:
    simulator = Simulator(*[LOST] * STARTS)
    told = ""
    try:
        simulator.simulate()
    except RuntimeError as error:
        told = str(error)
    assert f"each of {STARTS} starts" in told
    assert len(simulator.ended) == STARTS


if __name__ == "__main__":
    run_all(globals())
