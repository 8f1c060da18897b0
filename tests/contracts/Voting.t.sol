// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IGovernor} from "@openzeppelin/contracts/governance/IGovernor.sol";
import {VotingRules} from "contracts/interfaces/Types.sol";
import {Dice} from "./support/Dice.sol";
import {House} from "./support/House.sol";
import {vm} from "./support/Vm.sol";

/// @title Votes against a model that knows nothing of checkpoints and snapshots
contract VotingTest is House {
    uint8 private constant NONE = 3;

    /// @dev The model: who is a voter, and what each has said.
    struct Model {
        uint256 percent;
        bool[] voter;
        uint8[] ballot;
    }

    function testFuzz_OutcomesAreTheModels(uint256 seed) public {
        Dice memory dice = Dice(seed);
        Model memory model = founded(dice);
        bytes memory call = abi.encodeCall(swarm.setCharter, (DOCUMENT));
        uint256 proposal = propose(1, address(swarm), call);
        IGovernor.ProposalState expected = IGovernor.ProposalState.Pending;
        hold(proposal, expected);
        pass(1);

        uint256 steps = dice.throw_(0, 2 * model.voter.length);
        for (uint256 i = 0; i < steps; ++i) {
            step(proposal, model, dice);
            if (majority(model)) break;
            hold(proposal, IGovernor.ProposalState.Active);
        }
        if (majority(model)) hold(proposal, IGovernor.ProposalState.Succeeded);

        vm.warp(governor.proposalDeadline(proposal) + 1);
        expected = carried(model) ? IGovernor.ProposalState.Succeeded : IGovernor.ProposalState.Defeated;
        hold(proposal, expected);
        departAfterTheEnd(model, dice);
        hold(proposal, expected);
        if (expected == IGovernor.ProposalState.Succeeded) {
            execute(proposal, address(swarm), call);
            hold(proposal, IGovernor.ProposalState.Executed);
        }
    }

    /// @dev A swarm of 1 to 12 with a random quorum; who joins in the proposal's second is a voter too.
    function founded(Dice memory dice) private returns (Model memory model) {
        uint256 members = dice.throw_(3, 12);
        model.percent = dice.throw_(1, 100);
        vm.prank(address(governor));
        governor.setVotingRules(VotingRules(7 days, uint16(model.percent), 14 days));
        model.voter = new bool[](members + 1);
        model.ballot = new uint8[](members + 1);
        for (uint32 institution = 1; institution <= members; ++institution) {
            if (institution > 3) {
                applyNext();
                vm.prank(address(governor));
                swarm.admit(institution);
            }
            model.voter[institution] = true;
            model.ballot[institution] = NONE;
        }
    }

    /// @dev Somebody votes, leaves, is expelled, or somebody new joins, who has no vote.
    function step(uint256 proposal, Model memory model, Dice memory dice) private {
        uint32 institution = uint32(dice.throw_(1, model.voter.length - 1));
        if (dice.coin(8)) {
            uint32 late = applyNext();
            vm.prank(address(governor));
            swarm.admit(late);
        }
        if (dice.coin(2)) pass(dice.throw_(0, 1 hours));
        if (!model.voter[institution]) return;
        if (dice.coin(5)) {
            if (dice.coin(2)) {
                depart(institution);
            } else {
                vm.prank(address(governor));
                swarm.expel(institution);
            }
            model.voter[institution] = false;
        } else if (model.ballot[institution] == NONE) {
            uint8 support = uint8(dice.throw_(0, 2));
            vote(institution, proposal, support);
            model.ballot[institution] = support;
        }
    }

    function departAfterTheEnd(Model memory model, Dice memory dice) private {
        uint32 institution = uint32(dice.throw_(1, model.voter.length - 1));
        if (model.voter[institution]) depart(institution);
    }

    function count(Model memory model, uint8 ballot_) private pure returns (uint256 votes) {
        for (uint256 i = 1; i < model.voter.length; ++i) {
            if (model.voter[i] && model.ballot[i] == ballot_) ++votes;
        }
    }

    function majority(Model memory model) private pure returns (bool) {
        uint256 others = count(model, AGAINST) + count(model, ABSTAIN) + count(model, NONE);
        return count(model, IN_FAVOUR) > others;
    }

    function carried(Model memory model) private pure returns (bool) {
        uint256 inFavour = count(model, IN_FAVOUR);
        uint256 cast = inFavour + count(model, AGAINST) + count(model, ABSTAIN);
        uint256 voters = cast + count(model, NONE);
        uint256 needed = (model.percent * voters + 99) / 100;
        bool ordinary = cast >= needed && inFavour > count(model, AGAINST) && 2 * inFavour > needed;
        return majority(model) || ordinary;
    }

    function hold(uint256 proposal, IGovernor.ProposalState expected) private {
        vm.assertEq(uint256(governor.state(proposal)), uint256(expected), "state of the proposal");
        holdHistory();
    }
}
