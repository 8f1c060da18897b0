// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title A history that takes every record and says nothing
/// @dev What is proved in its company is proved of the contract under test alone; `Appending.t.sol` proves of History
///      itself what it refuses.
contract SilentHistory {
    function append(bytes calldata) external {}
}

/// @title A swarm that says of its members what it is told to
contract ToldSwarm {
    uint256 private _members;

    function tell(uint256 members) external {
        _members = members;
    }

    function memberCountAt(uint256) external view returns (uint256) {
        return _members;
    }

    function departed(uint256, uint256) external pure returns (uint32[] memory) {
        return new uint32[](0);
    }
}
