"""docs/evidence.md says what the code does: whoever writes a verifier by it can rely on it."""

from __future__ import annotations

import json
import re
import struct
import subprocess
import sys
import zipfile
from io import BytesIO
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING
from zlib import crc32

import pytest

from governance.audit.bundle import SCHEME, Bundle, Seal, archive
from governance.audit.vouching import COUNTERSIGNATURE_TYPE
from governance.chain.founded import CONTRACTS
from governance.chain.proven import HEAD_SLOT, LENGTH_SLOT
from governance.checkpoints.canonical import canonical_json
from governance.errors import ExitStatus, error_codes
from governance.history import Record, genesis_head, replay
from governance.history.events import Countersigned
from governance.primitives import DOMAIN_NAME, to_hex
from tests.generating import records
from tests.unit.history.chronicle import address

if TYPE_CHECKING:
    from collections.abc import Sequence

PAGE = (Path(__file__).parents[3] / "docs" / "evidence.md").read_text(encoding="utf-8")
WORDS = " ".join(PAGE.split())
(PROGRAM,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
MANIFEST, SIGNED = re.findall(r"```json\n(.*?)\n```", PAGE, re.DOTALL)


def bundle(history: Sequence[Record]) -> Bundle:
    """A bundle with every member that there is; nothing in it is proven."""
    return Bundle(
        chain_id=7_294_553,
        history=address("history"),
        records=tuple(history),
        seal=Seal(((b"",),), (b"node",), dict.fromkeys(CONTRACTS, b"code")),
        countersignatures=(Countersigned(address("a"), 1, bytes(32), bytes(65)),),
        logs=(b"[]\n", b"{}\n"),
    )


def test_the_members_are_those_of_the_table_in_its_order() -> None:
    table = re.findall(r"^\| `([\w<>/]+\.\w+)` \| ", PAGE, re.MULTILINE)
    written = archive.read(bundle(list(islice(records(), 20))).to_bytes())
    kinds = dict.fromkeys(
        re.sub(r"logs/\d+", "logs/<number>", re.sub(r"code/\w+", "code/<Contract>", name))
        for name in written
    )
    assert table == list(kinds)
    assert [name[5:-4] for name in written if name.startswith("code/")] == list(CONTRACTS)
    listed = ", ".join(CONTRACTS)
    assert f"`code/` in the order {listed}, logs" in WORDS
    assert f"Studies, then those of {' and '.join(listed.rsplit(', ', 1))}." in WORDS


def test_names_and_numbers_are_those_of_the_code() -> None:
    assert SCHEME in WORDS
    assert f"storage slot {HEAD_SLOT}, the head, and slot {LENGTH_SLOT}, the length" in WORDS
    assert f"`{COUNTERSIGNATURE_TYPE}` in the domain `{DOMAIN_NAME}`" in WORDS
    assert archive.LARGEST == 2**31
    assert f"At most 2³¹ bytes and {archive.MOST_MEMBERS:,} members" in WORDS
    exits = PAGE.partition("| exit status |")[2].partition("\n\n")[0]
    statuses = [int(found) for found in re.findall(r"^\| (\d) \| ", exits, re.MULTILINE)]
    assert statuses == [*range(ExitStatus.UNVERIFIABLE + 1)]
    assert [ExitStatus(each).name for each in statuses] == [
        "DONE",
        "FINDINGS",
        "USAGE",
        "UNVERIFIABLE",
    ]
    errors = re.findall(r"^\| ((?:`[A-Z]\w+`(?:, )?)+) \| ", PAGE, re.MULTILINE)
    assert errors
    for name in re.findall(r"\w+", " ".join(errors)):
        assert name in error_codes()


def test_the_examples_are_in_canonical_form() -> None:
    assert canonical_json(json.loads(MANIFEST)) == MANIFEST.encode()
    assert json.loads(MANIFEST)["scheme"] == SCHEME
    written = archive.read(bundle([]).to_bytes())
    assert list(json.loads(SIGNED)) == list(json.loads(written["countersignatures.jsonl"]))


def test_the_archive_is_written_as_the_page_says() -> None:
    members = {"manifest.json": b"{}", "records.bin": bytes(40)}
    local, directory = b"", b""
    for name, data in members.items():
        sizes = struct.pack("<3I2H", crc32(data), len(data), len(data), len(name), 0)
        header = struct.pack("<5H", 20, 0, 0, 0, 33) + sizes
        place = struct.pack("<3H2I", 0, 0, 0, 0, len(local))
        directory += b"PK\1\2" + struct.pack("<H", 20) + header + place + name.encode()
        local += b"PK\3\4" + header + name.encode() + data
    end = struct.pack("<4H2IH", 0, 0, 2, 2, len(directory), len(local), 0)
    assert archive.write(members) == local + directory + b"PK\5\6" + end
    with zipfile.ZipFile(BytesIO(archive.write(members))) as opened:
        assert opened.testzip() is None
        assert opened.namelist() == list(members)


@pytest.mark.parametrize("count", [0, 1, 7, 400])
def test_the_program_on_the_page_finds_the_head(tmp_path: Path, count: int) -> None:
    """It knows nothing of ours: what it reads, it reads by the page."""
    history = list(islice(records(institutions=8, studies=3, checkpoints=60), count))
    made = bundle(history)
    (tmp_path / "evidence.zip").write_bytes(made.to_bytes())
    (tmp_path / "program.py").write_text(PROGRAM, encoding="utf-8")
    told = subprocess.run(
        [sys.executable, "-I", "program.py", "evidence.zip"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    head, length = replay(history, genesis_head(made.chain_id, made.history))
    assert told.stdout.split() == [str(length), to_hex(head)]
