"""NVFlare's simulator, started again where it has lost a site before the work began.

The simulator finds each site a free port in a thread of its own and starts the site's process from
there. What another thread is starting at that moment holds the port a little longer, the simulator
takes it for the site, and has lost it when it lets go (seen with 2.9.0, on busy machines with every
third start). A job that needs all of its sites then waits for nothing. Nothing has been trained and
nothing signed by then, so starting again repeats nothing.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from nvflare.private.fed.app.utils import kill_child_processes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from nvflare.job_config.api import FedJob

STARTS = 20

_PAUSE = 0.2
_LOST = re.compile(r"(Communication error with|Subprocess died for) client ")
_BEGUN = "successfully configured clients "


def simulate(job: Callable[[], FedJob], workspace: Path, sites: Sequence[str]) -> None:
    """Runs a job in the simulator, each site a process of its own.

    Args:
        job: Makes the job, anew for each start.
        workspace: Where the simulator works; emptied first.
        sites: All sites. The job needs each of them.

    Raises:
        RuntimeError: If the simulator loses a site at every start.
    """
    with _scratch():
        for _ in range(STARTS):
            shutil.rmtree(workspace, ignore_errors=True)
            over = threading.Event()
            watch = threading.Thread(target=_end_if_lost, args=(workspace, over))
            watch.start()
            try:
                job().simulator_run(str(workspace), clients=list(sites), threads=len(sites))
            finally:
                over.set()
                watch.join()
            if not _has_lost(workspace):
                return
    raise RuntimeError(f"the simulator has lost a site at each of {STARTS} starts: see its log")


@contextmanager
def _scratch() -> Iterator[None]:
    """Has the simulator put there what it leaves behind when it is ended."""
    before = os.environ.copy()
    # Sockets lie in it, whose paths must be short.
    with tempfile.TemporaryDirectory(prefix="") as folder:
        os.environ["TMPDIR"] = folder
        try:
            yield
        finally:
            os.environ.clear()
            os.environ.update(before)


def _end_if_lost(workspace: Path, over: threading.Event) -> None:
    while not over.wait(_PAUSE):
        if _has_lost(workspace):
            kill_child_processes(os.getpid())
            return


def _has_lost(workspace: Path) -> bool:
    """Whether a site was lost before all of them had what they need to begin."""
    try:
        log = (workspace / "server" / "log.txt").read_text()
    except FileNotFoundError:
        return False
    return _BEGUN not in log and _LOST.search(log) is not None
