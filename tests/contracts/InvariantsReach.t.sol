// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Report, Walk} from "./support/Walk.sol";
import {vm} from "./support/Vm.sol";

/// @dev The cheat code that only this test needs.
interface Metering {
    function pauseGasMetering() external;
}

/// @title That the invariants' random histories go everywhere
/// @notice Plays the acts that `Invariants.t.sol` has forge play, from fixed seeds, and asks that every act was done,
///         directly and by relay, by a key and by a contract of several persons, and that every reason for a refusal
///         was met: otherwise what is said to hold afterwards would hold of nothing.
contract InvariantsReachTest {
    uint256 private constant WALKS = 48;
    uint256 private constant STEPS = 96;

    /// @dev How often it came about in all walks.
    event Reached(string what, uint256 times);

    function test_EverythingComesAbout() public {
        Report memory all;
        // Thousands of acts are more than one test may cost.
        Metering(address(vm)).pauseGasMetering();
        for (uint256 i = 0; i < WALKS; ++i) {
            // One house at a time, as all are built by the same account.
            uint256 before = vm.snapshotState();
            Walk walk = new Walk();
            walk.setUp();
            walk.play(uint256(keccak256(abi.encode("walk", i))), STEPS);
            Report memory one = walk.report();
            for (uint256 j = 0; j < all.length; ++j) {
                one.counts[j] += all.counts[j];
            }
            all = one;
            vm.revertToState(before);
        }
        for (uint256 j = 0; j < all.length; ++j) {
            emit Reached(all.names[j], all.counts[j]);
        }
        for (uint256 j = 0; j < all.length; ++j) {
            vm.assertTrue(all.counts[j] != 0, all.names[j]);
        }
    }
}
