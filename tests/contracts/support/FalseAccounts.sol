// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";

/// @title An account that answers whatever it was told to, or fails
contract Answering {
    bytes private _answer;
    bool private _fails;

    constructor(bytes memory answer, bool fails) {
        _answer = answer;
        _fails = fails;
    }

    fallback() external {
        bytes memory answer = _answer;
        bool fails = _fails;
        assembly ("memory-safe") {
            if fails { revert(add(answer, 0x20), mload(answer)) }
            return(add(answer, 0x20), mload(answer))
        }
    }
}

/// @title An account that does something else whilst it is asked for its signature, and then agrees
contract Scheming {
    address private immutable _TARGET;
    bytes private _call;

    constructor(address target, bytes memory call_) {
        _TARGET = target;
        _call = call_;
    }

    /// @notice Not `view`, as ERC-1271 wants it.
    function isValidSignature(bytes32, bytes calldata) external returns (bytes4) {
        // Enough for it, and not all, since an attempt to write in a static call burns what it is given.
        (bool done,) = _TARGET.call{gas: 2_000_000}(_call);
        return done ? bytes4(0) : IERC1271.isValidSignature.selector;
    }
}
