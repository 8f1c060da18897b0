// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ISwarm} from "contracts/interfaces/ISwarm.sol";
import {NodeStanding} from "contracts/interfaces/Types.sol";
import {House} from "./support/House.sol";
import {vm} from "./support/Vm.sol";

contract NodesTest is House {
    function test_RegisteredWithProofOfPossession() public {
        bytes memory proof = nodeProof(1, nodeKey(1, 0), FOREVER);
        expect(address(swarm));
        emit ISwarm.NodeRegistered(1, nodeOf(1));
        vm.prank(account(1));
        swarm.registerNode(nodeOf(1), FOREVER, proof);
        standing(nodeOf(1), 1, NodeStanding.Registered);
        standing(nodeOf(2), 0, NodeStanding.Unknown);
        holdHistory();
    }

    function test_ProvenByTheNodeKeyForThisInstitution() public {
        bytes memory proof = nodeProof(2, nodeKey(1, 0), FOREVER);
        refused(abi.encodeWithSelector(ISwarm.SwarmProofInvalid.selector, nodeOf(1)));
        vm.prank(account(1));
        swarm.registerNode(nodeOf(1), FOREVER, proof);

        refused(abi.encodeWithSelector(ISwarm.SwarmProofInvalid.selector, address(0)));
        vm.prank(account(1));
        swarm.registerNode(address(0), FOREVER, proof);
    }

    function test_AProofForAnotherChainIsNone() public {
        uint256 here = block.chainid;
        vm.chainId(here + 1);
        bytes memory proof = nodeProof(1, nodeKey(1, 0), FOREVER);
        vm.chainId(here);
        refused(abi.encodeWithSelector(ISwarm.SwarmProofInvalid.selector, nodeOf(1)));
        vm.prank(account(1));
        swarm.registerNode(nodeOf(1), FOREVER, proof);
    }

    function test_AProofCountsUpToItsDeadline() public {
        uint256 deadline = vm.getBlockTimestamp() - 1;
        bytes memory proof = nodeProof(1, nodeKey(1, 0), deadline);
        refused(abi.encodeWithSelector(ISwarm.SwarmDeadlineOver.selector, deadline));
        vm.prank(account(1));
        swarm.registerNode(nodeOf(1), deadline, proof);
    }

    function test_AKeyServesOnce() public {
        registerNode(1);
        bytes memory proof = nodeProof(2, nodeKey(1, 0), FOREVER);
        refused(abi.encodeWithSelector(ISwarm.SwarmAddressUsed.selector, nodeOf(1)));
        vm.prank(account(2));
        swarm.registerNode(nodeOf(1), FOREVER, proof);
    }

    function test_AnAccountIsNoNode() public {
        bytes memory proof = nodeProof(1, accountKey(2), FOREVER);
        refused(abi.encodeWithSelector(ISwarm.SwarmAddressUsed.selector, account(2)));
        vm.prank(account(1));
        swarm.registerNode(account(2), FOREVER, proof);
    }

    function test_OnlyMembersRegister() public {
        uint32 applicant = applyNext();
        bytes memory proof = nodeProof(applicant, nodeKey(applicant, 0), FOREVER);
        refused(abi.encodeWithSelector(ISwarm.SwarmNotMember.selector, account(applicant)));
        vm.prank(account(applicant));
        swarm.registerNode(nodeOf(applicant), FOREVER, proof);
    }

    function test_RevokedAtOnceAndForEver() public {
        registerNode(1);
        expect(address(swarm));
        emit ISwarm.NodeRevoked(1, nodeOf(1));
        vm.prank(account(1));
        swarm.revokeNode(nodeOf(1));
        standing(nodeOf(1), 1, NodeStanding.Revoked);

        refused(abi.encodeWithSelector(ISwarm.SwarmNodeNotYours.selector, nodeOf(1)));
        vm.prank(account(1));
        swarm.revokeNode(nodeOf(1));

        bytes memory proof = nodeProof(1, nodeKey(1, 0), FOREVER);
        refused(abi.encodeWithSelector(ISwarm.SwarmAddressUsed.selector, nodeOf(1)));
        vm.prank(account(1));
        swarm.registerNode(nodeOf(1), FOREVER, proof);
        holdHistory();
    }

    function test_RevokedByItsInstitutionAlone() public {
        registerNode(1);
        address[2] memory others = [account(2), nodeOf(9)];
        for (uint256 i = 0; i < others.length; ++i) {
            refused(abi.encodeWithSelector(ISwarm.SwarmNodeNotYours.selector, nodeOf(1)));
            vm.prank(others[i]);
            swarm.revokeNode(nodeOf(1));
        }
    }

    /// @dev An address that nobody registered belongs to institution zero, as a stranger does.
    function test_AStrangerRevokesNothing() public {
        refused(abi.encodeWithSelector(ISwarm.SwarmNodeNotYours.selector, nodeOf(7)));
        vm.prank(account(9));
        swarm.revokeNode(nodeOf(7));
    }

    function test_WhoHasLeftStillRevokes() public {
        registerNode(1);
        depart(1);
        vm.prank(account(1));
        swarm.revokeNode(nodeOf(1));
        standing(nodeOf(1), 1, NodeStanding.Revoked);
    }

    function standing(address key, uint32 institution, NodeStanding expected) private view {
        (uint32 owner, NodeStanding actual) = swarm.node(key);
        vm.assertEq(owner, institution);
        equal(actual, expected);
    }
}
