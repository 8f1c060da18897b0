"""`charter demo` where it cannot do what was asked."""

import json
import os
import signal
import subprocess
import sys
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


@pytest.mark.chain
@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM])
def test_whoever_ends_it_is_left_with_no_chain_that_goes_on(
    tmp_path: Path, by: signal.Signals
) -> None:
    out = tmp_path / "demo-out"
    words = [sys.executable, "-m", "cli", "demo", "--out", str(out)]
    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as started:
        assert started.stderr is not None
        assert any("found a swarm" in line for line in started.stderr)
        assert embedded.status(out / "chain").running
        started.send_signal(by)
        _, told = started.communicate(timeout=60)
    assert started.returncode == 130
    assert "Error [Interrupted]" in told
    assert not embedded.status(out / "chain").running
