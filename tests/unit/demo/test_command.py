"""`charter demo` where it cannot do what was asked."""

import json
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy import embedded
from deploy.demo.folder import prepare


def _demo(*words: str) -> subprocess.CompletedProcess[str]:
    """The command on a machine without Besu."""
    environment = {
        name: value for name, value in os.environ.items() if name not in ("BESU_HOME", "PATH")
    }
    return subprocess.run(
        [sys.executable, "-m", "cli", "demo", *words],
        env=environment | {"PATH": "/nowhere"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def earlier(tmp_path: Path) -> Path:
    """What an earlier run has left."""
    folder = tmp_path / "demo-out"
    prepare(folder)
    (folder / "summary.json").write_text("{}")
    return folder


def test_without_besu_it_says_so_before_anything_is_made(tmp_path: Path) -> None:
    asked = _demo("--network", "besu", "--out", str(tmp_path / "demo-out"))
    assert asked.returncode == 7
    assert asked.stderr.startswith("Error [EngineMissing]: A validator cannot run here: ")
    assert asked.stderr.count("\n") == 1
    assert asked.stdout == ""
    assert not list(tmp_path.iterdir())


def test_without_besu_an_earlier_run_stays_as_it_is(earlier: Path) -> None:
    words = ("--network", "besu", "--out", str(earlier), "--format", "json")
    asked = _demo(*words)
    told = json.loads(asked.stderr)
    assert (asked.returncode, told["code"]) == (7, "EngineMissing")
    assert "BESU_HOME" in told["remedy"]
    assert (earlier / "summary.json").read_text() == "{}"


def test_a_network_that_there_is_not_is_wrong_usage(tmp_path: Path) -> None:
    asked = _demo("--network", "ethereum", "--out", str(tmp_path / "demo-out"))
    assert asked.returncode == 2
    assert "'embedded', 'besu'" in asked.stderr
    assert not list(tmp_path.iterdir())


def _words(out: Path) -> list[str]:
    return [sys.executable, "-m", "cli", "demo", "--out", str(out)]


def _await(started: subprocess.Popen[str], said: str) -> None:
    assert started.stderr is not None
    assert any(said in line for line in started.stderr), f"it ended before it said: {said}"


@pytest.fixture
def out(tmp_path: Path) -> Iterator[Path]:
    """A folder for results; no chain goes on in it afterwards."""
    yield tmp_path / "demo-out"
    embedded.down(tmp_path / "demo-out" / "chain")


@pytest.mark.chain
@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_whoever_ends_it_is_left_with_no_chain_that_goes_on(out: Path, by: signal.Signals) -> None:
    with subprocess.Popen(_words(out), stderr=subprocess.PIPE, text=True) as started:
        _await(started, "found a swarm")
        assert embedded.status(out / "chain").running
        # Shells pass on what a closed terminal has sent already.
        started.send_signal(by)
        started.send_signal(signal.SIGHUP)
        _, told = started.communicate(timeout=60)
    assert started.returncode == 130
    assert "Error [Interrupted]" in told
    assert not embedded.status(out / "chain").running


@pytest.mark.chain
def test_a_closed_terminal_leaves_no_chain_that_goes_on(out: Path) -> None:
    pid, terminal = pty.fork()
    if pid == 0:
        os.execv(sys.executable, _words(out))
    said = b""
    while b"found a swarm" not in said:
        said += os.read(terminal, 4_096)
    assert embedded.status(out / "chain").running
    os.close(terminal)
    os.waitpid(pid, 0)
    assert not embedded.status(out / "chain").running


@pytest.mark.chain
def test_who_asked_for_it_to_outlive_the_terminal_is_heard(out: Path) -> None:
    words = ["nohup", *_words(out)]
    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as started:
        _await(started, "found a swarm")
        started.send_signal(signal.SIGHUP)
        _await(started, "Terms are opened")
        started.send_signal(signal.SIGTERM)
        started.communicate(timeout=60)
    assert started.returncode == 130


@pytest.mark.chain
def test_killed_it_begins_anew_in_the_same_folder(out: Path) -> None:
    with subprocess.Popen(_words(out), stderr=subprocess.PIPE, text=True) as started:
        _await(started, "found a swarm")
        started.kill()
    assert embedded.status(out / "chain").running
    left = (out / "chain" / "chain.json").read_text()
    with subprocess.Popen(_words(out), stderr=subprocess.PIPE, text=True) as started:
        _await(started, "found a swarm")
        assert (out / "chain" / "chain.json").read_text() != left
        started.send_signal(signal.SIGINT)
        started.communicate(timeout=60)
    assert started.returncode == 130
