"""Which acts are held against which anchors, with the targets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.gas.ours import FEW, LONG_TERMS, MANY, MORE, SIZES, House, Study
from tests.gas.table import Row

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.gas.anchors import Anchor, Anchors
    from tests.gas.chain import Chain

WHOLE_STUDY = "deploying Study in full"
"""What clones spare each study."""

_APPEND_LIMIT = 16_000
_CHECKPOINTS = 3
"""In every study, so that what revenues are split by differs in its size alone."""


def measure(
    chain: Chain, anchors: Anchors, folder: Path, progress: Callable[[str], None]
) -> list[Row]:
    """Founds a swarm and has everything done in it.

    Args:
        chain: where.
        anchors: what it is held against.
        folder: for the trust file.
        progress: told what comes next.
    """
    progress("founding a swarm")
    house = House(chain, folder)
    rows = _members(house, anchors)
    progress(f"a study of {FEW}")
    few = Study(house, FEW)
    rows += _study(house, few, anchors)
    for number in range(FEW + 2, MANY + 1):
        house.apply(number)
        house.admit(number)
    for number in range(FEW + 1, MANY // 2 + 2):
        house.register_node(number)
    studies = {FEW: few}
    for size in (MORE, MANY):
        progress(f"a study of {size}")
        studies[size] = Study(house, size)
        studies[size].sign_all()
        rows += _large(studies[size], anchors)
    return rows + _benefits(studies, anchors)


def _members(house: House, anchors: Anchors) -> list[Row]:
    applied = house.apply(FEW + 1)
    first, later, *_ = house.vote_in(FEW + 1)
    registered = [house.register_node(number) for number in range(1, FEW + 1)]
    return [
        _plain("apply for membership", applied.gas, anchors),
        _plain("register a node", registered[0].gas, anchors),
        _row("vote, a proposal's first", first.gas, anchors.first_vote, 1.45),
        _row("vote, a later one", later.gas, anchors.later_vote, 1.45),
    ]


def _study(house: House, study: Study, anchors: Anchors) -> list[Row]:
    chain, attestation = house.chain, anchors.attestation
    history = house.addresses.history
    whole = WHOLE_STUDY, chain.creation(house.founded.study).gas
    signed = study.sign_all()
    one, publishing = study.publish(1)
    attested, final = study.attest_all(one, 1)
    two, publishing_too = study.publish(2)
    study.attest_all(two, 2)
    three, published = study.publish(1)
    attested_later, final_later = study.attest_all(three, 1)
    assert study.round == _CHECKPOINTS
    long = house.open(b"x" * LONG_TERMS, study.quorum)

    appends = {"a signature's": signed[-1], "a publication's": published}
    return [
        *(
            Row(
                f"append a record to the history, {whose}",
                chain.gas_in(done, history),
                "the limit set",
                _APPEND_LIMIT,
                1,
            )
            for whose, done in appends.items()
        ),
        Row("open a study", study.opened.gas, *whole, 0.35),
        Row(f"open a study, {LONG_TERMS:,} bytes of terms", long.gas, *whole),
        _row("sign, a study's first", signed[0].gas, attestation, 0.65),
        _row("sign, a later one", signed[-1].gas, attestation, 0.65),
        _row("publish, a study's first checkpoint", publishing.gas, attestation, 0.7),
        _row("publish, another institution's first", publishing_too.gas, attestation, 0.7),
        _row("publish, a later one", published.gas, attestation, 0.7),
        _row("attest, an institution's first", attested.gas, attestation, 0.4),
        _row("attest, a later one", attested_later.gas, attestation, 0.4),
        _row("attest and make final, a study's first", final.gas, attestation),
        _row("attest and make final, a later one", final_later.gas, attestation),
    ]


def _large(study: Study, anchors: Anchors) -> list[Row]:
    for _ in range(_CHECKPOINTS):
        checkpoint, published = study.publish(1)
        final = study.attest_all(checkpoint, 1)[-1]
    return [
        _row(f"publish, {study.size} contributors", published.gas, anchors.attestation),
        _row(f"attest and make final, {study.size} signatories", final.gas, anchors.attestation),
    ]


def _benefits(studies: dict[int, Study], anchors: Anchors) -> list[Row]:
    split, release = anchors.distribution, anchors.release
    first = {size: studies[size].declare() for size in SIZES}
    later = {size: studies[size].declare().gas for size in SIZES}
    paid = {size: studies[size].pay(receiver=2) for size in SIZES}
    confirmed = {size: studies[size].confirm(receiver=2) for size in SIZES}
    dearest, cheapest = max(later.values()), min(later.values())
    return [
        _row("declare revenue, a study's first", first[FEW].gas, split),
        *(_row(f"declare revenue, {size} signatories", later[size], split, 0.75) for size in SIZES),
        Row("declare revenue, at the dearest size", dearest, "at the cheapest", cheapest, 1),
        _plain("record a payment", paid[FEW].gas, anchors),
        _plain("confirm a payment", confirmed[FEW].gas, anchors),
        *(
            _row(
                f"record and confirm, {size} signatories",
                paid[size].gas + confirmed[size].gas,
                release,
                1.25,
            )
            for size in SIZES
        ),
    ]


def _row(act: str, gas: int, anchor: Anchor, target: float | None = None) -> Row:
    return Row(act, gas, anchor.name, anchor.gas, target)


def _plain(act: str, gas: int, anchors: Anchors) -> Row:
    return _row(act, gas, anchors.floor)
