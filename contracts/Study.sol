// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC2771Context} from "@openzeppelin/contracts/metatx/ERC2771Context.sol";
import {Lanes} from "./Lanes.sol";
import {Recorder} from "./Recorder.sol";
import {MAX_SEATS, Seats} from "./Seats.sol";
import {TermsRules} from "./TermsRules.sol";
import {IBenefits} from "./interfaces/IBenefits.sol";
import {IStudy} from "./interfaces/IStudy.sol";
import {ISwarm} from "./interfaces/ISwarm.sol";
import {
    Action,
    Authorisation,
    Contribution,
    Credit,
    Earnings,
    Kind,
    Level,
    NodeStanding,
    Parameters,
    Publication,
    Sector,
    StudyState
} from "./interfaces/Types.sol";

// Calls go to contracts of the house alone, at addresses fixed in the code, and none of them calls back.
// slither-disable-start reentrancy-no-eth,reentrancy-benign,reentrancy-events
// Deadlines and expiries are hours and days by the chain's clock, which a validator can move by seconds.
// slither-disable-start timestamp
// Immutables are written in capitals, as the language's style guide has it.
// slither-disable-start naming-convention
// What a constructor is given is checked by every founder before the swarm is used; see docs/architecture.md.
// slither-disable-start missing-zero-check

