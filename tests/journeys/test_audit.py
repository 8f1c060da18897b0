"""The audit as a person runs it: collect, hand over, verify anywhere, look at a running chain."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from deploy import embedded
from deploy.anvil import free_port
from governance.audit.countersigning import as_json, countersignature
from governance.audit.partial import Partial
from governance.chain.house import Trust
from governance.chain.keystore import Keystore
from governance.chain.rpc import Rpc
from tests.chaos import behaviours as be
from tests.chaos.proxy import Exchange, honest, proxy
from tests.journeys.swarm import CHARTER, FOUNDERS, PASSPHRASE, UPDATE, Swarm

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DEAD = "http://127.0.0.1:9"
BLOCKS = 8_000
"""Empty ones at the end: enough for several ranges of logs."""


@pytest.fixture(scope="module")
def own_endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("audited-chain")
    yield embedded.up(folder, port=free_port()).endpoint
    embedded.down(folder)


@pytest.fixture(scope="module")
def audited(own_endpoint: str, tmp_path_factory: pytest.TempPathFactory) -> Swarm:
    """Three hospitals, a study, a refused update, and the evidence that alpha has collected."""
    swarm = Swarm.found(tmp_path_factory.mktemp("audited"), own_endpoint)
    swarm.run_study("alpha", "beta")
    words = ["--round", "1", "--update", UPDATE]
    envelope = swarm / "envelope"
    swarm.good("gate", "sign", *words, "--out", envelope, who="beta")
    swarm.good("node", "revoke", "beta-node", "--yes", who="beta")
    refused = swarm.run("gate", "check", envelope, *words, "--evidence", swarm / "gate.jsonl")
    assert refused.status == 4
    for name in FOUNDERS:
        swarm.good("history", "countersign", who=name)
    with Rpc(own_endpoint) as rpc:
        rpc.call("anvil_mine", hex(BLOCKS))
    collected(swarm, "--evidence-log", swarm / "gate.jsonl")
    return swarm


def collected(swarm: Swarm, *words: str, name: str = "evidence.zip") -> Any:
    return swarm.good("audit", "collect", "-o", swarm / name, *words)


@pytest.fixture
def auditor(tmp_path: Path, audited: Swarm) -> Swarm:
    """Somebody with a file, a trust file and nothing else: no context, no key, no endpoint."""
    outsider = Swarm(tmp_path / "auditor", "")
    outsider.home.mkdir()
    for name in ("evidence.zip", "trust.json", "charter.yaml"):
        shutil.copy(audited / name, outsider.home)
    return outsider


def verify_words(swarm: Swarm, *words: str) -> list[str]:
    return ["audit", "verify", swarm / "evidence.zip", "--trust", swarm / "trust.json", *words]


# --- collect, verify, live ------------------------------------------------------------------------


def test_evidence_is_collected_handed_over_and_verified(audited: Swarm, auditor: Swarm) -> None:
    told = collected(audited, "--evidence-log", audited / "gate.jsonl")
    length = audited.head()[0]
    assert (told["events"], told["left_out"], told["basis"]) == (length, 0, "countersignatures")
    assert (told["countersignatures"], told["evidence_logs"]) == (3, 1)
    assert (told["endpoints_refused"], told["endpoints_behind"]) == ([], [])
    assert told["bytes"] == (audited.home / "evidence.zip").stat().st_size
    assert not (audited.home / "evidence.zip.part").exists()
    table = audited.run("audit", "collect", "-o", audited / "again.zip")
    assert (table.status, table.err) == (0, "")
    assert "countersignatures" in table.out

    words = verify_words(
        auditor, "--charter", auditor / "charter.yaml", "--not-before", "2020-01-01"
    )
    result = auditor.run(*words, "--format", "json")
    assert result.status in {0, 1}, result.err
    report = result.json
    assert report["schema"] == "swarm-charter/cli/audit-verify/1"
    assert (report["proof"]["basis"], report["history"]["length"]) == ("countersignatures", length)
    assert report["countersigned"]["institutions"] == [1, 2, 3]
    assert [each["reason"] for each in report["refusals"]] == ["NodeRevoked"]
    shown = auditor.run(*words)
    assert shown.status == result.status
    assert shown.out.startswith("NO SEALS: proven by the institutions' countersignatures alone, up")
    assert "3 of 3 members" in shown.out

    live = audited.run(
        "audit", "live", "--evidence-log", audited / "gate.jsonl", "--format", "json"
    )
    assert live.status == result.status
    assert live.json["proof"]["basis"] == "endpoint"
    for same in ("members", "studies", "findings", "refusals", "countersigned"):
        assert live.json[same] == report[same]
    table = audited.run("audit", "live")
    assert table.out.startswith("NOT PROVEN: the head is what an endpoint says it is")


def test_verifying_asks_nobody_and_imports_no_web3(auditor: Swarm) -> None:
    """Neither a socket nor any part of web3 is touched, on a machine that knows no endpoint."""
    program = """
