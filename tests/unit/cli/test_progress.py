"""Progress is for terminals."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from cli import progress
from cli.progress import progress_to, waiting_for

if TYPE_CHECKING:
    import pytest


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_nothing_is_shown_where_there_is_no_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "PATIENCE", 0.0)
    with progress_to("Reading", 10) as reached, waiting_for("a vote") as standing:
        reached(5)
        standing("1 of 2")
    assert capsys.readouterr().err == ""


def test_a_bar_is_shown_once_it_lasts_and_is_taken_away(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    with progress_to("Reading", 10) as reached:
        reached(5)
    assert terminal.getvalue() == ""
    monkeypatch.setattr(progress, "PATIENCE", 0.0)
    monkeypatch.setattr(progress, "SHOWN_EVERY", 0.0)
    with progress_to("Reading", 10) as reached:
        reached(5)
        assert "Reading [###############               ]  50%" in terminal.getvalue()
    assert terminal.getvalue().endswith("\r\x1b[K")


def test_where_it_ends_may_show_on_the_way(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    monkeypatch.setattr(progress, "PATIENCE", 0.0)
    monkeypatch.setattr(progress, "SHOWN_EVERY", 0.0)
    with progress_to("Collecting") as reached:
        reached(1, 4)
    assert " 25%" in terminal.getvalue()


def test_waiting_says_how_it_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    with waiting_for("a vote") as standing:
        standing("1 of 2")
        assert "Waiting for a vote: 1 of 2 (0 s)" in terminal.getvalue()
