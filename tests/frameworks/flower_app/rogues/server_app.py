"""Merges as the example does, or publishes what a dishonest peer would."""

import json
from pathlib import Path

from flwr.app import Array, ArrayRecord, Context
from flwr.serverapp import Grid, ServerApp
from flwr.serverapp.strategy import FedAvg
from heart.server_app import main as example

from deploy.demo.model import initial_weights
from governance.checkpoints import merge_by_name
from governance.integrations.flower import GatedStrategy
from governance.integrations.settings import NodeSettings
from tests.frameworks.dishonest import MERGE, hoard, packages

app = ServerApp()


@app.main()
def main(grid: Grid, context: Context) -> None:
    """Runs the example, or a round of which packages are written."""
    config = context.run_config
    if not config["packages"]:
        example(grid, context)
        return
    nodes = int(config["nodes"])
    average = FedAvg(fraction_evaluate=0.0, min_train_nodes=nodes, min_available_nodes=nodes)
    judge = NodeSettings.load(str(config["settings"])).judge(keeps_updates=True)
    kept = hoard(judge)
    initial = {"weights": initial_weights()}

    def publish(current, model):
        merged = {name: array.numpy() for name, array in model.items()}
        packages(judge, kept, initial, merged, Path(str(config["packages"])))

    strategy = GatedStrategy(
        average,
        judge,
        attempt=int(config["attempt"]),
        merge=merge_by_name(MERGE),
        on_merged=publish,
    )
    arrays = ArrayRecord({"weights": Array(initial["weights"])})
    result = strategy.start(grid, arrays, num_rounds=int(config["rounds"]))
    said = {"weights": result.arrays["weights"].numpy().tolist()}
    Path(str(config["result"])).write_text(json.dumps(said))
