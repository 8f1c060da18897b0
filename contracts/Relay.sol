// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {NoncesKeyed} from "@openzeppelin/contracts/utils/NoncesKeyed.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {IHistory} from "./interfaces/IHistory.sol";
import {IRelay, RelayRequest} from "./interfaces/IRelay.sol";

// Deadlines and expiries are hours and days by the chain's clock, which a validator can move by seconds.
// slither-disable-start timestamp
// Immutables are written in capitals, as the language's style guide has it.
// slither-disable-start naming-convention

/// @title Every act by signature
/// @notice OpenZeppelin's ERC2771Forwarder takes signatures of keys alone; this one takes contract accounts' too, and
///         calls nothing but the house.
contract Relay is IRelay, EIP712, NoncesKeyed {
    bytes32 private constant _REQUEST_TYPEHASH =
        keccak256("RelayRequest(address from,address to,bytes data,uint256 nonce,uint256 deadline)");

    /// @notice Knows which contracts are of the house.
    IHistory public immutable HISTORY;

    /// @param history The house's History.
    constructor(address history) EIP712("Swarm Charter", "1") {
        HISTORY = IHistory(history);
    }

    /// @inheritdoc IRelay
    function relay(RelayRequest calldata request, bytes calldata signature) external returns (bytes memory answer) {
        if (block.timestamp > request.deadline) revert RelayDeadlineOver(request.deadline);
        if (!HISTORY.ofTheHouse(request.to)) revert RelayTargetForbidden(request.to);
        bytes32 digest = _hashTypedDataV4(
            keccak256(
                abi.encode(
                    _REQUEST_TYPEHASH,
                    request.from,
                    request.to,
                    keccak256(request.data),
                    request.nonce,
                    request.deadline
                )
            )
        );
        // Asks a contract account by a call that cannot change anything.
        if (!SignatureChecker.isValidSignatureNow(request.from, digest, signature)) {
            revert RelaySignatureInvalid(request.from);
        }
        _useCheckedNonce(request.from, request.nonce);
        emit Relayed(request.from, request.to, request.nonce);
        return Address.functionCall(request.to, abi.encodePacked(request.data, request.from));
    }
}

// slither-disable-end naming-convention
// slither-disable-end timestamp
