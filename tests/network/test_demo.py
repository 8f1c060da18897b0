"""`charter demo --network besu`: the demo's story, on four validators of the hospitals' own."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from rich.console import Console

from deploy.demo.cast import FOUNDERS, FOURTH
from deploy.demo.narration import Narrator
from deploy.demo.run import run
from deploy.network import process
from deploy.network.folder import ValidatorFolder
from governance.audit import Basis
from governance.audit.bundle import Bundle
from governance.audit.verify import verify
from governance.chain import Follower, Rpc, Trust

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDERS = [role.folder for role in (*FOUNDERS, FOURTH)]
PATIENCE = 500.0
_ESTABLISHED = "01"


def _place(out: Path, folder: str) -> ValidatorFolder:
    return ValidatorFolder(out / "swarm" / folder / "validator")


def _processes(out: Path) -> list[str]:
    """The command lines of all processes that have to do with a folder."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if str(out) in line:
            found.append(line)
    return found


def _connected(pid: int) -> set[int]:
    """The ports that a process holds connections to."""
    sockets = set()
    for path in Path(f"/proc/{pid}/fd").iterdir():
        try:
            sockets.add(path.readlink().name)
        except OSError:
            continue
    ports = set()
    for line in Path(f"/proc/{pid}/net/tcp").read_text().splitlines()[1:]:
        _, _, remote, state, *rest = line.split()
        if state == _ESTABLISHED and f"socket:[{rest[5]}]" in sockets:
            ports.add(int(remote.rpartition(":")[2], 16))
    return ports


@contextmanager
def _demo(out: Path) -> Iterator[subprocess.Popen[str]]:
    """The command as a process; its result goes to a file beside the folder."""
    words = ["demo", "--network", "besu", "--out", str(out), "--format", "json"]
    with (
        out.with_suffix(".json").open("w") as result,
        subprocess.Popen(
            [sys.executable, "-m", "cli", *words],
            stdin=subprocess.DEVNULL,
            stdout=result,
            stderr=subprocess.PIPE,
            text=True,
        ) as started,
    ):
        try:
            yield started
        finally:
            if started.poll() is None:
                started.send_signal(signal.SIGINT)


@dataclass
class Ran:
    """A demo that has ended.

    Attributes:
        out: Its folder.
        status: Its exit status.
        result: What it wrote to stdout.
        told: What it wrote to stderr, line by line.
        connected: The ports that it held connections to in the middle of the story.
    """

    out: Path
    status: int
    result: Any
    told: list[str]
    connected: set[int]


@pytest.fixture(scope="module")
def ran(engine: None, tmp_path_factory: pytest.TempPathFactory) -> Ran:
    out = tmp_path_factory.mktemp("demo") / "demo-out"
    # Each in the folder that the one before has left.
    _killed(out)
    for by in (signal.SIGINT, signal.SIGHUP):
        _interrupted(out, by)
    told, connected = [], set[int]()
    with _demo(out) as started:
        assert started.stderr is not None
        for line in started.stderr:
            told.append(line.rstrip("\n"))
            if line.startswith("  Round 40"):
                connected = _connected(started.pid)
        status = started.wait(PATIENCE)
    assert status == 0, told
    return Ran(out, status, json.loads(out.with_suffix(".json").read_text()), told, connected)


def _await_validators(started: subprocess.Popen[str], out: Path) -> None:
    """Waits until a demo has told that it makes a network, and then until it starts validators."""
    assert started.stderr is not None
    assert any(line.startswith("  From all cards") for line in started.stderr)
    begun = time.monotonic()
    while not all((_place(out, folder).path / "run.json").exists() for folder in FOLDERS):
        assert started.poll() is None, "it ends by itself"
        assert time.monotonic() - begun < PATIENCE
        time.sleep(0.1)


def _killed(out: Path) -> None:
    """Who is killed can end nothing: the validators go on."""
    with _demo(out) as started:
        _await_validators(started, out)
        started.kill()
    assert all(process.status(_place(out, folder)).pid for folder in FOLDERS)


