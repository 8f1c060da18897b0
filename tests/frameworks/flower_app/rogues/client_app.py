"""Trains as the example does; honest parts sign with the mod, the others as they like."""

from pathlib import Path

from flwr.app import Array, ArrayRecord, ConfigRecord, Context, Message
from flwr.clientapp import ClientApp
from heart.client_app import train

from governance.integrations.contributing import Invitation
from governance.integrations.flower import RECORD, signing_mod
from tests.frameworks.scene import EVERYBODY, prepare


def mod(message, context, call_next):
    """Signs honestly, or does this round's deed."""
    invitation = Invitation.from_config(message.content[RECORD])
    deed = EVERYBODY[context.node_config["part"]].deeds[invitation.round - 1]
    if deed == "honest":
        return signing_mod(message, context, call_next)
    reply = call_next(message, context)
    update = {name: array.numpy() for name, array in reply.content["arrays"].items()}
    records = reply.content["metrics"]["num-examples"]
    settings = Path(context.node_config["charter"])
    signed, sent = prepare(deed, settings, invitation, update, records)
    reply.content["arrays"] = ArrayRecord({name: Array(each) for name, each in sent.items()})
    if signed is not None:
        reply.content[RECORD] = ConfigRecord({"envelope": signed.to_bytes().decode()})
    return reply


app = ClientApp(mods=[mod])


@app.train()
def _train(message: Message, context: Context) -> Message:
    return train(message, context)
