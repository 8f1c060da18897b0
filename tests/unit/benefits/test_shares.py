"""How a revenue is split: to the last cent, by whoever's terms the rounds were under."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.benefits import Earned, pots, shares
from governance.history import Study, Swarm
from governance.history.study import Final, Revenue, Version
from governance.vocabulary import Contribution, Parameters, Part, Payee, Shares, Weight
from tests.unit.history.chronicle import PARAMETERS, address, digest

Rounds = tuple[int, tuple[int, ...], dict[int, int]]
"""Rounds covered, signatories, and who contributed to how many."""


def split(**parts: Any) -> Shares:
    """A split, all to the equal part if nothing else is said."""
    empty = Shares(
        equal=0,
        contributed=0,
        patients=0,
        weighted=0,
        remainder_to=1,
        weights=(),
        payees=(),
    )
    return replace(empty, **(parts or {"equal": 10_000}))


def study(versions: list[tuple[Shares, list[Rounds]]]) -> Study:
    """A study whose versions had these splits and final checkpoints."""
    finals: list[Final] = []
    for number, (_, lineage) in enumerate(versions, 1):
        for covered, signatories, contributions in lineage:
            finals.append(
                Final(
                    sequence=len(finals) + 1,
                    checkpoint=digest(f"checkpoint {len(finals)}"),
                    round=covered + (finals[-1].round if finals else 0),
                    covered=covered,
                    version=number,
                    digest=digest(f"model {len(finals)}"),
                    signatories=signatories,
                    contributions=tuple(Contribution(*each) for each in contributions.items()),
                    at=1,
                )
            )
    return Study(
        number=1,
        address=address("study 1"),
        benefits=address("benefits 1"),
        opener=1,
        opened_at=1,
        in_force=len(versions),
        versions={
            number: version(number, replace(PARAMETERS, shares=rule))
            for number, (rule, _) in enumerate(versions, 1)
        },
        finals=finals,
        swarm=Swarm(),
    )


def version(number: int, parameters: Parameters) -> Version:
    return Version(number, 1, bytes(32), bytes(32), b"", parameters, 1)


def revenue(amount: int, sequence: int) -> Revenue:
    return Revenue(1, 1, "EUR", amount, bytes(32), "", bytes(32), sequence, 1)


def table(versions: list[tuple[Shares, list[Rounds]]], amount: int) -> dict[tuple[Part, int], int]:
    found = study(versions)
    owed = shares(found, revenue(amount, len(found.finals)))
    assert sum(each.amount for each in owed) == amount
    return {(each.line.part, each.line.receiver): each.amount for each in owed}


def test_the_equal_part_goes_by_rounds_signed() -> None:
    lineage: list[Rounds] = [(2, (1, 2), {1: 1}), (1, (1,), {1: 1})]
    assert table([(split(), lineage)], 100) == {
        (Part.OWN, 1): 60,
        (Part.OWN, 2): 40,
    }


def test_contributions_earn_for_the_institution_and_for_its_patients() -> None:
    rule = split(contributed=6000, patients=4000)
    assert table([(rule, [(5, (1, 2, 3), {1: 3, 2: 1})])], 1000) == {
        (Part.OWN, 1): 450,
        (Part.OWN, 2): 150,
        (Part.PATIENTS, 1): 300,
        (Part.PATIENTS, 2): 100,
    }


def test_weights_count_for_those_who_signed() -> None:
    rule = split(weighted=10_000, weights=(Weight(1, 3), Weight(2, 1), Weight(4, 4)))
    assert table([(rule, [(5, (1, 2, 3), {1: 3})])], 800) == {
        (Part.OWN, 1): 300,
        (Part.OWN, 2): 100,
        (Part.REMAINDER, 1): 400,
    }


def test_a_weight_earns_nothing_for_who_was_no_signatory() -> None:
    rule = split(weighted=10_000, weights=(Weight(2, 1),))
    assert table([(rule, [(1, (1,), {2: 1})])], 10) == {(Part.REMAINDER, 1): 10}


def test_each_part_is_rounded_down_before_it_is_shared_out() -> None:
    rule = split(equal=5000, contributed=5000)
    lineage: list[Rounds] = [(2, (1,), {1: 1}), (1, (1, 2), {1: 1})]
    # Half of 3 is 1, and three quarters of that are nothing.
    assert table([(rule, lineage)], 3) == {(Part.OWN, 1): 1, (Part.REMAINDER, 1): 2}


def test_named_payees_are_paid_whoever_signed() -> None:
    payees = (Payee(address("registry"), 1000), Payee(address("charity"), 500))
    rule = split(equal=8500, payees=payees)
    versions: list[tuple[Shares, list[Rounds]]] = [
        (split(), [(1, (1,), {1: 1})]),
        (rule, [(1, (1,), {1: 1})]),
    ]
    found = study(versions)
    owed = {each.line.receiver: each for each in shares(found, revenue(2000, 2))}
    assert table(versions, 2000) == {
        (Part.OWN, 1): 1850,
        (Part.NAMED, 2 << 16): 100,
        (Part.NAMED, (2 << 16) + 1): 50,
    }
    assert owed[2 << 16].account == address("registry")
    assert owed[(2 << 16) + 1].account == address("charity")
    assert owed[2 << 16].institution is None


def test_what_is_left_over_goes_where_the_terms_say() -> None:
    rule = split(equal=10_000, remainder_to=3)
    found = study([(rule, [(1, (1, 2, 3), {})])])
    owed = shares(found, revenue(100, 1))
    assert [(each.line.part, each.institution, each.amount) for each in owed] == [
        (Part.OWN, 1, 33),
        (Part.OWN, 2, 33),
        (Part.OWN, 3, 33),
        (Part.REMAINDER, 3, 1),
    ]
    assert all(each.account is None for each in owed)


def test_parts_that_nobody_earned_are_left_over() -> None:
    rule = split(equal=5000, contributed=5000)
    assert table([(rule, [(1, (1,), {})])], 10) == {(Part.OWN, 1): 5, (Part.REMAINDER, 1): 5}
    assert table([(rule, [(1, (), {2: 1})])], 10) == {(Part.OWN, 2): 5, (Part.REMAINDER, 1): 5}


def test_each_version_splits_what_its_rounds_earned() -> None:
    versions: list[tuple[Shares, list[Rounds]]] = [
        (split(equal=10_000), [(3, (1, 2), {1: 1})]),
        (split(contributed=10_000, remainder_to=2), [(1, (1, 2), {1: 1})]),
    ]
    assert table(versions, 1001) == {
        (Part.OWN, 1): 375 + 251,
        (Part.OWN, 2): 375,
    }
    assert [pot.amount for pot in pots(study(versions), revenue(1001, 2))] == [750, 251]


def test_versions_without_rounds_split_nothing() -> None:
    versions: list[tuple[Shares, list[Rounds]]] = [
        (split(), []),
        (split(), [(1, (1,), {1: 1})]),
        (split(), []),
    ]
    assert [pot.version for pot in pots(study(versions), revenue(10, 1))] == [2]


def test_rounds_after_the_declaration_do_not_count() -> None:
    lineage: list[Rounds] = [(1, (1,), {1: 1}), (9, (2,), {2: 9})]
    found = study([(split(), lineage), (split(), [(5, (3,), {3: 5})])])
    (only,) = shares(found, revenue(100, 1))
    assert (only.institution, only.amount) == (1, 100)
    later = study([(split(), [(1, (1,), {1: 1})]), (split(), [(1, (2,), {2: 1})])])
    assert [each.institution for each in shares(later, revenue(100, 1))] == [1]


@pytest.mark.parametrize("amount", [1, 2, 10_000_001, 2**128 - 1])
def test_no_amount_is_too_small_or_too_large(amount: int) -> None:
    rule = split(equal=3333, contributed=3333, patients=3334)
    table([(rule, [(7, (1, 2, 3), {1: 7, 3: 2})])], amount)


@st.composite
def splits(draw: st.DrawFn) -> Shares:
    """Any split that the terms could name."""
    cuts = sorted(draw(st.lists(st.integers(0, 10_000), min_size=4, max_size=4)))
    equal, contributed, patients, weighted, named = (
        b - a for a, b in zip([0, *cuts], [*cuts, 10_000], strict=True)
    )
    weights = draw(st.dictionaries(st.integers(1, 6), st.integers(1, 2**32 - 1), min_size=1))
    return Shares(
        equal=equal,
        contributed=contributed,
        patients=patients,
        weighted=weighted,
        remainder_to=draw(st.integers(1, 6)),
        weights=tuple(Weight(*pair) for pair in sorted(weights.items())) if weighted else (),
        payees=(Payee(address("payee"), named),) if named else (),
    )


@st.composite
def lineages(draw: st.DrawFn) -> list[Rounds]:
    """Any final checkpoints of one version."""
    numbers = st.integers(1, 6)
    lineage: list[Rounds] = []
    for covered in draw(st.lists(st.integers(1, 20), max_size=4)):
        signed = tuple(sorted(draw(st.sets(numbers))))
        earned = st.dictionaries(numbers, st.integers(1, covered), max_size=6)
        lineage.append((covered, signed, dict(sorted(draw(earned).items()))))
    return lineage


@settings(max_examples=300)
@given(
    st.lists(st.tuples(splits(), lineages()), min_size=1, max_size=4),
    st.integers(1, 2**128 - 1),
    st.data(),
)
def test_every_cent_is_accounted_for(
    versions: list[tuple[Shares, list[Rounds]]], amount: int, data: st.DataObject
) -> None:
    found = study(versions)
    if not found.finals:
        return
    declared = revenue(amount, data.draw(st.integers(1, len(found.finals))))
    owed = shares(found, declared)
    assert sum(each.amount for each in owed) == amount
    assert sum(pot.amount for pot in pots(found, declared)) == amount
    assert all(each.amount > 0 for each in owed)
    lines = [each.line for each in owed]
    assert len(set(lines)) == len(lines)
    assert all((each.institution is None) != (each.account is None) for each in owed)
    # What rounding alone leaves over is less than one minor unit a floor.
    everything_earned = all(
        signed and contributed for _, lineage in versions for _, signed, contributed in lineage
    )
    if everything_earned and not any(rule.weighted for rule, _ in versions):
        for each in owed:
            if each.line.part is Part.REMAINDER:
                assert each.amount <= 3 + 1 + 3 * 6


@settings(max_examples=100)
@given(
    st.lists(st.tuples(splits(), lineages()), min_size=1, max_size=4),
    st.lists(st.tuples(st.integers(1, 10**9), st.integers(1, 12)), max_size=6),
)
def test_what_was_earned_is_kept_from_one_revenue_to_the_next(
    versions: list[tuple[Shares, list[Rounds]]], declared: list[tuple[int, int]]
) -> None:
    found = study(versions)
    kept = Earned(found)
    # Revenues come in the order of the lineage; whoever asks otherwise gets the same.
    for amount, sequence in declared:
        if sequence <= len(found.finals):
            each = revenue(amount, sequence)
            assert shares(found, each, kept) == shares(found, each)
