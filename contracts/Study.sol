// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Checkpoints} from "@openzeppelin/contracts/utils/structs/Checkpoints.sol";
import {EnumerableSet} from "@openzeppelin/contracts/utils/structs/EnumerableSet.sol";
import {Recorder} from "./Recorder.sol";
import {TermsRules} from "./TermsRules.sol";
import {IStudy} from "./interfaces/IStudy.sol";
import {ISwarm} from "./interfaces/ISwarm.sol";
import {
    Action,
    Authorisation,
    Contribution,
    Kind,
    Level,
    NodeStanding,
    Parameters,
    Publication,
    Sector,
    Shares,
    Standing,
    StudyState
} from "./interfaces/Types.sol";

/// @title One research question
/// @notice Terms and who signed them, the rounds' checkpoints and who vouched for them, and what final rounds earned.
///         Every loop is bounded by `MAX_SIGNATORIES` or `MAX_VERSIONS`, never by the length of the history.
contract Study is IStudy, Recorder {
    using Checkpoints for Checkpoints.Trace224;
    using EnumerableSet for EnumerableSet.UintSet;

    struct Version {
        bytes32 termsDigest;
        bytes32 parametersHash;
        Parameters parameters;
        EnumerableSet.UintSet signers;
        uint32 lastSequence;
    }

    struct Participation {
        uint32 lastSigned;
        uint48 consentAt;
        bool withdrawn;
    }

    struct Checkpoint {
        uint32 round;
        /// @dev Zero where it was published as an equivocation alone, which is no candidate.
        uint32 version;
        /// @dev Final checkpoints before it. The parent's digest does not say where in the lineage it stands: a model
        ///      that training leaves unchanged has its parent's.
        uint32 sequence;
        bytes32 digest;
        Contribution[] contributions;
        EnumerableSet.UintSet attesters;
        /// @dev Nodes that had published another one before.
        mapping(address node => bool) equivocators;
    }

    /// @notice Signatories a study can have.
    uint256 public constant MAX_SIGNATORIES = 256;
    /// @notice Versions of the terms a study can have.
    uint32 public constant MAX_VERSIONS = 32;
    /// @notice Bytes of canonical terms.
    uint256 public constant MAX_TERMS = 24_576;

    /// @notice Whose members take part.
    ISwarm public immutable SWARM;
    /// @notice Who may initialise clones.
    address public immutable STUDIES;

    /// @inheritdoc IStudy
    uint32 public opener;
    /// @inheritdoc IStudy
    StudyState public state;
    uint32 private _inForce;
    uint32 private _pending;
    uint32 private _versionCount;
    uint32 private _lastRound;
    uint32 private _sequence;
    /// @inheritdoc IStudy
    address public benefits;
    bytes32 private _lastDigest;

    mapping(uint32 version => Version) private _versions;
    mapping(uint32 institution => Participation) private _participations;
    mapping(bytes32 subject => EnumerableSet.UintSet) private _approvals;
    mapping(bytes32 checkpoint => Checkpoint) private _checkpoints;
    /// @dev What a node first published for a round, at a place in the lineage, under a version.
    mapping(bytes32 slot => bytes32 checkpoint) private _firstPublished;
    uint32[] private _credited;
    /// @dev By number of the final checkpoint: `signed << 96 | contributed`.
    mapping(uint32 institution => Checkpoints.Trace224) private _credits;
    /// @dev The same summed over all, below the rounds themselves: `rounds << 192 | signed << 96 | contributed`.
    Checkpoints.Trace224 private _creditTotals;

    /// @param swarm The house's Swarm.
    /// @param history The house's History.
    /// @param studies The house's Studies, which alone initialises clones; the implementation itself stays locked.
    constructor(address swarm, address history, address studies) Recorder(history) {
        SWARM = ISwarm(swarm);
        STUDIES = studies;
    }

    /// @inheritdoc IStudy
    function initialize(uint32 opener_, address benefits_, bytes calldata terms, Parameters calldata parameters)
        external
    {
        if (msg.sender != STUDIES || opener != 0) revert StudyInitialised();
        opener = opener_;
        benefits = benefits_;
        _putForward(opener_, terms, parameters);
        _putInForce(1);
    }

    /// @inheritdoc IStudy
    function sign(uint32 version, bytes32 termsDigest, bytes32 parametersHash, bytes32 readiness, bytes32 consent)
        external
    {
        uint32 institution = _callingMember();
        Version storage v = _signable(version);
        if (v.termsDigest != termsDigest || v.parametersHash != parametersHash) revert StudyTermsMismatch();
        _requireNotExpired(v);
        if (!_isEligible(institution, v.parameters)) revert StudyNotEligible(institution);
        if (readiness == 0) revert StudyDigestMissing();
        if ((consent != 0) != (v.parameters.consentMaxAge != 0)) revert StudyConsentMismatch();
        if (v.signers.length() >= MAX_SIGNATORIES) revert StudyTooManySignatories();
        if (!v.signers.add(institution)) revert StudySignedAlready(institution, version);

        Participation storage p = _participations[institution];
        p.lastSigned = version;
        p.withdrawn = false;
        if (consent != 0) p.consentAt = uint48(block.timestamp);
        emit TermsSigned(institution, version, termsDigest, parametersHash, readiness, consent);
        _record(TermsSigned.selector, abi.encode(institution, version, termsDigest, parametersHash, readiness, consent));

        uint256 signed = _countMembers(v.signers);
        // A quorum stays a majority: otherwise two checkpoints of a round could both reach it.
        if (state == StudyState.Running && 2 * uint256(v.parameters.quorum) <= signed) {
            revert StudyTooManySignatories();
        }
        if (version != _inForce && signed >= v.parameters.minimumSignatories && _isSignedByMost(v)) {
            _putInForce(version);
        }
    }

    /// @inheritdoc IStudy
    function decline(uint32 version, uint8 reason, bytes32 text) external {
        uint32 institution = _callingMember();
        if (_signable(version).signers.contains(institution)) revert StudySignedAlready(institution, version);
        emit TermsDeclined(institution, version, reason, text);
        _record(TermsDeclined.selector, abi.encode(institution, version, reason, text));
    }

    /// @inheritdoc IStudy
    function withdraw(uint8 reason, bytes32 text) external {
        uint32 institution = SWARM.institutionOf(msg.sender);
        Participation storage p = _participations[institution];
        if (p.lastSigned == 0 || p.withdrawn) revert StudyNotSignatory(institution);
        p.withdrawn = true;
        _versions[_inForce].signers.remove(institution);
        _versions[_pending].signers.remove(institution);
        emit StudyWithdrawn(institution, reason, text);
        _record(StudyWithdrawn.selector, abi.encode(institution, reason, text));
    }

    /// @inheritdoc IStudy
    function renewConsent(bytes32 consent) external {
        uint32 institution = _callingMember();
        Participation storage p = _participations[institution];
        if (p.lastSigned == 0 || p.withdrawn) revert StudyNotSignatory(institution);
        if (consent == 0 || !(_asksConsentOf(institution, _inForce) || _asksConsentOf(institution, _pending))) {
            revert StudyConsentMismatch();
        }
        p.consentAt = uint48(block.timestamp);
        emit ConsentRenewed(institution, consent);
        _record(ConsentRenewed.selector, abi.encode(institution, consent));
    }

    /// @inheritdoc IStudy
    function start() external {
        if (state != StudyState.Open) revert StudyStateWrong(state);
        Version storage v = _versions[_inForce];
        _requireNotExpired(v);
        uint256 signed = _countMembers(v.signers);
        uint256 needed = v.parameters.minimumSignatories;
        if (v.parameters.quorum > needed) needed = v.parameters.quorum;
        if (signed < needed) revert StudyTooFewSignatories(signed, needed);
        if (2 * uint256(v.parameters.quorum) <= signed) revert StudyTooManySignatories();
        if (!_approve(Action.Start, 0)) return;
        state = StudyState.Running;
        emit StudyStarted();
        _record(StudyStarted.selector, "");
    }

    /// @inheritdoc IStudy
    function amend(bytes calldata terms, Parameters calldata parameters) external {
        if (state == StudyState.Closed) revert StudyStateWrong(state);
        bytes32 subject = keccak256(abi.encode(sha256(terms), keccak256(abi.encode(parameters))));
        if (!_approve(Action.Amend, subject)) return;
        _putForward(SWARM.institutionOf(msg.sender), terms, parameters);
    }

    /// @inheritdoc IStudy
    function close() external {
        if (state == StudyState.Closed) revert StudyStateWrong(state);
        if (!_approve(Action.Close, 0)) return;
        state = StudyState.Closed;
        emit StudyClosed();
        _record(StudyClosed.selector, "");
    }

    /// @inheritdoc IStudy
    function publish(Publication calldata publication) external returns (bytes32 checkpoint) {
        uint32 institution = _callingNode();
        Parameters storage parameters = _versions[_inForce].parameters;
        if (publication.round <= _lastRound || publication.round > parameters.rounds) {
            revert StudyRoundWrong(publication.round);
        }
        if (publication.parent != _lastDigest) revert StudyParentWrong(publication.parent);
        if (publication.digest == 0 || publication.envelopesRoot == 0 || publication.roundRecord == 0) {
            revert StudyDigestMissing();
        }
        _requireContributions(publication, parameters.minimumContributors);

        checkpoint = keccak256(abi.encode(_inForce, publication));
        Checkpoint storage c = _checkpoints[checkpoint];
        // An equivocation takes nothing away from who publishes the same honestly.
        if (c.version != 0 || c.equivocators[msg.sender]) revert StudyPublishedAlready(checkpoint);
        bytes32 slot = keccak256(abi.encode(_inForce, publication.round, _sequence, msg.sender));
        bytes32 first = _firstPublished[slot];
        if (first != 0) {
            c.equivocators[msg.sender] = true;
            emit EquivocationRecorded(msg.sender, publication.round, institution, first, checkpoint);
            _record(
                EquivocationRecorded.selector, abi.encode(msg.sender, publication.round, institution, first, checkpoint)
            );
            return checkpoint;
        }
        _firstPublished[slot] = checkpoint;
        c.round = publication.round;
        c.version = _inForce;
        c.sequence = _sequence;
        c.digest = publication.digest;
        for (uint256 i = 0; i < publication.contributions.length; ++i) {
            c.contributions.push(publication.contributions[i]);
        }
        _emitPublished(checkpoint, institution, publication);
        _attest(checkpoint, c, institution, Level.MergeRecomputed);
    }

    /// @inheritdoc IStudy
    function attest(bytes32 checkpoint, Level level) external {
        uint32 institution = _callingNode();
        Checkpoint storage c = _checkpoints[checkpoint];
        if (c.version == 0) revert StudyCheckpointUnknown(checkpoint);
        if (c.version != _inForce || c.sequence != _sequence) revert StudyCheckpointSuperseded(checkpoint);
        Level needed = _versions[_inForce].parameters.level;
        if (level < needed) revert StudyLevelTooLow(level, needed);
        _attest(checkpoint, c, institution, level);
    }

    /// @inheritdoc IStudy
    function authorisation(address node) external view returns (Authorisation) {
        (, Authorisation answer) = _authorisation(node);
        return answer;
    }

    /// @inheritdoc IStudy
    function versions() external view returns (uint32 inForce, uint32 pending) {
        return (_inForce, _pending);
    }

    /// @inheritdoc IStudy
    function termsOf(uint32 version) external view returns (bytes32 termsDigest, bytes32 parametersHash) {
        return (_versions[version].termsDigest, _versions[version].parametersHash);
    }

    /// @inheritdoc IStudy
    function parametersOf(uint32 version) external view returns (Parameters memory) {
        return _versions[version].parameters;
    }

    /// @inheritdoc IStudy
    function sharesOf(uint32 version) external view returns (Shares memory) {
        return _versions[version].parameters.shares;
    }

    /// @inheritdoc IStudy
    function signatories() external view returns (uint32[] memory numbers) {
        EnumerableSet.UintSet storage signers = _versions[_inForce].signers;
        numbers = new uint32[](_countMembers(signers));
        uint256 next = 0;
        for (uint256 i = 0; i < signers.length(); ++i) {
            uint32 institution = uint32(signers.at(i));
            if (SWARM.isMember(institution)) numbers[next++] = institution;
        }
    }

    /// @inheritdoc IStudy
    function credited() external view returns (uint32[] memory) {
        return _credited;
    }

    /// @inheritdoc IStudy
    function lineageHead() external view returns (uint32 round, bytes32 digest, uint32 sequence) {
        return (_lastRound, _lastDigest, _sequence);
    }

    /// @inheritdoc IStudy
    function lastSequenceOf(uint32 version) external view returns (uint32) {
        return version < _inForce ? _versions[version].lastSequence : _sequence;
    }

    /// @inheritdoc IStudy
    function credit(uint32 institution, uint32 sequence) external view returns (uint256 signed, uint256 contributed) {
        (, signed, contributed) = _unpack(_credits[institution].upperLookupRecent(sequence));
    }

    /// @inheritdoc IStudy
    function creditTotal(uint32 sequence) external view returns (uint256 rounds, uint256 signed, uint256 contributed) {
        return _unpack(_creditTotals.upperLookupRecent(sequence));
    }

    /// @inheritdoc IStudy
    function isSignatory(uint32 institution) public view returns (bool) {
        return SWARM.isMember(institution) && _versions[_inForce].signers.contains(institution);
    }

    /// @inheritdoc IStudy
    function authorisationOf(uint32 institution) public view returns (Authorisation) {
        if (!SWARM.isMember(institution)) return Authorisation.NotMember;
        Participation storage p = _participations[institution];
        if (p.lastSigned == 0) return Authorisation.NotSigned;
        if (p.withdrawn) return Authorisation.Withdrawn;
        Version storage v = _versions[_inForce];
        if (!v.signers.contains(institution)) return Authorisation.TermsNotSigned;
        if (state == StudyState.Open) return Authorisation.NotStarted;
        if (state == StudyState.Closed) return Authorisation.Closed;
        if (block.timestamp >= v.parameters.expiresAt) return Authorisation.Expired;
        uint256 maxAge = v.parameters.consentMaxAge;
        if (maxAge != 0 && block.timestamp > p.consentAt + maxAge) return Authorisation.ConsentStale;
        return Authorisation.Authorised;
    }

    function _putForward(uint32 institution, bytes calldata terms, Parameters calldata parameters) private {
        if (terms.length == 0 || terms.length > MAX_TERMS) revert StudyTermsSizeWrong(terms.length);
        if (!TermsRules.areSound(parameters, MAX_SIGNATORIES, SWARM.institutionCount())) {
            revert StudyParametersInvalid();
        }
        if (_versionCount == MAX_VERSIONS) revert StudyTooManyVersions();
        uint32 version = ++_versionCount;
        _pending = version;
        Version storage v = _versions[version];
        v.termsDigest = sha256(terms);
        v.parametersHash = keccak256(abi.encode(parameters));
        TermsRules.store(v.parameters, parameters);
        emit TermsProposed(version, institution, v.termsDigest, v.parametersHash, terms, parameters);
        _record(
            TermsProposed.selector, abi.encode(version, institution, v.termsDigest, v.parametersHash, terms, parameters)
        );
    }

    function _putInForce(uint32 version) private {
        // Versions that were replaced before they came into force have no rounds either.
        for (uint32 past = _inForce; past < version; ++past) {
            _versions[past].lastSequence = _sequence;
        }
        _inForce = version;
        _pending = 0;
        emit TermsInForce(version);
        _record(TermsInForce.selector, abi.encode(version));
    }

    /// @dev Whether the action may happen now.
    function _approve(Action action, bytes32 subject) private returns (bool) {
        uint32 institution = _callingMember();
        if (!isSignatory(institution)) revert StudyNotSignatory(institution);
        EnumerableSet.UintSet storage approvers =
            _approvals[keccak256(abi.encode(action, subject, _inForce, _versionCount))];
        if (!approvers.add(institution)) revert StudyApprovedAlready(institution);
        emit ActionApproved(institution, action, subject);
        _record(ActionApproved.selector, abi.encode(institution, action, subject));
        if (institution == opener) return true;
        EnumerableSet.UintSet storage signers = _versions[_inForce].signers;
        uint256 inFavour = 0;
        for (uint256 i = 0; i < approvers.length(); ++i) {
            if (isSignatory(uint32(approvers.at(i)))) ++inFavour;
        }
        return inFavour >= _countMembers(signers) / 2 + 1;
    }

    function _attest(bytes32 checkpoint, Checkpoint storage c, uint32 institution, Level level) private {
        if (!c.attesters.add(institution)) revert StudyAttestedAlready(institution, checkpoint);
        emit CheckpointAttested(checkpoint, institution, msg.sender, level);
        _record(CheckpointAttested.selector, abi.encode(checkpoint, institution, msg.sender, level));
        uint256 quorum = _versions[_inForce].parameters.quorum;
        if (c.attesters.length() < quorum) return;
        // Who has left or withdrawn since does not help to make it final.
        uint256 standing = 0;
        for (uint256 i = 0; i < c.attesters.length(); ++i) {
            if (isSignatory(uint32(c.attesters.at(i)))) ++standing;
        }
        if (standing >= quorum) _finalise(checkpoint, c);
    }

    function _finalise(bytes32 checkpoint, Checkpoint storage c) private {
        uint32 covered = c.round - _lastRound;
        uint32 sequence = ++_sequence;
        _lastRound = c.round;
        _lastDigest = c.digest;

        (uint256 rounds, uint256 signed, uint256 contributed) = _unpack(_creditTotals.latest());
        EnumerableSet.UintSet storage signers = _versions[_inForce].signers;
        for (uint256 i = 0; i < signers.length(); ++i) {
            uint32 institution = uint32(signers.at(i));
            if (!SWARM.isMember(institution)) continue;
            _addCredit(institution, sequence, covered, 0);
            signed += covered;
        }
        for (uint256 i = 0; i < c.contributions.length; ++i) {
            Contribution memory contribution = c.contributions[i];
            _addCredit(contribution.institution, sequence, 0, contribution.rounds);
            contributed += contribution.rounds;
        }
        _creditTotals.push(sequence, _pack(rounds + covered, signed, contributed));
        emit CheckpointFinal(checkpoint, c.round, sequence);
        _record(CheckpointFinal.selector, abi.encode(checkpoint, c.round, sequence));
    }

    function _addCredit(uint32 institution, uint32 sequence, uint256 signed, uint256 contributed) private {
        Checkpoints.Trace224 storage trace = _credits[institution];
        if (trace.length() == 0) _credited.push(institution);
        (, uint256 signedBefore, uint256 contributedBefore) = _unpack(trace.latest());
        trace.push(sequence, _pack(0, signedBefore + signed, contributedBefore + contributed));
    }

    function _emitPublished(bytes32 checkpoint, uint32 institution, Publication calldata p) private {
        emit CheckpointPublished(
            checkpoint,
            p.round,
            msg.sender,
            institution,
            _inForce,
            p.parent,
            p.digest,
            p.contributions,
            p.envelopesRoot,
            p.roundRecord
        );
        _record(
            CheckpointPublished.selector,
            abi.encode(
                checkpoint,
                p.round,
                msg.sender,
                institution,
                _inForce,
                p.parent,
                p.digest,
                p.contributions,
                p.envelopesRoot,
                p.roundRecord
            )
        );
    }

    function _callingMember() private view returns (uint32 institution) {
        institution = SWARM.institutionOf(msg.sender);
        if (!SWARM.isMember(institution)) revert StudyNotMember(msg.sender);
    }

    function _callingNode() private view returns (uint32) {
        (uint32 institution, Authorisation answer) = _authorisation(msg.sender);
        if (answer != Authorisation.Authorised) revert StudyNotAuthorised(institution, answer);
        return institution;
    }

    function _authorisation(address node) private view returns (uint32 institution, Authorisation) {
        NodeStanding standing;
        (institution, standing) = SWARM.node(node);
        if (standing == NodeStanding.Unknown) return (institution, Authorisation.NodeUnknown);
        if (standing == NodeStanding.Revoked) return (institution, Authorisation.NodeRevoked);
        return (institution, authorisationOf(institution));
    }

    function _signable(uint32 version) private view returns (Version storage) {
        if (state == StudyState.Closed) revert StudyStateWrong(state);
        if (version == 0 || (version != _inForce && version != _pending)) revert StudyVersionWrong(version);
        return _versions[version];
    }

    function _requireContributions(Publication calldata publication, uint256 minimum) private view {
        uint256 count = publication.contributions.length;
        if (count < minimum || count > MAX_SIGNATORIES) revert StudyContributionsInvalid();
        uint32 covered = publication.round - _lastRound;
        uint32 previous = 0;
        for (uint256 i = 0; i < count; ++i) {
            Contribution calldata c = publication.contributions[i];
            if (c.institution <= previous || c.rounds == 0 || c.rounds > covered) revert StudyContributionsInvalid();
            previous = c.institution;
            Authorisation answer = authorisationOf(c.institution);
            if (answer != Authorisation.Authorised) revert StudyNotAuthorised(c.institution, answer);
        }
    }

    function _requireNotExpired(Version storage v) private view {
        if (block.timestamp >= v.parameters.expiresAt) revert StudyExpired(v.parameters.expiresAt);
    }

    function _isEligible(uint32 institution, Parameters storage parameters) private view returns (bool) {
        (,, Kind kind, Sector sector, bytes2 country,,,) = SWARM.institution(institution);
        if ((parameters.kinds >> uint8(kind)) & 1 == 0 || (parameters.sectors >> uint8(sector)) & 1 == 0) return false;
        if (parameters.anyCountry) return true;
        for (uint256 i = 0; i < parameters.countries.length; ++i) {
            if (parameters.countries[i] == country) return true;
        }
        return false;
    }

    /// @dev Whether an institution has signed a version that asks for a consent commitment.
    function _asksConsentOf(uint32 institution, uint32 version) private view returns (bool) {
        Version storage v = _versions[version];
        return v.parameters.consentMaxAge != 0 && v.signers.contains(institution);
    }

    /// @dev Whether more than half of those who signed the terms in force have signed other ones too. Otherwise an
    ///      opener could amend to a minimum of one and have the study for itself.
    function _isSignedByMost(Version storage v) private view returns (bool) {
        EnumerableSet.UintSet storage signers = _versions[_inForce].signers;
        uint256 signatories_ = 0;
        uint256 agreeing = 0;
        for (uint256 i = 0; i < signers.length(); ++i) {
            uint256 institution = signers.at(i);
            if (!SWARM.isMember(uint32(institution))) continue;
            ++signatories_;
            if (v.signers.contains(institution)) ++agreeing;
        }
        return 2 * agreeing > signatories_;
    }

    /// @dev Those of a set that are members of the swarm now.
    function _countMembers(EnumerableSet.UintSet storage institutions) private view returns (uint256 members) {
        for (uint256 i = 0; i < institutions.length(); ++i) {
            if (SWARM.isMember(uint32(institutions.at(i)))) ++members;
        }
    }

    function _pack(uint256 rounds, uint256 signed, uint256 contributed) private pure returns (uint224) {
        return uint224((rounds << 192) | (signed << 96) | contributed);
    }

    function _unpack(uint224 packed) private pure returns (uint256 rounds, uint256 signed, uint256 contributed) {
        return (packed >> 192, (packed >> 96) & type(uint96).max, packed & type(uint96).max);
    }
}
