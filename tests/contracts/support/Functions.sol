// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {vm} from "./Vm.sol";

/// @title Which functions of a contract change something
/// @notice Read from the committed artifacts, so that no table can forget one.
library Functions {
    /// @dev The signatures, as in `leave()`, of the functions that are neither `view` nor `pure`.
    function ofContract(string memory name) internal view returns (string[] memory changing) {
        string memory artifact = vm.readFile(string.concat("deploy/artifacts/", name, ".json"));
        changing = vm.parseJsonKeys(artifact, "$.methodIdentifiers");
        uint256 count = 0;
        for (uint256 i = 0; i < changing.length; ++i) {
            if (changes(artifact, nameOf(changing[i]))) changing[count++] = changing[i];
        }
        assembly ("memory-safe") {
            mstore(changing, count)
        }
    }

    function changes(string memory artifact, string memory name) private view returns (bool) {
        return isThere(artifact, name, "nonpayable") || isThere(artifact, name, "payable");
    }

    function isThere(string memory artifact, string memory name, string memory mutability) private view returns (bool) {
        string memory named = string.concat("@.type == 'function' && @.name == '", name, "'");
        string memory path = string.concat("$.abi[?(", named, " && @.stateMutability == '", mutability, "')]");
        return vm.keyExistsJson(artifact, path);
    }

    /// @dev What stands before the parenthesis.
    function nameOf(string memory signature) private pure returns (string memory name) {
        uint256 length = 0;
        while (bytes(signature)[length] != "(") ++length;
        name = string(bytes.concat(bytes(signature)));
        assembly ("memory-safe") {
            mstore(name, length)
        }
    }
}
