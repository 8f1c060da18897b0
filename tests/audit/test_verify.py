"""The rules by which a bundle is verified, each by one that breaks just it, and their order."""

from __future__ import annotations

import builtins
import json
import re
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import pytest

from governance.audit.bundle import sealed as seal_proves
from governance.audit.verify import verify
from governance.chain.founded import Founding
from governance.chain.qbft import Doubt, Header, HeaderInvalid, Vote, doubt, needed
from governance.chain.rlp import encode_number
from governance.errors import CharterError, ExitStatus
from governance.primitives import address_bytes, address_of, checksum_address, from_hex, sha256
from tests.audit.tampering import STRANGER, by_stranger, seal_of, with_extra

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from governance.audit.bundle import Bundle
    from governance.chain.house import Trust
    from tests.audit.conftest import Bundles
    from tests.audit.tampering import Evidence

ROOT = Path(__file__).parents[2]
VECTORS = json.loads((ROOT / "tests" / "vectors" / "qbft.json").read_text())["headers"]
PUBLIC = json.loads((ROOT / "tests" / "vectors" / "qbft_public.json").read_text())


def refused(data: bytes, trust: Trust, not_before: int | None = None) -> CharterError:
    with pytest.raises(CharterError) as caught:
        verify(data, trust, not_before=not_before)
    assert caught.value.exit_status is ExitStatus.UNVERIFIABLE
    return caught.value


# --- the rules, in their order --------------------------------------------------------------------


@dataclass(frozen=True)
class Rule:
    """How one rule of `verify` is broken, and what is said then."""

    breaks: Callable[[Bundle, Evidence], Bundle]
    code: str
    words: str


def _another_chain(bundle: Bundle, _: Evidence) -> Bundle:
    return replace(bundle, chain_id=bundle.chain_id + 1)


def _not_founded(bundle: Bundle, _: Evidence) -> Bundle:
    return replace(bundle, records=bundle.records[1:])


def _not_sealed(bundle: Bundle, _: Evidence) -> Bundle:
    assert bundle.seal is not None
    *between, newest = bundle.seal.headers
    bare = Header.from_fields(list(newest)).with_seals([]).fields
    return replace(bundle, seal=replace(bundle.seal, headers=(*between, bare)))


def _other_code(bundle: Bundle, _: Evidence) -> Bundle:
    assert bundle.seal is not None
    code = {**bundle.seal.code, "Benefits": bundle.seal.code["Benefits"] + b"\0"}
    return replace(bundle, seal=replace(bundle.seal, code=code))


def _surplus_nodes(bundle: Bundle, own: Evidence) -> Bundle:
    assert bundle.seal is not None
    return replace(bundle, seal=replace(bundle.seal, nodes=(*bundle.seal.nodes, own.others[-1])))


def _shorter(bundle: Bundle, _: Evidence) -> Bundle:
    return replace(bundle, records=bundle.records[:-1])


def _forged(bundle: Bundle, own: Evidence) -> Bundle:
    *others, last = bundle.countersignatures
    other = by_stranger(own, last.length, last.head).signature
    return replace(bundle, countersignatures=(*others, replace(last, signature=other)))


def _broken_log(bundle: Bundle, _: Evidence) -> Bundle:
    return replace(bundle, logs=(b"{}\n",))


def _inconsistent(bundle: Bundle, _: Evidence) -> Bundle:
    *records, last = bundle.records
    return replace(bundle, records=(*records, last, last))


def _not_carried(bundle: Bundle, own: Evidence) -> Bundle:
    end = len(own.bundle.records)
    kept = tuple(each for each in bundle.countersignatures if each.length < end)
    return replace(bundle, countersignatures=kept)


def _a_stranger_s(bundle: Bundle, own: Evidence) -> Bundle:
    signed = by_stranger(own, 1, bytes(32))
    return replace(bundle, countersignatures=(signed, *bundle.countersignatures))


SHARED = [
    Rule(_another_chain, "EvidenceForeign", "do not belong together"),
    Rule(_not_founded, "FoundingUnsound", "does not begin with a founding"),
]
SEALED = [
    *SHARED,
    Rule(_not_sealed, "EvidenceUnproven", "is not sealed: fewer than two thirds"),
    Rule(_other_code, "EvidenceUnproven", "Benefits has other code there"),
    Rule(_surplus_nodes, "EvidenceMalformed", "nodes of the state that prove nothing"),
    Rule(_shorter, "EvidenceUnproven", "do not hash to the head"),
    Rule(_forged, "EvidenceUnproven", "not by the account that it names"),
    Rule(_broken_log, "EvidenceBroken", "Line 1 of the evidence log logs/1.jsonl"),
    Rule(_a_stranger_s, "EvidenceMalformed", "nobody whom the history knows"),
]
UNSEALED = [
    *SHARED,
    Rule(_forged, "EvidenceUnproven", "not by the account that it names"),
    Rule(_inconsistent, "HistoryInconsistent", "institution|Study|study"),
    Rule(_not_carried, "EvidenceUnproven", "countersigned by more than two thirds"),
    Rule(_a_stranger_s, "EvidenceMalformed", "nobody whom the history knows"),
]


