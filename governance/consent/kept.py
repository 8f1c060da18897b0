"""Commitments as the institution keeps them: decisions and salts at home, the root for the chain.

Beside the ledger, one folder a commitment, named by its root: `about.json` says what it is,
`decisions` has a line for each record, and `salts` 32 bytes for each, in the same order. All have
mode 0600. Once the salts are destroyed, nothing of the commitment can be opened any more, and
neither root nor proofs tell who was in it.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import tempfile
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from governance.chain.files import sync_folder, write_atomically
from governance.consent.commitment import SALT_BYTES, Decision, leaves, tree
from governance.consent.errors import (
    CommitmentMissing,
    CommitmentOutdated,
    LedgerUnreadable,
    RecordUnknown,
    SaltsDestroyed,
)
from governance.primitives import from_hex, to_hex

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from governance.consent.commitment import Proof
    from governance.consent.ledger import Ledger

MODE = 0o600

FRESH = 24 * 3_600
"""Seconds for which a commitment may still be signed: on chain its age counts from there."""

_LINE = ("0 ", "1 ")
"""How a line about a record that may not be used begins, and one about one that may."""

_BATCH = 4_096
Item = TypeVar("Item")

_ABOUT, _DECISIONS, _SALTS = "about.json", "decisions", "salts"
_MAKING = ".making-"


@dataclass(frozen=True, slots=True)
class About:
    """What a commitment is; nothing in it tells of a single patient.

    Attributes:
        root: The root, `0x…`.
        terms_digest: The terms that were asked for, `0x…`.
        asked: How many records it covers.
        permitting: How many of them permit the use.
        at: When the decisions were made, Unix seconds.
        ledger_changes: The ledger's `changes` by then.
    """

    root: str
    terms_digest: str
    asked: int
    permitting: int
    at: int
    ledger_changes: int


class Commitments:
    """The commitments that were made from one ledger."""

    def __init__(self, ledger: Path) -> None:
        """Beside the ledger of this path."""
        self._folder = ledger.with_name(ledger.stem + ".commitments")

    def make(
        self,
        decided: Iterable[tuple[str, bool]],
        *,
        terms_digest: bytes,
        at: int,
        ledger_changes: int,
    ) -> About:
        """Commit to decisions and keep them with fresh salts.

        Args:
            decided: Every record of the ledger, and whether it may be used.
            terms_digest: The terms that were asked for.
            at: When the decisions were made, Unix seconds.
            ledger_changes: The ledger's `changes` by then.

        Raises:
            RecordUnknown: there is no record.
        """
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        making = Path(tempfile.mkdtemp(dir=self._folder, prefix=_MAKING))
        try:
            counts = [0, 0]
            planted = tree(_written(making, decided, counts))
            if not planted.size:
                raise RecordUnknown
            about = About(
                root=to_hex(planted.root()),
                terms_digest=to_hex(terms_digest),
                asked=counts[0],
                permitting=counts[1],
                at=at,
                ledger_changes=ledger_changes,
            )
            text = json.dumps(asdict(about), indent=2) + "\n"
            write_atomically(making / _ABOUT, text, MODE)
            making.rename(self._folder / about.root)
        except BaseException:
            shutil.rmtree(making, ignore_errors=True)
            raise
        sync_folder(self._folder)
        return about

    def all(self) -> list[About]:
        """All commitments, the newest last.

        Raises:
            LedgerUnreadable: what lies there was not written by `make`.
        """
        found = []
        for file in self._folder.glob(f"0x*/{_ABOUT}"):
            try:
                found.append(About(**json.loads(file.read_text(encoding="utf-8"))))
            except (ValueError, TypeError, OSError):
                raise LedgerUnreadable(file) from None
        return sorted(found, key=lambda about: (about.at, about.ledger_changes))

    def newest(self, *, terms_digest: bytes | None = None, root: bytes | None = None) -> About:
        """The newest commitment, of those for some terms or with some root if that is asked.

        Raises:
            CommitmentMissing: there is none.
        """
        found = [
            each
            for each in self.all()
            if (terms_digest is None or each.terms_digest == to_hex(terms_digest))
            and (root is None or each.root == to_hex(root))
        ]
        if not found:
            what = "with this root" if root else "for these terms" if terms_digest else "yet"
            raise CommitmentMissing(what)
        return found[-1]

    def to_sign(self, ledger: Ledger, terms_digest: bytes, now: int) -> About:
        """The commitment that may be signed now: the newest, if it says what the ledger says.

        Raises:
            CommitmentMissing: there is none for these terms.
            CommitmentOutdated: the ledger has changed since, or it is older than `FRESH`.
        """
        about = self.newest(terms_digest=terms_digest)
        if about.ledger_changes != ledger.changes:
            raise CommitmentOutdated("the ledger has changed since")
        if now > about.at + FRESH:
            raise CommitmentOutdated(f"it is older than {FRESH // 3_600} hours")
        return about

    def prove(self, about: About, record: str) -> Proof:
        """Open the leaf of one record.

        Raises:
            SaltsDestroyed: the salts are gone, or partly overwritten.
            RecordUnknown: the commitment does not cover this record.
        """
        chosen: list[tuple[Decision, bytes]] = []
        try:
            planted = tree(self._leaves(about, record, chosen))
        except ValueError:
            raise SaltsDestroyed from None
        # Whoever was killed while destroying them has left some that open nothing.
        if to_hex(planted.root()) != about.root:
            raise SaltsDestroyed
        if not chosen:
            raise RecordUnknown
        return planted.prove(*chosen[0])

    def _leaves(
        self, about: About, record: str, chosen: list[tuple[Decision, bytes]]
    ) -> Iterator[bytes]:
        folder = self._folder / about.root
        try:
            with (
                (folder / _DECISIONS).open(encoding="utf-8", newline="\n") as lines,
                (folder / _SALTS).open("rb") as salts,
            ):
                for some in _batches(lines):
                    decided = [(line[2:-1], line[0] == "1") for line in some]
                    salted = salts.read(SALT_BYTES * len(decided))
                    for place, (name, permits) in enumerate(decided):
                        if name == record:
                            salt = salted[place * SALT_BYTES :][:SALT_BYTES]
                            chosen.append((Decision(name, permits), salt))
                    yield from leaves(decided, salted)
        except FileNotFoundError:
            raise SaltsDestroyed from None

    def destroy(self, about: About) -> bool:
        """Destroy the salts of a commitment, and the decisions with them.

        Copies elsewhere, such as backups, are the institution's to destroy.

        Returns:
            Whether there were any.
        """
        return _destroyed(self._folder / about.root)

    def destroy_unfinished(self) -> None:
        """Destroy what is left of commitments whose making was killed; none was signed."""
        for folder in self._folder.glob(f"{_MAKING}*"):
            _destroyed(folder)
            shutil.rmtree(folder)


def _written(
    folder: Path, decided: Iterable[tuple[str, bool]], counts: list[int]
) -> Iterator[bytes]:
    """The leaves of decisions, which are written down with fresh salts on the way."""
    with (
        os.fdopen(_new(folder / _DECISIONS), "w", encoding="utf-8", newline="\n") as lines,
        os.fdopen(_new(folder / _SALTS), "wb") as drawn,
    ):
        for some in _batches(decided):
            salts = secrets.token_bytes(SALT_BYTES * len(some))
            lines.write("".join([f"{_LINE[permits]}{record}\n" for record, permits in some]))
            drawn.write(salts)
            counts[0] += len(some)
            counts[1] += sum([permits for _, permits in some])
            yield from leaves(some, salts)
        for file in (lines, drawn):
            file.flush()
            os.fsync(file.fileno())


def _destroyed(folder: Path) -> bool:
    """Overwrites salts and decisions before they are taken away; says whether there were any."""
    found = False
    for name in (_SALTS, _DECISIONS):
        path = folder / name
        try:
            with path.open("r+b") as file:
                left = path.stat().st_size
                while left > 0:
                    left -= file.write(bytes(min(left, 1 << 20)))
                file.flush()
                os.fsync(file.fileno())
        except FileNotFoundError:
            continue
        path.unlink()
        found = True
    sync_folder(folder)
    return found


def _new(path: Path) -> int:
    return os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, MODE)


def _batches(items: Iterable[Item]) -> Iterator[list[Item]]:
    """Some thousand at a time: fewer, larger steps."""
    left = iter(items)
    while some := list(islice(left, _BATCH)):
        yield some


def root_of(about: About) -> bytes:
    """The root's 32 bytes."""
    return from_hex(about.root, 32, "root")
