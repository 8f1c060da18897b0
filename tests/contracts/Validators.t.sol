// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ISwarm} from "contracts/interfaces/ISwarm.sol";
import {House} from "./support/House.sol";
import {vm} from "./support/Vm.sol";

contract ValidatorsTest is House {
    uint256 private constant KEY = 0xD0000000;
    address private validator = vm.addr(KEY);

    function test_RegisteredWithProofOfPossession() public {
        bytes memory proof = validatorProof(1, KEY, FOREVER);
        expect(address(swarm));
        emit ISwarm.ValidatorRegistered(1, validator);
        vm.prank(account(1));
        swarm.registerValidator(validator, FOREVER, proof);
        vm.assertEq(validatorOf(1), validator);
        holdHistory();
    }

    function test_ReplacedAndTakenUpAgain() public {
        register(1, KEY);
        register(1, KEY + 1);
        vm.assertEq(validatorOf(1), vm.addr(KEY + 1));
        register(1, KEY);
        vm.assertEq(validatorOf(1), validator);
    }

    function test_NotTheOneThatItHas() public {
        register(1, KEY);
        used(1, KEY);
    }

    function test_NotAnothersAccountNodeOrValidator() public {
        register(1, KEY);
        registerNode(1);
        used(2, KEY);
        used(2, nodeKey(1, 0));
        used(2, accountKey(2));
    }

    function test_AValidatorIsNoNode() public {
        register(1, KEY);
        bytes memory proof = nodeProof(1, KEY, FOREVER);
        refused(abi.encodeWithSelector(ISwarm.SwarmAddressUsed.selector, validator));
        vm.prank(account(1));
        swarm.registerNode(validator, FOREVER, proof);
    }

    function test_ProvenInTimeByItsKey() public {
        bytes memory proof = validatorProof(2, KEY, FOREVER);
        refused(abi.encodeWithSelector(ISwarm.SwarmProofInvalid.selector, validator));
        vm.prank(account(1));
        swarm.registerValidator(validator, FOREVER, proof);

        refused(abi.encodeWithSelector(ISwarm.SwarmDeadlineOver.selector, 1));
        vm.prank(account(1));
        swarm.registerValidator(validator, 1, proof);
    }

    function test_Removed() public {
        register(1, KEY);
        expect(address(swarm));
        emit ISwarm.ValidatorRemoved(1, validator);
        vm.prank(account(1));
        swarm.removeValidator();
        vm.assertEq(validatorOf(1), address(0));

        refused(abi.encodeWithSelector(ISwarm.SwarmNoValidator.selector, uint32(1)));
        vm.prank(account(1));
        swarm.removeValidator();
        holdHistory();
    }

    function test_OnlyMembers() public {
        uint32 applicant = applyNext();
        bytes memory proof = validatorProof(applicant, KEY, FOREVER);
        vm.startPrank(account(applicant));
        refused(abi.encodeWithSelector(ISwarm.SwarmNotMember.selector, account(applicant)));
        swarm.registerValidator(validator, FOREVER, proof);
        refused(abi.encodeWithSelector(ISwarm.SwarmNotMember.selector, account(applicant)));
        swarm.removeValidator();
    }

    function register(uint32 institution, uint256 key) private {
        bytes memory proof = validatorProof(institution, key, FOREVER);
        vm.prank(account(institution));
        swarm.registerValidator(vm.addr(key), FOREVER, proof);
    }

    function used(uint32 institution, uint256 key) private {
        bytes memory proof = validatorProof(institution, key, FOREVER);
        refused(abi.encodeWithSelector(ISwarm.SwarmAddressUsed.selector, vm.addr(key)));
        vm.prank(account(institution));
        swarm.registerValidator(vm.addr(key), FOREVER, proof);
    }

    function validatorOf(uint32 institution) private view returns (address current) {
        (,,,,,,, current) = swarm.institution(institution);
    }
}
