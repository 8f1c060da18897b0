"""One anvil process: how it is started, asked and ended."""

from __future__ import annotations

import contextlib
import ctypes
import gzip
import json
import os
import signal
import socket
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

from deploy.blocklog import LoggedBlock
from deploy.dumps import Dump
from deploy.programs import find_program
from governance.chain.errors import ChainUnreachable
from governance.chain.rpc import Rpc
from governance.errors import CharterError, ExitStatus

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

HOST = "127.0.0.1"
"""Loopback only: anvil's admin methods ask nobody who they are."""

KEPT_STATES = 512
"""Blocks back to which anvil can be asked for a past state; it keeps them in memory."""

_FLAGS = (
    *("--accounts", "0"),
    *("--gas-price", "0", "--base-fee", "0", "--disable-min-priority-fee"),
    *("--hardfork", "cancun"),
    *("--order", "fifo"),
    *("--prune-history", str(KEPT_STATES)),
    *("--host", HOST, "--no-cors", "--quiet"),
)
_START_SECONDS = 60.0
_END_SECONDS = 10.0
_PR_SET_PDEATHSIG = 1


class PortTaken(CharterError):
    """Another program listens where the embedded chain should."""

    code = "PortTaken"
    exit_status = ExitStatus.CHAIN

    def __init__(self, port: int) -> None:
        super().__init__(
            f"Another program listens on port {port} of this machine.",
            "End it, or choose another port.",
        )


class AnvilFailed(CharterError):
    """The chain's process ends while it is being started."""

    code = "AnvilFailed"
    exit_status = ExitStatus.CHAIN

    def __init__(self, said: str) -> None:
        super().__init__(
            f"The chain's process does not start: {said}.",
            "Look into anvil.log in the chain's folder.",
        )


def require_free(port: int, patience: float = 0.0) -> None:
    """Makes sure that nobody listens on a port.

    Args:
        port: on loopback.
        patience: seconds given to a program that is just ending.

    Raises:
        PortTaken: somebody does.
    """
    deadline = time.monotonic() + patience
    while not _is_free(port):
        if time.monotonic() >= deadline:
            raise PortTaken(port)
        time.sleep(0.02)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        # As anvil itself binds: a connection that lingers after its end is no listener.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """A port on which nobody listens now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


class Anvil:
    """A running anvil; a context manager that ends it.

    It ends with the process that started it (on Linux, the kernel sees to that), so that none is
    ever left behind without its keeper.

    Args:
        folder: for its log and the state it loads.
        port: where it listens, on loopback.
        chain_id: the chain's number.
        genesis: Unix time of the first block, so that this is the same whenever it is made.
        dump: the state to begin with, if not with the first block.

    Raises:
        PortTaken: another program listens there.
        AnvilFailed: it does not start, or not with this state.
    """

    def __init__(
        self, folder: Path, port: int, chain_id: int, genesis: int, dump: Dump | None = None
    ) -> None:
        require_free(port)
        loaded = folder / f".load-{port}.json"
        # The first block is made at every start, even where the state to load holds one.
        arguments = ["--port", str(port), "--chain-id", str(chain_id), "--timestamp", str(genesis)]
        if dump is not None:
            loaded.write_bytes(dump.state)
            arguments += ["--load-state", str(loaded)]
        log = folder / "anvil.log"
        with log.open("wb") as errors:
            self.process = subprocess.Popen(
                [find_program("anvil"), *_FLAGS, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=errors,
                stderr=errors,
                preexec_fn=_end_with_parent(),  # noqa: PLW1509 - the keeper has no threads
            )
        self.rpc = Rpc(f"http://{HOST}:{port}")
        try:
            self._await_start(log)
        except BaseException:
            self.end()
            raise
        finally:
            loaded.unlink(missing_ok=True)

    def __enter__(self) -> Anvil:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self.process.poll() is None

    def end(self) -> None:
        """Ends the process; what is not in a dump or in the log is gone."""
        self.rpc.close()
        if self.alive:
            self.process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(_END_SECONDS)
        if self.alive:
            self.process.kill()
        self.process.wait()

    def head(self) -> int:
        """The number of the newest block."""
        return int(self.rpc.call("eth_blockNumber"), 16)

    def blocks(self, numbers: Iterable[int]) -> list[LoggedBlock]:
        """Blocks as the log holds them."""
        headers = self.rpc.batch(
            [("eth_getBlockByNumber", (hex(number), False)) for number in numbers]
        )
        wanted = [each for header in headers for each in header["transactions"]]
        raw = iter(self.rpc.batch([("debug_getRawTransaction", (each,)) for each in wanted]))
        return [
            LoggedBlock(
                number=int(header["number"], 16),
                hash=header["hash"],
                timestamp=int(header["timestamp"], 16),
                receipts=header["receiptsRoot"],
                raw=tuple(next(raw) for _ in header["transactions"]),
            )
            for header in headers
        ]

    def hash_of(self, number: int) -> str | None:
        """A block's hash, or none if the chain is shorter."""
        header: dict[str, Any] | None = self.rpc.call("eth_getBlockByNumber", hex(number), False)
        return None if header is None else header["hash"]

    def dump(self) -> Dump:
        """The state as it is now."""
        answer: str = self.rpc.call("anvil_dumpState")
        state = gzip.decompress(bytes.fromhex(answer[2:]))
        # Blocks may have come since: the dump itself says which one it is of.
        number = int(json.loads(state)["best_block_number"])
        found = self.hash_of(number)
        assert found is not None
        return Dump(number, found, state)

    def mine_at(self, timestamp: int) -> None:
        """Makes one block of all that is waiting, at a time or, if that is later, the last block's.

        A journal can name a time from before the chain was brought back an earlier time.
        """
        self.rpc.call("evm_setNextBlockTimestamp", max(timestamp, self._last_time()))
        self.rpc.call("evm_mine")

    def keep_time(self) -> None:
        """Has the clock go on from now, or from the last block's time if that is later."""
        self.rpc.call("evm_setTime", max(int(time.time()), self._last_time()))

    def take_time_back(self) -> None:
        """Has the clock stand at the last block's time, so that past blocks can be made again."""
        self.rpc.call("evm_setTime", self._last_time())

    def _last_time(self) -> int:
        return int(self.rpc.call("eth_getBlockByNumber", "latest", False)["timestamp"], 16)

    def _await_start(self, log: Path) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while True:
            if not self.alive:
                lines = log.read_text(errors="replace").strip().splitlines()
                raise AnvilFailed(lines[0] if lines else f"status {self.process.returncode}")
            try:
                self.rpc.call("eth_chainId")
                return
            except ChainUnreachable:
                if time.monotonic() > deadline:
                    raise AnvilFailed("it does not answer") from None
                time.sleep(0.01)


def _end_with_parent() -> Any:
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None, use_errno=True)
    parent = os.getpid()

    def prepare() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        # The parent may have ended before the kernel was told.
        if os.getppid() != parent:
            os._exit(1)

    return prepare
