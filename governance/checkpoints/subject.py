"""What a package is held against: what was published, and the history before."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from governance.checkpoints.identity import checkpoint_id
from governance.errors import CharterError
from governance.history import State, fold
from governance.history.events import CheckpointPublished
from governance.vocabulary import Publication

if TYPE_CHECKING:
    from collections.abc import Sequence

    from governance.history import Record, Study
    from governance.terms import Terms


@dataclass(slots=True)
class Past:
    """The state after each number of records, computed when it is asked for."""

    records: Sequence[Record]
    _known: dict[int, State] = field(default_factory=lambda: {0: State()})

    def state(self, length: int) -> State:
        """The state after a number of records.

        Raises:
            HistoryMalformed, HistoryInconsistent: The records are no history.
        """
        if length not in self._known:
            before = max(each for each in self._known if each < length)
            self._known[length] = fold(self.records[before:length], self._known[before])
        return self._known[length]


@dataclass(frozen=True, slots=True)
class Subject:
    """What was published, and what had come about before; identity zero if it has yet to be."""

    identity: bytes
    address: str
    chain_id: int
    said: Publication
    version: int
    length: int
    past: Past

    @property
    def study(self) -> Study:
        """The study just before the publication."""
        return self.past.state(self.length).study(self.address)

    def terms(self) -> Terms | None:
        """The checkpoint's version of the terms, or nothing if the contract enforces others."""
        from governance.terms import verify_terms  # noqa: PLC0415 - loads pydantic

        version = self.study.version(self.version)
        try:
            return verify_terms(
                version.terms, version.terms_digest, version.parameters, version.parameters_hash
            )
        except CharterError:
            return None


def published(records: Sequence[Record], checkpoint: bytes, chain_id: int) -> Subject | None:
    """What was published under an identity, or nothing if the history knows no such publication."""
    for index, record in enumerate(records):
        event = record.event
        if not isinstance(event, CheckpointPublished) or event.checkpoint != checkpoint:
            continue
        said = Publication(
            round=event.round,
            parent=event.parent,
            digest=event.digest,
            contributions=event.contributions,
            envelopes_root=event.envelopes_root,
            round_record=event.round_record,
        )
        past = Past(records)
        # Makes sure that it goes on from the last final checkpoint, under the version in force.
        past.state(index + 1)
        if checkpoint_id(event.version, said) != checkpoint:
            return None
        return Subject(
            identity=checkpoint,
            address=record.emitter,
            chain_id=chain_id,
            said=said,
            version=event.version,
            length=index,
            past=past,
        )
    return None
