// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {History} from "contracts/History.sol";
import {vm} from "../support/Vm.sol";
import {svm} from "./support/Symbolic.sol";

/// @title Who moves the head of the history, and where to
/// @dev For every history so far, and every set of those enrolled.
contract AppendingCheck {
    History private history;

    function setUp() public {
        history = new History(address(0x51), address(0x60), address(0x57));
        svm.enableSymbolicStorage(address(history));
    }

    function check_TheHouseAloneAppends(address caller, bytes calldata record) public {
        bool entitled = history.ofTheHouse(caller);
        bytes32 head = history.head();
        uint256 length = history.length();
        vm.prank(caller);
        (bool done,) = address(history).call(abi.encodeCall(history.append, (record)));
        if (done) {
            assert(entitled);
            assert(history.length() == length + 1);
            assert(history.head() == sha256(abi.encodePacked(head, caller, block.number, block.timestamp, record)));
        } else {
            assert(history.head() == head);
            assert(history.length() == length);
        }
    }

    /// @dev Whatever who is not of the house calls.
    function check_NobodyElseMovesTheHead(address caller) public {
        vm.assume(!history.ofTheHouse(caller));
        bytes32 head = history.head();
        uint256 length = history.length();
        bytes memory call = svm.createCalldata("History");
        vm.prank(caller);
        (bool done,) = address(history).call(call);
        done;
        assert(history.head() == head);
        assert(history.length() == length);
    }

    /// @dev Whatever anybody but Studies calls.
    function check_StudiesAloneEnrolls(address caller, address emitter) public {
        vm.assume(caller != history.STUDIES());
        bool before = history.ofTheHouse(emitter);
        bytes memory call = svm.createCalldata("History");
        vm.prank(caller);
        (bool done,) = address(history).call(call);
        done;
        assert(history.ofTheHouse(emitter) == before);
    }
}
