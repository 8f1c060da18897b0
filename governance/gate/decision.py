"""What the gate answers."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final, NamedTuple, TypedDict

from governance.primitives import from_hex, to_hex

if TYPE_CHECKING:
    from collections.abc import Mapping

    from governance.vocabulary import Authorisation


class Reason(StrEnum):
    """Why an update may be merged or may not: the first rule that an envelope breaks.

    Those from `HistoryRewound` to `ChainFrozen` tell of the view (`OF_VIEW`); but for the last two
    they are the names of what a refresh can find wrong (`gate.faults`). Those from `NodeUnknown` to
    `ConsentStale` are the contract's own (`Authorisation`).
    """

    AUTHORISED = "Authorised"
    HISTORY_REWOUND = "HistoryRewound"
    HISTORY_HEAD_MISMATCH = "HistoryHeadMismatch"
    HISTORY_MALFORMED = "HistoryMalformed"
    HISTORY_INCONSISTENT = "HistoryInconsistent"
    BLOCK_NOT_SEALED = "BlockNotSealed"
    HEADER_INVALID = "HeaderInvalid"
    STATE_NOT_PROVEN = "StateNotProven"
    ENDPOINTS_DISAGREE = "EndpointsDisagree"
    ENDPOINT_CONTRADICTED = "EndpointContradicted"
    CHAIN_FOREIGN = "ChainForeign"
    HOUSE_MISSING = "HouseMissing"
    REFRESH_FAILED = "RefreshFailed"
    CHAIN_UNREACHABLE = "ChainUnreachable"
    CHAIN_LOGIN_REFUSED = "ChainLoginRefused"
    CERTIFICATE_REFUSED = "CertificateRefused"
    CHAIN_ANSWER_INVALID = "ChainAnswerInvalid"
    CHAIN_REQUEST_FAILED = "ChainRequestFailed"
    ENDPOINTS_BEHIND = "EndpointsBehind"
    STALE_VIEW = "StaleView"
    CHAIN_FROZEN = "ChainFrozen"
    FOREIGN_CHAIN = "ForeignChain"
    FOREIGN_STUDY = "ForeignStudy"
    SIGNATURE_INVALID = "SignatureInvalid"
    WRONG_ROUND = "WrongRound"
    AHEAD_OF_VIEW = "AheadOfView"
    NODE_UNKNOWN = "NodeUnknown"
    EQUIVOCATION = "Equivocation"
    NODE_REVOKED = "NodeRevoked"
    NOT_MEMBER = "NotMember"
    NOT_SIGNED = "NotSigned"
    WITHDRAWN = "Withdrawn"
    TERMS_NOT_SIGNED = "TermsNotSigned"
    NOT_STARTED = "NotStarted"
    CLOSED = "Closed"
    EXPIRED = "Expired"
    CONSENT_STALE = "ConsentStale"
    TERMS_MISMATCH = "TermsMismatch"
    WRONG_VERSION = "WrongVersion"
    WRONG_PARENT = "WrongParent"
    RECORDS_FORBIDDEN = "RecordsForbidden"
    RECORDS_MISSING = "RecordsMissing"
    DEADLINE_OVER = "DeadlineOver"
    UPDATE_MISMATCH = "UpdateMismatch"
    UNKNOWN = "Unknown"

    @classmethod
    def of(cls, authorisation: Authorisation) -> Reason:
        """The contract's answer under its own name."""
        return cls[authorisation.name]


AWAY: Final = frozenset(
    {
        Reason.CHAIN_UNREACHABLE,
        Reason.CHAIN_LOGIN_REFUSED,
        Reason.CERTIFICATE_REFUSED,
        Reason.CHAIN_ANSWER_INVALID,
        Reason.CHAIN_REQUEST_FAILED,
        Reason.ENDPOINTS_BEHIND,
        Reason.CHAIN_FROZEN,
    }
)
"""The chain cannot be asked, or tells nothing new: what is known counts until it is too old."""

