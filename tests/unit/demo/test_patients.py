import numpy as np
import pytest

from deploy.demo.patients import FEATURES, PATIENTS, sites, split


def test_the_sites_have_their_patients_once_row_304_is_corrected() -> None:
    assert {site.name: len(site.disease) for site in sites()} == {
        "Cleveland": 303,
        "Hungary": 294,
        "Switzerland": 123,
        "VA Long Beach": 200,
    }


def test_every_value_is_known_after_imputation() -> None:
    for site in sites():
        assert site.features.shape == (PATIENTS[site.name], len(FEATURES) + 1)
        assert np.isfinite(site.features).all()
        assert set(np.unique(site.disease)) == {0.0, 1.0}


def test_a_cholesterol_of_zero_counts_as_not_measured() -> None:
    swiss = next(site for site in sites() if site.name == "Switzerland")
    assert (swiss.features[:, FEATURES.index("chol")] == 0.0).all()


@pytest.mark.parametrize("seed", [0, 19])
def test_a_split_parts_every_patient_once(seed: int) -> None:
    for site in sites():
        part = split(site, seed)
        assert len(part.train[1]) == round(0.7 * len(site.disease))
        rows = np.concatenate([part.train[0], part.test[0]])
        assert np.array_equal(np.sort(rows, axis=0), np.sort(site.features, axis=0))


def test_splits_differ_by_seed_and_repeat_by_seed() -> None:
    site = sites()[0]
    assert np.array_equal(split(site, 3).train[0], split(site, 3).train[0])
    assert not np.array_equal(split(site, 3).train[0], split(site, 4).train[0])
