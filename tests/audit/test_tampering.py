"""Two thousand changes to bundles of a real history: each is noticed, and named."""

from __future__ import annotations

import re
from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from governance.audit.verify import verify
from governance.errors import CharterError, ExitStatus
from governance.history import genesis_head, replay
from governance.history.events import InstitutionLeft
from tests.audit.tampering import CHANGES, by, chained, lines_of, retold, with_signed
from tests.unit.history.chronicle import encoded

if TYPE_CHECKING:
    from governance.audit.report import Report
    from governance.chain.house import Trust
    from tests.audit.conftest import Bundles
    from tests.audit.tampering import Evidence

CASES = [
    (name, kind)
    for kind, change in CHANGES.items()
    for name, said in (("sealed", change.sealed), ("unsealed", change.unsealed))
    if said is not None
]
RUNS = -(-2_000 // len(CASES))
"""Of each kind of change, on each bundle that can be changed so."""


def test_the_bundles_are_verified_as_they_are(evidence: Evidence) -> None:
    report = evidence.report
    assert report.length == len(evidence.bundle.records) == report.vouching.length
    assert {finding.id for finding in report.findings} == {"share-unpaid", "share-unconfirmed"}
    assert len(report.vouching.lengths) == 4
    assert len(evidence.bundle.logs) == 2
    if evidence.is_sealed:
        assert report.proof.headers > 2


@pytest.mark.parametrize(("name", "kind"), CASES)
def test_it_is_noticed(bundles: Bundles, name: str, kind: str) -> None:
    evidence: Evidence = getattr(bundles, name)
    change = CHANGES[kind]
    said = change.sealed if evidence.is_sealed else change.unsealed
    assert said is not None
    dice = Random(kind)
    for run in range(RUNS):
        data = change.of(evidence, dice)
        with pytest.raises(CharterError) as caught:
            verify(data, evidence.trust)
        error = caught.value
        assert error.exit_status is ExitStatus.UNVERIFIABLE, (run, error.code)
        assert re.search(said.get(error.code, "^$"), error.message), (
            run,
            error.code,
            error.message,
        )
        assert re.fullmatch(r"[A-Z0]((?!\. |\.\.|\n).)*\.", error.message), (run, error.message)


def outcome(data: bytes, trust: Trust) -> Report | CharterError:
    """What verifying comes to."""
    try:
        return verify(data, trust)
    except CharterError as error:
        return error


# --- smaller and older evidence that is genuine ---------------------------------------------------


def without_logs(report: Report) -> dict[str, Any]:
    """A report without what logs alone bring."""
    return report.as_json() | {"refusals": []}


def test_what_was_left_out_is_not_missed_in_a_sealed_bundle(bundles: Bundles) -> None:
    own = bundles.sealed
    full = own.report.as_json()
    for signed in own.bundle.countersignatures:
        kept = tuple(each for each in own.bundle.countersignatures if each != signed)
        smaller = replace(own.bundle, countersignatures=kept).to_bytes()
        told = verify(smaller, own.trust).as_json()
        assert told["countersigned"]["length"] <= own.report.length
        assert told | {"countersigned": None} == full | {"countersigned": None}
    bare = replace(own.bundle, countersignatures=(), logs=()).to_bytes()
    told = verify(bare, own.trust).as_json()
    assert told["countersigned"] == {"length": 0, "institutions": [], "members": 0}
    left = {"countersigned": None, "refusals": None}
    assert told | left == full | left


def test_of_an_unsealed_bundle_countersignatures_are_missed_as_far_as_they_carry(
    bundles: Bundles,
) -> None:
    own = bundles.unsealed
    outcomes = set()
    for signed in own.bundle.countersignatures:
        kept = tuple(each for each in own.bundle.countersignatures if each != signed)
        told = outcome(replace(own.bundle, countersignatures=kept).to_bytes(), own.trust)
        if isinstance(told, CharterError):
            outcomes.add((told.code, "are countersigned by more than" in told.message))
        else:
            assert told.vouching.length == own.report.length
            assert told.findings == own.report.findings
            outcomes.add(("", True))
    assert outcomes == {("", True), ("EvidenceUnproven", True)}


def test_an_older_bundle_is_genuine_and_only_a_date_tells(evidence: Evidence) -> None:
    older = evidence.before
    data, trust = older.data, evidence.trust
    assert older.report.length < evidence.report.length
    assert verify(data, trust, not_before=older.report.time) == older.report
    with pytest.raises(CharterError) as caught:
        verify(data, trust, not_before=older.report.time + 1)
    assert caught.value.code == "EvidenceOld"
    assert caught.value.exit_status is ExitStatus.UNVERIFIABLE
    assert "not up to" in caught.value.message


def test_the_tail_cut_where_all_signed_is_an_older_bundle(bundles: Bundles) -> None:
    own = bundles.unsealed
    for length in own.report.vouching.lengths:
        kept = tuple(each for each in own.bundle.countersignatures if each.length <= length)
        cut = replace(
            own.bundle, records=own.bundle.records[:length], countersignatures=kept, logs=()
        )
        report = verify(cut.to_bytes(), own.trust)
        assert report.length == report.vouching.length == length
        if length < own.report.length:
            with pytest.raises(CharterError, match="not up to"):
                verify(cut.to_bytes(), own.trust, not_before=report.time + 1)


# --- institutions that lie ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("liars", "carried"),
    [
        (("alpha",), False),
        (("alpha", "gamma"), False),
        # They speak for one institution, and of them only the older did at the last length.
        (("alpha", "beta", "beta-2"), False),
        (("alpha", "gamma", "beta-2"), False),
        (("alpha", "beta", "gamma"), True),
    ],
)
def test_a_history_is_only_rewritten_by_more_than_two_thirds(
    bundles: Bundles, liars: tuple[str, ...], carried: bool
) -> None:
    """From the last length but one on; that more than two thirds could is what they are for."""
    own = bundles.unsealed
    start = own.report.vouching.lengths[-2]
    last = own.bundle.records[start]
    forged = (*own.bundle.records[:start], retold(last, encoded(InstitutionLeft(2)), own.swarm))
    genesis = genesis_head(own.trust.chain_id, own.trust.history)
    head, length = replay(forged, genesis)
    true = tuple(each for each in own.bundle.countersignatures if each.length <= start)
    false = tuple(by(own.keys[name], own, length, head) for name in liars)
    data = replace(
        with_signed(own, (*true, *false)), records=forged, logs=own.before.bundle.logs
    ).to_bytes()
    found = outcome(data, own.trust)
    if carried:
        assert not isinstance(found, CharterError)
        assert found.length == length
    else:
        assert isinstance(found, CharterError)
        assert "are countersigned by more than two thirds" in found.message or (
            "nobody whom the history knows" in found.message
        )


