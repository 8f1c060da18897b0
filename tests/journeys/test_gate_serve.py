"""`charter gate serve` as other programs of the machine use it, one of them in another language."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from governance.primitives import sha256, to_hex
from tests.chaos import behaviours as be
from tests.chaos.proxy import honest, proxy
from tests.journeys.swarm import UPDATE, Swarm

if TYPE_CHECKING:
    from collections.abc import Iterator

CLIENT = Path(__file__).parents[2] / "examples" / "clients" / "gate.mjs"


@dataclass
class Served:
    """A gate that serves, and a client in JavaScript that asks it.

    Attributes:
        swarm: The swarm.
        process: The gate's process.
        told: What it told at its beginning.
        where: How the client reaches it.
    """

    swarm: Swarm
    process: subprocess.Popen[str]
    told: Any
    where: list[str]

    def ask(self, *words: str) -> tuple[int, Any]:
        """What the client comes to: its exit status, and the answer or the error's code."""
        done = subprocess.run(
            ["node", str(CLIENT), *self.where, *words],
            check=False,
            capture_output=True,
            text=True,
            timeout=60,
        )
        if done.stdout:
            return done.returncode, json.loads(done.stdout)
        return done.returncode, done.stderr.partition(":")[0]

    def end(self, how: signal.Signals) -> str:
        """Ends the gate; returns what it wrote to stderr."""
        self.process.send_signal(how)
        _, err = self.process.communicate(timeout=20)
        return err


@pytest.fixture
def swarm(swarm: Swarm) -> Swarm:
    """A swarm with a running study."""
    swarm.run_study("alpha", "beta")
    swarm.home.chmod(0o700)
    return swarm


@contextlib.contextmanager
def serving(swarm: Swarm, *words: str, way: str = "unix") -> Iterator[Served]:
    """A gate of alpha's that serves until the block ends."""
    if way == "unix":
        place = where = ["--socket", swarm / "run/gate.sock"]
    else:
        place = ["--listen", "127.0.0.1:0", "--token-file", swarm / "token"]
    evidence = ["--evidence", swarm / "evidence.jsonl"]
    command = ["gate", "serve", *place, *evidence, "--poll", "0.1", *words, "--format", "json"]
    process = swarm.start(*command, who="alpha")
    try:
        assert process.stdout is not None
        lines = []
        while not lines or lines[-1] not in {"}\n", ""}:
            lines.append(process.stdout.readline())
        if lines[-1] == "":
            raise AssertionError(process.communicate(timeout=20)[1])
        told = json.loads("".join(lines))
        if way == "http":
            where = ["--url", told["url"], "--token-file", swarm / "token"]
        yield Served(swarm, process, told, where)
    finally:
        process.kill()
        process.communicate()


def envelope_of(swarm: Swarm, who: str, attempt: int = 1, update: str = UPDATE) -> str:
    """The path of an envelope that somebody's node has signed for the first round."""
    path = swarm / f"{who}-{attempt}.json"
    words = ["--round", "1", "--attempt", str(attempt), "--update", update]
    swarm.good("gate", "sign", *words, "--out", path, who=who)
    return path


@pytest.mark.parametrize("way", ["unix", "http"])
def test_a_program_in_another_language_asks_before_it_merges(swarm: Swarm, way: str) -> None:
    with serving(swarm, way=way) as served:
        told = served.told
        assert told["schema"] == "swarm-charter/cli/gate-serve/1"
        assert (told["study"], told["socket"] is None) == (1, way == "http")
        mine, theirs = envelope_of(swarm, "alpha"), envelope_of(swarm, "beta")
        assert served.ask("check", mine, UPDATE)[1]["reason"] == "WrongRound"
        assert served.ask("open", "1") == (
            0,
            {"round": {"round": 1, "attempt": 1, "parent": None}},
        )
        status, decision = served.ask("check", mine, UPDATE)
        assert (status, decision["accepted"], decision["institution"]) == (0, True, 1)
        status, decision = served.ask("check", mine, UPDATE)
        assert (status, decision["accepted"], decision["repeated"]) == (4, True, True)
        status, decision = served.ask("check", theirs, to_hex(sha256(b"another")))
        assert (status, decision["reason"]) == (4, "UpdateMismatch")
        assert served.ask("check", swarm / "terms.yaml", UPDATE) == (2, "UsageInvalid")
        assert served.ask("check", swarm / "ready.json", UPDATE) == (2, "EnvelopeInvalid")
        assert served.ask("elect") == (2, "UsageInvalid")

        # The node is revoked while the gate serves; nobody tells it.
        again = envelope_of(swarm, "beta", attempt=2)
        served.ask("open", "1", "2")
        swarm.good("node", "revoke", "beta-node", "--yes", who="beta")
        time.sleep(0.5)
        status, decision = served.ask("check", again, UPDATE)
        assert (status, decision["reason"]) == (4, "NodeRevoked")
        assert served.ask("status")[1]["refuses"] is None
        assert served.ask("close") == (0, {"round": None})
    log = swarm.good("gate", "log", swarm / "evidence.jsonl")["decisions"]
    assert [each["reason"] for each in log] == [
        "WrongRound",
        "Authorised",
        "UpdateMismatch",
        "NodeRevoked",
    ]


