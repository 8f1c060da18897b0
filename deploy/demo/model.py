"""The demo's model: a logistic regression in plain numpy, trained by federated averaging."""

from collections.abc import Sequence

import numpy as np

from deploy.demo.patients import FEATURES, Array

ROUNDS = 50
"""Rounds of federated averaging."""

LOCAL_STEPS = 5
"""Steps of full-batch gradient descent that a hospital takes in a round."""

LEARNING_RATE = 0.5
"""Length of a step."""


def initial_weights() -> Array:
    """The weights before the first round: one for each feature, and the intercept."""
    return np.zeros(len(FEATURES) + 1)


def local_update(weights: Array, features: Array, disease: Array, steps: int) -> Array:
    """What a hospital's patients change of the weights in some steps of gradient descent.

    Returns:
        The difference to `weights`; adding it gives the hospital's own model.
    """
    own = weights.copy()
    for _ in range(steps):
        probability = 1.0 / (1.0 + np.exp(-(features @ own)))
        own -= LEARNING_RATE * (features.T @ (probability - disease)) / len(disease)
    return own - weights


def merge(updates: Sequence[Array], counts: Sequence[int]) -> Array:
    """The mean of updates, each weighted by the number of patients behind it.

    Raises:
        ValueError: If there is no update, or not one count for each.
    """
    if not updates or len(updates) != len(counts):
        raise ValueError("merging needs at least one update, and one count for each")
    return np.average(np.stack(updates), axis=0, weights=counts)


def auc(scores: Array, disease: Array) -> float:
    """The probability that a patient with the disease scores above one without; a tie counts half.

    Raises:
        ValueError: If all patients have the same outcome.
    """
    ill = int(np.count_nonzero(disease))
    well = len(disease) - ill
    if not ill or not well:
        raise ValueError("the area under the curve needs patients with and without the disease")
    _, position, count = np.unique(scores, return_inverse=True, return_counts=True)
    # Ranks from 1, doubled so that the mean rank of a tie stays a whole number and the sum exact.
    doubled = (2 * np.cumsum(count) - count + 1)[position]
    wins = int(doubled[disease == 1.0].sum()) - ill * (ill + 1)
    return wins / (2 * ill * well)
