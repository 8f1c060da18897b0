// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Many choices from one seed
/// @dev One seed makes a whole history, and the same seed makes it again.
struct Dice {
    uint256 seed;
}

using {throw_, coin} for Dice global;

/// @dev A number from `least` to `most`, both included.
function throw_(Dice memory dice, uint256 least, uint256 most) pure returns (uint256) {
    dice.seed = uint256(keccak256(abi.encode(dice.seed)));
    return least + dice.seed % (most - least + 1);
}

/// @dev Yes once in so many throws.
function coin(Dice memory dice, uint256 sides) pure returns (bool) {
    return throw_(dice, 1, sides) == 1;
}
