"""The ledger and the commitments beside it, on disk as they are in use."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from governance.consent import (
    Commitments,
    Ledger,
    Reason,
    decisions,
    proof_from_json,
    proof_json,
    tally,
    verdicts,
    verify,
)
from governance.consent.errors import (
    CommitmentMissing,
    CommitmentOutdated,
    ConsentPatientUnclear,
    ConsentTwice,
    LedgerBusy,
    LedgerExposed,
    LedgerMissing,
    LedgerUnreadable,
    RecordUnknown,
    SaltsDestroyed,
)
from governance.consent.found import MATRIX, Found
from governance.consent.kept import FRESH, root_of
from governance.consent.statement import UNREADABLE, Statement
from tests.unit.consent.builder import AT, asked, consent, deny, everything, statements

if TYPE_CHECKING:
    from collections.abc import Iterator

FILE = Path("consents.json")
TERMS = bytes(31) + b"t"


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.create(tmp_path / "home" / "ledger.sqlite") as made:
        yield made


@pytest.fixture
def yes(tmp_path: Path) -> Statement:
    return statements(tmp_path, consent(*everything()))[0]


@pytest.fixture
def no(tmp_path: Path) -> Statement:
    return statements(tmp_path, consent(deny(8)))[0]


def found(
    record: str, said: Statement, source: str = "", updated: int = 0, server: str = ""
) -> Found:
    return Found(record, source or f"id:{record}-c1", updated, said, FILE, 1, server)


def permitting(ledger: Ledger) -> list[str]:
    return [record for record, verdict in verdicts(ledger, asked()) if verdict.permits]


def test_the_ledger_is_the_institutions_alone(ledger: Ledger, yes: Statement) -> None:
    ledger.take_in([found("p1", yes)], "reference")
    assert ledger.path.stat().st_mode & 0o777 == 0o600
    ledger.path.chmod(0o640)
    with pytest.raises(LedgerExposed):
        Ledger(ledger.path)


def test_what_is_no_ledger_is_not_opened(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    with pytest.raises(LedgerMissing):
        Ledger(path)
    path.write_text("this is no database, and longer than a database's header" * 20)
    path.chmod(0o600)
    with pytest.raises(LedgerUnreadable):
        Ledger(path)
    path.unlink()
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE t (x)")
    other.close()
    path.chmod(0o600)
    with pytest.raises(LedgerUnreadable):
        Ledger.create(path)


def test_a_ledger_in_use_elsewhere_is_waited_for_and_then_told(
    ledger: Ledger, yes: Statement
) -> None:
    other = sqlite3.connect(ledger.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    ledger._sql.execute("PRAGMA busy_timeout = 50")
    with pytest.raises(LedgerBusy):
        ledger.take_in([found("p1", yes)], "reference")
    other.execute("ROLLBACK")
    other.close()
    assert ledger.take_in([found("p1", yes)], "reference").changed == 1


def test_a_damaged_record_stops_the_count(ledger: Ledger, yes: Statement) -> None:
    ledger.take_in([found("p1", yes)], "reference")
    other = sqlite3.connect(ledger.path)
    for body in ("nonsense", '{"flaw": "none"}', '{"denials": [[1]]}', "[]"):
        other.execute("UPDATE statement SET body = ?", (body,))
        other.commit()
        with pytest.raises(LedgerUnreadable):
            permitting(ledger)
        with pytest.raises(LedgerUnreadable):
            ledger.statements("p1")
    other.close()


def test_consents_come_in_once_and_are_replaced(
    ledger: Ledger, yes: Statement, no: Statement
) -> None:
    first = ledger.take_in([found("p1", yes), found("p2", yes)], "reference")
    assert (first.consents, first.changed, ledger.size) == (2, 2, 2)
    changes = ledger.changes
    again = ledger.take_in([found("p1", yes)], "reference")
    assert (again.changed, ledger.changes) == (0, changes)
    assert permitting(ledger) == ["p1", "p2"]
    ledger.take_in([found("p1", no)], "reference")
    assert permitting(ledger) == ["p2"]
    assert ledger.changes > changes
    ledger.take_in([found("p2", no, "id:c2")], "reference")
    assert permitting(ledger) == []
    assert tally(ledger, asked()).by_reason == {Reason.USE_DENIED: 2}


def test_an_older_version_does_not_come_back(ledger: Ledger, yes: Statement, no: Statement) -> None:
    ledger.take_in([found("p1", no, updated=200)], "reference")
    ledger.take_in([found("p1", yes, updated=100)], "reference")
    assert permitting(ledger) == []
    ledger.take_in([found("p1", yes, updated=300)], "reference")
    assert permitting(ledger) == ["p1"]
    both = [found("p1", yes, updated=400), found("p1", no, updated=500)]
    ledger.take_in(both[::-1], "reference")
    assert permitting(ledger) == []


def test_two_words_about_one_consent_are_refused_and_nothing_is_taken(
    ledger: Ledger, yes: Statement, no: Statement
) -> None:
    ledger.take_in([found("p1", yes), found("p1", yes)], "reference")
    changes = ledger.changes
    with pytest.raises(ConsentTwice):
        ledger.take_in([found("p2", yes), found("p1", yes), found("p1", no)], "reference")
    assert (permitting(ledger), ledger.changes) == (["p1"], changes)


def test_a_whole_import_drops_the_others_and_keeps_withdrawals(
    ledger: Ledger, yes: Statement
) -> None:
    ledger.take_in([found(name, yes) for name in ("p1", "p2", "p3")], "reference")
    assert ledger.withdraw("p1", AT - 1)
    done = ledger.take_in([found("p1", yes), found("p2", yes)], "reference", whole=True)
    assert (done.dropped, ledger.size, permitting(ledger)) == (1, 2, ["p2"])


def test_patients_have_one_kind_of_name(ledger: Ledger, yes: Statement) -> None:
    ledger.take_in([found("p1", yes, server="https://a.example")], "reference")
    ledger.take_in([found("p1", yes)], "reference")
    with pytest.raises(ConsentPatientUnclear):
        ledger.take_in([found("p1", yes, server="https://b.example")], "reference")
    with pytest.raises(ConsentPatientUnclear):
        ledger.take_in([found("s|p1", yes)], "identifier")
    ledger.take_in([found("p9", yes, MATRIX)], "identifier")
    assert permitting(ledger) == ["p1", "p9"]


def test_a_consent_that_was_corrected_to_be_anothers_does_not_stay_the_firsts(
    ledger: Ledger, yes: Statement
) -> None:
    ledger.take_in([found("p1", yes, "id:c"), found("p3", yes)], "reference")
    with pytest.raises(ConsentPatientUnclear, match="--whole"):
        ledger.take_in([found("p2", yes, "id:c")], "reference")
    assert permitting(ledger) == ["p1", "p3"]
    ledger.take_in([found("p2", yes, "id:c"), found("p3", yes)], "reference", whole=True)
    assert permitting(ledger) == ["p2", "p3"]
    both = [found("p1", yes, "id:c"), found("p2", yes, "id:c")]
    with pytest.raises(ConsentPatientUnclear):
        ledger.take_in(both, "reference", whole=True)


def test_a_withdrawal_written_down_stays_until_it_is_lifted(ledger: Ledger, yes: Statement) -> None:
    ledger.take_in([found("p1", yes)], "reference")
    assert ledger.withdraw("p1", AT)
    assert not ledger.withdraw("p1", AT)
    ledger.take_in([found("p1", yes, updated=10**12)], "reference")
    ledger.take_in([found("p1", yes, "id:new")], "reference")
    assert permitting(ledger) == []
    assert ledger.lift("p1")
    assert not ledger.lift("p1")
    assert permitting(ledger) == ["p1"]
    for act in (lambda: ledger.withdraw("x", AT), lambda: ledger.lift("x")):
        with pytest.raises(RecordUnknown):
            act()
    with pytest.raises(RecordUnknown):
        ledger.statements("x")


def test_a_withdrawal_holds_when_the_clock_is_set_back(ledger: Ledger, yes: Statement) -> None:
    ledger.take_in([found("p1", yes)], "reference")
    ledger.withdraw("p1", AT + 10**8)
    assert permitting(ledger) == []


def test_what_is_not_understood_is_told_with_its_place(ledger: Ledger, yes: Statement) -> None:
    done = ledger.take_in([found("p1", yes), found("p2", UNREADABLE)], "reference")
    assert done.flaws == {Reason.NOT_UNDERSTOOD: 1}
    assert done.unclear == [(str(FILE), 1, Reason.NOT_UNDERSTOOD)]


KILLED = """
import sys
from pathlib import Path
from governance.consent import Ledger
from governance.consent.found import Found
from governance.consent.statement import Statement

