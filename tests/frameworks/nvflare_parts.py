"""A program that runs the scene in NVFlare's simulator, each site a process of its own."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from heart_trainer import HeartTrainer
from nvflare.apis.dxo import DXO, DataKind, MetaKey, from_shareable
from nvflare.apis.event_type import EventType
from nvflare.app_common.abstract.model import ModelLearnableKey
from nvflare.app_common.app_constant import AppConstants
from simulating import simulate
from swarm_job import TRAINER, swarm_job

from governance.integrations.nvflare import HEADER, GatedAggregator, SigningExecutor
from tests.frameworks.dishonest import MERGE, hoard, packages
from tests.frameworks.scene import EVERYBODY, HONEST, ROGUES, ROUNDS, prepare

if TYPE_CHECKING:
    from nvflare.apis.fl_context import FLContext
    from nvflare.apis.shareable import Shareable
    from nvflare.apis.signal import Signal
    from nvflare.app_common.ccwf.ccwf_job import CCWFJob


class PartExecutor(SigningExecutor):
    """Signs honestly, or does this round's deed."""

    def __init__(self, wrapped_task: str, node: str, *, attempt: int = 1) -> None:
        super().__init__(wrapped_task, node, attempt=attempt)

    def execute(
        self, task_name: str, shareable: Shareable, fl_ctx: FLContext, abort_signal: Signal
    ) -> Shareable:
        """Trains for a round and sends what its part says."""
        name = fl_ctx.get_identity_name()
        current = shareable.get_header(AppConstants.CURRENT_ROUND)
        # The workflow's own tasks name no round.
        deed = EVERYBODY[name].deeds[current] if type(current) is int else "honest"
        if deed == "honest":
            return super().execute(task_name, shareable, fl_ctx, abort_signal)
        trained = from_shareable(self._executor.execute(task_name, shareable, fl_ctx, abort_signal))
        settings = Path(self.node.replace("{site}", name))
        invitation = self._contributor.invitation(current + 1, self.attempt, self.deadline_seconds)
        records = trained.get_meta_prop(MetaKey.NUM_STEPS_CURRENT_ROUND)
        signed, sent = prepare(deed, settings, invitation, trained.data, records)
        meta = trained.get_meta_props()
        result = DXO(DataKind.WEIGHTS, data=dict(sent), meta=meta).to_shareable()
        if signed is not None:
            result.set_header(HEADER, signed.to_bytes().decode())
        return result


class PublishingAggregator(GatedAggregator):
    """Writes the packages of what it has merged, the honest one and the others."""

    def __init__(self, aggregator_id: str, node: str, *, packages: str, attempt: int = 1) -> None:
        super().__init__(aggregator_id, node, merge=MERGE, keeps_updates=True, attempt=attempt)
        self.packages = packages

    def handle_event(self, event_type: str, fl_ctx: FLContext) -> None:
        """Keeps whatever comes from when the run starts."""
        super().handle_event(event_type, fl_ctx)
        if event_type == EventType.START_RUN:
            self._kept = hoard(self.judge)

    def aggregate(self, fl_ctx: FLContext) -> Shareable:
        """Merges honestly, and publishes what it likes."""
        result = super().aggregate(fl_ctx)
        before = fl_ctx.get_prop(AppConstants.GLOBAL_MODEL)[ModelLearnableKey.WEIGHTS]
        merged = from_shareable(result).data
        packages(self.judge, self._kept, before, merged, Path(self.packages))
        return result


def main() -> None:
    """Runs the scene, with rogues or without."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("workspace", type=Path)
    parser.add_argument("node")
    parser.add_argument("attempt", type=int)
    parser.add_argument("--rogues", action="store_true")
    parser.add_argument("--packages", default="")
    given = parser.parse_args()
    parts = [*HONEST, *ROGUES] if given.rogues else list(HONEST)
    sites = [part.name for part in parts]

    def job() -> CCWFJob:
        aggregator = GatedAggregator("average", given.node, attempt=given.attempt)
        if given.packages:
            aggregator = PublishingAggregator(
                "average", given.node, packages=given.packages, attempt=given.attempt
            )
        return swarm_job(
            sites,
            # What a dishonest peer publishes, the first hospital's does.
            [part.name for part in (HONEST[:1] if given.packages else HONEST)],
            trainer=HeartTrainer(given.node, {part.name: part.site for part in parts}, {}),
            executor=PartExecutor(TRAINER, given.node, attempt=given.attempt),
            aggregator=aggregator,
            rounds=1 if given.packages else ROUNDS,
        )

    simulate(job, given.workspace, sites)


if __name__ == "__main__":
    main()
