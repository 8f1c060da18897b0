"""A study as its history tells it: terms, signatures, checkpoints, credit, revenue."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from operator import attrgetter
from typing import TYPE_CHECKING

from governance.history.errors import RevenueUnknown, TermsVersionUnknown
from governance.vocabulary import (
    ZERO_DIGEST,
    Action,
    Authorisation,
    NodeStanding,
    Settlement,
    Standing,
    StudyState,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from governance.history.swarm import Swarm
    from governance.vocabulary import Contribution, Level, Parameters, Part


@dataclass(frozen=True, slots=True)
class Signature:
    """An institution's signature of a version; `at` in Unix seconds."""

    institution: int
    version: int
    readiness: bytes
    consent: bytes
    at: int


@dataclass(frozen=True, slots=True)
class Decline:
    """An institution will not sign a version: reason code and digest of the reason in words."""

    institution: int
    version: int
    reason: int
    text: bytes
    at: int


@dataclass(frozen=True, slots=True)
class Renewal:
    """An institution has renewed its consent commitment; `at` in Unix seconds."""

    institution: int
    consent: bytes
    at: int


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """An institution has withdrawn: reason code and digest of the reason in words."""

    institution: int
    reason: int
    text: bytes
    at: int


@dataclass(frozen=True, slots=True)
class Version:
    """A version of the terms.

    Attributes:
        number: Counted from 1.
        institution: Who put it forward.
        terms: Canonical JSON.
        signers: Institutions that signed it and have not withdrawn since, members or not.
        in_force_at: When it came into force, or `None`.
    """

    number: int
    institution: int
    terms_digest: bytes
    parameters_hash: bytes
    terms: bytes
    parameters: Parameters
    proposed_at: int
    signers: frozenset[int] = frozenset()
    in_force_at: int | None = None


@dataclass(frozen=True, slots=True)
class Participation:
    """What an institution that ever signed has done here last.

    Attributes:
        last_signed: The version it signed last.
        readiness: Digest of its last statement of readiness.
        consent: Its consent commitment; zero if it never gave one.
        consent_at: When it gave or renewed that; 0 if never.
        withdrawn: Whether it has withdrawn and not signed again.
        published: Identity of the checkpoint it published last; zero if none.
        equivocated: Whether it published another one for the same round and parent.
    """

    last_signed: int
    readiness: bytes
    consent: bytes = ZERO_DIGEST
    consent_at: int = 0
    withdrawn: bool = False
    published: bytes = ZERO_DIGEST
    equivocated: bool = False


@dataclass(frozen=True, slots=True)
class Approval:
    """A signatory is for an action; it counts while versions stand as they stood then.

    Attributes:
        subject: For an amendment, the hash of terms digest and parameters hash; otherwise zero.
        in_force: The version in force then.
        versions: How many versions there were then.
    """

    institution: int
    action: Action
    subject: bytes
    in_force: int
    versions: int
    at: int


