// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Benefits} from "contracts/Benefits.sol";
import {Study} from "contracts/Study.sol";
import {IBenefits} from "contracts/interfaces/IBenefits.sol";
import {Part, Settlement} from "contracts/interfaces/Types.sol";
import {House} from "./support/House.sol";
import {vm} from "./support/Vm.sol";

contract SettlingTest is House {
    uint32 private constant PAYEE = 1 << 16;

    Benefits private benefits;

    function setUp() public override {
        super.setUp();
        Study study = running();
        benefits = benefitsOf(study);
        finalise(study, 10);
        vm.prank(account(1));
        benefits.declare("EUR", 10_000_001, DOCUMENT, "", 0);
        pass(1);
    }

    function test_PaidThenConfirmed() public {
        uint128 amount = uint128(benefits.shareOf(1, Part.Own, 2));
        equal(benefits.settlementOf(1, Part.Own, 2), Settlement.Open);
        expect(address(benefits));
        emit IBenefits.SharePaid(1, Part.Own, 2, amount, DOCUMENT);
        vm.prank(account(1));
        benefits.pay(1, Part.Own, 2, DOCUMENT);
        equal(benefits.settlementOf(1, Part.Own, 2), Settlement.Paid);

        expect(address(benefits));
        emit IBenefits.SettlementConfirmed(1, Part.Own, 2, amount);
        vm.prank(account(2));
        benefits.confirm(1, Part.Own, 2);
        equal(benefits.settlementOf(1, Part.Own, 2), Settlement.Confirmed);
        equal(benefits.settlementOf(1, Part.Patients, 2), Settlement.Open);
        holdHistory();
    }

    function test_EachStepOnce() public {
        refused(abi.encodeWithSelector(IBenefits.BenefitsSettlementWrong.selector, Settlement.Open));
        vm.prank(account(2));
        benefits.confirm(1, Part.Own, 2);
        pay(Part.Own, 2);
        refused(abi.encodeWithSelector(IBenefits.BenefitsSettlementWrong.selector, Settlement.Paid));
        pay(Part.Own, 2);
        vm.prank(account(2));
        benefits.confirm(1, Part.Own, 2);
        refused(abi.encodeWithSelector(IBenefits.BenefitsSettlementWrong.selector, Settlement.Confirmed));
        vm.prank(account(2));
        benefits.confirm(1, Part.Own, 2);
    }

    /// @dev Whatever is final afterwards, under whichever terms: who confirms confirms what was paid.
    function test_ConfirmedAsItWasPaid() public {
        uint128 amount = uint128(benefits.shareOf(1, Part.Own, 2));
        pay(Part.Own, 2);
        Study study = Study(address(benefits.study()));
        finalise(study, 50);
        vm.prank(account(1));
        study.amend(TERMS, parameters());
        sign(study, 1, 2);
        sign(study, 2, 2);
        expect(address(benefits));
        emit IBenefits.SettlementConfirmed(1, Part.Own, 2, amount);
        vm.prank(account(2));
        benefits.confirm(1, Part.Own, 2);
    }

    function test_PaidByWhoDeclared() public {
        refused(abi.encodeWithSelector(IBenefits.BenefitsNotPayer.selector, account(2)));
        vm.prank(account(2));
        benefits.pay(1, Part.Own, 2, DOCUMENT);
        refused(IBenefits.BenefitsRevenueInvalid.selector);
        vm.prank(account(1));
        benefits.pay(1, Part.Own, 2, 0);
    }

    function test_NothingOwedIsNotPaid() public {
        bytes memory reason =
            abi.encodeWithSelector(IBenefits.BenefitsNothingOwed.selector, uint32(1), Part.Own, uint32(9));
        refused(reason);
        pay(Part.Own, 9);
        refused(abi.encodeWithSelector(IBenefits.BenefitsSettlementWrong.selector, Settlement.Open));
        benefits.confirm(1, Part.Own, 9);
    }

    function test_ConfirmedByTheReceiver() public {
        pay(Part.Own, 2);
        pay(Part.Named, PAYEE);
        pay(Part.Remainder, 1);
        notReceiver(account(1), Part.Own, 2);
        notReceiver(nodeOf(2), Part.Own, 2);
        notReceiver(account(1), Part.Named, PAYEE);
        notReceiver(account(2), Part.Remainder, 1);
        confirm(payee(), Part.Named, PAYEE);
        confirm(account(1), Part.Remainder, 1);
    }

    function test_ConfirmedByWhoHasLeftOrWasExpelled() public {
        pay(Part.Own, 2);
        pay(Part.Own, 3);
        depart(2);
        vm.prank(address(governor));
        swarm.expel(3);
        confirm(account(2), Part.Own, 2);
        confirm(account(3), Part.Own, 3);
    }

    function test_ConfirmedByTheAccountOfNow() public {
        pay(Part.Own, 2);
        bytes memory proof = rotationProof(2, accountKey(9), FOREVER);
        vm.prank(account(2));
        swarm.rotateAccount(account(9), FOREVER, proof);
        notReceiver(account(2), Part.Own, 2);
        confirm(account(9), Part.Own, 2);
    }

    function pay(Part part, uint32 receiver) private {
        vm.prank(account(1));
        benefits.pay(1, part, receiver, DOCUMENT);
    }

    function confirm(address receiver, Part part, uint32 number) private {
        vm.prank(receiver);
        benefits.confirm(1, part, number);
        equal(benefits.settlementOf(1, part, number), Settlement.Confirmed);
    }

    function notReceiver(address caller, Part part, uint32 receiver) private {
        refused(abi.encodeWithSelector(IBenefits.BenefitsNotReceiver.selector, caller));
        vm.prank(caller);
        benefits.confirm(1, part, receiver);
    }
}
