// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Benefits} from "contracts/Benefits.sol";
import {Study} from "contracts/Study.sol";
import {Contribution, Parameters, Part, Payee, Publication, Weight} from "contracts/interfaces/Types.sol";
import {Dice} from "./support/Dice.sol";
import {House} from "./support/House.sol";
import {vm} from "./support/Vm.sol";

/// @title Not a cent too many, not one too few, after any history
contract SharesTest is House {
    uint32 private constant INSTITUTIONS = 5;

    function setUp() public override {
        super.setUp();
        join();
        join();
        for (uint32 institution = 1; institution <= INSTITUTIONS; ++institution) {
            registerNode(institution);
        }
    }

    function testFuzz_PartsSumToTheAmount(uint256 seed, uint128 amount) public {
        Dice memory dice = Dice(seed);
        vm.assume(amount != 0);
        Study study = history_(dice);
        Benefits benefits = benefitsOf(study);
        vm.prank(account(1));
        benefits.declare("EUR", amount, DOCUMENT, "", 0);
        later(study, dice);

        (uint32 versions,) = study.versions();
        uint256 sum = 0;
        for (uint32 institution = 0; institution <= INSTITUTIONS + 1; ++institution) {
            sum += benefits.shareOf(1, Part.Own, institution) + benefits.shareOf(1, Part.Patients, institution);
        }
        for (uint32 version = 0; version <= versions + 1; ++version) {
            for (uint32 index = 0; index <= 4; ++index) {
                sum += benefits.shareOf(1, Part.Named, (version << 16) | index);
            }
            sum += benefits.shareOf(1, Part.Remainder, version);
        }
        vm.assertEq(sum, amount);
        holdHistory();
    }

    /// @dev Where everybody has signed and somebody contributed, rounding alone leaves cents: less than one for each
    ///      part and each institution's share of it.
    function testFuzz_RoundingLeavesFewCents(uint256 seed, uint128 amount) public {
        Dice memory dice = Dice(seed);
        vm.assume(amount != 0);
        Study study = open(1, random(dice));
        for (uint32 institution = 1; institution <= INSTITUTIONS; ++institution) {
            sign(study, institution);
        }
        start(study);
        checkpoint(study, dice, 10);
        Benefits benefits = benefitsOf(study);
        vm.prank(account(1));
        benefits.declare("EUR", amount, DOCUMENT, "", 0);
        uint256 left = benefits.shareOf(1, Part.Remainder, 1);
        vm.assertLe(left, 4 * (INSTITUTIONS + 1) + 4, "cents left over");
    }

    /// @dev One to three versions of random terms, each with some final checkpoints, and people coming and going.
    function history_(Dice memory dice) private returns (Study study) {
        study = open(1, random(dice));
        signRandomly(study, 1, dice);
        start(study);
        uint256 versions = dice.throw_(1, 3);
        uint32 round = 0;
        for (uint32 version = 1; version <= versions; ++version) {
            if (version > 1) amend(study, version, dice);
            uint256 finals = dice.throw_(version == 1 ? 1 : 0, 3);
            for (uint256 i = 0; i < finals; ++i) {
                round += uint32(dice.throw_(1, 10));
                checkpoint(study, dice, round);
                comeAndGo(study, version, dice);
            }
        }
    }

    /// @dev What happens after the declaration, and must not matter to it.
    function later(Study study, Dice memory dice) private {
        if (dice.coin(2)) return;
        (uint32 inForce,) = study.versions();
        amend(study, inForce + 1, dice);
        (uint32 round,,) = study.lineageHead();
        checkpoint(study, dice, round + 1);
    }

    function amend(Study study, uint32 version, Dice memory dice) private {
        vm.prank(account(1));
        study.amend(TERMS, random(dice));
        signRandomly(study, version, dice);
    }

    /// @dev Institutions 1 to 3 always, so that the quorum of three is there; 4 and 5 by chance.
    function signRandomly(Study study, uint32 version, Dice memory dice) private {
        for (uint32 institution = 1; institution <= 3; ++institution) {
            sign(study, institution, version);
        }
        for (uint32 institution = 4; institution <= INSTITUTIONS; ++institution) {
            if (dice.coin(2)) sign(study, institution, version);
        }
    }

    function comeAndGo(Study study, uint32 version, Dice memory dice) private {
        uint32 institution = uint32(dice.throw_(4, INSTITUTIONS));
        if (!dice.coin(2)) return;
        if (study.isSignatory(institution)) withdraw(study, institution);
        else sign(study, institution, version);
    }

    function checkpoint(Study study, Dice memory dice, uint32 round) private {
        (uint32 last,,) = study.lineageHead();
        Publication memory p = publication(study, round);
        Contribution[] memory all = new Contribution[](INSTITUTIONS);
        uint256 count = 0;
        uint32[] memory seats = study.seats();
        for (uint256 i = 0; i < seats.length; ++i) {
            if (!study.isSignatory(seats[i]) || (seats[i] != 2 && dice.coin(3))) continue;
            all[count++] = Contribution(seats[i], uint32(dice.throw_(1, round - last)));
        }
        p.contributions = new Contribution[](count);
        for (uint256 i = 0; i < count; ++i) {
            p.contributions[i] = all[i];
        }
        bytes32 id = publish(study, 1, p);
        attest(study, 2, id);
        attest(study, 3, id);
    }

    function random(Dice memory dice) private pure returns (Parameters memory p) {
        p = parameters();
        p.minimumSignatories = 3;
        p.quorum = 3;
        p.rounds = 1000;
        uint16[5] memory parts;
        uint16 rest = 10_000;
        for (uint256 i = 0; i < 4; ++i) {
            parts[i] = uint16(dice.coin(3) ? 0 : dice.throw_(0, rest));
            rest -= parts[i];
        }
        p.shares.equal = parts[0];
        p.shares.contributed = parts[1];
        p.shares.patients = parts[2];
        p.shares.weighted = parts[3];
        p.shares.remainderTo = uint32(dice.throw_(1, INSTITUTIONS));
        p.shares.weights = new Weight[](parts[3] == 0 ? 0 : INSTITUTIONS);
        for (uint32 i = 0; i < p.shares.weights.length; ++i) {
            p.shares.weights[i] = Weight(i + 1, uint32(dice.throw_(1, type(uint32).max)));
        }
        p.shares.payees = new Payee[](rest == 0 ? 0 : rest == 1 ? 1 : 2);
        for (uint256 i = 0; i < p.shares.payees.length; ++i) {
            uint16 share = i + 1 == p.shares.payees.length ? rest : uint16(dice.throw_(1, rest - 1));
            p.shares.payees[i] = Payee(payee(), share);
            rest -= share;
        }
    }
}
