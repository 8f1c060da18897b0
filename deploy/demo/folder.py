"""The demo's folder: known by a marker, emptied of what an earlier run left, and of nothing else.

The marker is written before anything else and stays to the end. So whenever a run is killed, the
next one finds either nothing or the marker; a folder without it is none of the demo's.
"""

from __future__ import annotations

import os
import re
import shutil
from typing import TYPE_CHECKING

from deploy import embedded, keeper
from deploy.demo import consortium
from governance.chain.files import write_atomically
from governance.errors import CharterError, ExitStatus

if TYPE_CHECKING:
    from pathlib import Path

MARKER = "made-by-charter-demo"
"""Name of the file by which the demo knows a folder as its own."""

CONTENT = """swarm-charter/demo-folder/1

`charter demo` made this folder. When it runs again it removes what it made here:
summary.json, report.html, evidence.zip, trust.json, chain and swarm.
Whatever is to be kept belongs into another folder.
"""
"""All that stands in the marker."""

SUMMARY = "summary.json"
PAGE = "report.html"
EVIDENCE = "evidence.zip"
TRUST = "trust.json"
CHAIN = "chain"
SWARM = "swarm"

_FILES = (SUMMARY, PAGE, EVIDENCE, TRUST)
_FOLDERS = (CHAIN, SWARM)
_READABLE_BY_ALL = 0o644
_LOCK_SECONDS = 1.0


def _half_written(*names: str) -> re.Pattern[str]:
    """The names of what is left of files that were being written when the writer was killed."""
    return re.compile(rf"\.({'|'.join(map(re.escape, names))})-[a-z0-9_]{{8}}")


_HALF_A_MARKER = _half_written(MARKER)
_HALF_A_FILE = _half_written(MARKER, *_FILES)


class DemoFolderInUse(CharterError):
    """The folder for the demo's results is not the demo's, or holds something else as well."""

    code = "DemoFolderInUse"
    exit_status = ExitStatus.LOCAL

    def __init__(self, folder: Path, why: str, remedy: str) -> None:
        super().__init__(
            f"The demo leaves {folder} as it is: {why}.",
            f"Choose another folder with --out{remedy}.",
        )


def prepare(folder: Path) -> None:
    """Makes the demo's folder, or empties it of what an earlier run left.

    What an earlier run left running is stopped first.

    Args:
        folder: The folder, which need not exist yet.

    Raises:
        DemoFolderInUse: It is a link or no folder, or holds something that the demo did not make;
            it stays as it is then.
        KeeperFailed, EngineFailed: What an earlier run left running does not end.
    """
    if folder.is_symlink():
        raise DemoFolderInUse(folder, "it is a link", ", or name the folder itself")
    if not folder.exists():
        folder.mkdir(parents=True)
    elif not folder.is_dir():
        raise DemoFolderInUse(folder, "it is not a folder", "")
    if not _is_marked(folder):
        if not all(_is_half_a_marker(each) for each in folder.iterdir()):
            raise DemoFolderInUse(
                folder,
                f"it is not empty, and no file {MARKER} says that the demo made what is in it",
                ", or empty this one yourself if an earlier version's demo made it",
            )
        write_atomically(folder / MARKER, CONTENT, _READABLE_BY_ALL)
    _require_nothing_else(folder)
    _empty(folder)


def _is_marked(folder: Path) -> bool:
    marker = folder / MARKER
    return _is_file(marker) and marker.read_bytes() == CONTENT.encode()


def _is_half_a_marker(path: Path) -> bool:
    return (
        _HALF_A_MARKER.fullmatch(path.name) is not None
        and _is_file(path)
        and CONTENT.encode().startswith(path.read_bytes())
    )


def _is_file(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()


def _require_nothing_else(folder: Path) -> None:
    for each in folder.iterdir():
        if not _is_of_the_demo(each):
            raise DemoFolderInUse(
                folder, f"the demo did not make {each.name} in it", ", or move that away"
            )


def _is_of_the_demo(path: Path) -> bool:
    if path.name in _FOLDERS:
        return path.is_dir() and not path.is_symlink()
    known = path.name in (MARKER, *_FILES) or _HALF_A_FILE.fullmatch(path.name) is not None
    return known and _is_file(path)


def _empty(folder: Path) -> None:
    """Removes all but the marker, which says until the end whose folder this is."""
    if (folder / CHAIN).exists():
        _remove_chain(folder / CHAIN)
    consortium.stop(folder / SWARM)
    if (folder / SWARM).exists():
        shutil.rmtree(folder / SWARM)
    for each in folder.iterdir():
        if each.name != MARKER:
            each.unlink()


def _remove_chain(chain: Path) -> None:
    """Removes a chain; a keeper that was started and has not begun yet finds its place taken."""
    embedded.down(chain)
    while (held := keeper.lock(chain, _LOCK_SECONDS)) is None:
        embedded.down(chain)
    try:
        shutil.rmtree(chain)
    finally:
        os.close(held)
