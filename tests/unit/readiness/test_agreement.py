"""Agreement between annotators: published examples, and what must hold of any labels."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, get_args

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from governance.readiness import Source
from governance.readiness.agreement import (
    COMPUTED,
    STATED,
    LabelsInvalid,
    cohen_kappa,
    decimal,
    fleiss_kappa,
    percent_agreement,
    reached,
)
from governance.terms.model import Agreement

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FLEISS_1971 = """
00060 03003 01401 00006 03030 20400 00402 20310 20040 00006 10050 11040 03300 10050 02031
00501 30012 51000 02040 10203 00006 01050 02013 20040 10041 05010 40002 02040 10500 00006
"""
"""J. L. Fleiss (1971), Measuring nominal scale agreement among many raters, Psychological Bulletin
76(5), Table 1: thirty patients, each diagnosed by six psychiatrists into five categories."""

COHEN_1960 = ((88, 14, 18), (10, 40, 10), (2, 6, 12))
"""J. Cohen (1960), A coefficient of agreement for nominal scales, Educational and Psychological
Measurement 20(1): two judges, three categories, N = 200, p_o = .70, p_c = .41, kappa = .492."""


def by_counts(table: str) -> dict[str, dict[str, str]]:
    """Labels of anonymous annotators: each digit says how many chose that category."""
    return {
        str(row): {
            str(rater): label
            for rater, label in enumerate(
                "".join(str(category) * int(count) for category, count in enumerate(counts))
            )
        }
        for row, counts in enumerate(table.split())
    }


def by_pairs(matrix: Sequence[Sequence[int]]) -> dict[str, dict[str, str]]:
    pairs = [(i, j) for i, row in enumerate(matrix) for j, n in enumerate(row) for _ in range(n)]
    return {str(n): {"one": str(i), "two": str(j)} for n, (i, j) in enumerate(pairs)}


def test_fleiss_own_example() -> None:
    labels = by_counts(FLEISS_1971)
    assert len(labels) == 30
    assert {len(each) for each in labels.values()} == {6}
    kappa = fleiss_kappa(labels)
    assert kappa is not None
    assert round(float(kappa), 3) == 0.430
    observed = percent_agreement(labels)
    assert observed is not None
    assert round(float(observed), 3) == 0.556
    # Fleiss' shares of the five categories.
    chosen = [label for each in labels.values() for label in each.values()]
    shares = [round(chosen.count(str(n)) / 180, 3) for n in range(5)]
    assert shares == [0.144, 0.144, 0.167, 0.306, 0.239]


def test_cohens_own_example() -> None:
    labels = by_pairs(COHEN_1960)
    assert percent_agreement(labels) == Fraction(70, 100)
    assert cohen_kappa(labels) == Fraction(29, 59)
    assert reached("cohen-kappa", labels).value == "0.491525"


def test_agreement_worse_than_chance_is_below_zero() -> None:
    labels = by_pairs(((0, 5), (5, 0)))
    assert cohen_kappa(labels) == -1
    assert reached("cohen-kappa", labels).value == "-1"


labellings = st.integers(2, 4).flatmap(
    lambda raters: st.lists(
        st.lists(st.sampled_from("abc"), min_size=raters, max_size=raters),
        min_size=1,
        max_size=30,
    )
)


def named(rows: Sequence[Sequence[str]]) -> dict[str, dict[str, str]]:
    return {
        str(n): {f"rater {r}": label for r, label in enumerate(row)} for n, row in enumerate(rows)
    }


def values(labels: Mapping[str, Mapping[str, str]]) -> dict[str, Fraction | None]:
    raters = {rater for each in labels.values() for rater in each}
    metrics = set(COMPUTED) - (set() if len(raters) == 2 else {"cohen-kappa"})
    return {metric: COMPUTED[metric](labels) for metric in metrics}


@given(labellings)
def test_who_is_called_first_makes_no_difference(rows: list[list[str]]) -> None:
    turned = {f"{key}'": dict(reversed(each.items())) for key, each in named(rows).items()}
    other = named([list(reversed(row)) for row in reversed(rows)])
    assert values(named(rows)) == values(turned) == values(other)


@given(labellings)
def test_what_the_labels_are_called_makes_no_difference(rows: list[list[str]]) -> None:
    other = {"a": "c", "b": "a", "c": "b"}
    assert values(named(rows)) == values(named([[other[x] for x in row] for row in rows]))


@given(labellings)
def test_no_agreement_is_above_one_or_below_minus_one(rows: list[list[str]]) -> None:
    for metric, value in values(named(rows)).items():
        assert value is None or (0 if metric == "percent-agreement" else -1) <= value <= 1


@given(st.lists(st.sampled_from("abc"), min_size=2, max_size=30), st.integers(2, 5))
def test_perfect_agreement_is_one(truth: list[str], raters: int) -> None:
    assume(len(set(truth)) > 1)
    assert set(values(named([[label] * raters for label in truth])).values()) == {Fraction(1)}


@given(labellings)
def test_only_perfect_agreement_is_one(rows: list[list[str]]) -> None:
    assume(any(len(set(row)) > 1 for row in rows))
    assert all(value is None or value < 1 for value in values(named(rows)).values())


def test_labels_that_are_all_alike_show_nothing_beyond_chance() -> None:
    labels = named([["a", "a"]] * 9)
    assert (percent_agreement(labels), cohen_kappa(labels), fleiss_kappa(labels)) == (1, None, None)
    assert reached("fleiss-kappa", labels).value is None


def test_a_record_with_one_label_does_not_count() -> None:
    labels = by_pairs(COHEN_1960)
    more = labels | {f"single {n}": {"one": "0"} for n in range(50)}
    assert cohen_kappa(more) == cohen_kappa(labels)
    assert fleiss_kappa(more) == fleiss_kappa(labels)
    assert reached("cohen-kappa", more).records == 200
    assert percent_agreement({"r": {"one": "a"}}) is None


def test_labels_that_a_metric_is_not_for_are_refused() -> None:
    with pytest.raises(LabelsInvalid, match="two annotators, and 3"):
        cohen_kappa(named([["a", "b", "a"]]))
    # Two labels of each record, and yet three annotators.
    crossed = {"1": {"x": "a", "y": "a"}, "2": {"y": "a", "z": "b"}}
    with pytest.raises(LabelsInvalid, match="two annotators"):
        cohen_kappa(crossed)
    with pytest.raises(LabelsInvalid, match="there are 2 to 3"):
        fleiss_kappa(named([["a", "b"], ["a", "b", "b"]]))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Fraction(1), "1"),
        (Fraction(0), "0"),
        (Fraction(-1), "-1"),
        (Fraction(4, 5), "0.8"),
        (Fraction(2, 3), "0.666666"),
        (Fraction(7_999_999_999, 10**10), "0.799999"),
        (Fraction(-1, 3), "-0.333334"),
        (Fraction(-1, 10**9), "-0.000001"),
    ],
)
def test_a_value_is_rounded_down(value: Fraction, text: str) -> None:
    assert decimal(value) == text


@given(st.fractions(-1, 1), st.integers(0, 10**6))
def test_rounding_lifts_nobody_over_a_minimum(value: Fraction, minimum: int) -> None:
    least = Fraction(minimum, 10**6)
    assert (Fraction(decimal(value)) >= least) == (value >= least)


def test_every_metric_of_the_terms_is_computed_or_stated() -> None:
    nameable = set(get_args(Agreement.model_fields["metric"].annotation))
    assert set(COMPUTED) | STATED == nameable
    assert not set(COMPUTED) & STATED


def test_where_a_value_comes_from_is_told() -> None:
    made = reached("percent-agreement", named([["a", "b"], ["a", "a"]]))
    assert (made.source, made.value, made.records, made.annotators) == (
        Source.COMPUTED,
        "0.5",
        2,
        2,
    )
