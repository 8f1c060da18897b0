"""The patients of four hospitals: the UCI heart disease data, site by site.

Missing values are filled with fixed clinical constants and every feature is scaled by fixed
constants, so that no statistic of the patients ever leaves a site.
"""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Indices = NDArray[np.intp]
Mask = NDArray[np.bool_]

PATIENTS: Mapping[str, int] = {
    "Cleveland": 303,
    "Hungary": 294,
    "Switzerland": 123,
    "VA Long Beach": 200,
}
"""The sites and how many patients each has, once row 304 stands where it belongs."""

FEATURES = (
    "age",
    "trestbps",
    "chol",
    "thalch",
    "oldpeak",
    "sex",
    "cp",
    "fbs",
    "restecg",
    "exang",
    "slope",
)
"""The model's eleven features, in the order of its weights; the intercept follows."""

TRAINING_SHARE = 0.7
"""The part of a site's patients that trains; the rest tests."""

_MISLABELLED = {"304": "Hungary"}
_CENTRE_AND_SCALE: Mapping[str, tuple[float, float]] = {
    "age": (54.0, 9.0),
    "trestbps": (130.0, 20.0),
    "chol": (240.0, 50.0),
    "thalch": (140.0, 25.0),
    "oldpeak": (1.0, 1.0),
}
# No living patient has either at zero: there the donors wrote 0 for "not measured".
_ZERO_IS_MISSING = frozenset({"trestbps", "chol"})
_PRESENT: Mapping[str, frozenset[str]] = {
    "sex": frozenset({"Male"}),
    "cp": frozenset({"asymptomatic"}),
    "fbs": frozenset({"TRUE"}),
    "restecg": frozenset({"lv hypertrophy", "st-t abnormality"}),
    "exang": frozenset({"TRUE"}),
    "slope": frozenset({"flat", "downsloping"}),
}


@dataclass(frozen=True, slots=True)
class Split:
    """A site's patients, parted into those that train and those that test.

    Attributes:
        train: Features and disease of those that train.
        test: Features and disease of those that test.
    """

    train: tuple[Array, Array]
    test: tuple[Array, Array]


@dataclass(frozen=True, slots=True)
class Site:
    """One hospital's patients.

    Attributes:
        name: The label of the site in the data.
        features: One row a patient: `FEATURES`, scaled, and a constant 1.
        disease: 1.0 where the diagnosis found heart disease, else 0.0.
    """

    name: str
    features: Array
    disease: Array

    def parted(self, train: Indices, test: Indices) -> Split:
        """The patients of some rows, as those that train and those that test."""
        return Split(
            train=(self.features[train], self.disease[train]),
            test=(self.features[test], self.disease[test]),
        )


def _feature(row: Mapping[str, str], name: str) -> float:
    text = row[name]
    if name in _PRESENT:
        return 1.0 if text in _PRESENT[name] else 0.0
    centre, scale = _CENTRE_AND_SCALE[name]
    missing = not text or (name in _ZERO_IS_MISSING and float(text) == 0.0)
    return 0.0 if missing else (float(text) - centre) / scale


@cache
def _rows() -> Mapping[str, Sequence[Mapping[str, str]]]:
    table = files("deploy.demo").joinpath("data", "heart_disease_uci.csv").read_text("utf-8")
    rows_of: dict[str, list[Mapping[str, str]]] = {name: [] for name in PATIENTS}
    for row in csv.DictReader(table.splitlines()):
        rows_of[_MISLABELLED.get(row["id"], row["dataset"])].append(row)
    counts = {name: len(rows) for name, rows in rows_of.items()}
    assert counts == dict(PATIENTS), f"the data file is not the one expected: {counts}"
    return rows_of


def rows(site: str) -> Sequence[Mapping[str, str]]:
    """A site's patients as the data file has them, one row each."""
    return _rows()[site]


@cache
def sites() -> tuple[Site, ...]:
    """The four hospitals, in the order of `PATIENTS`."""
    return tuple(
        Site(
            name=name,
            features=np.array([[*(_feature(row, f) for f in FEATURES), 1.0] for row in found]),
            disease=np.array([float(row["num"] != "0") for row in found]),
        )
        for name, found in _rows().items()
    )


def draw(site: Site, seed: int) -> tuple[Indices, Indices]:
    """Draws at random which of a site's rows train and which test."""
    # A stream of its own for every site: one hospital's draw tells nothing of another's patients.
    random = np.random.default_rng([seed, tuple(PATIENTS).index(site.name)])
    drawn = random.permutation(len(site.disease))
    cut = round(TRAINING_SHARE * len(drawn))
    return drawn[:cut], drawn[cut:]


def split(site: Site, seed: int) -> Split:
    """Parts a site's patients at random into those that train and those that test."""
    return site.parted(*draw(site, seed))
