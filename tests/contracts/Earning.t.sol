// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Study} from "contracts/Study.sol";
import {Credit, Earnings} from "contracts/interfaces/Types.sol";
import {House} from "./support/House.sol";
import {vm} from "./support/Vm.sol";

/// @title What final rounds have earned, for whom, under which terms
/// @notice Under the first version rounds 10 and 15, under the third, which replaced the second before it was in force,
///         rounds 35 and 36. Institutions 1 and 2 contribute to all; 3 withdraws after round 15.
contract EarningTest is House {
    Study private study;

    function setUp() public override {
        super.setUp();
        study = running();
        finalise(study, 10);
        finalise(study, 15);
        withdraw(study, 3);
        vm.startPrank(account(1));
        study.amend(TERMS, parameters());
        study.amend(TERMS, parameters());
        vm.stopPrank();
        sign(study, 2, 3);
        sign(study, 1, 3);
        finalise(study, 35);
        finalise(study, 36);
    }

    function test_UpToEachCheckpoint() public view {
        credit(1, 0, 0, 0);
        credit(1, 1, 10, 10);
        credit(1, 2, 15, 15);
        credit(1, 3, 35, 35);
        credit(1, 4, 36, 36);
        credit(3, 1, 10, 0);
        credit(3, 4, 15, 0);
        total(0, 0, 0, 0);
        total(1, 10, 30, 20);
        total(2, 15, 45, 30);
        total(3, 35, 85, 70);
        total(4, 36, 87, 72);
    }

    function test_NothingForWhoIsUnknownAndWhatIsNotYet() public view {
        credit(9, 4, 0, 0);
        credit(0, 4, 0, 0);
        credit(1, 5, 0, 0);
        total(5, 0, 0, 0);
    }

    function test_OfEachVersion() public view {
        earned(1, 4, 1, Earnings(0, 15, 36, 45, 30), Credit(1, 15, 15));
        earned(1, 4, 3, Earnings(0, 15, 36, 45, 30), Credit(3, 15, 0));
        earned(3, 4, 2, Earnings(15, 36, 36, 42, 42), Credit(2, 21, 21));
        earned(3, 4, 3, Earnings(15, 36, 36, 42, 42), Credit(3, 0, 0));
    }

    function test_OfEachVersionUpToACheckpoint() public view {
        earned(1, 1, 1, Earnings(0, 10, 10, 30, 20), Credit(1, 10, 10));
        earned(3, 3, 1, Earnings(15, 35, 35, 40, 40), Credit(1, 20, 20));
        // It came into force later.
        earned(3, 2, 1, Earnings(15, 15, 15, 0, 0), Credit(1, 0, 0));
        earned(3, 1, 1, Earnings(10, 10, 10, 0, 0), Credit(1, 0, 0));
    }

    function test_NothingUnderVersionsThatNeverWereInForce() public view {
        uint32[3] memory versions = [uint32(0), 2, 4];
        for (uint256 i = 0; i < 3; ++i) {
            earned(versions[i], 4, 1, Earnings(0, 0, 36, 0, 0), Credit(1, 0, 0));
        }
    }

    function test_NothingForWhoNeverSigned() public view {
        earned(1, 4, 9, Earnings(0, 15, 36, 45, 30), Credit(0, 0, 0));
    }

    /// @dev Whoever is asked one by one has the same as in the list of all.
    function test_OfAllAtOnce() public view {
        for (uint32 version = 0; version <= 4; ++version) {
            for (uint32 sequence = 1; sequence <= 4; ++sequence) {
                (uint32[] memory institutions, uint256[] memory signed, uint256[] memory contributed) =
                    study.credits(version, sequence);
                vm.assertEq(institutions.length, 4);
                vm.assertEq(institutions[0], 0);
                vm.assertEq(signed[0] + contributed[0], 0);
                (Earnings memory all,) = study.earnings(version, sequence, 0);
                for (uint256 seat = 1; seat <= 3; ++seat) {
                    vm.assertEq(institutions[seat], study.seats()[seat - 1]);
                    Credit memory own = Credit(institutions[seat], signed[seat], contributed[seat]);
                    earned(version, sequence, institutions[seat], all, own);
                }
                vm.assertEq(signed[1] + signed[2] + signed[3], all.signed);
                vm.assertEq(contributed[1] + contributed[2] + contributed[3], all.contributed);
            }
        }
    }

    /// @dev With the seventeenth seat a second word begins.
    function test_OfMoreThanAWordHolds() public {
        grow(17);
        Study large = open(1, parameters());
        vm.assertEq(count(large), 1);
        sign(large, 1);
        vm.assertEq(count(large), 2);
        sign(large, 2);
        sign(large, 3);
        start(large);
        finalise(large, 10);
        for (uint32 institution = 4; institution <= 17; ++institution) {
            withdraw(large, institution - 1);
            sign(large, institution);
        }
        vm.assertEq(count(large), 18);
        finalise(large, 20);
        (uint32[] memory institutions, uint256[] memory signed,) = large.credits(1, 2);
        vm.assertEq(institutions[17], 17);
        vm.assertEq(signed[17], 10);
        vm.assertEq(signed[16], 0);
        vm.assertEq(signed[2], 20);
    }

    function count(Study of_) private view returns (uint256) {
        (uint32[] memory institutions,,) = of_.credits(1, 0);
        return institutions.length;
    }

    function credit(uint32 institution, uint32 sequence, uint256 signed, uint256 contributed) private view {
        (uint256 s, uint256 c) = study.credit(institution, sequence);
        vm.assertEq(s, signed, "signed");
        vm.assertEq(c, contributed, "contributed");
    }

    function total(uint32 sequence, uint256 rounds, uint256 signed, uint256 contributed) private view {
        (uint256 r, uint256 s, uint256 c) = study.creditTotal(sequence);
        vm.assertEq(r, rounds, "rounds");
        vm.assertEq(s, signed, "signed");
        vm.assertEq(c, contributed, "contributed");
    }

    function earned(uint32 version, uint32 sequence, uint32 institution, Earnings memory all, Credit memory own)
        private
        view
    {
        (Earnings memory all_, Credit memory own_) = study.earnings(version, sequence, institution);
        vm.assertEq(abi.encode(all_), abi.encode(all));
        vm.assertEq(abi.encode(own_), abi.encode(own));
    }
}
