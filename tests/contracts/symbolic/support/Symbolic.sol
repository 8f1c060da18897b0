// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title The part of halmos's cheat codes that these tests use
interface Symbolic {
    /// @dev Lets a contract's storage hold anything.
    function enableSymbolicStorage(address account) external;
    /// @dev A call of any function of a contract, with any arguments.
    function createCalldata(string calldata contractName) external returns (bytes memory);
    function createUint256(string calldata name) external returns (uint256);
    function createAddress(string calldata name) external returns (address);
    function createBytes32(string calldata name) external returns (bytes32);
    function createBool(string calldata name) external returns (bool);
}

/// @dev Where halmos answers cheat codes of its own.
Symbolic constant svm = Symbolic(address(uint160(uint256(keccak256("svm cheat code")))));
