"""A ZIP archive of which there is only one."""

from __future__ import annotations

import io
import random
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.audit.bundle.archive import ArchiveInvalid, read, write

MEMBERS = {"manifest.json": b"{}", "a/b.bin": bytes(range(256)), "empty": b""}

names = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=20)


@given(st.dictionaries(names, st.binary(max_size=200), max_size=8))
def test_what_is_written_is_read(members: dict[str, bytes]) -> None:
    assert list(read(write(members)).items()) == list(members.items())


def test_any_program_opens_it() -> None:
    with zipfile.ZipFile(io.BytesIO(write(MEMBERS))) as opened:
        assert opened.testzip() is None
        assert {name: opened.read(name) for name in opened.namelist()} == MEMBERS


def test_its_bytes_never_change() -> None:
    assert write({"a": b"b"}).hex() == (
        "504b030414000000000000002100f9efbe710100000001000000010000006162"
        "504b0102140014000000000000002100f9efbe71010000000100000001000000"
        "000000000000000000000000000061504b050600000000010001002f00000020"
        "0000000000"
    )


@given(st.data())
def test_every_other_byte_is_refused(data: st.DataObject) -> None:
    """But for the bytes of members and their checksums, whose change gives another archive."""
    written = bytearray(write(MEMBERS))
    at = data.draw(st.integers(0, len(written) - 1))
    written[at] ^= data.draw(st.integers(1, 255))
    try:
        members = read(bytes(written))
    except ArchiveInvalid:
        return
    assert write(members) == bytes(written)
    assert members != MEMBERS


def other_archives() -> dict[str, bytes]:
    def made(**how: int) -> bytes:
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", how.get("compression", zipfile.ZIP_STORED)) as archive:
            for name, data in MEMBERS.items():
                archive.writestr(name, data)
            archive.comment = b"c" * how.get("comment", 0)
        return out.getvalue()

    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.writestr("records.bin", bytes(50_000_000))
    whole = write(MEMBERS)
    return {
        "dated": made(),
        "compressed": made(compression=zipfile.ZIP_DEFLATED),
        "commented": made(comment=3),
        "bomb": bomb.getvalue(),
        "something before": b"x" + whole,
        "something after": whole + b"x",
        "cut": whole[:-1],
        "nothing": b"",
        "twice": write({"a": b"1"}) + write({"b": b"2"}),
        "no archive": random.Random(1).randbytes(2_000),
        "name of other letters": whole.replace(b"empty", b"empt\xff"),
    }


@pytest.mark.parametrize("kind", other_archives())
def test_other_archives_are_refused(kind: str) -> None:
    with pytest.raises(ArchiveInvalid):
        read(other_archives()[kind])
