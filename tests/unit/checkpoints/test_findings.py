"""An examination is written down whole, or not at all."""

from __future__ import annotations

import json
import resource
from typing import TYPE_CHECKING

import pytest

from governance.checkpoints import Examination
from governance.vocabulary import Level

if TYPE_CHECKING:
    from pathlib import Path

EXAMINATION = Examination(bytes(32), "0x" + "5d" * 20, 3, Level.SET_CHECKED, ())


def test_each_examination_is_a_line(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "examinations.jsonl"
    for at in (1, 2):
        EXAMINATION.write_down(path, at)
    lines = [json.loads(line) for line in path.read_bytes().splitlines()]
    assert [(line["at"], line["round"], line["level"]) for line in lines] == [
        (1, 3, "set-checked"),
        (2, 3, "set-checked"),
    ]
    assert path.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("room", [0, 10])
def test_a_disk_that_takes_a_part_alone_keeps_nothing_of_it(tmp_path: Path, room: int) -> None:
    path = tmp_path / "examinations.jsonl"
    EXAMINATION.write_down(path, 1)
    before = path.read_bytes()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) + room, hard))
    try:
        with pytest.raises(OSError, match=r"[Nn]o space|too large"):
            EXAMINATION.write_down(path, 2)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert path.read_bytes() == before
    EXAMINATION.write_down(path, 3)
    assert len(path.read_bytes().splitlines()) == 2
