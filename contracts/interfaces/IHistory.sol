// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

// In an interface a parameter hides nothing: there is no code.
// slither-disable-start shadowing-local

/// @title The head of the hash chain over all events of record
/// @notice `head' = sha256(head ‖ emitter ‖ block.number ‖ block.timestamp ‖ record)` with
///         `record = topic0 ‖ abi.encode(all fields in the order of the event)`; numbers take 32 bytes, the
///         emitter 20. The first head is `sha256(chain id ‖ this address)`.
interface IHistory {
    /// @notice An institution's account vouches for a head. Not an event of record.
    /// @param account The account that signed; readers look up for whom it speaks.
    /// @param length Number of records under the head.
    /// @param head The head vouched for.
    /// @param signature EIP-712 signature of `Countersignature(uint256 length,bytes32 head)`.
    event Countersigned(address indexed account, uint256 indexed length, bytes32 head, bytes signature);

    /// @notice The caller may not append.
    error HistoryNotOfTheHouse(address caller);
    /// @notice The countersignature is not the account's.
    error HistorySignatureInvalid(address account);

    /// @notice Appends a record to the chain. Only contracts of the house.
    /// @dev Reverts with `HistoryNotOfTheHouse`. The event is the caller's.
    /// @param record `topic0 ‖ abi.encode(fields)` of the event that the caller emits in the same step.
    function append(bytes calldata record) external;

    /// @notice Lets a contract append. Only `Studies`, for what it opens.
    /// @dev Reverts with `HistoryNotOfTheHouse`. `StudyOpened` is the event.
    /// @param emitter The new contract of the house.
    function enroll(address emitter) external;

    /// @notice Publishes an institution's countersignature of a head. Anyone may relay it.
    /// @dev Anyone, for the account that signed. Emits `Countersigned`. Reverts with `HistorySignatureInvalid`.
    /// @param account The account that signed.
    /// @param length Number of records under the head.
    /// @param head The head vouched for.
    /// @param signature Its EIP-712 signature (ECDSA, or ERC-1271 of a contract account).
    function countersign(address account, uint256 length, bytes32 head, bytes calldata signature) external;

    /// @notice Head of the hash chain.
    function head() external view returns (bytes32);

    /// @notice Number of records under the head.
    function length() external view returns (uint256);

    /// @notice Whether a contract may append.
    /// @param emitter Its address.
    function ofTheHouse(address emitter) external view returns (bool);
}

// slither-disable-end shadowing-local
