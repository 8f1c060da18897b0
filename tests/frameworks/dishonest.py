"""What a merging peer can publish: what it merged, or something else."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from governance.checkpoints import (
    Accepted,
    merge_by_name,
    recompute,
    write_package,
    write_safetensors,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from governance.integrations.judging import Judge, JudgedRound

MERGE = "weighted-mean"
KINDS = ("slipped", "exchanged", "honest")

_SLIPPED_BY = "NodeUnknown"
_BLAMED = 2


def packages(
    judge: Judge,
    current: JudgedRound,
    before: Mapping[str, Any],
    merged: Mapping[str, Any],
    folder: Path,
) -> None:
    """Writes three packages of a round's checkpoint.

    Args:
        judge: The merging node.
        current: The round that it has merged.
        before: The model before.
        merged: The model after.
        folder: Where they are written, by what they are: `honest`; `slipped`, with the update of a
            node that nobody has registered merged and listed; `exchanged`, with honest envelopes
            and another model.
    """
    folder.mkdir(parents=True)
    number = current.invitation.round
    honest = judge.package(folder / "honest", number, _model(folder / "merged", merged))
    updates = {signed.envelope.update: update for signed, update in current.updates()}
    write_package(
        folder / "exchanged",
        record=honest.record,
        envelopes=honest.envelopes,
        model=_model(folder / "other", {name: 2.0 * each for name, each in merged.items()}),
        updates=updates,
    )
    (stranger,) = (each for each in current.judged if each.reason == _SLIPPED_BY)
    signed, update = stranger.signed, stranger.received.update
    assert signed is not None
    digest = signed.envelope.digest
    record = replace(
        honest.record,
        accepted=(*honest.record.accepted, Accepted(number, _BLAMED, digest)),
        refused=tuple(each for each in honest.record.refused if each.envelope != digest),
    )
    everything = [*current.updates(), (signed, update)]
    model = recompute(merge_by_name(MERGE), before, [everything])
    write_package(
        folder / "slipped",
        record=record,
        envelopes=honest.envelopes,
        model=_model(folder / "slip", model),
        updates={**updates, signed.envelope.update: update},
    )


def _model(folder: Path, arrays: Mapping[str, Any]) -> Path:
    folder.mkdir()
    write_safetensors(folder / "model.safetensors", arrays)
    return folder
