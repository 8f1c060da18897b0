"""`charter checkpoint`: merged models, by their digests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cli.checkpoints import as_json, find, updates_in
from cli.options import (
    ANY_PATH,
    EXISTING_FILE,
    EXISTING_FOLDER,
    EXISTING_PATH,
    Invocation,
    common,
)
from cli.output import emit_json, note, table
from cli.output import show as show_facts
from cli.present import names, short, when
from cli.session import Session
from cli.values import NUMBER
from governance.primitives import to_hex

if TYPE_CHECKING:
    from pathlib import Path

STUDY = click.option("--study", type=NUMBER, help="The study, instead of the context's.")


@click.group()
def command() -> None:
    """Checkpoints: list, show, pack one, compute a digest."""


@command.command(name="list")
@STUDY
@click.option("--final", "only_final", is_flag=True, help="Only the lineage.")
@common
def list_(invocation: Invocation, study: int | None, only_final: bool) -> None:
    """List the published checkpoints of a study."""
    session = Session(invocation)
    found = session.study(study)
    told = [
        as_json(found, each)
        for each in found.checkpoints.values()
        if not only_final or each.sequence is not None
    ]
    if session.json:
        emit_json("checkpoint-list", {"study": found.number, "checkpoints": told})
        return
    table(
        ["checkpoint", "round", "standing", "sequence", "attested", "published", "digest"],
        (
            [
                each["checkpoint"],
                each["round"],
                each["standing"],
                each["sequence"],
                f"{len(each['attested_by'])} of {each['quorum']}",
                when(each["published_at"]),
                short(bytes.fromhex(each["digest"][2:])),
            ]
            for each in told
        ),
        empty="There is no checkpoint.",
    )


@command.command()
@click.argument("checkpoint")
@STUDY
@common
def show(invocation: Invocation, checkpoint: str, study: int | None) -> None:
    """Show the CHECKPOINT with this identity, or a beginning of it that no other has."""
    session = Session(invocation)
    found = session.study(study)
    told = as_json(found, find(found, checkpoint))
    if session.json:
        emit_json("checkpoint-show", told)
        return
    who = session.state.swarm.institution
    shown = told | {
        "published_by": names(session.state, (told["published_by"],)),
        "contributions": ", ".join(
            f"{number} {who(int(number)).name} ({rounds})"
            for number, rounds in told["contributions"].items()
        ),
        "attested_by": names(session.state, tuple(told["attested_by"])),
    }
    show_facts(shown)


@command.command()
@click.argument("model", type=EXISTING_PATH)
@click.option("--manifest", is_flag=True, help="Show the files too.")
@common
def digest(invocation: Invocation, model: Path, manifest: bool) -> None:
    """Compute the digest of MODEL, a file or a folder."""
    from governance.checkpoints import model_digest, model_manifest  # noqa: PLC0415

    listed = model_manifest(model)
    named = to_hex(model_digest(listed))
    files = [{"path": f.path, "size": f.size, "sha256": to_hex(f.sha256)} for f in listed.files]
    if invocation.json:
        emit_json("checkpoint-digest", {"digest": named, "files": files})
        return
    print(named)
    if manifest:
        table(["path", "bytes", "sha256"], ([f["path"], f["size"], f["sha256"]] for f in files))


@command.command(name="update-digest")
@click.argument("update", type=EXISTING_PATH)
@common
def update_digest_(invocation: Invocation, update: Path) -> None:
    """Compute the digest of UPDATE, as its node signs it in the envelope.

    UPDATE is a safetensors or npy file, or a folder of such.
    """
    from governance.checkpoints import update_file_digest  # noqa: PLC0415

    named = to_hex(update_file_digest(update))
    if invocation.json:
        emit_json("checkpoint-update-digest", {"digest": named})
    else:
        print(named)


@command.command()
@click.argument("evidence", type=EXISTING_FILE, nargs=-1, required=True)
@click.option("--last", type=NUMBER, required=True, help="The last round merged.")
@click.option("--model", type=EXISTING_PATH, required=True, help="The merged model's files.")
@click.option(
    "--updates",
    type=EXISTING_FOLDER,
    help="Folder of the updates merged, for others to compute the merge again.",
)
@click.option(
    "--left-out",
    type=NUMBER,
    multiple=True,
    help="A round of which nothing was merged: the model stayed as it was. Can be repeated.",
)
@click.option("--out", type=ANY_PATH, required=True, help="The folder that is written.")
@STUDY
@common
def package(
    invocation: Invocation,
    *,
    evidence: tuple[Path, ...],
    last: int,
    model: Path,
    updates: Path | None,
    left_out: tuple[int, ...],
    out: Path,
    study: int | None,
) -> None:
    """Pack a checkpoint for `charter publish` and for those who attest it.

    It covers the rounds since the last final checkpoint. The gate's EVIDENCE says whose updates
    were accepted, refused and why; who was silent is read off the study. Where it does not say
    what became of a round that was tried several times, the last attempt with an accepted update
    counts. Of a swarm whose sites merge in turns, give the evidence of all that merged.
    """
    from governance.checkpoints import Chronicle  # noqa: PLC0415
    from governance.gate.evidence import EvidenceReader  # noqa: PLC0415

    session = Session(invocation)
    found = session.study(study)
    seen = Chronicle.joined(
        [Chronicle.of(found.address, EvidenceReader(each)) for each in evidence]
    )
    for number in left_out:
        seen.leave_out(number)
    arrays = updates_in(updates) if updates is not None else {}
    made = seen.package(out, found, last, session.now, model=model, updates=arrays)
    note(f"Wrote {out}.")
    record = made.record
    told = {
        "package": str(out),
        "record": to_hex(record.digest()),
        "first": record.first,
        "last": record.last,
        "accepted": len(record.accepted),
        "refused": len(record.refused),
        "silent": list(record.silent),
        "updates": len(made.updates),
    }
    if session.json:
        emit_json("checkpoint-package", told)
    else:
        show_facts(told | {"silent": names(session.state, record.silent)})
