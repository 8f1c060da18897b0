// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IGovernor} from "@openzeppelin/contracts/governance/IGovernor.sol";
import {SwarmGovernor} from "contracts/SwarmGovernor.sol";
import {ISwarmGovernor} from "contracts/interfaces/ISwarmGovernor.sol";
import {VotingRules} from "contracts/interfaces/Types.sol";
import {House} from "./support/House.sol";
import {vm} from "./support/Vm.sol";

contract GovernorTest is House {
    bytes private call;

    function setUp() public override {
        super.setUp();
        call = abi.encodeCall(swarm.setCharter, (DOCUMENT));
        join();
        join();
    }

    // --- proposing -------------------------------------------------------------------------------

    function test_ProposalsAreNumberedAndTheirDescriptionsUnique() public {
        uint256 at = vm.getBlockTimestamp();
        expect(address(governor));
        emit IGovernor.ProposalCreated(
            3,
            account(2),
            one(address(swarm)),
            new uint256[](1),
            new string[](1),
            one(call),
            at,
            at + 7 days,
            "Because. #3"
        );
        vm.assertEq(propose(2), 3);
        vm.assertEq(propose(2), 4);
        vm.assertEq(governor.latestProposalId(), 4);
        vm.assertEq(governor.getProposalId(one(address(swarm)), new uint256[](1), one(call), descriptionHash(3)), 3);
        vm.assertEq(governor.proposalProposer(3), account(2));
        vm.assertEq(governor.proposalSnapshot(3), at);
        vm.assertEq(governor.proposalDeadline(3), at + 7 days);
        holdHistory();
    }

    function test_OnlyMembersPropose() public {
        uint32 applicant = applyNext();
        address[2] memory others = [account(applicant), account(9)];
        for (uint256 i = 0; i < others.length; ++i) {
            refused(abi.encodeWithSelector(IGovernor.GovernorInsufficientProposerVotes.selector, others[i], 0, 1));
            vm.prank(others[i]);
            governor.propose(one(address(swarm)), new uint256[](1), one(call), "");
        }
    }

    function test_ProposalsCallTheSwarmAndTheGovernorWithoutValue() public {
        vm.startPrank(account(1));
        refused(abi.encodeWithSelector(ISwarmGovernor.GovernorTargetForbidden.selector, address(history)));
        governor.propose(one(address(history)), new uint256[](1), one(call), "");

        uint256[] memory values = new uint256[](1);
        values[0] = 1;
        refused(abi.encodeWithSelector(ISwarmGovernor.GovernorTargetForbidden.selector, address(swarm)));
        governor.propose(one(address(swarm)), values, one(call), "");
    }

    function test_ProposalsAreWhole() public {
        vm.startPrank(account(1));
        refused(abi.encodeWithSelector(IGovernor.GovernorInvalidProposalLength.selector, 1, 1, 0));
        governor.propose(one(address(swarm)), new uint256[](0), one(call), "");
        refused(abi.encodeWithSelector(IGovernor.GovernorInvalidProposalLength.selector, 0, 0, 0));
        governor.propose(new address[](0), new uint256[](0), new bytes[](0), "");
    }

    // --- the life of a proposal ------------------------------------------------------------------

    function test_PendingInItsSecondThenActive() public {
        uint256 proposal = propose(1);
        in_(proposal, IGovernor.ProposalState.Pending);
        refused(unexpected(proposal, IGovernor.ProposalState.Pending, IGovernor.ProposalState.Active));
        vm.prank(account(1));
        governor.castVote(proposal, IN_FAVOUR);
        pass(1);
        in_(proposal, IGovernor.ProposalState.Active);
    }

    function test_AMajorityOfAllDecidesEarly() public {
        uint256 proposal = proposed();
        vote(1, proposal, IN_FAVOUR);
        vote(2, proposal, IN_FAVOUR);
        in_(proposal, IGovernor.ProposalState.Active);
        vote(3, proposal, IN_FAVOUR);
        in_(proposal, IGovernor.ProposalState.Succeeded);

        expect(address(governor));
        emit IGovernor.ProposalExecuted(proposal);
        governor.execute(one(address(swarm)), new uint256[](1), one(call), descriptionHash(proposal));
        in_(proposal, IGovernor.ProposalState.Executed);
        vm.assertEq(swarm.charter(), DOCUMENT);
        holdHistory();
    }

    function test_HalfIsNoMajority() public {
        join();
        uint256 proposal = proposed();
        for (uint32 institution = 1; institution <= 3; ++institution) {
            vote(institution, proposal, IN_FAVOUR);
        }
        in_(proposal, IGovernor.ProposalState.Active);
    }

    function test_DefeatedWithoutQuorum() public {
        uint256 proposal = proposed();
        vote(1, proposal, IN_FAVOUR);
        vote(2, proposal, IN_FAVOUR);
        pass(7 days - 1);
        in_(proposal, IGovernor.ProposalState.Active);
        pass(1);
        in_(proposal, IGovernor.ProposalState.Defeated);
    }

    function test_SucceedsAtTheEndWithQuorumAndMoreInFavour() public {
        uint256 proposal = proposed();
        vote(1, proposal, IN_FAVOUR);
        vote(2, proposal, IN_FAVOUR);
        vote(3, proposal, AGAINST);
        pass(7 days);
        in_(proposal, IGovernor.ProposalState.Succeeded);
    }

    function test_TheQuorumIsRoundedUp() public {
        VotingRules memory lax = VotingRules({votingPeriod: 7 days, quorum: 1, expiry: 14 days});
        decide(address(governor), abi.encodeCall(governor.setVotingRules, (lax)));
        grow(101);
        uint256 proposal = proposed();
        vm.assertEq(governor.quorum(governor.proposalSnapshot(proposal)), 2);
        vote(1, proposal, IN_FAVOUR);
        pass(7 days);
        in_(proposal, IGovernor.ProposalState.Defeated);
    }

    function test_TheQuorumIsNoMoreThanItsPart() public {
        depart(5);
        uint256 proposal = proposed();
        vm.assertEq(governor.quorum(governor.proposalSnapshot(proposal)), 2);
        vote(1, proposal, IN_FAVOUR);
        vote(2, proposal, IN_FAVOUR);
        pass(7 days);
        in_(proposal, IGovernor.ProposalState.Succeeded);
    }

    function test_ATieDefeats() public {
        uint256 proposal = proposed();
        vote(1, proposal, IN_FAVOUR);
        vote(2, proposal, IN_FAVOUR);
        vote(3, proposal, AGAINST);
        vote(4, proposal, AGAINST);
        pass(7 days);
        in_(proposal, IGovernor.ProposalState.Defeated);
    }

    function test_AbstentionsCannotCarry() public {
        uint256 proposal = proposed();
        vote(1, proposal, IN_FAVOUR);
        vote(2, proposal, ABSTAIN);
        vote(3, proposal, ABSTAIN);
        vote(4, proposal, ABSTAIN);
        pass(7 days);
        // One in favour is less than half of the quorum of three.
        in_(proposal, IGovernor.ProposalState.Defeated);
    }

    function test_HalfOfTheQuorumInFavourIsTooFew() public {
        decide(address(governor), abi.encodeCall(governor.setVotingRules, (VotingRules(7 days, 80, 14 days))));
        uint256 proposal = proposed();
        vote(1, proposal, IN_FAVOUR);
        vote(2, proposal, IN_FAVOUR);
        vote(3, proposal, ABSTAIN);
        vote(4, proposal, ABSTAIN);
        pass(7 days);
        in_(proposal, IGovernor.ProposalState.Defeated);
    }

    function test_VotesCountToTheLastSecond() public {
        uint256 proposal = proposed();
        vm.warp(governor.proposalDeadline(proposal));
        vote(1, proposal, IN_FAVOUR);
        vm.warp(governor.proposalDeadline(proposal) + 1);
        refused(unexpected(proposal, IGovernor.ProposalState.Defeated, IGovernor.ProposalState.Active));
        vm.prank(account(2));
        governor.castVote(proposal, IN_FAVOUR);
    }

    function test_WhatIsNotExecutedExpires() public {
        uint256 proposal = carry(address(swarm), call);
        uint256 last = governor.proposalDeadline(proposal) + 14 days;
        vm.warp(last);
        in_(proposal, IGovernor.ProposalState.Succeeded);
        vm.warp(last + 1);
        in_(proposal, IGovernor.ProposalState.Expired);
        refused(unexpected(proposal, IGovernor.ProposalState.Expired, IGovernor.ProposalState.Succeeded));
        governor.execute(one(address(swarm)), new uint256[](1), one(call), descriptionHash(proposal));
    }

    function test_ARefusalInExecutionKeepsItsName() public {
        bytes memory senseless = abi.encodeCall(swarm.expel, (9));
        uint256 proposal = carry(address(swarm), senseless);
        vm.expectRevert();
        governor.execute(one(address(swarm)), new uint256[](1), one(senseless), descriptionHash(proposal));
        in_(proposal, IGovernor.ProposalState.Succeeded);
    }

    function test_UnknownProposals() public {
        bytes memory unknown = abi.encodeWithSelector(IGovernor.GovernorNonexistentProposal.selector, 99);
        refused(unknown);
        governor.state(99);
        refused(unknown);
        governor.tally(99);
        refused(abi.encodeWithSelector(IGovernor.GovernorNonexistentProposal.selector, 0));
        governor.execute(one(address(swarm)), new uint256[](1), one(call), "");
    }

    // --- taking back -----------------------------------------------------------------------------

    function test_TakenBackByItsInstitution() public {
        uint256 proposal = proposed();
        bytes memory proof = rotationProof(1, accountKey(30), FOREVER);
        vm.prank(account(1));
        swarm.rotateAccount(account(30), FOREVER, proof);

        bytes32 description = descriptionHash(proposal);
        expect(address(governor));
        emit IGovernor.ProposalCanceled(proposal);
        vm.prank(account(30));
        governor.cancel(one(address(swarm)), new uint256[](1), one(call), description);
        in_(proposal, IGovernor.ProposalState.Canceled);
        holdHistory();
    }

    function test_TakenBackInItsFirstSecond() public {
        uint256 proposal = propose(1);
        cancel(1, proposal);
        in_(proposal, IGovernor.ProposalState.Canceled);
    }

    function test_NotTakenBackByOthersNorWhenDecided() public {
        uint256 proposal = proposed();
        notCancelled(2, proposal);
        notCancelled(9, proposal);
        for (uint32 institution = 1; institution <= 3; ++institution) {
            vote(institution, proposal, IN_FAVOUR);
        }
        notCancelled(1, proposal);
    }

    // --- voting ----------------------------------------------------------------------------------

    function test_AVoteIsRecorded() public {
        uint256 proposal = proposed();
        vm.assertFalse(governor.hasVoted(proposal, account(1)));
        expect(address(governor));
        emit IGovernor.VoteCast(account(1), proposal, AGAINST, 1, "No.");
        vm.prank(account(1));
        vm.assertEq(governor.castVoteWithReason(proposal, AGAINST, "No."), 1);
        vm.assertTrue(governor.hasVoted(proposal, account(1)));
        vm.assertFalse(governor.hasVoted(proposal, account(99)));
        tallied(proposal, 1, 0, 0, 5);
        holdHistory();
    }

    function test_OneInstitutionVotesOnce() public {
        uint256 proposal = proposed();
        vote(1, proposal, IN_FAVOUR);
        refused(abi.encodeWithSelector(ISwarmGovernor.GovernorVotedAlready.selector, uint32(1)));
        vm.prank(account(1));
        governor.castVote(proposal, AGAINST);
    }

    function test_ARotatedAccountKeepsItsVoteAndHasNoSecond() public {
        uint256 proposal = proposed();
        vote(1, proposal, IN_FAVOUR);
        bytes memory proof = rotationProof(1, accountKey(30), FOREVER);
        vm.prank(account(1));
        swarm.rotateAccount(account(30), FOREVER, proof);
        proof = rotationProof(2, accountKey(31), FOREVER);
        vm.prank(account(2));
        swarm.rotateAccount(account(31), FOREVER, proof);

        refused(abi.encodeWithSelector(ISwarmGovernor.GovernorVotedAlready.selector, uint32(1)));
        vm.prank(account(30));
        governor.castVote(proposal, IN_FAVOUR);
        notEligible(proposal, account(1));
        vm.prank(account(31));
        governor.castVote(proposal, IN_FAVOUR);
        vm.assertTrue(governor.hasVoted(proposal, account(30)));
        vm.assertTrue(governor.hasVoted(proposal, account(2)));
        tallied(proposal, 0, 2, 0, 5);
    }

    function test_VotersWereMembersThenAndAreNow() public {
        uint256 proposal = proposed();
        uint32 late = join();
        notEligible(proposal, account(late));
        depart(5);
        notEligible(proposal, account(5));
        notEligible(proposal, account(99));
        tallied(proposal, 0, 0, 0, 4);
    }

    function test_WhoDepartsTakesTheVoteAlong() public {
        uint256 proposal = proposed();
        vote(1, proposal, IN_FAVOUR);
        vote(4, proposal, ABSTAIN);
        vote(5, proposal, AGAINST);
        tallied(proposal, 1, 1, 1, 5);
        depart(5);
        tallied(proposal, 0, 1, 1, 4);
        depart(4);
        tallied(proposal, 0, 1, 0, 3);
        vote(2, proposal, IN_FAVOUR);
        in_(proposal, IGovernor.ProposalState.Succeeded);
    }

    function test_AfterTheEndTheOutcomeStands() public {
        uint256 proposal = proposed();
        vote(1, proposal, IN_FAVOUR);
        vote(2, proposal, IN_FAVOUR);
        vote(3, proposal, AGAINST);
        pass(7 days);
        depart(1);
        depart(2);
        in_(proposal, IGovernor.ProposalState.Succeeded);
        tallied(proposal, 1, 2, 0, 5);
    }

    function test_NobodyLeftDecidesNothing() public {
        uint256 proposal = proposed();
        vote(1, proposal, IN_FAVOUR);
        for (uint32 institution = 1; institution <= 5; ++institution) {
            depart(institution);
        }
        tallied(proposal, 0, 0, 0, 0);
        in_(proposal, IGovernor.ProposalState.Active);
        pass(7 days);
        in_(proposal, IGovernor.ProposalState.Defeated);
    }

    function test_ABallotIsAgainstForOrAbstain() public {
        uint256 proposal = proposed();
        refused(IGovernor.GovernorInvalidVoteType.selector);
        vm.prank(account(1));
        governor.castVote(proposal, 3);
    }

    function test_VotesCarryNoParameters() public {
        uint256 proposal = proposed();
        vm.startPrank(account(1));
        refused(ISwarmGovernor.GovernorParametersForbidden.selector);
        governor.castVoteWithReasonAndParams(proposal, IN_FAVOUR, "", "x");
        governor.castVoteWithReasonAndParams(proposal, IN_FAVOUR, "", "");
        vm.assertTrue(governor.hasVoted(proposal, account(1)));
    }

    // --- rules -----------------------------------------------------------------------------------

    function test_RulesAreSetByVote() public {
        VotingRules memory others = VotingRules({votingPeriod: 1 days, quorum: 100, expiry: 2 days});
        bytes memory change = abi.encodeCall(governor.setVotingRules, (others));
        uint256 earlier = proposed();
        uint256 proposal = carry(address(governor), change);
        expect(address(governor));
        emit ISwarmGovernor.VotingRulesSet(others);
        execute(proposal, address(governor), change);

        vm.assertEq(keccak256(abi.encode(governor.votingRules())), keccak256(abi.encode(others)));
        vm.assertEq(governor.votingPeriod(), 1 days);
        uint256 later = proposed();
        vm.assertEq(governor.proposalDeadline(later), governor.proposalSnapshot(later) + 1 days);
        vm.assertEq(governor.quorum(governor.proposalSnapshot(earlier)), 3);
        vm.assertEq(governor.quorum(governor.proposalSnapshot(later)), 5);
        holdHistory();
    }

    function test_RulesHaveBounds() public {
        VotingRules memory r = rules();
        r.votingPeriod = 0;
        outOfBounds(r);
        r.votingPeriod = 365 days + 1;
        outOfBounds(r);
        r = rules();
        r.quorum = 0;
        outOfBounds(r);
        r.quorum = 101;
        outOfBounds(r);
        r = rules();
        r.expiry = 0;
        outOfBounds(r);
        r.expiry = 365 days + 1;
        outOfBounds(r);
        new SwarmGovernor(address(swarm), address(history), address(relay), VotingRules(365 days, 100, 365 days));
    }

    function test_RulesAreNotSetByAMember() public {
        refused(abi.encodeWithSelector(IGovernor.GovernorOnlyExecutor.selector, account(1)));
        vm.prank(account(1));
        governor.setVotingRules(rules());
    }

    // --- what is not offered ---------------------------------------------------------------------

    function test_NoCoins() public {
        vm.deal(address(this), 1);
        refused(IGovernor.GovernorDisabledDeposit.selector);
        payable(address(governor)).transfer(1);
        uint256 proposal = carry(address(swarm), call);
        bytes32 description = descriptionHash(proposal);
        refused(IGovernor.GovernorDisabledDeposit.selector);
        governor.execute{value: 1}(one(address(swarm)), new uint256[](1), one(call), description);
    }

    function test_NoBallotsOutsideTheRelay() public {
        uint256 proposal = proposed();
        bytes32 type_ = governor.BALLOT_TYPEHASH();
        bytes memory content = abi.encode(type_, proposal, IN_FAVOUR, account(1), 0);
        bytes memory signed = signature(accountKey(1), typed(address(governor), content));
        refused(ISwarmGovernor.GovernorNotOffered.selector);
        governor.castVoteBySig(proposal, IN_FAVOUR, account(1), signed);
        refused(ISwarmGovernor.GovernorNotOffered.selector);
        governor.castVoteWithReasonAndParamsBySig(proposal, IN_FAVOUR, account(1), "", "", signed);
        vm.assertFalse(governor.hasVoted(proposal, account(1)));
    }

    function test_NoTokensNoRelayNoQueue() public {
        refused(IGovernor.GovernorDisabledDeposit.selector);
        governor.onERC721Received(address(0), address(0), 0, "");
        refused(IGovernor.GovernorDisabledDeposit.selector);
        governor.onERC1155Received(address(0), address(0), 0, 0, "");
        refused(IGovernor.GovernorDisabledDeposit.selector);
        governor.onERC1155BatchReceived(address(0), address(0), new uint256[](0), new uint256[](0), "");
        refused(ISwarmGovernor.GovernorNotOffered.selector);
        governor.relay(address(swarm), 0, "");

        uint256 proposal = carry(address(swarm), call);
        bytes32 description = descriptionHash(proposal);
        refused(abi.encodeWithSelector(IGovernor.GovernorProposalQueueingNotRequired.selector, proposal));
        governor.queue(one(address(swarm)), new uint256[](1), one(call), description);
    }

    function test_SaysHowItCounts() public view {
        vm.assertEq(governor.name(), "Swarm Charter");
        vm.assertEq(governor.CLOCK_MODE(), "mode=timestamp");
        vm.assertEq(governor.COUNTING_MODE(), "support=bravo&quorum=against,for,abstain");
        vm.assertEq(governor.clock(), vm.getBlockTimestamp());
        vm.assertEq(governor.votingDelay(), 0);
        vm.assertEq(governor.proposalThreshold(), 1);
    }

    // --- words -----------------------------------------------------------------------------------

    function propose(uint32 institution) private returns (uint256) {
        return propose(institution, address(swarm), call);
    }

    function proposed() private returns (uint256 proposal) {
        proposal = propose(1);
        pass(1);
    }

    function cancel(uint32 institution, uint256 proposal) private {
        vm.prank(account(institution));
        governor.cancel(one(address(swarm)), new uint256[](1), one(call), descriptionHash(proposal));
    }

    function notCancelled(uint32 institution, uint256 proposal) private {
        refused(abi.encodeWithSelector(IGovernor.GovernorUnableToCancel.selector, proposal, account(institution)));
        cancel(institution, proposal);
    }

    function notEligible(uint256 proposal, address voter) private {
        refused(abi.encodeWithSelector(ISwarmGovernor.GovernorNotEligible.selector, voter));
        vm.prank(voter);
        governor.castVote(proposal, IN_FAVOUR);
    }

    function outOfBounds(VotingRules memory r) private {
        refused(ISwarmGovernor.GovernorRulesInvalid.selector);
        vm.prank(address(governor));
        governor.setVotingRules(r);
    }

    function in_(uint256 proposal, IGovernor.ProposalState expected) private view {
        vm.assertEq(uint256(governor.state(proposal)), uint256(expected), "state of the proposal");
    }

    function tallied(uint256 proposal, uint256 against, uint256 inFavour, uint256 abstain, uint256 eligible)
        private
        view
    {
        (uint256 a, uint256 f, uint256 n, uint256 e) = governor.tally(proposal);
        vm.assertEq(a, against, "against");
        vm.assertEq(f, inFavour, "in favour");
        vm.assertEq(n, abstain, "abstentions");
        vm.assertEq(e, eligible, "eligible");
    }

    function unexpected(uint256 proposal, IGovernor.ProposalState actual, IGovernor.ProposalState expected)
        private
        pure
        returns (bytes memory)
    {
        return abi.encodeWithSelector(
            IGovernor.GovernorUnexpectedProposalState.selector, proposal, actual, bytes32(1 << uint8(expected))
        );
    }
}