LIES: Final = frozenset(
    {
        Reason.HISTORY_REWOUND,
        Reason.HISTORY_HEAD_MISMATCH,
        Reason.HISTORY_MALFORMED,
        Reason.HISTORY_INCONSISTENT,
        Reason.BLOCK_NOT_SEALED,
        Reason.HEADER_INVALID,
        Reason.STATE_NOT_PROVEN,
        Reason.ENDPOINTS_DISAGREE,
        Reason.ENDPOINT_CONTRADICTED,
        Reason.CHAIN_FOREIGN,
        Reason.HOUSE_MISSING,
    }
)
"""Somebody shows what the chain cannot have written: nothing is merged at once."""

OF_VIEW: Final = AWAY | LIES | {Reason.STALE_VIEW, Reason.REFRESH_FAILED}
"""Reasons that tell of what the gate knows of the history, whatever an envelope says."""

PASSING: Final = OF_VIEW | frozenset(
    {
        Reason.FOREIGN_CHAIN,
        Reason.FOREIGN_STUDY,
        Reason.SIGNATURE_INVALID,
        Reason.WRONG_ROUND,
        Reason.AHEAD_OF_VIEW,
        Reason.NODE_UNKNOWN,
        Reason.UPDATE_MISMATCH,
        Reason.UNKNOWN,
    }
)
"""Reasons that tell of the gate, or of a stranger, and so use up no attempt.

The same envelope is judged anew the next time. Remembering an answer to strangers would let them
fill the memory.
"""


UNASKED: Final = OF_VIEW | frozenset(
    {
        Reason.FOREIGN_CHAIN,
        Reason.FOREIGN_STUDY,
        Reason.SIGNATURE_INVALID,
        Reason.WRONG_ROUND,
        Reason.UNKNOWN,
    }
)
"""Reasons that leave open whether the envelope's round and attempt were the open ones."""


class DecisionJson(TypedDict):
    """A decision as the evidence log and the command line write it."""

    accepted: bool
    reason: str
    institution: int
    node: str
    envelopeDigest: str
    length: int
    head: str
    at: int


class Decision(NamedTuple):
    """The gate's answer to one envelope.

    Attributes:
        reason: `Reason.AUTHORISED`, or why the update may not be merged.
        institution: Number of the node's institution; 0 if there is none.
        node: The node that the envelope names.
        envelope_digest: What the node signed, 32 bytes.
        length: Length of the history that the decision rests on.
        head: Head of that history, 32 bytes.
        at: Unix seconds: the later of the newest block's time and the gate's clock.
        repeated: Whether this very envelope was answered before; then nothing new is to be merged.
    """

    reason: Reason
    institution: int
    node: str
    envelope_digest: bytes
    length: int
    head: bytes
    at: int
    repeated: bool = False

    @property
    def accepted(self) -> bool:
        """Whether the update may be merged."""
        return self.reason is Reason.AUTHORISED

    @property
    def lasts(self) -> bool:
        """Whether the envelope has used up its attempt, and is answered the same from now on."""
        return self.reason not in PASSING

    @property
    def met_round(self) -> bool:
        """Whether the envelope came while its round and attempt were open."""
        return self.reason not in UNASKED

    def as_json(self) -> DecisionJson:
        """The decision as plain data; whether it was a repetition is no part of the evidence."""
        return {
            "accepted": self.accepted,
            "reason": self.reason.value,
            "institution": self.institution,
            "node": self.node,
            "envelopeDigest": to_hex(self.envelope_digest),
            "length": self.length,
            "head": to_hex(self.head),
            "at": self.at,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, object]) -> Decision:
        """The decision that plain data describe.

        Raises:
            ValueError: If a field is missing or malformed (`HexInvalid` for digests).
        """
        match data:
            case {
                "accepted": bool(accepted),
                "reason": str(reason),
                "institution": int(institution),
                "node": str(node),
                "envelopeDigest": str(digest),
                "length": int(length),
                "head": str(head),
                "at": int(at),
            }:
                decision = cls(
                    reason=Reason(reason),
                    institution=institution,
                    node=node,
                    envelope_digest=from_hex(digest, 32, "envelope digest"),
                    length=length,
                    head=from_hex(head, 32, "head"),
                    at=at,
                )
            case _:
                raise ValueError("a field of the decision is missing or of the wrong type")
        if decision.accepted is not accepted:
            raise ValueError("the decision contradicts its own reason")
        return decision
