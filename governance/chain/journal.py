"""The journal of an account's transactions: what was signed is written down before it is sent.

One line of JSON an entry, appended and never changed:

- `signed`: a nonce is given to an act; holds the raw transaction.
- `mined`: a block holds it; says which, where in it, and whether it succeeded.
- `void`: the nonce was used by another transaction, so this one can never be mined.
- `told`: the caller has had the receipt; the same call again is a new act.

A crash can leave the last line torn; it is set aside, for its transaction was never sent.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from governance.chain.errors import JournalCorrupt

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SUFFIX = ".journal"
_OWNER_ONLY = 0o600


@dataclass(frozen=True, slots=True)
class Signed:
    """A transaction as it was written down before it was sent."""

    at: int
    """Unix time in nanoseconds: the order in which a machine's accounts acted."""
    chain_id: int
    sender: str
    nonce: int
    to: str
    """Empty for the creation of a contract."""
    data: str
    raw: str
    hash: str
    description: str

    def act(self) -> tuple[int, str, str, str]:
        """What makes two transactions the same act."""
        return self.chain_id, self.sender, self.to, self.data


@dataclass(frozen=True, slots=True)
class Mined:
    """Where a transaction stands on the chain."""

    hash: str
    block: int
    block_hash: str
    index: int
    timestamp: int
    """Of its block, Unix seconds."""
    success: bool


class Journal:
    """One account's journal on one chain, read on opening. Who writes holds the account's lock."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.signed: dict[str, Signed] = {}
        self.mined: dict[str, Mined] = {}
        self.void: set[str] = set()
        self.told: set[str] = set()
        self.torn = 0
        """Torn last lines that were found and set aside."""
        self._size = 0
        self._lines = 0
        self.refresh()

    def refresh(self) -> None:
        """Reads what other processes have appended since.

        Raises:
            JournalCorrupt: a line other than the last makes no sense.
        """
        try:
            with self.path.open("rb") as file:
                file.seek(self._size)
                tail = file.read()
        except FileNotFoundError:
            return
        for entry, size in _entries(self.path, tail, self._lines):
            self._size += size
            self._lines += 1
            self._take(entry)

    def append_signed(self, entry: Signed) -> None:
        """Writes a signed transaction down, so that it outlasts the machine's end."""
        self._append({"entry": "signed", **asdict(entry)}, durable=True)

    def append_mined(self, entry: Mined) -> None:
        """Writes down where a transaction stands; the chain knows it too, so without waiting."""
        self._append({"entry": "mined", **asdict(entry)}, durable=False)

    def append_void(self, transaction: str) -> None:
        """Writes down that a transaction can never be mined."""
        self._append({"entry": "void", "hash": transaction}, durable=False)

    def append_told(self, transaction: str) -> None:
        """Writes down that the caller has had the receipt."""
        self._append({"entry": "told", "hash": transaction}, durable=False)

    def live(self) -> list[Signed]:
        """All transactions that hold their nonce, in the order of their nonces."""
        by_nonce = {
            entry.nonce: entry for entry in self.signed.values() if entry.hash not in self.void
        }
        return [by_nonce[nonce] for nonce in sorted(by_nonce)]

    def _append(self, entry: dict[str, Any], *, durable: bool) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        line = (json.dumps(entry, separators=(",", ":")) + "\n").encode()
        descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, _OWNER_ONLY)
        try:
            if os.fstat(descriptor).st_size > self._size:
                self._set_torn_line_aside(descriptor)
            os.write(descriptor, line)
            if durable:
                os.fsync(descriptor)
        finally:
            os.close(descriptor)
        self._size += len(line)
        self._lines += 1
        self._take(entry)

    def _set_torn_line_aside(self, descriptor: int) -> None:
        # Ending the torn line would leave nonsense in the midst of the file for ever.
        os.ftruncate(descriptor, self._size)
        self.torn += 1

    def _take(self, entry: dict[str, Any]) -> None:
        fields = dict(entry)
        kind = fields.pop("entry")
        if kind == "signed":
            signed = Signed(**fields)
            self.signed[signed.hash] = signed
        elif kind == "mined":
            mined = Mined(**fields)
            self.mined[mined.hash] = mined
        elif kind == "void":
            self.void.add(fields["hash"])
        else:
            self.told.add(fields["hash"])


def _entries(path: Path, tail: bytes, before: int) -> Iterator[tuple[dict[str, Any], int]]:
    lines = tail.split(b"\n")
    # What follows the last line end is empty, or a line that a crash tore.
    for number, line in enumerate(lines[:-1], start=before + 1):
        try:
            entry = json.loads(line)
            if entry["entry"] not in ("signed", "mined", "void", "told"):
                raise JournalCorrupt(path, number)
            yield entry, len(line) + 1
        except (ValueError, KeyError, TypeError):
            raise JournalCorrupt(path, number) from None
