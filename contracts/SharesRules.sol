// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Shares} from "./interfaces/Types.sol";

/// @title Which shares a revenue can be split by
/// @notice The Python library holds the same rules against `terms.yaml` before anything is sent.
library SharesRules {
    /// @dev All of a revenue.
    uint256 internal constant BASIS_POINTS = 10_000;

    uint256 private constant _MAX_PAYEES = 16;
    uint256 private constant _MAX_WEIGHTS = 256;

    /// @dev Whether the shares sum to the whole and nothing in them exceeds a bound.
    /// @param s The shares.
    /// @param institutions Numbers given by the swarm so far.
    function areSound(Shares memory s, uint256 institutions) internal pure returns (bool) {
        if (s.payees.length > _MAX_PAYEES || s.weights.length > _MAX_WEIGHTS) return false;
        if ((s.weighted == 0) != (s.weights.length == 0)) return false;
        if (s.remainderTo == 0 || s.remainderTo > institutions) return false;
        uint256 sum = uint256(s.equal) + s.contributed + s.patients + s.weighted;
        for (uint256 i = 0; i < s.payees.length; ++i) {
            if (s.payees[i].account == address(0) || s.payees[i].share == 0) return false;
            sum += s.payees[i].share;
        }
        uint32 previous = 0;
        for (uint256 i = 0; i < s.weights.length; ++i) {
            if (s.weights[i].institution <= previous || s.weights[i].weight == 0) return false;
            previous = s.weights[i].institution;
        }
        return sum == BASIS_POINTS;
    }
}
