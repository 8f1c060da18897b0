"""Ways a passphrase reaches a command."""

from __future__ import annotations

import io
import os
from typing import TYPE_CHECKING

import pytest

from cli.errors import PassphraseMissing
from cli.passphrase import read_passphrase

if TYPE_CHECKING:
    from pathlib import Path


def test_the_first_line_of_the_file_counts(tmp_path: Path) -> None:
    file = tmp_path / "p"
    file.write_text("corréct horse \nsecond\n", encoding="utf-8")
    assert read_passphrase("a", file) == "corréct horse "


def test_the_descriptor_goes_before_the_file(tmp_path: Path) -> None:
    file = tmp_path / "p"
    file.write_text("from the file")
    reading, writing = os.pipe()
    os.write(writing, b"from the descriptor\n")
    os.close(writing)
    assert read_passphrase("a", file, reading) == "from the descriptor"


@pytest.mark.parametrize("content", [b"", b"\nlater", b"\xff\xfe\n"])
def test_an_empty_or_garbled_file_is_no_passphrase(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "p"
    file.write_bytes(content)
    with pytest.raises(PassphraseMissing):
        read_passphrase("a", file)


def test_a_closed_descriptor_is_no_passphrase() -> None:
    with pytest.raises(PassphraseMissing):
        read_passphrase("a", None, 999)


def test_nobody_is_asked_where_there_is_no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO())
    with pytest.raises(PassphraseMissing):
        read_passphrase("a")
