import errno
import hashlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import rfc8785

from governance.checkpoints.choices import Became, Choice
from governance.checkpoints.envelope import Envelope, SignedEnvelope
from governance.gate.decision import Decision, Reason
from governance.gate.evidence import (
    FIRST,
    EvidenceCorrupt,
    EvidenceLocked,
    EvidenceLog,
    EvidenceReader,
    EvidenceUnwritable,
)
from governance.primitives import address_of, sign

KEY = bytes.fromhex("01" * 32)


def envelope(number: int) -> SignedEnvelope:
    said = Envelope(
        chain_id=1,
        study="0x" + "22" * 20,
        terms_version=1,
        round=number,
        attempt=1,
        parent=bytes(32),
        update=bytes(32),
        records=0,
        history_length=9,
        deadline=99,
    )
    return said.signed(address_of(KEY), lambda digest: sign(digest, KEY))


def decision(number: int, reason: Reason = Reason.AUTHORISED) -> Decision:
    asked = envelope(number)
    return Decision(
        reason=reason,
        institution=4,
        node=asked.node,
        envelope_digest=asked.envelope.digest,
        length=9,
        head=bytes.fromhex("cd" * 32),
        at=42,
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "deep" / "evidence.jsonl"
    with EvidenceLog(path) as log:
        for number in (1, 2, 3):
            log.append(envelope(number), decision(number))
    return path


def test_what_was_written_is_read_in_order(path: Path) -> None:
    entries = list(EvidenceReader(path))
    assert [entry.number for entry in entries] == [1, 2, 3]
    assert [entry.envelope for entry in entries] == [envelope(1), envelope(2), envelope(3)]
    assert [entry.decision for entry in entries] == [decision(1), decision(2), decision(3)]


def test_lines_are_canonical_and_linked_by_their_hashes(path: Path) -> None:
    previous = FIRST
    for line in path.read_bytes().splitlines():
        data = __import__("json").loads(line)
        assert rfc8785.dumps(data) == line
        assert data["previous"] == "0x" + previous.hex()
        previous = hashlib.sha256(line).digest()
    with EvidenceLog(path) as log:
        assert log.head == previous
        assert len(log) == 3


def test_a_log_is_continued_where_it_ended(path: Path) -> None:
    with EvidenceLog(path) as log:
        log.append(envelope(4), decision(4, Reason.WRONG_PARENT))
        assert [entry.number for entry in log] == [1, 2, 3, 4]
    assert [entry.decision.reason for entry in EvidenceReader(path)][-1] is Reason.WRONG_PARENT


def test_only_its_owner_may_read_it(path: Path) -> None:
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("cut", [1, 40])
def test_a_torn_last_line_is_cut_off_and_told(path: Path, cut: int) -> None:
    whole = path.read_bytes()
    last = len(whole.splitlines(keepends=True)[-1])
    path.write_bytes(whole[:-cut])
    reader = EvidenceReader(path)
    assert len(list(reader)) == 2
    assert reader.torn == last - cut
    with EvidenceLog(path) as log:
        assert log.torn == last - cut
        log.append(envelope(3), decision(3))
    assert path.read_bytes() == whole


def drop_the_second(lines: list[bytes]) -> list[bytes]:
    return [lines[0], lines[2]]


def change_a_reason(lines: list[bytes]) -> list[bytes]:
    return [lines[0].replace(b'"institution":4', b'"institution":5'), *lines[1:]]


def contradict(lines: list[bytes]) -> list[bytes]:
    return [lines[0].replace(b'"accepted":true', b'"accepted":false'), *lines[1:]]


def swap(lines: list[bytes]) -> list[bytes]:
    return [lines[1], lines[0], lines[2]]


def add_white_space(lines: list[bytes]) -> list[bytes]:
    return [lines[0].replace(b",", b", ", 1), *lines[1:]]


def put_in_an_empty_line(lines: list[bytes]) -> list[bytes]:
    return [lines[0], b"\n", *lines[1:]]


@pytest.mark.parametrize(
    "damage",
    [
        drop_the_second,
        change_a_reason,
        contradict,
        swap,
        add_white_space,
        put_in_an_empty_line,
    ],
)
def test_what_was_changed_later_shows(path: Path, damage: object) -> None:
    assert callable(damage)
    path.write_bytes(b"".join(damage(path.read_bytes().splitlines(keepends=True))))
    with pytest.raises(EvidenceCorrupt):
        list(EvidenceReader(path))
    with pytest.raises(EvidenceCorrupt):
        EvidenceLog(path)


def test_one_process_writes(path: Path) -> None:
    with EvidenceLog(path), pytest.raises(EvidenceLocked):
        EvidenceLog(path)
    EvidenceLog(path).close()


def test_what_cannot_be_opened_is_told(tmp_path: Path) -> None:
    with pytest.raises(EvidenceUnwritable):
        EvidenceLog(tmp_path)
    with pytest.raises(EvidenceUnwritable):
        list(EvidenceReader(tmp_path / "none"))


def test_a_line_that_does_not_fit_leaves_nothing(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, write = path.read_bytes(), os.write
    with EvidenceLog(path) as log:
        monkeypatch.setattr(os, "write", lambda file, data: write(file, data[:50]))
        with pytest.raises(EvidenceUnwritable):
            log.append(envelope(4), decision(4))
        monkeypatch.undo()
        assert path.read_bytes() == whole
        log.append(envelope(4), decision(4))
    assert len(list(EvidenceReader(path))) == 4


@pytest.mark.parametrize("is_full", [False, True])
def test_a_line_that_the_disk_does_not_keep_leaves_nothing(
    path: Path, monkeypatch: pytest.MonkeyPatch, is_full: bool
) -> None:
    """Whatever fails, and though the line cannot be taken back before the next one."""

    def fail(*_: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    whole = path.read_bytes()
    with EvidenceLog(path, sync_seconds=0) as log:
        monkeypatch.setattr(os, "fsync", fail)
        if is_full:
            monkeypatch.setattr(os, "ftruncate", fail)
        for number in (4, 5):
            with pytest.raises(EvidenceUnwritable):
                log.append(envelope(number), decision(number))
        monkeypatch.undo()
        log.append(envelope(6), decision(6))
        assert len(log) == 4
        assert path.read_bytes().startswith(whole)
    assert [entry.decision for entry in EvidenceReader(path)][3:] == [decision(6)]


def test_a_process_that_was_forked_off_writes_nothing(path: Path) -> None:
    with EvidenceLog(path) as log:
        child = os.fork()
        if not child:
            try:
                log.append(envelope(4), decision(4))
            except EvidenceLocked:
                os._exit(7)
            os._exit(0)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
        log.append(envelope(4), decision(4))
    assert len(list(EvidenceReader(path))) == 4


WRITER = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from test_evidence import decision, envelope
from governance.gate.evidence import EvidenceLog
log = EvidenceLog(Path(sys.argv[1]))
number = 0
while True:
    number += 1
    log.append(envelope(number), decision(number))
    print(number, flush=True)
"""


def test_a_decision_given_survives_kill_9(tmp_path: Path) -> None:
    path = tmp_path / "evidence.jsonl"
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path), str(Path(__file__).parent)],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert writer.stdout is not None
    given = 0
    while given < 200:
        given = int(writer.stdout.readline())
    writer.send_signal(signal.SIGKILL)
    writer.wait()
    rest = writer.stdout.read().split()
    writer.stdout.close()
    given = int(rest[-1]) if rest else given
    with EvidenceLog(path) as log:
        assert len(log) in (given, given + 1)
        assert [entry.decision for entry in log][given - 1] == decision(given)


# --- what became of rounds ------------------------------------------------------------------------

CHOICES = [Choice("0x" + "22" * 20, 4, attempt, each) for attempt, each in enumerate(Became, 1)]


def test_what_became_of_a_round_stands_between_the_decisions(path: Path) -> None:
    with EvidenceLog(path) as log:
        for choice in CHOICES:
            log.choose(choice)
        log.append(envelope(4), decision(4))
        assert [each.number for each in log] == [1, 2, 3, 7]
    reader = EvidenceReader(path)
    assert list(reader.lines())[3:6] == CHOICES
    assert [each.number for each in reader] == [1, 2, 3, 7]
    assert reader.length == 7
    data = json.loads(path.read_bytes().splitlines()[4])
    assert data["scheme"] == "swarm-charter/choice/1"
    assert data["choice"] == {
        "study": "0x" + "22" * 20,
        "round": 4,
        "attempt": 2,
        "became": "merged",
    }


@pytest.mark.parametrize("field", ["round", "attempt"])
def test_a_truth_is_no_number_of_a_choice(field: str) -> None:
    said: dict[str, object] = {**CHOICES[0].as_json()}
    assert Choice.from_json(said) == CHOICES[0]
    with pytest.raises(ValueError, match="malformed"):
        Choice.from_json(said | {field: True})


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"became":"merged"', b'"became":"taken"'),
        (b'"round":4', b'"round":0'),
        (b'"round":4', b'"round":true'),
        (b'"attempt":2', b'"attempt":-1'),
        (b'"attempt":2', b'"attempt":3'),
        (b'"became":"merged",', b""),
        (b'"round":4', b'"round":4,"seat":1'),
        (b"swarm-charter/choice/1", b"swarm-charter/choice/2"),
    ],
)
def test_a_choice_that_no_gate_wrote_is_found_out(path: Path, old: bytes, new: bytes) -> None:
    with EvidenceLog(path) as log:
        for choice in CHOICES:
            log.choose(choice)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:4], lines[4].replace(old, new), *lines[5:]]))
    with pytest.raises(EvidenceCorrupt):
        list(EvidenceReader(path))
    with pytest.raises(EvidenceCorrupt):
        EvidenceLog(path)
