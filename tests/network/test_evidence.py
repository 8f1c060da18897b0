"""Evidence of a chain that four real validators seal: from any of them, for anybody, offline."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from governance.chain.house import Trust
from tests.chaos import behaviours as be
from tests.chaos.proxy import proxy
from tests.network.consortium import until

if TYPE_CHECKING:
    from pathlib import Path

    from tests.journeys.swarm import Result, Swarm
    from tests.network.consortium import Consortium

ALONE = ("unshare", "--map-root-user", "--net")
"""Starts a program on a machine that has no network, not even its own loopback."""


def collect(swarm: Swarm, name: str, *endpoints: str) -> Result:
    """Collects through endpoints into a file, knowing nothing but them and the trust file."""
    reached = [word for each in endpoints for word in ("--endpoint", each)]
    words = ["audit", "collect", "--trust", swarm / "trust.json", "-o", swarm / name]
    return swarm.run(*words, *reached, "--format", "json")


def verify(bundle: str, trust: str, place: Path) -> tuple[int, Any]:
    """What a machine says that has the two files, and no network, context or key."""
    place.mkdir(exist_ok=True)
    for each, name in ((bundle, "evidence.zip"), (trust, "trust.json")):
        shutil.copy(each, place / name)
    words = [sys.executable, "-m", "cli", "audit", "verify", str(place / "evidence.zip")]
    words += ["--trust", str(place / "trust.json"), "--format", "json"]
    may = shutil.which(ALONE[0]) and not subprocess.run([*ALONE, "true"], check=False).returncode
    done = subprocess.run(
        [*(ALONE if may else ()), *words],
        env={"CHARTER_HOME": str(place), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode in {0, 1}, done.stderr
    return done.returncode, json.loads(done.stdout)


def judgement(report: Any) -> Any:
    """What a report says of the history, whichever block proves it."""
    history = {name: report["history"][name] for name in ("address", "length", "head")}
    return history | {
        name: report[name]
        for name in ("chain_id", "members", "studies", "findings", "refusals", "countersigned")
    }


def test_each_validator_gives_evidence_of_the_same(consortium: Consortium, tmp_path: Path) -> None:
    swarm = consortium.swarm
    trust = Trust.load(swarm.home / "trust.json")
    length = swarm.head()[0]
    verdicts = []
    for name in consortium.names:
        told = collect(swarm, f"{name}.zip", consortium.endpoint(name))
        assert told.status == 0, told.err
        assert (told.json["basis"], told.json["events"]) == ("seals", length)
        status, report = verify(swarm / f"{name}.zip", swarm / "trust.json", tmp_path / name)
        verdicts.append((status, judgement(report)))
        proof = report["proof"]
        assert (proof["basis"], proof["validators"]) == ("seals", 4)
        assert len(proof["sealers"]) == 3, "as many seals as prove it, and no more"
        assert set(proof["sealers"]) <= set(trust.validators)
        assert proof["headers"] == 1
    assert all(each == verdicts[0] for each in verdicts)


def test_one_honest_validator_is_enough(consortium: Consortium, tmp_path: Path) -> None:
    """Three lie, each in its own way, and stand first."""
    swarm = consortium.swarm
    length, _, newest = swarm.head()
    lies = {
        "alpha": be.logs(lambda logs: logs[1:]),
        "beta": be.changed(
            eth_getProof=lambda ask, address, keys, tag: ask(
                "eth_getProof", "0x" + 40 * "1", keys, tag
            )
        ),
        "gamma": be.header(timestamp=lambda old: hex(int(old, 16) + 1)),
    }
    with ExitStack() as stack:
        liars = [
            stack.enter_context(proxy(consortium.endpoint(name), lie)).url
            for name, lie in lies.items()
        ]
        for liar in liars:
            alone = collect(swarm, "alone.zip", liar)
            assert alone.status == 3
            assert liar in alone.error["message"]
        told = collect(swarm, "among.zip", *liars, consortium.endpoint("delta"))
        assert told.status == 0, told.err
        assert [each["endpoint"] for each in told.json["endpoints_refused"]] == liars
        assert all(liar in told.err for liar in liars)
        old = stack.enter_context(proxy(consortium.endpoint("alpha"), be.ends_at(newest - 1)))
        behind = collect(swarm, "behind.zip", old.url, consortium.endpoint("delta"))
        assert behind.json["endpoints_behind"] == [{"endpoint": old.url, "block": newest - 1}]
        assert old.url in behind.err
    for name in ("among", "behind"):
        _, report = verify(swarm / f"{name}.zip", swarm / "trust.json", tmp_path / name)
        assert (report["proof"]["basis"], report["history"]["length"]) == ("seals", length)


def test_a_collection_from_a_chain_that_goes_on_is_proven_at_its_end(
    consortium: Consortium,
) -> None:
    """Blocks are made while it is collected; what is proven is one of them, and not an old one."""
    swarm = consortium.swarm
    before = consortium.block("alpha")
    until(lambda: consortium.block("alpha") > before)
    told = collect(swarm, "later.zip", *(consortium.endpoint(name) for name in consortium.names))
    assert told.json["block"] > before
    assert told.json["endpoints_refused"] == []
