"""How much memory this process has had at most."""

from __future__ import annotations

from pathlib import Path


def peak() -> float:
    """MiB resident at most since the program was started.

    Not `ru_maxrss`: that begins with what the process had that started this one.
    """
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise AssertionError("the kernel tells no peak")