def found():
    for number in range(1_000_000):
        yield Found(f"q{number}", f"id:{number}", 0, Statement(), Path("f"), number)
        if number == 20_000:
            print("half way", flush=True)
            sys.stdin.read()

Ledger(Path(sys.argv[1])).take_in(found(), "reference", whole=True)
"""


def test_a_killed_import_leaves_the_ledger_as_it_was(ledger: Ledger, yes: Statement) -> None:
    ledger.take_in([found("p1", yes)], "reference")
    changes = ledger.changes
    ledger.close()
    words = [sys.executable, "-c", KILLED, str(ledger.path)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as killed:
        assert killed.stdout is not None
        assert killed.stdout.readline() == b"half way\n"
        os.kill(killed.pid, signal.SIGKILL)
    with Ledger(ledger.path) as left:
        assert (permitting(left), left.size, left.changes) == (["p1"], 1, changes)
        assert left.take_in([found("p2", yes)], "reference").changed == 1


# --- commitments ----------------------------------------------------------------------------------


def made(ledger: Ledger, at: int = AT, terms: bytes = TERMS) -> tuple[Commitments, bytes]:
    kept = Commitments(ledger.path)
    about = kept.make(
        decisions(ledger, asked()), terms_digest=terms, at=at, ledger_changes=ledger.changes
    )
    return kept, root_of(about)


def test_a_commitment_covers_every_record_and_opens_each(
    ledger: Ledger, yes: Statement, no: Statement
) -> None:
    names = [f"p{number}" for number in range(9)]
    every = [found(name, no if name == "p4" else yes) for name in names]
    ledger.take_in([*every, found("Ä\"'\\", yes)], "reference")
    kept, root = made(ledger)
    about = kept.newest()
    assert (about.asked, about.permitting, root_of(about)) == (10, 9, root)
    for record, verdict in verdicts(ledger, asked()):
        proof = proof_from_json(proof_json(kept.prove(about, record)))
        assert (proof.decision.pseudonym, proof.decision.permits) == (record, verdict.permits)
        assert verify(proof, root)
    assert not kept.prove(about, "p4").decision.permits
    with pytest.raises(RecordUnknown):
        kept.prove(about, "p")
    for file in (ledger.path.parent / "ledger.commitments").rglob("*"):
        assert file.stat().st_mode & 0o077 == 0
    # Fresh salts: the same decisions have another root.
    assert made(ledger)[1] != root


def test_destroyed_salts_open_nothing(ledger: Ledger, yes: Statement) -> None:
    ledger.take_in([found("p1", yes)], "reference")
    kept, root = made(ledger)
    about = kept.newest(root=root)
    assert kept.destroy(about)
    assert not kept.destroy(about)
    with pytest.raises(SaltsDestroyed):
        kept.prove(about, "p1")
    left = b"".join(
        file.read_bytes()
        for file in (ledger.path.parent / "ledger.commitments").rglob("*")
        if file.is_file()
    )
    assert b"p1" not in left


def test_what_a_killed_commitment_leaves_is_destroyed_too(ledger: Ledger, yes: Statement) -> None:
    ledger.take_in([found("p1", yes)], "reference")
    kept, _ = made(ledger)
    folder = ledger.path.parent / "ledger.commitments"
    (finished,) = folder.glob("0x*")
    # As it stands before it has its name.
    finished.rename(folder / ".making-abc")
    (folder / ".making-abc" / "about.json").unlink()
    made(ledger)
    kept.destroy_unfinished()
    assert [each.name for each in folder.iterdir()] == [kept.newest().root]
    assert kept.prove(kept.newest(), "p1").decision.permits


@pytest.mark.parametrize("left", [b"", bytes(31), bytes(64), bytes(96)])
def test_salts_that_were_partly_destroyed_open_nothing(
    ledger: Ledger, yes: Statement, left: bytes
) -> None:
    """As a process leaves them that was killed while it overwrote them."""
    ledger.take_in([found("p1", yes), found("p2", yes)], "reference")
    kept, _ = made(ledger)
    (salts,) = (ledger.path.parent / "ledger.commitments").glob("0x*/salts")
    salts.write_bytes(left)
    with pytest.raises(SaltsDestroyed):
        kept.prove(kept.newest(), "p1")


def test_only_a_commitment_of_today_is_signed(ledger: Ledger, yes: Statement) -> None:
    ledger.take_in([found("p1", yes)], "reference")
    kept = Commitments(ledger.path)
    with pytest.raises(CommitmentMissing):
        kept.to_sign(ledger, TERMS, AT)
    with pytest.raises(CommitmentMissing):
        kept.newest()
    _, old = made(ledger, AT - 10)
    _, new = made(ledger)
    made(ledger, AT + 10, bytes(32))
    assert old != root_of(kept.to_sign(ledger, TERMS, AT + FRESH)) == new
    with pytest.raises(CommitmentOutdated, match="older than 24 hours"):
        kept.to_sign(ledger, TERMS, AT + FRESH + 1)
    ledger.withdraw("p1", AT)
    with pytest.raises(CommitmentOutdated, match="changed since"):
        kept.to_sign(ledger, TERMS, AT)


def test_a_commitment_of_a_ledger_that_was_restored_since_is_not_signed(
    ledger: Ledger, yes: Statement
) -> None:
    """As many changes have been made to it, and others."""
    ledger.take_in([found("p1", yes)], "reference")
    ledger.close()
    backup = ledger.path.read_bytes()
    with Ledger(ledger.path) as first:
        first.take_in([found("p2", yes)], "reference")
        kept, _ = made(first)
    ledger.path.write_bytes(backup)
    with Ledger(ledger.path) as restored:
        restored.withdraw("p1", AT)
        with pytest.raises(CommitmentOutdated, match="changed since"):
            kept.to_sign(restored, TERMS, AT)


def test_a_commitment_is_there_whole_or_not_at_all(ledger: Ledger, yes: Statement) -> None:
    kept = Commitments(ledger.path)

    def broken() -> Iterator[tuple[str, bool]]:
        yield "p1", True
        raise KeyboardInterrupt

    for decided, error in ((broken(), KeyboardInterrupt), (iter(()), RecordUnknown)):
        with pytest.raises(error):
            kept.make(decided, terms_digest=TERMS, at=AT, ledger_changes=1)
        assert list((ledger.path.parent / "ledger.commitments").iterdir()) == []
    ledger.take_in([found("p1", yes)], "reference")
    made(ledger)
    (about,) = (ledger.path.parent / "ledger.commitments").glob("0x*/about.json")
    about.write_text("{}")
    with pytest.raises(LedgerUnreadable):
        kept.all()


@pytest.mark.parametrize(
    "change",
    [
        {"permits": 1},
        {"salt": "0x00"},
        {"path": ["x"]},
        {"path": None},
        {"more": 1},
        {"pseudonym": None},
        {"scheme": "x"},
        {"size": 1.5},
    ],
)
def test_what_is_no_proof_is_not_read(
    change: dict[str, object], ledger: Ledger, yes: Statement
) -> None:
    ledger.take_in([found("p1", yes)], "reference")
    kept, _ = made(ledger)
    good = proof_json(kept.prove(kept.newest(), "p1"))
    text = json.dumps(json.loads(good) | change, sort_keys=True, separators=(",", ":"))
    for bad in (text.encode(), good + b" ", b"[]", b"", b"\xff"):
        with pytest.raises(ValueError, match=r"proof|codec|JSON|Expecting|value"):
            proof_from_json(bad)
