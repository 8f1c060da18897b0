"""What starting the command line loads and costs, and how it behaves as a process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.journeys.swarm import Swarm

HEAVY = ("web3", "eth_account", "eth_abi", "pydantic", "rich", "yaml", "coincurve", "jinja2")


def _loaded(*words: str, environment: dict[str, str] | None = None) -> set[str]:
    """The modules that a command has loaded when it ends."""
    code = (
        "import sys\n"
        "from cli.main import run\n"
        f"status = run({list(words)!r})\n"
        "print('\\n'.join(sys.modules), file=sys.stderr)\n"
        "sys.exit(status)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env=environment or dict(os.environ),
        check=True,
    )
    return set(ended.stderr.splitlines())


def test_help_loads_click_and_nothing_heavy() -> None:
    loaded = _loaded("--help")
    assert not loaded & set(HEAVY)
    assert not [
        name for name in loaded if name.startswith(("governance", "deploy", "cli.commands"))
    ]


def test_reading_loads_no_signing_library(swarm: Swarm) -> None:
    for words in (["status"], ["member", "list"], ["history", "verify"]):
        loaded = _loaded(*words, "--context", "alpha", environment=swarm.environment)
        assert "governance.chain.reader" in loaded
        assert not loaded & {"web3", "eth_account", "pydantic"}, words


def test_a_new_process_costs_little() -> None:
    """A bound that only a heavy import breaks; the paired measurement is a benchmark."""
    times = []
    for _ in range(5):
        began = time.perf_counter()
        subprocess.run([sys.executable, "-m", "cli", "--help"], capture_output=True, check=True)
        times.append(time.perf_counter() - began)
    assert min(times) < 0.3


def test_an_interrupted_command_says_so(swarm: Swarm) -> None:
    study = swarm.good("study", "open", swarm / "terms.yaml", who="alpha")["study"]
    process = swarm.start("wait", "signatures", "9", "--study", str(study), who="alpha")
    time.sleep(2)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, "")
    assert err.strip().startswith("Error [Interrupted]: ")
    assert "Traceback" not in err


def test_a_traceback_comes_only_with_debug(swarm: Swarm) -> None:
    words = ["proposal", "show", "99"]
    assert "Traceback" not in swarm.process(*words).err
    told = swarm.process(*words, "--debug")
    assert "Traceback" in told.err
    assert "Error [ProposalUnknown]" in told.err


def test_a_passphrase_comes_by_descriptor(swarm: Swarm) -> None:
    environment = {
        key: value for key, value in swarm.environment.items() if key != "CHARTER_PASSPHRASE_FILE"
    }
    reading, writing = os.pipe()
    os.write(writing, b"correct horse\n")
    os.close(writing)
    words = ["node", "register", "alpha-node", "--passphrase-fd", str(reading)]
    ended = subprocess.run(
        [sys.executable, "-m", "cli", *words, "--context", "alpha"],
        pass_fds=[reading],
        env=environment,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    os.close(reading)
    assert ended.returncode == 0, ended.stderr
    assert "correct horse" not in ended.stdout + ended.stderr


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shells_complete_commands(swarm: Swarm, shell: str) -> None:
    assert "_CHARTER_COMPLETE" in swarm.process("completion", shell).out
    environment = {
        **swarm.environment,
        "_CHARTER_COMPLETE": f"{shell}_complete",
        "COMP_WORDS": "charter prop",
        "COMP_CWORD": "1" if shell != "fish" else "prop",
    }
    ended = subprocess.run(
        [sys.executable, "-m", "cli"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "proposal" in ended.stdout
    assert "propose" in ended.stdout


def test_a_pipe_that_closes_early_is_no_accident(swarm: Swarm) -> None:
    command = f"{sys.executable} -m cli history show --format json --context alpha | head -n 1"
    ended = subprocess.run(
        ["sh", "-c", command], env=swarm.environment, capture_output=True, text=True, check=False
    )
    assert ended.stdout == "{\n"
    assert "Traceback" not in ended.stderr
    assert "Unexpected" not in ended.stderr


def test_help_of_every_group_is_written(swarm: Swarm, tmp_path: Path) -> None:
    for group in ("study", "propose", "found"):
        assert swarm.process(group, "--help").out.startswith(f"Usage: charter {group} ")