def _interrupted(out: Path, by: signal.Signals) -> None:
    """Ctrl-C, or a closed terminal, while the validators are being started leaves none behind."""
    with _demo(out) as started:
        _await_validators(started, out)
        started.send_signal(by)
        _, told = started.communicate(timeout=PATIENCE)
    assert started.returncode == 130, told
    assert '"code": "Interrupted"' in told
    assert _processes(out) == []


def _figures(summary: dict[str, Any]) -> Any:
    """A summary without what differs from run to run, and from chain to chain."""
    del summary["history"]

    def kept(value: Any) -> Any:
        if isinstance(value, dict):
            return {
                key: kept(each)
                for key, each in value.items()
                if key not in ("node", "account", "root")
            }
        return [kept(each) for each in value] if isinstance(value, list) else value

    return kept(summary)


def test_it_ends_as_the_demo_on_the_embedded_chain_does(ran: Ran, tmp_path: Path) -> None:
    with (tmp_path / "told.txt").open("w") as told:
        run(tmp_path / "demo-out", Narrator(Console(file=told)))
    embedded = json.loads((tmp_path / "demo-out" / "summary.json").read_text())
    summary = json.loads((ran.out / "summary.json").read_text())
    assert ran.result == summary | {"schema": ran.result["schema"]}
    assert summary["findings"] == []
    # The same events, and each hospital's validator registered.
    assert summary["history"]["length"] == embedded["history"]["length"] + len(FOLDERS)
    assert _figures(summary) == _figures(embedded)
    assert "Hospital Long Beach" in (ran.out / "report.html").read_text()


def test_its_whole_history_is_proven_by_seals_and_needs_no_countersignature(ran: Ran) -> None:
    trust = Trust.load(ran.out / "trust.json")
    bundle = Bundle.from_bytes((ran.out / "evidence.zip").read_bytes())
    assert bundle.countersignatures
    report = verify(replace(bundle, countersignatures=()).to_bytes(), trust)
    assert (report.proof.basis, report.proof.validators) == (Basis.SEALS, len(FOLDERS))
    assert (report.length, report.findings) == (ran.result["history"]["length"], ())


def test_each_hospital_spoke_to_its_own_validator(ran: Ran) -> None:
    endpoints = {
        role.name: _place(ran.out, role.folder).assembled().endpoint for role in (*FOUNDERS, FOURTH)
    }
    assert len(set(endpoints.values())) == len(FOLDERS)
    for name, endpoint in endpoints.items():
        assert any(name in line and line.endswith(f"asks {endpoint}.") for line in ran.told)
    assert ran.connected == {int(each.rpartition(":")[2]) for each in endpoints.values()}


def test_no_validator_is_left_and_each_has_the_same_network(ran: Ran) -> None:
    places = [_place(ran.out, folder) for folder in FOLDERS]
    assert [process.status(place).phase for place in places] == ["stopped"] * len(places)
    assert _processes(ran.out) == []
    assert len({place.assembled().digest for place in places}) == 1
    assert len({place.key_file.read_bytes() for place in places}) == len(places)


def test_who_validates_is_who_the_members_have_registered(ran: Ran) -> None:
    place = _place(ran.out, FOURTH.folder)
    cards = {card.account: card.validator for card in place.known_cards().cards}
    trust = Trust.load(ran.out / "swarm" / "trust.json")
    assert sorted(trust.validators) == sorted(cards.values())
    # One of them alone makes no blocks, but still shows the sealed history.
    with ExitStack() as stack:
        stack.callback(process.down, place)
        rpc = stack.enter_context(Rpc(process.up(place).endpoint))
        follower = Follower(rpc, trust)
        follower.poll()
        members = follower.state.swarm.members()
        assert {each.account: each.validator for each in members} == cards
        assert follower.validators == frozenset(cards.values())
        nodes = follower.state.swarm.nodes
        allowed = set(rpc.call("perm_getAccountsAllowlist"))
    usable = {address for address, node in nodes.items() if node.standing.name == "REGISTERED"}
    assert len(usable) == len(FOLDERS) < len(nodes)
    assert allowed == {each.lower() for each in usable | cards.keys()}
