// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IGovernor} from "@openzeppelin/contracts/governance/IGovernor.sol";
import {IBenefits} from "contracts/interfaces/IBenefits.sol";
import {IStudy} from "contracts/interfaces/IStudy.sol";
import {ISwarm} from "contracts/interfaces/ISwarm.sol";
import {Vm} from "./Vm.sol";

/// @title The hash chain, computed anew from logs alone
/// @notice Written from the rule in `IHistory`, not from the contracts: a log's data is what is not indexed, and
///         putting the indexed fields back in front of it moves what the offsets in it point to.
library Replay {
    /// @dev The first head.
    function genesis(address history) internal view returns (bytes32) {
        return sha256(abi.encodePacked(block.chainid, history));
    }

    /// @dev The head after a log that was emitted in a block.
    function advance(bytes32 head, Vm.Log memory log, uint256 blockNumber, uint256 timestamp)
        internal
        pure
        returns (bytes32)
    {
        return sha256(abi.encodePacked(head, log.emitter, blockNumber, timestamp, record(log)));
    }

    /// @dev The record of a log: `topic0 ‖ abi.encode(all fields)`.
    function record(Vm.Log memory log) internal pure returns (bytes memory all) {
        uint256 indexed_ = log.topics.length - 1;
        all = abi.encodePacked(log.topics);
        uint256 words = offsets(log.topics[0]);
        bytes memory data = abi.encodePacked(log.data);
        for (uint256 word = 0; words != 0; (words >>= 1, ++word)) {
            if (words & 1 == 0) continue;
            assembly ("memory-safe") {
                let place := add(add(data, 0x20), mul(word, 0x20))
                mstore(place, add(mload(place), mul(indexed_, 0x20)))
            }
        }
        return bytes.concat(all, data);
    }

    /// @dev Which words at the beginning of an event's data are offsets, as a bit set.
    function offsets(bytes32 topic) internal pure returns (uint256) {
        if (topic == ISwarm.InstitutionApplied.selector) return 1 << 0;
        if (topic == IGovernor.VoteCast.selector) return 1 << 3;
        if (topic == IStudy.TermsProposed.selector) return (1 << 2) | (1 << 3);
        if (topic == IStudy.CheckpointPublished.selector) return 1 << 4;
        if (topic == IBenefits.RevenueDeclared.selector) return 1 << 3;
        // ProposalCreated has offsets too; with nothing indexed they stay as they are.
        return 0;
    }
}
