// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ISwarm} from "contracts/interfaces/ISwarm.sol";
import {House} from "./support/House.sol";
import {vm} from "./support/Vm.sol";

contract AccountsTest is House {
    function test_RotatedByBothKeys() public {
        bytes memory proof = rotationProof(1, accountKey(9), FOREVER);
        expect(address(swarm));
        emit ISwarm.AccountRotated(1, account(1), account(9), false);
        vm.prank(account(1));
        swarm.rotateAccount(account(9), FOREVER, proof);

        vm.assertEq(swarm.institutionOf(account(9)), 1);
        vm.assertEq(swarm.institutionOf(account(1)), 0);
        vm.assertEq(swarm.institutionEver(account(1)), 1);
        holdHistory();
    }

    function test_WhoHasLeftRotatesToo() public {
        depart(3);
        bytes memory proof = rotationProof(3, accountKey(9), FOREVER);
        vm.prank(account(3));
        swarm.rotateAccount(account(9), FOREVER, proof);
        vm.assertEq(swarm.institutionOf(account(9)), 3);
    }

    function test_NeedsAnInstitution() public {
        bytes memory proof = rotationProof(1, accountKey(9), FOREVER);
        refused(abi.encodeWithSelector(ISwarm.SwarmNotMember.selector, account(8)));
        vm.prank(account(8));
        swarm.rotateAccount(account(9), FOREVER, proof);
    }

    function test_NeedsTheNewKeysProof() public {
        bytes memory foreign = rotationProof(2, accountKey(9), FOREVER);
        refused(abi.encodeWithSelector(ISwarm.SwarmProofInvalid.selector, account(9)));
        vm.prank(account(1));
        swarm.rotateAccount(account(9), FOREVER, foreign);
    }

    function test_AProofForOneThingIsNoneForAnother() public {
        bytes memory forNode = nodeProof(1, accountKey(9), FOREVER);
        refused(abi.encodeWithSelector(ISwarm.SwarmProofInvalid.selector, account(9)));
        vm.prank(account(1));
        swarm.rotateAccount(account(9), FOREVER, forNode);
    }

    function test_AProofCountsUpToItsDeadline() public {
        uint256 deadline = vm.getBlockTimestamp();
        bytes memory proof = rotationProof(1, accountKey(9), deadline);
        uint256 state = vm.snapshotState();
        vm.prank(account(1));
        swarm.rotateAccount(account(9), deadline, proof);
        vm.revertToState(state);

        vm.warp(deadline + 1);
        refused(abi.encodeWithSelector(ISwarm.SwarmDeadlineOver.selector, deadline));
        vm.prank(account(1));
        swarm.rotateAccount(account(9), deadline, proof);
    }

    function test_NeverToAnAddressUsedBefore() public {
        bytes memory proof = rotationProof(1, accountKey(2), FOREVER);
        refused(abi.encodeWithSelector(ISwarm.SwarmAddressUsed.selector, account(2)));
        vm.prank(account(1));
        swarm.rotateAccount(account(2), FOREVER, proof);
    }

    function test_ToAnAccountThatNeedsTwoOfThreePersons() public {
        address account_ = twoOfThree();
        string memory type_ = "AccountRotation(uint32 institution,address account,uint256 deadline)";
        bytes32 digest = proofDigest(type_, 1, account_, FOREVER);
        bytes[3] memory tooFew =
            [agreed(20, 20, digest), agreed(20, 23, digest), bytes.concat(signature(accountKey(20), digest))];
        for (uint256 i = 0; i < tooFew.length; ++i) {
            refused(abi.encodeWithSelector(ISwarm.SwarmProofInvalid.selector, account_));
            vm.prank(account(1));
            swarm.rotateAccount(account_, FOREVER, tooFew[i]);
        }
        vm.prank(account(1));
        swarm.rotateAccount(account_, FOREVER, agreed(22, 20, digest));
        vm.assertEq(swarm.institutionOf(account_), 1);
    }

    function test_RecoveredByVote() public {
        bytes memory call = abi.encodeCall(swarm.recoverAccount, (3, account(9)));
        uint256 proposal = carry(address(swarm), call);
        expect(address(swarm));
        emit ISwarm.AccountRotated(3, account(3), account(9), true);
        execute(proposal, address(swarm), call);
        vm.assertEq(swarm.institutionOf(account(9)), 3);
        holdHistory();
    }

    function test_RecoveryNeedsAnInstitution() public {
        vm.startPrank(address(governor));
        refused(abi.encodeWithSelector(ISwarm.SwarmInstitutionUnknown.selector, uint32(9)));
        swarm.recoverAccount(9, account(9));
        refused(abi.encodeWithSelector(ISwarm.SwarmAddressUsed.selector, address(0)));
        swarm.recoverAccount(1, address(0));
    }

    function test_NobodyAndZeroHaveNoNumber() public view {
        vm.assertEq(swarm.institutionOf(address(0)), 0);
        vm.assertEq(swarm.institutionOf(account(9)), 0);
        vm.assertFalse(swarm.isMember(0));
    }
}
