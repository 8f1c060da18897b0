// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Clones} from "@openzeppelin/contracts/proxy/Clones.sol";
import {Arrays} from "@openzeppelin/contracts/utils/Arrays.sol";
import {Weight} from "./interfaces/Types.sol";

/// @title Where the weights of a version of the terms are kept
/// @notice Four to a word in the code of a contract that does nothing: written once, hundreds of weights would cost
///         many times as much in storage. Loaded, they are numbers that ascend: institution · 2^32 + weight.
library Weights {
    uint256 private constant _WEIGHT_BITS = 32;

    /// @dev Keeps weights for ever.
    /// @param weights By institution, numbers strictly ascending.
    /// @return store Where they are kept; zero if there are none.
    function keep(Weight[] memory weights) internal returns (address store) {
        if (weights.length == 0) return store;
        uint256 total = 0;
        uint256[] memory words = new uint256[]((weights.length + 3) >> 2);
        for (uint256 i = 0; i < weights.length; ++i) {
            Weight memory w = weights[i];
            total += w.weight;
            words[i >> 2] |= ((uint256(w.institution) << _WEIGHT_BITS) | w.weight) << ((i & 3) << 6);
        }
        store = Clones.cloneWithImmutableArgs(address(0), abi.encode(total, weights.length, words));
    }

    /// @dev Loads what was kept.
    /// @param store Where; zero gives none.
    /// @return weights The weights.
    /// @return total Their sum.
    function load(address store) internal view returns (uint256[] memory weights, uint256 total) {
        if (store == address(0)) return (weights, total);
        uint256 count;
        uint256[] memory words;
        (total, count, words) = abi.decode(Clones.fetchCloneArgs(store), (uint256, uint256, uint256[]));
        weights = new uint256[](count);
        for (uint256 i = 0; i < count; ++i) {
            weights[i] = uint64(words[i >> 2] >> ((i & 3) << 6));
        }
    }

    /// @dev Loaded weights, as they were given.
    function unpack(uint256[] memory weights) internal pure returns (Weight[] memory list) {
        list = new Weight[](weights.length);
        for (uint256 i = 0; i < weights.length; ++i) {
            list[i] = Weight(uint32(weights[i] >> _WEIGHT_BITS), uint32(weights[i]));
        }
    }

    /// @dev One institution's weight among loaded ones; zero if it has none.
    function find(uint256[] memory weights, uint32 institution) internal pure returns (uint256) {
        uint256 index = Arrays.lowerBoundMemory(weights, uint256(institution) << _WEIGHT_BITS);
        if (index == weights.length || weights[index] >> _WEIGHT_BITS != institution) return 0;
        return uint32(weights[index]);
    }
}