import socket, sys
def none(*_): raise AssertionError("a socket is opened")
socket.socket = socket.create_connection = socket.getaddrinfo = none
from cli.main import run
status = run(sys.argv[1:])
loaded = {name.partition(".")[0] for name in sys.modules} & {"web3", "eth_account", "eth_abi"}
assert not loaded, loaded
sys.exit(status)
"""
    done = subprocess.run(
        [sys.executable, "-c", program, *verify_words(auditor)],
        env=auditor.environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode in {0, 1}, done.stderr
    assert done.stdout.startswith("NO SEALS")


def test_findings_end_with_one_and_a_clean_history_with_nought(
    audited: Swarm, auditor: Swarm
) -> None:
    clean = auditor.run(*verify_words(auditor))
    assert (clean.status, "Nothing was found." in clean.out) == (0, True)
    first = json.loads((audited.home / "gate.jsonl").read_text().splitlines()[0])
    assert first["decision"]["reason"] == "NodeRevoked"
    # Countersigned twice, over two heads: whoever did that has vouched for two histories.
    trust = Trust.load(audited.home / "trust.json")
    signer = Keystore(audited.home / "keystores").unlock("alpha", PASSPHRASE)
    args = (trust.chain_id, trust.history, audited.head()[0], b"\x07" * 32)
    other = auditor.write("other.json", json.dumps(as_json(countersignature(*args, signer), trust)))
    told = collected(audited, "--countersignature", other, name="two.zip")
    assert told["countersignatures"] == 4
    words = ["audit", "verify", audited / "two.zip", "--trust", auditor / "trust.json"]
    found = auditor.run(*words, "--format", "json")
    assert (found.status, [each["id"] for each in found.json["findings"]]) == (
        1,
        ["head-rewritten"],
    )
    assert "head-rewritten" in auditor.run(*words).out


def test_help_is_there_at_once(audited: Swarm) -> None:
    for words in ([], ["collect"], ["verify"], ["live"]):
        result = audited.run("audit", *words, "--help")
        assert (result.status, "Usage: charter audit" in result.out) == (0, True)
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "cli", "audit", "collect", "--help"],
        env=audited.environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    for heavy in ("governance.audit", "pydantic", "rich", "web3", "governance.chain.rpc"):
        assert heavy not in done.stderr


# --- wrong calls ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "code", "status"),
    [
        ("verify @/nothing.zip --trust @/trust.json", "UsageInvalid", 2),
        ("verify @ --trust @/trust.json", "UsageInvalid", 2),
        ("verify --trust @/trust.json", "UsageInvalid", 2),
        ("verify @/charter.yaml --trust @/trust.json", "EvidenceMalformed", 3),
        ("verify @/empty --trust @/trust.json", "EvidenceMalformed", 3),
        ("verify @/short.zip --trust @/trust.json", "EvidenceMalformed", 3),
        ("verify @/evidence.zip --trust @/foreign.json", "EvidenceForeign", 3),
        ("verify @/evidence.zip --trust @/charter.yaml", "TrustInvalid", 2),
        ("verify @/evidence.zip --trust @/nothing.json", "UsageInvalid", 2),
        ("verify @/evidence.zip --trust @/strangers.json", "FoundingUnsound", 3),
        ("verify @/evidence.zip --trust @/sealed.json", "EvidenceUnproven", 3),
        ("verify @/evidence.zip", "NoContext", 2),
        ("verify @/evidence.zip --trust @/trust.json --not-before soon", "UsageInvalid", 2),
        ("verify @/evidence.zip --trust @/trust.json --not-before 2100-01-01", "EvidenceOld", 3),
        ("verify @/evidence.zip --trust @/trust.json --charter @/other.yaml", "CharterForeign", 2),
        ("collect --trust @/trust.json -o @/e.zip", "NoContext", 2),
        ("collect --trust @/trust.json -o @/e.zip --endpoint %9", "ChainUnreachable", 3),
        ("collect --trust @/trust.json -o @/e.zip --endpoint chain", "EndpointInvalid", 2),
        ("collect --trust @/foreign.json -o @/e.zip --endpoint %", "ChainForeign", 3),
        ("collect --trust @/homeless.json -o @/e.zip --endpoint %", "HouseMissing", 3),
        ("collect --trust @/strangers.json -o @/e.zip --endpoint %", "FoundingUnsound", 3),
        ("collect --trust @/sealed.json -o @/e.zip --endpoint %", "HeaderInvalid", 3),
        ("collect --trust @/trust.json -o @ --endpoint %", "UsageInvalid", 2),
        ("collect --trust @/trust.json -o @/empty/e.zip --endpoint %", "FileUnusable", 3),
        (
            "collect --trust @/trust.json -o @/e.zip --endpoint % --evidence-log @/charter.yaml",
            "EvidenceBroken",
            3,
        ),
        (
            "collect --trust @/trust.json -o @/e.zip --endpoint % --countersignature @/trust.json",
            "CountersignatureInvalid",
            2,
        ),
        ("live --trust @/trust.json --endpoint %9", "ChainUnreachable", 3),
        ("live --trust @/foreign.json --endpoint %", "ChainForeign", 3),
        ("live --trust @/trust.json --endpoint % --charter @/other.yaml", "CharterForeign", 2),
        ("live --trust @/trust.json --endpoint % --html @/empty/page.html", "FileUnusable", 3),
        ("live --trust @/trust.json", "NoContext", 2),
    ],
)
def test_what_is_wrong_is_told(
    audited: Swarm, auditor: Swarm, words: str, code: str, status: int
) -> None:
    trust = json.loads((auditor.home / "trust.json").read_text())
    for name, changed in {
        "foreign": {"chain_id": 5},
        "homeless": {"history": "0x" + 40 * "1"},
        "strangers": {"founders": ["0x" + 40 * "1", *trust["founders"][1:]]},
        "sealed": {"validators": trust["founders"]},
    }.items():
        auditor.write(f"{name}.json", json.dumps(trust | changed))
    auditor.write("other.yaml", CHARTER.replace("swarm's", "other"))
    auditor.write("empty", "")
    (auditor.home / "short.zip").write_bytes((auditor.home / "evidence.zip").read_bytes()[:-9])
    filled = words.replace("%9", DEAD).replace("%", audited.endpoint)
    before = set(auditor.home.iterdir())
    said = ["audit", *filled.replace("@", str(auditor.home)).split()]
    result = auditor.run(*said, "--format", "json")
    assert (result.status, result.error["code"], result.out) == (status, code, "")
    assert "Traceback" not in result.err
    table = auditor.run(*said)
    assert (table.status, f"Error [{code}]: " in table.err, table.out) == (status, True, "")
    assert {path.name for path in set(auditor.home.iterdir()) - before} <= {"e.zip.part"}
    if status == 3 and words.startswith("collect") and "%" in words and "-log" not in words:
        assert "empty" in words or filled.rpartition(" ")[2] in result.error["message"]


# --- what is countersigned, and what not ----------------------------------------------------------


def test_what_nobody_vouches_for_is_cut_off_loudly(swarm: Swarm) -> None:
    words = ["audit", "collect", "-o", swarm / "evidence.zip"]
    nothing = swarm.run(*words, "--format", "json")
    assert (nothing.status, nothing.error["code"]) == (3, "NotCountersigned")
    assert "charter history countersign" in nothing.error["remedy"]
    assert not (swarm.home / "evidence.zip").exists()
    for name in FOUNDERS:
        swarm.good("history", "countersign", who=name)
    swarm.good("node", "register", "alpha-node", who="alpha")
    cut = swarm.run(*words, "--format", "json")
    assert (cut.json["events"], cut.json["left_out"]) == (7, 1)
    assert "NO SEALS: the 1 events after number 7 are not countersigned" in cut.err
    assert "NO SEALS" in swarm.run(*words).err
    verified = ["audit", "verify", swarm / "evidence.zip", "--format", "json"]
    assert swarm.run(*verified).json["history"]["length"] == 7
    files = []
    for name in FOUNDERS:
        files += ["--countersignature", swarm / f"by-{name}.json"]
        swarm.good("history", "countersign", "-o", files[-1], who=name)
    carried = swarm.run(*words, *files, "--format", "json")
    assert (carried.json["events"], carried.json["left_out"], carried.err) == (8, 0, "")
    assert swarm.run(*verified).json["history"]["length"] == 8


# --- endpoints ------------------------------------------------------------------------------------


def test_liars_are_named_and_the_honest_one_is_enough(audited: Swarm) -> None:
    expected = (audited.home / "evidence.zip").read_bytes()
    words = ["audit", "collect", "--trust", audited / "trust.json", "-o", audited / "l.zip"]
    words += ["--evidence-log", audited / "gate.jsonl"]
    truth = audited.endpoint
    with (
        proxy(truth, be.logs(lambda logs: logs[1:])) as drops,
        proxy(truth, be.says(b"<html>")) as garbage,
    ):
        liars = [drops.url, garbage.url, DEAD]
        for liar, code in zip(
            liars, ("HistoryHeadMismatch", "ChainAnswerInvalid", "ChainUnreachable"), strict=True
        ):
            alone = audited.run(*words, "--endpoint", liar, "--format", "json")
            assert (alone.status, alone.error["code"]) == (3, code)
            assert liar in alone.error["message"]
        among = [word for each in (*liars, truth) for word in ("--endpoint", each)]
        several = audited.run(*words, *among, "--format", "json")
        assert several.status == 0, several.err
        refused = several.json["endpoints_refused"]
        assert [each["endpoint"] for each in refused] == liars
        for liar in liars:
            assert several.err.count(liar) == 1
        assert several.err.count("Nothing of it was used.") == 3
        table = audited.run(*words, *among)
        assert (table.status, drops.url in table.err) == (0, True)
    assert (audited.home / "l.zip").read_bytes() == expected


def test_a_running_chain_is_looked_at_through_who_makes_sense(audited: Swarm) -> None:
    words = ["audit", "live", "--trust", audited / "trust.json", "--format", "json"]
    with proxy(audited.endpoint, be.header(number=None)) as liar:
        alone = audited.run(*words, "--endpoint", liar.url)
        assert (alone.status, alone.error["code"]) == (3, "ChainAnswerInvalid")
        among = audited.run(*words, "--endpoint", liar.url, "--endpoint", audited.endpoint)
    assert among.status == 0, among.err
    assert liar.url in among.err
    assert among.json["history"]["length"] == audited.head()[0]


def test_a_line_that_a_crash_tore_is_no_evidence(audited: Swarm) -> None:
    whole = (audited.home / "gate.jsonl").read_text(encoding="utf-8")
    torn = audited.write("torn.jsonl", whole + '{"decision":')
    collected(audited, "--evidence-log", torn, name="torn.zip")
    assert (audited.home / "torn.zip").read_bytes() == (audited.home / "evidence.zip").read_bytes()


# --- broken off -----------------------------------------------------------------------------------


class Slow:
    """Takes its time for each range of logs, and counts them."""

    def __init__(self, seconds: float) -> None:
        self.asked: list[int] = []
        self._behave = be.late(seconds)

    def __call__(self, exchange: Exchange) -> None:
        asked = exchange.request
        if isinstance(asked, dict) and asked["method"] == "eth_getLogs":
            self.asked.append(int(asked["params"][0]["fromBlock"], 16))
            self._behave(exchange)
        else:
            honest(exchange)


def test_a_killed_collection_goes_on_where_it_was(audited: Swarm) -> None:
    expected = (audited.home / "evidence.zip").read_bytes()
    part = audited.home / "killed.zip.part"
    words = ["audit", "collect", "--trust", audited / "trust.json", "-o", audited / "killed.zip"]
    words += ["--evidence-log", audited / "gate.jsonl", "--endpoint"]
    first, second = Slow(0.8), Slow(0.0)
    with proxy(audited.endpoint, first) as slow:
        started = audited.start(*words, slow.url)
        end = time.monotonic() + 60
        while len(first.asked) < 3:
            assert time.monotonic() < end
            assert started.poll() is None
            time.sleep(0.01)
        started.kill()
        started.communicate(timeout=30)
    assert part.exists()
    assert not (audited.home / "killed.zip").exists()
    # The third range was asked for before the second was written down, or just after.
    written = Partial(part, Trust.load(audited.home / "trust.json")).load().block
    with proxy(audited.endpoint, second) as quick:
        audited.good(*words, quick.url)
    assert first.asked[0] == 0
    assert written + 1 in first.asked[1:3]
    assert second.asked[0] == written + 1
    assert (audited.home / "killed.zip").read_bytes() == expected
    assert not part.exists()


@pytest.mark.parametrize("blocks", [0, 1, 8])
def test_a_full_disk_is_told_and_costs_nothing(audited: Swarm, blocks: int) -> None:
    """What is there stays as it was, and the next collection, with room again, is whole."""
    folder = audited.home / f"full-{blocks}"
    folder.mkdir()
    output = folder / "evidence.zip"
    output.write_bytes(b"an older one")
    words = ["audit", "collect", "--trust", audited / "trust.json", "-o", str(output)]
    words += ["--evidence-log", audited / "gate.jsonl", "--endpoint", audited.endpoint]
    limited = subprocess.run(
        ["sh", "-c", f'ulimit -f {blocks}; exec "$@"', "sh", sys.executable, "-m", "cli", *words],
        env=audited.environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert limited.returncode == 3, limited.stderr
    assert "Error [FileUnusable]: " in limited.stderr
    assert "Traceback" not in limited.stderr
    assert output.read_bytes() == b"an older one"
    assert {each.name for each in folder.iterdir()} <= {"evidence.zip", "evidence.zip.part"}
    audited.good(*words)
    assert output.read_bytes() == (audited.home / "evidence.zip").read_bytes()
    assert [each.name for each in folder.iterdir()] == ["evidence.zip"]
