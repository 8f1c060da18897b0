"""Which contracts belong to the house, as the history itself tells.

The emitter of the first record is the Swarm; that record names Governor and Studies; each
`StudyOpened` names a study and its benefits. Logs of anybody else are dropped before hashing.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from governance.history.abi import WORD
from governance.history.events import Role, StudyOpened, SwarmFounded
from governance.history.records import Log, Record, record_of
from governance.history.table import shapes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping


_TELLING = (SwarmFounded, StudyOpened)
"""The events that say which contracts there are."""


@dataclass(frozen=True, slots=True)
class Member:
    """A contract of the house: its role and, for a study's contracts, the study's number."""

    role: Role
    study: int | None = None


@dataclass(slots=True)
class Emitters:
    """The contracts whose records count, by address."""

    swarm: str
    governor: str
    studies: str
    members: Mapping[str, Member] = field(default_factory=dict)

    @classmethod
    def founded(cls, swarm: str, event: SwarmFounded) -> Emitters:
        """The house as it stands after the founding."""
        members = {
            swarm: Member(Role.SWARM),
            event.governor: Member(Role.GOVERNOR),
            event.studies: Member(Role.STUDIES),
        }
        return cls(swarm, event.governor, event.studies, members)

    def of(self, address: str) -> Member | None:
        """What a contract is in the house, or `None` if it does not belong to it."""
        return self.members.get(address)


def emitters_of(records: Iterable[Record]) -> Emitters | None:
    """The house as the records from the founding on tell it; nothing before the founding.

    Raises:
        HistoryMalformed: A record is not as its contract would write it.
    """
    telling = {shape.topic for shape in shapes().values() if shape.event in _TELLING}
    found: Emitters | None = None
    members: dict[str, Member] = {}
    for record in records:
        if record.data[:WORD] not in telling:
            continue
        event = record.event
        if isinstance(event, SwarmFounded) and found is None:
            found = Emitters.founded(record.emitter, event)
        elif isinstance(event, StudyOpened):
            members |= opened(event)
    return found and replace(found, members={**found.members, **members})


def opened(event: StudyOpened) -> dict[str, Member]:
    """The contracts that come to the house with a study."""
    return {
        event.contract_address: Member(Role.STUDY, event.study),
        event.benefits: Member(Role.BENEFITS, event.study),
    }


def select(
    logs: Iterable[Log], emitters: Emitters | None = None, swarm: str | None = None
) -> Iterator[Record]:
    """The records among logs in the order of the chain; what others emitted is dropped.

    Args:
        logs: Logs in order, from the founding on or from where `emitters` were known.
        emitters: The house as known so far (`State.emitters`), or none at the beginning.
        swarm: The Swarm's address where it is known (History names it); otherwise the first
            `SwarmFounded` counts, which a stranger could have emitted before the house did. The
            head of the hash chain tells the two apart.

    Raises:
        HistoryMalformed: A log of the house is not as its contract would write it.
    """
    known = shapes()
    members = dict(emitters.members) if emitters is not None else None
    for log in logs:
        if not log.topics or log.topics[0] not in known:
            continue
        if members is None:
            if swarm is not None and log.emitter != swarm:
                continue
            record = record_of(log)
            if not isinstance(record.event, SwarmFounded):
                continue
            members = dict(Emitters.founded(log.emitter, record.event).members)
            yield record
            continue
        member = members.get(log.emitter)
        if member is None:
            continue
        record = record_of(log)
        if member.role is Role.STUDIES and isinstance(record.event, StudyOpened):
            members |= opened(record.event)
        yield record