def test_without_the_token_nobody_is_answered(swarm: Swarm) -> None:
    with serving(swarm, way="http") as served:
        wrong = swarm.write("wrong-token", "x" * 43)
        bare = Served(swarm, served.process, served.told, served.where[:2])
        assert bare.ask("status") == (2, "CallerUnknown")
        bare.where += ["--token-file", wrong]
        assert bare.ask("open", "1") == (2, "CallerUnknown")
        assert served.ask("status")[1]["round"] is None
        assert Path(swarm / "token").stat().st_mode & 0o777 == 0o600


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can ask as somebody else")
def test_another_user_is_not_answered_on_the_socket(swarm: Swarm) -> None:
    """Even where the files' own rights were taken away by mistake."""
    with serving(swarm) as served:
        socket = Path(served.told["socket"])
        socket.chmod(0o666)
        for folder in socket.parents:
            if folder.stat().st_mode & 0o001 == 0:
                folder.chmod(0o711)
        asked = subprocess.run(
            ["curl", "-s", "--unix-socket", str(socket), "http://gate/v1/status"],
            check=False,
            capture_output=True,
            text=True,
            user=65_534,
            timeout=30,
        )
        assert json.loads(asked.stdout)["error"]["code"] == "CallerForeign"
        assert served.ask("status")[0] == 0


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_when_it_is_told_to_and_leaves_no_socket(swarm: Swarm, how: signal.Signals) -> None:
    with serving(swarm) as served:
        assert served.ask("status")[0] == 0
        err = served.end(how)
        assert served.process.returncode == 0, err
        assert err.splitlines()[-1] == "Ended."
        assert not Path(served.told["socket"]).exists()
        assert served.ask("status") == (5, "GateUnreachable")


def test_a_gate_that_was_killed_starts_again_and_knows_what_was_used(swarm: Swarm) -> None:
    mine = envelope_of(swarm, "alpha")
    with serving(swarm) as served:
        served.ask("open", "1")
        assert served.ask("check", mine, UPDATE)[1]["accepted"]
        served.end(signal.SIGKILL)
        assert Path(served.told["socket"]).is_socket()
    with serving(swarm) as served:
        # No round is open after a start: whoever leads the training says which.
        assert served.ask("status")[1]["round"] is None
        served.ask("open", "1")
        decision = served.ask("check", mine, UPDATE)[1]
        assert (decision["accepted"], decision["repeated"]) == (True, True)
        other = to_hex(sha256(b"another"))
        # A careless node forgets what it has signed.
        shutil.rmtree(swarm.home / "signed")
        second = envelope_of(swarm, "alpha", update=other)
        assert served.ask("check", second, other)[1]["reason"] == "Equivocation"


def test_what_is_wrong_with_the_chain_is_told_and_refused_and_over_again(swarm: Swarm) -> None:
    with proxy(swarm.endpoint) as between:
        swarm.good("context", "set", "alpha", "--endpoint", between.url)
        with serving(swarm, "--max-age", "1") as served:
            served.ask("open", "1")
            between.behaviour = be.drop
            time.sleep(1.5)
            assert served.ask("status")[1]["fault"]["reason"] == "ChainUnreachable"
            swarm.good("context", "set", "alpha", "--endpoint", swarm.endpoint)
            mine = envelope_of(swarm, "alpha")
            assert served.ask("check", mine, UPDATE)[1]["reason"] == "ChainUnreachable"
            between.behaviour = honest
            time.sleep(0.5)
            assert served.ask("check", mine, UPDATE)[1]["accepted"]
            err = served.end(signal.SIGTERM)
    assert err.count("(ChainUnreachable)") == 1
    assert err.count("(ChainUnreachable is over)") == 1
    log = swarm.good("gate", "log", swarm / "evidence.jsonl", "--refused")["decisions"]
    assert [each["reason"] for each in log] == ["ChainUnreachable"]
    table = swarm.run("gate", "log", swarm / "evidence.jsonl").out
    assert "ChainUnreachable" in table


