"""The consent ledger: what an institution's patients said, in one file that only it can read.

SQLite, each change one transaction: it is in the file whole or not at all, however the process
ends. The file has mode 0600, and a ledger that others may read is not opened. Nothing of it ever
goes on chain.
"""

from __future__ import annotations

import os
import secrets
import sqlite3
from collections import Counter
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from governance.consent.errors import (
    ConsentPatientUnclear,
    ConsentTwice,
    LedgerBusy,
    LedgerExposed,
    LedgerMissing,
    LedgerUnreadable,
    RecordUnknown,
)
from governance.consent.found import BY_ID, MATRIX
from governance.consent.reasons import Reason
from governance.consent.spans import ALWAYS
from governance.consent.statement import Denial, Policy, Statement, statement_from_body

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from governance.consent.found import Found

MODE = 0o600

_APPLICATION = 0x53435243
"""`SCRC` in the file's header: Swarm Charter's record of consents."""

_AT_HOME = "home:withdrawn"
"""The source of a withdrawal that the institution itself wrote down."""

_LONGEST_STEP = 1 << 32
"""Up to which the count of changes goes on at once; 2 ** 21 such steps stay exact in JSON."""

_ROWS = 4_096
"""Rows that are fetched at a time."""

_TABLES = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE statement (
    record TEXT NOT NULL,
    source TEXT NOT NULL,
    updated INTEGER NOT NULL,
    batch INTEGER NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (record, source)
) WITHOUT ROWID;
"""

_BY_SOURCE = "CREATE INDEX IF NOT EXISTS by_source ON statement (source)"


@dataclass(slots=True)
class Imported:
    """What an import came to.

    Attributes:
        consents: How many were read.
        changed: How many of them said something new.
        dropped: How many were dropped because the import did not have them.
        flaws: Of how many the permissions do not count, by reason.
        unclear: File, entry and reason of the first of those that may be denials.
    """

    consents: int = 0
    changed: int = 0
    dropped: int = 0
    flaws: Counter[Reason] = field(default_factory=Counter)
    unclear: list[tuple[str, int, Reason]] = field(default_factory=list)


_MOST_UNCLEAR = 100
_MAY_BE_DENIALS = frozenset(
    {Reason.NOT_UNDERSTOOD, Reason.DENIAL_NOT_UNDERSTOOD, Reason.VALUE_UNKNOWN}
)


class Ledger:
    """One institution's ledger. Close it, or use it in a `with` statement."""

    def __init__(self, path: Path) -> None:
        """Open a ledger.

        Raises:
            LedgerMissing: there is none.
            LedgerExposed: others may read it.
            LedgerUnreadable: the file is no ledger, or damaged.
            LedgerBusy: it cannot be read or written now; every use may raise this.
        """
        if not path.is_file():
            raise LedgerMissing(path)
        if path.stat().st_mode & 0o077:
            raise LedgerExposed(path)
        self.path = path
        self._open()

    @classmethod
    def create(cls, path: Path) -> Ledger:
        """Open a ledger, having made it if there was none; errors as in opening."""
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with suppress(FileExistsError):
            # So that it never is anybody else's to read, not even while it is empty.
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, MODE))
        return cls(path)

    def _open(self) -> None:
        self._sql = sqlite3.connect(self.path, isolation_level=None, timeout=30)
        with self._told():
            self._sql.execute("PRAGMA secure_delete = ON")
            self._sql.execute("PRAGMA synchronous = FULL")
            (known,) = self._sql.execute("PRAGMA application_id").fetchone()
            if known != _APPLICATION:
                self._set_up(known)

    def _set_up(self, known: int) -> None:
        """Makes the tables; a process that was killed in between has left an empty file."""
        (tables,) = self._sql.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if known or tables:
            raise LedgerUnreadable(self.path)
        self._sql.executescript(
            f"BEGIN IMMEDIATE; {_TABLES} PRAGMA application_id = {_APPLICATION}; COMMIT;"
        )

    def close(self) -> None:
        """Close the file."""
        self._sql.close()

    def __enter__(self) -> Ledger:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError:
            raise LedgerBusy(self.path) from None
        except sqlite3.DatabaseError:
            raise LedgerUnreadable(self.path) from None

    @contextmanager
    def _change(self) -> Iterator[int]:
        """One change, whole or not at all; gives a number that no other has."""
        with self._told():
            self._sql.execute("BEGIN IMMEDIATE")
            try:
                yield self._counted("batches")
                self._sql.execute("COMMIT")
            except BaseException:
                self._sql.execute("ROLLBACK")
                raise

    # --- reading --------------------------------------------------------------------------------

    @property
    def changes(self) -> int:
        """A number that grows whenever what it says has changed, by no step that comes again.

        So two copies of a ledger that went different ways do not have the same.
        """
        return int(self._meta("changes") or 0)

    @property
    def size(self) -> int:
        """How many records it has."""
        with self._told():
            found = self._sql.execute("SELECT count(DISTINCT record) FROM statement").fetchone()
        return int(found[0])

    def records(self) -> Iterator[tuple[str, str]]:
        """Every record in the order of pseudonyms, with the bodies of its statements, a line each.

        Raises:
            LedgerUnreadable: the file is damaged.
        """
        last, bodies = "", ""
        for record, body in self._rows():
            if record == last:
                bodies += "\n" + body
                continue
            if last:
                yield last, bodies
            last, bodies = record, body
        if last:
            yield last, bodies

    def _rows(self) -> Iterator[tuple[str, str]]:
        with self._told():
            rows = self._sql.execute("SELECT record, body FROM statement ORDER BY record")
        while True:
            with self._told():
                some = rows.fetchmany(_ROWS)
            if not some:
                return
            yield from some

    def statements(self, record: str) -> list[Statement]:
        """What the ledger has of a record.

        Raises:
            RecordUnknown: there is no such record.
            LedgerUnreadable: what the ledger has of it is damaged.
        """
        with self._told():
            rows = self._sql.execute(
                "SELECT body FROM statement WHERE record = ?", (record,)
            ).fetchall()
        if not rows:
            raise RecordUnknown
        try:
            return [statement_from_body(body) for (body,) in rows]
        except ValueError:
            raise LedgerUnreadable(self.path) from None

    def _meta(self, key: str) -> str | None:
        with self._told():
            row = self._sql.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return None if row is None else str(row[0])

    # --- changing -------------------------------------------------------------------------------

    def take_in(self, found: Iterable[Found], named_by: str, *, whole: bool = False) -> Imported:
        """Take consents over, all or none.

        A consent that is there already is replaced, unless it was changed later than the new one
        says that it was.

        Args:
            found: The consents, as they were read.
            named_by: Which name of the patients was taken; a ledger knows one.
            whole: Whether these are all there are, so that others are dropped; withdrawals that
                the institution wrote down are kept.

        Raises:
            ConsentPatientUnclear: the ledger tells patients apart by another name or server, or has
                a consent of the same id as another patient's.
            ConsentTwice: the import says two things about one consent.
            ConsentUnreadable: as `found` raises it.
        """
        done = Imported()
        with self._change() as batch:
            self._sql.execute(_BY_SOURCE)
            names: dict[str, str] = {}
            for each in found:
                self._same_names(each, named_by, names)
                self._one_patients(each, batch if whole else None)
                self._take(each, batch, done)
            if whole:
                done.dropped = self._sql.execute(
                    "DELETE FROM statement WHERE batch <> ? AND source <> ?", (batch, _AT_HOME)
                ).rowcount
            if done.changed or done.dropped:
                self._changed()
        return done

    def _take(self, each: Found, batch: int, done: Imported) -> None:
        said, body = each.statement, each.statement.body()
        done.consents += 1
        if said.flaw is not None:
            done.flaws[said.flaw] += 1
        unclear = [d.reason for d in said.denials if d.reason in _MAY_BE_DENIALS]
        if unclear and len(done.unclear) < _MOST_UNCLEAR:
            done.unclear.append((str(each.file), each.entry, unclear[0]))
        key = (each.record, each.source)
        known = self._sql.execute(
            "SELECT updated, batch, body FROM statement WHERE record = ? AND source = ?", key
        ).fetchone()
        if known is not None:
            updated, of_batch, old = known
            dated = updated and each.updated and updated != each.updated
            if of_batch == batch and old != body and not dated:
                what = "the same consent stands there twice and says different things"
                raise ConsentTwice(each.file, what, f"entry {each.entry}")
            if dated and each.updated < updated:
                self._mark(key, batch)
                return
        self._sql.execute(
            "INSERT OR REPLACE INTO statement VALUES (?, ?, ?, ?, ?)",
            (*key, each.updated, batch, body),
        )
        done.changed += known is None or known[2] != body

    def _mark(self, key: tuple[str, str], batch: int) -> None:
        self._sql.execute(
            "UPDATE statement SET batch = ? WHERE record = ? AND source = ?", (batch, *key)
        )

    def _same_names(self, each: Found, named_by: str, names: dict[str, str]) -> None:
        """Two names for one patient would part a withdrawal from the consent it withdraws."""
        if each.source == MATRIX:
            return
        for key, value in (("named_by", named_by), ("server", each.server)):
            if not value or names.get(key) == value:
                continue
            self._sql.execute("INSERT OR IGNORE INTO meta VALUES (?, ?)", (key, value))
            if self._meta(key) != value:
                what = "this consent names its patient in another way than the ledger does"
                raise ConsentPatientUnclear(each.file, what, f"entry {each.entry}")
            names[key] = value

    def _one_patients(self, each: Found, batch: int | None) -> None:
        """A consent that was corrected to be another's must not go on to permit the first one's.

        Where a batch is given, what is older than that will be dropped anyway.
        """
        if not each.source.startswith(BY_ID):
            return
        other = self._sql.execute(
            "SELECT 1 FROM statement WHERE source = ? AND record <> ? AND batch >= ?",
            (each.source, each.record, batch or 0),
        ).fetchone()
        if other is not None:
            what = (
                "a consent of this id is known as another patient's; "
                "if that was corrected, import all consents with --whole"
            )
            raise ConsentPatientUnclear(each.file, what, f"entry {each.entry}")

    def withdraw(self, record: str, at: int) -> bool:
        """Write down that a patient has withdrawn; no import takes it back.

        It denies whatever the time is, for a clock that is set back must not bring the record back.

        Args:
            record: The pseudonym.
            at: When it was written down, Unix seconds.

        Returns:
            Whether that is new.

        Raises:
            RecordUnknown: there is no such record.
        """
        denial = Denial(Policy.ALL, *ALWAYS, Reason.WITHDRAWN)
        with self._change() as batch:
            if self._withdrawn(record):
                return False
            self._sql.execute(
                "INSERT INTO statement VALUES (?, ?, ?, ?, ?)",
                (record, _AT_HOME, at, batch, Statement(denials=(denial,)).body()),
            )
            self._changed()
        return True

    def lift(self, record: str) -> bool:
        """Take back a withdrawal that the institution wrote down.

        Returns:
            Whether there was one.

        Raises:
            RecordUnknown: there is no such record.
        """
        with self._change():
            if not self._withdrawn(record):
                return False
            self._sql.execute(
                "DELETE FROM statement WHERE record = ? AND source = ?", (record, _AT_HOME)
            )
            self._changed()
        return True

    def _withdrawn(self, record: str) -> bool:
        rows = self._sql.execute("SELECT source FROM statement WHERE record = ?", (record,))
        sources = {source for (source,) in rows}
        if not sources:
            raise RecordUnknown
        return _AT_HOME in sources

    def _changed(self) -> None:
        # A ledger that was restored or copied and goes on by itself must not come to a number that
        # an older commitment has: that commitment may permit what was withdrawn since.
        self._counted("changes", 1 + secrets.randbelow(_LONGEST_STEP))

    def _counted(self, key: str, step: int = 1) -> int:
        """Counts on."""
        number = int(self._meta(key) or 0) + step
        self._sql.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, str(number)))
        return number
