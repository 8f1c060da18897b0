// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title The least that leaves a trace
/// @notice One new storage slot and one log, nothing checked.
contract Floor {
    mapping(address account => uint256) private _acted;

    /// @notice The account has acted.
    event Acted(address account);

    /// @notice Keeps in storage, and says in a log, that the caller has acted.
    function act() external {
        _acted[msg.sender] = 1;
        emit Acted(msg.sender);
    }
}
