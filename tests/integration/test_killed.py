"""kill -9 of a command that sends, at every stage and at random moments: one effect."""

import random
import signal
import subprocess
import sys
import time

import pytest

from governance.chain.queries import transaction_count
from governance.chain.reader import read_records
from governance.chain.rpc import Rpc
from governance.chain.sender import Sender
from governance.history.events import InstitutionApplied
from tests.integration.world import Founded, key

# Applies for membership, and says so; with a stage, ends itself there by SIGKILL.
COMMAND = """
import os, signal, sys
from pathlib import Path
from governance.chain.rpc import Rpc
from governance.chain.sender import Act, Sender
from tests.integration.world import key

endpoint, journals, to, data, name, stage = sys.argv[1:]

class Mortal(Sender):
    def _reach(self, here):
        if here == stage:
            os.kill(os.getpid(), signal.SIGKILL)

    def _write_down(self, journal, entry):
        self._reach("before writing down")
        super()._write_down(journal, entry)
        self._reach("after writing down")

    def _submit(self, entry, *, first):
        super()._submit(entry, first=first)
        self._reach("after sending")

    def _note(self, journal, found):
        self._reach("before noting the receipt")
        super()._note(journal, found)
        self._reach("after noting the receipt")

    def send(self, act):
        receipt = super().send(act)
        self._reach("before telling")
        return receipt

with Mortal(Rpc(endpoint), key(name), Path(journals)) as sender:
    receipt = sender.send(Act(to, bytes.fromhex(data), "apply"))
    print("done", receipt.hash, flush=True)
    sender._reach("after telling")
"""

STAGES = (
    "before writing down",
    "after writing down",
    "after sending",
    "before noting the receipt",
    "after noting the receipt",
    "before telling",
    "after telling",
)


def _command(founded: Founded, name: str, stage: str = "") -> list[str]:
    act = founded.apply(name)
    journals = str(founded.chain.journals)
    arguments = [founded.chain.endpoint, journals, act.to, act.data.hex(), name, stage]
    return [sys.executable, "-c", COMMAND, *arguments]


def _again(founded: Founded, name: str) -> str:
    """Runs the command to its end."""
    done = subprocess.run(_command(founded, name), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "done" in done.stdout
    return done.stdout


def _applications(founded: Founded) -> list[str]:
    records = read_records(founded.rpc, founded.house)
    found = [each.event.account for each in records if isinstance(each.event, InstitutionApplied)]
    return found[len(founded.founders) :]


@pytest.mark.parametrize("stage", STAGES)
def test_a_command_killed_at_any_stage_and_run_again_has_one_effect(
    founded: Founded, stage: str
) -> None:
    name = f"killed {stage}"
    killed = subprocess.run(
        _command(founded, name, stage), capture_output=True, text=True, check=False
    )
    assert killed.returncode == -signal.SIGKILL
    assert ("done" in killed.stdout) == (stage == "after telling")
    _again(founded, name)
    assert _applications(founded) == [key(name).address]
    assert transaction_count(founded.rpc, key(name).address) == 1


def test_a_command_killed_twice_has_one_effect(founded: Founded) -> None:
    for stage in ("after writing down", "before noting the receipt"):
        subprocess.run(_command(founded, "new", stage), capture_output=True, check=False)
    _again(founded, "new")
    assert _applications(founded) == [key("new").address]


def test_a_command_killed_at_random_moments_has_one_effect(founded: Founded) -> None:
    begun = time.monotonic()
    _again(founded, "random 0")
    whole = time.monotonic() - begun
    chance = random.Random(7)
    in_time = 0
    for number in range(1, 13):
        name = f"random {number}"
        process = subprocess.Popen(_command(founded, name), stdout=subprocess.PIPE, text=True)
        time.sleep(chance.uniform(0.3, 1.0) * whole)
        process.kill()
        said, _ = process.communicate()
        # Who has been told that it is done does not ask for it again.
        if "done" not in said:
            in_time += 1
            _again(founded, name)
    assert in_time, "none was killed in time"
    assert _applications(founded) == [key(f"random {number}").address for number in range(13)]


def test_a_killed_command_holds_no_lock(founded: Founded, rpc: Rpc) -> None:
    subprocess.run(_command(founded, "new", "after sending"), capture_output=True, check=False)
    with Sender(rpc, key("new"), founded.chain.journals, timeout=5) as sender:
        assert sender.send(founded.apply("new")).repeated
