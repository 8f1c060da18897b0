// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IHistory} from "./interfaces/IHistory.sol";

// Immutables are written in capitals, as the language's style guide has it.
// slither-disable-start naming-convention

/// @title What every contract of the house does with its events
/// @notice An event of record is emitted and, in the same step, appended to the history.
abstract contract Recorder {
    /// @notice The history of the house.
    IHistory public immutable HISTORY;

    /// @param history The house's History.
    constructor(address history) {
        HISTORY = IHistory(history);
    }

    /// @dev Appends the event just emitted.
    /// @param topic The event's topic0.
    /// @param fields All its fields, ABI-encoded in their order.
    function _record(bytes32 topic, bytes memory fields) internal {
        HISTORY.append(bytes.concat(topic, fields));
    }
}

// slither-disable-end naming-convention
