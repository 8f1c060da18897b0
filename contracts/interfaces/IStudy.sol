// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {
    Action,
    Authorisation,
    Contribution,
    Credit,
    Earnings,
    Level,
    Parameters,
    Publication,
    StudyState
} from "./Types.sol";

// In an interface a parameter hides nothing: there is no code.
// slither-disable-start shadowing-local

/// @title One research question
interface IStudy {
    /// @notice A version of the terms is put forward; it can be signed from now on.
    event TermsProposed(
        uint32 indexed version,
        uint32 indexed institution,
        bytes32 termsDigest,
        bytes32 parametersHash,
        bytes terms,
        Parameters parameters
    );
    /// @notice A version of the terms is in force; nodes of those who have not signed it are not authorised.
    event TermsInForce(uint32 indexed version);
    /// @notice An institution has signed a version.
    event TermsSigned(
        uint32 indexed institution,
        uint32 indexed version,
        bytes32 termsDigest,
        bytes32 parametersHash,
        bytes32 readiness,
        bytes32 consent
    );
    /// @notice An institution will not sign a version.
    event TermsDeclined(uint32 indexed institution, uint32 indexed version, uint8 reason, bytes32 text);
    /// @notice An institution has withdrawn from the study.
    event StudyWithdrawn(uint32 indexed institution, uint8 reason, bytes32 text);
    /// @notice An institution has renewed its consent commitment.
    event ConsentRenewed(uint32 indexed institution, bytes32 consent);
    /// @notice A signatory is for an action; it happens when the opener, or more than half of the signatories, are. Where
    ///         a departure has made them more than half, one of them asks for the action again.
    event ActionApproved(uint32 indexed institution, Action indexed action, bytes32 subject);
    /// @notice Training may begin.
    event StudyStarted();
    /// @notice The study is over.
    event StudyClosed();
    /// @notice A node announces a merged model, and vouches for it at the highest level.
    event CheckpointPublished(
        bytes32 indexed checkpoint,
        uint32 indexed round,
        address indexed node,
        uint32 institution,
        uint32 version,
        bytes32 parent,
        bytes32 digest,
        Contribution[] contributions,
        bytes32 envelopesRoot,
        bytes32 roundRecord
    );
    /// @notice An institution's node vouches for a published checkpoint.
    event CheckpointAttested(bytes32 indexed checkpoint, uint32 indexed institution, address indexed node, Level level);
    /// @notice A checkpoint has its quorum and is the lineage's next.
    event CheckpointFinal(bytes32 indexed checkpoint, uint32 indexed round, uint32 sequence);
    /// @notice An institution has published a second, different checkpoint for one round, by this node.
    event EquivocationRecorded(
        address indexed node, uint32 indexed round, uint32 indexed institution, bytes32 checkpoint
    );

    /// @notice The clone is initialised already, or this is the implementation.
    error StudyInitialised();
    /// @notice The parameters contradict themselves or exceed the bounds.
    error StudyParametersInvalid();
    /// @notice The terms are empty or larger than `MAX_TERMS` bytes.
    error StudyTermsSizeWrong(uint256 size);
    /// @notice The caller does not speak for a member.
    error StudyNotMember(address caller);
    /// @notice Kind, sector or country do not fit the terms.
    error StudyNotEligible(uint32 institution);
    /// @notice This version can be signed no more or not yet.
    error StudyVersionWrong(uint32 version);
    /// @notice The digest of the terms or the hash of the parameters is not this version's.
    error StudyTermsMismatch();
    /// @notice The institution has signed this version already.
    error StudySignedAlready(uint32 institution, uint32 version);
    /// @notice The institution is no signatory.
    error StudyNotSignatory(uint32 institution);
    /// @notice With one more the quorum would be no majority of the signatories, or the study is full.
    error StudyTooManySignatories();
    /// @notice There are too few signatories.
    error StudyTooFewSignatories(uint256 signatories, uint256 needed);
    /// @notice The terms ask for a consent commitment and there is none, or the other way round.
    error StudyConsentMismatch();
    /// @notice The study's state does not allow this.
    error StudyStateWrong(StudyState state);
    /// @notice The terms have expired.
    error StudyExpired(uint256 expiresAt);
    /// @notice A node, or a contributor of it, is not authorised.
    error StudyNotAuthorised(uint32 institution, Authorisation reason);
    /// @notice The institution has approved this already, and those who did are no majority.
    error StudyApprovedAlready(uint32 institution);
    /// @notice The round is not after the last final one, beyond the last that the terms allow, or before one that the
    ///         institution has published already.
    error StudyRoundWrong(uint32 round);
    /// @notice The parent is not the last final checkpoint.
    error StudyParentWrong(bytes32 parent);
    /// @notice The contributions are too few, not in the order of the first signatures, or claim impossible rounds.
    error StudyContributionsInvalid();
    /// @notice A digest is zero.
    error StudyDigestMissing();
    /// @notice This very checkpoint is published already.
    error StudyPublishedAlready(bytes32 checkpoint);
    /// @notice The institution's equivocation in this round is on record already.
    error StudyEquivocatedAlready(uint32 institution, uint32 round);
    /// @notice No such checkpoint is published.
    error StudyCheckpointUnknown(bytes32 checkpoint);
    /// @notice The checkpoint cannot become final any more: the lineage or the terms have moved on.
    error StudyCheckpointSuperseded(bytes32 checkpoint);
    /// @notice The institution has attested this checkpoint already.
    error StudyAttestedAlready(uint32 institution, bytes32 checkpoint);
    /// @notice The terms ask for a higher level of attestation.
    error StudyLevelTooLow(Level level, Level needed);
    /// @notice No more versions of the terms can come into force.
    error StudyTooManyVersions();

