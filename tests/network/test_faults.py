"""What becomes of acts while validators stop, die, hang and lose each other."""

from __future__ import annotations

import os
import random
import shutil
import signal
import time
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

import pytest

from deploy.network.engine import find_engine
from deploy.network.health import findings, until_blocks
from governance.chain.house import Trust
from governance.chain.qbft import Header
from governance.chain.reader import Follower
from governance.gate.view import LiveView
from tests.journeys.swarm import TERMS
from tests.network.consortium import until
from tests.network.stream import Stream

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.network.consortium import Consortium

KILLS = int(os.environ.get("CHARTER_KILLS", "3"))
"""How often a validator is killed; twenty times in `make campaign`."""

REPORT = os.environ.get("CHARTER_REPORT")
"""A file that takes what became of each stream; `make campaign` names one."""

VIEW_MAX_AGE = 60


@pytest.fixture(scope="module")
def report() -> Iterator[list[str]]:
    """Rows of a table, written at the end where that is asked for."""
    rows: list[str] = []
    yield rows
    if REPORT:
        head = [
            "# Faults under a stream of acts",
            "",
            f"Four validators on one machine; {KILLS} kills. Written by `make campaign`. Each act",
            "that was acknowledged is in the history once, none is there twice, and all validators",
            "agree.",
            "",
            "| fault | acts acknowledged | seconds | what single attempts met on the way |",
            "|---|---|---|---|",
        ]
        Path(REPORT).write_text("\n".join([*head, *rows]) + "\n", encoding="utf-8")


@pytest.fixture(scope="module")
def study(consortium: Consortium) -> str:
    """Address of a study that is open."""
    swarm = consortium.swarm
    number = int(
        swarm.good("study", "open", swarm.write("faults.yaml", TERMS), who="alpha")["study"]
    )
    return swarm.follower().state.study(number).address


@pytest.fixture
def stream(
    consortium: Consortium,
    study: str,
    tmp_path: Path,
    request: pytest.FixtureRequest,
    report: list[str],
) -> Iterator[Stream]:
    """Acts that go on whatever happens; at the end all validators run, and all is there once."""
    began = time.monotonic()
    with Stream(consortium, study, tmp_path / "journals", tmp_path.name) as running:
        running.goes_on(2)
        yield running
        running.goes_on(2, patience=240)
    until(lambda: len({consortium.see(name).block for name in consortium.names}) == 1, 60)
    running.holds()
    name = request.node.name.removeprefix("test_").replace("_", " ")
    met = ", ".join(f"{count} {code}" for code, count in sorted(running.faults.items())) or "-"
    seconds = round(time.monotonic() - began)
    report.append(f"| {name} | {len(running.acknowledged)} | {seconds} | {met} |")


def test_one_of_four_stopped(consortium: Consortium, stream: Stream) -> None:
    consortium.stop("delta")
    stream.goes_on(5)
    codes = [each.code for each in findings(consortium.see("alpha"))]
    assert "ValidatorsAway" in codes
    consortium.start("delta")


def test_killed_at_random_moments(consortium: Consortium, stream: Stream) -> None:
    dice = random.Random(5)
    for _ in range(KILLS):
        name = dice.choice(consortium.names)
        time.sleep(dice.uniform(0.0, 3.0))
        consortium.kill(name)
        consortium.start(name)
        until(lambda name=name: len(consortium.see(name).reached) >= 3, 60)
        stream.goes_on(1)


def test_an_endpoint_that_hangs(consortium: Consortium, stream: Stream) -> None:
    with _hanging(consortium, "alpha"):
        stream.goes_on(3)
        folder = ("--dir", str(consortium.place("alpha").path))
        told = consortium.swarm.run("network", "status", *folder, "--format", "json")
        assert told.status == 5
        assert told.json["validators"][0]["findings"][0]["code"] == "NotAnswering"
    until(lambda: len(consortium.see("alpha").reached) >= 3)


def test_an_empty_disk(consortium: Consortium, stream: Stream) -> None:
    """Its key is at hand, and all blocks are at the others."""
    consortium.stop("beta")
    shutil.rmtree(consortium.place("beta").data)
    consortium.start("beta")
    until(lambda: consortium.block("beta") >= consortium.block("alpha") - 1)
    proposed = consortium.block("beta")
    until(lambda: consortium.block("alpha") > proposed + 4)
    assert consortium.card("beta").validator in consortium.see("alpha").validators


def test_a_partition_of_three_and_one(consortium: Consortium, stream: Stream) -> None:
    with _apart(consortium, ("alpha", "beta", "gamma"), ("delta",)):
        stream.goes_on(4)
        behind = consortium.block("delta")
        assert consortium.block("alpha") > behind
    until(lambda: consortium.block("delta") >= consortium.block("alpha") - 1, 90)