/// @title One research question
/// @notice Terms and who signed them, the rounds' checkpoints and who vouched for them, and what final rounds earned.
///         An institution takes a seat with its first signature, and whatever is kept for each institution is kept by
///         seat, many to a word: so no function needs more than a tenth of a block with 500 signatories. Every loop is
///         bounded by `MAX_SIGNATORIES`, `MAX_VERSIONS` or what `TermsRules` lets terms name, never by the length of
///         the history.
contract Study is IStudy, Recorder, ERC2771Context {
    using Lanes for Lanes.Row;
    using Seats for Seats.Set;

    struct Version {
        bytes32 termsDigest;
        bytes32 parametersHash;
        /// @dev Without the shares, which `Benefits` keeps.
        Parameters parameters;
        /// @dev Its final checkpoints are those after the first, up to the last; while it is in force, up to `_sequence`.
        uint32 firstSequence;
        uint32 lastSequence;
        /// @dev Members or not; for the members among them see `_standing`.
        Seats.Set signers;
    }

    struct Participation {
        /// @dev Counted from 1; zero for who never signed.
        uint16 seat;
        bool withdrawn;
        /// @dev What it published last: under which version, after how many final checkpoints, of which round.
        uint32 publishedVersion;
        uint32 publishedSequence;
        uint32 publishedRound;
        bool equivocated;
    }

    struct Checkpoint {
        /// @dev Zero where there is none.
        uint32 version;
        uint32 round;
        /// @dev Final checkpoints before it.
        uint32 sequence;
        /// @dev Sum over its contributions.
        uint32 contributed;
        /// @dev Seat of who published it, which is not among `attesters`.
        uint16 publisher;
        /// @dev The publisher's included.
        uint16 attestations;
        Seats.Set attesters;
    }

    struct Totals {
        uint32 rounds;
        uint64 signed;
        uint64 contributed;
    }

    /// @notice Institutions that can ever sign a study.
    uint256 public constant MAX_SIGNATORIES = MAX_SEATS;
    /// @notice Versions of the terms that can come into force.
    uint256 public constant MAX_VERSIONS = 24;
    /// @notice Bytes of canonical terms.
    uint256 public constant MAX_TERMS = 16_384;

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
    uint16 private _seatCount;
    /// @inheritdoc IStudy
    address public benefits;

    mapping(uint32 version => Version) private _versions;
    /// @dev The versions that came into force, in order.
    uint32[] private _chapters;
    mapping(uint32 institution => Participation) private _participations;
    uint32[MAX_SEATS + 1] private _institutionAt;
    /// @dev Seconds, which fit until 2106; from then on every consent is stale.
    uint32[MAX_SEATS + 1] private _consentAt;
    // Written through references.
    // slither-disable-next-line uninitialized-state
    mapping(bytes32 subject => Seats.Set) private _approvals;
    mapping(bytes32 checkpoint => Checkpoint) private _checkpoints;
    mapping(uint32 sequence => bytes32 checkpoint) private _finals;

    /// @dev Rounds up to and including a checkpoint to which the institution of a seat contributed.
    mapping(bytes32 checkpoint => Lanes.Row) private _contributed;
    /// @dev Rounds up to and including a final checkpoint during which the institution of a seat was a signatory.
    mapping(uint32 sequence => Lanes.Row) private _signed;
    /// @dev Both summed over all seats, below the rounds themselves.
    mapping(uint32 sequence => Totals) private _totals;

    /// @param swarm The house's Swarm.
    /// @param history The house's History.
    /// @param relay The house's Relay.
    /// @param studies The house's Studies, which alone initialises clones; the implementation itself stays locked.
    constructor(address swarm, address history, address relay, address studies)
        Recorder(history)
        ERC2771Context(relay)
    {
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

        uint256 seat = _takeSeat(institution);
        if (v.signers.has(seat)) revert StudySignedAlready(institution, version);
        v.signers.add(seat);
        if (consent != 0) _consentAt[seat] = uint32(block.timestamp);
        emit TermsSigned(institution, version, termsDigest, parametersHash, readiness, consent);
        _record(TermsSigned.selector, abi.encode(institution, version, termsDigest, parametersHash, readiness, consent));

        uint256 signed = v.signers.load(_seatCount).count();
        // A quorum stays a majority of those who may attest. Who has left the swarm is sorted out only where it could
        // matter.
        if (2 * uint256(v.parameters.quorum) <= signed) {
            signed = _standing(v).count();
            if (2 * uint256(v.parameters.quorum) <= signed) revert StudyTooManySignatories();
        }
        if (version != _inForce && signed >= v.parameters.minimumSignatories && _isAgreedOn(v)) _putInForce(version);
    }

    /// @inheritdoc IStudy
    function decline(uint32 version, uint8 reason, bytes32 text) external {
        uint32 institution = _callingMember();
        if (_hasSigned(institution, _signable(version))) revert StudySignedAlready(institution, version);
        emit TermsDeclined(institution, version, reason, text);
        _record(TermsDeclined.selector, abi.encode(institution, version, reason, text));
    }

    /// @inheritdoc IStudy
    function withdraw(uint8 reason, bytes32 text) external {
        uint32 institution = SWARM.institutionOf(_msgSender());
        Participation storage p = _participant(institution);
        p.withdrawn = true;
        _unsign(_versions[_inForce], p.seat);
        _unsign(_versions[_pending], p.seat);
        emit StudyWithdrawn(institution, reason, text);
        _record(StudyWithdrawn.selector, abi.encode(institution, reason, text));
    }

    /// @inheritdoc IStudy
    function renewConsent(bytes32 consent) external {
        uint32 institution = _callingMember();
        uint256 seat = _participant(institution).seat;
        if (consent == 0 || !(_asksConsentOf(seat, _inForce) || _asksConsentOf(seat, _pending))) {
            revert StudyConsentMismatch();
        }
        _consentAt[seat] = uint32(block.timestamp);
        emit ConsentRenewed(institution, consent);
        _record(ConsentRenewed.selector, abi.encode(institution, consent));
    }

    /// @inheritdoc IStudy
    function start() external {
        if (state != StudyState.Open) revert StudyStateWrong(state);
        Version storage v = _versions[_inForce];
        _requireNotExpired(v);
        uint256 signed = _standing(v).count();
        uint256 needed = v.parameters.minimumSignatories;
        if (v.parameters.quorum > needed) needed = v.parameters.quorum;
        if (signed < needed) revert StudyTooFewSignatories(signed, needed);
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
        _putForward(SWARM.institutionOf(_msgSender()), terms, parameters);
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
    function publish(Publication memory publication) external returns (bytes32 checkpoint) {
        uint32 institution = _callingNode();
        Version storage v = _versions[_inForce];
        uint32 round = publication.round;
        if (round <= _lastRound || round > v.parameters.rounds) revert StudyRoundWrong(round);
        if (publication.parent != _finals[_sequence]) revert StudyParentWrong(publication.parent);
        if (publication.digest == 0 || publication.envelopesRoot == 0 || publication.roundRecord == 0) {
            revert StudyDigestMissing();
        }
        checkpoint = keccak256(abi.encode(_inForce, publication));
        Checkpoint storage c = _checkpoints[checkpoint];
        if (c.version != 0) revert StudyPublishedAlready(checkpoint);
        uint32 contributed = _keepContributions(checkpoint, publication, v);
        if (_isSecond(institution, round)) {
            emit EquivocationRecorded(_msgSender(), round, institution, checkpoint);
            _record(EquivocationRecorded.selector, abi.encode(_msgSender(), round, institution, checkpoint));
            return checkpoint;
        }
        c.version = _inForce;
        c.round = round;
        c.sequence = _sequence;
        c.contributed = contributed;
        c.publisher = _participations[institution].seat;
        c.attestations = 1;
        _emitPublished(checkpoint, institution, publication);
        _finaliseAtQuorum(checkpoint);
    }

    /// @inheritdoc IStudy
    function attest(bytes32 checkpoint, Level level) external {
        uint32 institution = _callingNode();
        Checkpoint storage c = _checkpoints[checkpoint];
        if (c.version == 0) revert StudyCheckpointUnknown(checkpoint);
        if (c.version != _inForce || c.sequence != _sequence) revert StudyCheckpointSuperseded(checkpoint);
        Level needed = _versions[_inForce].parameters.level;
        if (level < needed) revert StudyLevelTooLow(level, needed);
        uint256 seat = _participations[institution].seat;
        if (seat == c.publisher || c.attesters.has(seat)) revert StudyAttestedAlready(institution, checkpoint);
        c.attesters.add(seat);
        ++c.attestations;
        emit CheckpointAttested(checkpoint, institution, _msgSender(), level);
        _record(CheckpointAttested.selector, abi.encode(checkpoint, institution, _msgSender(), level));
        _finaliseAtQuorum(checkpoint);
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
    function versionsInForce() external view returns (uint32[] memory) {
        return _chapters;
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
    function signatories() external view returns (uint32[] memory numbers) {
        Seats.Set memory standing = _standing(_versions[_inForce]);
        numbers = new uint32[](standing.count());
        uint256 next = 0;
        for (uint256 seat = 1; next < numbers.length; ++seat) {
            if (standing.includes(seat)) numbers[next++] = _institutionAt[seat];
        }
    }

    /// @inheritdoc IStudy
    function seats() external view returns (uint32[] memory numbers) {
        numbers = new uint32[](_seatCount);
        for (uint256 i = 0; i < numbers.length; ++i) {
            numbers[i] = _institutionAt[i + 1];
        }
    }

    /// @inheritdoc IStudy
    function lineageHead() external view returns (uint32 round, bytes32 checkpoint, uint32 sequence) {
        return (_lastRound, _finals[_sequence], _sequence);
    }

    /// @inheritdoc IStudy
    function credit(uint32 institution, uint32 sequence) external view returns (uint256 signed, uint256 contributed) {
        return _creditAt(_participations[institution].seat, sequence);
    }

    /// @inheritdoc IStudy
    function creditTotal(uint32 sequence) external view returns (uint256 rounds, uint256 signed, uint256 contributed) {
        Totals storage t = _totals[sequence];
        return (t.rounds, t.signed, t.contributed);
    }

    /// @inheritdoc IStudy
    function earnings(uint32 version, uint32 sequence, uint32 institution)
        external
        view
        returns (Earnings memory all, Credit memory own)
    {
        (uint32 first, uint32 last) = _span(version, sequence);
        // Zeros before the first.
        // slither-disable-next-line uninitialized-local
        Totals memory before;
        if (first != 0) before = _totals[first];
        Totals memory upTo = _totals[last];
        all = Earnings({
            before: before.rounds,
            upTo: upTo.rounds,
            rounds: _totals[sequence].rounds,
            signed: upTo.signed - before.signed,
            contributed: upTo.contributed - before.contributed
        });
        own = _credit(_participations[institution].seat, first, last);
    }

    /// @inheritdoc IStudy
    function credits(uint32 version, uint32 sequence)
        external
        view
        returns (uint32[] memory institutions, uint256[] memory signed, uint256[] memory contributed)
    {
        (uint32 first, uint32 until) = _span(version, sequence);
        uint256 last = _seatCount;
        institutions = new uint32[](last + 1);
        signed = new uint256[](last + 1);
        contributed = new uint256[](last + 1);
        for (uint256 i = 0; i <= last >> 4; ++i) {
            // In each lane, what came later is not less.
            uint256 ofSigned = _signed[until].words[i] - _signed[first].words[i];
            uint256 ofContributed = _contributed[_finals[until]].words[i] - _contributed[_finals[first]].words[i];
            uint256 end = Lanes.end(i, last);
            for (uint256 seat = i << 4; seat < end; ++seat) {
                institutions[seat] = _institutionAt[seat];
                signed[seat] = uint16(ofSigned >> Lanes.shift(seat));
                contributed[seat] = uint16(ofContributed >> Lanes.shift(seat));
            }
        }
    }

    /// @inheritdoc IStudy
    function isSignatory(uint32 institution) public view returns (bool) {
        return SWARM.isMember(institution) && _hasSigned(institution, _versions[_inForce]);
    }

    /// @inheritdoc IStudy
    function spanOf(uint32 version) public view returns (uint32 first, uint32 last) {
        Version storage v = _versions[version];
        return (v.firstSequence, version == _inForce ? _sequence : v.lastSequence);
    }

    /// @inheritdoc IStudy
    function authorisationOf(uint32 institution) public view returns (Authorisation) {
        if (!SWARM.isMember(institution)) return Authorisation.NotMember;
        Participation storage p = _participations[institution];
        if (p.seat == 0) return Authorisation.NotSigned;
        if (p.withdrawn) return Authorisation.Withdrawn;
        Version storage v = _versions[_inForce];
        if (!v.signers.has(p.seat)) return Authorisation.TermsNotSigned;
        if (state == StudyState.Open) return Authorisation.NotStarted;
        if (state == StudyState.Closed) return Authorisation.Closed;
        if (block.timestamp >= v.parameters.expiresAt) return Authorisation.Expired;
        if (_isConsentStale(p.seat, v.parameters.consentMaxAge)) return Authorisation.ConsentStale;
        return Authorisation.Authorised;
    }

    function _putForward(uint32 institution, bytes calldata terms, Parameters calldata parameters) private {
        if (terms.length == 0 || terms.length > MAX_TERMS) revert StudyTermsSizeWrong(terms.length);
        if (!TermsRules.areSound(parameters, MAX_SEATS)) revert StudyParametersInvalid();
        // A payee is addressed by version and index, which share 32 bits.
        if (_chapters.length == MAX_VERSIONS || _versionCount == type(uint16).max) revert StudyTooManyVersions();
        uint32 version = ++_versionCount;
        _pending = version;
        Version storage v = _versions[version];
        v.termsDigest = sha256(terms);
        v.parametersHash = keccak256(abi.encode(parameters));
        TermsRules.store(v.parameters, parameters);
        IBenefits(benefits).agree(version, parameters.shares);
        emit TermsProposed(version, institution, v.termsDigest, v.parametersHash, terms, parameters);
        _record(
            TermsProposed.selector, abi.encode(version, institution, v.termsDigest, v.parametersHash, terms, parameters)
        );
    }

    function _putInForce(uint32 version) private {
        _versions[_inForce].lastSequence = _sequence;
        _versions[version].firstSequence = _sequence;
        _chapters.push(version);
        _inForce = version;
        _pending = 0;
        emit TermsInForce(version);
        _record(TermsInForce.selector, abi.encode(version));
    }

    function _takeSeat(uint32 institution) private returns (uint16 seat) {
        Participation storage p = _participations[institution];
        p.withdrawn = false;
        if (p.seat != 0) return p.seat;
        if (_seatCount == MAX_SEATS) revert StudyTooManySignatories();
        seat = ++_seatCount;
        p.seat = seat;
        _institutionAt[seat] = institution;
    }

    function _unsign(Version storage v, uint256 seat) private {
        if (v.signers.has(seat)) v.signers.remove(seat);
    }

    /// @dev Whether the action may happen now.
    function _approve(Action action, bytes32 subject) private returns (bool) {
        uint32 institution = _callingMember();
        if (!isSignatory(institution)) revert StudyNotSignatory(institution);
        // What an opener puts forward alone must not undo what others have approved.
        uint32 versions_ = action == Action.Amend ? _versionCount : 0;
        Seats.Set storage approvers = _approvals[keccak256(abi.encode(action, subject, _inForce, versions_))];
        uint256 own = _participations[institution].seat;
        bool again = approvers.has(own);
        if (!again) {
            approvers.add(own);
            emit ActionApproved(institution, action, subject);
            _record(ActionApproved.selector, abi.encode(institution, action, subject));
        }
        if (institution == opener) return true;
        Seats.Set memory standing = _standing(_versions[_inForce]);
        if (standing.among(approvers).count() >= standing.count() / 2 + 1) return true;
        // Who has approved before brings about what has become a majority since, and nothing else.
        if (again) revert StudyApprovedAlready(institution);
        return false;
    }

    /// @dev Notes what an institution publishes, and says whether it has published another checkpoint for the same round
    ///      before, on the same parent and under the same version.
    function _isSecond(uint32 institution, uint32 round) private returns (bool) {
        Participation storage p = _participations[institution];
        if (p.publishedVersion == _inForce && p.publishedSequence == _sequence) {
            if (round < p.publishedRound) revert StudyRoundWrong(round);
            if (round == p.publishedRound) {
                if (p.equivocated) revert StudyEquivocatedAlready(institution, round);
                p.equivocated = true;
                return true;
            }
        }
        p.publishedVersion = _inForce;
        p.publishedSequence = _sequence;
        p.publishedRound = round;
        p.equivocated = false;
        return false;
    }

    /// @dev Makes sure that every contributor is authorised, and keeps what all have contributed up to the checkpoint.
    ///      The publisher's own authorisation has shown that the study runs; here it is about each contributor.
    /// @return sum Rounds contributed, summed over the contributions.
    function _keepContributions(bytes32 checkpoint, Publication memory publication, Version storage v)
        private
        returns (uint32 sum)
    {
        Contribution[] memory contributions = publication.contributions;
        if (contributions.length < v.parameters.minimumContributors) revert StudyContributionsInvalid();
        Seats.Set memory signers = v.signers.load(_seatCount);
        uint256 maxAge = v.parameters.consentMaxAge;
        uint32 covered = publication.round - _lastRound;
        uint256 next = 0;
        for (uint256 i = 0; i <= _seatCount >> 4; ++i) {
            uint256 word = _contributed[publication.parent].words[i];
            uint256 end = Lanes.end(i, _seatCount);
            for (uint256 seat = i << 4; seat < end; ++seat) {
                if (next == contributions.length) break;
                Contribution memory c = contributions[next];
                if (c.institution != _institutionAt[seat]) continue;
                if (!signers.includes(seat) || _isConsentStale(seat, maxAge)) _refuseContributor(c.institution);
                if (c.rounds == 0 || c.rounds > covered) revert StudyContributionsInvalid();
                // Nobody contributes to more rounds than there are, and those fit.
                unchecked {
                    ++next;
                    sum += c.rounds;
                    word += uint256(c.rounds) << Lanes.shift(seat);
                }
            }
            if (word != 0) _contributed[checkpoint].words[i] = word;
        }
        if (next < contributions.length) _refuseContributor(contributions[next].institution);
        _requireMembers(contributions);
    }

    function _requireMembers(Contribution[] memory contributions) private view {
        uint32[] memory numbers = new uint32[](contributions.length);
        for (uint256 i = 0; i < numbers.length; ++i) {
            numbers[i] = contributions[i].institution;
        }
        uint256[] memory bits = SWARM.membersAmong(numbers);
        uint256 members = 0;
        for (uint256 i = 0; i < bits.length; ++i) {
            members += Seats.ones(bits[i]);
        }
        for (uint256 i = 0; members < numbers.length; ++i) {
            // Only where somebody is no member, and the publication is refused.
            // slither-disable-next-line calls-loop
            if (!SWARM.isMember(numbers[i])) _refuseContributor(numbers[i]);
        }
    }

    function _finaliseAtQuorum(bytes32 checkpoint) private {
        Checkpoint storage c = _checkpoints[checkpoint];
        Version storage v = _versions[_inForce];
        uint256 quorum = v.parameters.quorum;
        if (c.attestations < quorum) return;
        // Who has left or withdrawn since does not help to make it final.
        Seats.Set memory standing = _standing(v);
        uint256 vouching = standing.among(c.attesters).count();
        if (standing.includes(c.publisher)) ++vouching;
        if (vouching >= quorum) _finalise(checkpoint, c, standing);
    }

    function _finalise(bytes32 checkpoint, Checkpoint storage c, Seats.Set memory standing) private {
        uint32 covered = c.round - _lastRound;
        Totals memory totals = _totals[_sequence];
        uint32 sequence = ++_sequence;
        uint256 last = _seatCount;
        for (uint256 i = 0; i <= last >> 4; ++i) {
            uint256 word = _signed[sequence - 1].words[i];
            uint256 end = Lanes.end(i, last);
            for (uint256 seat = i << 4; seat < end; ++seat) {
                if (standing.includes(seat)) word += uint256(covered) << Lanes.shift(seat);
            }
            if (word != 0) _signed[sequence].words[i] = word;
        }
        totals.rounds += covered;
        totals.signed += uint64(covered * standing.count());
        totals.contributed += c.contributed;
        _totals[sequence] = totals;
        _lastRound = c.round;
        _finals[sequence] = checkpoint;
        emit CheckpointFinal(checkpoint, c.round, sequence);
        _record(CheckpointFinal.selector, abi.encode(checkpoint, c.round, sequence));
    }

    function _emitPublished(bytes32 checkpoint, uint32 institution, Publication memory p) private {
        emit CheckpointPublished(
            checkpoint,
            p.round,
            _msgSender(),
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
                _msgSender(),
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
        institution = SWARM.memberOf(_msgSender());
        if (institution == 0) revert StudyNotMember(_msgSender());
    }

    function _callingNode() private view returns (uint32) {
        (uint32 institution, Authorisation answer) = _authorisation(_msgSender());
        if (answer != Authorisation.Authorised) revert StudyNotAuthorised(institution, answer);
        return institution;
    }

    function _participant(uint32 institution) private view returns (Participation storage p) {
        p = _participations[institution];
        if (p.seat == 0 || p.withdrawn) revert StudyNotSignatory(institution);
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

    function _refuseContributor(uint32 institution) private view {
        Authorisation answer = authorisationOf(institution);
        if (answer != Authorisation.Authorised) revert StudyNotAuthorised(institution, answer);
        revert StudyContributionsInvalid();
    }

    function _requireNotExpired(Version storage v) private view {
        if (block.timestamp >= v.parameters.expiresAt) revert StudyExpired(v.parameters.expiresAt);
    }

    function _isEligible(uint32 institution, Parameters storage parameters) private view returns (bool) {
        (Kind kind, Sector sector, bytes2 country) = SWARM.profileOf(institution);
        if ((parameters.kinds >> uint8(kind)) & 1 == 0 || (parameters.sectors >> uint8(sector)) & 1 == 0) return false;
        if (parameters.anyCountry) return true;
        for (uint256 i = 0; i < parameters.countries.length; ++i) {
            if (parameters.countries[i] == country) return true;
        }
        return false;
    }

    function _hasSigned(uint32 institution, Version storage v) private view returns (bool) {
        uint256 seat = _participations[institution].seat;
        return seat != 0 && v.signers.has(seat);
    }

    /// @dev Whether the institution of a seat has signed a version that asks for a consent commitment.
    function _asksConsentOf(uint256 seat, uint32 version) private view returns (bool) {
        Version storage v = _versions[version];
        return v.parameters.consentMaxAge != 0 && v.signers.has(seat);
    }

    function _isConsentStale(uint256 seat, uint256 maxAge) private view returns (bool) {
        return maxAge != 0 && block.timestamp > _consentAt[seat] + maxAge;
    }

    /// @dev Whether the minimum that a pending version names has signed it, and more than half of those who signed the
    ///      terms in force. Otherwise an opener could amend to a minimum of one and have the study for itself.
    function _isAgreedOn(Version storage pending) private view returns (bool) {
        Seats.Set memory members = _members();
        if (members.among(pending.signers).count() < pending.parameters.minimumSignatories) return false;
        Seats.Set memory standing = members.among(_versions[_inForce].signers);
        return 2 * standing.among(pending.signers).count() > standing.count();
    }

    /// @dev The seats of those who have signed a version and are members of the swarm now.
    function _standing(Version storage v) private view returns (Seats.Set memory) {
        return _members().among(v.signers);
    }

    /// @dev The seats of those who are members of the swarm now.
    function _members() private view returns (Seats.Set memory members) {
        uint256 last = _seatCount;
        // The first is nobody's, who is no member.
        uint32[] memory numbers = new uint32[](last + 1);
        for (uint256 seat = 1; seat <= last; ++seat) {
            numbers[seat] = _institutionAt[seat];
        }
        uint256[] memory bits = SWARM.membersAmong(numbers);
        for (uint256 i = 0; i < bits.length; ++i) {
            members.words[i] = bits[i];
        }
    }

    /// @dev The final checkpoints of a version, up to one: those after `first`, up to and including `last`.
    function _span(uint32 version, uint32 sequence) private view returns (uint32 first, uint32 last) {
        (first, last) = spanOf(version);
        if (first > sequence) first = sequence;
        if (last > sequence) last = sequence;
    }

    function _credit(uint256 seat, uint32 first, uint32 last) private view returns (Credit memory c) {
        (uint256 signedBefore, uint256 contributedBefore) = _creditAt(seat, first);
        (uint256 signed, uint256 contributed) = _creditAt(seat, last);
        return Credit(_institutionAt[seat], signed - signedBefore, contributed - contributedBefore);
    }

    function _creditAt(uint256 seat, uint32 sequence) private view returns (uint256 signed, uint256 contributed) {
        if (sequence != 0) return (_signed[sequence].get(seat), _contributed[_finals[sequence]].get(seat));
    }
}

// slither-disable-end missing-zero-check
// slither-disable-end naming-convention
// slither-disable-end timestamp
// slither-disable-end reentrancy-no-eth,reentrancy-benign,reentrancy-events