    /// @notice Sets up a clone, once. Only `Studies`.
    /// @dev Emits `TermsProposed` and `TermsInForce`. Reverts with `StudyInitialised`, `StudyTermsSizeWrong`,
    ///      `StudyParametersInvalid`, `BenefitsSharesInvalid`.
    /// @param opener Number of the institution that opens the study.
    /// @param benefits The study's benefits contract.
    /// @param terms Canonical JSON (RFC 8785) of the terms.
    /// @param parameters What the contract enforces of them.
    function initialize(uint32 opener, address benefits, bytes calldata terms, Parameters calldata parameters) external;

    /// @notice Signs a version of the terms: the one in force, or the one pending. Only eligible members.
    /// @dev Emits `TermsSigned`, and `TermsInForce` if that puts the version in force. Reverts with `StudyNotMember`,
    ///      `StudyStateWrong`, `StudyVersionWrong`, `StudyTermsMismatch`, `StudyExpired`, `StudyNotEligible`,
    ///      `StudyDigestMissing`, `StudyConsentMismatch`, `StudySignedAlready`, `StudyTooManySignatories`.
    /// @param version Which.
    /// @param termsDigest SHA-256 of its canonical terms.
    /// @param parametersHash keccak256 of its ABI-encoded parameters.
    /// @param readiness Digest of the institution's statement of readiness, which stays home.
    /// @param consent Salted Merkle root over the patients' consents; zero where the terms ask for none.
    function sign(uint32 version, bytes32 termsDigest, bytes32 parametersHash, bytes32 readiness, bytes32 consent)
        external;

    /// @notice Says that the member will not sign a version. Only members that have not signed it.
    /// @dev Emits `TermsDeclined`. Reverts with `StudyNotMember`, `StudyStateWrong`, `StudyVersionWrong`,
    ///      `StudySignedAlready`.
    /// @param reason The reason's code, as the library lists them.
    /// @param text Digest of the reason in words, which stay with the institutions, or zero.
    /// @param version Which.
    function decline(uint32 version, uint8 reason, bytes32 text) external;

    /// @notice Withdraws from the study, at any time; from this block on none of the institution's nodes is authorised.
    /// @dev Whoever signed any version and has not withdrawn since, member or not. Emits `StudyWithdrawn`. Reverts with
    ///      `StudyNotSignatory`.
    /// @param reason The reason's code, as the library lists them.
    /// @param text Digest of the reason in words, which stay with the institutions, or zero.
    function withdraw(uint8 reason, bytes32 text) external;

    /// @notice Renews the consent commitment. Only members that have not withdrawn and have signed a version, in force or
    ///         pending, that asks for one.
    /// @dev Emits `ConsentRenewed`. Reverts with `StudyNotMember`, `StudyNotSignatory`, `StudyConsentMismatch`.
    /// @param consent Salted Merkle root over the patients' consents.
    function renewConsent(bytes32 consent) external;

    /// @notice Starts training: the opener while a signatory, or more than half of the signatories.
    /// @dev Emits `ActionApproved`, and `StudyStarted` when it happens. Reverts with `StudyStateWrong`, `StudyExpired`,
    ///      `StudyTooFewSignatories`, `StudyNotMember`, `StudyNotSignatory`,
    ///      `StudyApprovedAlready`.
    function start() external;

    /// @notice Puts forward other terms: the opener while a signatory, or more than half of the signatories. They come
    ///         into force when their minimum has signed them, and more than half of the signatories of the terms in
    ///         force; the terms in force stay so until then.
    /// @dev Emits `ActionApproved`, and `TermsProposed` when it happens. Reverts with `StudyStateWrong`,
    ///      `StudyNotMember`, `StudyNotSignatory`, `StudyApprovedAlready`, `StudyTermsSizeWrong`,
    ///      `StudyParametersInvalid`, `BenefitsSharesInvalid`, `StudyTooManyVersions`.
    /// @param terms Canonical JSON (RFC 8785) of the terms.
    /// @param parameters What the contract enforces of them.
    function amend(bytes calldata terms, Parameters calldata parameters) external;

    /// @notice Ends the study: the opener while a signatory, or more than half of the signatories.
    /// @dev Emits `ActionApproved`, and `StudyClosed` when it happens. Reverts with `StudyStateWrong`,
    ///      `StudyNotMember`, `StudyNotSignatory`, `StudyApprovedAlready`.
    function close() external;

