// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Lanes} from "contracts/Lanes.sol";
import {MAX_SEATS} from "contracts/Seats.sol";
import {Dice} from "./support/Dice.sol";
import {vm} from "./support/Vm.sol";

/// @title Numbers by seat against a list
contract LanesTest {
    using Lanes for Lanes.Row;

    Lanes.Row private row;

    function testFuzz_KeepsEachSeatsNumber(uint256 seed) public {
        Dice memory dice = Dice(seed);
        uint256[] memory model = new uint256[](MAX_SEATS + 1);
        for (uint256 i = dice.throw_(0, 100); i != 0; --i) {
            uint256 seat = dice.throw_(0, MAX_SEATS);
            uint256 more = dice.throw_(0, type(uint16).max - model[seat]);
            model[seat] += more;
            row.words[seat >> 4] += more << Lanes.shift(seat);
        }
        for (uint256 seat = 0; seat <= MAX_SEATS; ++seat) {
            vm.assertEq(row.get(seat), model[seat]);
        }
    }

    /// @dev Word by word, each seat comes up once, in order, and nothing beyond the last one does.
    function testFuzz_WordsCoverTheSeats(uint256 last) public pure {
        last %= MAX_SEATS + 1;
        uint256 next = 0;
        for (uint256 word = 0; word <= last >> 4; ++word) {
            uint256 end = Lanes.end(word, last);
            for (uint256 seat = word << 4; seat < end; ++seat) {
                vm.assertEq(seat, next++);
                vm.assertEq(seat >> 4, word);
            }
        }
        vm.assertEq(next, last + 1);
    }
}
