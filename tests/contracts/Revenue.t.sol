// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Benefits} from "contracts/Benefits.sol";
import {Study} from "contracts/Study.sol";
import {IBenefits} from "contracts/interfaces/IBenefits.sol";
import {Contribution, Parameters, Part, Publication, Settlement, Weight} from "contracts/interfaces/Types.sol";
import {House} from "./support/House.sol";
import {vm} from "./support/Vm.sol";

contract RevenueTest is House {
    Study private study;
    Benefits private benefits;

    function setUp() public override {
        super.setUp();
        study = running();
        benefits = benefitsOf(study);
    }

    function test_Declared() public {
        finalise(study, 10);
        expect(address(benefits));
        emit IBenefits.RevenueDeclared(1, 2, "EUR", 10_000_001, DOCUMENT, "Licensee Ltd", CHARTER, 1);
        vm.prank(account(2));
        vm.assertEq(benefits.declare("EUR", 10_000_001, DOCUMENT, "Licensee Ltd", CHARTER), 1);

        vm.assertEq(benefits.revenueCount(), 1);
        (uint32 institution, bytes3 currency, uint128 amount, uint32 sequence) = benefits.revenueOf(1);
        vm.assertEq(institution, 2);
        vm.assertEq(bytes32(currency), bytes32("EUR"));
        vm.assertEq(amount, 10_000_001);
        vm.assertEq(sequence, 1);
        holdHistory();
    }

    function test_BySignatoriesAndTheOpenerWhileMembers() public {
        finalise(study, 10);
        uint32 other = join();
        notEntitled(other);
        notEntitled(9);
        withdraw(study, 3);
        notEntitled(3);
        withdraw(study, 1);
        declare(1);
        depart(1);
        notEntitled(1);
    }

    function test_WhenSomethingIsEarned() public {
        refused(IBenefits.BenefitsNothingEarned.selector);
        vm.prank(account(1));
        benefits.declare("EUR", 1, DOCUMENT, "", 0);
    }

    function test_MustBeWellFormed() public {
        finalise(study, 10);
        invalid("EUR", 0, DOCUMENT, "");
        invalid("EUR", 1, 0, "");
        invalid("EU", 1, DOCUMENT, "");
        invalid("eUR", 1, DOCUMENT, "");
        invalid("EU[", 1, DOCUMENT, "");
        invalid("EUR", 1, DOCUMENT, string(new bytes(129)));
        vm.prank(account(1));
        benefits.declare("EUR", type(uint128).max, DOCUMENT, string(new bytes(128)), 0);
    }

    function test_CurrenciesAreOfCapitalLetters() public {
        finalise(study, 10);
        vm.startPrank(account(1));
        benefits.declare("AZA", 1, DOCUMENT, "", 0);
        benefits.declare("ZAZ", 1, DOCUMENT, "", 0);
        vm.stopPrank();
        invalid("@UR", 1, DOCUMENT, "");
    }

    /// @dev One round earns like many, and one cent is split like millions.
    function test_TheLeastThatCanBeEarned() public {
        Parameters memory p = parameters();
        p.minimumSignatories = 1;
        p.quorum = 1;
        p.shares.equal = 0;
        p.shares.contributed = 0;
        p.shares.patients = 0;
        p.shares.weighted = 10_000;
        delete p.shares.weights;
        p.shares.weights = new Weight[](1);
        p.shares.weights[0] = Weight(1, 1);
        delete p.shares.payees;
        Study alone = open(1, p);
        sign(alone, 1);
        start(alone);
        Publication memory first = publication(alone, 1);
        first.contributions = new Contribution[](1);
        first.contributions[0] = Contribution(1, 1);
        publish(alone, 1, first);
        benefits = benefitsOf(alone);
        vm.prank(account(1));
        benefits.declare("EUR", 1, DOCUMENT, "", 0);
        owed(1, Part.Own, 1, 1);
        owed(1, Part.Remainder, 1, 0);
    }

    /// @dev The example by hand: 1,2 contributed to all ten rounds; 1 has twice the weight of 2.
    function test_SplitByTheTerms() public {
        finalise(study, 10);
        uint32 revenue = declare(1);
        // equal 2,000,000 / 3, contributed 3,000,000 / 2, weighted 1,500,000 * 2/3
        owed(revenue, Part.Own, 1, 666_666 + 1_500_000 + 1_000_000);
        owed(revenue, Part.Own, 2, 666_666 + 1_500_000 + 500_000);
        owed(revenue, Part.Own, 3, 666_666);
        owed(revenue, Part.Own, 4, 0);
        owed(revenue, Part.Patients, 1, 1_250_000);
        owed(revenue, Part.Patients, 2, 1_250_000);
        owed(revenue, Part.Patients, 3, 0);
        owed(revenue, Part.Named, 1 << 16, 1_000_000);
        owed(revenue, Part.Named, (1 << 16) | 1, 0);
        owed(revenue, Part.Named, 0, 0);
        owed(revenue, Part.Named, 2 << 16, 0);
        owed(revenue, Part.Remainder, 1, 3);
        owed(revenue, Part.Remainder, 0, 0);
        owed(revenue, Part.Remainder, 2, 0);
    }

    /// @dev Whoever stands between or before those who have a weight has none.
    function test_WhoHasNoWeight() public {
        uint32 fourth = join();
        Parameters memory p = parameters();
        p.quorum = 3;
        p.shares.weights[0] = Weight(2, 1);
        p.shares.weights[1] = Weight(fourth, 2);
        study = running(p);
        sign(study, fourth);
        benefits = benefitsOf(study);
        bytes32 checkpoint = publish(study, 1, publication(study, 10));
        attest(study, 2, checkpoint);
        attest(study, 3, checkpoint);
        uint32 revenue = declare(1);
        // equal 2,000,000 / 4, contributed 3,000,000 / 2, weighted 1,500,000 * 1/3 and 2/3
        owed(revenue, Part.Own, 1, 500_000 + 1_500_000);
        owed(revenue, Part.Own, 2, 500_000 + 1_500_000 + 500_000);
        owed(revenue, Part.Own, 3, 500_000);
        owed(revenue, Part.Own, fourth, 500_000 + 1_000_000);
    }

    /// @dev Who signed but never contributed has its weight's part; who did not sign has none of it.
    function test_WeightsOfWhoDidNotSignAreLeftOver() public {
        Parameters memory p = parameters();
        p.shares.equal = 0;
        p.shares.contributed = 0;
        p.shares.patients = 0;
        p.shares.weighted = 9000;
        Study other = open(1, p);
        sign(other, 2);
        sign(other, 3);
        vm.prank(account(2));
        other.start();
        vm.prank(account(3));
        other.start();
        pass(1);
        benefits = benefitsOf(other);
        finaliseWithout1(other);
        vm.prank(account(1));
        benefits.declare("EUR", 9000, DOCUMENT, "", 0);
        owed(1, Part.Own, 1, 0);
        owed(1, Part.Own, 2, 2700);
        owed(1, Part.Own, 3, 0);
        owed(1, Part.Remainder, 1, 9000 - 2700 - 900);
    }

    /// @dev Later rounds and later terms change nothing of what was declared before.
    function test_StandsAsDeclared() public {
        finalise(study, 10);
        uint32 revenue = declare(1);
        uint256 before = benefits.shareOf(revenue, Part.Own, 1);
        finalise(study, 20);
        amendTo(parameters());
        finalise(study, 30);
        owed(revenue, Part.Own, 1, before);
        owed(revenue, Part.Named, 2 << 16, 0);
        owed(revenue, Part.Remainder, 2, 0);
    }

    function test_EachVersionSplitsItsOwnRounds() public {
        finalise(study, 10);
        Parameters memory p = parameters();
        p.shares.equal = 0;
        p.shares.contributed = 0;
        p.shares.weighted = 0;
        delete p.shares.weights;
        p.shares.patients = 9000;
        amendTo(p);
        finalise(study, 30);
        vm.prank(account(1));
        benefits.declare("EUR", 30_000, DOCUMENT, "", 0);
        // A third of the rounds under the first terms, two thirds under the second.
        owed(1, Part.Named, 1 << 16, 1000);
        owed(1, Part.Named, 2 << 16, 2000);
        owed(1, Part.Patients, 1, 1250 + 9000);
        owed(1, Part.Own, 3, 666);
    }

    function test_UnknownRevenues() public {
        bytes memory unknown = abi.encodeWithSelector(IBenefits.BenefitsRevenueUnknown.selector, uint32(7));
        refused(unknown);
        benefits.shareOf(7, Part.Own, 1);
        refused(unknown);
        benefits.pay(7, Part.Own, 1, DOCUMENT);
        refused(abi.encodeWithSelector(IBenefits.BenefitsSettlementWrong.selector, Settlement.Open));
        benefits.confirm(7, Part.Own, 1);
    }

    function declare(uint32 institution) private returns (uint32) {
        vm.prank(account(institution));
        return benefits.declare("EUR", 10_000_001, DOCUMENT, "", 0);
    }

    function notEntitled(uint32 institution) private {
        refused(abi.encodeWithSelector(IBenefits.BenefitsNotEntitled.selector, account(institution)));
        declare(institution);
    }

    function invalid(bytes3 currency, uint128 amount, bytes32 document, string memory licensee) private {
        refused(IBenefits.BenefitsRevenueInvalid.selector);
        vm.prank(account(1));
        benefits.declare(currency, amount, document, licensee, 0);
    }

    function owed(uint32 revenue, Part part, uint32 receiver, uint256 amount) private view {
        vm.assertEq(benefits.shareOf(revenue, part, receiver), amount);
    }

    function amendTo(Parameters memory p) private {
        vm.prank(account(1));
        study.amend(TERMS, p);
        (, uint32 pending) = study.versions();
        for (uint32 institution = 1; institution <= 3; ++institution) {
            sign(study, institution, pending);
        }
    }

    /// @dev A final checkpoint to which institution 2 alone contributed.
    function finaliseWithout1(Study other) private {
        Publication memory p = publication(other, 10);
        p.contributions = new Contribution[](1);
        p.contributions[0] = Contribution(2, 10);
        attest(other, 3, publish(other, 2, p));
    }
}
