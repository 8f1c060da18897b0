"""The report of an evidence bundle as a person has it written: as page, data or table."""

from __future__ import annotations

import csv
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.journeys.swarm import FOUNDERS, Swarm

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture(scope="module")
def told(endpoint: str, tmp_path_factory: pytest.TempPathFactory) -> Swarm:
    """A swarm with a study, and the bundle of its history."""
    swarm = Swarm.found(tmp_path_factory.mktemp("told"), endpoint)
    swarm.run_study("alpha", "beta")
    for name in FOUNDERS:
        swarm.good("history", "countersign", who=name)
    swarm.good("audit", "collect", "-o", swarm / "evidence.zip")
    return swarm


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which the commands run."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def report_words(swarm: Swarm, *words: str) -> list[str]:
    return ["audit", "report", swarm / "evidence.zip", "--trust", swarm / "trust.json", *words]


@pytest.mark.parametrize(
    ("words", "begins"),
    [
        ([], '<!doctype html>\n<html lang="en"'),
        (["--language", "de"], '<!doctype html>\n<html lang="de"'),
        (["--format", "csv"], "\ufefftime_utc,institution,name,act"),
        (["--format", "json"], '{\n  "schema": "swarm-charter/audit/3"'),
    ],
)
def test_it_is_written_as_asked_for(told: Swarm, words: list[str], begins: str) -> None:
    place = Path(told / "out") / "report"
    result = told.run(*report_words(told, *words, "-o", str(place)))
    assert (result.status, result.out) == (0, ""), result.err
    assert f"Wrote {place}." in result.err
    text = place.read_text(encoding="utf-8")
    assert text.lower().startswith(begins.lower())
    assert "Alpha" in text
    assert told.run("audit", "verify", told / "evidence.zip").status == result.status


def test_it_is_named_by_its_form_where_no_name_is_given(told: Swarm, empty: Path) -> None:
    for form in ("html", "json", "csv"):
        assert told.run(*report_words(told, "--format", form)).status == 0
    assert sorted(each.name for each in empty.iterdir()) == [
        "report.csv",
        "report.html",
        "report.json",
    ]
    data = json.loads((empty / "report.json").read_text())
    assert data["proof"]["basis"] == "countersignatures"
    with (empty / "report.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["act"] for row in rows} >= {"applied", "admitted", "signed"}


def test_one_institution_has_its_own(told: Swarm) -> None:
    place = Path(told / "own.csv")
    account = told.address("beta")
    words = ("--format", "csv", "--for", account, "-o", str(place))
    assert told.run(*report_words(told, *words)).status == 0
    with place.open(encoding="utf-8-sig", newline="") as file:
        assert {row["institution"] for row in csv.DictReader(file)} == {"2"}
    page = Path(told / "own.html")
    assert told.run(*report_words(told, "--for", account, "-o", str(page))).status == 0
    assert "Beta" in page.read_text(encoding="utf-8")


def test_whether_terms_were_held_against_the_charter_is_told(told: Swarm) -> None:
    verify = ["audit", "verify", told / "evidence.zip", "--trust", told / "trust.json"]
    live = ["audit", "live", "--trust", told / "trust.json"]
    charter = ["--charter", told / "charter.yaml"]
    for words in (verify, live):
        assert told.good(*words)["charter"]["given"] is False
        assert told.good(*words, *charter)["charter"]["given"] is True
        without = told.run(*words).out
        assert "not given: terms were not held against what it prohibits (--charter)" in without
        assert "given: terms were held against what it prohibits" in told.run(*words, *charter).out
    page = Path(told / "charter.html")
    told.run(*report_words(told, *charter, "-o", str(page)))
    again = "charter audit verify evidence.zip --trust trust.json --charter charter.yaml"
    assert again in page.read_text(encoding="utf-8")


def _endless(swarm: Swarm) -> list[str]:
    return ["audit", "report", "/dev/zero", "--trust", swarm / "trust.json"]


def _piped(swarm: Swarm) -> list[str]:
    if not Path(swarm / "pipe").exists():
        os.mkfifo(swarm / "pipe")
    return ["audit", "report", swarm / "pipe", "--trust", swarm / "trust.json"]


def _huge(swarm: Swarm) -> list[str]:
    with Path(swarm / "huge.zip").open("wb") as file:
        file.truncate(3 * 2**30)
    return ["audit", "verify", swarm / "huge.zip", "--trust", swarm / "trust.json"]


def _spoilt(swarm: Swarm) -> list[str]:
    data = Path(swarm / "evidence.zip").read_bytes()
    Path(swarm / "spoilt.zip").write_bytes(data[:-1])
    return ["audit", "report", swarm / "spoilt.zip", "--trust", swarm / "trust.json"]


@pytest.mark.parametrize(
    ("words", "code", "status"),
    [
        pytest.param(_endless, "UsageInvalid", 2, id="endless"),
        pytest.param(_piped, "UsageInvalid", 2, id="a pipe"),
        pytest.param(_huge, "UsageInvalid", 2, id="huge"),
        pytest.param(_spoilt, "EvidenceMalformed", 3, id="spoilt"),
        pytest.param(
            lambda swarm: report_words(swarm, "--not-before", "2100-01-01"),
            "EvidenceOld",
            3,
            id="old",
        ),
        pytest.param(
            lambda swarm: report_words(swarm, "--for", "0x" + "11" * 20),
            "AccountUnknown",
            2,
            id="nobody's account",
        ),
        pytest.param(
            lambda swarm: report_words(swarm, "--format", "json", "--for", swarm.address("alpha")),
            "UsageInvalid",
            2,
            id="own data",
        ),
        pytest.param(
            lambda swarm: report_words(swarm, "-o", "/proc/none/report.html"),
            "FileUnusable",
            3,
            id="nowhere",
        ),
    ],
)
def test_what_is_wrong_is_told_and_nothing_is_written(
    told: Swarm,
    empty: Path,
    words: Callable[[Swarm], list[str]],
    code: str,
    status: int,
) -> None:
    result = told.run(*words(told))
    assert (result.status, result.out) == (status, "")
    assert code in result.err
    assert list(empty.iterdir()) == []
