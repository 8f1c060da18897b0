"""One event, proven to somebody who has the trust file and nothing else."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import rfc8785

from governance.chain.house import Trust
from governance.chain.rpc import Rpc
from tests.integration.sealing import Sealing, validator
from tests.journeys.swarm import Swarm

if TYPE_CHECKING:
    from collections.abc import Iterator

FOUR = ("one", "two", "three", "four")


@pytest.fixture(scope="module")
def lived(endpoint: str, tmp_path_factory: pytest.TempPathFactory) -> Swarm:
    """A swarm with a final checkpoint of just now: a chain drops its old states, and with them the
    proof that a contract is of the house.
    """
    swarm = Swarm.found(tmp_path_factory.mktemp("proved"), endpoint)
    swarm.run_study("alpha", "beta")
    package = swarm.train(1, "alpha", "beta")
    swarm.good("publish", "--package", package, who="alpha")
    swarm.good("attest", "--package", package, who="beta")
    return swarm


@pytest.fixture
def sealed(lived: Swarm, tmp_path: Path) -> Iterator[tuple[Swarm, str]]:
    """A machine with the trust file of a chain that is sealed, and that chain's endpoint."""
    outsider = Swarm(tmp_path, "http://127.0.0.1:1")
    trust = Trust.load(lived.home / "trust.json")
    named = tuple(map(validator, FOUR))
    replace(trust, validators=named).save(outsider.home / "trust.json")
    with Rpc(lived.endpoint) as rpc, Sealing(rpc, lambda _: FOUR).serve() as url:
        yield outsider, url


def number_of(lived: Swarm, event: str) -> int:
    events = lived.good("history", "show", who="alpha")["events"]
    return int(next(each["number"] for each in events if each["event"] == event))


def prove_words(outsider: Swarm, url: str, *words: str) -> list[str]:
    where = ["--endpoint", url, "--trust", outsider / "trust.json", "-o", outsider / "event.json"]
    return ["audit", "prove-event", *words, *where]


def verify_words(outsider: Swarm) -> list[str]:
    return ["audit", "verify-event", outsider / "event.json", "--trust", outsider / "trust.json"]


def test_an_event_is_proven_to_who_has_the_trust_file(
    lived: Swarm, sealed: tuple[Swarm, str]
) -> None:
    outsider, url = sealed
    number = str(number_of(lived, "CheckpointFinal"))
    told = outsider.good(*prove_words(outsider, url, "--number", number))
    assert (told["event"], told["of_the_house"]) == ("CheckpointFinal", True)
    assert told["bytes"] == Path(outsider / "event.json").stat().st_size

    found = outsider.good(*verify_words(outsider))
    assert found["schema"] == "swarm-charter/cli/audit-verify-event/1"
    assert (found["proven"], found["id"], found["event"]) == (True, told["id"], "CheckpointFinal")
    assert found["fields"]["round"] == 1
    assert (found["basis"], len(found["sealers"]), found["validators"]) == ("seals", 3, 4)
    result = outsider.run(*verify_words(outsider))
    assert result.status == 0
    assert result.out.startswith("Proven: CheckpointFinal, in block ")
    assert "3 of 4 validators" in result.out

    # The same event by its transaction, as one of several there.
    with Rpc(url) as rpc:
        block = rpc.call("eth_getBlockByNumber", hex(found["block"]), False)
    transaction = block["transactions"][found["transaction_index"]]
    words = ["--transaction", transaction, "--log", str(found["log"])]
    assert outsider.good(*prove_words(outsider, url, *words))["id"] == told["id"]


def test_verifying_takes_no_network_and_nothing_of_web3(
    lived: Swarm, sealed: tuple[Swarm, str]
) -> None:
    outsider, url = sealed
    outsider.good(*prove_words(outsider, url, "--number", "1"))
    program = (
        "import socket, sys\n"
        "def refuse(*_): raise AssertionError('the network was used')\n"
        "socket.socket.connect = refuse\n"
        "from cli.main import run\n"
        f"assert run({verify_words(outsider)!r}) == 0\n"
        "found = [name for name in sys.modules if name.split('.')[0] in "
        "('web3', 'eth_account', 'eth_abi')]\n"
        "assert not found, found\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Proven: SwarmFounded")


def test_what_is_not_shown_is_said(lived: Swarm, sealed: tuple[Swarm, str]) -> None:
    outsider, url = sealed
    outsider.good(*prove_words(outsider, url, "--number", "2"))
    path = Path(outsider / "event.json")
    said: dict[str, Any] = json.loads(path.read_bytes())
    path.write_bytes(rfc8785.dumps(said | {"house": None}))
    result = outsider.run(*verify_words(outsider))
    assert result.status == 0
    assert "that this contract belongs to the house is not shown by this proof" in result.err
    assert not outsider.good(*verify_words(outsider))["of_the_house"]


def test_a_file_that_was_changed_is_refused(lived: Swarm, sealed: tuple[Swarm, str]) -> None:
    outsider, url = sealed
    outsider.good(*prove_words(outsider, url, "--number", "2"))
    path = Path(outsider / "event.json")
    content = path.read_bytes()
    for other, code, status in (
        (content.replace(b'"transaction":', b'"transaction":1'), "EventNotProven", 3),
        (content[:-1], "EventProofInvalid", 2),
        (b"", "EventProofInvalid", 2),
    ):
        path.write_bytes(other)
        result = outsider.run(*verify_words(outsider), "--format", "json")
        assert (result.status, result.error["code"]) == (status, code)
        result = outsider.run(*verify_words(outsider))
        assert (result.status, f"[{code}]" in result.err) == (status, True)


def test_on_a_chain_without_seals_a_hash_is_asked_for(lived: Swarm) -> None:
    path = lived / "unsealed.json"
    words = ["audit", "prove-event", "--number", "3", "-o", path]
    assert "has no seals" in lived.run(*words, who="alpha").err
    told = lived.good(*words, who="alpha")
    verify = ["audit", "verify-event", path, "--trust", lived / "trust.json"]
    result = lived.run(*verify, "--format", "json")
    assert (result.status, result.error["code"]) == (3, "HeaderUnsealed")
    found = lived.good(*verify, "--head-hash", told["block_hash"])
    assert (found["basis"], found["id"]) == ("the hash that was given", told["id"])
    result = lived.run(*verify, "--head-hash", "0x" + 64 * "1", "--format", "json")
    assert (result.status, result.error["code"]) == (3, "EventNotProven")


@pytest.mark.parametrize(
    ("words", "code", "status"),
    [
        ([], "UsageInvalid", 2),
        (["--number", "1", "--transaction", "0x" + 64 * "1"], "UsageInvalid", 2),
        (["--number", "1", "--log", "0"], "UsageInvalid", 2),
        (["--number", "100000"], "EventMissing", 2),
        (["--transaction", "0x" + 64 * "1"], "EventMissing", 2),
        (["--transaction", "0x12"], "UsageInvalid", 2),
    ],
)
def test_which_event_is_meant_must_be_clear(
    lived: Swarm, words: list[str], code: str, status: int
) -> None:
    out = lived.home / "none.json"
    result = lived.run(
        "audit", "prove-event", *words, "-o", str(out), "--format", "json", who="alpha"
    )
    assert (result.status, result.error["code"]) == (status, code)
    assert not out.exists()
