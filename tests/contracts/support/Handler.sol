// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IGovernor} from "@openzeppelin/contracts/governance/IGovernor.sol";
import {Benefits} from "contracts/Benefits.sol";
import {Study} from "contracts/Study.sol";
import {IStudy} from "contracts/interfaces/IStudy.sol";
import {Contribution, Level, Parameters, Part, Publication, VotingRules} from "contracts/interfaces/Types.sol";
import {House} from "./House.sol";
import {Vm, vm} from "./Vm.sol";

/// @title People who do anything at any time, and what they remember of it
/// @notice Every function tries one act with arguments cut to what there is; many are refused, which is as well. What
///         it remembers comes from its own acts and the logs, never from the contracts' views.
contract Handler is House {
    uint32 private constant MOST_INSTITUTIONS = 9;
    uint256 private constant MOST_STUDIES = 2;
    uint32 private constant NODES = 2;

    /// @dev A final checkpoint as the logs tell it.
    struct Final {
        uint32 round;
        uint32 sequence;
        bytes32 parent;
        bytes32 digest;
        bool quorate;
    }

    struct Proposal {
        address target;
        bytes call;
    }

    struct Candidate {
        uint32 round;
        bytes32 parent;
        bytes32 digest;
        uint32[] attesters;
    }

    uint256 private _now = START;
    uint256 private _block = 1;
    uint256 private _keys = 0xF0000000;

    /// @dev Versions that are in force, and who has signed which and not withdrawn.
    mapping(address study => uint32) public inForce;
    mapping(address study => mapping(uint32 version => mapping(uint32 institution => bool))) public signed;
    mapping(address study => mapping(bytes32 checkpoint => Candidate)) private _candidates;
    mapping(address study => bytes32[]) private _published;
    mapping(address study => Final[]) private _finals;
    Proposal[] private _proposals;

    modifier act(uint256 seconds_) {
        vm.warp(_now);
        vm.roll(_block);
        vm.recordLogs();
        _;
        follow();
        _now += seconds_ % 3 == 0 ? 0 : seconds_ % 1 days;
        ++_block;
    }

    constructor() {
        vm.warp(_now);
        vm.roll(_block);
        deploy(founders(3));
        swarm.found(founders(3));
        running();
        follow();
        ++_now;
    }

    /// @dev The house stands from the beginning; a run does not found it again.
    function setUp() public pure override {}

    // --- what people do --------------------------------------------------------------------------

    function applyForMembership(uint256 time) external act(time) {
        if (swarm.institutionCount() < MOST_INSTITUTIONS) applyNext();
    }

    function proposeSomething(uint256 who, uint256 what, uint256 about, uint256 time) external act(time) {
        uint32 institution = one_(about);
        address target = address(swarm);
        bytes memory call;
        if (what % 5 == 0) call = abi.encodeCall(swarm.expel, (institution));
        else if (what % 5 == 1) call = abi.encodeCall(swarm.setCharter, (bytes32(about)));
        else if (what % 5 == 2) call = abi.encodeCall(swarm.recoverAccount, (institution, vm.addr(++_keys)));
        else if (what % 5 == 3) call = abi.encodeCall(swarm.admit, (institution));
        else (target, call) = (address(governor), abi.encodeCall(governor.setVotingRules, (rules_(about))));
        vm.prank(speaker(who));
        governor.propose(one(target), new uint256[](1), one(call), "Because.");
        _proposals.push(Proposal(target, call));
    }

    function castVote(uint256 who, uint256 about, uint256 support, uint256 time) external act(time) {
        uint256 proposal = recent(about);
        vm.prank(speaker(who));
        governor.castVote(proposal, uint8(support % 3));
    }

    /// @dev Everybody is for it; otherwise chance alone would seldom decide anything.
    function agree(uint256 about, uint256 time) external act(time) {
        uint256 proposal = recent(about);
        for (uint32 institution = 1; institution <= swarm.institutionCount(); ++institution) {
            if (governor.state(proposal) != IGovernor.ProposalState.Active) return;
            if (swarm.voterSince(accountNow(institution), governor.proposalSnapshot(proposal)) == 0) continue;
            address voter = accountNow(institution);
            if (governor.hasVoted(proposal, voter)) continue;
            vm.prank(voter);
            governor.castVote(proposal, IN_FAVOUR);
        }
    }

    function carryOut(uint256 about, uint256 time) external act(time) {
        uint256 proposal = recent(about);
        execute(proposal, _proposals[proposal - 1].target, _proposals[proposal - 1].call);
    }

    function takeBack(uint256 who, uint256 about, uint256 time) external act(time) {
        uint256 proposal = recent(about);
        Proposal memory p = _proposals[proposal - 1];
        vm.prank(speaker(who));
        governor.cancel(one(p.target), new uint256[](1), one(p.call), descriptionHash(proposal));
    }

    function leaveSwarm(uint256 who, uint256 time) external act(time) {
        // The swarm shall live on in most runs.
        if (who % 4 != 0 || swarm.memberCount() <= 3) return;
        vm.prank(speaker(who));
        swarm.leave();
    }

    function rotate(uint256 who, uint256 time) external act(time) {
        uint32 institution = one_(who);
        bytes memory proof = rotationProof(institution, ++_keys, FOREVER);
        vm.prank(accountNow(institution));
        swarm.rotateAccount(vm.addr(_keys), FOREVER, proof);
    }

    function register(uint256 who, uint256 which, uint256 time) external act(time) {
        uint32 institution = one_(who);
        uint256 key = nodeKey(institution, which % NODES);
        bytes memory proof = nodeProof(institution, key, FOREVER);
        vm.prank(accountNow(institution));
        swarm.registerNode(vm.addr(key), FOREVER, proof);
    }

    function revoke(uint256 who, uint256 which, uint256 time) external act(time) {
        // The first node stays, or nobody would train for long.
        if (which % NODES == 0) return;
        uint32 institution = one_(who);
        vm.prank(accountNow(institution));
        swarm.revokeNode(nodeOf(institution, which % NODES));
    }

    function openStudy(uint256 who, uint256 time) external act(time) {
        if (studies.count() >= MOST_STUDIES) return;
        vm.prank(speaker(who));
        studies.open(TERMS, terms(who));
    }

    function signTerms(uint256 who, uint256 about, bool pending, uint256 time) external act(time) {
        Study study = some(about);
        (uint32 now_, uint32 next) = study.versions();
        uint32 version = pending && next != 0 ? next : now_;
        (bytes32 digest, bytes32 hash) = study.termsOf(version);
        bytes32 consent = study.parametersOf(version).consentMaxAge == 0 ? bytes32(0) : DOCUMENT;
        vm.prank(speaker(who));
        study.sign(version, digest, hash, DOCUMENT, consent);
    }

    function declineTerms(uint256 who, uint256 about, uint256 time) external act(time) {
        Study study = some(about);
        vm.prank(speaker(who));
        study.decline(1, 1, DOCUMENT);
    }

    function withdrawFromStudy(uint256 who, uint256 about, uint256 time) external act(time) {
        if (about % 3 != 0) return;
        Study study = some(about);
        vm.prank(speaker(who));
        study.withdraw(1, DOCUMENT);
    }

    function renewConsent(uint256 who, uint256 about, uint256 time) external act(time) {
        Study study = some(about);
        vm.prank(speaker(who));
        study.renewConsent(DOCUMENT);
    }

    function startStudy(uint256 who, uint256 about, uint256 time) external act(time) {
        Study study = some(about);
        vm.prank(who % 2 == 0 ? accountNow(study.opener()) : speaker(who));
        study.start();
    }

    function amendTerms(uint256 who, uint256 about, uint256 time) external act(time) {
        Study study = some(about);
        vm.prank(who % 2 == 0 ? accountNow(study.opener()) : speaker(who));
        study.amend(TERMS, terms(time));
    }

    function closeStudy(uint256 who, uint256 about, uint256 time) external act(time) {
        if (who % 16 != 0) return;
        Study study = some(about);
        vm.prank(speaker(who));
        study.close();
    }

    function publishCheckpoint(uint256 who, uint256 about, uint256 what, uint256 time) external act(time) {
        Study study = some(about);
        Publication memory p = publication(study, 0);
        (uint32 last,,) = study.lineageHead();
        p.round = last + 1 + uint32(what % 2);
        p.digest = what % 8 == 7 && p.parent != 0 ? p.parent : keccak256(abi.encode("model", what % 4));
        uint32[] memory signatories = study.signatories();
        sort(signatories);
        p.contributions = new Contribution[](signatories.length);
        for (uint256 i = 0; i < signatories.length; ++i) {
            p.contributions[i] = Contribution(signatories[i], 1 + uint32(what % (p.round - last)));
        }
        vm.prank(nodeOf(one_(who), (who >> 8) % 4 == 0 ? 1 : 0));
        study.publish(p);
    }

    function attestCheckpoint(uint256 who, uint256 about, uint256 which, uint256 time) external act(time) {
        Study study = some(about);
        bytes32[] storage published = _published[address(study)];
        bytes32 checkpoint = published[published.length - 1 - which % published.length];
        vm.prank(nodeOf(one_(who), (who >> 8) % NODES));
        study.attest(checkpoint, Level.SetChecked);
    }

    /// @dev Everybody vouches for a checkpoint until it is final; otherwise few ever were.
    function vouch(uint256 about, uint256 which, uint256 time) external act(time) {
        Study study = some(about);
        bytes32[] storage published = _published[address(study)];
        bytes32 checkpoint = published[published.length - 1 - which % (published.length < 3 ? published.length : 3)];
        for (uint32 institution = 1; institution <= swarm.institutionCount(); ++institution) {
            vm.prank(nodeOf(institution));
            try study.attest(checkpoint, Level.MergeRecomputed) {} catch {}
        }
    }

    function declareRevenue(uint256 who, uint256 about, uint128 amount, uint256 time) external act(time) {
        Benefits benefits = benefitsOf(some(about));
        vm.prank(speaker(who));
        benefits.declare("EUR", amount, DOCUMENT, "", 0);
    }

    function payShare(uint256 who, uint256 about, uint256 to, uint256 time) external act(time) {
        Benefits benefits = benefitsOf(some(about));
        uint32 revenue = benefits.revenueCount();
        (uint32 payer,,,) = benefits.revenueOf(revenue);
        uint32 receiver = one_(to);
        vm.prank(who % 8 == 0 ? speaker(who) : accountNow(payer));
        benefits.pay(revenue, Part(to % 2), receiver, DOCUMENT);
    }

    function confirmShare(uint256 about, uint256 to, uint256 time) external act(time) {
        Benefits benefits = benefitsOf(some(about));
        uint32 revenue = benefits.revenueCount();
        uint32 receiver = one_(to);
        vm.prank(accountNow(receiver));
        benefits.confirm(revenue, Part(to % 2), receiver);
    }

    function letTimePass(uint256 days_) external act(0) {
        _now += (days_ % 10) * 1 days;
    }

    // --- what they remember ----------------------------------------------------------------------

    /// @dev The clock of the run; what forge's own clock shows between acts does not matter.
    function clock() external view returns (uint256) {
        return _now;
    }

    function house() external view returns (address, address, address, address) {
        return (address(history), address(swarm), address(governor), address(studies));
    }

    function finals(address study) external view returns (Final[] memory) {
        return _finals[study];
    }

    function proposalCount() external view returns (uint256) {
        return _proposals.length;
    }

    function node(uint32 institution, uint256 index) external pure returns (address) {
        return nodeOf(institution, index);
    }

    function nodesEach() external pure returns (uint256) {
        return NODES;
    }

    function _noted(Vm.Log memory log) internal override {
        address study = log.emitter;
        bytes32 topic = log.topics[0];
        if (topic == IStudy.TermsInForce.selector) {
            inForce[study] = uint32(uint256(log.topics[1]));
        } else if (topic == IStudy.TermsSigned.selector) {
            signed[study][uint32(uint256(log.topics[2]))][uint32(uint256(log.topics[1]))] = true;
        } else if (topic == IStudy.StudyWithdrawn.selector) {
            for (uint32 version = 1; version <= 32; ++version) {
                signed[study][version][uint32(uint256(log.topics[1]))] = false;
            }
        } else if (topic == IStudy.CheckpointPublished.selector) {
            (,, bytes32 parent, bytes32 digest) = abi.decode(log.data, (uint32, uint32, bytes32, bytes32));
            Candidate storage candidate = _candidates[study][log.topics[1]];
            candidate.round = uint32(uint256(log.topics[2]));
            candidate.parent = parent;
            candidate.digest = digest;
            _published[study].push(log.topics[1]);
        } else if (topic == IStudy.CheckpointAttested.selector) {
            _candidates[study][log.topics[1]].attesters.push(uint32(uint256(log.topics[2])));
        } else if (topic == IStudy.CheckpointFinal.selector) {
            noteFinal(study, log);
        }
    }

    function noteFinal(address study, Vm.Log memory log) private {
        Candidate storage candidate = _candidates[study][log.topics[1]];
        uint256 standing = 0;
        for (uint256 i = 0; i < candidate.attesters.length; ++i) {
            uint32 attester = candidate.attesters[i];
            if (swarm.isMember(attester) && signed[study][inForce[study]][attester]) ++standing;
        }
        bool quorate = standing >= Study(study).parametersOf(inForce[study]).quorum;
        uint32 sequence = abi.decode(log.data, (uint32));
        _finals[study].push(Final(candidate.round, sequence, candidate.parent, candidate.digest, quorate));
    }

    // --- choices ---------------------------------------------------------------------------------

    /// @dev One of the last three proposals.
    function recent(uint256 choice) private view returns (uint256) {
        return _proposals.length - choice % (_proposals.length < 3 ? _proposals.length : 3);
    }

    function one_(uint256 choice) private view returns (uint32) {
        return 1 + uint32(choice % swarm.institutionCount());
    }

    function accountNow(uint32 institution) private view returns (address account_) {
        (, account_,,,,,,) = swarm.institution(institution);
    }

    function speaker(uint256 choice) private view returns (address) {
        return accountNow(one_(choice));
    }

    function some(uint256 choice) private view returns (Study) {
        return Study(studies.studyAt(1 + uint32(choice % studies.count())));
    }

    function terms(uint256 choice) private view returns (Parameters memory p) {
        p = parameters();
        p.minimumSignatories = 2;
        p.quorum = 2 + uint16(choice % 2);
        p.consentMaxAge = choice % 3 == 0 ? 20 days : 0;
        p.expiresAt = uint48(_now + 60 days);
    }

    function rules_(uint256 choice) private pure returns (VotingRules memory) {
        return VotingRules(uint32(1 + choice % 5 days), uint16(1 + choice % 100), 5 days);
    }

    function sort(uint32[] memory list) private pure {
        for (uint256 i = 1; i < list.length; ++i) {
            for (uint256 j = i; j > 0 && list[j] < list[j - 1]; --j) {
                (list[j], list[j - 1]) = (list[j - 1], list[j]);
            }
        }
    }
}
