// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IGovernor} from "@openzeppelin/contracts/governance/IGovernor.sol";
import {Benefits} from "contracts/Benefits.sol";
import {IStudy} from "contracts/interfaces/IStudy.sol";
import {
    Authorisation,
    Contribution,
    Credit,
    Earnings,
    Level,
    Parameters,
    Publication
} from "contracts/interfaces/Types.sol";
import {SwarmInvariants} from "./SwarmInvariants.sol";
import {vm} from "./Vm.sol";

/// @title What always holds of studies
abstract contract StudyInvariants is SwarmInvariants {
    /// @notice Nobody is authorised without membership, a current signature of the terms in force, a registered node, a
    ///         running study, terms that have not expired and a fresh consent; who has all that is.
    function nobodyTrainsWithoutAllOfIt() internal view {
        uint256 time = vm.getBlockTimestamp();
        for (uint256 i = 0; i < _studies.length; ++i) {
            IStudy study = IStudy(_studies[i]);
            for (uint32 number = 0; number <= _institutionCount; ++number) {
                Authorisation expected = entitlement(address(study), number, time);
                vm.assertEq(uint256(study.authorisationOf(number)), uint256(expected), "authorisationOf");
            }
            for (uint256 j = 0; j < _nodeKeys.length; ++j) {
                Authorisation expected = entitlementOf(address(study), _nodeKeys[j], time);
                vm.assertEq(uint256(study.authorisation(_nodeKeys[j])), uint256(expected), "authorisation");
            }
            bool unknown = study.authorisation(accountOf(1)) == Authorisation.NodeUnknown;
            vm.assertTrue(unknown, "an account is no node");
        }
        kept("who publishes is authorised");
        kept("who publishes owns the node");
        kept("who attests is authorised");
        kept("who attests owns the node");
        kept("who equivocates is authorised");
        kept("who contributed is authorised, once");
        kept("only members sign");
        kept("who withdraws takes part");
    }

    /// @notice Who has withdrawn, left, was expelled, has no node that is valid, or has not signed, is refused from that
    ///         very block on: it publishes and attests nothing, nobody can name it as a contributor, and who is no
    ///         member signs and votes on nothing.
    function whoIsOutIsRefused() internal {
        address study = inTurn();
        address insider;
        for (uint256 i = 0; i < _nodeKeys.length; ++i) {
            address node = _nodeKeys[i];
            Authorisation reason = entitlementOf(study, node, vm.getBlockTimestamp());
            if (reason == Authorisation.Authorised) insider = node;
            else refuseOutsider(study, node, _nodes[node].institution, reason);
        }
        Terms storage t = _terms[study][_research[study].inForce];
        // Otherwise something else is wrong with naming it alone.
        bool nameable = t.minimumContributors == 1 && _research[study].lastRound < t.rounds;
        for (uint32 number = 1; number <= _institutionCount; ++number) {
            Authorisation reason = entitlement(study, number, vm.getBlockTimestamp());
            if (nameable && insider != address(0) && reason != Authorisation.Authorised) {
                Publication memory p = empty(study);
                p.contributions = new Contribution[](1);
                p.contributions[0] = Contribution(number, 1);
                mustRefuse(insider, study, abi.encodeCall(IStudy.publish, (p)), refusal(number, reason));
            }
            if (!isMember(number)) refuseDeparted(study, number);
        }
    }

    /// @notice A final checkpoint was vouched for, when it became final, by a quorum of different institutions that
    ///         were signatories then.
    function finalCheckpointsHadTheirQuorum() internal view {
        kept("a final checkpoint has its quorum");
        kept("an institution vouches once");
        kept("the level suffices");
        kept("what is attested can become final");
        kept("enough contributed");
        kept("nobody contributes more than the rounds");
    }

    /// @notice The lineage has no fork: final checkpoints are numbered from 1 without a gap, rounds ascend, and each
    ///         names the one before it by identity.
    function theLineageDoesNotFork() internal view {
        kept("a final checkpoint stands on the last");
        kept("final checkpoints are numbered in order");
        kept("final rounds ascend");
        kept("final once");
        kept("a checkpoint is published once");
        kept("a publication stands on the last final one");
        kept("rounds go on");
        for (uint256 i = 0; i < _studies.length; ++i) {
            Research storage r = _research[_studies[i]];
            (uint32 round, bytes32 checkpoint, uint32 sequence) = IStudy(_studies[i]).lineageHead();
            vm.assertEq(round, r.lastRound, "round");
            vm.assertEq(checkpoint, lastFinal(_studies[i]), "identity");
            vm.assertEq(sequence, r.finals.length, "sequence");
            bytes32 parent = 0;
            for (uint256 j = 0; j < r.finals.length; ++j) {
                vm.assertEq(_candidates[_studies[i]][r.finals[j]].parent, parent, "parent");
                parent = r.finals[j];
            }
        }
    }

    /// @notice An institution has one candidate a round of a version on a parent, whichever nodes it runs, its rounds
    ///         ascend, and a second, different one is put on record, once.
    function anInstitutionSpeaksOnceARound() internal view {
        kept("an institution speaks once a round");
        kept("an institution's rounds ascend");
        kept("an equivocation is no checkpoint");
    }

    /// @notice A seat is given once, in the order of first signatures, to 500 at most; signatories have seats.
    function seatsAreGivenOnce() internal view {
        address about = inTurn();
        Research storage r = _research[about];
        IStudy study = IStudy(about);
        uint32[] memory seats = study.seats();
        vm.assertEq(seats.length, r.seats.length, "seats");
        vm.assertTrue(seats.length <= 500, "500");
        uint256 signatories = 0;
        for (uint256 j = 0; j < seats.length; ++j) {
            vm.assertEq(seats[j], r.seats[j], "seat");
            if (isSignatory(about, seats[j])) ++signatories;
        }
        uint32[] memory listed = study.signatories();
        vm.assertEq(listed.length, signatories, "every signatory has a seat");
        for (uint256 j = 0; j < listed.length; ++j) {
            vm.assertTrue(isSignatory(about, listed[j]), "listed");
        }
        for (uint32 number = 0; number <= _institutionCount; ++number) {
            vm.assertTrue(study.isSignatory(number) == isSignatory(about, number), "isSignatory");
        }
    }

    /// @notice What institutions have earned never decreases, and sums to the total, at every final checkpoint; nobody
    ///         has earned more rounds than there were.
    function creditsGrowAndSumUp() internal view {
        address about = inTurn();
        Research storage r = _research[about];
        creditsSumUp(about, r.finals.length);
        // An earlier one, each time another.
        creditsSumUp(about, _acts % (r.finals.length + 1));
        creditsSumUp(about, r.finals.length + 1);
    }

    /// @notice Versions partition the final checkpoints: each belongs to the version in force when it became final, and
    ///         what a version's have earned is the difference between its ends.
    function versionsPartitionTheLineage() internal view {
        address about = inTurn();
        Research storage r = _research[about];
        IStudy study = IStudy(about);
        uint256 until = 0;
        for (uint256 j = 0; j < r.chapters.length; ++j) {
            (uint32 first, uint32 last) = study.spanOf(r.chapters[j]);
            vm.assertEq(first, until, "spans follow each other");
            vm.assertLe(first, last, "spans go forward");
            for (uint256 sequence = first; sequence < last; ++sequence) {
                uint32 version = _candidates[about][r.finals[sequence]].version;
                vm.assertEq(version, r.chapters[j], "version");
            }
            until = last;
        }
        vm.assertEq(until, r.finals.length, "spans cover everything");
        uint32 chapter = r.chapters[_acts % r.chapters.length];
        earningsAreTheDifference(about, chapter, uint32((_acts / 7) % (r.finals.length + 1)));
        earningsAreTheDifference(about, chapter, uint32(r.finals.length));
    }

    /// @notice A study only moves forward, versions in force ascend, and the terms of a version never change: what is
    ///         enforced still has the hash that was signed.
    function termsNeverChange() internal view {
        kept("a study only moves forward");
        kept("versions are numbered in order");
        kept("versions in force ascend");
        kept("a signature binds to a version");
        kept("studies are numbered in order");
        kept("only members open studies");
        address about = inTurn();
        Research storage r = _research[about];
        IStudy study = IStudy(about);
        vm.assertEq(uint256(study.state()), uint256(r.state), "state");
        (uint32 inForce, uint32 pending) = study.versions();
        vm.assertEq(inForce, r.inForce, "in force");
        vm.assertEq(pending, r.pending, "pending");
        vm.assertEq(study.versionsInForce().length, r.chapters.length, "chapters");
        uint32 version = 1 + uint32(_acts % r.versions);
        (bytes32 digest, bytes32 hash) = study.termsOf(version);
        vm.assertEq(digest, _terms[about][version].digest, "digest");
        vm.assertEq(hash, _terms[about][version].hash, "hash");
        Parameters memory p = study.parametersOf(version);
        p.shares = Benefits(r.benefits).sharesOf(version);
        vm.assertEq(keccak256(abi.encode(p)), hash, "what is enforced is what was signed");
    }

    /// @notice What a study does was approved by its opener while a signatory, or by more than half of the signatories;
    ///         amended terms come into force when their minimum has signed, and more than half of the signatories.
    function whatAStudyDoesWasApproved() internal view {
        kept("what a study does was approved");
        kept("only signatories approve");
        kept("amended terms are agreed on");
    }

    /// @notice A quorum is more than half of the signatories at any time, so that no two checkpoints of a round can
    ///         both have it.
    function aQuorumIsAMajority() internal view {
        for (uint256 i = 0; i < _studies.length; ++i) {
            Research storage r = _research[_studies[i]];
            uint256 quorum = IStudy(_studies[i]).parametersOf(r.inForce).quorum;
            vm.assertLt(signatoryCount(_studies[i]), 2 * quorum, "majority");
            if (r.pending == 0) continue;
            quorum = IStudy(_studies[i]).parametersOf(r.pending).quorum;
            vm.assertLt(standing(_studies[i], r.pending), 2 * quorum, "majority of the pending");
        }
    }

    function creditsSumUp(address study, uint256 sequence) private view {
        Research storage r = _research[study];
        (uint256 rounds, uint256 signed, uint256 contributed) = IStudy(study).creditTotal(uint32(sequence));
        (uint256 sumSigned, uint256 sumContributed) = (0, 0);
        vm.assertEq(rounds, _sums[study][sequence].rounds, "rounds");
        if (sequence == r.finals.length) vm.assertEq(rounds, r.lastRound, "every round is counted");
        for (uint256 i = 0; i < r.seats.length; ++i) {
            (uint256 own, uint256 work) = creditAt(study, r.seats[i], sequence);
            vm.assertLe(own, rounds, "signed for no more rounds than there were");
            vm.assertLe(work, rounds, "contributed to no more rounds than there were");
            (sumSigned, sumContributed) = (sumSigned + own, sumContributed + work);
        }
        vm.assertEq(sumSigned, signed, "signed in total");
        vm.assertEq(sumContributed, contributed, "contributed in total");
    }

    function creditAt(address study, uint32 number, uint256 sequence) private view returns (uint256, uint256) {
        (uint256 own, uint256 work) = IStudy(study).credit(number, uint32(sequence));
        vm.assertEq(own, _credits[study][sequence][number].signed, "signed");
        vm.assertEq(work, _credits[study][sequence][number].contributed, "contributed");
        if (sequence != 0 && sequence <= _research[study].finals.length) {
            (uint256 before, uint256 workBefore) = IStudy(study).credit(number, uint32(sequence) - 1);
            vm.assertTrue(before <= own && workBefore <= work, "never less");
        }
        return (own, work);
    }

    function earningsAreTheDifference(address study, uint32 version, uint32 sequence) private view {
        Research storage r = _research[study];
        (uint256 first, uint256 last) = (0, 0);
        for (uint256 i = 0; i < sequence; ++i) {
            uint32 from = _candidates[study][r.finals[i]].version;
            if (from < version) first = i + 1;
            if (from <= version) last = i + 1;
        }
        if (r.seats.length == 0) return;
        uint32 number = r.seats[_acts % r.seats.length];
        (Earnings memory all, Credit memory own) = IStudy(study).earnings(version, sequence, number);
        vm.assertEq(all.before, _sums[study][first].rounds, "before");
        vm.assertEq(all.upTo, _sums[study][last].rounds, "upTo");
        vm.assertEq(all.rounds, _sums[study][sequence].rounds, "rounds");
        vm.assertEq(all.signed, _sums[study][last].signed - _sums[study][first].signed, "signed");
        vm.assertEq(all.contributed, _sums[study][last].contributed - _sums[study][first].contributed, "contributed");
        Credit storage before = _credits[study][first][number];
        vm.assertEq(own.signed, _credits[study][last][number].signed - before.signed, "own signed");
        vm.assertEq(own.contributed, _credits[study][last][number].contributed - before.contributed, "own work");
    }

    function refuseOutsider(address study, address node, uint32 number, Authorisation reason) private {
        mustRefuse(node, study, abi.encodeCall(IStudy.publish, (empty(study))), refusal(number, reason));
        bytes memory attestation = abi.encodeCall(IStudy.attest, (lastFinal(study), Level.MergeRecomputed));
        mustRefuse(node, study, attestation, refusal(number, reason));
    }

    function refuseDeparted(address study, uint32 number) private {
        Terms storage t = _terms[study][_research[study].inForce];
        address account_ = accountOf(number);
        bytes memory signing = abi.encodeCall(IStudy.sign, (_research[study].inForce, t.digest, t.hash, DOCUMENT, 0));
        mustRefuse(account_, study, signing, abi.encodeWithSelector(IStudy.StudyNotMember.selector, account_));
        bool active =
            _proposalCount != 0 && outcome(_proposalCount, vm.getBlockTimestamp()) == IGovernor.ProposalState.Active;
        if (!active) return;
        bytes memory vote = abi.encodeCall(governor.castVote, (_proposalCount, IN_FAVOUR));
        mustRefuse(account_, address(governor), vote, bytes4(0));
    }

    function refusal(uint32 number, Authorisation reason) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IStudy.StudyNotAuthorised.selector, number, reason);
    }

    /// @dev A publication that is right but for its contributions, of which there are none.
    function empty(address study) private view returns (Publication memory p) {
        p.round = _research[study].lastRound + 1;
        p.parent = lastFinal(study);
        (p.digest, p.envelopesRoot, p.roundRecord) = (keccak256("m"), keccak256("e"), keccak256("r"));
    }
}
