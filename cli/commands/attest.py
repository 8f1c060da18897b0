"""`charter attest`: an institution vouches for a checkpoint, as far as it has checked it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from cli import home
from cli.acts import Call, act
from cli.checkpoints import as_json, find
from cli.errors import AttestedAlready, LevelNotReached, NothingToAttest
from cli.options import EXISTING_FILE, EXISTING_FOLDER, EXISTING_PATH, Invocation, acting, common
from cli.output import note
from cli.session import Session
from cli.values import NUMBER, choice, member
from governance.checkpoints import (
    MERGES,
    Examination,
    Finding,
    Package,
    PackageInvalid,
    examine,
    merge_by_name,
)
from governance.gate.evidence import EvidenceReader
from governance.primitives import to_hex
from governance.vocabulary import Level

if TYPE_CHECKING:
    from pathlib import Path

    from governance.history.state import State
    from governance.history.study import Checkpoint, Study


@click.command()
@click.argument("checkpoint", required=False)
@click.option("--package", type=EXISTING_FOLDER, help="The checkpoint's package, to be examined.")
@click.option(
    "--merge",
    type=click.Choice(list(MERGES)),
    help="Compute the merge again by this rule, and compare the model bit for bit.",
)
@click.option(
    "--parent-model",
    type=EXISTING_PATH,
    help="Your own copy of the model that training went on from, for --merge.",
)
@click.option(
    "--evidence",
    type=EXISTING_FILE,
    help="Your gate's evidence log: what it refused must not have been merged.",
)
@click.option(
    "--level",
    type=choice(Level, "set-checked", "merge-recomputed"),
    help="Attest just this, and only if it was reached.  [default: what was reached]",
)
@click.option(
    "--checked-elsewhere",
    is_flag=True,
    help="Attest --level unexamined: you have checked it by other means, and answer for it.",
)
@click.option("--study", type=NUMBER, help="The study, instead of the context's.")
@common
@acting
def command(
    invocation: Invocation,
    *,
    checkpoint: str | None,
    package: Path | None,
    merge: str | None,
    parent_model: Path | None,
    evidence: Path | None,
    level: str | None,
    checked_elsewhere: bool,
    study: int | None,
) -> None:
    """Vouch for a published checkpoint.

    CHECKPOINT is its identity or the beginning of it; the one that waits for you if there is just
    one. Its package is examined first: what was merged is held against the history, and with
    --merge the model is computed again. You attest as far as that went and no further; a package
    that does not hold is refused, and why is written down; so it is if you have attested it before,
    which stays as it is. The context's node signs.
    """
    if checked_elsewhere is (package is not None):
        raise click.UsageError("Give the checkpoint's --package, or say --checked-elsewhere.")
    if checked_elsewhere and (level is None or merge or parent_model or evidence):
        raise click.UsageError("What is --checked-elsewhere takes --level, and nothing to examine.")
    session = Session(invocation)
    node = session.node
    found = session.study(study)
    known = session.state.swarm.nodes.get(node)
    mine = known.institution if known else 0
    chosen = find(found, checkpoint) if checkpoint else _waiting(found, mine)

    def check(state: State) -> dict[str, Any] | None:
        now = state.study(found.number)
        published = now.checkpoints[chosen.identity]
        return as_json(now, published) if published.is_attested_by(mine) else None

    asked = member(Level, level) if level else Level.NONE
    claimed = asked
    stands = next((each.level for each in chosen.attestations if each.institution == mine), None)
    if package is not None:
        try:
            examination = examine(
                Package.read(package),
                session.records,
                chosen.identity,
                chain_id=session.trust.chain_id,
                merge=merge_by_name(merge) if merge else None,
                parent_model=parent_model,
                institution=mine,
                evidence=EvidenceReader(evidence) if evidence else (),
            )
        except PackageInvalid as error:
            why = (Finding(error.code, error.message),)
            examination = Examination(chosen.identity, found.address, chosen.round, Level.NONE, why)
        examination.write_down(home.examinations(session.context_name), session.now)
        if stands is not None and examination.refused:
            note("Your institution has attested it already, and an attestation is not taken back.")
        needed = found.version(chosen.version).parameters.level
        claimed = _level(examination, asked, needed if stands is None else Level.NONE)
    if stands is not None and asked not in (Level.NONE, stands):
        raise AttestedAlready(stands.name)
    if stands is not None and claimed > stands:
        note(f"It was attested as {_words(stands)}, and that stays: an institution attests once.")
    identity = to_hex(chosen.identity)
    plan = f"Attest checkpoint {identity} of round {chosen.round}: {_words(claimed)}."
    call = Call("Study", found.address, "attest", (chosen.identity, int(claimed)))
    act(session, "attest", plan, check, call, key=session.context.node)


def _words(level: Level) -> str:
    return level.name.lower().replace("_", "-")


def _waiting(study: Study, institution: int) -> Checkpoint:
    waiting = [each for each in study.candidates() if not each.is_attested_by(institution)]
    attested = [each for each in study.checkpoints.values() if each.is_attested_by(institution)]
    if len(waiting) == 1:
        return waiting[0]
    if not waiting and attested:
        return attested[-1]
    raise NothingToAttest(study.number, len(waiting))


def _level(examination: Examination, asked: Level, needed: Level) -> Level:
    """The level to attest: what is asked for, if it was reached, otherwise what was reached.

    Raises:
        CheckpointRefused: the package does not hold.
        LevelNotReached: it holds, and less was checked than is asked for, or than the terms need.
    """
    # What a refusal rests on first is told as the error.
    for finding in examination.findings[examination.refused :]:
        note(finding.sentence)
    reached = examination.require()
    if reached < max(asked, needed):
        raise LevelNotReached(max(asked, needed).name, reached.name)
    return asked or reached
