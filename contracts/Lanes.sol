// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title A number for each of a study's seats
/// @notice Sixteen of 16 bits to a word, so that hundreds are written at the cost of a few.
library Lanes {
    struct Row {
        uint256[32] words;
    }

    /// @dev The number of a seat.
    function get(Row storage row, uint256 seat) internal view returns (uint256) {
        return uint16(row.words[seat >> 4] >> shift(seat));
    }

    /// @dev How far to the left a seat's number stands in its word. Adding to it there is safe while it stays below 2^16.
    function shift(uint256 seat) internal pure returns (uint256) {
        return (seat & 0xf) << 4;
    }

    /// @dev The first seat after those of a word, or after the last seat of all.
    function end(uint256 word, uint256 last) internal pure returns (uint256) {
        uint256 next = (word + 1) << 4;
        return next <= last ? next : last + 1;
    }
}
