// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {BenefitsInvariants} from "./support/BenefitsInvariants.sol";
import {vm} from "./support/Vm.sol";

/// @title What holds after any history
/// @notice Forge plays random acts of all kinds of callers, direct and relayed, and asks after each of them, in its own
///         block and in the next one, whether everything below holds. What the contracts say is held against a ledger
///         that is kept from the logs alone. `InvariantsReach.t.sol` shows that such histories go everywhere.
contract InvariantsTest is BenefitsInvariants {
    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    function targetContracts() public view returns (address[] memory) {
        return one(address(this));
    }

    function targetSelectors() public view returns (FuzzSelector[] memory list) {
        list = new FuzzSelector[](1);
        list[0] = FuzzSelector(address(this), acts());
    }

    /// forge-config: default.invariant.fail-on-revert = true
    function invariant_AfterAnyHistory() public {
        vm.warp(_lastTime);
        vm.roll(_block - 1);
        all();
        vm.warp(_now);
        vm.roll(_block);
        all();
    }

    function all() private {
        theHeadIsTheReplays();
        membersAreTheVoters();
        oneInstitutionOneVote();
        whatIsDecidedStaysDecided();
        keysAreNeverUsedTwice();
        numbersNeverGoBack();
        aRelayedActHappensOnce();
        nobodyHasMoreThanAMember();
        nothingHoldsABalance();
        nobodyTrainsWithoutAllOfIt();
        whoIsOutIsRefused();
        finalCheckpointsHadTheirQuorum();
        theLineageDoesNotFork();
        anInstitutionSpeaksOnceARound();
        seatsAreGivenOnce();
        creditsGrowAndSumUp();
        versionsPartitionTheLineage();
        termsNeverChange();
        whatAStudyDoesWasApproved();
        aQuorumIsAMajority();
        revenuesAreSplitToTheCent();
<<<<<<< HEAD
    }

    function theHeadIsTheReplays() private view {
        (bytes32 head, uint256 length) = handler.recomputed();
        vm.assertEq(history.head(), head);
        vm.assertEq(history.length(), length);
    }

    function membersAreTheVoters() private view {
        uint256 members = 0;
        uint32 count = swarm.institutionCount();
        for (uint32 institution = 1; institution <= count; ++institution) {
            if (swarm.isMember(institution)) ++members;
        }
        vm.assertEq(swarm.memberCount(), members);

        for (uint256 proposal = 1; proposal <= handler.proposalCount(); ++proposal) {
            (uint256 against, uint256 inFavour, uint256 abstain, uint256 eligible) = governor.tally(proposal);
            vm.assertLe(against + inFavour + abstain, eligible, "no more votes than voters");
            if (governor.proposalDeadline(proposal) < handler.clock()) continue;
            uint256 voters = 0;
            for (uint32 institution = 1; institution <= count; ++institution) {
                (, address account_,,,,,,) = swarm.institution(institution);
                if (swarm.voterSince(account_, governor.proposalSnapshot(proposal)) != 0) ++voters;
            }
            vm.assertEq(eligible, voters);
        }
    }

    function nobodyIsAuthorisedWithoutASignatureInForce() private view {
        for (uint32 number = 1; number <= studies.count(); ++number) {
            Study study = Study(studies.studyAt(number));
            for (uint32 institution = 1; institution <= swarm.institutionCount(); ++institution) {
                bool inForce = handler.signed(address(study), handler.inForce(address(study)), institution);
                bool entitled = inForce && swarm.isMember(institution) && study.state() == StudyState.Running;
                for (uint256 index = 0; index < handler.nodesEach(); ++index) {
                    address node = handler.node(institution, index);
                    (, NodeStanding standing) = swarm.node(node);
                    bool may = study.authorisation(node) == Authorisation.Authorised;
                    vm.assertTrue(!may || (entitled && standing == NodeStanding.Registered));
                }
            }
        }
    }

    /// @dev Each final checkpoint stands on the one before it and had its quorum.
    function theLineageDoesNotFork() private view {
        for (uint32 number = 1; number <= studies.count(); ++number) {
            Study study = Study(studies.studyAt(number));
            Handler.Final[] memory finals = handler.finals(address(study));
            uint32 round = 0;
            bytes32 digest = 0;
            for (uint256 i = 0; i < finals.length; ++i) {
                vm.assertTrue(finals[i].quorate, "quorum");
                vm.assertTrue(finals[i].round > round, "rounds ascend");
                vm.assertEq(finals[i].parent, digest, "parent");
                vm.assertEq(finals[i].sequence, i + 1, "sequence");
                (round, digest) = (finals[i].round, finals[i].digest);
            }
            (uint32 lastRound, bytes32 lastDigest, uint32 sequence) = study.lineageHead();
            vm.assertEq(lastRound, round);
            vm.assertEq(lastDigest, digest);
            vm.assertEq(sequence, finals.length);
        }
    }

    function creditsSumUp() private view {
        for (uint32 number = 1; number <= studies.count(); ++number) {
            Study study = Study(studies.studyAt(number));
            (uint32 lastRound,, uint32 sequence) = study.lineageHead();
            (uint256 rounds, uint256 signed, uint256 contributed) = study.creditTotal(sequence);
            vm.assertEq(rounds, lastRound);
            for (uint32 institution = 1; institution <= swarm.institutionCount(); ++institution) {
                (uint256 own, uint256 work) = study.credit(institution, sequence);
                vm.assertLe(own, rounds, "signed for no more rounds than there were");
                vm.assertLe(work, rounds, "contributed to no more rounds than there were");
                signed -= own;
                contributed -= work;
            }
            vm.assertEq(signed + contributed, 0);
        }
    }

    function revenuesAreSplitToTheCent() private view {
        for (uint32 number = 1; number <= studies.count(); ++number) {
            Study study = Study(studies.studyAt(number));
            Benefits benefits = Benefits(study.benefits());
            (uint32 versions,) = study.versions();
            uint32 revenue = benefits.revenueCount();
            if (revenue == 0) continue;
            (,, uint256 left,) = benefits.revenueOf(revenue);
            for (uint32 institution = 1; institution <= swarm.institutionCount(); ++institution) {
                left -= benefits.shareOf(revenue, Part.Own, institution);
                left -= benefits.shareOf(revenue, Part.Patients, institution);
            }
            for (uint32 version = 1; version <= versions; ++version) {
                left -= benefits.shareOf(revenue, Part.Named, version << 16);
                left -= benefits.shareOf(revenue, Part.Remainder, version);
            }
            vm.assertEq(left, 0);
        }
=======
        sharesNeverChange();
        sharesAreSettledOnce();
>>>>>>> inv
    }
}
