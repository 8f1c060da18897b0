"""What a contract's custom errors mean, in one sentence each, and what to do about it.

The error's name stays the code everywhere; `{…}` are its arguments.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from governance.abi import load_errors
from governance.chain.errors import Refused, RpcError
from governance.primitives import checksum_address, utc
from governance.vocabulary import (
    Authorisation,
    Level,
    Part,
    Settlement,
    Standing,
    StudyState,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from enum import IntEnum

    from governance.abi import Field

_SELECTOR = 4
_WORD = 32
_REASON = bytes.fromhex("08c379a0")
_PANIC = bytes.fromhex("4e487b71")

_NOT_MEMBER = "The account {caller} does not speak for a member."
_USE_MEMBER = "Use the account of a member; `charter member list` shows them."
_BUG = "This is a mistake in the software that sent it; report it with this message."
_SEE_STUDY = "See where the study stands with `charter study show`."
_SEE_PROPOSAL = "See where the proposal stands with `charter proposal show`."
_SEE_CHECKPOINT = "See the study's checkpoints with `charter checkpoint list`."
_SEE_BENEFITS = "See what is owed and settled with `charter benefit statement`."

SENTENCES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        # --- History
        "HistoryNotOfTheHouse": (
            "{caller} is no contract of this swarm, so it may not add to the history.",
            "Check that trust file and endpoint belong together.",
        ),
        "HistorySignatureInvalid": (
            "The countersignature is not one of the account {account}.",
            "Sign the head again with the key of that account.",
        ),
        # --- Swarm
        "SwarmFoundedAlready": (
            "The swarm is founded already.",
            "Nothing needs to be done; check it with `charter found --verify`.",
        ),
        "SwarmNotFounded": (
            "The swarm is not founded yet.",
            "Finish the founding with `charter found`.",
        ),
        "SwarmHouseIncomplete": (
            "There is no contract at {missing} yet, so the swarm cannot be founded.",
            "Run `charter found` again: it goes on where it stopped.",
        ),
        "SwarmFoundersMismatch": (
            "These are not the founders that the contracts were deployed for.",
            "Found with the list of founders that was agreed on, in the same order.",
        ),
        "SwarmNotByVote": (
            "Only a decision of the swarm may do this, not {caller} alone.",
            "Propose it with `charter propose`.",
        ),
        "SwarmNotMember": (_NOT_MEMBER, _USE_MEMBER),
        "SwarmInstitutionUnknown": (
            "No institution has the number {institution}.",
            "See `charter member list`.",
        ),
        "SwarmStandingWrong": (
            "Institution {institution} is {standing}, which does not allow this.",
            "See where it stands with `charter member show`.",
        ),
        "SwarmAddressUsed": (
            "The address {used} was used in this swarm before and cannot be used again.",
            "Make a new key and use its address.",
        ),
        "SwarmProfileInvalid": (
            "The institution's profile is malformed.",
            "Give a name of 1 to 128 bytes, a country of two capital letters, and a document.",
        ),
        "SwarmProofInvalid": (
            "The proof is not signed by the key {key}, or not for this institution.",
            "Have the key sign the proof again, for this institution and chain.",
        ),
        "SwarmDeadlineOver": (
            "The proof counted only until {deadline}.",
            "Have the key sign a new proof with a later deadline.",
        ),
        "SwarmNodeNotYours": (
            "{node} is not a registered node of your institution.",
            "See your nodes with `charter node list`.",
        ),
        "SwarmNoValidator": (
            "Institution {institution} has no validator.",
            "Nothing needs to be removed.",
        ),
        # --- SwarmGovernor
        "GovernorRulesInvalid": (
            "The voting rules are outside their bounds.",
            "Give a voting period and an expiry above zero and a quorum of 1 to 100 per cent.",
        ),
        "GovernorTargetForbidden": (
            "A proposal may call only the swarm and its governor, not {target}.",
            "Propose one of the actions that `charter propose --help` lists.",
        ),
        "GovernorNotEligible": (
            "The institution of {account} was no member when the proposal was made, or is none "
            "now.",
            "Only institutions that were members from the start of the vote on can vote.",
        ),
        "GovernorVotedAlready": (
            "Institution {institution} has voted on this proposal already.",
            "A vote cannot be changed; see it with `charter proposal show`.",
        ),
        "GovernorAlreadyCastVote": (
            "{voter} has voted on this proposal already.",
            "A vote cannot be changed; see it with `charter proposal show`.",
        ),
        "GovernorParametersForbidden": (
            "Votes carry no parameters here.",
            "Vote without parameters.",
        ),
        "GovernorNotOffered": (
            "The governor does not offer this function.",
            "Propose, vote, and execute; there is nothing else to call.",
        ),
        "GovernorNonexistentProposal": (
            "There is no such proposal ({proposalId}).",
            "See the proposals with `charter proposal list`.",
        ),
        "GovernorUnexpectedProposalState": (
            "The proposal is {current}, which does not allow this.",
            _SEE_PROPOSAL,
        ),
        "GovernorInsufficientProposerVotes": (
            "The account {proposer} does not speak for a member, so it cannot propose.",
            _USE_MEMBER,
        ),
        "GovernorRestrictedProposer": (
            "The proposal names another proposer than {proposer}.",
            "Propose it with the account that the description names.",
        ),
        "GovernorInvalidSignature": (
            "The ballot is not signed by {voter}, or was signed for another vote.",
            "Have the account sign the ballot again.",
        ),
        "GovernorInvalidVoteType": (
            "This is no way to vote.",
            "Vote for, against, or abstain.",
        ),
        "GovernorInvalidVoteParams": (
            "The ballot's parameters are malformed.",
            "Vote without parameters.",
        ),
        "GovernorInvalidProposalLength": (
            "The proposal's lists of calls differ in length or are empty.",
            "Give one target, one value and one call for each action.",
        ),
        "GovernorInvalidVotingPeriod": (
            "A voting period of {votingPeriod} seconds is not allowed.",
            "Give a period above zero.",
        ),
        "GovernorUnableToCancel": (
            "The account {account} cannot cancel this proposal.",
            "Only its proposer can, before the vote begins.",
        ),
        "GovernorOnlyExecutor": (
            "Only a decision of the swarm may do this, not {account} alone.",
            "Propose it with `charter propose`.",
        ),
        "GovernorDisabledDeposit": (
            "The governor takes no coins.",
            "Send none; nothing in this swarm costs any.",
        ),
        "GovernorProposalQueueingFailed": (
            "The proposal cannot be queued.",
            "Execute it; nothing is queued here.",
        ),
        "GovernorProposalQueueingNotRequired": (
            "Proposals are not queued here.",
            "Execute it with `charter execute`.",
        ),
        "GovernorAlreadyQueuedProposal": (
            "Proposals are not queued here.",
            "Execute it with `charter execute`.",
        ),
        "GovernorAlreadyInitializedLatestProposalId": (
            "The governor's count of proposals is set already.",
            _BUG,
        ),
        # --- Relay
        "RelayDeadlineOver": (
            "The signed act could be sent only until {deadline}.",
            "Have it signed again with a later deadline.",
        ),
        "RelaySignatureInvalid": (
            "The act is not signed by {from}, or was signed for another swarm or chain.",
            "Have the account sign it again, for this swarm.",
        ),
        "RelayTargetForbidden": (
            "The signed act calls {to}, which is no contract of this swarm.",
            "Check that trust file and endpoint belong together, and have it signed again.",
        ),
        "InvalidAccountNonce": (
            "The act that {account} signed was done already, or is out of turn.",
            "See whether it was done; if not, have it signed again with an unused nonce.",
        ),
        # --- Studies and Study
        "StudiesNotMember": (_NOT_MEMBER, _USE_MEMBER),
        "StudyInitialised": ("The study is set up already.", _SEE_STUDY),
        "StudyParametersInvalid": (
            "What the terms ask to be enforced contradicts itself or exceeds the bounds.",
            "Check the numbers and the expiry in the terms, then try again.",
        ),
        "StudyTermsSizeWrong": (
            "The terms take {size} bytes, which is nothing or too much.",
            "Shorten the terms; long documents stay home and enter by their digest.",
        ),
        "StudyNotMember": (_NOT_MEMBER, _USE_MEMBER),
        "StudyNotEligible": (
            "Kind, sector or country of institution {institution} do not fit the terms.",
            "Read who may take part with `charter study show`.",
        ),
        "StudyVersionWrong": (
            "Version {version} of the terms cannot be signed or declined now.",
            "See which version is in force or pending with `charter study show`.",
        ),
        "StudyTermsMismatch": (
            "The terms signed are not those of this version.",
            "Read the terms again with `charter study show`, then sign what stands there.",
        ),
        "StudySignedAlready": (
            "Institution {institution} has signed version {version} already.",
            "Nothing needs to be done; `charter study show` lists the signatories.",
        ),
        "StudyNotSignatory": (
            "Institution {institution} is no signatory of the study.",
            "Sign the terms in force first, with `charter study sign`.",
        ),
        "StudyTooManySignatories": (
            "With one more signatory the quorum would be no majority, or the study is full.",
            "Propose terms with a higher quorum, or open another study.",
        ),
        "StudyTooFewSignatories": (
            "The study has {signatories} signatories and needs {needed}.",
            "Wait until more have signed; `charter wait` tells you when.",
        ),
        "StudyConsentMismatch": (
            "The terms ask for a consent commitment and there is none, or the other way round.",
            "Give a consent commitment exactly where the terms ask for one.",
        ),
        "StudyStateWrong": ("The study is {state}, which does not allow this.", _SEE_STUDY),
        "StudyExpired": (
            "The terms expired at {expiresAt}.",
            "Put forward terms with a later expiry, with `charter study amend`.",
        ),
        "StudyNotAuthorised": (
            "Institution {institution} is not authorised in this study: {reason}.",
            _SEE_STUDY,
        ),
        "StudyApprovedAlready": (
            "Institution {institution} has approved this already.",
            "Wait for the other signatories.",
        ),
        "StudyRoundWrong": (
            "Round {round} is not after the last final one and the last that your institution "
            "published, or is beyond the terms' last.",
            _SEE_CHECKPOINT,
        ),
        "StudyParentWrong": (
            "The parent {parent} is not the last final checkpoint.",
            "Train on from the last final checkpoint; `charter checkpoint list` shows it.",
        ),
        "StudyContributionsInvalid": (
            "The contributions are too few, not in the order of first signatures, or claim "
            "impossible rounds.",
            "Name each contributor once, in the order in which they first signed the study.",
        ),
        "StudyDigestMissing": ("A digest is zero.", "Give the digest of the document or model."),
        "StudyPublishedAlready": (
            "The checkpoint {checkpoint} is published already.",
            "Attest it with `charter attest` if you agree.",
        ),
        "StudyEquivocatedAlready": (
            "Institution {institution} has published two checkpoints of round {round} already.",
            "Attest the one that is right, or publish the next round; see `charter checkpoint "
            "list`.",
        ),
        "StudyCheckpointUnknown": (
            "There is no checkpoint {checkpoint}.",
            _SEE_CHECKPOINT,
        ),
        "StudyCheckpointSuperseded": (
            "The checkpoint {checkpoint} can no longer become final.",
            _SEE_CHECKPOINT,
        ),
        "StudyAttestedAlready": (
            "Institution {institution} has attested the checkpoint {checkpoint} already.",
            "Nothing needs to be done.",
        ),
        "StudyLevelTooLow": (
            "The attestation claims {level}; the terms ask for {needed}.",
            "Check as much as the terms ask, then attest at that level.",
        ),
        "StudyTooManyVersions": (
            "The study has had as many versions of its terms in force as it can have.",
            "Close it and open another one.",
        ),
        # --- Benefits
        "BenefitsInitialised": ("The study's benefits are set up already.", _SEE_BENEFITS),
        "BenefitsNotStudy": (
            "Only the study itself may say how its revenues are split, not {caller}.",
            "Put terms forward with `charter study amend`.",
        ),
        "BenefitsSharesInvalid": (
            "The terms' shares do not sum to the whole, name nobody, or exceed the bounds.",
            "Check shares, weights, payees and who gets the remainder, then try again.",
        ),
        "BenefitsNotEntitled": (
            "The account {caller} speaks neither for a signatory nor for the study's opener.",
            "Use the account of a signatory that is a member.",
        ),
        "BenefitsNothingEarned": (
            "No round is final yet, so nobody has earned anything.",
            "Declare the revenue after the first final checkpoint.",
        ),
        "BenefitsRevenueInvalid": (
            "The revenue's amount, currency, document or licensee is malformed.",
            "Give an amount above zero, a currency of three capital letters, and a document.",
        ),
        "BenefitsRevenueUnknown": ("There is no revenue {revenue}.", _SEE_BENEFITS),
        "BenefitsNotPayer": (
            "The account {caller} does not speak for the institution that declared the revenue.",
            "Only who declared a revenue pays its shares.",
        ),
        "BenefitsNotReceiver": (
            "The account {caller} is not owed this share.",
            "Only who is owed a share confirms it.",
        ),
        "BenefitsNothingOwed": (
            "Nothing is owed to {receiver} of revenue {revenue} ({part}).",
            _SEE_BENEFITS,
        ),
        "BenefitsSettlementWrong": (
            "The share is {settlement}, which does not allow this.",
            _SEE_BENEFITS,
        ),
        # --- OpenZeppelin's libraries
        "AddressEmptyCode": (
            "There is no contract at {target}.",
            "Check that trust file and endpoint belong together.",
        ),
        "CheckpointUnorderedInsertion": (
            "The chain's clock went back.",
            "Wait until the chain's time has passed that of its last block.",
        ),
        "CloneArgumentsTooLong": ("A contract could not be created.", _BUG),
        "FailedCall": (
            "What the proposal, or the signed act, calls fails without saying why.",
            "See what it calls with `charter proposal show`; make it anew if it is wrong.",
        ),
        "FailedDeployment": ("A contract could not be created.", _BUG),
        "InsufficientBalance": ("The call carries coins, which nobody here has.", _BUG),
        "InvalidShortString": ("A short text is malformed.", _BUG),
        "SafeCastOverflowedUintDowncast": (
            "The number {value} does not fit {bits} bits.",
            "Give a smaller number.",
        ),
        "StringTooLong": ("A text is too long.", "Shorten it."),
    }
)
"""By the custom error's name: what is wrong, and what to do."""