def test_two_thirds_are_not_more_than_two_thirds(bundles: Bundles) -> None:
    own = bundles.unsealed
    length = own.report.vouching.lengths[0]
    signed = [each for each in own.bundle.countersignatures if each.length == length]
    assert len(signed) == len(own.trust.founders) == 3
    cut = replace(own.bundle, records=own.bundle.records[:length], logs=())
    assert verify(replace(cut, countersignatures=tuple(signed)).to_bytes(), own.trust).vouching
    for left in signed:
        two = tuple(each for each in signed if each != left)
        found = outcome(replace(cut, countersignatures=two).to_bytes(), own.trust)
        assert isinstance(found, CharterError)
        assert f"0 of its {length} events are countersigned" in found.message


def test_what_an_institution_signed_of_another_history_is_told(evidence: Evidence) -> None:
    own, end = evidence, evidence.report.length
    between = end - 2
    for length, kind in (
        (between, "head-contradicted"),
        (end, "head-rewritten"),
        (end + 5, "head-beyond"),
    ):
        signed = by(own.keys["alpha"], own, length, bytes(32))
        data = with_signed(own, (*own.bundle.countersignatures, signed)).to_bytes()
        report = outcome(data, own.trust)
        if length > end and not own.is_sealed:
            assert isinstance(report, CharterError)
            assert "a countersignature is of a longer history" in report.message
        else:
            assert not isinstance(report, CharterError)
            assert kind in {finding.id for finding in report.findings}


# --- evidence logs: their node's word -------------------------------------------------------------


def rewritten(own: Evidence, dice: Random) -> bytes:
    """A log whose lines were changed, left out, doubled or moved, and chained anew."""
    logs = list(own.bundle.logs)
    at = dice.randrange(len(logs))
    lines = lines_of(logs[at])
    kind = dice.randrange(5)
    if kind == 0:
        del lines[dice.randrange(len(lines))]
    elif kind == 1:
        lines.insert(dice.randrange(len(lines)), dice.choice(lines))
    elif kind == 2:
        dice.shuffle(lines)
    else:
        part = dice.choice(lines)[dice.choice(["decision", "envelope"])]
        name = dice.choice(sorted(part))
        part[name] = other_value(part[name], dice)
    logs[at] = chained(lines)
    return replace(own.bundle, logs=tuple(set(logs) - {b""})).to_bytes()


def other_value(value: Any, dice: Random) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return dice.choice([0, value - 1, value + 1, 2**53, 2**63, 2**64 - 1, -1])
    if value.startswith("0x"):
        digit = dice.choice("0123456789abcdef")
        at = dice.randrange(2, len(value))
        return value[:at] + digit + value[at + 1 :]
    return dice.choice(["Authorised", "StaleView", "UpdateMismatch", "x", value + " "])


def test_a_log_that_was_rewritten_is_refused_or_speaks_for_itself_alone(
    evidence: Evidence,
) -> None:
    dice = Random(5)
    outcomes = set()
    for _ in range(300):
        data = rewritten(evidence, dice)
        report = outcome(data, evidence.trust)
        if isinstance(report, CharterError):
            assert report.exit_status is ExitStatus.UNVERIFIABLE
            outcomes.add(report.code)
            continue
        found = [each for each in report.findings if each not in evidence.report.findings]
        outcomes.add("found" if found else "told apart by nobody")
        assert all(each in report.findings for each in evidence.report.findings)
        told, own = without_logs(report), without_logs(evidence.report)
        assert told | {"findings": []} == own | {"findings": []}
    assert outcomes == {"EvidenceBroken", "found", "told apart by nobody"}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"at":', b'"at":' + b"9" * 25),
        (b'"at":', b'"at":1' + b"0" * 5_000),
        (b'"at":', b'"at":1e400,"x":'),
        (b'"node":"', b'"node":"\\ud800'),
        (b'"institution":', b'"institution":' + b"9" * 25),
        (b'"decision":{', b'"decision":{"at":1,'),
    ],
)
def test_what_no_gate_can_write_breaks_a_log(evidence: Evidence, old: bytes, new: bytes) -> None:
    log = evidence.bundle.logs[0].replace(old, new, 1)
    data = replace(evidence.bundle, logs=(log,)).to_bytes()
    with pytest.raises(CharterError, match="Line 1 of the evidence log") as caught:
        verify(data, evidence.trust)
    assert caught.value.code == "EvidenceBroken"
