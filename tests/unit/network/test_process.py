"""A validator's process among those who start it, stop it and ask for it at the same time."""

from __future__ import annotations

import fcntl
import json
import signal
import subprocess
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from deploy.anvil import PortTaken, free_port
from deploy.network import process
from deploy.network.card import Card
from deploy.network.folder import ValidatorFolder
from deploy.network.validator_key import ValidatorKey
from governance.chain.errors import ChainLoginRefused
from tests.integration.world import key

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ENGINE = """#!/usr/bin/env python3
import re, signal, sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

signal.alarm(60)  # however the test ends

class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        self.send_response(401)
        self.end_headers()

    def log_message(self, *_):
        pass

config = Path(sys.argv[1].partition("=")[2]).read_text()
port = int(re.search(r"rpc-http-port *= *(\\d+)", config)[1])
HTTPServer(("127.0.0.1", port), Handler).serve_forever()
"""
REFUSED = {"code": -32601, "message": "Method not found"}
JAVA = """#!/bin/sh
echo 'openjdk version "25"' >&2
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ValidatorFolder]:
    """A validator whose engine takes nobody's token; it is ended with the test."""
    for name, text in (("besu", ENGINE), ("java", JAVA)):
        program = tmp_path / name / "bin" / name
        program.parent.mkdir(parents=True)
        program.write_text(text)
        program.chmod(0o700)
    monkeypatch.setenv("BESU_HOME", str(tmp_path / "besu"))
    monkeypatch.setenv("BESU_JAVA_HOME", str(tmp_path / "java"))
    found = ValidatorFolder(tmp_path / "validator")
    card = found.create("one", key("one"), chain_id=7, host="127.0.0.1", port=free_port())
    found.assemble([card], free_port())
    yield found
    process.down(found)


def test_one_that_refuses_the_login_is_stopped_all_the_same(folder: ValidatorFolder) -> None:
    """Its token may have expired, or its certificate; neither keeps it running."""
    process.start(folder)
    with pytest.raises(ChainLoginRefused):
        process.await_ready(folder)
    assert process.down(folder).phase == "stopped"
    assert process.down(folder).already


