"""The log of an embedded chain's blocks: enough of each to make it again as it was.

anvil keeps its state in memory and loses what it did since its last dump when it is killed. The log
holds every block's raw transactions and its time, from which anvil makes a lost block again as it
was, down to its hash.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from governance.chain.files import write_atomically
from governance.primitives import keccak

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_OWNER_ONLY = 0o600


@dataclass(frozen=True, slots=True)
class LoggedBlock:
    """A block as the log holds it.

    Attributes:
        number: counted from the first block, 0.
        hash: `0x…`.
        timestamp: Unix seconds.
        receipts: the header's root over the receipts, so over all events.
        raw: the signed transactions, in order, `0x…`.
    """

    number: int
    hash: str
    timestamp: int
    receipts: str
    raw: tuple[str, ...]

    def transactions(self) -> tuple[str, ...]:
        """The hashes of the transactions."""
        return tuple(transaction_hash(raw) for raw in self.raw)


def transaction_hash(raw: str) -> str:
    """The hash of a signed transaction."""
    return "0x" + keccak(bytes.fromhex(raw[2:])).hex()


class BlockLog:
    """The log's file, read on opening; a block already there is replaced with all after it.

    Args:
        path: the file.

    Attributes:
        blocks: by number, without gaps.
        torn: whether the end of the file made no sense, as a crash can leave it, and was cut off.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.blocks: dict[int, LoggedBlock] = {}
        self.torn = False
        self._read()

    @property
    def last(self) -> int:
        """The number of the last block in the log, or -1."""
        return next(reversed(self.blocks), -1)

    def append(self, blocks: Sequence[LoggedBlock]) -> None:
        """Adds blocks, so that they outlast the machine's end."""
        if not blocks:
            return
        lines = "".join(map(_line, blocks)).encode()
        descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, _OWNER_ONLY)
        try:
            # A disk that becomes full takes a part, and says that it is full when asked again.
            while lines:
                lines = lines[os.write(descriptor, lines) :]
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        for block in blocks:
            self._take(block)

    def rewrite(self, blocks: Sequence[LoggedBlock]) -> None:
        """Puts other blocks in the place of all; the file is the old or the new one, never less."""
        write_atomically(self.path, "".join(map(_line, blocks)), _OWNER_ONLY)
        self.blocks = {block.number: block for block in blocks}

    def _take(self, block: LoggedBlock) -> None:
        for number in range(block.number, self.last + 1):
            del self.blocks[number]
        self.blocks[block.number] = block

    def _read(self) -> None:
        try:
            content = self.path.read_bytes()
        except FileNotFoundError:
            return
        good = 0
        while (end := content.find(b"\n", good)) >= 0:
            try:
                block = _block(json.loads(content[good:end]))
            except (ValueError, KeyError, TypeError):
                break
            if block.number > self.last + 1 and self.blocks:
                break
            self._take(block)
            good = end + 1
        if good < len(content):
            self.torn = True
            os.truncate(self.path, good)


def _line(block: LoggedBlock) -> str:
    entry = {
        "number": block.number,
        "hash": block.hash,
        "timestamp": block.timestamp,
        "receipts": block.receipts,
        "raw": block.raw,
    }
    return json.dumps(entry, separators=(",", ":")) + "\n"


def _block(entry: dict[str, Any]) -> LoggedBlock:
    return LoggedBlock(
        number=int(entry["number"]),
        hash=str(entry["hash"]),
        timestamp=int(entry["timestamp"]),
        receipts=str(entry["receipts"]),
        raw=tuple(map(str, entry["raw"])),
    )
