// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {RelayRequest} from "./Types.sol";

/// @title Every act by signature
/// @notice Whoever cannot or does not want to send a transaction signs the act and has anyone send it. The contracts
///         of the house take the relay's word for who acts (ERC-2771), and nobody else's.
interface IRelay {
    /// @notice An act was sent for an account. Not an event of record: the act's own events are.
    event Relayed(address indexed from, address indexed to, uint256 nonce);

    /// @notice The request's deadline is over.
    error RelayDeadlineOver(uint256 deadline);
    /// @notice The signature is not the account's, or is for another request, relay or chain.
    error RelaySignatureInvalid(address from);
    /// @notice The relay calls contracts of the house and nothing else.
    error RelayTargetForbidden(address to);

    /// @notice Does what the account has signed, as if it had called itself. Anyone may send it, once.
    /// @dev Emits `Relayed`. Reverts with `RelayDeadlineOver`, `RelayTargetForbidden`, `RelaySignatureInvalid`,
    ///      `InvalidAccountNonce`, or with the called contract's own error (`FailedCall` if it gives none); the nonce is
    ///      unused after a refusal.
    /// @param request The act.
    /// @param signature EIP-712 signature of
    ///        `RelayRequest(address from,address to,bytes data,uint256 nonce,uint256 deadline)` by `from`.
    /// @return answer What the call returns, ABI-encoded.
    function relay(RelayRequest calldata request, bytes calldata signature) external returns (bytes memory answer);
}
