"""The words of the house as Python types, mirroring `contracts/interfaces/Types.sol`.

Every enum has the contract's order, so that its value is the number on the chain; every dataclass
has the contract's fields in the contract's order, so that it can be encoded field by field. Pure:
no I/O, imports nobody.

Byte strings of fixed length (`bytes2`, `bytes32`) are `bytes` here; addresses are checksummed `0x…`
text; times are Unix seconds; money is in minor units; shares are basis points.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

BASIS_POINTS = 10_000
"""The whole of a revenue, in basis points."""

MINOR_UNITS = {
    "BHD": 3,
    "BIF": 0,
    "CLP": 0,
    "DJF": 0,
    "GNF": 0,
    "IQD": 3,
    "ISK": 0,
    "JOD": 3,
    "JPY": 0,
    "KMF": 0,
    "KRW": 0,
    "KWD": 3,
    "LYD": 3,
    "OMR": 3,
    "PYG": 0,
    "RWF": 0,
    "TND": 3,
    "UGX": 0,
    "VND": 0,
    "VUV": 0,
    "XAF": 0,
    "XOF": 0,
    "XPF": 0,
}
"""Decimal places of currencies that do not have two (ISO 4217)."""

ZERO_DIGEST = bytes(32)
"""Stands for "no digest", such as the parent of a study's first checkpoint."""


def decimal(amount: int, currency: str, thousands: str = "", point: str = ".") -> str:
    """An amount of minor units with as many decimal places as its currency has.

    Args:
        amount: In minor units.
        currency: ISO 4217.
        thousands: What is written between groups of digits.
        point: What is written between whole and parts.
    """
    places = MINOR_UNITS.get(currency, 2)
    whole, part = divmod(amount, 10**places)
    digits = f"{whole:,}".replace(",", thousands)
    return f"{digits}{point}{part:0{places}d}" if places else digits


class Kind(IntEnum):
    """What an institution is."""

    HOSPITAL = 0
    INSTITUTE = 1
    DATA_TRUSTEE = 2
    COMPANY = 3


class Sector(IntEnum):
    """Who owns an institution."""

    PUBLIC = 0
    PRIVATE = 1


class Standing(IntEnum):
    """Where an institution stands towards the swarm."""

    UNKNOWN = 0
    APPLICANT = 1
    MEMBER = 2
    LEFT = 3
    EXPELLED = 4


class NodeStanding(IntEnum):
    """Where a node key stands."""

    UNKNOWN = 0
    REGISTERED = 1
    REVOKED = 2


class Ground(IntEnum):
    """Why an institution declines terms or withdraws; the chain keeps the number.

    What there is to say in words stays with the institutions. Not an enum of the contracts, which
    take any number, so that grounds can be added.
    """

    UNSPECIFIED = 0
    CONSENT = 1
    ETHICS = 2
    LEGAL = 3
    DATA = 4
    RESOURCES = 5
    BENEFITS = 6
    PARTNERS = 7
    SECURITY = 8
    OTHER = 255

    @classmethod
    def word(cls, number: int) -> str:
        """A ground in lower case, or its number if nobody has named it."""
        return cls(number).name.lower() if number in cls._value2member_map_ else str(number)


class StudyState(IntEnum):
    """Where a study stands; its expiry comes by time alone and is asked separately."""

    OPEN = 0
    RUNNING = 1
    CLOSED = 2


class Authorisation(IntEnum):
    """Why a node, or an institution, is authorised in a study or is not: the first reason."""

    AUTHORISED = 0
    NODE_UNKNOWN = 1
    NODE_REVOKED = 2
    NOT_MEMBER = 3
    NOT_SIGNED = 4
    WITHDRAWN = 5
    TERMS_NOT_SIGNED = 6
    NOT_STARTED = 7
    CLOSED = 8
    EXPIRED = 9
    CONSENT_STALE = 10


class Level(IntEnum):
    """What an attestation claims to have checked."""

    NONE = 0
    SET_CHECKED = 1
    MERGE_RECOMPUTED = 2


class Action(IntEnum):
    """What signatories can bring about together."""

    START = 0
    AMEND = 1
    CLOSE = 2


class Part(IntEnum):
    """The parts a revenue is split into."""

    OWN = 0
    PATIENTS = 1
    NAMED = 2
    REMAINDER = 3


class Settlement(IntEnum):
    """Where a share stands on its way to who is owed it."""

    OPEN = 0
    PAID = 1
    CONFIRMED = 2


@dataclass(frozen=True, slots=True)
class Profile:
    """What an applicant says about itself.

    `country` is two upper-case ASCII letters (ISO 3166-1 alpha-2); `document` is the SHA-256 of
    the profile document.
    """

    name: str
    kind: Kind
    sector: Sector
    country: bytes
    document: bytes


@dataclass(frozen=True, slots=True)
class Founder:
    """One of those that found the swarm: the account that speaks for it, and its profile."""

    account: str
    profile: Profile


@dataclass(frozen=True, slots=True)
class VotingRules:
    """How the swarm decides.

    `voting_period` is in seconds, `quorum` in per cent of the eligible institutions, `expiry` in
    seconds after the period.
    """

    voting_period: int
    quorum: int
    expiry: int


@dataclass(frozen=True, slots=True)
class Weight:
    """An institution's part by weight; only the relation of the weights to each other matters."""

    institution: int
    weight: int


@dataclass(frozen=True, slots=True)
class Payee:
    """A payee that the terms name, with its share of each revenue in basis points."""

    account: str
    share: int


@dataclass(frozen=True, slots=True)
class Shares:
    """How a revenue is split, in basis points that sum to 10,000 with the payees' shares."""

    equal: int
    contributed: int
    patients: int
    weighted: int
    remainder_to: int
    weights: tuple[Weight, ...]
    payees: tuple[Payee, ...]


@dataclass(frozen=True, slots=True)
class Parameters:
    """What a study's contract enforces of its terms.

    `kinds` and `sectors` are bit sets (bit n for the n-th member of the enum); `countries` are two
    ASCII letters each, strictly ascending; `consent_max_age` is in seconds, zero if the terms ask
    for no consent; `expires_at` is in Unix seconds.
    """

    kinds: int
    sectors: int
    any_country: bool
    minimum_signatories: int
    minimum_contributors: int
    quorum: int
    rounds: int
    level: Level
    consent_max_age: int
    expires_at: int
    countries: tuple[bytes, ...]
    shares: Shares


@dataclass(frozen=True, slots=True)
class Contribution:
    """An institution's work: in how many of a checkpoint's rounds its update was merged."""

    institution: int
    rounds: int


@dataclass(frozen=True, slots=True)
class Publication:
    """A merged model as its publisher announces it.

    `parent` is the identity of the final checkpoint before it (zero for the first), `digest` the
    digest of the model's files, `envelopes_root` the Merkle root over the contributions' envelopes,
    `round_record` the digest of the round's record. `contributions` are in the order in which the
    institutions first signed the study.
    """

    round: int
    parent: bytes
    digest: bytes
    contributions: tuple[Contribution, ...]
    envelopes_root: bytes
    round_record: bytes
