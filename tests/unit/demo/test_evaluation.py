import math

import pytest

from deploy.demo.evaluation import SPLITS, Figures, evaluate, mean


@pytest.fixture(scope="module")
def figures() -> Figures:
    return mean([evaluate(seed) for seed in SPLITS])


def test_the_swarm_matches_central_training_and_beats_training_alone(figures: Figures) -> None:
    assert abs(figures.swarm - figures.central) < 0.01
    assert figures.swarm > figures.local_mean + 0.02


def test_the_gate_is_what_keeps_a_rogue_from_ruining_the_model(figures: Figures) -> None:
    assert figures.ungoverned < 0.5
    assert figures.governed > 0.86


def test_the_figures_are_near_the_reference(figures: Figures) -> None:
    assert figures.swarm == pytest.approx(0.873, abs=0.01)
    assert figures.central == pytest.approx(0.874, abs=0.01)
    assert figures.local_mean == pytest.approx(0.840, abs=0.01)
    assert figures.ungoverned == pytest.approx(0.237, abs=0.02)
    assert figures.governed == pytest.approx(0.872, abs=0.01)


def test_the_swarm_helps_the_weak_site(figures: Figures) -> None:
    assert figures.together["VA Long Beach"] > figures.alone["VA Long Beach"] + 0.03


def test_evaluating_again_gives_the_same_figures() -> None:
    assert repr(evaluate(7)) == repr(evaluate(7))


def test_a_mean_leaves_out_what_is_not_defined() -> None:
    first, second = evaluate(0), evaluate(1)
    gap = Figures(
        **{
            **{name: getattr(first, name) for name in Figures.__slots__},
            "alone": {**first.alone, "Switzerland": math.nan},
        }
    )
    assert mean([gap, second]).alone["Switzerland"] == second.alone["Switzerland"]
