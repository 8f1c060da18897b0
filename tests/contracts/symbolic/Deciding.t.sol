// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IGovernor} from "@openzeppelin/contracts/governance/IGovernor.sol";
import {SwarmGovernor} from "contracts/SwarmGovernor.sol";
import {VotingRules} from "contracts/interfaces/Types.sol";
import {vm} from "../support/Vm.sol";
import {SilentHistory, ToldSwarm} from "./support/StandIns.sol";
import {svm} from "./support/Symbolic.sol";

/// @title What a swarm decides, for every number of members, of votes and of seconds
/// @dev The governor's storage holds anything; each check says what it must hold to be one that votes can lead to.
contract DecidingCheck {
    ToldSwarm private swarm;
    SwarmGovernor private governor;

    function setUp() public {
        swarm = new ToldSwarm();
        governor = new SwarmGovernor(address(swarm), address(new SilentHistory()), address(0x4e), VotingRules(1, 1, 1));
        svm.enableSymbolicStorage(address(governor));
    }

    /// @dev Votes that come after a decision do not undo it, neither during the period nor at its end.
    function check_ADecisionStands(uint256 before, uint256 later, uint32 members, uint48 first, uint48 second) public {
        swarm.tell(members);
        vm.assume(governor.proposalSnapshot(before) == governor.proposalSnapshot(later));
        vm.assume(governor.proposalDeadline(before) == governor.proposalDeadline(later));
        (uint256 against, uint256 inFavour, uint256 abstain,) = governor.tally(before);
        (uint256 againstLater, uint256 inFavourLater, uint256 abstainLater,) = governor.tally(later);
        vm.assume(against <= againstLater && inFavour <= inFavourLater && abstain <= abstainLater);
        vm.assume(againstLater + inFavourLater + abstainLater <= members);
        vm.assume(first <= second && first <= governor.proposalDeadline(before));

        vm.warp(first);
        vm.assume(governor.state(before) == IGovernor.ProposalState.Succeeded);
        vm.warp(second);
        IGovernor.ProposalState state = governor.state(later);
        assert(state != IGovernor.ProposalState.Defeated && state != IGovernor.ProposalState.Active);
    }

    /// @dev What one part of the swarm decides early, no other part decides otherwise.
    function check_DisjointPartsDoNotBothDecide(uint256 one, uint256 other, uint32 members, uint48 time) public {
        swarm.tell(members);
        vm.warp(time);
        vm.assume(governor.proposalDeadline(one) >= time && governor.proposalDeadline(other) >= time);
        (, uint256 inFavour,,) = governor.tally(one);
        (, uint256 inFavourOfTheOther,,) = governor.tally(other);
        vm.assume(inFavour + inFavourOfTheOther <= members);
        bool both = governor.state(one) == IGovernor.ProposalState.Succeeded
            && governor.state(other) == IGovernor.ProposalState.Succeeded;
        assert(!both);
    }

    /// @dev Whenever it is decided, whoever abstains.
    function check_WhatSucceedsHasMoreInFavourThanAgainst(uint256 proposal, uint32 members, uint48 time) public {
        swarm.tell(members);
        vm.warp(time);
        (uint256 against, uint256 inFavour, uint256 abstain,) = governor.tally(proposal);
        vm.assume(against + inFavour + abstain <= members);
        vm.assume(governor.state(proposal) == IGovernor.ProposalState.Succeeded);
        assert(inFavour > against);
    }

    function check_RulesAreWithinTheirBounds(VotingRules calldata given) public {
        VotingRules memory rules = new SwarmGovernor(address(swarm), address(swarm), address(0x4e), given).votingRules();
        assert(rules.quorum >= 1 && rules.quorum <= 100);
        assert(rules.votingPeriod >= 1 && rules.votingPeriod <= 365 days);
        assert(rules.expiry >= 1 && rules.expiry <= 365 days);
    }

    function check_OnlyADecisionSetsTheRules(address caller, VotingRules calldata rules) public {
        vm.assume(caller != address(governor));
        vm.prank(caller);
        (bool done,) = address(governor).call(abi.encodeCall(governor.setVotingRules, (rules)));
        assert(!done);
    }
}
