"""What a sound founding looks like: its first records, and the code that stands from then on. Pure.

Founders hold a chain against this before they use it, and auditors before they believe it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from governance.chain.code import as_word, domain_immutables, immutables, require_immutables
from governance.chain.house import House
from governance.encoding import encode_founders
from governance.errors import CharterError, ExitStatus
from governance.history.events import InstitutionAdmitted, InstitutionApplied, SwarmFounded
from governance.primitives import checksum_address, keccak
from governance.vocabulary import Founder, Profile

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from governance.chain.house import Trust
    from governance.history import Record

CONTRACTS = ("History", "Relay", "Swarm", "SwarmGovernor", "Studies", "Study", "Benefits")
"""The contracts whose code writes the history; studies and benefits are clones of the last two."""

_ADDRESS_AT = 12


class FoundingUnsound(CharterError):
    """What stands on the chain is not a founding that the founders agreed to."""

    code = "FoundingUnsound"
    exit_status = ExitStatus.UNVERIFIABLE

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"The founding is not sound: {reason}.",
            "Do not use this swarm; have the founders look at it together.",
        )


@dataclass(frozen=True, slots=True)
class Founding:
    """How a history begins.

    Attributes:
        house: the contracts that stand from then on.
        event: what was founded.
        founders: with their profiles, in the order of their numbers.
        block: number of the block.
    """

    house: House
    event: SwarmFounded
    founders: tuple[Founder, ...]
    block: int

    @classmethod
    def of(cls, records: Sequence[Record], trust: Trust) -> Founding:
        """The founding with which a history begins, by the founders that the trust file names.

        Raises:
            FoundingUnsound: it begins with something else, or with other founders.
            HistoryMalformed: a record is none that the house would write.
        """
        if not records:
            raise FoundingUnsound("the swarm is not founded")
        count = len(trust.founders)
        begun, *following = records[: 1 + 2 * count]
        event = begun.event
        if not isinstance(event, SwarmFounded) or len(following) != 2 * count:
            raise FoundingUnsound("the history does not begin with a founding and its founders")
        founders = tuple(
            _founder(number, following[2 * number - 2], following[2 * number - 1])
            for number in range(1, count + 1)
        )
        if tuple(founder.account for founder in founders) != trust.founders:
            raise FoundingUnsound("its founders are not those of the trust file")
        house = House(trust.history, event.relay, begun.emitter, event.governor, event.studies)
        return cls(house, event, founders, begun.number)


def founders_digest(founders: Sequence[Founder]) -> bytes:
    """keccak256 of the ABI-encoded founders, as the Swarm's constructor fixes it."""
    return keccak(encode_founders(founders))


def require_code(
    chain_id: int,
    house: House,
    founders: Sequence[Founder],
    code_at: Callable[[str, str], bytes],
) -> tuple[str, str]:
    """Holds all seven contracts against the committed ones; the implementations' addresses.

    Args:
        chain_id: the chain's number.
        house: where the contracts stand.
        founders: whom the Swarm's code commits to.
        code_at: the code of a contract, by its name and address.

    Raises:
        CodeForeign: code or a value in it is another.
    """
    found = immutables("Studies", house.studies, code_at("Studies", house.studies))
    study, benefits = (
        checksum_address(found[name][_ADDRESS_AT:])
        for name in ("Studies.STUDY", "Studies.BENEFITS")
    )
    fixed = fixed_values(chain_id, house, founders, study, benefits)
    for contract in CONTRACTS:
        address, values = fixed[contract]
        require_immutables(contract, address, code_at(contract, address), values)
    return study, benefits


def fixed_values(
    chain_id: int, house: House, founders: Sequence[Founder], study: str, benefits: str
) -> dict[str, tuple[str, dict[str, bytes]]]:
    """What the code of a sound house has fixed in it: of each contract its address and immutables.

    Args:
        chain_id: the chain's number.
        house: where the contracts stand.
        founders: whom the Swarm's code commits to.
        study: the implementation that all studies are clones of.
        benefits: the implementation that all studies' benefits are clones of.
    """
    swarm, governor, studies = map(as_word, (house.swarm, house.governor, house.studies))
    history = as_word(house.history)
    shared = {
        "Recorder.HISTORY": history,
        "ERC2771Context._trustedForwarder": as_word(house.relay),
    }
    return {
        "History": (
            house.history,
            {
                "History.SWARM": swarm,
                "History.GOVERNOR": governor,
                "History.STUDIES": studies,
                **domain_immutables(chain_id, house.history),
            },
        ),
        "Relay": (
            house.relay,
            {"Relay.HISTORY": history, **domain_immutables(chain_id, house.relay)},
        ),
        "Swarm": (
            house.swarm,
            {
                "Swarm.GOVERNOR": governor,
                "Swarm.STUDIES": studies,
                "Swarm.FOUNDERS_DIGEST": founders_digest(founders),
                **shared,
                **domain_immutables(chain_id, house.swarm),
            },
        ),
        "SwarmGovernor": (
            house.governor,
            {
                "SwarmGovernor.SWARM": swarm,
                **shared,
                **domain_immutables(chain_id, house.governor),
            },
        ),
        "Studies": (
            house.studies,
            {
                "Studies.SWARM": swarm,
                "Studies.STUDY": as_word(study),
                "Studies.BENEFITS": as_word(benefits),
                **shared,
            },
        ),
        "Study": (study, {"Study.SWARM": swarm, "Study.STUDIES": studies, **shared}),
        "Benefits": (
            benefits,
            {"Benefits.SWARM": swarm, "Benefits.STUDIES": studies, **shared},
        ),
    }


def _founder(number: int, first: Record, second: Record) -> Founder:
    applied, admitted = first.event, second.event
    if (
        not isinstance(applied, InstitutionApplied)
        or not isinstance(admitted, InstitutionAdmitted)
        or applied.institution != number
        or admitted.institution != number
    ):
        raise FoundingUnsound(f"founder {number} did not become a member at once")
    profile = Profile(applied.name, applied.kind, applied.sector, applied.country, applied.document)
    return Founder(applied.account, profile)
