"""What runs at the hospital that merges: federated averaging behind its gate."""

import json
from pathlib import Path

from flwr.app import Array, ArrayRecord, Context
from flwr.serverapp import Grid, ServerApp
from flwr.serverapp.strategy import FedAvg

from deploy.demo.model import initial_weights
from governance.integrations.flower import GatedStrategy
from governance.integrations.settings import NodeSettings

app = ServerApp()


@app.main()
def main(grid: Grid, context: Context) -> None:
    """Trains for some rounds, and writes down the model and what became of every update."""
    config = context.run_config
    nodes = int(config["nodes"])
    average = FedAvg(fraction_evaluate=0.0, min_train_nodes=nodes, min_available_nodes=nodes)
    judge = NodeSettings.load(str(config["settings"])).judge()
    strategy = GatedStrategy(average, judge, attempt=int(config["attempt"]))
    initial = ArrayRecord({"weights": Array(initial_weights())})
    result = strategy.start(grid, initial, num_rounds=int(config["rounds"]))
    said = {
        "weights": result.arrays["weights"].numpy().tolist(),
        "rounds": [
            {
                "round": each.invitation.round,
                "merged": each in strategy.merged,
                "updates": [judged.as_json() for judged in each.judged],
            }
            for each in judge.rounds
        ],
    }
    Path(str(config["result"])).write_text(json.dumps(said, indent=2) + "\n")
