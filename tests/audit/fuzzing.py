"""Bundles that nobody would collect, verified in a process that may not grow.

    python -m tests.audit.fuzzing FOLDER FIRST COUNT

takes `NAME.zip` and `NAME.trust` from a folder and writes as JSON what was said to so many bundles,
each the same for its number.
"""

from __future__ import annotations

import json
import resource
import signal
import struct
import sys
import traceback
from collections import Counter
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, Final

from governance.audit.bundle import Bundle, archive
from governance.audit.verify import verify
from governance.chain.house import Trust
from governance.chain.rlp import encode
from governance.errors import CharterError, ExitStatus
from governance.history import Record
from tests.peak import peak

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

MEMORY: Final = 2 * 2**30
"""Bytes of address space that verifying may take."""

SECONDS: Final = 10
"""For one bundle."""

_EXTREMES: Final = (0, 1, 0x7F, 0x80, 0xB8, 0xBF, 0xC0, 0xF7, 0xF8, 0xFF)
_WORDS: Final = (
    bytes(32),
    bytes(31) + b"\1",
    b"\xff" * 32,
    b"\x7f" + b"\xff" * 31,
    bytes(28) + b"\xff" * 4,
    bytes(24) + b"\xff" * 8,
    bytes(31) + b"\x20",
    bytes(12) + b"\xff" * 20,
)
_VALUES: Final = (
    *("NaN", "Infinity", "-Infinity", "1e999", "-0", "-1", "0", "1.5", "true", "null", "[]", "{}"),
    *(
        '""',
        '"0x"',
        '"\\ud800"',
        '"\\u0000"',
        "9" * 400,
        "9" * 5_000,
        "[" * 50_000,
        '{"a":' * 9_000,
    ),
    *('"0x' + "f" * 64 + '"', '"0x' + "G" * 40 + '"', '"' + "x" * 70_000 + '"'),
)


