"""The embedded chain: started, stopped and looked at by one person on one machine.

A keeper in the background (`deploy.keeper`) does the work; here it is told what to do, and asked.
Whether it runs is known by the lock on the folder and never by a process number, so no stranger's
process is ever taken for it, and none is ever sent a signal.
"""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deploy import keeper
from deploy.anvil import require_free
from governance.chain.files import write_atomically
from governance.errors import CharterError, ErrorJson, ExitStatus

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import TextIO

PORT = 8545
"""Where the embedded chain listens unless another port is chosen."""

CHAIN_ID = 7_294_553
"""The embedded chain's number unless another one is chosen; no public chain has it."""

START_SECONDS = 300.0
"""For how long `up` waits; a chain of ten thousand blocks is made again in less."""

STOP_SECONDS = 60.0

_PAUSE = 0.02
_ENDING_SECONDS = 2.0
_ROOT = Path(__file__).resolve().parent.parent


class ChainFailed(CharterError):
    """The embedded chain could not be started; the code is that of the reason."""

    exit_status = ExitStatus.CHAIN

    def __init__(self, error: ErrorJson) -> None:
        super().__init__(error["message"], error["remedy"])
        self.code = error["code"]
        self.exit_status = ExitStatus(error["exit_status"])


class KeeperFailed(CharterError):
    """The keeper of the embedded chain ended without saying why, or does not answer."""

    code = "KeeperFailed"
    exit_status = ExitStatus.CHAIN

    def __init__(self, folder: Path, what: str) -> None:
        super().__init__(
            f"The keeper of the chain in {folder} {what}.",
            f"Look into {folder / 'keeper.log'}, then try again.",
        )


class ChainSettingsWrong(CharterError):
    """The folder holds another chain than the one asked for, or its settings are damaged."""

    code = "ChainSettingsWrong"

    def __init__(self, folder: Path, reason: str) -> None:
        super().__init__(
            f"The folder {folder} cannot be used: {reason}.",
            "Leave out what contradicts it, or choose another folder.",
        )


@dataclass(frozen=True, slots=True)
class Status:
    """How the embedded chain stands.

    Attributes:
        running: whether its keeper lives.
        phase: `never started`, `starting`, `ready`, `stopped`, `killed` (keeper or chain ended
            without being asked) or `failed`.
        endpoint: its JSON-RPC; empty unless it is ready.
        chain_id: its number; zero unless it is ready.
        block: number of the newest block; none unless it is ready.
        already: whether `up` found it running, or `down` found it stopped.
        reason: why it failed; empty unless it did.
        report: what the last start had to do to bring the chain back (see `deploy.revival`).
    """

    running: bool
    phase: str
    endpoint: str = ""
    chain_id: int = 0
    block: int | None = None
    already: bool = False
    reason: str = ""
    report: dict[str, Any] = field(default_factory=dict)

    def sentences(self) -> list[str]:
        """What happened at the last start, for a person; empty if nothing did."""
        report = self.report
        said = list(report.get("notes", ()))
        if made := report.get("made_again"):
            said.append(f"{made} block(s) that the last dump lacked were made again as they were.")
        if lost := report.get("lost"):
            said.append(f"{lost} block(s) could not be made again as they were.")
        if sent := report.get("sent_again"):
            said.append(f"{len(sent)} signed transaction(s) were sent again: {'; '.join(sent)}.")
        if failed := report.get("not_sent_again"):
            said.append(
                f"{len(failed)} transaction(s) could not be sent again: {'; '.join(failed)}."
            )
        return said


def up(
    folder: str | os.PathLike[str],
    *,
    port: int | None = None,
    chain_id: int | None = None,
    journals: Iterable[str | os.PathLike[str]] = (),
    timeout: float = START_SECONDS,
) -> Status:
    """Starts the chain, or finds it running; brings it back if it ended unasked.

    Args:
        folder: where all of it is kept.
        port: where it listens; as before, otherwise `PORT`.
        chain_id: its number; as before, otherwise `CHAIN_ID`.
        journals: folders of the journals of those who send to it, for what no block held.
        timeout: seconds to wait until it is ready.

    Raises:
        PortTaken: another program listens there.
        ChainSettingsWrong: the folder's chain has another number, or runs on another port.
        ChainFailed, KeeperFailed: it does not start.
    """
    place = Path(folder).absolute()
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    _settings(place, chain_id)
    found = status(place)
    if found.running:
        return _already(place, port, timeout)
    chosen = port or _last_port(place) or PORT
    require_free(chosen, _ENDING_SECONDS)
    run = secrets.token_hex(8)
    folders = [str(Path(each).absolute()) for each in journals]
    hears, tells = os.pipe()
    with open(hears, encoding="utf-8") as said:  # noqa: PTH123 - a pipe has no path
        try:
            with (place / "keeper.log").open("ab") as log:
                started = subprocess.run(
                    [sys.executable, "-m", "deploy.keeper", str(place), run, str(chosen), *folders],
                    cwd=_ROOT,
                    stdin=subprocess.DEVNULL,
                    stdout=tells,
                    stderr=log,
                    start_new_session=True,
                    check=False,
                )
        finally:
            os.close(tells)
        if started.returncode == keeper.BUSY:
            return _already(place, port, timeout)
        if started.returncode:
            raise _reason(place, said)
        return _await_ready(place, run, timeout, said)


