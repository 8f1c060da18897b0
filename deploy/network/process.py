"""One validator's process: started, stopped and found, for a trial; one that others run is found.

Besu inherits a lock on a file of the folder and holds it as long as it lives, however it ends. So
whether it runs is known from the kernel, and no stranger's process is ever taken for it: one is
asked to end only while it is seen to hold the lock.

Nobody holds it for a validator that systemd or a container keeps running. That one is known by its
RPC, which says whose key it has, and is left to whoever started it.
"""

from __future__ import annotations

import fcntl
import json
import socket
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from deploy.anvil import require_free
from deploy.network.card import Card
from deploy.network.engine import find_engine, java_options
from deploy.network.holder import end, holds
from deploy.network.sync import EngineApiMissing, read_own
from deploy.network.validator_key import ValidatorKey
from governance.chain.errors import ChainAnswerInvalid, ChainUnreachable, RpcError
from governance.chain.files import write_atomically
from governance.errors import CharterError, ExitStatus

if TYPE_CHECKING:
    from deploy.network.folder import ValidatorFolder

START_SECONDS = 180.0
"""For how long `up` waits; several at once on a small machine take most of a minute."""

STOP_SECONDS = 90.0

# Kept, so that those that end while this process lives are noticed as ended.
_started: list[subprocess.Popen[bytes]] = []

_RUN = "run.json"
# The process says itself which one it is, before it becomes Besu: whoever starts it may be killed
# at any moment.
_START = """printf '{"pid": %d}' $$ > "$0.new" && mv "$0.new" "$0" && exec "$@\""""
_LOCK = "run.lock"
_STOPPING = "stop.lock"
_OPTIONS = "tmp/java.options"
_PAUSE = 0.1
_NAMED_SECONDS = 10.0
_ASKED_SECONDS = 10.0
_ASKED_PAUSE = 0.01
_PRIVATE = 0o600
_LAST_LINES = 5
_ANSWER_SECONDS = 5.0


class EngineFailed(CharterError):
    """Besu ends while it is being started, or does not answer, or does not end."""

    code = "EngineFailed"
    exit_status = ExitStatus.CHAIN

    def __init__(self, folder: ValidatorFolder, what: str, remedy: str = "") -> None:
        super().__init__(
            f"The validator in {folder.path} {what}.",
            remedy or f"Look into {folder.log}, then try again.",
        )


class ValidatorKeyForeign(CharterError):
    """The key in a folder is not the one that its card names."""

    code = "ValidatorKeyForeign"
    exit_status = ExitStatus.LOCAL

    def __init__(self, folder: ValidatorFolder, named: str, found: str) -> None:
        super().__init__(
            f"{folder.key_file} is the key of {found}, and the folder's card names {named}.",
            "Put the right key back from its backup; a new key needs a folder and a card of its "
            "own.",
        )


class ValidatorRuns(CharterError):
    """What a validator was started with would be changed while it runs."""

    code = "ValidatorRuns"
    exit_status = ExitStatus.LOCAL

    def __init__(self, folder: ValidatorFolder) -> None:
        super().__init__(
            f"The validator in {folder.path} runs, and what it was started with would be changed.",
            "Stop it, with `charter network down` or as it was started, then run the same command "
            "again.",
        )


@dataclass(frozen=True, slots=True)
class Status:
    """How a validator's process stands.

    Attributes:
        phase: `running`, `starting`, `stopped`, `killed` (it ended without being asked), `never
            started`, or `unknown` where it cannot be asked.
        endpoint: its RPC.
        pid: its process; zero unless `up` started it and it can be seen to be the one.
        since: when it first answered, Unix seconds; zero where that is not known.
        already: whether `up` found it running, or `down` found it stopped.
    """

    phase: str
    endpoint: str
    pid: int = 0
    since: float = 0.0
    already: bool = False


