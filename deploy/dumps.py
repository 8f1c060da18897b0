"""The dumps of an embedded chain's state: shortcuts, so that not every block is made again.

Two are kept, the newest and the one before. Each is compressed, which also tells a damaged one, and
begins with a line that says which block it is of.
"""

from __future__ import annotations

import gzip
import json
import os
import tempfile
import time
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from governance.chain.files import sync_folder

if TYPE_CHECKING:
    from collections.abc import Iterator

_FAST = 1


@dataclass(frozen=True, slots=True)
class Dump:
    """A chain's state after a block.

    Attributes:
        number: of the block.
        hash: of the block.
        state: anvil's own JSON.
    """

    number: int
    hash: str
    state: bytes


class Dumps:
    """A folder's two dumps.

    Args:
        folder: where they lie.

    Attributes:
        notes: what was damaged and set aside, in sentences for a person.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._newest = folder / "state.gz"
        self._before = folder / "state.previous.gz"
        self.notes: list[str] = []

    def save(self, dump: Dump) -> None:
        """Writes a dump; at every moment the folder holds at least one whole one."""
        head = json.dumps({"number": dump.number, "hash": dump.hash}).encode() + b"\n"
        handle, temporary = tempfile.mkstemp(dir=self._folder, prefix=".state-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(gzip.compress(head + dump.state, _FAST))
                file.flush()
                os.fsync(file.fileno())
            if self._newest.exists():
                self._newest.replace(self._before)
            Path(temporary).replace(self._newest)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
        sync_folder(self._folder)

    def load(self) -> Iterator[tuple[Path, Dump]]:
        """The dumps that are whole, newest first; a damaged one is set aside."""
        for leftover in self._folder.glob(".state-*"):
            leftover.unlink()
        for path in (self._newest, self._before):
            if not path.exists():
                continue
            try:
                head, _, state = gzip.decompress(path.read_bytes()).partition(b"\n")
                fields = json.loads(head)
                dump = Dump(int(fields["number"]), str(fields["hash"]), state)
            except (OSError, EOFError, zlib.error, ValueError, KeyError, TypeError):
                self.set_aside(path)
                continue
            yield path, dump

    def set_aside(self, path: Path) -> None:
        """Keeps a dump that cannot be used where a person can look at it."""
        aside = self._folder / "damaged"
        aside.mkdir(exist_ok=True)
        kept = aside / f"{time.time_ns()}-{path.name}"
        path.replace(kept)
        self.notes.append(f"The dump {path.name} was damaged and is set aside as {kept}.")