class _Source:
    """What fuzzed bundles are made of."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        found = Bundle.from_bytes(data)
        self.log = found.logs[0]
        # Logs are their nodes' word: another last line would be other evidence, and not refused.
        self.bundle = replace(found, logs=())
        self.genuine = {
            replace(found, logs=logs).to_bytes() for logs in (found.logs, (self.log,), ())
        }
        self.members = archive.read(self.bundle.to_bytes())


def fuzzed(source: _Source, dice: Random) -> bytes:
    """One bundle, never one of those that it is made of."""
    while True:
        data = dice.choice(_KINDS)(source, dice)
        if data not in source.genuine:
            return data


def _noise(source: _Source, dice: Random) -> bytes:
    del source
    return dice.choice([b"", b"PK\3\4", b"PK\5\6", b"PK\1\2"]) + dice.randbytes(dice.randrange(999))


def _edited_file(source: _Source, dice: Random) -> bytes:
    return _edited(source.data, dice)


def _edited_member(source: _Source, dice: Random) -> bytes:
    """With every checksum right again."""
    name = dice.choice(list(source.members))
    return archive.write(source.members | {name: _edited(source.members[name], dice)})


def _edited(data: bytes, dice: Random) -> bytes:
    found = bytearray(data)
    for _ in range(dice.randrange(1, 6)):
        at, size = dice.randrange(len(found) + 1), dice.choice([1, 2, 4, 8, 32, 300])
        instead = dice.choice(
            [
                b"",
                bytes([dice.choice(_EXTREMES)]) * size,
                dice.randbytes(size),
                bytes(found[at : at + size]) * 2,
                dice.choice(_WORDS),
            ]
        )
        found[at : at + dice.choice([0, size, len(instead)])] = instead
    return bytes(found)


def _members(source: _Source, dice: Random) -> bytes:
    names = [*source.members, "../../etc/passwd", "/abs", "logs/0.jsonl", "a" * 65_535, "\0", ""]
    chosen = dice.sample(names, dice.randrange(1, len(names)))
    return archive.write(
        {
            name: source.members.get(name, b"") if dice.random() < 0.7 else dice.randbytes(50)
            for name in chosen
        }
    )


def _json(source: _Source, dice: Random) -> bytes:
    """A value of JSON in place of another, in one of the members that hold some."""
    members = dict(source.members) | {"logs/1.jsonl": source.log}
    name = dice.choice(["manifest.json", "countersignatures.jsonl", "logs/1.jsonl"])
    lines = members[name].split(b"\n")
    # What ends a log is its node's word, whatever it is.
    line = dice.randrange(max(1, len(lines) - 2))
    told = json.loads(lines[line])
    part = told if dice.random() < 0.3 else told.get(dice.choice(["envelope", "decision"]), told)
    part[dice.choice(list(part))] = "HERE"
    value = dice.choice(_VALUES)
    text = json.dumps(told, sort_keys=True, separators=(",", ":")).replace('"HERE"', value)
    if dice.random() < 0.2:
        text = dice.choice([value, text[:-1] + f',"x":{value}}}', text[:-1] + "," + text[1:]])
    lines[line] = text.encode(dice.choice(["utf-8", "utf-8", "utf-16"]))
    return archive.write(members | {name: b"\n".join(lines)})


def _counts(source: _Source, dice: Random) -> bytes:
    """Records that say there are more of them than there are."""
    found = bytearray(source.members["records.bin"])
    for _ in range(dice.randrange(1, 4)):
        number = dice.choice([0, 1, 2**16, 2**31, 2**32 - 1, dice.randrange(len(found))])
        struct.pack_into("<I", found, 4 * dice.randrange(4), number)
    if dice.random() < 0.5:
        found += struct.pack("<BQ", 0, 2 ** dice.randrange(64)) * dice.randrange(40)
    if dice.random() < 0.3:
        found += bytes(dice.randrange(2**16))
    return archive.write(source.members | {"records.bin": bytes(found)})


def _words(source: _Source, dice: Random) -> bytes:
    """Records of words that no contract would write."""
    records = list(source.bundle.records)
    for _ in range(dice.randrange(1, 4)):
        at = dice.randrange(len(records))
        record = records[at]
        words = [record.data[each : each + 32] for each in range(0, len(record.data), 32)]
        for _ in range(dice.randrange(1, 4)):
            other = dice.choice([*_WORDS, dice.choice(records).data[-32:], dice.randbytes(32)])
            # The first word says which event it is; mostly the others are looked at.
            words[dice.choice([0, *range(1, len(words))])] = other
        records[at] = Record(record.emitter, record.number, record.timestamp, 0, b"".join(words))
    return replace(source.bundle, records=tuple(records)).to_bytes()


def _rlp(source: _Source, dice: Random) -> bytes:
    """Headers and nodes that are lists of something else, or of far too much."""
    name = dice.choice(["headers.rlp", "state.rlp"])
    if name not in source.members:
        return _words(source, dice)
    assert source.bundle.seal is not None
    fields: list[Any] = [list(each) for each in source.bundle.seal.headers]
    nodes: list[Any] = list(source.bundle.seal.nodes)
    garbage: Any = dice.choice(
        [b"", [], [[]], dice.randbytes(32), b"\0" * 33, b"\xff" * 99, [b"\1"] * 999, bytes(2**16)]
    )
    deep: Any = []
    for _ in range(dice.choice([5, 9, 300])):
        deep = [deep]
    if name == "state.rlp":
        nodes[dice.randrange(len(nodes))] = dice.choice([garbage, deep])
        data = encode(nodes)
    else:
        header = dice.choice(fields)
        header[dice.randrange(len(header))] = dice.choice([garbage, deep, encode(garbage)])
        data = encode(fields)
    if dice.random() < 0.3:
        length = dice.randrange(1, 9)
        data = bytes([0xF7 + length]) + dice.choice([b"\xff", b"\x7f", b"\1"]) * length + data
    return archive.write(source.members | {name: data})


_KINDS: Final[Sequence[Callable[[_Source, Random], bytes]]] = (
    _noise,
    _edited_file,
    _edited_member,
    _members,
    _json,
    _counts,
    _words,
    _rlp,
)


def main(folder: Path, first: int, count: int) -> dict[str, Any]:
    """What was said to each of so many bundles, and what went wrong."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    signal.signal(signal.SIGALRM, _too_long)
    sources = [
        (_Source(path.read_bytes()), Trust.load(path.with_suffix(".trust")))
        for path in sorted(folder.glob("*.zip"))
    ]
    said: Counter[str] = Counter()
    wrong: list[str] = []
    for number in range(first, first + count):
        source, trust = sources[number % len(sources)]
        data = fuzzed(source, Random(number))
        signal.alarm(SECONDS)
        try:
            verify(data, trust)
            wrong.append(f"{number}: verified")
        except CharterError as error:
            said[error.code] += 1
            if error.exit_status is not ExitStatus.UNVERIFIABLE:
                wrong.append(f"{number}: {error.code}")
        except Exception:
            wrong.append(f"{number}: {traceback.format_exc()}")
        finally:
            signal.alarm(0)
    return {"said": said, "wrong": wrong, "peak": peak()}


def _too_long(*_: object) -> None:
    raise TimeoutError


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]), *map(int, sys.argv[2:]))))
