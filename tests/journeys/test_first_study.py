"""The page that leads a newcomer through a first study, run as it stands."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from deploy.anvil import free_port
from tests.journeys.swarm import Swarm

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = (Path(__file__).parents[2] / "docs" / "first-study.md").read_text(encoding="utf-8")
FILES = re.findall(r"```(?:yaml|text) (\S+)\n(.*?)```", PAGE, re.DOTALL)
COMMANDS, EVIDENCE = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture
def newcomer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Swarm]:
    """An empty machine, and the page's files in the folder where the newcomer is."""
    monkeypatch.chdir(tmp_path)
    home = Swarm(tmp_path / "home", "")
    home.home.mkdir()
    home.write("passphrase", "correct horse\n")
    for name, text in FILES:
        (tmp_path / name).write_text(text, encoding="utf-8")
    yield home
    home.run("chain", "down")


def test_the_ten_commands_lead_to_a_study(newcomer: Swarm) -> None:
    assert (len(COMMANDS.splitlines()), len(EVIDENCE.splitlines())) == (10, 3)
    for line in (COMMANDS + EVIDENCE).splitlines():
        program, *words = shlex.split(line)
        assert program == "charter"
        if words == ["chain", "up"]:
            words += ["--port", str(free_port())]
        result = newcomer.run(*words)
        assert result.status == 0, (line, result.err)
    assert result.out.startswith("NO SEALS: proven by the institutions' countersignatures alone")
    assert "Nothing was found." in result.out
    (study,) = newcomer.good("study", "list")["studies"]
    assert (study["state"], study["signatories"]) == ("running", [1])
    assert newcomer.good("found", "founders.yaml", "--verify")["verified"]
