"""Who holds a lock, seen while files are opened and closed beside it."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from typing import TYPE_CHECKING

from deploy.network.holder import end, holds

if TYPE_CHECKING:
    from pathlib import Path

RESTLESS = """
import os, sys
lock = int(sys.argv[1])
os.dup2(lock, 900)  # behind all others
os.close(lock)
print(flush=True)
while True:
    opened = [os.open(os.devnull, os.O_RDONLY) for _ in range(100)]
    for each in opened:
        os.close(each)
"""


def test_a_holder_is_seen_whatever_else_it_opens_and_closes(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    with lock.open("ab") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        words = [sys.executable, "-c", RESTLESS, str(held.fileno())]
        with subprocess.Popen(words, stdout=subprocess.PIPE, pass_fds=(held.fileno(),)) as restless:
            try:
                assert restless.stdout is not None
                restless.stdout.readline()
                assert all(holds(restless.pid, lock) for _ in range(100))
            finally:
                restless.kill()


def test_who_is_gone_and_who_never_was_holds_nothing(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    lock.touch()
    with subprocess.Popen(["true"]) as gone:
        gone.wait()
    for pid in (gone.pid, 2**30):
        assert not holds(pid, lock)
        assert not end(pid, lock)
    assert not holds(os.getpid(), tmp_path / "another")
