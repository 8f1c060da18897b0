// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

/// @title An institution's account that speaks when two of three persons agree
contract TwoOfThree is IERC1271 {
    mapping(address => bool) private _isPerson;

    constructor(address first, address second, address third) {
        _isPerson[first] = true;
        _isPerson[second] = true;
        _isPerson[third] = true;
    }

    /// @inheritdoc IERC1271
    function isValidSignature(bytes32 digest, bytes calldata signatures) external view returns (bytes4) {
        if (signatures.length != 130) return 0;
        address one = ECDSA.recover(digest, signatures[:65]);
        address other = ECDSA.recover(digest, signatures[65:]);
        bool agreed = one != other && _isPerson[one] && _isPerson[other];
        return agreed ? IERC1271.isValidSignature.selector : bytes4(0);
    }
}
