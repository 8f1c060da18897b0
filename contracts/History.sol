// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {IHistory} from "./interfaces/IHistory.sol";

// Immutables are written in capitals, as the language's style guide has it.
// slither-disable-start naming-convention
// What a constructor is given is checked by every founder before the swarm is used; see docs/architecture.md.
// slither-disable-start missing-zero-check

/// @title The head of the hash chain over all events of record
/// @notice Knows nothing of what the records mean, and calls no other contract while appending.
contract History is IHistory, EIP712 {
    bytes32 private constant _COUNTERSIGNATURE_TYPEHASH = keccak256("Countersignature(uint256 length,bytes32 head)");

    /// @notice May append.
    address public immutable SWARM;
    /// @notice May append.
    address public immutable GOVERNOR;
    /// @notice May append, and enroll what it opens.
    address public immutable STUDIES;

    /// @inheritdoc IHistory
    bytes32 public head;
    /// @inheritdoc IHistory
    uint256 public length;

    mapping(address emitter => bool) private _enrolled;

    /// @param swarm The address at which the Swarm will stand.
    /// @param governor The address at which the SwarmGovernor will stand.
    /// @param studies The address at which Studies will stand.
    constructor(address swarm, address governor, address studies) EIP712("Swarm Charter", "1") {
        SWARM = swarm;
        GOVERNOR = governor;
        STUDIES = studies;
        head = sha256(abi.encodePacked(block.chainid, address(this)));
    }

    /// @inheritdoc IHistory
    function append(bytes calldata record) external {
        if (!ofTheHouse(msg.sender)) revert HistoryNotOfTheHouse(msg.sender);
        head = sha256(abi.encodePacked(head, msg.sender, block.number, block.timestamp, record));
        unchecked {
            ++length;
        }
    }

    /// @inheritdoc IHistory
    function enroll(address emitter) external {
        if (msg.sender != STUDIES) revert HistoryNotOfTheHouse(msg.sender);
        _enrolled[emitter] = true;
    }

    /// @inheritdoc IHistory
    function countersign(address account, uint256 length_, bytes32 head_, bytes calldata signature) external {
        bytes32 digest = _hashTypedDataV4(keccak256(abi.encode(_COUNTERSIGNATURE_TYPEHASH, length_, head_)));
        if (!SignatureChecker.isValidSignatureNow(account, digest, signature)) {
            revert HistorySignatureInvalid(account);
        }
        emit Countersigned(account, length_, head_, signature);
    }

    /// @inheritdoc IHistory
    function ofTheHouse(address emitter) public view returns (bool) {
        return emitter == SWARM || emitter == GOVERNOR || emitter == STUDIES || _enrolled[emitter];
    }
}

// slither-disable-end missing-zero-check
// slither-disable-end naming-convention
