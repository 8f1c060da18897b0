"""No personal data leaves: a whole run of the demo is searched for every patient in its ledgers."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
import sqlite3
import subprocess
import sys
import zipfile
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from deploy import embedded
from deploy.anvil import free_port
from deploy.demo.cast import FOUNDERS, FOURTH
from governance.audit.page import as_csv, render
from governance.audit.verify import verify
from governance.chain import Rpc, Trust
from governance.consent.commitment import SALT_BYTES
from governance.primitives import keccak
from tests.privacy.needles import HASHES, SHORTEST, Needles

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.chain

FOLDERS = [role.folder for role in (*FOUNDERS, FOURTH)]
PATIENTS = 920
AT_HOME = "records"
"""The folder of each hospital whose contents are for itself alone."""


@dataclass
class Ran:
    """A demo that has ended, and its chain, which goes on.

    Attributes:
        out: Its folder.
        printed: What it wrote to stdout and stderr.
        chain: All blocks with their transactions, and all receipts with their logs, as JSON-RPC
            tells them.
    """

    out: Path
    printed: dict[str, bytes]
    chain: dict[str, list[Any]]


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    out = tmp_path_factory.mktemp("demo") / "demo-out"
    ended = subprocess.run(
        [sys.executable, "-m", "cli", "demo", "--out", str(out)],
        capture_output=True,
        check=True,
        timeout=120,
    )
    printed = {"stdout": ended.stdout, "stderr": ended.stderr}
    running = embedded.up(out / "chain", port=free_port())
    try:
        with Rpc(running.endpoint) as rpc:
            return Ran(out, printed, _all_of(rpc))
    finally:
        embedded.down(out / "chain")


def _all_of(rpc: Rpc) -> dict[str, list[Any]]:
    newest = int(rpc.call("eth_blockNumber"), 16)
    blocks = [rpc.call("eth_getBlockByNumber", hex(n), True) for n in range(newest + 1)]
    sent = [each["hash"] for block in blocks for each in block["transactions"]]
    receipts = [rpc.call("eth_getTransactionReceipt", each) for each in sent]
    return {"blocks": blocks, "receipts": receipts}


def _homes(out: Path) -> list[Path]:
    return [out / "swarm" / folder / AT_HOME for folder in FOLDERS]


def _identifiers(home: Path) -> Iterator[str]:
    """Whatever stands for a patient in what a hospital keeps."""
    with closing(sqlite3.connect(home / "ledger.sqlite")) as ledger:
        for record, source in ledger.execute("SELECT record, source FROM statement"):
            yield record
            yield source.removeprefix("id:")
    for line in (home / "consents.ndjson").read_text().splitlines():
        resource = json.loads(line)
        yield resource["id"]
        if resource["resourceType"] == "Patient":
            (name,), (number,) = resource["name"], resource["identifier"]
            (given,), family = name["given"], name["family"]
            yield from (given, family, f"{given} {family}", f"{family}, {given}", family + given)
            yield from (number["value"], f"{number['system']}|{number['value']}")
            yield resource["birthDate"]
            year, month, day = resource["birthDate"].split("-")
            yield from (f"{day}.{month}.{year}", f"{month}/{day}/{year}")
        else:
            yield resource["patient"]["reference"]
    yield from _pseudonyms(home)


def _pseudonyms(home: Path) -> list[str]:
    """The first column of a hospital's data."""
    _, *rows = (home / "patients.csv").read_text().splitlines()
    return [row.partition(",")[0] for row in rows]


@pytest.fixture(scope="module")
def needles(ran: Ran) -> Needles:
    found = {each for home in _homes(ran.out) for each in _identifiers(home)}
    drawn = b"".join(
        file.read_bytes()
        for home in _homes(ran.out)
        for file in home.glob("ledger.commitments/*/salts")
    )
    salts = [drawn[at : at + SALT_BYTES] for at in range(0, len(drawn), SALT_BYTES)]
    assert len(salts) > PATIENTS
    return Needles(found, salts)


def _outside(ran: Ran) -> Iterator[tuple[str, bytes]]:
    """All that has left a hospital, or that somebody else might be shown; by what it is called."""
    yield from ran.printed.items()
    for name, told in ran.chain.items():
        yield name, json.dumps(told).encode()
    for path in sorted(ran.out.rglob("*")):
        place = path.relative_to(ran.out)
        # Whatever lies in the demo's folder and not in a hospital's records has to be clean.
        if path.is_file() and AT_HOME not in place.parts:
            yield str(place), path.read_bytes()
            yield f"the name of {place}", str(place).encode()
            if path.suffix == ".gz":
                yield f"{place}, unpacked", gzip.decompress(path.read_bytes())
    with zipfile.ZipFile(ran.out / "evidence.zip") as bundle:
        for name in bundle.namelist():
            yield f"evidence.zip: {name}", bundle.read(name)
    yield from _reports(ran)