def start(folder: ValidatorFolder) -> bool:
    """Starts a validator and does not wait; says whether it had to.

    Raises:
        NetworkNotAssembled: there is no network in the folder.
        ValidatorKeyForeign: the key is not the card's; see `ValidatorKey.load` too.
        EngineMissing: Besu or Java is not on this machine.
        PortTaken: another program listens where it should.
        CharterError: somebody answers there, and cannot be asked who it is; see `status`.
    """
    chosen = folder.settings()
    with (folder.path / _LOCK).open("ab") as lock:
        deadline = time.monotonic() + _ASKED_SECONDS
        while not _take(lock.fileno(), fcntl.LOCK_EX):
            # Whoever merely asks whether it runs is in the way for a moment.
            if _is_held(folder) or time.monotonic() > deadline:
                return False
            time.sleep(_ASKED_PAUSE)
        if _answers_unlocked(folder):
            return False
        # What the last one left says nothing of the next.
        (folder.path / _RUN).unlink(missing_ok=True)
        engine = find_engine()
        _require_own_key(folder)
        for port in ("rpc-http-port", "p2p-port"):
            require_free(chosen[port])
        options = folder.path / _OPTIONS
        write_atomically(options, java_options(options.parent), _PRIVATE)
        option = f"--config-file={folder.path / 'config.toml'}"
        with folder.log.open("ab") as log:
            process = subprocess.Popen(
                ["sh", "-c", _START, folder.path / _RUN, engine.program, option],
                cwd=folder.path,
                env=engine.environment(_OPTIONS),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                pass_fds=(lock.fileno(),),
            )
        _started.append(process)
    return True


def await_ready(folder: ValidatorFolder, timeout: float = START_SECONDS) -> Status:
    """Waits until a validator that was started answers.

    Raises:
        EngineFailed: it ends, or does not answer in time.
    """
    deadline = time.monotonic() + timeout
    while True:
        found = status(folder)
        if found.phase == "running":
            return _note_ready(folder, found)
        if found.phase != "starting":
            raise EngineFailed(folder, f"ends at once: {_last_words(folder)}")
        if time.monotonic() > deadline:
            raise EngineFailed(folder, f"does not answer within {timeout:g} seconds")
        time.sleep(_PAUSE)


def up(folder: ValidatorFolder) -> Status:
    """Starts a validator, or finds it running, and waits until it answers.

    Raises:
        See `start` and `await_ready`.
    """
    started = start(folder)
    found = await_ready(folder)
    return replace(found, already=not started)


def down(folder: ValidatorFolder) -> Status:
    """Stops a validator in good order; all of it is kept.

    Raises:
        EngineFailed: it does not end in time, no process is seen to be the one, or it is kept
            running by others.
        CharterError: nobody knows whether it runs; see `status`.
    """
    folder.assembled()
    with (folder.path / _STOPPING).open("ab") as lock:
        # Who comes second finds that it has stopped, and not what is between.
        fcntl.flock(lock, fcntl.LOCK_EX)
        return _down(folder)


def _down(folder: ValidatorFolder) -> Status:
    if not _is_held(folder):
        found = status(folder)
        if found.phase == "running":
            raise EngineFailed(
                folder,
                f"answers at {found.endpoint} and was not started by `charter network up`",
                "Stop it by what keeps it running: `systemctl stop charter-validator`, or `docker "
                "compose down` in its folder.",
            )
        return replace(found, already=True)
    # Its RPC is not asked: one that hangs, or refuses the login, is to be stopped all the same.
    _ask_to_end(folder)
    deadline = time.monotonic() + STOP_SECONDS
    while _is_held(folder):
        if time.monotonic() > deadline:
            raise EngineFailed(folder, "does not end")
        time.sleep(_PAUSE)
    (folder.path / _RUN).unlink(missing_ok=True)
    return Status("stopped", folder.assembled().endpoint)


def _ask_to_end(folder: ValidatorFolder) -> None:
    lock = folder.path / _LOCK
    deadline = time.monotonic() + _NAMED_SECONDS
    # One that was started this moment has not said yet which process it is.
    while not ((pid := _pid(folder)) and end(pid, lock)):
        if not _is_held(folder):
            # It has ended by itself.
            return
        if time.monotonic() > deadline:
            named = f"{pid}, which is not seen to hold {lock.name}" if pid else "none"
            raise EngineFailed(
                folder,
                f"runs as a process that is not known here ({_RUN} names {named}): none is stopped",
                "Stop it where it was started, such as in its container or by its own user; "
                f"`fuser -v '{lock}'` tells who on this machine has the file open.",
            )
        time.sleep(_PAUSE)


