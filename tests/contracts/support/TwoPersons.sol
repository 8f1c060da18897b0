// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

/// @title An institution's account that speaks only when two persons agree
contract TwoPersons is IERC1271 {
    address private immutable _FIRST;
    address private immutable _SECOND;

    constructor(address first, address second) {
        _FIRST = first;
        _SECOND = second;
    }

    /// @inheritdoc IERC1271
    function isValidSignature(bytes32 digest, bytes calldata signatures) external view returns (bytes4) {
        bool agreed = signatures.length == 130 && ECDSA.recover(digest, signatures[:65]) == _FIRST
            && ECDSA.recover(digest, signatures[65:]) == _SECOND;
        return agreed ? IERC1271.isValidSignature.selector : bytes4(0);
    }
}