def test_a_partition_of_two_and_two(consortium: Consortium, stream: Stream) -> None:
    halves = (("alpha", "beta"), ("gamma", "delta"))
    with _apart(consortium, *halves):
        stood = {name: consortium.block(name) for name in consortium.names}
        time.sleep(10)
        assert {name: consortium.block(name) for name in consortium.names} == stood
    until(lambda: all(consortium.block(name) > stood[name] for name in consortium.names))


def test_two_of_four_stopped(consortium: Consortium, stream: Stream) -> None:
    swarm = consortium.swarm
    trust = Trust.load(consortium.home / "trust.json")
    with consortium.rpc("alpha") as rpc:
        view = LiveView(Follower(rpc, trust))
        view.refresh()
        consortium.stop("gamma", "delta")
        assert view.look().idle < VIEW_MAX_AGE
        until(lambda: consortium.see("alpha").halted, 90)

        folder = ("--dir", str(consortium.place("alpha").path))
        told = swarm.run("network", "status", *folder, "--format", "json")
        assert told.status == 5
        halted = told.json["validators"][0]["findings"][0]
        assert halted["code"] == "ChainHalted"
        assert "2 of 4 validators can be reached, 3 are needed" in halted["text"]

        # A poll goes well, and proves only what was.
        until(lambda: bool(view.refresh()) or view.look().idle > VIEW_MAX_AGE, 90)

    consortium.start("gamma")
    until(lambda: len(consortium.see("gamma").reached) == 3, 60)
    # The stream's acts wait at the others, whether or not it has heard of them.
    seen = replace(consortium.see("gamma"), waiting=1)
    foretold = until_blocks(seen)
    took = until(lambda: consortium.block("alpha") > seen.block, foretold + 20)
    assert took <= foretold + 5
    consortium.start("delta")


def test_a_clock_that_is_ahead(
    consortium: Consortium, stream: Stream, faketime: Path, tmp_path: Path
) -> None:
    """The others refuse its blocks, which are of a time to come; its turns are lost, no more."""
    consortium.stop("delta")
    with _clock_ahead(faketime, tmp_path / "besu"):
        consortium.start("delta")
    until(lambda: len(consortium.see("delta").reached) == 4, 60)
    begun = consortium.block("alpha")
    stream.goes_on(5)
    until(lambda: consortium.block("alpha") > begun + 8)
    with consortium.rpc("alpha") as rpc:
        blocks = [
            rpc.call("eth_getBlockByNumber", hex(number), False)
            for number in range(begun + 1, consortium.block("alpha"))
        ]
    delta = consortium.card("delta").validator.lower()
    assert delta not in {each["miner"] for each in blocks}
    assert all(int(each["timestamp"], 16) <= time.time() for each in blocks)
    assert any(Header.from_json(each).round > 0 for each in blocks), "it never had its turn"
    # It takes the others' blocks and seals them, for those lie in its past.
    until(lambda: consortium.block("delta") >= consortium.block("alpha") - 1)
    consortium.stop("delta")
    consortium.start("delta")
    # With the right time it has its turns again.
    until(lambda: _newest(consortium)["miner"] == delta)


def _newest(consortium: Consortium) -> Any:
    with consortium.rpc("alpha") as rpc:
        return rpc.call("eth_getBlockByNumber", "latest", False)


@contextmanager
def _clock_ahead(faketime: Path, home: Path) -> Iterator[None]:
    """Whatever Besu is started inside has a clock ten minutes ahead."""
    program = find_engine().program
    script = home / "bin" / "besu"
    script.parent.mkdir(parents=True)
    script.write_text(
        "#!/bin/sh\n"
        # Java measures how long it waits by the clock that nobody sets.
        f'export LD_PRELOAD="{faketime}" FAKETIME=+10m FAKETIME_DONT_FAKE_MONOTONIC=1\n'
        f'exec "{program}" "$@"\n'
    )
    script.chmod(0o700)
    with mock.patch.dict(os.environ, BESU_HOME=str(home)):
        yield


@contextmanager
def _hanging(consortium: Consortium, name: str) -> Iterator[None]:
    pid = consortium.pid(name)
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


@contextmanager
def _apart(consortium: Consortium, one: tuple[str, ...], other: tuple[str, ...]) -> Iterator[None]:
    """No connection leads from these to those."""
    pairs = [(left, right) for left in one for right in other]
    pairs += [(right, left) for left, right in pairs]
    for left, right in pairs:
        with consortium.rpc(left) as rpc:
            rpc.call("admin_removePeer", consortium.card(right).enode)
    until(
        lambda: all(
            consortium.card(right).validator not in consortium.see(left).reached
            for left, right in pairs
        ),
        30,
    )
    try:
        yield
    finally:
        for left, right in pairs:
            with consortium.rpc(left) as rpc:
                rpc.call("admin_addPeer", consortium.card(right).enode)
