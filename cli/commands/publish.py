"""`charter publish`: a merged model is announced."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from cli.acts import Call, act
from cli.checkpoints import as_json
from cli.errors import WouldEquivocate
from cli.options import EXISTING_FILE, EXISTING_PATH, Invocation, acting, common
from cli.session import Session
from cli.values import NUMBER
from governance.checkpoints import (
    model_digest,
    model_manifest,
    publication,
    round_record_from_canonical,
)
from governance.primitives import to_hex

if TYPE_CHECKING:
    from pathlib import Path

    from governance.history.state import State


@click.command()
@click.argument("model", type=EXISTING_PATH)
@click.option(
    "--record",
    type=EXISTING_FILE,
    required=True,
    help="The record of the rounds covered; see `charter checkpoint record`.",
)
@click.option("--study", type=NUMBER, help="The study, instead of the context's.")
@common
@acting
def command(invocation: Invocation, model: Path, record: Path, study: int | None) -> None:
    """Publish a checkpoint: a merged model's digest.

    MODEL is a file or a folder; it stays where it is. Contributors and envelopes come from the
    record. The context's node signs, and this counts as your institution's attestation.
    """
    session = Session(invocation)
    node = session.node
    found = session.study(study)
    rounds = round_record_from_canonical(record.read_bytes())
    digest = model_digest(model_manifest(model))

    def check(state: State) -> dict[str, Any] | None:
        now = state.study(found.number)
        known = state.swarm.nodes.get(node)
        institution = known.institution if known else None
        for each in now.checkpoints.values():
            if (each.institution, each.round) != (institution, rounds.last):
                continue
            if (each.digest, each.round_record) == (digest, rounds.digest()):
                return as_json(now, each)
            if now.is_candidate(each):
                raise WouldEquivocate(each.institution, rounds.last)
        return None

    plan = f"Publish the model with digest {to_hex(digest)} for round {rounds.last}."
    call = Call("Study", found.address, "publish", (publication(found, rounds, digest),))
    act(session, "publish", plan, check, call, key=session.context.node)
