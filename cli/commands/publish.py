"""`charter publish`: a merged model is announced."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from cli.acts import Call, act
from cli.checkpoints import as_json
from cli.errors import WouldEquivocate
from cli.options import EXISTING_FOLDER, Invocation, acting, common
from cli.session import Session
from cli.values import NUMBER
from governance.checkpoints import Package, examine_draft, model_digest, publication
from governance.primitives import to_hex

if TYPE_CHECKING:
    from pathlib import Path

    from governance.history.state import State


@click.command()
@click.option(
    "--package",
    type=EXISTING_FOLDER,
    required=True,
    help="The checkpoint's package; see `charter checkpoint package`.",
)
@click.option("--study", type=NUMBER, help="The study, instead of the context's.")
@common
@acting
def command(invocation: Invocation, package: Path, study: int | None) -> None:
    """Publish a checkpoint: a merged model's digest.

    The package stays where it is; hand it to the others, who examine it before they attest. It is
    examined here first, as they will. The context's node signs, and this counts as your
    institution's attestation.
    """
    session = Session(invocation)
    node = session.node
    found = session.study(study)
    read = Package.read(package)
    rounds = read.record
    digest = model_digest(read.manifest())

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

    if check(session.state) is None:
        examine_draft(
            read, session.records, found.address, chain_id=session.trust.chain_id
        ).require()

    def call() -> Call:
        # Not before it is known that there is something left to publish.
        return Call("Study", found.address, "publish", (publication(found, rounds, digest),))

    plan = f"Publish the model with digest {to_hex(digest)} for round {rounds.last}."
    act(session, "publish", plan, check, call, key=session.context.node)