_PROPOSAL_STATES = (
    "pending",
    "active",
    "cancelled",
    "defeated",
    "succeeded",
    "queued",
    "expired",
    "executed",
)

_PANICS = MappingProxyType({0x11: "a number overflows", 0x12: "it divides by zero"})


def refusal(error: RpcError) -> Refused | None:
    """A node's error as the refusal of a contract, if it is one."""
    found = error.data
    if isinstance(found, dict):
        found = found.get("data")
    if isinstance(found, str) and found.startswith("0x"):
        try:
            raw = bytes.fromhex(found[2:])
        except ValueError:
            return None
        if raw:
            return refusal_of(raw)
    return _unexplained() if "revert" in error.text.lower() else None


def refusal_of(data: bytes) -> Refused:
    """The refusal in a revert's data."""
    declaration = load_errors().get(data[:_SELECTOR])
    if declaration is None:
        return _builtin(data)
    body = data[_SELECTOR:]
    arguments: dict[str, Any] = {}
    for index, field in enumerate(declaration.inputs):
        word = body[_WORD * index : _WORD * (index + 1)]
        arguments[field.name] = _value(declaration.name, field, word)
    message, remedy = SENTENCES[declaration.name]
    return Refused(declaration.name, message.format(**arguments), remedy, arguments)


