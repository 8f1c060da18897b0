"""Whether a process holds a lock: seen in the kernel's own tables, whatever a file says of it.

A process's number means another process once it has ended, on another machine, and in a container.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

_KIND = ("FLOCK", "WRITE")


def holds(pid: int, lock: Path) -> bool:
    """Whether a process holds the lock on a file for itself alone.

    Where it cannot be seen, it does not: of processes of other users, and on systems without
    `/proc`, nothing is known.
    """
    try:
        wanted = lock.stat()
        opened = list(Path(f"/proc/{pid}/fd").iterdir())
    except OSError:
        return False
    return any(_is_held_by(pid, each, wanted) for each in opened)


def end(pid: int, lock: Path) -> bool:
    """Asks a process to end if it holds the lock on a file; returns whether it was asked."""
    if sys.platform != "linux":
        return False
    try:
        process = os.pidfd_open(pid)
    except OSError:
        return False
    try:
        # The number is the process's for as long as that lives; if it ended, nobody is asked.
        if not holds(pid, lock):
            return False
        signal.pidfd_send_signal(process, signal.SIGTERM)
    except ProcessLookupError:
        return False
    finally:
        os.close(process)
    return True


def _is_held_by(pid: int, opened: Path, wanted: os.stat_result) -> bool:
    try:
        if not os.path.samestat(opened.stat(), wanted):
            return False
        told = Path(f"/proc/{pid}/fdinfo/{opened.name}").read_text(encoding="ascii")
    except OSError:
        # It was closed meanwhile.
        return False
    locks = (line.split() for line in told.splitlines() if line.startswith("lock:"))
    return any(all(word in line for word in _KIND) for line in locks)