def test_a_check_where_the_chain_lies_is_refused_and_written_down(swarm: Swarm) -> None:
    """Once, without a server: the reason is the answer, and stands in the evidence."""
    mine = envelope_of(swarm, "alpha")
    words = ["--round", "1", "--update", UPDATE, "--evidence", swarm / "evidence.jsonl"]
    with proxy(swarm.endpoint, be.logs(lambda logs: logs[:-1])) as between:
        swarm.good("context", "set", "alpha", "--endpoint", between.url)
        for behaviour, reason in (
            (between.behaviour, "HistoryHeadMismatch"),
            (be.drop, "ChainUnreachable"),
        ):
            between.behaviour = behaviour
            result = swarm.run("gate", "check", mine, *words, "--format", "json", who="alpha")
            assert (result.status, result.error["code"]) == (4, reason), result.err
            assert (result.json["accepted"], result.json["reason"]) == (False, reason)
        between.behaviour = honest
        assert swarm.good("gate", "check", mine, *words, who="alpha")["accepted"]
    swarm.good("context", "set", "alpha", "--endpoint", swarm.endpoint)
    told = swarm.run(
        "audit", "live", "--evidence-log", swarm / "evidence.jsonl", "--format", "json"
    )
    assert told.status in {0, 1}, told.err
    assert [each["reason"] for each in told.json["refusals"]] == [
        "HistoryHeadMismatch",
        "ChainUnreachable",
    ]


@pytest.mark.parametrize(
    ("words", "code", "status"),
    [
        ("", "UsageInvalid", 2),
        ("--listen 127.0.0.1:0", "UsageInvalid", 2),
        ("--socket @/run/s --token-file @/token", "UsageInvalid", 2),
        ("--listen 127.0.0.1 --token-file @/token", "UsageInvalid", 2),
        ("--listen 0.0.0.0:0 --token-file @/token", "ListenAddressOpen", 2),
        ("--listen 127.0.0.1:99999 --token-file @/token", "SocketUnusable", 7),
        ("--listen 127.0.0.1:0 --token-file @/open", "TokenFileInsecure", 7),
        ("--listen 127.0.0.1:0 --token-file @/short", "GateTokenWeak", 7),
        ("--socket @/shared/gate.sock", "SocketFolderInsecure", 7),
        ("--socket @/passphrase", "SocketUnusable", 7),
        ("--socket @/run/s --study 9", "StudyUnknown", 2),
        ("--socket @/run/s --max-age 61", "UsageInvalid", 2),
    ],
)
def test_a_wrong_call_is_told_and_nobody_is_served(
    swarm: Swarm, words: str, code: str, status: int
) -> None:
    swarm.write("open", "x" * 43)
    swarm.write("short", "secret")
    Path(swarm / "open").chmod(0o644)
    Path(swarm / "short").chmod(0o600)
    Path(swarm / "shared").mkdir()
    said = words.replace("@", str(swarm.home)).split()
    evidence = ["--evidence", swarm / "evidence.jsonl"]
    result = swarm.run("gate", "serve", *said, *evidence, "--format", "json", who="alpha")
    assert (result.status, result.error["code"]) == (status, code), result.err
    assert result.out == ""
    assert f"Error [{code}]: " in swarm.run("gate", "serve", *said, *evidence, who="alpha").err


def test_two_gates_share_neither_evidence_nor_socket(swarm: Swarm) -> None:
    with serving(swarm):
        place = ["--socket", swarm / "run/gate.sock"]
        same = swarm.process(
            "gate", "serve", *place, "--evidence", swarm / "evidence.jsonl", who="alpha"
        )
        assert (same.status, "[EvidenceLocked]" in same.err) == (7, True)
        other = swarm.process(
            "gate", "serve", *place, "--evidence", swarm / "other.jsonl", who="alpha"
        )
        assert (other.status, "[SocketTaken]" in other.err) == (7, True)


def test_what_it_tells_at_its_beginning_can_be_read(swarm: Swarm) -> None:
    place = ["--socket", swarm / "run/gate.sock", "--evidence", swarm / "evidence.jsonl"]
    process = swarm.start("gate", "serve", *place, who="alpha")
    try:
        assert process.stdout is not None
        lines = [process.stdout.readline().split() for _ in range(3)]
        assert [line[0] for line in lines] == ["study", "contract", "socket"]
        assert lines[2][1] == swarm / "run/gate.sock"
    finally:
        process.terminate()
        process.communicate(timeout=20)
    assert process.returncode == 0