def refused(code: str, **arguments: Any) -> Refused:
    """A contract's refusal, in its own words, of what is known here that it would refuse."""
    message, remedy = SENTENCES[code]
    return Refused(code, message.format(**arguments), remedy, arguments)


def _value(error: str, field: Field, word: bytes) -> Any:
    if field.type == "address":
        return checksum_address(word[12:].rjust(20, b"\0"))
    if field.type.startswith("bytes"):
        return "0x" + word.hex()
    number = int.from_bytes(word, "big")
    spoken = _SPOKEN.get((error, field.name))
    return number if spoken is None else spoken(number)


def _builtin(data: bytes) -> Refused:
    if data[:_SELECTOR] == _PANIC:
        number = int.from_bytes(data[_SELECTOR:], "big")
        what = _PANICS.get(number, f"panic 0x{number:02x}")
        return Refused("RefusedByPanic", f"The contract stops: {what}.", _BUG)
    if data[:_SELECTOR] == _REASON:
        size = int.from_bytes(data[36:68], "big")
        text = data[68 : 68 + size].decode("utf-8", "replace")
        return Refused(
            "RefusedWithReason",
            f"The contract refuses: {text}.",
            "Check what was sent against the contract's rules.",
        )
    return _unexplained()


def _unexplained() -> Refused:
    return Refused(
        "RefusedUnexplained",
        "The contract refuses and does not say why.",
        "Check that the address is a contract of this swarm and the arguments are right.",
    )


def _word(kind: type[IntEnum]) -> Callable[[int], str]:
    def spoken(number: int) -> str:
        try:
            return kind(number).name.lower().replace("_", " ")
        except ValueError:
            return str(number)

    return spoken


def _proposal_state(number: int) -> str:
    return _PROPOSAL_STATES[number] if number < len(_PROPOSAL_STATES) else str(number)


_SPOKEN: Mapping[tuple[str, str], Callable[[int], str]] = MappingProxyType(
    {
        ("SwarmStandingWrong", "standing"): _word(Standing),
        ("SwarmDeadlineOver", "deadline"): utc,
        ("RelayDeadlineOver", "deadline"): utc,
        ("StudyExpired", "expiresAt"): utc,
        ("StudyStateWrong", "state"): _word(StudyState),
        ("StudyNotAuthorised", "reason"): _word(Authorisation),
        ("StudyLevelTooLow", "level"): _word(Level),
        ("StudyLevelTooLow", "needed"): _word(Level),
        ("BenefitsNothingOwed", "part"): _word(Part),
        ("BenefitsSettlementWrong", "settlement"): _word(Settlement),
        ("GovernorUnexpectedProposalState", "current"): _proposal_state,
    }
)
"""Numbers that are spoken as words or times."""
