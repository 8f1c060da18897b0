"""`charter gate serve`: the gate for other programs of this machine, until it is ended."""

from __future__ import annotations

import logging
import sys
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from cli.ending import until_ended
from cli.errors import UsageInvalid
from cli.gates import refresh
from cli.output import emit, note
from governance.chain.reader import Follower
from governance.gate import EvidenceLog, Gate, LiveView, Watch
from governance.gate.server import GateServer, gate_token
from governance.gate.service import Service

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cli.session import Session


def serve_gate(
    session: Session,
    *,
    path: Path | None,
    listen: str | None,
    token_file: Path | None,
    evidence: Path,
    poll: float,
    max_age: float,
    study: int | None,
) -> None:
    """Answers callers until SIGINT or SIGTERM.

    What is told at the beginning is the one result on stdout. The library's log goes to stderr,
    with each fault of the chain when it begins and when it is over.

    Args:
        session: the command's.
        path: Unix socket to answer at.
        listen: loopback address and port to answer at.
        token_file: holds the token that callers over loopback show.
        evidence: where decisions are written down.
        poll: seconds between two looks at the chain.
        max_age: seconds after which what is known of it counts no longer.
        study: the study's number, if it is not the context's.

    Raises:
        UsageInvalid: neither socket nor address is named, or an address without a token file.
        CharterError: what `Session`, `EvidenceLog`, `LiveView.refresh` and `GateServer` raise.
    """
    place = _place(path, listen, token_file)
    chosen = session.study_number(study)
    with EvidenceLog(evidence) as log:
        view = LiveView(Follower(session.rpc, session.trust), log.seen())
        refresh(session, view)
        address = view.look().state.study(chosen).address
        gate = Gate(view, address, log, view_max_age=max_age)
        watch = Watch(view, poll, view_max_age=max_age)
        with _logged(), until_ended(), GateServer(Service(gate, view)) as server, watch:
            told = {
                "study": chosen,
                "contract": address,
                "socket": str(server.listen_unix(path)) if path else None,
                "url": None,
                "evidence": str(evidence),
                "history_length": view.look().state.length,
            }
            if place is not None and token_file is not None:
                told["url"] = server.listen_loopback(*place, gate_token(token_file))
            emit("gate-serve", told, as_json=session.json)
            # Whoever waits for it reads it from a pipe.
            sys.stdout.flush()
            threading.Event().wait()


def _place(
    path: Path | None, listen: str | None, token_file: Path | None
) -> tuple[str, int] | None:
    if path is None and listen is None:
        raise UsageInvalid(
            "Neither a socket nor an address is named, so nobody could ask the gate.",
            "Name a socket with --socket, or a loopback address with --listen and --token-file.",
        )
    if (listen is None) is not (token_file is None):
        raise UsageInvalid(
            "An address and a token belong together, and one of them is not named.",
            "Name both, --listen and --token-file, or --socket alone.",
        )
    if listen is None:
        return None
    host, _, port = listen.rpartition(":")
    if not host or not (port.isascii() and port.isdigit()):
        raise UsageInvalid(
            f"'{listen}' is no address and port.", "Write it as 127.0.0.1:8700, or [::1]:8700."
        )
    return host.removeprefix("[").removesuffix("]"), int(port)


class _Notes(logging.Handler):
    """Tells the person what the library writes into its log."""

    def emit(self, record: logging.LogRecord) -> None:
        """Writes an entry to stderr, line by line.

        Where stderr takes nothing any more, as on a full disk, the gate goes on all the same.
        """
        with suppress(OSError, ValueError):
            for line in self.format(record).splitlines():
                note(line)


@contextmanager
def _logged() -> Iterator[None]:
    """Has the library's log written to stderr while the gate serves."""
    log, handler = logging.getLogger("governance"), _Notes()
    level = log.level
    log.setLevel(logging.INFO)
    log.addHandler(handler)
    try:
        yield
    finally:
        log.removeHandler(handler)
        log.setLevel(level)
