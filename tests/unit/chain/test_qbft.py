"""Headers that a Besu network made, and what is left of them when anything is changed."""

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.chain.qbft import (
    Doubt,
    Header,
    HeaderInvalid,
    Vote,
    doubt,
    needed,
    quorum,
    validators_in,
)
from governance.chain.rlp import RlpInvalid, decode, encode
from governance.errors import ExitStatus
from governance.primitives import address_of, checksum_address, from_hex, sha256, sign

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "qbft.json").read_text())["headers"]
BLOCKS = {int(each["header"]["number"], 16): each["header"] for each in VECTORS}
RAW = {int(each["header"]["number"], 16): from_hex(each["raw"]) for each in VECTORS}
HEADERS = {number: Header.from_json(block) for number, block in BLOCKS.items()}
FIRST, SECOND, THIRD = (address_of(sha256(f"validator {number}".encode())) for number in range(3))
STRANGER = address_of(sha256(b"stranger"))
SEALED = [number for number in HEADERS if number]
ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


def with_seals(number: int, seals: list[bytes]) -> Header:
    """The header of a block with other seals."""
    fields: Any = decode(RAW[number])
    extra: Any = decode(fields[12])
    fields[12] = encode([*extra[:4], seals])
    return Header.from_raw(encode(fields))


def sealed_by(number: int, *names: str) -> Header:
    """The header of a block, sealed by these keys."""
    seals = []
    for name in names:
        signature = sign(HEADERS[number].digest, sha256(name.encode()))
        seals.append(signature[:64] + bytes([signature[64] - 27]))
    return with_seals(number, seals)


def test_the_hash_is_the_one_that_besu_gives() -> None:
    for number, header in HEADERS.items():
        assert header.hash == BLOCKS[number]["hash"]
        assert header.number == number
        assert header.timestamp == int(BLOCKS[number]["timestamp"], 16)
        assert header.state_root == from_hex(BLOCKS[number]["stateRoot"])
        assert header.receipts_root == from_hex(BLOCKS[number]["receiptsRoot"])
    for number, following in pairwise(sorted(HEADERS)):
        if following == number + 1:
            assert HEADERS[following].parent == HEADERS[number].hash


def test_the_raw_header_says_the_same() -> None:
    for number, header in HEADERS.items():
        assert Header.from_raw(RAW[number]) == header


def test_each_block_names_those_whom_the_votes_before_it_let_in() -> None:
    for number, header in HEADERS.items():
        assert set(header.validators) == (
            {FIRST, SECOND, THIRD} if number > 80 else {FIRST, SECOND}
        )
        assert header.sealers == ({FIRST, SECOND} if number else set())


def test_votes_and_rounds_are_read() -> None:
    assert HEADERS[78].vote is None
    assert HEADERS[79].vote == HEADERS[80].vote == Vote(THIRD, joins=True)
    assert [HEADERS[number].round for number in (79, 81, 82, 83, 84)] == [0, 0, 1, 0, 1]


def test_what_the_validators_sealed_is_believed_block_by_block() -> None:
    believed = HEADERS[0].validators
    for number in SEALED:
        assert doubt(HEADERS[number], believed) is None
        believed = HEADERS[number].validators


def test_the_first_block_has_no_seals_and_is_not_believed() -> None:
    assert doubt(HEADERS[0], HEADERS[0].validators) is Doubt.SEALS_TOO_FEW


@given(st.sampled_from(SEALED), st.data())
def test_one_altered_byte_is_noticed(number: int, data: st.DataObject) -> None:
    raw = bytearray(RAW[number])
    at = data.draw(st.integers(0, len(raw) - 1))
    raw[at] ^= data.draw(st.integers(1, 255))
    try:
        header = Header.from_raw(bytes(raw))
    except HeaderInvalid:
        return
    assert doubt(header, HEADERS[number].validators) is not None


@given(st.sampled_from(SEALED), st.data())
def test_one_altered_field_of_the_json_is_noticed(number: int, data: st.DataObject) -> None:
    block = dict(BLOCKS[number])
    name = data.draw(st.sampled_from(sorted(block)))
    digits = list(block[name][2:])
    at = data.draw(st.integers(0, len(digits) - 1))
    digits[at] = data.draw(st.sampled_from("0123456789abcdefx ")).replace(digits[at], "g")
    block[name] = "0x" + "".join(digits)
    try:
        header = Header.from_json(block)
    except HeaderInvalid:
        return
    assert doubt(header, HEADERS[number].validators) is not None


