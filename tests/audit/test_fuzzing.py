"""Ten thousand bundles that are none: no verdict, no crash, and no more memory than is there."""

from __future__ import annotations

import io
import json
import struct
import subprocess
import sys
import tracemalloc
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from governance.audit.bundle import archive
from governance.audit.verify import verify
from governance.errors import CharterError, ExitStatus

if TYPE_CHECKING:
    from tests.audit.conftest import Bundles
    from tests.audit.tampering import Evidence

COUNT = 10_000
PROCESSES = 2


def test_ten_thousand_fuzzed_bundles_are_refused(bundles: Bundles, tmp_path: Path) -> None:
    for name, own in (("sealed", bundles.sealed), ("unsealed", bundles.unsealed)):
        (tmp_path / f"{name}.zip").write_bytes(own.data)
        own.trust.save(tmp_path / f"{name}.trust")
    each = COUNT // PROCESSES
    started = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.audit.fuzzing", tmp_path, str(each * part), str(each)],
            cwd=Path(__file__).parents[2],
            stdout=subprocess.PIPE,
            text=True,
        )
        for part in range(PROCESSES)
    ]
    total = 0
    for process in started:
        out, _ = process.communicate(timeout=300)
        assert process.returncode == 0
        told = json.loads(out)
        assert told["wrong"] == []
        assert told["peak"] < 500, "MiB"
        assert told["said"].keys() >= {"EvidenceMalformed", "EvidenceUnproven", "HistoryMalformed"}
        total += sum(told["said"].values())
    assert total == COUNT


def bombs(own: Evidence) -> dict[str, bytes]:
    """Archives that stand for more than they are, or reach out of their place."""

    def packed(members: dict[str, bytes]) -> bytes:
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as written:
            for name, data in members.items():
                written.writestr(name, data)
        return out.getvalue()

    manifest = own.members["manifest.json"]
    inner = packed({"records.bin": bytes(50_000_000)})
    record = struct.pack("<4I", 2**18, 1, 1, 1) + bytes(20) + struct.pack("<BQ", 0, 2**13)
    same = struct.pack("<BQ", 0, 0)
    return {
        "a bomb": packed({"manifest.json": manifest, "records.bin": bytes(50_000_000)}),
        "a bomb in a bomb": packed({"logs/1.jsonl": inner}),
        "a bomb that is stored": archive.write({"manifest.json": manifest, "records.bin": inner}),
        "words that are written once": archive.write(
            {
                "manifest.json": manifest,
                "records.bin": record + same * (4 + 2**13) + bytes(2**18),
            }
        ),
        "lists in lists": archive.write(own.members | {"headers.rlp": b"\xc1" * 10_000_000}),
        "a path upwards": archive.write(own.members | {"../../etc/passwd": b"x"}),
        "an absolute path": archive.write(own.members | {"/etc/passwd": b"x"}),
        "a path among the logs": archive.write(own.members | {"logs/../../x.jsonl": b"x\n"}),
        "many members": archive.write({str(number): b"" for number in range(10_000)}),
        "a member too many": archive.write({"x": b""})[:31] * 10_001,
    }


def test_bombs_and_paths_are_refused(bundles: Bundles) -> None:
    for kind, data in bombs(bundles.sealed).items():
        tracemalloc.start()
        with pytest.raises(CharterError) as caught:
            verify(data, bundles.sealed.trust)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert caught.value.code == "EvidenceMalformed", kind
        assert caught.value.exit_status is ExitStatus.UNVERIFIABLE
        assert peak < 8 * len(data) + 2**25, kind
