// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @notice An institution's account that declines a study as often as a long history needs, many times a transaction.
contract Flood {
    function decline(address study, uint256 first, uint256 count) external {
        for (uint256 text = first; text < first + count; ++text) {
            (bool done,) = study.call(abi.encodeWithSignature("decline(uint32,uint8,bytes32)", 1, 1, bytes32(text)));
            require(done);
        }
    }
}
