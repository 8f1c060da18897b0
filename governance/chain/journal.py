"""The journal of an account's transactions: what was signed is written down before it is sent.

One line of JSON an entry, appended and never changed:

- `signed`: a nonce is given to an act; holds the raw transaction.
- `mined`: a block holds it; says which, where in it, and whether it succeeded.
- `void`: the nonce was used by another transaction, so this one can never be mined.
- `told`: the caller has had the receipt; the same call again is a new act.

A crash can leave the last line torn; it is set aside, for its transaction was never sent.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from governance.chain.errors import AccountBusy, JournalCorrupt
from governance.chain.files import sync_folder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from governance.chain.receipts import Receipt

_SUFFIX = ".journal"
_OWNER_ONLY = 0o600
_LOCK_PAUSE = 0.02


def journal_name(chain_id: int, genesis: str, account: str) -> str:
    """The name of an account's journal on one chain.

    A chain begun anew under the same number is another chain: nothing that was written down for
    the old one may be sent to it.

    Args:
        chain_id: the chain's number.
        genesis: hash of its first block.
        account: the account's address, or `*` for a pattern of all.
    """
    return f"{chain_id}-{genesis[2:18]}-{account.lower()}{_SUFFIX}"


@contextmanager
def account_lock(journal: Path, account: str, timeout: float) -> Iterator[None]:
    """Keeps other processes from sending from an account; the kernel ends it with the process.

    Args:
        journal: the account's journal.
        account: its address, for the error.
        timeout: seconds to wait for another process.

    Raises:
        AccountBusy: another process holds it for longer.
    """
    journal.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(journal.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, _OWNER_ONLY)
    deadline = time.monotonic() + timeout
    try:
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise AccountBusy(account) from None
                time.sleep(_LOCK_PAUSE)
        yield
    finally:
        os.close(descriptor)


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

    @classmethod
    def of(cls, receipt: Receipt) -> Mined:
        """What a receipt says."""
        return cls(
            hash=receipt.hash,
            block=receipt.block,
            block_hash=receipt.block_hash,
            index=receipt.index,
            timestamp=receipt.timestamp,
            success=receipt.success,
        )


class Journal:
    """One account's journal on one chain, read on opening.

    Only who holds the account's lock writes, or mends; anybody may read.

    Args:
        path: the file.

    Raises:
        JournalCorrupt: a line other than the last makes no sense.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.signed: dict[str, Signed] = {}
        self.mined: dict[str, Mined] = {}
        self.void: set[str] = set()
        self.told: set[str] = set()
        self._size = 0
        self._lines = 0
        self.refresh()

    def refresh(self) -> bool:
        """Reads what was appended since.

        Returns:
            Whether the last line is torn, or being written just now.

        Raises:
            JournalCorrupt: a line other than the last makes no sense.
        """
        try:
            with self.path.open("rb") as file:
                file.seek(self._size)
                *lines, rest = file.read().split(b"\n")
        except FileNotFoundError:
            return False
        for line in lines:
            self._lines += 1
            try:
                self._take(json.loads(line))
            except (ValueError, KeyError, TypeError):
                raise JournalCorrupt(self.path, self._lines) from None
            self._size += len(line) + 1
        return bool(rest)

    def mend(self) -> bool:
        """Reads what was appended since, and cuts a torn last line off.

        Returns:
            Whether there was one.

        Raises:
            JournalCorrupt: a line other than the last makes no sense.
        """
        torn = self.refresh()
        if torn:
            # What is appended to a torn line would make nonsense of both for ever.
            os.truncate(self.path, self._size)
        return torn

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
        held = {entry.nonce: entry for entry in self.signed.values() if entry.hash not in self.void}
        return [held[nonce] for nonce in sorted(held)]

    def _append(self, entry: dict[str, Any], *, durable: bool) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        line = (json.dumps(entry, separators=(",", ":")) + "\n").encode()
        descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, _OWNER_ONLY)
        with os.fdopen(descriptor, "ab") as file:
            file.write(line)
            file.flush()
            if durable:
                os.fsync(descriptor)
        if not self._size:
            sync_folder(self.path.parent)
        self._size += len(line)
        self._lines += 1
        self._take(entry)

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
        elif kind == "told":
            self.told.add(fields["hash"])
        else:
            raise ValueError("an entry of an unknown kind")