@dataclass(frozen=True, slots=True)
class Attestation:
    """An institution's node has vouched for a checkpoint, or published it."""

    institution: int
    node: str
    level: Level
    at: int


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A published checkpoint.

    Attributes:
        parent: Identity of the final checkpoint before it; zero for the first.
        digest: Of the model, which training may leave as it was.
        attestations: Its publisher's first.
        sequence: Its number in the lineage once it is final.
    """

    identity: bytes
    round: int
    version: int
    node: str
    institution: int
    parent: bytes
    digest: bytes
    contributions: tuple[Contribution, ...]
    envelopes_root: bytes
    round_record: bytes
    at: int
    attestations: tuple[Attestation, ...] = ()
    sequence: int | None = None

    def is_attested_by(self, institution: int) -> bool:
        """Whether an institution has vouched for it."""
        return institution in [each.institution for each in self.attestations]

    def attested(self, attestation: Attestation) -> Checkpoint:
        """The checkpoint with one attestation more."""
        return self._with((*self.attestations, attestation), self.sequence)

    def final(self, sequence: int) -> Checkpoint:
        """The checkpoint as the lineage has it."""
        return self._with(self.attestations, sequence)

    def _with(self, attestations: tuple[Attestation, ...], sequence: int | None) -> Checkpoint:
        # Most of a long history are attestations, and `replace` takes three times as long.
        return Checkpoint(
            self.identity,
            self.round,
            self.version,
            self.node,
            self.institution,
            self.parent,
            self.digest,
            self.contributions,
            self.envelopes_root,
            self.round_record,
            self.at,
            attestations,
            sequence,
        )


@dataclass(frozen=True, slots=True)
class Final:
    """A final checkpoint and whom it credits.

    Attributes:
        sequence: Its number in the lineage, from 1.
        covered: Rounds since its parent.
        version: The terms under which these rounds ran.
        signatories: Each is credited with the rounds covered.
        contributions: Each is credited with the rounds it names.
    """

    sequence: int
    checkpoint: bytes
    round: int
    covered: int
    version: int
    digest: bytes
    signatories: tuple[int, ...]
    contributions: tuple[Contribution, ...]
    at: int


@dataclass(frozen=True, slots=True)
class Credit:
    """What final rounds have earned an institution, or all together."""

    signed: int
    contributed: int


@dataclass(frozen=True, slots=True)
class Equivocation:
    """An institution has published two different checkpoints for one round and parent.

    Attributes:
        node: Published the second one.
        first: Identity of the one that counts.
        second: Identity of the one that is no checkpoint, unless another publishes it.
    """

    node: str
    institution: int
    round: int
    first: bytes
    second: bytes
    at: int


@dataclass(frozen=True, slots=True)
class Revenue:
    """Revenue as declared.

    Attributes:
        number: Counted from 1.
        institution: Who declared it, and pays the shares.
        currency: ISO 4217 code.
        amount: In minor units.
        sequence: The last final checkpoint whose rounds it is split by.
        licensee: Who paid for using the model, or empty.
        licence: Digest of the licence, or zero.
    """

    number: int
    institution: int
    currency: str
    amount: int
    document: bytes
    licensee: str
    licence: bytes
    sequence: int
    at: int


@dataclass(frozen=True, slots=True)
class Line:
    """Names a share: the revenue's number, the part, and the receiver.

    The receiver is an institution's number; for a named payee `version · 2^16 + index`; for a
    remainder the version.
    """

    revenue: int
    part: Part
    receiver: int


@dataclass(frozen=True, slots=True)
class Payment:
    """A share that was paid, in minor units, and when its receiver confirmed that, if it did."""

    amount: int
    document: bytes
    paid_at: int
    confirmed_at: int | None = None

    @property
    def settlement(self) -> Settlement:
        """Where the share stands."""
        return Settlement.PAID if self.confirmed_at is None else Settlement.CONFIRMED


@dataclass(slots=True)
class Study:
    """One study. What depends on time is a method that takes the time.

    Attributes:
        number: Counted from 1.
        address: Of its contract.
        benefits: Address of its benefits contract.
        opener: The institution that opened it.
        versions: Of the terms, by number.
        in_force: The version in force; 0 only between the study's first two records.
        pending: The version put forward and not in force yet, or `None`.
        participations: By institution, for all that ever signed, in the order of first signatures.
        signatures: All, in order; so too `declines`, `withdrawals`, `renewals`, `approvals`,
            `equivocations`.
        checkpoints: Published ones by identity.
        finals: The lineage.
        payments: Shares paid.
        swarm: The swarm that the study takes place in.
    """

    number: int
    address: str
    benefits: str
    opener: int
    opened_at: int
    state: StudyState = StudyState.OPEN
    started_at: int | None = None
    closed_at: int | None = None
    in_force: int = 0
    pending: int | None = None
    versions: Mapping[int, Version] = field(default_factory=dict)
    participations: Mapping[int, Participation] = field(default_factory=dict)
    signatures: Sequence[Signature] = field(default_factory=list)
    declines: Sequence[Decline] = field(default_factory=list)
    withdrawals: Sequence[Withdrawal] = field(default_factory=list)
    renewals: Sequence[Renewal] = field(default_factory=list)
    approvals: Sequence[Approval] = field(default_factory=list)
    checkpoints: Mapping[bytes, Checkpoint] = field(default_factory=dict)
    finals: Sequence[Final] = field(default_factory=list)
    equivocations: Sequence[Equivocation] = field(default_factory=list)
    revenues: Mapping[int, Revenue] = field(default_factory=dict)
    payments: Mapping[Line, Payment] = field(default_factory=dict)
    swarm: Swarm = field(kw_only=True, repr=False, compare=False)

    # --- terms ------------------------------------------------------------------------------------

    def version(self, number: int) -> Version:
        """A version of the terms by its number.

        Raises:
            TermsVersionUnknown: There is none.
        """
        found = self.versions.get(number)
        if found is None:
            raise TermsVersionUnknown(
                f"Study {self.number} has no version {number} of its terms.",
                f"Choose one from 1 to {len(self.versions)}.",
            )
        return found

    @property
    def terms(self) -> Version:
        """The version in force.

        Raises:
            TermsVersionUnknown: None is yet, as between a study's first two records.
        """
        return self.version(self.in_force)

    def is_signatory(self, institution: int) -> bool:
        """Whether it is a member, has signed the terms in force and has not withdrawn."""
        if not self.in_force or not self.swarm.is_member(institution):
            return False
        return institution in self.versions[self.in_force].signers

    def signatories(self) -> tuple[int, ...]:
        """The signatories of the terms in force, by number."""
        return self.members_among(self.in_force) if self.in_force else ()

    def members_among(self, version: int) -> tuple[int, ...]:
        """Members that have signed a version and not withdrawn, by number."""
        signers = self.version(version).signers
        return tuple(sorted(each for each in signers if self.swarm.is_member(each)))

    def approvers(self, action: Action, subject: bytes = ZERO_DIGEST) -> tuple[int, ...]:
        """Signatories that are for an action under the version in force, by number.

        For an amendment they must have said so while versions stood as they stand.
        """
        found = []
        # Versions only go up, so what counts stands at the end.
        for each in reversed(self.approvals):
            if each.in_force != self.in_force:
                break
            if action is Action.AMEND and each.versions != len(self.versions):
                break
            if (each.action, each.subject) == (action, subject) and self.is_signatory(
                each.institution
            ):
                found.append(each.institution)
        return tuple(sorted(found))

    @property
    def seats(self) -> tuple[int, ...]:
        """Every institution that ever signed, in the order of first signatures."""
        return tuple(self.participations)

    # --- who may take part ------------------------------------------------------------------------

    def authorisation(self, node: str, at: int) -> Authorisation:
        """Whether a node may contribute, publish and attest at a time, or the reason why not.

        Args:
            node: The node key's address, with checksum.
            at: Unix seconds, not before the last record of the history.
        """
        known = self.swarm.nodes.get(node)
        if known is None:
            return Authorisation.NODE_UNKNOWN
        if known.standing is NodeStanding.REVOKED:
            return Authorisation.NODE_REVOKED
        return self.authorisation_of(known.institution, at)

    def authorisation_of(self, institution: int, at: int) -> Authorisation:
        """The same for an institution, whichever node it uses."""
        participation = self.participations.get(institution)
        # Asked for every contributor of every checkpoint: no call that can be spared.
        known = self.swarm.institutions.get(institution)
        if known is None or known.standing is not Standing.MEMBER:
            return Authorisation.NOT_MEMBER
        if participation is None:
            return Authorisation.NOT_SIGNED
        if participation.withdrawn:
            return Authorisation.WITHDRAWN
        terms = self.versions.get(self.in_force) or self.terms
        if institution not in terms.signers:
            return Authorisation.TERMS_NOT_SIGNED
        return self._authorisation_by_time(terms.parameters, participation, at)

    def _authorisation_by_time(
        self, parameters: Parameters, participation: Participation, at: int
    ) -> Authorisation:
        if self.state is StudyState.OPEN:
            return Authorisation.NOT_STARTED
        if self.state is StudyState.CLOSED:
            return Authorisation.CLOSED
        if at >= parameters.expires_at:
            return Authorisation.EXPIRED
        age = parameters.consent_max_age
        if age and at > participation.consent_at + age:
            return Authorisation.CONSENT_STALE
        return Authorisation.AUTHORISED

    # --- lineage and credit -----------------------------------------------------------------------

    @property
    def last_round(self) -> int:
        """The round of the last final checkpoint, or 0."""
        return self.finals[-1].round if self.finals else 0

    @property
    def last_digest(self) -> bytes:
        """The digest of the last final checkpoint's model, which nodes train on."""
        return self.finals[-1].digest if self.finals else ZERO_DIGEST

    @property
    def last_checkpoint(self) -> bytes:
        """The identity of the last final checkpoint, which the next one names as its parent."""
        return self.finals[-1].checkpoint if self.finals else ZERO_DIGEST

    def candidates(self) -> tuple[Checkpoint, ...]:
        """Published checkpoints that can still become final."""
        return tuple(each for each in self.checkpoints.values() if self.is_candidate(each))

    def is_candidate(self, checkpoint: Checkpoint) -> bool:
        """Whether a checkpoint can still become final: neither lineage nor terms have moved on."""
        return (checkpoint.version, checkpoint.parent) == (self.in_force, self.last_checkpoint)

    def last_sequence_of(self, version: int) -> int:
        """The number of the last final checkpoint under a version or any before it."""
        # A version that is past never comes back, so the lineage is in order of versions.
        return bisect_right(self.finals, version, key=attrgetter("version"))

    def rounds_until(self, sequence: int) -> int:
        """Final rounds up to and including the final checkpoint with a number."""
        return self.finals[sequence - 1].round if sequence else 0

    def credits(self, after: int, until: int) -> dict[int, Credit]:
        """What the final checkpoints numbered above `after`, up to `until`, earned, by number."""
        signed: dict[int, int] = {}
        contributed: dict[int, int] = {}
        for final in self.finals[after:until]:
            for institution in final.signatories:
                signed[institution] = signed.get(institution, 0) + final.covered
            for each in final.contributions:
                contributed[each.institution] = contributed.get(each.institution, 0) + each.rounds
        return {
            institution: Credit(signed.get(institution, 0), contributed.get(institution, 0))
            for institution in sorted(signed.keys() | contributed.keys())
        }

    def credit(self, institution: int, sequence: int) -> Credit:
        """What an institution has earned up to and including a final checkpoint."""
        return self.credits(0, sequence).get(institution, Credit(0, 0))

    # --- benefits ---------------------------------------------------------------------------------

    def revenue(self, number: int) -> Revenue:
        """A revenue by its number.

        Raises:
            RevenueUnknown: There is none.
        """
        found = self.revenues.get(number)
        if found is None:
            raise RevenueUnknown(
                f"Study {self.number} has no revenue {number}.",
                "List the study's revenues and take one's number.",
            )
        return found

    def settlement(self, line: Line) -> Settlement:
        """Where a share stands."""
        payment = self.payments.get(line)
        return Settlement.OPEN if payment is None else payment.settlement