def rules(own: Evidence) -> list[Rule]:
    return SEALED if own.is_sealed else UNSEALED


def test_each_rule_is_broken_alone(evidence: Evidence) -> None:
    for rule in rules(evidence):
        error = refused(rule.breaks(evidence.bundle, evidence).to_bytes(), evidence.trust)
        assert error.code == rule.code, rule
        assert re.search(rule.words, error.message), (rule, error.message)


def test_the_first_rule_broken_is_named_whatever_else_is(evidence: Evidence) -> None:
    bundle, late = evidence.bundle, evidence.report.time + 1
    for rule in reversed(rules(evidence)):
        bundle = rule.breaks(bundle, evidence)
        error = refused(bundle.to_bytes(), evidence.trust, late)
        assert error.code == rule.code, rule
        assert re.search(rule.words, error.message), (rule, error.message)
    error = refused(bundle.to_bytes() + b"x", evidence.trust, late)
    assert error.code == "EvidenceMalformed"
    assert "one form" in error.message


def test_a_bundle_older_than_asked_for_is_refused_last(evidence: Evidence) -> None:
    time_ = evidence.report.time
    assert verify(evidence.data, evidence.trust, not_before=time_) == evidence.report
    assert refused(evidence.data, evidence.trust, time_ + 1).code == "EvidenceOld"


@pytest.mark.parametrize(
    ("field", "code", "words"),
    [
        ("chain_id", "EvidenceForeign", "of chain"),
        ("history", "EvidenceForeign", "and History"),
        ("founders", "FoundingUnsound", "not those of the trust file"),
    ],
)
def test_another_trust_file_is_not_of_this_bundle(
    evidence: Evidence, field: str, code: str, words: str
) -> None:
    stranger = address_of(STRANGER)
    other = {
        "chain_id": evidence.trust.chain_id + 1,
        "history": stranger,
        "founders": (*evidence.trust.founders[:-1], stranger),
    }
    error = refused(evidence.data, replace(evidence.trust, **{field: other[field]}))
    assert (error.code, words in error.message) == (code, True)


def test_neither_kind_of_bundle_passes_for_the_other(bundles: Bundles) -> None:
    own = bundles.sealed
    assert "names no validators" in refused(own.data, bundles.unsealed.trust).message
    assert "no sealed header" in refused(bundles.unsealed.data, own.trust).message


# --- seals ----------------------------------------------------------------------------------------


def key(name: str) -> bytes:
    return sha256(name.encode())


