"""What runs at a hospital: trains on patients who permit it; the mod signs what is sent."""

from pathlib import Path

from flwr.app import Array, ArrayRecord, Context, Message, MetricRecord, RecordDict
from flwr.clientapp import ClientApp

from deploy.demo.model import LOCAL_STEPS, local_update
from examples.eligible import training_data
from governance.integrations.flower import signing_mod

app = ClientApp(mods=[signing_mod])


@app.train()
def train(message: Message, context: Context) -> Message:
    """Trains the model it is sent on the patients of this site who permit it."""
    weights = message.content["arrays"]["weights"].numpy()
    site, settings = context.node_config["site"], Path(context.node_config["charter"])
    features, disease = training_data(site, settings)
    # A hospital's factor is 1; the rogue's is not.
    factor = float(context.node_config.get("factor", 1.0))
    own = weights + factor * local_update(weights, features, disease, LOCAL_STEPS)
    content = RecordDict(
        {
            "arrays": ArrayRecord({"weights": Array(own)}),
            "metrics": MetricRecord({"num-examples": len(disease)}),
        }
    )
    return Message(content, reply_to=message)
