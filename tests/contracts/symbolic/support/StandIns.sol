// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {Shares} from "contracts/interfaces/Types.sol";

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

/// @title A history to which every contract belongs
contract OpenHouse {
    function ofTheHouse(address) external pure returns (bool) {
        return true;
    }
}

/// @title A contract account that has signed one digest and nothing else
contract SignedOnce is IERC1271 {
    bytes32 private _digest;

    function sign(bytes32 digest) external {
        _digest = digest;
    }

    /// @inheritdoc IERC1271
    function isValidSignature(bytes32 digest, bytes calldata) external view returns (bytes4) {
        return digest == _digest ? IERC1271.isValidSignature.selector : bytes4(0);
    }
}

/// @title A contract that notes how often it is called with more than a question, and for whom last
contract Called {
    address public from;
    uint256 public calls;

    fallback() external {
        from = address(bytes20(msg.data[msg.data.length - 20:]));
        ++calls;
    }
}

/// @title Benefits that keep no shares
contract SilentBenefits {
    function agree(uint32, Shares calldata) external {}
}
