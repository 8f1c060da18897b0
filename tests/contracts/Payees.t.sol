// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Benefits} from "contracts/Benefits.sol";
import {Study} from "contracts/Study.sol";
import {IBenefits} from "contracts/interfaces/IBenefits.sol";
import {Parameters, Part, Settlement} from "contracts/interfaces/Types.sol";
import {House} from "./support/House.sol";
import {vm} from "./support/Vm.sol";

contract PayeesTest is House {
    uint32 private constant PAYEE = 1 << 16;

    /// @dev A payee is an address, not an institution: where terms name an institution's account, the former one stays.
    function test_APayeesAccountStaysWhatTheTermsName() public {
        Parameters memory p = parameters();
        p.shares.payees[0].account = account(2);
        Study study = running(p);
        Benefits benefits = benefitsOf(study);
        finalise(study, 10);
        vm.prank(account(1));
        benefits.declare("EUR", 10_000_001, DOCUMENT, "", 0);
        vm.startPrank(account(1));
        benefits.pay(1, Part.Own, 2, DOCUMENT);
        benefits.pay(1, Part.Named, PAYEE, DOCUMENT);
        vm.stopPrank();

        vm.prank(address(governor));
        swarm.recoverAccount(2, account(9));
        notReceiver(benefits, account(2), Part.Own, 2);
        notReceiver(benefits, account(9), Part.Named, PAYEE);
        confirm(benefits, account(9), Part.Own, 2);
        confirm(benefits, account(2), Part.Named, PAYEE);
    }

    function confirm(Benefits benefits, address receiver, Part part, uint32 number) private {
        vm.prank(receiver);
        benefits.confirm(1, part, number);
        equal(benefits.settlementOf(1, part, number), Settlement.Confirmed);
    }

    function notReceiver(Benefits benefits, address caller, Part part, uint32 number) private {
        refused(abi.encodeWithSelector(IBenefits.BenefitsNotReceiver.selector, caller));
        vm.prank(caller);
        benefits.confirm(1, part, number);
    }
}
