// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IGovernor} from "@openzeppelin/contracts/governance/IGovernor.sol";
import {ISwarm} from "contracts/interfaces/ISwarm.sol";
import {Standing} from "contracts/interfaces/Types.sol";
import {House} from "./support/House.sol";
import {vm} from "./support/Vm.sol";

/// @dev The world can have changed between a decision and its execution.
contract ExecutingTest is House {
    /// @dev What has succeeded later does not void what succeeded before: whoever executes chooses what comes last.
    function test_DecisionsAreDoneInTheOrderOfTheirExecution() public {
        bytes memory call = abi.encodeCall(swarm.setCharter, (DOCUMENT));
        uint256 earlier = carry(address(swarm), call);
        bytes memory other = abi.encodeCall(swarm.setCharter, (keccak256("other")));
        uint256 later = decide(other);
        vm.assertLt(earlier, later, "numbered in order");
        vm.assertEq(swarm.charter(), keccak256("other"));
        execute(earlier, address(swarm), call);
        vm.assertEq(swarm.charter(), DOCUMENT);
    }

    /// @dev All calls of a decision happen or none: who is to be expelled can leave first, and so undo the rest.
    function test_WhoLeavesUndoesAllThatWasDecidedWithItsExpulsion() public {
        address[] memory targets = new address[](2);
        bytes[] memory calls = new bytes[](2);
        (targets[0], targets[1]) = (address(swarm), address(swarm));
        (calls[0], calls[1]) = (abi.encodeCall(swarm.expel, (3)), abi.encodeCall(swarm.setCharter, (DOCUMENT)));
        vm.prank(account(1));
        uint256 proposal = governor.propose(targets, new uint256[](2), calls, "Because.");
        pass(1);
        vote(1, proposal, IN_FAVOUR);
        vote(2, proposal, IN_FAVOUR);
        succeeded(proposal);

        depart(3);
        succeeded(proposal);
        refused(abi.encodeWithSelector(ISwarm.SwarmStandingWrong.selector, uint32(3), Standing.Left));
        governor.execute(targets, new uint256[](2), calls, descriptionHash(proposal));
        vm.assertEq(swarm.charter(), CHARTER);
    }

    function succeeded(uint256 proposal) private view {
        vm.assertEq(uint256(governor.state(proposal)), uint256(IGovernor.ProposalState.Succeeded), "state");
    }
}
