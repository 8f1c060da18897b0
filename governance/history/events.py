"""The events of the house as frozen records, field by field as `contracts/interfaces/` names them.

Byte strings of fixed length are `bytes`; addresses are checksummed text; times are Unix seconds.
"""

from dataclasses import dataclass
from enum import Enum
from typing import ClassVar

from governance.vocabulary import (
    Action,
    Contribution,
    Kind,
    Level,
    Parameters,
    Part,
    Sector,
    VotingRules,
)


class Role(Enum):
    """Which contract of the house emits an event; the value is the contract's name."""

    HISTORY = "History"
    SWARM = "Swarm"
    GOVERNOR = "SwarmGovernor"
    STUDIES = "Studies"
    STUDY = "Study"
    BENEFITS = "Benefits"


class Event:
    """What all events share: the contract that emits them."""

    __slots__ = ()
    emitter: ClassVar[Role]


class SwarmEvent(Event):
    """An event of the Swarm."""

    __slots__ = ()
    emitter = Role.SWARM


class GovernorEvent(Event):
    """An event of the SwarmGovernor."""

    __slots__ = ()
    emitter = Role.GOVERNOR


class StudiesEvent(Event):
    """An event of the index of studies."""

    __slots__ = ()
    emitter = Role.STUDIES


class StudyEvent(Event):
    """An event of one study."""

    __slots__ = ()
    emitter = Role.STUDY


class BenefitsEvent(Event):
    """An event of one study's benefits."""

    __slots__ = ()
    emitter = Role.BENEFITS


# --- Swarm ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SwarmFounded(SwarmEvent):
    """The swarm exists; the first record of every history."""

    charter: bytes
    governor: str
    studies: str
    relay: str
    rules: VotingRules


@dataclass(frozen=True, slots=True)
class InstitutionApplied(SwarmEvent):
    """An institution has applied and has its number."""

    institution: int
    account: str
    name: str
    kind: Kind
    sector: Sector
    country: bytes
    document: bytes


@dataclass(frozen=True, slots=True)
class InstitutionAdmitted(SwarmEvent):
    """An applicant is a member from this block on."""

    institution: int


@dataclass(frozen=True, slots=True)
class InstitutionLeft(SwarmEvent):
    """A member has left of its own will."""

    institution: int


@dataclass(frozen=True, slots=True)
class InstitutionExpelled(SwarmEvent):
    """A member was expelled by vote."""

    institution: int


@dataclass(frozen=True, slots=True)
class AccountRotated(SwarmEvent):
    """Another account speaks for an institution from now on."""

    institution: int
    previous: str
    current: str
    by_vote: bool


@dataclass(frozen=True, slots=True)
class NodeRegistered(SwarmEvent):
    """An institution runs a node with this key."""

    institution: int
    node: str


@dataclass(frozen=True, slots=True)
class NodeRevoked(SwarmEvent):
    """A node key is void for ever."""

    institution: int
    node: str


@dataclass(frozen=True, slots=True)
class ValidatorRegistered(SwarmEvent):
    """An institution's validator has this address; an earlier one is replaced."""

    institution: int
    validator: str


@dataclass(frozen=True, slots=True)
class ValidatorRemoved(SwarmEvent):
    """An institution runs no validator any more."""

    institution: int
    validator: str


@dataclass(frozen=True, slots=True)
class CharterSet(SwarmEvent):
    """The charter document in force has this digest."""

    charter: bytes


# --- SwarmGovernor --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class VotingRulesSet(GovernorEvent):
    """The rules for proposals made from now on."""

    rules: VotingRules


@dataclass(frozen=True, slots=True)
class ProposalCreated(GovernorEvent):
    """A proposal can be voted on after `vote_start` and up to and including `vote_end`."""

    proposal_id: int
    proposer: str
    targets: tuple[str, ...]
    values: tuple[int, ...]
    signatures: tuple[str, ...]
    calldatas: tuple[bytes, ...]
    vote_start: int
    vote_end: int
    description: str


@dataclass(frozen=True, slots=True)
class VoteCast(GovernorEvent):
    """An account has cast its institution's vote: 0 against, 1 in favour, 2 abstain."""

    voter: str
    proposal_id: int
    support: int
    weight: int
    reason: str


@dataclass(frozen=True, slots=True)
class ProposalExecuted(GovernorEvent):
    """What was proposed was done."""

    proposal_id: int


@dataclass(frozen=True, slots=True)
class ProposalCanceled(GovernorEvent):
    """The proposer's institution took its proposal back."""

    proposal_id: int


