"""Ten thousand envelopes that are not quite the one that a node signed: none is accepted.

Each is made from a genuine one, by changing its bytes or its fields. What still says the same, such
as a digest in upper case, is the same envelope and counts as such.
"""

import contextlib
import http.client
import json
import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from governance.errors import CharterError
from governance.gate import EvidenceReader, Gate, Reason, SignedEnvelope
from governance.gate.server import GateServer
from governance.gate.service import Service
from governance.primitives import to_hex
from tests.unit.gate.test_server import UnixConnection
from tests.unit.gate.world import STUDY, World, envelope, node_of

GENUINE = envelope()
UPDATE = GENUINE.envelope.update
TEXT = GENUINE.to_bytes()
ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
SEED = 20_260_115
BYTES, FIELDS, REQUESTS = 5_000, 5_000, 3_000

Fields = dict[str, Any]

ODD: list[Any] = [
    *(None, True, False, 0, 1, -1, 1.0, 1.5, -0.0, 1e308, 2**32, 2**53 - 1, 2**53, 2**64, 2**256),
    *("", "0", "0x", "1", "null", "\x00", "\ud800", "ä", "0x" + "g" * 64, "a" * 5_000),
    *([], {}, [1], [[[[]]]], {"a": {}}, "0x" + "00" * 20, "0x" + "00" * 32, "0x" + "ff" * 65),
    *(node_of(2), node_of(2).lower(), STUDY, "0x" + "11" * 20),
]


# --- bytes ----------------------------------------------------------------------------------------


def flip(dice: random.Random, text: bytearray) -> None:
    text[dice.randrange(len(text))] ^= 1 << dice.randrange(8)


def replace(dice: random.Random, text: bytearray) -> None:
    text[dice.randrange(len(text))] = dice.choice(b'0123456789abcdefx"{}[]:,\\ \n\x00\xff')


def insert(dice: random.Random, text: bytearray) -> None:
    place = dice.randrange(len(text) + 1)
    text[place:place] = dice.choice([b" ", b"0", b'"', b"{", b"\xe2\x80\x8b", b"\\u0000", b"-"])


def delete(dice: random.Random, text: bytearray) -> None:
    del text[dice.randrange(len(text))]


def cut(dice: random.Random, text: bytearray) -> None:
    del text[dice.randrange(len(text)) :]


def repeat(dice: random.Random, text: bytearray) -> None:
    start = dice.randrange(len(text))
    text[start:start] = text[start : start + dice.randrange(1, 60)]


def swap(dice: random.Random, text: bytearray) -> None:
    one, other = dice.randrange(len(text)), dice.randrange(len(text))
    text[one], text[other] = text[other], text[one]


def mutated_bytes(dice: random.Random) -> bytes:
    text = bytearray(TEXT)
    for _ in range(dice.choice([1, 1, 1, 2, 5, 20])):
        change = dice.choice([flip, flip, replace, insert, delete, repeat, swap, cut])
        if text:
            change(dice, text)
    return bytes(text)


# --- fields ---------------------------------------------------------------------------------------


def put_odd(dice: random.Random, data: Fields) -> None:
    data[dice.choice(list(data))] = dice.choice(ODD)


def leave_out(dice: random.Random, data: Fields) -> None:
    del data[dice.choice(list(data))]


def add(dice: random.Random, data: Fields) -> None:
    data[dice.choice(["extra", "Round", "round ", "", "__class__", "signatures"])] = 1


def count(dice: random.Random, data: Fields) -> None:
    names = [name for name, value in data.items() if type(value) is int]
    if names:
        data[dice.choice(names)] += dice.choice([-1, 1, 2**31, 2**32])


def change_digit(dice: random.Random, data: Fields) -> None:
    names = [name for name, value in data.items() if str(value).startswith("0x") and len(value) > 2]
    if names:
        name = dice.choice(names)
        place = dice.randrange(2, len(data[name]))
        data[name] = data[name][:place] + dice.choice("0123456789abcdef") + data[name][place + 1 :]


def change_case(dice: random.Random, data: Fields) -> None:
    name = dice.choice(["parent", "update", "signature", "node", "study"])
    if isinstance(data.get(name), str):
        data[name] = "0x" + dice.choice([str.upper, str.lower])(data[name][2:])


def exchange(dice: random.Random, data: Fields) -> None:
    one, other = dice.choice(list(data)), dice.choice(list(data))
    data[one], data[other] = data[other], data[one]


