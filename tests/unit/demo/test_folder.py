"""What the demo takes for its own folder, and what it removes from it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from deploy import embedded
from deploy.anvil import free_port
from deploy.demo.folder import CONTENT, MARKER, DemoFolderInUse, prepare

if TYPE_CHECKING:
    from pathlib import Path

FILES = ("summary.json", "report.html", "evidence.zip", "trust.json")


def _fill(folder: Path) -> None:
    """Puts there what a run leaves, some of it half written."""
    for name in FILES:
        (folder / name).write_text("{}")
    (folder / ".summary.json-ab3_x9qz").write_text("{")
    (folder / "chain").mkdir()
    (folder / "chain" / "blocks.jsonl").write_text("")
    home = folder / "swarm" / "cleveland"
    (home / "keys").mkdir(parents=True)
    (home / "keys" / "account.json").write_text("{}")


def _contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """A folder that the demo has made and filled."""
    folder = tmp_path / "demo-out"
    prepare(folder)
    _fill(folder)
    return folder


@pytest.mark.parametrize(
    "names",
    [
        pytest.param(("evidence.zip", "trust.json"), id="what an auditor holds"),
        pytest.param(("chain/blocks.jsonl", "chain/chain.json"), id="a chain's home"),
        pytest.param((*FILES, "chain/blocks.jsonl", "swarm/trust.json"), id="an older demo's"),
        pytest.param(("thesis.txt",), id="something else"),
    ],
)
def test_a_folder_without_the_marker_is_left_as_it_is(
    tmp_path: Path, names: tuple[str, ...]
) -> None:
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("precious")
    with pytest.raises(DemoFolderInUse) as refused:
        prepare(tmp_path)
    assert _contents(tmp_path) == dict.fromkeys(names, b"precious")
    assert MARKER in refused.value.message
    assert "--out" in refused.value.remedy
    assert "earlier version" in refused.value.remedy


@pytest.mark.chain
def test_a_chain_that_is_not_the_demos_goes_on(tmp_path: Path) -> None:
    embedded.up(tmp_path / "chain", port=free_port())
    try:
        with pytest.raises(DemoFolderInUse):
            prepare(tmp_path)
        assert embedded.status(tmp_path / "chain").running
    finally:
        embedded.down(tmp_path / "chain")


@pytest.mark.parametrize("exists", [False, True])
def test_an_empty_folder_becomes_the_demos(tmp_path: Path, exists: bool) -> None:
    folder = tmp_path / "somewhere" / "demo-out"
    if exists:
        folder.mkdir(parents=True, mode=0o700)
    prepare(folder)
    assert _contents(folder) == {MARKER: CONTENT.encode()}
    if exists:
        assert folder.stat().st_mode & 0o777 == 0o700


def test_what_an_earlier_run_left_is_removed_and_the_marker_stays(made: Path) -> None:
    prepare(made)
    assert [each.name for each in made.iterdir()] == [MARKER]
    assert (made / MARKER).read_text() == CONTENT


def test_what_the_demo_did_not_make_is_named_and_nothing_is_removed(made: Path) -> None:
    (made / "notes.txt").write_text("precious")
    before = _contents(made)
    with pytest.raises(DemoFolderInUse, match=r"did not make notes\.txt"):
        prepare(made)
    assert _contents(made) == before


def test_a_link_in_the_place_of_what_it_made_is_not_followed(made: Path, tmp_path: Path) -> None:
    precious = tmp_path / "home" / "chain"
    precious.mkdir(parents=True)
    (precious / "blocks.jsonl").write_text("precious")
    (made / "chain" / "blocks.jsonl").unlink()
    (made / "chain").rmdir()
    (made / "chain").symlink_to(precious)
    with pytest.raises(DemoFolderInUse, match="did not make chain"):
        prepare(made)
    assert _contents(precious) == {"blocks.jsonl": b"precious"}


@pytest.mark.parametrize("kind", ["other words", "a part of it", "a link", "a folder"])
def test_a_marker_that_the_demo_did_not_write_is_none(
    made: Path, tmp_path: Path, kind: str
) -> None:
    marker = made / MARKER
    marker.unlink()
    if kind == "a link":
        (tmp_path / "elsewhere").write_text(CONTENT)
        marker.symlink_to(tmp_path / "elsewhere")
    elif kind == "a folder":
        marker.mkdir()
    else:
        marker.write_text("mine" if kind == "other words" else CONTENT[:-1])
    before = _contents(made)
    with pytest.raises(DemoFolderInUse):
        prepare(made)
    assert _contents(made) == before


@pytest.mark.parametrize("target", ["made", "empty", "nothing", "itself"])
def test_a_link_is_refused_by_name(made: Path, tmp_path: Path, target: str) -> None:
    (tmp_path / "empty").mkdir()
    link = tmp_path / "link"
    named = {"made": made, "itself": link}
    link.symlink_to(named.get(target, tmp_path / target))
    before = _contents(made)
    asked = subprocess.run(
        [sys.executable, "-m", "cli", "demo", "--out", str(link), "--format", "json"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    told = json.loads(asked.stderr)
    assert (asked.returncode, told["code"]) == (7, "DemoFolderInUse")
    assert "it is a link" in told["message"]
    assert _contents(made) == before
    assert not list((tmp_path / "empty").iterdir())
    assert not (tmp_path / "nothing").exists()


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "demo-out").write_text("precious")
    with pytest.raises(DemoFolderInUse, match="it is not a folder"):
        prepare(tmp_path / "demo-out")
    assert (tmp_path / "demo-out").read_text() == "precious"


# --- killed ---------------------------------------------------------------------------------------

_TOUCHING = ("open", "os.", "shutil.", "tempfile.", "fcntl.")


def _killed_at(moment: int, folder: Path) -> bool:
    """Kills a process that prepares a folder before it touches the disk for the n-th time.

    Returns:
        Whether it got so far.
    """
    child = os.fork()
    if child == 0:
        touched = 0

        def count(event: str, _arguments: object) -> None:
            nonlocal touched
            if event.startswith(_TOUCHING):
                touched += 1
                if touched == moment:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(count)
        try:
            prepare(folder)
            os._exit(0)
        except BaseException:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return True
    assert os.WEXITSTATUS(status) == 0
    return False


@pytest.mark.parametrize("filled", [False, True], ids=["while it is made", "while it is emptied"])
def test_killed_at_any_moment_the_next_run_finds_its_folder(tmp_path: Path, filled: bool) -> None:
    moment = 0
    while True:
        moment += 1
        folder = tmp_path / f"killed-{moment}"
        if filled:
            prepare(folder)
            _fill(folder)
        killed = _killed_at(moment, folder)
        prepare(folder)
        assert _contents(folder).keys() == {MARKER}
        if not killed:
            break
    # Making, locking, removing one by one: it was killed between all of them.
    assert moment > (30 if filled else 5)
