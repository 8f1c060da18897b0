"""A validator's process among those who start it, stop it and ask for it at the same time."""

from __future__ import annotations

import fcntl
import threading
from typing import TYPE_CHECKING

import pytest

from deploy.anvil import free_port
from deploy.network import process
from deploy.network.folder import ValidatorFolder
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
