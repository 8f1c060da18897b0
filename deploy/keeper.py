"""The keeper of an embedded chain: a process in the background that starts anvil and stays with it.

``python -m deploy.keeper FOLDER RUN PORT [JOURNALS…]`` is started by `deploy.embedded`. It holds a
lock on the folder for as long as it lives, writes every new block into the log within a twentieth
of a second, takes dumps from time to time, and ends when asked by a file. The kernel gives the lock
back whatever the keeper dies of, and ends anvil with it. Its stdout takes one thing alone: the
error that it ends with, as JSON.
"""

from __future__ import annotations

import fcntl
import json
import os
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deploy.anvil import HOST, Anvil
from deploy.blocklog import BlockLog
from deploy.dumps import Dumps
from deploy.revival import Revival, Settings, revive
from governance.chain.files import write_atomically
from governance.errors import CharterError, ExitStatus

if TYPE_CHECKING:
    from types import FrameType

LOCK = "keeper.lock"
STATUS = "status.json"
STOP = "stop"
SETTINGS = "chain.json"
BUSY = 3
"""Exit status that says that another keeper holds the folder."""

_PERIOD = 0.05
_DUMP_SECONDS = 5.0
_DUMP_SHARE = 20
_LOCK_SECONDS = 1.0
_AT_ONCE = 500


class ChainNotKept(CharterError):
    """The machine does not let the keeper do its work: a full disk, a file that is in its way."""

    code = "ChainNotKept"
    exit_status = ExitStatus.LOCAL

    def __init__(self, folder: Path, error: OSError) -> None:
        # A full disk says so on writing, when nobody knows the file's name any more.
        where = f"{error.filename}: " if error.filename else ""
        super().__init__(
            f"The chain in {folder} cannot be kept: {where}{error.strerror or error}.",
            "Check the folder's permissions and the room on the disk, then start the chain again.",
        )


class Keeper:
    """Keeps one chain.

    Args:
        folder: the chain's folder.
        run: names this start of the chain, so that who started it knows its answers.
        port: where the chain listens.
        journals: folders of the journals of transactions.
    """

    def __init__(self, folder: Path, run: str, port: int, journals: list[Path]) -> None:
        self._folder = folder
        self._run = run
        self._port = port
        self._journals = journals
        self._stopping = False
        self._dumped = -1
        self._next_dump = time.monotonic() + _DUMP_SECONDS

    def write_status(self, phase: str, **more: Any) -> None:
        """Tells in the folder how things stand."""
        status = {"run": self._run, "phase": phase, "pid": os.getpid(), "port": self._port, **more}
        write_atomically(self._folder / STATUS, json.dumps(status, indent=2) + "\n", 0o644)

    def work(self) -> None:
        """Brings the chain back, keeps it, and ends it in good order when asked."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        (self._folder / STOP).unlink(missing_ok=True)
        for leftover in self._folder.glob(".load-*"):
            leftover.unlink()
        settings = Settings(**json.loads((self._folder / SETTINGS).read_text(encoding="utf-8")))
        log = BlockLog(self._folder / "blocks.jsonl")
        dumps = Dumps(self._folder)
        dump, report = revive(self._folder, settings, log, dumps, self._journals)
        begin = self._folder, self._port, settings.chain_id, settings.genesis, dump
        with Anvil(*begin) as anvil:
            anvil.keep_time()
            self._follow(anvil, log)
            self._dumped = -1 if dump is None else dump.number
            self._ready(anvil, settings, report)
            self._keep(anvil, log, dumps)

    def _ready(self, anvil: Anvil, settings: Settings, report: Revival) -> None:
        self.write_status(
            "ready",
            endpoint=f"http://{HOST}:{self._port}",
            chain_id=settings.chain_id,
            anvil=anvil.process.pid,
            report=report.as_json(),
        )

    def _keep(self, anvil: Anvil, log: BlockLog, dumps: Dumps) -> None:
        while not self._stopping and not (self._folder / STOP).exists():
            time.sleep(_PERIOD)
            if not anvil.alive:
                self.write_status("died")
                return
            try:
                self._follow(anvil, log)
                self._dump_now_and_then(anvil, log, dumps)
            except CharterError:
                # A chain that was killed breaks off its answer a moment before it is found dead.
                time.sleep(_PERIOD)
                if anvil.alive:
                    raise
        self._follow(anvil, log)
        if log.last != self._dumped:
            self._dump(anvil, log, dumps)
        anvil.end()
        self.write_status("stopped")

    def _follow(self, anvil: Anvil, log: BlockLog) -> None:
        newest = anvil.head()
        if newest == log.last:
            return
        start = log.last
        # Only who uses anvil's admin methods can take blocks back; the log then goes back with it.
        while start >= 0 and anvil.hash_of(start) != log.blocks[start].hash:
            start -= 1
        for first in range(start + 1, newest + 1, _AT_ONCE):
            log.append(anvil.blocks(range(first, min(first + _AT_ONCE, newest + 1))))

    def _dump_now_and_then(self, anvil: Anvil, log: BlockLog, dumps: Dumps) -> None:
        if log.last != self._dumped and time.monotonic() >= self._next_dump:
            self._dump(anvil, log, dumps)

    def _dump(self, anvil: Anvil, log: BlockLog, dumps: Dumps) -> None:
        begun = time.monotonic()
        dump = anvil.dump()
        # A dump is used only with a log that holds its block.
        self._follow(anvil, log)
        dumps.save(dump)
        self._dumped = dump.number
        ended = time.monotonic()
        self._next_dump = ended + max(_DUMP_SECONDS, _DUMP_SHARE * (ended - begun))

    def _stop(self, _signal: int, _frame: FrameType | None) -> None:
        self._stopping = True


def lock(folder: Path, seconds: float) -> int | None:
    """Takes the folder's lock; its file descriptor, or none if another process keeps it."""
    descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    deadline = time.monotonic() + seconds
    while True:
        with suppress(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return descriptor
        if time.monotonic() >= deadline:
            os.close(descriptor)
            return None
        time.sleep(_PERIOD / 5)


def is_held(folder: Path) -> bool:
    """Whether a keeper lives; asking never stands in the way of one that starts."""
    try:
        descriptor = os.open(folder / LOCK, os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def main(arguments: list[str]) -> int:
    """Becomes the keeper; the process that was started ends at once and leaves a child behind."""
    folder, run, port = Path(arguments[0]), arguments[1], int(arguments[2])
    try:
        # Open until the end: the lock is the descriptor's, and the child inherits it.
        held = lock(folder, _LOCK_SECONDS)
    except OSError as error:
        return _tell(ChainNotKept(folder, error))
    if held is None:
        return BUSY
    keeper = Keeper(folder, run, port, [Path(each) for each in arguments[3:]])
    try:
        keeper.write_status("starting")
        if os.fork():
            return 0
        # A status written by the process that has ended would name a stranger.
        keeper.write_status("starting")
        keeper.work()
    except (CharterError, OSError) as error:
        failed = error if isinstance(error, CharterError) else ChainNotKept(folder, error)
        with suppress(OSError):
            keeper.write_status("failed", error=failed.as_json())
        return _tell(failed)
    return 0


def _tell(error: CharterError) -> int:
    """Says why the keeper ends, to the log and to who started it, who may have gone meanwhile.

    A full disk takes neither status nor log; a pipe is never full of so little.
    """
    for stream, text in ((sys.stderr, error.message), (sys.stdout, json.dumps(error.as_json()))):
        with suppress(OSError):
            os.write(stream.fileno(), f"{text}\n".encode())
    return int(error.exit_status)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