def as_text(dice: random.Random, data: Fields) -> None:
    name = dice.choice(list(data))
    data[name] = str(data[name])


def turn_the_signature(dice: random.Random, data: Fields) -> None:
    """What a signature's arithmetic allows anybody to make of it."""
    signature = GENUINE.signature
    r, s, v = signature[:32], int.from_bytes(signature[32:64], "big"), signature[64]
    s, v = dice.choice([(ORDER - s, 55 - v), (ORDER - s, v), (s, 55 - v), (s, v - 27), (s, v + 8)])
    data["signature"] = to_hex(r + s.to_bytes(32, "big") + bytes([v]))


def mutated_fields(dice: random.Random) -> bytes:
    data = dict(GENUINE.as_json())
    for _ in range(dice.choice([1, 1, 1, 2, 3])):
        if data:
            dice.choice(CHANGES)(dice, data)
    return json.dumps(data, indent=dice.choice([None, 1])).encode()


CHANGES: list[Callable[[random.Random, Fields], None]] = [
    put_odd,
    put_odd,
    leave_out,
    add,
    count,
    count,
    change_digit,
    change_digit,
    change_case,
    exchange,
    as_text,
    turn_the_signature,
]


# --- what becomes of them -------------------------------------------------------------------------


@pytest.fixture
def asked(gate: Gate) -> Gate:
    """A gate that has not seen the genuine envelope yet: nothing is refused for being a second."""
    return gate


def test_nothing_but_the_genuine_envelope_is_accepted(asked: Gate, path: Path) -> None:
    dice = random.Random(SEED)
    told: Counter[str] = Counter()
    for number in range(BYTES + FIELDS):
        text = mutated_bytes(dice) if number < BYTES else mutated_fields(dice)
        try:
            signed = SignedEnvelope.from_bytes(text)
        except CharterError as error:
            told[error.code] += 1
            continue
        decision = asked.check(signed, UPDATE)
        told[decision.reason] += 1
        assert decision.accepted == (signed == GENUINE), text
        assert decision.reason is not Reason.UNKNOWN, text
    assert asked.check(GENUINE, UPDATE).accepted
    # Those that were not refused for their form alone, and those that were.
    assert told[Reason.SIGNATURE_INVALID] > 500
    assert told["EnvelopeInvalid"] > 3_000
    assert told[Reason.AUTHORISED] > 20
    accepted = [entry for entry in EvidenceReader(path) if entry.decision.accepted]
    assert len(accepted) == 1


def test_another_update_than_the_announced_one_is_never_accepted(asked: Gate) -> None:
    dice = random.Random(SEED)
    for attempt in range(1, 500):
        asked.open_round(1, attempt)
        digest = bytearray(UPDATE)
        dice.choice([flip, delete, repeat, cut])(dice, digest)
        decision = asked.check(envelope(attempt=attempt), bytes(digest))
        assert decision.reason is Reason.UPDATE_MISMATCH


def test_what_is_asked_of_the_server_is_refused_as_well(
    asked: Gate, world: World, tmp_path: Path
) -> None:
    with GateServer(Service(asked, world)) as server:
        path = server.listen_unix(tmp_path / "run" / "gate.sock")
        with contextlib.closing(UnixConnection(path)) as connection:
            _ask_all(connection)


def _ask_all(connection: http.client.HTTPConnection) -> None:
    dice = random.Random(SEED)
    body = json.dumps({"envelope": GENUINE.as_json(), "update": to_hex(UPDATE)}).encode()
    told: Counter[str] = Counter()
    for number in range(REQUESTS):
        if number % 2:
            text = bytearray(body)
            for _ in range(dice.choice([1, 2, 5])):
                dice.choice([flip, replace, insert, delete, repeat, swap])(dice, text)
        else:
            update = to_hex(UPDATE).encode()
            text = bytearray(b'{"envelope": %b, "update": "%b"}' % (mutated_fields(dice), update))
        connection.request("POST", "/v1/check", bytes(text))
        response = connection.getresponse()
        status, answer = response.status, json.loads(response.read())
        if status != 200:
            told[answer["error"]["code"]] += 1
            assert status == 400
            continue
        told[answer["reason"]] += 1
        said = json.loads(text)
        same = SignedEnvelope.from_json(said["envelope"]) == GENUINE
        assert answer["accepted"] == (same and said["update"].lower() == to_hex(UPDATE)), text
    assert told["SignatureInvalid"] > 100
    assert told["EnvelopeInvalid"] > 500
