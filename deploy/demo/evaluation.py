"""What the swarm is worth: the area under the ROC curve over many random splits of the patients."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from deploy.demo.model import LOCAL_STEPS, ROUNDS, auc, initial_weights, local_update, merge
from deploy.demo.patients import PATIENTS, Array, Split, sites, split

SPLITS = range(20)
"""The seeds of the splits that the figures are means over."""

ROGUE = "VA Long Beach"
"""The site that plays the rogue."""

ROGUE_FACTOR = -3.0
"""What the rogue multiplies its update with before it sends it."""


@dataclass(frozen=True, slots=True)
class Figures:
    """Areas under the ROC curve, of one split or as means over several.

    Attributes:
        local_mean: Mean of the models that each site trains alone, on the pooled test patients.
        swarm: The model the four train together, on the pooled test patients.
        central: A model trained on the pooled training patients, which no hospital would hand over.
        ungoverned: As `swarm`, with the rogue's updates merged.
        governed: As `swarm`, with the rogue's updates refused, round after round.
        alone: By site, its own model on its own test patients; not a number where all of those
            have the same outcome (one site has only eight patients without the disease).
        together: By site, the swarm's model on its own test patients; likewise.
    """

    local_mean: float
    swarm: float
    central: float
    ungoverned: float
    governed: float
    alone: dict[str, float]
    together: dict[str, float]


def train(
    splits: Sequence[Split],
    *,
    factors: Sequence[float],
    rounds: int = ROUNDS,
    steps: int = LOCAL_STEPS,
) -> Array:
    """Trains a model by federated averaging, without a word of governance.

    Args:
        splits: The sites' patients.
        factors: What each site multiplies its update with; 0 leaves the site out.
        rounds: Rounds of averaging.
        steps: Steps of gradient descent a round and site.
    """
    weights = initial_weights()
    for _ in range(rounds):
        updates, counts = [], []
        for part, factor in zip(splits, factors, strict=True):
            if factor:
                updates.append(factor * local_update(weights, *part.train, steps))
                counts.append(len(part.train[1]))
        weights = weights + merge(updates, counts)
    return weights


def _own_auc(weights: Array, part: Split) -> float:
    features, disease = part.test
    return auc(features @ weights, disease) if 0 < disease.mean() < 1 else math.nan


def evaluate(seed: int) -> Figures:
    """Trains every model that is compared on one split of the patients, and tests them."""
    parts = [split(site, seed) for site in sites()]
    pooled_features = np.concatenate([part.train[0] for part in parts])
    pooled_disease = np.concatenate([part.train[1] for part in parts])
    test_features = np.concatenate([part.test[0] for part in parts])
    test_disease = np.concatenate([part.test[1] for part in parts])

    def pooled_auc(weights: Array) -> float:
        return auc(test_features @ weights, test_disease)

    honest = [1.0] * len(parts)
    merged = [ROGUE_FACTOR if name == ROGUE else 1.0 for name in PATIENTS]
    refused = [0.0 if name == ROGUE else 1.0 for name in PATIENTS]
    pooled = Split(train=(pooled_features, pooled_disease), test=(test_features, test_disease))
    local = [train([part], factors=[1.0]) for part in parts]
    swarm = train(parts, factors=honest)
    return Figures(
        local_mean=float(np.mean([pooled_auc(weights) for weights in local])),
        swarm=pooled_auc(swarm),
        central=pooled_auc(train([pooled], factors=[1.0])),
        ungoverned=pooled_auc(train(parts, factors=merged)),
        governed=pooled_auc(train(parts, factors=refused)),
        alone={
            name: _own_auc(weights, part)
            for name, part, weights in zip(PATIENTS, parts, local, strict=True)
        },
        together={name: _own_auc(swarm, part) for name, part in zip(PATIENTS, parts, strict=True)},
    )


def mean(figures: Sequence[Figures]) -> Figures:
    """The means of the figures of several splits, over those where a figure is defined."""

    def over(values: Iterable[float]) -> float:
        return float(np.nanmean(list(values)))

    return Figures(
        local_mean=over(f.local_mean for f in figures),
        swarm=over(f.swarm for f in figures),
        central=over(f.central for f in figures),
        ungoverned=over(f.ungoverned for f in figures),
        governed=over(f.governed for f in figures),
        alone={name: over(f.alone[name] for f in figures) for name in PATIENTS},
        together={name: over(f.together[name] for f in figures) for name in PATIENTS},
    )
