"""What is told when a command fails."""

from __future__ import annotations

import json

import click
import pytest

from cli.failure import report
from governance.errors import CharterError, ExitStatus
from governance.terms.errors import Problem, TermsInvalid


class Example(CharterError):
    code = "ExampleOfTheTests"
    exit_status = ExitStatus.REFUSED


def test_an_error_is_two_sentences(capsys: pytest.CaptureFixture[str]) -> None:
    assert report(Example("It is wrong.", "Put it right."), ["x"]) == 4
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == "Error [ExampleOfTheTests]: It is wrong. Do: Put it right.\n"


@pytest.mark.parametrize("words", [["x", "--format", "json"], ["x", "--format=json"]])
def test_an_error_is_json_where_json_is_asked_for(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert report(Example("It is wrong.", "Put it right."), words) == 4
    assert json.loads(capsys.readouterr().err) == {
        "schema": "swarm-charter/cli/error/1",
        "code": "ExampleOfTheTests",
        "message": "It is wrong.",
        "remedy": "Put it right.",
        "exit_status": 4,
    }


@pytest.mark.parametrize(
    ("error", "code", "status"),
    [
        (click.UsageError("No such option"), "UsageInvalid", 2),
        (click.FileError("f", "gone"), "UsageInvalid", 2),
        (KeyboardInterrupt(), "Interrupted", 130),
        (click.Abort(), "Interrupted", 130),
        (PermissionError(13, "Permission denied", "/f"), "FileUnusable", 7),
        (OSError(28, "No space left on device"), "FileUnusable", 7),
        (RuntimeError("secret detail"), "Unexpected", 70),
    ],
)
def test_every_exception_has_a_code_and_a_status(
    error: BaseException, code: str, status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert report(error, []) == status
    told = capsys.readouterr().err
    assert told.startswith(f"Error [{code}]: ")
    assert " Do: " in told
    assert "secret detail" not in told


def test_a_traceback_is_for_who_asks(capsys: pytest.CaptureFixture[str]) -> None:
    try:
        raise RuntimeError("secret detail")
    except RuntimeError as error:
        report(error, ["--debug"])
    assert "secret detail" in capsys.readouterr().err


def test_text_of_others_does_not_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    report(Example("It is \x1b[2J wrong.", "Put \u202e it right."), [])
    told = capsys.readouterr().err
    assert "\x1b" not in told
    assert "\u202e" not in told


def test_all_mistakes_of_a_document_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    mistakes = [Problem(3, 1, "rounds", "is missing"), Problem(9, 2, "", "is strange")]
    error = TermsInvalid("terms.yaml", mistakes)
    assert report(error, []) == 2
    *listed, last = capsys.readouterr().err.splitlines()
    assert listed == [f"  {each}" for each in mistakes]
    assert last.startswith("Error [TermsInvalid]: ")
    assert report(error, ["--format", "json"]) == 2
    told = json.loads(capsys.readouterr().err)["problems"]
    assert told[0] == {"line": 3, "column": 1, "path": "rounds", "message": "is missing"}
    assert len(told) == 2
