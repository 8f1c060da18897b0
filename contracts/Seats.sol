// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @dev Seats are numbered from 1 up to this; what is kept by seat has a place 0, which is nobody's.
uint256 constant MAX_SEATS = 500;

/// @title Sets of a study's seats
/// @notice A bit for each seat, so that sets of hundreds are counted and intersected in two words.
library Seats {
    struct Set {
        uint256[2] words;
    }

    /// @dev Whether a seat is in a set.
    function has(Set storage set, uint256 seat) internal view returns (bool) {
        return (set.words[seat >> 8] >> (seat & 0xff)) & 1 == 1;
    }

    /// @dev Puts a seat into a set.
    function add(Set storage set, uint256 seat) internal {
        set.words[seat >> 8] |= 1 << (seat & 0xff);
    }

    /// @dev Takes a seat out of a set.
    function remove(Set storage set, uint256 seat) internal {
        set.words[seat >> 8] &= ~(1 << (seat & 0xff));
    }

    /// @dev A stored set in memory.
    /// @param last The last seat that is taken: words beyond it are empty and need not be looked up.
    function load(Set storage set, uint256 last) internal view returns (Set memory copy) {
        for (uint256 i = 0; i <= last >> 8; ++i) {
            copy.words[i] = set.words[i];
        }
    }

    /// @dev Whether a seat is in a set in memory.
    function includes(Set memory set, uint256 seat) internal pure returns (bool) {
        return (set.words[seat >> 8] >> (seat & 0xff)) & 1 == 1;
    }

    /// @dev The seats of a set that are in a stored one too.
    function among(Set memory set, Set storage other) internal view returns (Set memory both) {
        // A word that is empty already need not be looked up.
        for (uint256 i = 0; i < 2; ++i) {
            if (set.words[i] != 0) both.words[i] = set.words[i] & other.words[i];
        }
    }

    /// @dev How many seats a set has.
    function count(Set memory set) internal pure returns (uint256) {
        return ones(set.words[0]) + ones(set.words[1]);
    }

    /// @dev The set bits of a word, summed in ever wider lanes.
    function ones(uint256 word) internal pure returns (uint256) {
        unchecked {
            uint256 pairs = type(uint256).max / 3;
            uint256 fours = type(uint256).max / 5;
            uint256 bytes_ = type(uint256).max / 17;
            word -= (word >> 1) & pairs;
            word = (word & fours) + ((word >> 2) & fours);
            word = (word + (word >> 4)) & bytes_;
            word += word >> 8;
            word += word >> 16;
            word += word >> 32;
            word += word >> 64;
            // Up to 256, which takes nine bits.
            return ((word & 0xff) + ((word >> 128) & 0xff));
        }
    }
}