@given(st.sampled_from(SEALED))
def test_a_seal_less_is_too_few(number: int) -> None:
    header = with_seals(number, list(HEADERS[number].seals[1:]))
    assert header.hash == HEADERS[number].hash
    assert doubt(header, HEADERS[number].validators) is Doubt.SEALS_TOO_FEW


@given(st.sampled_from(SEALED), st.integers(0, 1))
def test_a_seal_twice_does_not_count_twice(number: int, which: int) -> None:
    seals = list(HEADERS[number].seals)
    again = with_seals(number, [*seals, seals[which]])
    assert doubt(again, again.validators) is Doubt.SEAL_REPEATED
    instead = with_seals(number, [seals[which], seals[which]])
    assert doubt(instead, instead.validators) is Doubt.SEAL_REPEATED


def test_the_other_form_of_a_seal_counts_as_the_same_seal() -> None:
    seal = HEADERS[81].seals[0]
    other = seal[:32] + (ORDER - int.from_bytes(seal[32:64], "big")).to_bytes(32, "big")
    other += bytes([seal[64] ^ 1])
    instead = with_seals(81, [other, HEADERS[81].seals[1]])
    assert doubt(instead, HEADERS[80].validators) is None
    both = with_seals(81, [seal, other, HEADERS[81].seals[1]])
    assert doubt(both, HEADERS[80].validators) is Doubt.SEAL_REPEATED


def test_a_stranger_s_seal_spoils_the_header() -> None:
    with_one = with_seals(81, [*HEADERS[81].seals, sealed_by(81, "stranger").seals[0]])
    assert doubt(with_one, HEADERS[80].validators) is Doubt.SEAL_FOREIGN


@pytest.mark.parametrize("seal", [bytes(65), b"\xff" * 65, bytes(64) + b"\x01", b"\1" * 64 + b"\2"])
def test_a_seal_of_nobody_spoils_the_header(seal: bytes) -> None:
    header = with_seals(81, [*HEADERS[81].seals, seal])
    assert header.signers[-1] is None
    assert doubt(header, HEADERS[80].validators) is Doubt.SEAL_FOREIGN


def test_two_of_three_suffice_and_one_does_not() -> None:
    for names in (("validator 0", "validator 2"), ("validator 1", "validator 2")):
        assert doubt(sealed_by(81, *names), HEADERS[80].validators) is None
    assert doubt(sealed_by(81, "validator 0"), HEADERS[80].validators) is Doubt.SEALS_TOO_FEW


def test_validators_who_made_themselves_are_not_believed() -> None:
    fields: Any = decode(RAW[81])
    extra: Any = decode(fields[12])
    own = [sha256(f"own {number}".encode()) for number in range(3)]
    extra[1] = [from_hex(address_of(key)) for key in own]
    fields[12] = encode([*extra[:4], []])
    forged = Header.from_raw(encode(fields))
    seals = [sign(forged.digest, key) for key in own]
    fields[12] = encode([*extra[:4], [seal[:64] + bytes([seal[64] - 27]) for seal in seals]])
    forged = Header.from_raw(encode(fields))
    assert doubt(forged, forged.validators) is None
    assert doubt(forged, HEADERS[80].validators) is Doubt.SEALERS_UNKNOWN


@given(st.sets(st.sampled_from([FIRST, SECOND, THIRD, STRANGER, "0x" + "1" * 40, "0x" + "2" * 40])))
def test_more_than_a_third_of_those_believed_must_be_among_the_sealers(believed: set[str]) -> None:
    known = len({FIRST, SECOND} & believed)
    found = doubt(HEADERS[81], believed)
    assert found is (None if 3 * known > len(believed) else Doubt.SEALERS_UNKNOWN)


def test_a_header_that_names_no_validator_is_not_believed() -> None:
    fields: Any = decode(RAW[81])
    extra: Any = decode(fields[12])
    fields[12] = encode([extra[0], [], [], b"", []])
    assert doubt(Header.from_raw(encode(fields)), []) is Doubt.SEALS_TOO_FEW


@pytest.mark.parametrize(
    ("validators", "needed"), [(1, 1), (2, 2), (3, 2), (4, 3), (5, 4), (6, 4), (7, 5), (10, 7)]
)
def test_the_quorum_is_two_thirds_rounded_up(validators: int, needed: int) -> None:
    assert quorum(validators) == needed


@given(st.integers(1, 500))
def test_two_quorums_share_one_who_does_not_lie(validators: int) -> None:
    may_lie = (validators - 1) // 3
    assert 2 * quorum(validators) - validators > may_lie


