"""The evidence log: every decision of a gate, in order, never changed.

One line of canonical JSON a decision, with the envelope it answers. Between them stands what became
of the rounds, where whoever merges says so. Each line carries the SHA-256 of the line before it, so
that a line changed or left out later shows. A line is in the kernel's
hands before its decision is given, and therefore survives the end of the process; it is forced to
the disk within `sync_seconds` by the next line or `sync`.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import time
from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Final, Self

from governance.checkpoints.canonical import canonical_json
from governance.checkpoints.choices import Choice
from governance.checkpoints.envelope import SignedEnvelope
from governance.errors import CharterError, ExitStatus
from governance.gate.decision import Decision
from governance.gate.view import Seen
from governance.primitives import to_hex

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SCHEME: Final = "swarm-charter/evidence/1"
"""Names the form of a line with a decision."""

CHOICE_SCHEME: Final = "swarm-charter/choice/1"
"""Names the form of a line that says what became of a round."""

FIRST: Final = bytes(32)
"""What the first line gives as the hash of the line before it."""


class EvidenceLocked(CharterError):
    """Another gate writes this evidence log."""

    code = "EvidenceLocked"
    exit_status = ExitStatus.LOCAL


class EvidenceCorrupt(CharterError):
    """The evidence log is not what a gate wrote."""

    code = "EvidenceCorrupt"
    exit_status = ExitStatus.LOCAL


class EvidenceUnwritable(CharterError):
    """The evidence log cannot be opened or written."""

    code = "EvidenceUnwritable"
    exit_status = ExitStatus.LOCAL


@dataclass(frozen=True, slots=True)
class Entry:
    """A decision in the evidence log.

    Attributes:
        number: Its line, counted from 1.
        envelope: The envelope that was judged.
        decision: What the gate answered.
    """

    number: int
    envelope: SignedEnvelope
    decision: Decision


class EvidenceReader:
    """Reads an evidence log from its beginning, checking that each line follows the one before.

    Attributes:
        length: Lines read so far.
        head: SHA-256 of the last line read, 32 bytes; `FIRST` before the first.
        size: Bytes that the lines read so far take.
        torn: Bytes after the last whole line: what was being written when the process or the
            machine died. Known once the end is reached. The decision in it was never given.
    """

    def __init__(self, path: Path, data: bytes | None = None) -> None:
        """Stands before the first line.

        Args:
            path: The file, or what errors call the log where its bytes are handed in.
            data: The log's bytes, if they are at hand already.
        """
        self.path = path
        self._data = data
        self.length = 0
        self.head = FIRST
        self.size = 0
        self.torn = 0

    def __iter__(self) -> Iterator[Entry]:
        """Goes through the decisions.

        Raises:
            EvidenceCorrupt: At the first line that a gate did not write there.
            EvidenceUnwritable: If the file cannot be opened.
        """
        return (line for line in self.lines() if isinstance(line, Entry))

    def lines(self) -> Iterator[Entry | Choice]:
        """Goes through the decisions and what became of the rounds, in the order of the lines.

        Raises:
            EvidenceCorrupt, EvidenceUnwritable: As for the decisions alone.
        """
        self.length, self.head, self.size, self.torn = 0, FIRST, 0, 0
        try:
            with self.path.open("rb") if self._data is None else BytesIO(self._data) as file:
                for line in file:
                    if not line.endswith(b"\n"):
                        self.torn = len(line)
                        return
                    told = self._told(line[:-1])
                    self.length += 1
                    self.head = hashlib.sha256(line[:-1]).digest()
                    self.size += len(line)
                    yield told
        except OSError as error:
            raise _unwritable(self.path, error) from None

    def _told(self, line: bytes) -> Entry | Choice:
        number = self.length + 1
        told: Entry | Choice
        try:
            data = json.loads(line)
            # A number or a text that canonical JSON cannot hold is none that a gate writes.
            if data["scheme"] == CHOICE_SCHEME:
                told = Choice.from_json(data["choice"])
                written = _choice_line(number, self.head, told)
            else:
                envelope = SignedEnvelope.from_json(data["envelope"])
                decision = Decision.from_json(data["decision"])
                told = Entry(number, envelope, decision)
                written = _line(number, self.head, envelope, decision)
        except (ValueError, TypeError, KeyError, RecursionError, CharterError):
            raise self._corrupt(number, "is not as a gate writes it") from None
        if line != written:
            raise self._corrupt(number, "does not follow the line before it")
        return told

    def _corrupt(self, number: int, what: str) -> EvidenceCorrupt:
        return EvidenceCorrupt(
            f"Line {number} of the evidence log {self.path} {what}.",
            "Keep the file for whoever looks into it, and let the gate start a new one.",
        )


class EvidenceLog:
    """An evidence log to write to; one process at a time.

    Attributes:
        path: The file.
        torn: Bytes of an unfinished last line that were cut off on opening; no decision was given
            on them.
    """

    def __init__(self, path: Path, *, sync_seconds: float = 1.0) -> None:
        """Opens a log, or begins one.

        Args:
            path: The file; readable by its owner alone.
            sync_seconds: How long a line may wait for the disk; 0 forces each one there at once.

        Raises:
            EvidenceLocked: If another process has it open.
            EvidenceCorrupt: If it is not what a gate wrote.
            EvidenceUnwritable: If it cannot be opened.
        """
        self.path = path
        self._sync_seconds = sync_seconds
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise _unwritable(path, error) from None
        try:
            self._lock()
            reader = EvidenceReader(path)
            for _ in reader:
                pass
            self.torn = reader.torn
            if self.torn:
                os.ftruncate(self._file, reader.size)
            os.fsync(self._file)
        except OSError as error:
            os.close(self._file)
            raise _unwritable(path, error) from None
        except BaseException:
            os.close(self._file)
            raise
        self._length, self._head, self._size = reader.length, reader.head, reader.size
        self._synced_at = time.monotonic()
        self._process = os.getpid()
        self._is_cut = True

    def __iter__(self) -> Iterator[Entry]:
        """Goes through what was decided so far, earlier runs included.

        Raises:
            EvidenceCorrupt: If the file was changed meanwhile.
        """
        return iter(EvidenceReader(self.path))

    def lines(self) -> Iterator[Entry | Choice]:
        """Goes through all that was written so far, as `EvidenceReader.lines` does.

        Raises:
            EvidenceCorrupt: If the file was changed meanwhile.
        """
        return EvidenceReader(self.path).lines()

    def __len__(self) -> int:
        return self._length

    @property
    def head(self) -> bytes:
        """SHA-256 of the last line, 32 bytes; `FIRST` of an empty log."""
        return self._head

    def seen(self) -> Seen | None:
        """The longest history that a decision rests on; `None` if none rests on any.

        Raises:
            EvidenceCorrupt: If the file was changed meanwhile.
        """
        relied_on = [Seen(entry.decision.length, entry.decision.head) for entry in self]
        longest = max(relied_on, key=lambda seen: seen.length, default=None)
        return longest if longest and longest.length else None

    def append(self, envelope: SignedEnvelope, decision: Decision) -> None:
        """Writes a decision down.

        Raises:
            EvidenceLocked: If this process was forked off from the one that opened the log.
            EvidenceUnwritable: If it cannot be written in full; then nothing of it stays.
        """
        line = _line(self._length + 1, self._head, envelope, decision)
        self._write(line, self._sync_seconds)

    def choose(self, choice: Choice) -> None:
        """Writes down what became of a round; it is on the disk when this returns.

        Raises:
            EvidenceLocked, EvidenceUnwritable: As for a decision.
        """
        self._write(_choice_line(self._length + 1, self._head, choice), 0)

    def _write(self, line: bytes, sync_seconds: float) -> None:
        if os.getpid() != self._process:
            # The lock is inherited, and what the other process has used by now is not known here.
            raise _locked(self.path)
        try:
            self._cut()
            self._is_cut = False
            if os.write(self._file, line + b"\n") != len(line) + 1:
                raise OSError("the disk took only a part of the line")
            if time.monotonic() - self._synced_at >= sync_seconds:
                self.sync()
        except OSError as error:
            with suppress(OSError):
                self._cut()
            raise _unwritable(self.path, error) from None
        self._length += 1
        self._head = hashlib.sha256(line).digest()
        self._size += len(line) + 1
        self._is_cut = True

    def sync(self) -> None:
        """Forces everything written so far to the disk."""
        os.fsync(self._file)
        self._synced_at = time.monotonic()

    def close(self) -> None:
        """Forces everything to the disk and lets another process write."""
        self.sync()
        os.close(self._file)
        # The kernel may give the number to another file; nothing is to be written there.
        self._file = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _lock(self) -> None:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise _locked(self.path) from None

    def _cut(self) -> None:
        """Cuts off what there is of a line that no decision was given on."""
        if not self._is_cut:
            os.ftruncate(self._file, self._size)
            self._is_cut = True


def _line(number: int, previous: bytes, envelope: SignedEnvelope, decision: Decision) -> bytes:
    return canonical_json(
        {
            "scheme": SCHEME,
            "number": number,
            "previous": to_hex(previous),
            "envelope": envelope.as_json(),
            "decision": decision.as_json(),
        }
    )


def _choice_line(number: int, previous: bytes, choice: Choice) -> bytes:
    return canonical_json(
        {
            "scheme": CHOICE_SCHEME,
            "number": number,
            "previous": to_hex(previous),
            "choice": choice.as_json(),
        }
    )


def _locked(path: Path) -> EvidenceLocked:
    return EvidenceLocked(
        f"Another gate writes the evidence log {path}.",
        "End that gate first, or give this one an evidence log of its own.",
    )


def _unwritable(path: Path, error: OSError) -> EvidenceUnwritable:
    return EvidenceUnwritable(
        f"The evidence log {path} cannot be used: {error.strerror or error}.",
        "Check that the folder exists, is writable and has space left.",
    )
