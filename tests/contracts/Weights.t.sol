// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Weights} from "contracts/Weights.sol";
import {Weight} from "contracts/interfaces/Types.sol";
import {Dice} from "./support/Dice.sol";
import {vm} from "./support/Vm.sol";

/// @title Weights in the code of a contract against the list that they were given as
contract WeightsTest {
    using Weights for uint256[];

    function testFuzz_KeptAsTheyWereGiven(uint256 seed) public {
        Weight[] memory given = random(seed);
        (uint256[] memory kept, uint256 total) = Weights.load(Weights.keep(given));
        vm.assertEq(abi.encode(kept.unpack()), abi.encode(given));
        uint256 sum = 0;
        for (uint256 i = 0; i < given.length; ++i) {
            sum += given[i].weight;
        }
        vm.assertEq(total, sum);
    }

    function testFuzz_EachIsFoundAndNobodyElse(uint256 seed) public {
        Weight[] memory given = random(seed);
        (uint256[] memory kept,) = Weights.load(Weights.keep(given));
        uint32 previous = 0;
        for (uint256 i = 0; i < given.length; ++i) {
            uint32 institution = given[i].institution;
            vm.assertEq(kept.find(institution), given[i].weight);
            if (institution - previous > 1) {
                vm.assertEq(kept.find(previous + 1), 0);
                vm.assertEq(kept.find(institution - 1), 0);
            }
            previous = institution;
        }
        vm.assertEq(kept.find(0), 0);
        vm.assertEq(kept.find(previous + 1), 0);
    }

    function test_TheLargest() public {
        Weight[] memory given = new Weight[](256);
        for (uint32 i = 0; i < 256; ++i) {
            given[i] = Weight(type(uint32).max - 255 + i, type(uint32).max);
        }
        (uint256[] memory kept, uint256 total) = Weights.load(Weights.keep(given));
        vm.assertEq(abi.encode(kept.unpack()), abi.encode(given));
        vm.assertEq(total, 256 * uint256(type(uint32).max));
        vm.assertEq(kept.find(type(uint32).max), type(uint32).max);
    }

    function test_NoneTakeNoContract() public {
        address store = Weights.keep(new Weight[](0));
        vm.assertEq(store, address(0));
        (uint256[] memory kept, uint256 total) = Weights.load(store);
        vm.assertEq(kept.length, 0);
        vm.assertEq(total, 0);
        vm.assertEq(kept.find(1), 0);
    }

    /// @dev Whoever calls it, it does nothing and says nothing.
    function test_TheStoreDoesNothing() public {
        Weight[] memory given = new Weight[](1);
        given[0] = Weight(1, 1);
        (bool done, bytes memory answer) = Weights.keep(given).call(abi.encode(given));
        vm.assertTrue(done);
        vm.assertEq(answer.length, 0);
    }

    /// @dev One to 256 of them, numbers ascending.
    function random(uint256 seed) private pure returns (Weight[] memory list) {
        Dice memory dice = Dice(seed);
        list = new Weight[](dice.throw_(1, 256));
        uint32 institution = 0;
        for (uint256 i = 0; i < list.length; ++i) {
            institution += uint32(dice.coin(2) ? 1 : dice.throw_(1, 10_000_000));
            list[i] = Weight(institution, uint32(dice.throw_(1, type(uint32).max)));
        }
    }
}