def addresses(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(address_of(key(name)) for name in names)


def block(own: Evidence, number: int, names: Sequence[str], round_: int = 0) -> Header:
    """A genuine block with validators of one's choice, and no seals."""
    fields = with_extra(
        own.blocks[number].fields,
        lambda extra: [
            extra[0],
            sorted(map(address_bytes, addresses(names))),
            extra[2],
            encode_number(round_),
            [],
        ],
    )
    return Header.from_fields(list(fields))


def sealed_by(header: Header, names: Sequence[str], digest: bytes | None = None) -> Header:
    """With the seals of these, in the order of their addresses."""
    order = sorted(names, key=lambda name: address_bytes(address_of(key(name))))
    return header.with_seals([seal_of(key(name), digest or header.digest) for name in order])


def under(own: Evidence, first: Sequence[str], *headers: Header) -> tuple[bytes, Trust]:
    """The bundle with these headers, under a trust file that names these validators."""
    assert own.bundle.seal is not None
    chain = tuple(header.fields for header in headers)
    bundle = replace(own.bundle, seal=replace(own.bundle.seal, headers=chain))
    return bundle.to_bytes(), replace(own.trust, validators=addresses(first))


@pytest.mark.parametrize(
    ("first", "validators", "sealers", "words"),
    [
        ("abcd", "abcd", "abc", None),
        ("abcd", "abcd", "bcd", None),
        ("abcd", "abcd", "ab", "fewer than two thirds of its validators sealed it"),
        ("abcd", "abcd", "", "fewer than two thirds of its validators sealed it"),
        ("abcdefg", "abcdefg", "abcde", None),
        ("abcdefg", "abcdefg", "abcd", "fewer than two thirds of its validators sealed it"),
        ("abcd", "abcd", "abb", "a validator's seal is there twice"),
        ("abcd", "abcd", "aaaa", "a validator's seal is there twice"),
        ("abcd", "abcd", "abx", "a seal is not of one of its validators"),
        ("abcd", "abcd", "abcx", "a seal is not of one of its validators"),
        # Two of five are more than a third, two of six are not.
        ("abcde", "abxy", "abx", None),
        ("abcdef", "abxy", "abx", "a third of the validators believed last, or fewer, sealed it"),
        ("abcd", "awxyz", "awxy", "a third of the validators believed last, or fewer, sealed it"),
        ("abc", "axyz", "axyz", "a third of the validators believed last, or fewer, sealed it"),
        ("abcd", "wxyz", "wxyz", "a third of the validators believed last, or fewer, sealed it"),
    ],
)
def test_who_must_have_sealed(
    bundles: Bundles, first: str, validators: str, sealers: str, words: str | None
) -> None:
    own = bundles.sealed
    header = sealed_by(block(own, max(own.blocks), validators), sealers)
    data, trust = under(own, first, header)
    if words is None:
        report = verify(data, trust)
        assert report.state == own.report.state
        assert set(report.proof.sealers) == set(addresses(sealers))
    else:
        assert words in refused(data, trust).message


@pytest.mark.parametrize(("named", "sealed", "holds"), [(0, 0, True), (3, 3, True), (3, 0, False)])
def test_a_seal_is_of_one_round(bundles: Bundles, named: int, sealed: int, holds: bool) -> None:
    own = bundles.sealed
    newest = max(own.blocks)
    digest = block(own, newest, "abcd", sealed).digest
    header = sealed_by(block(own, newest, "abcd", named), "abc", digest)
    data, trust = under(own, "abcd", header)
    if holds:
        assert verify(data, trust).proof.header == header.hash
    else:
        assert "a seal is not of one of its validators" in refused(data, trust).message


def test_headers_in_between_carry_where_more_has_changed(bundles: Bundles) -> None:
    own = bundles.sealed
    newest = max(own.blocks)
    middle = sealed_by(block(own, newest - 1, "abwx"), "abw")
    last = sealed_by(block(own, newest, "wxyz"), "wxy")
    data, trust = under(own, "abcd", middle, last)
    assert verify(data, trust).proof.headers == 2
    alone, _ = under(own, "abcd", last)
    assert "a third of the validators believed last" in refused(alone, trust).message


def test_headers_are_surplus_where_the_validators_came_back(bundles: Bundles) -> None:
    """Each is believed by the one before it alone; but the last by the trust file already."""
    own = bundles.sealed
    newest = max(own.blocks)
    chain = [
        sealed_by(block(own, newest - 2, "bcwx"), "bcw"),
        sealed_by(block(own, newest - 1, "wxyz"), "wxy"),
        sealed_by(block(own, newest, "yzcd"), "yzcd"),
    ]
    believed = addresses("cd")
    shown = []
    for header in chain:
        assert doubt(header, believed) is None
        shown.append(needed(header, believed))
        believed = header.validators
    # Three of the four are enough, and one of those believed first is among them all the same.
    data, trust = under(own, "cd", *shown)
    assert "seals or headers that prove nothing more" in refused(data, trust).message
    alone, _ = under(own, "cd", needed(chain[-1], addresses("cd")))
    assert verify(alone, trust).state == own.report.state


@pytest.mark.parametrize(("later", "back"), [((0, 0), (1, 0)), ((0, 0), (0, 1)), ((9, 0), (0, 1))])
def test_no_event_is_later_than_the_block_that_proves_it(
    bundles: Bundles, later: tuple[int, int], back: tuple[int, int]
) -> None:
    """Not even where the validators themselves seal a block of a number or a time before."""
    own = bundles.sealed
    fields = list(block(own, max(own.blocks), "abcd").fields)
    last = own.bundle.records[-1]
    number, time_ = last.number + later[0], last.timestamp + later[1]
    fields[8], fields[11] = encode_number(number), encode_number(time_)
    data, trust = under(own, "abcd", sealed_by(Header.from_fields(fields), "abc"))
    assert verify(data, trust).block == number
    fields[8], fields[11] = encode_number(number - back[0]), encode_number(time_ - back[1])
    data, trust = under(own, "abcd", sealed_by(Header.from_fields(fields), "abc"))
    assert "an event is later than the block that proves it" in refused(data, trust).message


def published() -> dict[str, str]:
    """Headers of Besu networks: of one of ours, and of one that somebody else published."""
    ours = {f"block {int(each['header']['number'], 16)}": each["raw"] for each in VECTORS[1:]}
    return ours | {"public": PUBLIC["header"]["raw"]}


@pytest.mark.parametrize("name", published())
def test_headers_of_besu_networks_are_believed_by_their_seals(bundles: Bundles, name: str) -> None:
    """Their state is another chain's: what is said of it shows that the seals were believed."""
    own = bundles.sealed
    header = Header.from_raw(from_hex(published()[name]))
    founding = Founding.of(own.bundle.records, own.trust)
    trust = replace(own.trust, validators=header.validators)

    def said(shown: Header) -> str:
        assert own.bundle.seal is not None
        with pytest.raises(CharterError) as caught:
            seal_proves(replace(own.bundle.seal, headers=(shown.fields,)), trust, founding)
        assert caught.value.code == "EvidenceUnproven"
        return caught.value.message

    sound = needed(header, header.validators)
    assert f"the state after block {header.number} does not hold it" in said(sound)
    one, *others = sound.seals
    strange = seal_of(STRANGER, sound.digest)
    for seals, words in (
        (others, "fewer than two thirds"),
        ([one, one, *others], "is there twice"),
        ([strange, *others], "a seal is not of one of its validators"),
        ([*others, seal_of(STRANGER, sound.digest)], "a seal is not of one of its validators"),
    ):
        assert words in said(sound.with_seals(seals))
    other_round = with_extra(
        sound.fields, lambda extra: [*extra[:3], encode_number(header.round + 1), extra[4]]
    )
    assert "not of one of its validators" in said(Header.from_fields(list(other_round)))


def test_a_public_header_is_read_as_its_publisher_reads_it() -> None:
    """The digest that the validators sealed, and who did, by another implementation's tests."""
    told = PUBLIC["header"]
    header = Header.from_raw(from_hex(told["raw"]))
    assert (header.number, header.timestamp, header.round) == (
        told["number"],
        told["timestamp"],
        told["round"],
    )
    assert header.state_root == from_hex(told["stateRoot"])
    assert header.validators == tuple(map(checksum_address, told["validators"]))
    assert header.seals == tuple(map(from_hex, told["seals"]))
    assert header.digest == from_hex(told["sealed"])
    assert len(header.sealers) == 3
    assert doubt(header, header.validators) is None


def test_besu_s_own_extra_data_is_read_as_besu_reads_it() -> None:
    told = PUBLIC["extra"]
    raw = from_hex(told["raw"])
    fields = list(Header.from_raw(from_hex(PUBLIC["header"]["raw"])).fields)
    header = Header.from_fields([*fields[:12], raw, *fields[13:]])
    assert header.validators == tuple(map(checksum_address, told["validators"]))
    assert header.vote == Vote(checksum_address(told["vote"]["validator"]), joins=True)
    assert header.round == told["round"]
    assert header.seals == tuple(
        r.to_bytes(32, "big") + s.to_bytes(32, "big") + bytes([v]) for r, s, v in told["seals"]
    )
    assert header.with_seals(header.seals).fields[12] == raw
    assert doubt(header, header.validators) is Doubt.SEAL_FOREIGN
    with pytest.raises(HeaderInvalid):
        # As Besu's test has it: a round is written without leading zeros.
        Header.from_fields(list(with_extra(header.fields, lambda e: [*e[:3], b"\0\xdc\xba", e[4]])))


# --- purity ---------------------------------------------------------------------------------------


def test_verifying_asks_neither_network_nor_clock_nor_disk(
    evidence: Evidence, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = evidence.report

    def asked(*_: object, **__: object) -> NoReturn:
        raise AssertionError("it asks for more than it was given")

    with monkeypatch.context() as patch:
        for name in ("time", "time_ns", "monotonic", "perf_counter"):
            patch.setattr(time, name, asked)
        for name in ("socket", "create_connection", "getaddrinfo"):
            patch.setattr(socket, name, asked)
        patch.setattr(builtins, "open", asked)
        found = verify(evidence.data, evidence.trust)
    assert found == expected


def test_verifying_loads_no_part_of_web3_and_opens_no_socket(
    evidence: Evidence, tmp_path: Path
) -> None:
    (tmp_path / "evidence.zip").write_bytes(evidence.data)
    evidence.trust.save(tmp_path / "trust.json")
    script = """
import socket, sys
def asked(*_, **__):
    raise AssertionError("it asks the network")
socket.socket.connect = socket.create_connection = socket.getaddrinfo = asked
from cli.main import run
status = run(["audit", "verify", "evidence.zip", "--trust", "trust.json", "--format", "json"])
foreign = {"web3", "eth_account", "eth_abi", "eth_keys", "requests", "aiohttp", "rlp", "trie"}
print(status, sorted(foreign & {name.partition(".")[0] for name in sys.modules}), file=sys.stderr)
"""
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "CHARTER_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stderr.splitlines()[-1] == "1 []", done.stderr
    assert json.loads(done.stdout)["history"]["length"] == evidence.report.length