def _reports(ran: Ran) -> Iterator[tuple[str, bytes]]:
    trust = Trust.load(ran.out / "trust.json")
    report = verify((ran.out / "evidence.zip").read_bytes(), trust)
    accounts = [each.account for each in report.state.swarm.members()]
    yield "report.json", json.dumps(report.as_json()).encode()
    for account in (None, *accounts):
        yield f"report.csv of {account}", as_csv(report, account).encode()
        for language in ("en", "de"):
            page = render(report, language, account)  # type: ignore[arg-type]
            yield f"report.{language}.html of {account}", page.encode()


def test_no_identifier_is_found_outside_in_whatever_form(ran: Ran, needles: Needles) -> None:
    seen: dict[str, int] = {}
    found = {}
    for name, data in _outside(ran):
        seen[name] = len(data)
        if told := needles.within(data):
            found[name] = sorted(told)[:3]
    assert found == {}
    # What was searched is what there is.
    assert {"stdout", "stderr", "summary.json", "report.html", "evidence.zip"} <= seen.keys()
    assert {"evidence.zip: records.bin", "evidence.zip: logs/1.jsonl"} <= seen.keys()
    assert sum(".safetensors" in name for name in seen) == 2 * (4 * 50 - 1 - 10)
    assert sum(name.endswith("journal") for name in seen) >= len(FOLDERS)
    for folder in FOLDERS:
        assert seen[f"swarm/{folder}/evidence.jsonl"] > 10_000
        assert seen[f"swarm/{folder}/readiness.json"] > 1_000
    events = json.loads((ran.out / "summary.json").read_text())["history"]["length"]
    assert sum(len(each["logs"]) for each in ran.chain["receipts"]) >= events
    # Every act of the demo is a transaction: as many as its journals know, and the founding's.
    written = (ran.out / "swarm").glob("*/journal/*.journal")
    assert len(ran.chain["receipts"]) > sum(1 for _ in written)


def test_every_patient_is_looked_for(ran: Ran, needles: Needles) -> None:
    rows = 0
    for home in _homes(ran.out):
        people = set(_identifiers(home))
        assert all(len(each) >= SHORTEST for each in people)
        rows += len(_pseudonyms(home))
        for name in ("ledger.sqlite", "consents.ndjson", "patients.csv"):
            assert needles.within((home / name).read_bytes())
    assert rows == PATIENTS
    assert len(needles) > PATIENTS * len(HASHES)


@pytest.mark.parametrize("name", [*HASHES, "plain"])
def test_what_is_planted_is_found(ran: Ran, needles: Needles, name: str) -> None:
    """A pseudonym in the place of a commitment, in each form in which it could stand there."""
    pseudonym = _pseudonyms(_homes(ran.out)[1])[100]
    data = pseudonym.encode()
    leaked = data if name == "plain" else HASHES[name](data)
    receipt = next(each for each in ran.chain["receipts"] if each["logs"])
    log, topic = json.dumps(receipt).encode(), receipt["logs"][0]["topics"][0].encode()
    told = f"{pseudonym}, {name}"
    for form in (leaked.hex(), leaked.hex().upper(), "0" + leaked.hex()):
        assert told in needles.within(log.replace(topic, b"0x" + form.encode(), 1))
    for lead in (b"", b"x", b"xy"):
        encoded = base64.b64encode(lead + leaked)
        assert told in needles.within(log.replace(topic, encoded, 1))
    page = (ran.out / "report.html").read_bytes()
    assert told in needles.within(page.replace(b"</body>", leaked + b"</body>"))
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as bundle:
        bundle.writestr("records.bin", b"\x01\x02\x03" + leaked)
    assert told in needles.within(archive.getvalue())


def test_other_spellings_are_found_and_no_others(ran: Ran, needles: Needles) -> None:
    home = _homes(ran.out)[0]
    person = json.loads((home / "consents.ndjson").read_text().splitlines()[0])
    family = person["name"][0]["family"]
    born = person["birthDate"]
    assert needles.within(f"Told of {family.upper()} and no more".encode())
    assert needles.within(hashlib.sha256(f"{born}\n".encode()).hexdigest().encode())
    # JSON that was put into a transaction: hex in hex.
    inner = json.dumps({"consent": "0x" + keccak(family.encode()).hex()})
    assert needles.within(f'"input": "0xdeadbeef{inner.encode().hex()}"'.encode())
    # A digest that was cut to half its length.
    assert needles.within(hashlib.md5(born.encode()).hexdigest().encode())
    assert needles.within(hashlib.sha512(born.encode()).digest()[:16])
    other = hashlib.sha256(b"PSN-AAAAAAAAAAAAAAAA").hexdigest()
    assert needles.within(f"PSN-AAAAAAAAAAAAAAAA 1788-01-01 {other}".encode()) == set()


def test_what_stays_at_home_is_for_its_owner_alone(ran: Ran) -> None:
    for home in _homes(ran.out):
        assert home.stat().st_mode & 0o777 == 0o700
        files = [each for each in home.rglob("*") if each.is_file()]
        names = {each.name for each in files}
        wanted = {"ledger.sqlite", "consents.ndjson", "patients.csv", "salts", "decisions"}
        assert wanted <= names
        files.append(home.parent / "readiness.json")
        files += (home.parent / "keys").iterdir()
        assert {oct(each.stat().st_mode & 0o777) for each in files} == {"0o600"}
