"""The job: swarm learning, every site with a gate of its own, no update merged unasked."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from heart_trainer import HeartTrainer
from nvflare.apis.dxo import DataKind
from nvflare.app_common.aggregators.intime_accumulate_model_aggregator import (
    InTimeAccumulateWeightedAggregator,
)
from nvflare.app_common.ccwf.ccwf_job import CCWFJob, SwarmClientConfig, SwarmServerConfig
from nvflare.app_common.np.np_model_persistor import NPModelPersistor
from nvflare.app_common.shareablegenerators.full_model_shareable_generator import (
    FullModelShareableGenerator,
)
from simulating import simulate

from deploy.demo.model import initial_weights
from governance.integrations.nvflare import GatedAggregator, SigningExecutor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nvflare.apis.executor import Executor

TRAINER = "train-unsigned"
"""The task that the trainer is registered for; the executor that signs finds it there."""

_CONFIGURE_SECONDS = 60
"""A site that does not start at all is given up after this; the default is five minutes."""


def swarm_job(
    sites: Sequence[str],
    merging: Sequence[str],
    *,
    trainer: Executor,
    executor: Executor,
    aggregator: GatedAggregator,
    rounds: int,
) -> CCWFJob:
    """A swarm learning job.

    Args:
        sites: All sites.
        merging: Those that may be drawn to merge a round.
        trainer: Trains; registered for the task `TRAINER`.
        executor: Signs what it has trained.
        aggregator: Asks the gate, then has the component `average` merge.
        rounds: How many rounds.
    """
    job = CCWFJob(name="heart", min_clients=len(sites), executor_tasks=["train"])
    # Installed where the job runs, so not to be copied into it.
    job.set_app_packages(["deploy", "examples", "governance", "tests"])
    average = InTimeAccumulateWeightedAggregator(expected_data_kind=DataKind.WEIGHTS)
    job.to_clients(average, id="average")
    job.to_clients(trainer, tasks=[TRAINER])
    job.add_swarm(
        SwarmServerConfig(
            num_rounds=rounds,
            aggr_clients=list(merging),
            train_clients=list(sites),
            configure_task_timeout=_CONFIGURE_SECONDS,
        ),
        SwarmClientConfig(
            executor=executor,
            aggregator=aggregator,
            persistor=NPModelPersistor(model=initial_weights().tolist()),
            shareable_generator=FullModelShareableGenerator(),
            min_responses_required=len(sites),
            request_to_submit_result_interval=0.2,
        ),
    )
    return job


def main() -> None:
    """Runs the job in NVFlare's simulator, each site a process of its own."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("workspace", type=Path)
    parser.add_argument("--node", required=True, help="path of the sites' settings, with {site}")
    parser.add_argument("--rounds", type=int, required=True)
    parser.add_argument("--patients", type=json.loads, required=True, help="by site, as JSON")
    parser.add_argument("--factors", type=json.loads, default={}, help="by site, as JSON")
    given = parser.parse_args()
    sites = list(given.patients)

    def job() -> CCWFJob:
        return swarm_job(
            sites,
            [site for site in sites if site not in given.factors],
            trainer=HeartTrainer(given.node, given.patients, given.factors),
            executor=SigningExecutor(TRAINER, given.node),
            aggregator=GatedAggregator("average", given.node),
            rounds=given.rounds,
        )

    simulate(job, given.workspace, sites)


if __name__ == "__main__":
    main()
