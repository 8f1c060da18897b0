"""Results on stdout, everything else on stderr."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from cli.output import emit_json, note, show, table

if TYPE_CHECKING:
    import pytest


def test_json_names_its_schema(capsys: pytest.CaptureFixture[str]) -> None:
    emit_json("member-list", {"members": [{"name": "Kraków\x9b"}]})
    out = capsys.readouterr().out
    assert json.loads(out) == {
        "schema": "swarm-charter/cli/member-list/1",
        "members": [{"name": "Kraków\x9b"}],
    }
    assert "\x9b" not in out


def test_a_table_is_whole_in_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    table(["a", "b"], [["x" * 120, "[red]y[/red]"], [None, True], ["", "\x1b[31m"]])
    out = capsys.readouterr().out
    assert "x" * 120 in out
    assert "[red]y[/red]" in out
    assert "yes" in out
    assert "\x1b" not in out


def test_a_table_without_rows_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    table(["a"], [], empty="There is none.")
    assert capsys.readouterr().out == "There is none.\n"


def test_facts_are_aligned(capsys: pytest.CaptureFixture[str]) -> None:
    show({"a": 1, "long_ago_at": 0, "b": [1, 2]})
    assert capsys.readouterr().out == (
        "a            1\nlong ago at  1970-01-01 00:00:00 UTC\nb            1, 2\n"
    )


def test_notes_go_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    note("A note.")
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "A note.\n")