def down(folder: str | os.PathLike[str], *, timeout: float = STOP_SECONDS) -> Status:
    """Stops the chain in good order; all of it is kept.

    Raises:
        KeeperFailed: the keeper does not end in time.
    """
    place = Path(folder).absolute()
    found = status(place)
    if not found.running:
        return Status(running=False, phase=found.phase, already=True)
    deadline = time.monotonic() + timeout
    while status(place, ask=False).running:
        # Again and again: a keeper that is just starting takes an earlier one's away.
        (place / keeper.STOP).touch()
        if time.monotonic() > deadline:
            raise KeeperFailed(place, "does not end")
        time.sleep(_PAUSE)
    return Status(running=False, phase=status(place).phase)


def status(folder: str | os.PathLike[str], *, ask: bool = True) -> Status:
    """How the chain stands.

    Args:
        folder: where all of it is kept.
        ask: whether the chain is asked for its newest block.
    """
    place = Path(folder).absolute()
    written = _read_status(place)
    running = keeper.is_held(place)
    phase = written.get("phase", "never started")
    if not running:
        unasked = phase in ("starting", "ready", "died")
        reason = written["error"]["message"] if phase == "failed" else ""
        return Status(running=False, phase="killed" if unasked else phase, reason=reason)
    if phase != "ready":
        return Status(running=True, phase="starting")
    return Status(
        running=True,
        phase=phase,
        endpoint=written["endpoint"],
        chain_id=written["chain_id"],
        block=_newest(written["endpoint"]) if ask else None,
        report=written["report"],
    )


def _already(place: Path, port: int | None, timeout: float) -> Status:
    ready = _await_ready(place, None, timeout)
    runs_on = int(ready.endpoint.rsplit(":", 1)[1])
    if port is not None and port != runs_on:
        raise ChainSettingsWrong(place, f"its chain runs already, on port {runs_on}")
    return replace(ready, already=True)


def _await_ready(
    place: Path, run: str | None, timeout: float, said: TextIO | None = None
) -> Status:
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        held = keeper.is_held(place)
        written = _read_status(place)
        if run is None or written.get("run") == run:
            if written.get("phase") == "failed" and not held:
                raise ChainFailed(written["error"])
            if not held:
                raise _reason(place, said)
            if written.get("phase") == "ready":
                return status(place)
        time.sleep(_PAUSE)
    raise KeeperFailed(place, f"has not started the chain within {timeout:g} seconds")


def _reason(place: Path, said: TextIO | None) -> CharterError:
    """Why a keeper that has ended did so, as far as it could tell."""
    told = said.read() if said else ""
    if told:
        return ChainFailed(json.loads(told))
    return KeeperFailed(place, "ended before the chain was ready")


def _settings(place: Path, chain_id: int | None) -> None:
    path = place / keeper.SETTINGS
    try:
        written = json.loads(path.read_text(encoding="utf-8"))
        known = {"chain_id": int(written["chain_id"]), "genesis": int(written["genesis"])}
    except FileNotFoundError:
        known = {"chain_id": chain_id or CHAIN_ID, "genesis": int(time.time())}
        write_atomically(path, json.dumps(known, indent=2) + "\n", 0o644)
    except (ValueError, KeyError, TypeError):
        raise ChainSettingsWrong(place, f"{keeper.SETTINGS} is damaged") from None
    if chain_id is not None and chain_id != known["chain_id"]:
        raise ChainSettingsWrong(place, f"its chain has the number {known['chain_id']}")


def _read_status(place: Path) -> dict[str, Any]:
    try:
        written = json.loads((place / keeper.STATUS).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return written if isinstance(written, dict) else {}


def _last_port(place: Path) -> int | None:
    port = _read_status(place).get("port")
    return port if isinstance(port, int) else None


def _newest(endpoint: str) -> int | None:
    from governance.chain.queries import head  # noqa: PLC0415 - only a running chain is asked
    from governance.chain.rpc import Rpc  # noqa: PLC0415

    try:
        with Rpc(endpoint, timeout=5.0) as rpc:
            return head(rpc).number
    except CharterError:
        return None
