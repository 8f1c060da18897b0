"""What a merging peer can publish: what it merged, or something else."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeAlias

from governance.checkpoints import (
    Accepted,
    merge_by_name,
    recompute,
    write_package,
    write_safetensors,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from governance.checkpoints import SignedEnvelope
    from governance.integrations.judging import Judge, Judged, Received

    Hoard: TypeAlias = dict[tuple[str, bytes], tuple[SignedEnvelope, Mapping[str, Any]]]

MERGE = "weighted-mean"
KINDS = ("slipped", "exchanged", "honest")

_SLIPPED_BY = "NodeUnknown"
_BLAMED = 2


def hoard(judge: Judge) -> Hoard:
    """Has a merging node keep all that comes, which an honest one does not, in what is returned."""
    kept: Hoard = {}
    honest = judge.judge

    def greedy(batch: Sequence[Received]) -> list[Judged]:
        judged = honest(batch)
        for each, received in zip(judged, batch, strict=True):
            if each.signed is not None:
                # Two nodes can say the same, and one of them send something else with it.
                kept[_key(each.signed)] = each.signed, received.update
        return judged

    judge.judge = greedy  # type: ignore[method-assign]
    return kept


def _key(signed: SignedEnvelope) -> tuple[str, bytes]:
    return signed.node, signed.envelope.digest


def packages(
    judge: Judge,
    kept: Hoard,
    before: Mapping[str, Any],
    merged: Mapping[str, Any],
    folder: Path,
) -> None:
    """Writes three packages of the checkpoint that the newest round makes.

    Args:
        judge: The merging node.
        kept: What came, by its node and the digest of its envelope.
        before: The model before.
        merged: The model after.
        folder: Where they are written, by what they are: `honest`; `slipped`, with the update of a
            node that nobody has registered merged and listed; `exchanged`, with honest envelopes
            and another model.
    """
    folder.mkdir(parents=True)
    current = judge.rounds[-1]
    number = current.invitation.round
    honest = judge.package(folder / "honest", number, _model(folder / "merged", merged))
    accepted = [kept[_key(each.signed)] for each in current.accepted() if each.signed is not None]
    updates = {signed.envelope.update: update for signed, update in accepted}
    write_package(
        folder / "exchanged",
        record=honest.record,
        envelopes=honest.envelopes,
        model=_model(folder / "other", {name: 2.0 * each for name, each in merged.items()}),
        updates=updates,
    )
    (stranger,) = (each for each in current.judged if each.reason == _SLIPPED_BY)
    assert stranger.signed is not None
    signed, update = kept[_key(stranger.signed)]
    digest = signed.envelope.digest
    record = replace(
        honest.record,
        accepted=(*honest.record.accepted, Accepted(number, _BLAMED, digest)),
        refused=tuple(each for each in honest.record.refused if each.envelope != digest),
    )
    everything = [*accepted, (signed, update)]
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
