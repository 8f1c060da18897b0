"""The journal of an account's transactions."""

from dataclasses import replace
from pathlib import Path

import pytest

from governance.chain.errors import JournalCorrupt
from governance.chain.journal import Journal, Mined, Signed

SIGNED = Signed(
    at=1,
    chain_id=7,
    sender="0x1a642f0E3c3aF545E7AcBD38b07251B3990914F1",
    nonce=0,
    to="",
    data="0x",
    raw="0x01",
    hash="0xaa",
    description="do something",
)
MINED = Mined(hash="0xaa", block=3, block_hash="0xbb", index=0, timestamp=9, success=True)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "folder" / "x.journal"


def test_what_is_written_is_read(path: Path) -> None:
    journal = Journal(path)
    journal.append_signed(SIGNED)
    journal.append_mined(MINED)
    journal.append_told("0xaa")
    other = replace(SIGNED, nonce=1, hash="0xcc")
    journal.append_signed(other)
    journal.append_void("0xcc")
    for each in (journal, Journal(path)):
        assert each.signed == {"0xaa": SIGNED, "0xcc": other}
        assert each.mined == {"0xaa": MINED}
        assert each.told == {"0xaa"}
        assert each.void == {"0xcc"}
        assert each.live() == [SIGNED]


def test_only_its_owner_reads_it(path: Path) -> None:
    Journal(path).append_signed(SIGNED)
    assert path.stat().st_mode & 0o077 == 0
    assert path.parent.stat().st_mode & 0o077 == 0


def test_a_journal_sees_what_another_process_appended(path: Path) -> None:
    one, two = Journal(path), Journal(path)
    one.append_signed(SIGNED)
    assert not two.refresh()
    two.append_mined(MINED)
    one.refresh()
    assert one.mined == {"0xaa": MINED}


def test_live_transactions_come_by_nonce_and_a_later_one_holds_it(path: Path) -> None:
    journal = Journal(path)
    second = replace(SIGNED, nonce=1, hash="0x01")
    first = replace(SIGNED, nonce=0, hash="0x02")
    later = replace(SIGNED, nonce=1, hash="0x03")
    for entry in (second, first, later):
        journal.append_signed(entry)
    assert journal.live() == [first, later]


@pytest.mark.parametrize("kept", [1, 10, 100, -1])
def test_a_torn_last_line_is_cut_off(path: Path, kept: int) -> None:
    journal = Journal(path)
    journal.append_signed(SIGNED)
    whole = path.read_bytes()
    path.write_bytes(whole + whole[:kept])
    after = Journal(path)
    assert after.signed == {"0xaa": SIGNED}
    assert path.read_bytes() != whole, "who only reads cuts nothing off"
    assert after.mend()
    assert path.read_bytes() == whole
    assert not after.mend()
    after.append_mined(MINED)
    assert Journal(path).mined == {"0xaa": MINED}


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"nonsense",
        b"{}",
        b"[]",
        b"7",
        b'{"entry":"other"}',
        b'{"entry":"told"}',
        b'{"entry":"signed","hash":"0x"}',
        b"\xff",
    ],
)
def test_damage_in_the_midst_is_named_with_its_line(path: Path, line: bytes) -> None:
    journal = Journal(path)
    journal.append_signed(SIGNED)
    path.write_bytes(path.read_bytes() + line + b"\n")
    for read in (journal.refresh, lambda: Journal(path)):
        with pytest.raises(JournalCorrupt) as caught:
            read()
        assert "line 2" in caught.value.message