def status(folder: ValidatorFolder) -> Status:
    """How a validator's process stands.

    Raises:
        NetworkNotAssembled: there is no network in the folder.
        ChainLoginRefused, CertificateRefused, ChainAnswerInvalid, RpcError: somebody answers at its
            RPC, and not what it should.
        TokenFileInvalid, TokenFileInsecure, CertificatesInvalid: what asking it takes cannot be
            used.
    """
    endpoint = folder.assembled().endpoint
    run = _run(folder)
    if not _is_held(folder):
        if _answers_unlocked(folder):
            return Status("running", endpoint)
        if run:
            return Status("killed", endpoint)
        return Status("stopped" if folder.data.exists() else "never started", endpoint)
    try:
        with folder.assembled().rpc(_ANSWER_SECONDS) as rpc:
            rpc.call("eth_chainId")
        phase = "running"
    except ChainUnreachable:
        phase = "starting"
    pid = _pid(folder)
    seen = pid if pid and holds(pid, folder.path / _LOCK) else 0
    return Status(phase, endpoint, seen, float(run.get("since", 0.0)))


def may_run(folder: ValidatorFolder) -> bool:
    """Whether a validator runs, or somebody answers in its place who cannot be asked."""
    if _is_held(folder):
        return True
    try:
        return folder.is_assembled and _answers_unlocked(folder)
    except CharterError:
        return True


def _require_own_key(folder: ValidatorFolder) -> None:
    key, card = ValidatorKey.load(folder.key_file), Card.load(folder.card_file)
    if key.address != card.validator:
        raise ValidatorKeyForeign(folder, card.validator, key.address)


def _note_ready(folder: ValidatorFolder, found: Status) -> Status:
    if found.since or not _is_held(folder):
        return found
    ready = replace(found, since=time.time())
    _write_run(folder, _run(folder) | {"since": ready.since})
    return ready


def _write_run(folder: ValidatorFolder, run: dict[str, Any]) -> None:
    write_atomically(folder.path / _RUN, json.dumps(run) + "\n", _PRIVATE)


def _take(descriptor: int, operation: int) -> bool:
    try:
        fcntl.flock(descriptor, operation | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_held(folder: ValidatorFolder) -> bool:
    """Whether it runs, or is being started; asking looks like neither to others who ask."""
    try:
        with (folder.path / _LOCK).open("rb") as lock:
            return not _take(lock.fileno(), fcntl.LOCK_SH)
    except FileNotFoundError:
        return False


def _answers_unlocked(folder: ValidatorFolder) -> bool:
    """Whether it runs though nobody holds the lock: its RPC says that it has the card's key."""
    assembled = folder.assembled()
    place = urlsplit(assembled.endpoint)
    heard = False
    # Where nobody listens, it does not matter whether the files for asking are in order.
    with suppress(OSError), socket.create_connection((place.hostname, place.port), _ANSWER_SECONDS):
        heard = True
    if not heard:
        return False
    try:
        with assembled.rpc(_ANSWER_SECONDS) as rpc:
            return read_own(rpc) == Card.load(folder.card_file).validator
    except (ChainUnreachable, ChainAnswerInvalid, EngineApiMissing, RpcError):
        # Another program's port.
        return False


def _run(folder: ValidatorFolder) -> dict[str, Any]:
    try:
        written = json.loads((folder.path / _RUN).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return written if isinstance(written, dict) else {}


def _pid(folder: ValidatorFolder) -> int:
    """The process that says it is the validator; zero if none does yet."""
    named = _run(folder).get("pid")
    return named if isinstance(named, int) and named > 0 else 0


def _last_words(folder: ValidatorFolder) -> str:
    try:
        lines = folder.log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    except FileNotFoundError:
        lines = []
    return " / ".join(lines[-_LAST_LINES:]) or "it says nothing"
