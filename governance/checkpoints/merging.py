"""Merges that everybody can compute again, to the last bit.

A merge is a function of the model that a round went on from and the updates accepted in that round.
The named ones are computed alike on every machine:

- Updates are taken in the order of their own digests, then of their envelopes: so the same updates
  give the same bits again with other keys, on another chain.
- For each array, items are converted to float64, multiplied by the update's weight, added one
  update after the other, and divided by the sum of the weights; nothing is fused or reordered.
- The result is rounded once, to the nearest value of the array's own type, ties to even; of whole
  numbers likewise. `-change` adds it, still as float64, to the model's array first.

Only what has one bit pattern everywhere is merged: results that are not finite, whole numbers
beyond 2^53, booleans and bfloat16 are refused.

numpy is loaded when something is merged, not before.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from governance.checkpoints.envelope import SignedEnvelope
from governance.checkpoints.errors import MergeInvalid, MergeUnknown, MergeWithoutNumpy
from governance.checkpoints.package import in_order

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from governance.checkpoints.arrays import StoredArray

Arrays: TypeAlias = Mapping[str, Any]
"""numpy arrays by name."""

Merge: TypeAlias = Callable[[Arrays, Sequence[tuple[SignedEnvelope, Arrays]]], Arrays]
"""What makes a model of the model before the round and the updates accepted in it.

The updates come in the order that all have. Before the first checkpoint the model is the one that
all begin with; it has no arrays where none was named.
"""

_EXACT: Final = 2**53
_REMEDY: Final = "Find out whose update it is with `charter gate log`, and merge without it."


def merge_by_name(name: str) -> Merge:
    """A merge that has a name: one of `MERGES`.

    Raises:
        MergeUnknown: There is none of this name.
    """
    found = MERGES.get(name)
    if found is None:
        raise MergeUnknown(
            f"There is no merge '{name}'.", f"Choose one of {', '.join(sorted(MERGES))}."
        )
    return found


def recompute(
    merge: Merge, model: Arrays, rounds: Iterable[Sequence[tuple[SignedEnvelope, Arrays]]]
) -> Arrays:
    """The model after some rounds, each going on from the one before.

    Args:
        merge: What makes a model of a model and a round's updates.
        model: The model before the first of the rounds.
        rounds: The updates accepted in each, in any order; a round without any changes nothing.

    Raises:
        MergeInvalid: They cannot be merged.
        MergeWithoutNumpy: numpy is not installed.
    """
    for updates in rounds:
        if updates:
            model = merge(model, sorted(updates, key=_place))
    return model


class Loaded(Mapping[str, Any]):
    """Arrays from files as numpy arrays, each read when it is asked for and not kept."""

    def __init__(self, stored: Mapping[str, StoredArray]) -> None:
        self._stored = stored

    def __getitem__(self, name: str) -> Any:
        """The array of a name.

        Raises:
            MergeInvalid: numpy has no type for it.
            UpdateInvalid: Its file cannot be read, or has changed.
            MergeWithoutNumpy: numpy is not installed.
        """
        np = _numpy()
        stored = self._stored[name]
        if stored.dtype == "bf2":
            raise _invalid(f"the array {name!r} is bfloat16, which the named merges do not take")
        return np.frombuffer(stored.data(), "<" + stored.dtype).reshape(stored.shape)

    def __iter__(self) -> Iterator[str]:
        return iter(self._stored)

    def __len__(self) -> int:
        return len(self._stored)


def _place(update: tuple[SignedEnvelope, Arrays]) -> tuple[bytes, bytes, str]:
    signed, _ = update
    return signed.envelope.update, *in_order(signed)


def _mean(
    model: Arrays,
    updates: Sequence[tuple[SignedEnvelope, Arrays]],
    *,
    by_records: bool,
    change: bool,
) -> dict[str, Any]:
    updates = sorted(updates, key=_place)
    weights = [signed.envelope.records if by_records else 1 for signed, _ in updates]
    if not sum(weights) or not updates:
        raise _invalid("there is no update, or none tells how many records are behind it")
    names = sorted(updates[0][1])
    if any(sorted(arrays) != names for _, arrays in updates):
        raise _invalid("the updates do not hold arrays of the same names")
    if change and sorted(model) != names:
        raise _invalid("the model before does not hold the arrays that the updates change")
    merged = {}
    for name in names:
        each = [arrays[name] for _, arrays in updates]
        merged[name] = _one(name, each, weights, model[name] if change else None)
    return merged


def _one(name: str, updates: Sequence[Any], weights: Sequence[int], before: Any) -> Any:
    np = _numpy()
    arrays = [np.asarray(each) for each in (*updates, *([] if before is None else [before]))]
    kind, shape = arrays[0].dtype.newbyteorder("<"), arrays[0].shape
    if any((each.dtype.newbyteorder("<"), each.shape) != (kind, shape) for each in arrays):
        raise _invalid(f"the array {name!r} has not the same type and shape everywhere")
    is_whole = kind.kind in "iu"
    if not is_whole and kind not in (np.dtype("<f2"), np.dtype("<f4"), np.dtype("<f8")):
        raise _invalid(f"the array {name!r} is of type {kind}, which the named merges do not take")
    with np.errstate(all="ignore"):
        total = np.zeros(shape)
        for array, weight in zip(arrays, weights, strict=False):
            total += array.astype("<f8") * float(weight)
        total /= float(sum(weights))
        if before is not None:
            total = arrays[-1].astype("<f8") + total
        result = np.rint(total) if is_whole else total.astype(kind)
    if is_whole:
        bounds = np.iinfo(kind)
        fits = (result >= max(bounds.min, -_EXACT)) & (result <= min(bounds.max, _EXACT))
        if not fits.all():
            raise _invalid(f"the array {name!r} would hold whole numbers that are not exact")
        return result.astype(kind)
    if not np.isfinite(result).all():
        raise _invalid(f"the array {name!r} would hold numbers that are not finite")
    return result


def _numpy() -> Any:
    try:
        import numpy  # noqa: PLC0415 - only who merges needs it
    except ImportError:
        raise MergeWithoutNumpy from None
    return numpy


def _invalid(what: str) -> MergeInvalid:
    return MergeInvalid(f"The updates cannot be merged: {what}.", _REMEDY)


MERGES: Final[Mapping[str, Merge]] = MappingProxyType(
    {
        "mean": partial(_mean, by_records=False, change=False),
        "weighted-mean": partial(_mean, by_records=True, change=False),
        "mean-change": partial(_mean, by_records=False, change=True),
        "weighted-mean-change": partial(_mean, by_records=True, change=True),
    }
)
"""Merges by name.

Of `mean` and `weighted-mean` the updates are whole models; of the others they are what a model
changes by. Weights are the envelopes' records, or equal.
"""
