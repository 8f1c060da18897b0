"""How well annotators agree: percent agreement, Cohen's and Fleiss' kappa. Pure, exact fractions.

Which annotator gave which label to which record comes in as `Labels`. A record with a single label
says nothing about agreement and does not count.
"""

from __future__ import annotations

import math
from collections import Counter
from fractions import Fraction
from typing import TYPE_CHECKING, TypeAlias

from governance.errors import CharterError
from governance.readiness.statement import AgreementReached, Source

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

Labels: TypeAlias = "Mapping[str, Mapping[str, str]]"
"""Record -> annotator -> label."""

STATED = frozenset({"krippendorff-alpha", "dice", "jaccard", "intraclass-correlation"})
"""Metrics that terms can name and that are not computed here: they need more than one label for
each record, such as a scale or two segmentations. The institution states them."""

_PLACES = 6
_PAIR = 2


class LabelsInvalid(CharterError):
    """The annotators' labels cannot be compared."""

    code = "LabelsInvalid"


def percent_agreement(labels: Labels) -> Fraction | None:
    """Return how often two labels of the same record are equal: the mean over the records.

    None where no record has two labels.
    """
    shares = [_agreeing(Counter(each.values())) for each in _compared(labels)]
    return sum(shares, Fraction(0)) / len(shares) if shares else None


def cohen_kappa(labels: Labels) -> Fraction | None:
    """Return Cohen's kappa of two annotators (Cohen 1960).

    None where no record has two labels, or chance alone would give the same agreement, as where
    both annotators give one label throughout.

    Raises:
        LabelsInvalid: there are not two annotators.
    """
    compared = _compared(labels)
    annotators = sorted({annotator for each in compared for annotator in each})
    if not compared:
        return None
    if len(annotators) != _PAIR:
        raise LabelsInvalid(
            f"Cohen's kappa is for two annotators, and {len(annotators)} labelled the records.",
            "Give the labels of two annotators, or ask for terms that measure by fleiss-kappa.",
        )
    count = len(compared)
    first, second = (Counter(each[annotator] for each in compared) for annotator in annotators)
    observed = Fraction(sum(len(set(each.values())) == 1 for each in compared), count)
    expected = Fraction(sum(first[label] * second[label] for label in first), count * count)
    return _beyond_chance(observed, expected)


def fleiss_kappa(labels: Labels) -> Fraction | None:
    """Return Fleiss' kappa of records that all have the same number of labels (Fleiss 1971).

    None where no record has two labels, or chance alone would give the same agreement.

    Raises:
        LabelsInvalid: some records have more labels than others.
    """
    compared = [Counter(each.values()) for each in _compared(labels)]
    if not compared:
        return None
    sizes = {each.total() for each in compared}
    if len(sizes) > 1:
        raise LabelsInvalid(
            f"Fleiss' kappa needs as many labels of each record, and there are {min(sizes)} to "
            f"{max(sizes)}.",
            "Have every record labelled as often; a record with one label is left out.",
        )
    observed = sum(map(_agreeing, compared), Fraction(0)) / len(compared)
    totals = sum(compared, Counter[str]())
    every = totals.total()
    expected = Fraction(sum(count * count for count in totals.values()), every * every)
    return _beyond_chance(observed, expected)


COMPUTED: Mapping[str, Callable[[Labels], Fraction | None]] = {
    "percent-agreement": percent_agreement,
    "cohen-kappa": cohen_kappa,
    "fleiss-kappa": fleiss_kappa,
}
"""Metrics that terms can name and that are computed here from labels."""


def reached(metric: str, labels: Labels) -> AgreementReached:
    """Return what annotators reached by one of the metrics in `COMPUTED`.

    Raises:
        LabelsInvalid: the labels are not what the metric needs.
    """
    value = COMPUTED[metric](labels)
    annotators = {annotator for each in labels.values() for annotator in each}
    return AgreementReached(
        metric=metric,
        value=None if value is None else decimal(value),
        source=Source.COMPUTED,
        records=len(_compared(labels)),
        annotators=len(annotators),
    )


def decimal(value: Fraction) -> str:
    """Return a value as decimal text, rounded down to six decimals, without needless zeros.

    Rounded down, it reaches a minimum of six decimals exactly when the value itself does.
    """
    millionths = math.floor(value * 10**_PLACES)
    sign = "-" if millionths < 0 else ""
    whole, fraction = divmod(abs(millionths), 10**_PLACES)
    return f"{sign}{whole}.{fraction:0{_PLACES}}".rstrip("0").rstrip(".")


def _compared(labels: Labels) -> Sequence[Mapping[str, str]]:
    return [each for each in labels.values() if len(each) >= _PAIR]


def _agreeing(counts: Counter[str]) -> Fraction:
    """Of all pairs of labels of one record, how many are equal."""
    total = counts.total()
    return Fraction(sum(count * (count - 1) for count in counts.values()), total * (total - 1))


def _beyond_chance(observed: Fraction, expected: Fraction) -> Fraction | None:
    return None if expected == 1 else (observed - expected) / (1 - expected)
