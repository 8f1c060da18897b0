// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IStudies} from "contracts/interfaces/IStudies.sol";
import {IStudy} from "contracts/interfaces/IStudy.sol";
import {
    Action,
    Authorisation,
    Contribution,
    Credit,
    Level,
    NodeStanding,
    Parameters,
    Shares,
    StudyState
} from "contracts/interfaces/Types.sol";
import {Ledger} from "./Ledger.sol";
import {Vm, vm} from "./Vm.sol";

/// @title What has happened in the studies, as the logs tell it
abstract contract StudyLedger is Ledger {
    struct Terms {
        bytes32 digest;
        bytes32 hash;
        uint16 minimumSignatories;
        uint16 minimumContributors;
        uint16 quorum;
        uint32 rounds;
        Level level;
        uint32 consentMaxAge;
        uint48 expiresAt;
        uint32 remainderTo;
        address[] payees;
    }

    struct Research {
        address benefits;
        uint32 opener;
        StudyState state;
        uint32 inForce;
        uint32 pending;
        uint32 versions;
        uint32 lastRound;
        uint32[] chapters;
        uint32[] seats;
        bytes32[] published;
        bytes32[] finals;
    }

    struct Candidate {
        uint32 version;
        uint32 round;
        uint32 sequence;
        bytes32 parent;
        address node;
        uint32 institution;
        bool isFinal;
        Contribution[] contributions;
        uint32[] vouching;
    }

    /// @dev Final rounds, and what they have earned, up to a final checkpoint.
    struct Sum {
        uint256 rounds;
        uint256 signed;
        uint256 contributed;
    }

    struct Part_ {
        bool seated;
        bool withdrawn;
        uint256 consentAt;
    }

    address[] internal _studies;
    mapping(address study => Research) internal _research;
    mapping(address study => mapping(uint32 version => Terms)) internal _terms;
    mapping(address study => mapping(uint32 version => mapping(uint32 institution => bool))) internal _signed;
    mapping(address study => mapping(uint32 institution => Part_)) internal _parts;
    mapping(address study => mapping(bytes32 subject => uint32[])) private _approvals;
    mapping(address study => mapping(bytes32 checkpoint => Candidate)) internal _candidates;
    mapping(address study => mapping(uint256 sequence => Sum)) internal _sums;
    mapping(address study => mapping(uint256 sequence => mapping(uint32 institution => Credit))) internal _credits;
    /// @dev What an institution has said about a round of a version on a parent: 1 once, 2 twice and differently.
    mapping(bytes32 said => uint256) private _said;
    mapping(bytes32 said => uint32) private _lastSaid;

    function isSignatory(address study, uint32 institution) internal view returns (bool) {
        return isMember(institution) && _signed[study][_research[study].inForce][institution];
    }

    function signatoryCount(address study) internal view returns (uint256) {
        return standing(study, _research[study].inForce);
    }

    /// @dev Members that have signed a version.
    function standing(address study, uint32 version) internal view returns (uint256 members) {
        for (uint32 institution = 1; institution <= _institutionCount; ++institution) {
            if (isMember(institution) && _signed[study][version][institution]) ++members;
        }
    }

    /// @dev Why an institution may train at a time, or may not.
    function entitlement(address study, uint32 institution, uint256 time) internal view returns (Authorisation) {
        Research storage r = _research[study];
        Part_ storage part = _parts[study][institution];
        Terms storage t = _terms[study][r.inForce];
        if (!isMember(institution)) return Authorisation.NotMember;
        if (!part.seated) return Authorisation.NotSigned;
        if (part.withdrawn) return Authorisation.Withdrawn;
        if (!_signed[study][r.inForce][institution]) return Authorisation.TermsNotSigned;
        if (r.state == StudyState.Open) return Authorisation.NotStarted;
        if (r.state == StudyState.Closed) return Authorisation.Closed;
        if (time >= t.expiresAt) return Authorisation.Expired;
        if (t.consentMaxAge != 0 && time > part.consentAt + t.consentMaxAge) return Authorisation.ConsentStale;
        return Authorisation.Authorised;
    }

    function entitlementOf(address study, address node, uint256 time) internal view returns (Authorisation) {
        Node storage n = _nodes[node];
        if (n.standing == NodeStanding.Unknown) return Authorisation.NodeUnknown;
        if (n.standing == NodeStanding.Revoked) return Authorisation.NodeRevoked;
        return entitlement(study, n.institution, time);
    }

    function _noted(Vm.Log memory log) internal virtual override {
        super._noted(log);
        bytes32 topic = log.topics[0];
        address emitter = log.emitter;
        if (topic == IStudies.StudyOpened.selector) noteOpened(log);
        if (topic == IStudy.TermsProposed.selector) noteTerms(emitter, log);
        if (topic == IStudy.TermsInForce.selector) noteInForce(emitter, uint32(uint256(log.topics[1])));
        if (topic == IStudy.TermsSigned.selector) noteSigned(emitter, log);
        if (topic == IStudy.StudyWithdrawn.selector) noteWithdrawn(emitter, uint32(uint256(log.topics[1])));
        if (topic == IStudy.ConsentRenewed.selector) {
            _parts[emitter][uint32(uint256(log.topics[1]))].consentAt = vm.getBlockTimestamp();
        }
        if (topic == IStudy.ActionApproved.selector) noteApproved(emitter, log);
        if (topic == IStudy.StudyStarted.selector) moveStudy(emitter, StudyState.Running, Action.Start);
        if (topic == IStudy.StudyClosed.selector) moveStudy(emitter, StudyState.Closed, Action.Close);
        if (topic == IStudy.CheckpointPublished.selector) notePublished(emitter, log);
        if (topic == IStudy.CheckpointAttested.selector) noteAttested(emitter, log);
        if (topic == IStudy.CheckpointFinal.selector) noteFinal(emitter, log);
        if (topic == IStudy.EquivocationRecorded.selector) noteEquivocation(emitter, log);
    }

    function noteOpened(Vm.Log memory log) private {
        address study = addressAt(log, 2);
        (address benefits, uint32 opener) = abi.decode(log.data, (address, uint32));
        _studies.push(study);
        holds("studies are numbered in order", uint256(log.topics[1]) == _studies.length);
        holds("only members open studies", isMember(opener));
        (_research[study].benefits, _research[study].opener) = (benefits, opener);
        _known.push(study);
        _known.push(benefits);
    }

    function noteTerms(address study, Vm.Log memory log) private {
        (bytes32 digest, bytes32 hash,, Parameters memory p) =
            abi.decode(log.data, (bytes32, bytes32, bytes, Parameters));
        Research storage r = _research[study];
        uint32 version = uint32(uint256(log.topics[1]));
        holds("versions are numbered in order", version == r.versions + 1);
        // Opening a study needs nobody's approval but the opener's.
        if (version != 1) holds("what a study does was approved", isApproved(study, Action.Amend, digest, hash));
        (r.versions, r.pending) = (version, version);
        Terms storage t = _terms[study][version];
        (t.digest, t.hash) = (digest, hash);
        t.minimumSignatories = p.minimumSignatories;
        t.minimumContributors = p.minimumContributors;
        t.quorum = p.quorum;
        t.rounds = p.rounds;
        t.level = p.level;
        t.consentMaxAge = p.consentMaxAge;
        t.expiresAt = p.expiresAt;
        t.remainderTo = p.shares.remainderTo;
        for (uint256 i = 0; i < p.shares.payees.length; ++i) {
            t.payees.push(p.shares.payees[i].account);
        }
    }

    function noteInForce(address study, uint32 version) private {
        Research storage r = _research[study];
        holds("versions in force ascend", version > r.inForce && version == r.pending);
        if (version != 1) {
            uint256 both = 0;
            for (uint32 institution = 1; institution <= _institutionCount; ++institution) {
                if (isSignatory(study, institution) && _signed[study][version][institution]) ++both;
            }
            bool enough = standing(study, version) >= _terms[study][version].minimumSignatories;
            holds("amended terms are agreed on", enough && 2 * both > signatoryCount(study));
        }
        (r.inForce, r.pending) = (version, 0);
        r.chapters.push(version);
    }

    function noteSigned(address study, Vm.Log memory log) private {
        uint32 institution = uint32(uint256(log.topics[1]));
        uint32 version = uint32(uint256(log.topics[2]));
        (bytes32 digest, bytes32 hash,, bytes32 consent) = abi.decode(log.data, (bytes32, bytes32, bytes32, bytes32));
        Terms storage t = _terms[study][version];
        holds("a signature binds to a version", digest == t.digest && hash == t.hash);
        holds("only members sign", isMember(institution) && !_signed[study][version][institution]);
        Part_ storage part = _parts[study][institution];
        if (!part.seated) _research[study].seats.push(institution);
        (part.seated, part.withdrawn) = (true, false);
        if (consent != 0) part.consentAt = vm.getBlockTimestamp();
        _signed[study][version][institution] = true;
    }

    function noteWithdrawn(address study, uint32 institution) private {
        holds("who withdraws takes part", _parts[study][institution].seated && !_parts[study][institution].withdrawn);
        _parts[study][institution].withdrawn = true;
        for (uint32 version = 1; version <= _research[study].versions; ++version) {
            _signed[study][version][institution] = false;
        }
    }

    function noteApproved(address study, Vm.Log memory log) private {
        uint32 institution = uint32(uint256(log.topics[1]));
        bytes32 subject = abi.decode(log.data, (bytes32));
        holds("only signatories approve", isSignatory(study, institution));
        _approvals[study][matter(study, Action(uint256(log.topics[2])), subject)].push(institution);
    }

    /// @dev What an approval counts for: it lapses with the terms it was given under, or with others put forward.
    function matter(address study, Action action, bytes32 subject) private view returns (bytes32) {
        return keccak256(abi.encode(action, subject, _research[study].inForce, _research[study].versions));
    }

    function isApproved(address study, Action action, bytes32 digest, bytes32 hash) private view returns (bool) {
        bytes32 subject = action == Action.Amend ? keccak256(abi.encode(digest, hash)) : bytes32(0);
        uint32[] storage approvers = _approvals[study][matter(study, action, subject)];
        uint256 votes = 0;
        for (uint256 i = 0; i < approvers.length; ++i) {
            if (!isSignatory(study, approvers[i])) continue;
            if (approvers[i] == _research[study].opener) return true;
            ++votes;
            for (uint256 j = 0; j < i; ++j) {
                if (approvers[j] == approvers[i]) return false;
            }
        }
        return 2 * votes > signatoryCount(study);
    }

    function moveStudy(address study, StudyState to, Action action) private {
        Research storage r = _research[study];
        holds("a study only moves forward", uint256(to) > uint256(r.state));
        holds("what a study does was approved", isApproved(study, action, 0, 0));
        r.state = to;
    }

    function notePublished(address study, Vm.Log memory log) private {
        Research storage r = _research[study];
        bytes32 id = log.topics[1];
        Candidate storage c = _candidates[study][id];
        holds("a checkpoint is published once", c.version == 0);
        c.round = uint32(uint256(log.topics[2]));
        c.node = addressAt(log, 3);
        c.sequence = uint32(r.finals.length);
        Contribution[] memory contributions;
        (c.institution, c.version, c.parent,, contributions,,) =
            abi.decode(log.data, (uint32, uint32, bytes32, bytes32, Contribution[], bytes32, bytes32));
        holds("who publishes is authorised", isEntitled(study, c.node) && c.version == r.inForce);
        holds("who publishes owns the node", _nodes[c.node].institution == c.institution);
        holds("a publication stands on the last final one", c.parent == lastFinal(study));
        holds("rounds go on", c.round > r.lastRound && c.round <= _terms[study][c.version].rounds);
        for (uint256 i = 0; i < contributions.length; ++i) {
            c.contributions.push(contributions[i]);
            bool named =
                entitlement(study, contributions[i].institution, vm.getBlockTimestamp()) == Authorisation.Authorised;
            for (uint256 j = 0; j < i; ++j) {
                if (contributions[j].institution == contributions[i].institution) named = false;
            }
            uint256 covered = c.round - r.lastRound;
            holds("who contributed is authorised, once", named);
            holds("nobody contributes more than the rounds", _between(contributions[i].rounds, 1, covered));
        }
        holds("enough contributed", contributions.length >= _terms[study][c.version].minimumContributors);
        c.vouching.push(c.institution);
        r.published.push(id);
        speak(study, c.institution, c.round, 0);
    }

    function noteEquivocation(address study, Vm.Log memory log) private {
        holds("who equivocates is authorised", isEntitled(study, addressAt(log, 1)));
        holds("an equivocation is no checkpoint", _candidates[study][abi.decode(log.data, (bytes32))].version == 0);
        speak(study, uint32(uint256(log.topics[3])), uint32(uint256(log.topics[2])), 1);
    }

    /// @dev An institution has one candidate a round of a version on a parent, and one record of equivocation.
    function speak(address study, uint32 institution, uint32 round, uint256 before) private {
        bytes32 about = keccak256(abi.encode(study, institution, _research[study].inForce, lastFinal(study)));
        bytes32 said = keccak256(abi.encode(about, round));
        holds("an institution speaks once a round", _said[said] == before);
        holds("an institution's rounds ascend", round >= _lastSaid[about]);
        _said[said] = before + 1;
        _lastSaid[about] = round;
    }

    function noteAttested(address study, Vm.Log memory log) private {
        Candidate storage c = _candidates[study][log.topics[1]];
        uint32 institution = uint32(uint256(log.topics[2]));
        Level level = abi.decode(log.data, (Level));
        for (uint256 i = 0; i < c.vouching.length; ++i) {
            holds("an institution vouches once", c.vouching[i] != institution);
        }
        c.vouching.push(institution);
        holds("who attests is authorised", isEntitled(study, addressAt(log, 3)));
        holds("who attests owns the node", _nodes[addressAt(log, 3)].institution == institution);
        holds("the level suffices", level >= _terms[study][c.version].level);
        bool stands = c.version == _research[study].inForce && c.sequence == _research[study].finals.length;
        holds("what is attested can become final", stands && !c.isFinal);
    }

    function noteFinal(address study, Vm.Log memory log) private {
        Research storage r = _research[study];
        bytes32 id = log.topics[1];
        Candidate storage c = _candidates[study][id];
        uint256 vouching = 0;
        for (uint256 i = 0; i < c.vouching.length; ++i) {
            if (isSignatory(study, c.vouching[i])) ++vouching;
        }
        holds("a final checkpoint has its quorum", vouching >= _terms[study][r.inForce].quorum);
        holds("a final checkpoint stands on the last", c.parent == lastFinal(study) && c.version == r.inForce);
        holds("final rounds ascend", c.round > r.lastRound && c.round == uint256(log.topics[2]));
        holds("final once", !c.isFinal);
        c.isFinal = true;
        r.finals.push(id);
        holds("final checkpoints are numbered in order", abi.decode(log.data, (uint32)) == r.finals.length);
        earn(study, c, c.round - r.lastRound, r.finals.length);
        r.lastRound = c.round;
    }

    /// @dev Carries forward what each institution has earned, and adds this checkpoint's.
    function earn(address study, Candidate storage c, uint32 covered, uint256 sequence) private {
        Sum memory sum = _sums[study][sequence - 1];
        sum.rounds += covered;
        uint32[] storage seats = _research[study].seats;
        for (uint256 i = 0; i < seats.length; ++i) {
            Credit memory own = _credits[study][sequence - 1][seats[i]];
            if (isSignatory(study, seats[i])) {
                own.signed += covered;
                sum.signed += covered;
            }
            for (uint256 j = 0; j < c.contributions.length; ++j) {
                if (c.contributions[j].institution != seats[i]) continue;
                own.contributed += c.contributions[j].rounds;
                sum.contributed += c.contributions[j].rounds;
            }
            _credits[study][sequence][seats[i]] = own;
        }
        _sums[study][sequence] = sum;
    }

    function isEntitled(address study, address node) internal view returns (bool) {
        return entitlementOf(study, node, vm.getBlockTimestamp()) == Authorisation.Authorised;
    }

    function lastFinal(address study) internal view returns (bytes32) {
        bytes32[] storage finals = _research[study].finals;
        return finals.length == 0 ? bytes32(0) : finals[finals.length - 1];
    }

    function _between(uint256 value, uint256 least, uint256 most) private pure returns (bool) {
        return value >= least && value <= most;
    }
}
