"""From a record's first word to its event and back: what each event of the house is made of."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from governance.abi import load_events
from governance.history import events
from governance.history.abi import WORD, Decoder, head_size, is_dynamic, struct_decoder

if TYPE_CHECKING:
    from collections.abc import Mapping

    from governance.abi import Declaration


@dataclass(frozen=True, slots=True)
class Shape:
    """How one event stands in logs and in records.

    Attributes:
        event: The event's class.
        topic: Its topic0.
        indexed: How many of its fields are topics.
        head: Bytes of the head of a log's data.
        offsets: Where in that head offsets stand, which a record shifts by what the topics add.
        decoder: Reads all fields from a record, after the topic.
    """

    event: type[events.Event]
    topic: bytes
    indexed: int
    head: int
    offsets: tuple[int, ...]
    decoder: Decoder


@cache
def shapes() -> Mapping[bytes, Shape]:
    """The events of record by topic0."""
    return {shape.topic: shape for shape in map(_shape, events.OF_RECORD)}


@cache
def countersigned() -> Shape:
    """The shape of `Countersigned`, the one log that is read without being of record."""
    return _shape(events.Countersigned)


@cache
def topics_of_record() -> tuple[bytes, ...]:
    """What to ask a chain's logs for."""
    return tuple(shapes())


@cache
def _declarations() -> Mapping[tuple[str, str], Declaration]:
    return {
        (contract, declaration.name): declaration
        for declaration in load_events().values()
        for contract in declaration.contracts
    }


def _shape(event: type[events.Event]) -> Shape:
    declaration = _declarations()[event.emitter.value, event.__name__]
    inputs = declaration.inputs
    at, offsets = 0, []
    for field in inputs:
        if field.indexed:
            continue
        if is_dynamic(field):
            offsets.append(at)
        at += head_size(field)
    return Shape(
        event=event,
        topic=declaration.identity,
        indexed=sum(field.indexed for field in inputs),
        head=at,
        offsets=tuple(offsets),
        decoder=struct_decoder(inputs, event),
    )


def shift(head: bytes, shape: Shape) -> bytes:
    """A log's head as it stands in the record, where the indexed fields come before it."""
    shifted = bytearray(head)
    added = WORD * shape.indexed
    for at in shape.offsets:
        offset = int.from_bytes(head[at : at + WORD], "big") + added
        # A forged offset may be the largest number there is; the decoder refuses what this makes.
        shifted[at : at + WORD] = (offset % (1 << 256)).to_bytes(WORD, "big")
    return bytes(shifted)