# --- Studies and Study ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class StudyOpened(StudiesEvent):
    """A study is open; its terms follow in `TermsProposed`, emitted by the study."""

    study: int
    contract_address: str
    benefits: str
    opener: int


@dataclass(frozen=True, slots=True)
class TermsProposed(StudyEvent):
    """A version of the terms is put forward; it can be signed from now on."""

    version: int
    institution: int
    terms_digest: bytes
    parameters_hash: bytes
    terms: bytes
    parameters: Parameters


@dataclass(frozen=True, slots=True)
class TermsInForce(StudyEvent):
    """A version is in force; nodes of those who have not signed it are not authorised."""

    version: int


@dataclass(frozen=True, slots=True)
class TermsSigned(StudyEvent):
    """An institution has signed a version."""

    institution: int
    version: int
    terms_digest: bytes
    parameters_hash: bytes
    readiness: bytes
    consent: bytes


@dataclass(frozen=True, slots=True)
class TermsDeclined(StudyEvent):
    """An institution will not sign a version."""

    institution: int
    version: int
    reason: int
    text: bytes


@dataclass(frozen=True, slots=True)
class StudyWithdrawn(StudyEvent):
    """An institution has withdrawn from the study."""

    institution: int
    reason: int
    text: bytes


@dataclass(frozen=True, slots=True)
class ConsentRenewed(StudyEvent):
    """An institution has renewed its consent commitment."""

    institution: int
    consent: bytes


@dataclass(frozen=True, slots=True)
class ActionApproved(StudyEvent):
    """A signatory is for an action."""

    institution: int
    action: Action
    subject: bytes


@dataclass(frozen=True, slots=True)
class StudyStarted(StudyEvent):
    """Training may begin."""


@dataclass(frozen=True, slots=True)
class StudyClosed(StudyEvent):
    """The study is over."""


@dataclass(frozen=True, slots=True)
class CheckpointPublished(StudyEvent):
    """A node announces a merged model, and vouches for it at the highest level."""

    checkpoint: bytes
    round: int
    node: str
    institution: int
    version: int
    parent: bytes
    digest: bytes
    contributions: tuple[Contribution, ...]
    envelopes_root: bytes
    round_record: bytes


@dataclass(frozen=True, slots=True)
class CheckpointAttested(StudyEvent):
    """An institution's node vouches for a published checkpoint."""

    checkpoint: bytes
    institution: int
    node: str
    level: Level


@dataclass(frozen=True, slots=True)
class CheckpointFinal(StudyEvent):
    """A checkpoint has its quorum and is the lineage's next."""

    checkpoint: bytes
    round: int
    sequence: int


@dataclass(frozen=True, slots=True)
class EquivocationRecorded(StudyEvent):
    """An institution has published a second, different checkpoint for one round, by this node."""

    node: str
    round: int
    institution: int
    checkpoint: bytes


# --- Benefits -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RevenueDeclared(BenefitsEvent):
    """Revenue has come in, to be split by what final rounds have earned so far."""

    revenue: int
    institution: int
    currency: bytes
    amount: int
    document: bytes
    licensee: str
    licence: bytes
    sequence: int


@dataclass(frozen=True, slots=True)
class SharePaid(BenefitsEvent):
    """The institution that declared a revenue has paid a share of it, outside the chain."""

    revenue: int
    part: Part
    receiver: int
    amount: int
    document: bytes


@dataclass(frozen=True, slots=True)
class SettlementConfirmed(BenefitsEvent):
    """Who was owed the share confirms that it has arrived."""

    revenue: int
    part: Part
    receiver: int
    amount: int


# --- History --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Countersigned(Event):
    """An account vouches for a head; a plain log, and no event of record."""

    emitter = Role.HISTORY

    account: str
    length: int
    head: bytes
    signature: bytes


OF_RECORD: tuple[type[Event], ...] = (
    SwarmFounded,
    InstitutionApplied,
    InstitutionAdmitted,
    InstitutionLeft,
    InstitutionExpelled,
    AccountRotated,
    NodeRegistered,
    NodeRevoked,
    ValidatorRegistered,
    ValidatorRemoved,
    CharterSet,
    VotingRulesSet,
    ProposalCreated,
    VoteCast,
    ProposalExecuted,
    ProposalCanceled,
    StudyOpened,
    TermsProposed,
    TermsInForce,
    TermsSigned,
    TermsDeclined,
    StudyWithdrawn,
    ConsentRenewed,
    ActionApproved,
    StudyStarted,
    StudyClosed,
    CheckpointPublished,
    CheckpointAttested,
    CheckpointFinal,
    EquivocationRecorded,
    RevenueDeclared,
    SharePaid,
    SettlementConfirmed,
)
"""Every event that is appended to the history."""