def test_several_may_stop_it_at_once(folder: ValidatorFolder) -> None:
    process.start(folder)
    phases: list[str] = []
    threads = [
        threading.Thread(target=lambda: phases.append(process.down(folder).phase)) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(phases) <= {"stopped", "never started"}
    assert len(phases) == 4


@contextmanager
def stranger(**inherited: Any) -> Iterator[subprocess.Popen[bytes]]:
    """A process that has nothing to do with any validator."""
    with subprocess.Popen(["sleep", "60"], **inherited) as found:
        try:
            yield found
        finally:
            found.kill()


def name(folder: ValidatorFolder, pid: int) -> None:
    (folder.path / "run.json").write_text(json.dumps({"pid": pid, "since": 1.0}))


def test_a_stranger_that_a_restored_folder_names_is_left_alone(
    folder: ValidatorFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The validator runs where its process is not seen, and the number means another one here."""
    monkeypatch.setattr(process, "_NAMED_SECONDS", 0.3)
    monkeypatch.setattr(process, "STOP_SECONDS", 0.3)
    with (folder.path / "run.lock").open("ab") as held, stranger() as other:
        fcntl.flock(held, fcntl.LOCK_EX)
        name(folder, other.pid)
        assert process.status(folder).pid == 0
        with pytest.raises(process.EngineFailed, match=f"{other.pid}.*not seen to") as refused:
            process.down(folder)
        assert other.poll() is None
    assert "where it was started" in refused.value.remedy


def test_one_that_has_the_lock_open_and_does_not_hold_it_is_a_stranger(
    folder: ValidatorFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a command that asks whether the validator runs, in the moment in which it asks."""
    monkeypatch.setattr(process, "_NAMED_SECONDS", 0.3)
    monkeypatch.setattr(process, "STOP_SECONDS", 0.3)
    path = folder.path / "run.lock"
    with path.open("ab") as held, path.open("rb") as opened:
        fcntl.flock(held, fcntl.LOCK_EX)
        with stranger(pass_fds=(opened.fileno(),)) as other:
            name(folder, other.pid)
            with pytest.raises(process.EngineFailed):
                process.down(folder)
            assert other.poll() is None


def test_one_that_holds_the_lock_is_stopped(folder: ValidatorFolder) -> None:
    with (folder.path / "run.lock").open("ab") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with stranger(pass_fds=(held.fileno(),)) as validator:
            held.close()
            name(folder, validator.pid)
            assert process.status(folder).pid == validator.pid
            assert process.down(folder).phase == "stopped"
            assert validator.wait() == -signal.SIGTERM


def test_whoever_asks_is_not_taken_for_one_that_runs(folder: ValidatorFolder) -> None:
    """Many ask whether it runs, as monitoring does; it is started all the same."""
    with (folder.path / "run.lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        assert process.status(folder).phase == "never started"
        ended = threading.Timer(0.2, lambda: fcntl.flock(lock, fcntl.LOCK_UN))
        ended.start()
        assert process.start(folder)
        ended.join()
    assert not process.start(folder)


@contextmanager
def answering(folder: ValidatorFolder, enode: str | None, status: int = 200) -> Iterator[None]:
    """A node that answers where the validator's RPC would, and that nobody started here."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            answer = {"result": {"enode": enode}} if enode else {"error": REFUSED}
            body = json.dumps({"jsonrpc": "2.0", "id": 1, **answer}).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    place = ("127.0.0.1", folder.assembled().rpc_port)
    with ThreadingHTTPServer(place, Handler) as server:
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        try:
            yield
        finally:
            server.shutdown()
            serving.join()


def test_one_that_systemd_keeps_running_is_seen_and_left_to_it(folder: ValidatorFolder) -> None:
    """Nobody holds the lock there; that it answers, with the card's key, says that it runs."""
    with answering(folder, Card.load(folder.card_file).enode):
        found = process.status(folder)
        assert (found.phase, found.pid, found.since) == ("running", 0, 0.0)
        with pytest.raises(process.EngineFailed, match="not started by") as refused:
            process.down(folder)
        assert "systemctl stop charter-validator" in refused.value.remedy
        found = process.up(folder)
        assert (found.phase, found.already) == ("running", True)
    assert process.status(folder).phase == "never started"
    assert process.down(folder).already


def test_whoever_else_answers_there_is_not_the_validator(folder: ValidatorFolder) -> None:
    other = ValidatorKey((7).to_bytes(32, "big")).public_key.hex()
    for enode in (f"enode://{other}@127.0.0.1:30303", None):
        with answering(folder, enode):
            assert process.status(folder).phase == "never started"
            assert process.down(folder).already
            with pytest.raises(PortTaken):
                process.start(folder)


def test_one_that_cannot_be_asked_is_not_called_stopped(folder: ValidatorFolder) -> None:
    with answering(folder, None, status=401):
        for asked in (process.status, process.down, process.start):
            with pytest.raises(ChainLoginRefused):
                asked(folder)


def test_a_folder_with_a_space_in_its_name(
    folder: ValidatorFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Besu's start script hands JAVA_OPTS on, split at spaces."""
    programs = (
        ("besu", '#!/bin/sh\nexec "$JAVA_HOME/bin/java" $JAVA_OPTS "$@"\n'),
        ("java", f"{JAVA}printf '%s\\n' \"$@\"\n"),
    )
    for program, text in programs:
        (tmp_path / program / "bin" / program).write_text(text)
    monkeypatch.setenv("JAVA_OPTS", "-Xmx1m")
    spaced = ValidatorFolder(tmp_path / "my trial")
    card = spaced.create("two", key("two"), chain_id=7, host="127.0.0.1", port=free_port())
    spaced.assemble([card], free_port())
    with pytest.raises(process.EngineFailed):
        process.up(spaced)
    _, memory, temporary, config = spaced.log.read_text().splitlines()
    assert memory == "-Xmx1m"
    options = (spaced.path / temporary.removeprefix("@")).read_text()
    assert options == f'-Djava.io.tmpdir="{spaced.path / "tmp"}"\n'
    assert config == f"--config-file={spaced.path / 'config.toml'}"