    /// @notice Publishes a checkpoint; counts as its institution's attestation at the highest level. Only authorised
    ///         nodes, an institution's rounds ascending. A second, different one of an institution for the same round,
    ///         on the same parent, is recorded as equivocation and is no checkpoint, unless another institution
    ///         publishes it.
    /// @dev Emits `CheckpointPublished`, and `CheckpointFinal` where one attestation is the quorum; or
    ///      `EquivocationRecorded`. Reverts with `StudyNotAuthorised`, `StudyRoundWrong`, `StudyParentWrong`,
    ///      `StudyDigestMissing`, `StudyContributionsInvalid`, `StudyPublishedAlready`, `StudyEquivocatedAlready`.
    /// @param publication What the node announces.
    /// @return checkpoint Its identity: keccak256 of version and publication.
    function publish(Publication calldata publication) external returns (bytes32 checkpoint);

    /// @notice Vouches for a checkpoint. Only authorised nodes, one attestation an institution.
    /// @dev Emits `CheckpointAttested`, and `CheckpointFinal` with the quorum. Reverts with `StudyNotAuthorised`,
    ///      `StudyCheckpointUnknown`, `StudyCheckpointSuperseded`, `StudyLevelTooLow`, `StudyAttestedAlready`.
    /// @param checkpoint Its identity.
    /// @param level What the attester has checked.
    function attest(bytes32 checkpoint, Level level) external;

    /// @notice Whether a node may contribute, publish and attest now, or the reason why not.
    /// @param node The node key's address.
    function authorisation(address node) external view returns (Authorisation);

    /// @notice The same for an institution, whichever node it uses.
    /// @param institution Its number.
    function authorisationOf(uint32 institution) external view returns (Authorisation);

    /// @notice Where the study stands.
    function state() external view returns (StudyState);

    /// @notice The institution that opened the study.
    function opener() external view returns (uint32);

    /// @notice The study's benefits contract.
    function benefits() external view returns (address);

    /// @notice The version of the terms in force, and the one pending or zero.
    function versions() external view returns (uint32 inForce, uint32 pending);

    /// @notice The versions that ever came into force, in order.
    function versionsInForce() external view returns (uint32[] memory);

    /// @notice A version's digest of the terms and hash of the parameters.
    /// @param version Which, counted from 1.
    function termsOf(uint32 version) external view returns (bytes32 termsDigest, bytes32 parametersHash);

    /// @notice A version's enforced parameters, but for its shares: see `IBenefits.sharesOf`.
    /// @param version Which, counted from 1.
    function parametersOf(uint32 version) external view returns (Parameters memory);

    /// @notice Whether the institution is a member, has signed the terms in force and has not withdrawn.
    /// @param institution Its number.
    function isSignatory(uint32 institution) external view returns (bool);

    /// @notice The signatories of the terms in force, in no order.
    function signatories() external view returns (uint32[] memory);

    /// @notice Every institution that ever signed, in the order of first signatures.
    function seats() external view returns (uint32[] memory);

    /// @notice Round, identity and number of the last final checkpoint; zeros if there is none.
    function lineageHead() external view returns (uint32 round, bytes32 checkpoint, uint32 sequence);

    /// @notice The final checkpoints under a version: those numbered above `first`, up to and including `last`.
    /// @param version Which, counted from 1.
    function spanOf(uint32 version) external view returns (uint32 first, uint32 last);

    /// @notice What an institution has earned up to and including the final checkpoint with a number.
    /// @param institution Its number.
    /// @param sequence Of a final checkpoint, counted from 1.
    /// @return signed Rounds covered by the checkpoints at whose finality it was a signatory.
    /// @return contributed Final rounds that it contributed to.
    function credit(uint32 institution, uint32 sequence) external view returns (uint256 signed, uint256 contributed);

    /// @notice The same for all institutions together, and the rounds themselves.
    /// @param sequence Of a final checkpoint, counted from 1.
    function creditTotal(uint32 sequence) external view returns (uint256 rounds, uint256 signed, uint256 contributed);

    /// @notice What a version's final rounds have earned up to a final checkpoint, and what an institution has of it.
    /// @param version Which, counted from 1.
    /// @param sequence Of a final checkpoint, counted from 1.
    /// @param institution Its number.
    function earnings(uint32 version, uint32 sequence, uint32 institution)
        external
        view
        returns (Earnings memory all, Credit memory own);

    /// @notice What each institution that ever signed has of a version's earnings.
    /// @param version Which, counted from 1.
    /// @param sequence Of a final checkpoint, counted from 1.
    /// @return institutions Their numbers, in the order of first signatures, after a zero.
    /// @return signed Rounds covered by the checkpoints at whose finality each was a signatory.
    /// @return contributed Rounds to which each contributed.
    function credits(uint32 version, uint32 sequence)
        external
        view
        returns (uint32[] memory institutions, uint256[] memory signed, uint256[] memory contributed);
}

// slither-disable-end shadowing-local
