"""`charter attest`: an institution vouches for a checkpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from cli.acts import Call, act
from cli.checkpoints import as_json, find
from cli.errors import ModelOther, NothingToAttest, RecordOther
from cli.options import EXISTING_FILE, EXISTING_PATH, Invocation, acting, common
from cli.session import Session
from cli.values import NUMBER, choice, member
from governance.primitives import to_hex
from governance.vocabulary import Level

if TYPE_CHECKING:
    from pathlib import Path

    from governance.history.state import State
    from governance.history.study import Checkpoint, Study


@click.command()
@click.argument("checkpoint", required=False)
@click.option(
    "--level",
    type=choice(Level, "set-checked", "merge-recomputed"),
    required=True,
    help="What you have checked: the contributors' set, or the merge itself.",
)
@click.option("--model", type=EXISTING_PATH, help="Your own merged model, to be compared.")
@click.option("--record", type=EXISTING_FILE, help="The record of the rounds, to be compared.")
@click.option("--study", type=NUMBER, help="The study, instead of the context's.")
@common
@acting
def command(
    invocation: Invocation,
    *,
    checkpoint: str | None,
    level: str,
    model: Path | None,
    record: Path | None,
    study: int | None,
) -> None:
    """Vouch for a published checkpoint.

    CHECKPOINT is its identity or the beginning of it; the one that waits for you if there is just
    one. The context's node signs.
    """
    session = Session(invocation)
    node = session.node
    found = session.study(study)
    known = session.state.swarm.nodes.get(node)
    mine = known.institution if known else 0
    chosen = find(found, checkpoint) if checkpoint else _waiting(found, mine)
    if model is not None:
        _compare_model(model, chosen)
    if record is not None:
        _compare_record(record, chosen)

    def check(state: State) -> dict[str, Any] | None:
        now = state.study(found.number)
        published = now.checkpoints[chosen.identity]
        return as_json(now, published) if published.is_attested_by(mine) else None

    identity = to_hex(chosen.identity)
    plan = f"Attest checkpoint {identity} of round {chosen.round}: {level}."
    args = (chosen.identity, int(member(Level, level)))
    call = Call("Study", found.address, "attest", args)
    act(session, "attest", plan, check, call, key=session.context.node)


def _waiting(study: Study, institution: int) -> Checkpoint:
    waiting = [each for each in study.candidates() if not each.is_attested_by(institution)]
    attested = [each for each in study.checkpoints.values() if each.is_attested_by(institution)]
    if len(waiting) == 1:
        return waiting[0]
    if not waiting and attested:
        return attested[-1]
    raise NothingToAttest(study.number, len(waiting))


def _compare_model(path: Path, checkpoint: Checkpoint) -> None:
    from governance.checkpoints import model_digest, model_manifest  # noqa: PLC0415

    digest = model_digest(model_manifest(path))
    if digest != checkpoint.digest:
        raise ModelOther(path, to_hex(digest), to_hex(checkpoint.digest))


def _compare_record(path: Path, checkpoint: Checkpoint) -> None:
    from governance.checkpoints import round_record_from_canonical  # noqa: PLC0415

    if round_record_from_canonical(path.read_bytes()).digest() != checkpoint.round_record:
        raise RecordOther(path)
