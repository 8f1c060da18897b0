// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {MAX_SEATS, Seats} from "contracts/Seats.sol";
import {Dice} from "./support/Dice.sol";
import {vm} from "./support/Vm.sol";

/// @title Sets of seats against lists of yes and no
contract SeatsTest {
    using Seats for Seats.Set;

    Seats.Set private first;
    Seats.Set private second;

    function testFuzz_CountsTheBitsOfAWord(uint256 word) public pure {
        uint256 count = 0;
        for (uint256 rest = word; rest != 0; rest >>= 1) {
            count += rest & 1;
        }
        vm.assertEq(Seats.ones(word), count);
    }

    function test_CountsFullAndEmptyWords() public pure {
        vm.assertEq(Seats.ones(0), 0);
        vm.assertEq(Seats.ones(type(uint256).max), 256);
        for (uint256 i = 0; i < 256; ++i) {
            vm.assertEq(Seats.ones(1 << i), 1);
            vm.assertEq(Seats.ones(type(uint256).max << i), 256 - i);
        }
    }

    function testFuzz_HoldsWhatWasPutIn(uint256 seed) public {
        Dice memory dice = Dice(seed);
        bool[] memory model = shuffle(first, dice);
        Seats.Set memory copy = first.load(MAX_SEATS);
        uint256 count = 0;
        for (uint256 seat = 0; seat <= MAX_SEATS; ++seat) {
            vm.assertTrue(first.has(seat) == model[seat]);
            vm.assertTrue(copy.includes(seat) == model[seat]);
            if (model[seat]) ++count;
        }
        vm.assertEq(copy.count(), count);
    }

    function testFuzz_AmongAnother(uint256 seed) public {
        Dice memory dice = Dice(seed);
        bool[] memory one = shuffle(first, dice);
        bool[] memory other = shuffle(second, dice);
        Seats.Set memory both = first.load(MAX_SEATS).among(second);
        for (uint256 seat = 0; seat <= MAX_SEATS; ++seat) {
            vm.assertTrue(both.includes(seat) == (one[seat] && other[seat]));
        }
    }

    /// @dev Where the seats taken end within the first word, the second is empty and is not read.
    function testFuzz_LoadsAsFarAsSeatsAreTaken(uint256 last) public {
        last %= MAX_SEATS + 1;
        for (uint256 seat = 1; seat <= last; ++seat) {
            first.add(seat);
        }
        vm.assertEq(first.load(last).count(), last);
    }

    /// @dev Puts seats in and takes some out again.
    function shuffle(Seats.Set storage set, Dice memory dice) private returns (bool[] memory model) {
        model = new bool[](MAX_SEATS + 1);
        for (uint256 i = dice.throw_(0, 100); i != 0; --i) {
            uint256 seat = dice.throw_(1, MAX_SEATS);
            model[seat] = !dice.coin(3);
            if (model[seat]) set.add(seat);
            else set.remove(seat);
        }
    }
}
