import numpy as np
import pytest

from deploy.demo.model import auc, initial_weights, local_update, merge


def slow_auc(scores: np.ndarray, disease: np.ndarray) -> float:
    pairs = [
        1.0 if ill > well else 0.5 if ill == well else 0.0
        for ill in scores[disease == 1.0]
        for well in scores[disease == 0.0]
    ]
    return sum(pairs) / len(pairs)


@pytest.mark.parametrize("seed", range(5))
def test_auc_counts_pairs_and_halves_ties(seed: int) -> None:
    random = np.random.default_rng(seed)
    scores = random.integers(0, 6, 40).astype(float)
    disease = random.integers(0, 2, 40).astype(float)
    assert auc(scores, disease) == pytest.approx(slow_auc(scores, disease), abs=1e-15)


def test_auc_needs_both_outcomes() -> None:
    with pytest.raises(ValueError, match="with and without"):
        auc(np.zeros(3), np.ones(3))


def test_merge_weighs_by_patients() -> None:
    merged = merge([np.array([1.0, 0.0]), np.array([5.0, 4.0])], [3, 1])
    assert merged.tolist() == [2.0, 1.0]


@pytest.mark.parametrize(("updates", "counts"), [([], []), ([np.zeros(1)], [1, 2])])
def test_merge_needs_one_count_for_each_update(
    updates: list[np.ndarray], counts: list[int]
) -> None:
    with pytest.raises(ValueError, match="one count for each"):
        merge(updates, counts)


def test_one_step_follows_the_gradient_and_leaves_the_weights_alone() -> None:
    weights = initial_weights()
    features = np.eye(len(weights))
    disease = np.ones(len(weights))
    update = local_update(weights, features, disease, steps=1)
    assert not weights.any()
    assert update == pytest.approx(np.full(len(weights), 0.5 * 0.5 / len(weights)))


def test_steps_add_up() -> None:
    random = np.random.default_rng(1)
    features = random.normal(size=(30, len(initial_weights())))
    disease = random.integers(0, 2, 30).astype(float)
    first = local_update(initial_weights(), features, disease, steps=2)
    rest = local_update(initial_weights() + first, features, disease, steps=3)
    whole = local_update(initial_weights(), features, disease, steps=5)
    assert first + rest == pytest.approx(whole)