@given(st.binary(max_size=700))
def test_whatever_comes_is_a_header_or_refused(raw: bytes) -> None:
    with pytest.raises(HeaderInvalid):
        Header.from_raw(raw)


@pytest.mark.parametrize(
    ("extra", "reason"),
    [
        ("0x", "RLP"),
        ("0xc0", "five parts"),
        ("0x80", "five parts"),
        ("0x" + encode([b"", [], [], b"", []]).hex(), "vanity"),
        ("0x" + encode([bytes(32), b"", [], b"", []]).hex(), "list"),
        ("0x" + encode([bytes(32), [b"\1" * 19], [], b"", []]).hex(), "validator"),
        ("0x" + encode([bytes(32), [b"\1" * 20] * 2, [], b"", []]).hex(), "twice"),
        ("0x" + encode([bytes(32), [], [b"\1" * 20], b"", []]).hex(), "vote"),
        ("0x" + encode([bytes(32), [], [b"\1" * 20, b"\2"], b"", []]).hex(), "vote"),
        ("0x" + encode([bytes(32), [], [], b"\0", []]).hex(), "RLP"),
        ("0x" + encode([bytes(32), [], [], b"", [b"short"]]).hex(), "seal"),
        ("nothing", "hexadecimal"),
        (None, "hexadecimal"),
    ],
)
def test_what_is_wrong_with_extra_data_is_said(extra: object, reason: str) -> None:
    block = BLOCKS[81] | {"extraData": extra}
    with pytest.raises(HeaderInvalid, match=reason):
        Header.from_json(block)
    assert validators_in(block) == ()


def test_the_validators_of_a_block_are_told_from_other_engines() -> None:
    assert set(validators_in(BLOCKS[81])) == {FIRST, SECOND, THIRD}
    assert validators_in({"extraData": "0x"}) == ()
    assert validators_in({"extraData": "0x" + b"anvil".hex()}) == ()
    assert validators_in(None) == ()


@pytest.mark.parametrize("value", [None, [], {}, {"number": 3}, {"number": "0x"}])
def test_what_is_no_block_is_no_header(value: object) -> None:
    with pytest.raises(HeaderInvalid) as caught:
        Header.from_json(value)
    assert caught.value.exit_status is ExitStatus.UNVERIFIABLE


def test_a_field_too_many_is_refused() -> None:
    fields: Any = decode(RAW[81])
    with pytest.raises(HeaderInvalid, match="fields"):
        Header.from_raw(encode([*fields, bytes(32), bytes(32)]))
    with pytest.raises((HeaderInvalid, RlpInvalid)):
        Header.from_raw(encode([*fields[:-1], [bytes(32)]]))
    assert checksum_address(BLOCKS[81]["miner"]) in HEADERS[81].validators


@pytest.mark.parametrize("number", SEALED)
def test_of_a_header_as_many_seals_are_kept_as_are_needed(number: int) -> None:
    header = HEADERS[number]
    for believed in (header.validators, header.validators[:1], (*header.validators, STRANGER)):
        kept = needed(header, believed)
        assert doubt(kept, believed) is None
        assert kept.hash == header.hash
        assert kept.digest == header.digest
        assert set(kept.seals) <= set(header.seals)
        assert len(kept.seals) == quorum(len(header.validators))
        assert needed(kept, believed) == kept
        turned = with_seals(number, list(header.seals[::-1]))
        assert needed(turned, believed) == kept
    assert Header.from_raw(header.raw) == header
    assert header.raw == RAW[number]


def test_seals_of_those_who_are_believed_are_kept_first() -> None:
    number = SEALED[-1]
    header = HEADERS[number]
    names = frozenset(header.validators)
    for believed in names:
        if believed in header.sealers:
            assert believed in needed(header, {believed}).sealers
            # Where more than the quorum must be known, more seals are kept.
            strangers = {checksum_address(bytes([each]) * 20) for each in range(1, 4)}
            many = names | strangers
            if doubt(header, many) is None:
                assert doubt(needed(header, many), many) is None


@pytest.mark.parametrize("number", SEALED)
def test_the_other_value_of_s_is_turned(number: int) -> None:
    header = HEADERS[number]
    mirrored = []
    for seal in header.seals:
        high = ORDER - int.from_bytes(seal[32:64], "big")
        mirrored.append(seal[:32] + high.to_bytes(32, "big") + bytes([seal[64] ^ 1]))
    other = with_seals(number, mirrored)
    assert doubt(other, header.validators) is None
    kept = needed(other, header.validators)
    assert kept == needed(header, header.validators)
    assert all(int.from_bytes(seal[32:64], "big") <= ORDER // 2 for seal in kept.seals)
