// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {BenefitsInvariants} from "./support/BenefitsInvariants.sol";

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

    /// @dev Acts take nothing but seeds, which no dictionary makes better.
    /// forge-config: default.invariant.fail-on-revert = true
    /// forge-config: default.invariant.include-storage = false
    /// forge-config: default.invariant.include-push-bytes = false
    function invariant_AfterAnyHistory() public {
        holdsEverything();
    }
}
