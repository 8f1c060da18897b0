// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Benefits} from "contracts/Benefits.sol";
import {Study} from "contracts/Study.sol";
import {IBenefits} from "contracts/interfaces/IBenefits.sol";
import {Parameters, Payee, Shares, Weight} from "contracts/interfaces/Types.sol";
import {Dice} from "./support/Dice.sol";
import {House} from "./support/House.sol";
import {vm} from "./support/Vm.sol";

/// @title How a version of the terms splits revenues, kept as it was put forward
contract AgreeingTest is House {
    function testFuzz_KeptAsPutForward(uint256 seed) public {
        Shares memory first = random(seed);
        Shares memory second = random(~seed);
        Parameters memory p = parameters();
        p.shares = first;
        Study study = open(1, p);
        sign(study, 1);
        p.shares = second;
        vm.prank(account(1));
        study.amend(TERMS, p);
        Benefits benefits = benefitsOf(study);
        vm.assertEq(abi.encode(benefits.sharesOf(1)), abi.encode(first));
        vm.assertEq(abi.encode(benefits.sharesOf(2)), abi.encode(second));
    }

    function test_NothingOfAVersionThatThereIsNot() public {
        Shares memory none;
        Benefits benefits = benefitsOf(open(1, parameters()));
        vm.assertEq(abi.encode(benefits.sharesOf(0)), abi.encode(none));
        vm.assertEq(abi.encode(benefits.sharesOf(2)), abi.encode(none));
    }

    function test_ByTheStudyAlone() public {
        Study study = open(1, parameters());
        Benefits benefits = benefitsOf(study);
        address[4] memory others = [account(1), address(studies), address(open(1, parameters())), address(governor)];
        for (uint256 i = 0; i < others.length; ++i) {
            refused(abi.encodeWithSelector(IBenefits.BenefitsNotStudy.selector, others[i]));
            vm.prank(others[i]);
            benefits.agree(2, parameters().shares);
        }
    }

    function test_AnAmendmentMustBeSoundToo() public {
        Study study = running();
        Parameters memory p = parameters();
        p.shares.remainderTo = swarm.institutionCount() + 1;
        bytes32 head = history.head();
        refused(IBenefits.BenefitsSharesInvalid.selector);
        vm.prank(account(1));
        study.amend(TERMS, p);
        (, uint32 pending) = study.versions();
        vm.assertEq(pending, 0);
        vm.assertEq(history.head(), head);
    }

    function test_AsManyAsThereMayBe() public {
        Parameters memory p = parameters();
        p.shares = largest(256, 16);
        open(1, p);
        p.shares = largest(257, 16);
        unsound(p);
        p.shares = largest(256, 17);
        unsound(p);
    }

    function unsound(Parameters memory p) private {
        refused(IBenefits.BenefitsSharesInvalid.selector);
        vm.prank(account(1));
        studies.open(TERMS, p);
    }

    function largest(uint32 weights, uint32 payees) private pure returns (Shares memory s) {
        s.weighted = 10_000 - uint16(payees);
        s.remainderTo = 3;
        s.weights = new Weight[](weights);
        for (uint32 i = 0; i < weights; ++i) {
            s.weights[i] = Weight(i + 1, type(uint32).max);
        }
        s.payees = new Payee[](payees);
        for (uint256 i = 0; i < payees; ++i) {
            s.payees[i] = Payee(payee(), 1);
        }
    }

    function random(uint256 seed) private pure returns (Shares memory s) {
        Dice memory dice = Dice(seed);
        s = largest(uint32(dice.throw_(0, 256)), uint32(dice.throw_(0, 16)));
        if (s.weights.length == 0) s.weighted = 0;
        else s.weighted = uint16(dice.throw_(1, s.weighted));
        s.remainderTo = uint32(dice.throw_(1, 3));
        uint32 institution = 0;
        for (uint256 i = 0; i < s.weights.length; ++i) {
            institution += uint32(dice.throw_(1, 10_000_000));
            s.weights[i] = Weight(institution, uint32(dice.throw_(1, type(uint32).max)));
        }
        uint256 rest = 10_000 - s.payees.length - s.weighted;
        s.equal = uint16(dice.throw_(0, rest));
        s.contributed = uint16(dice.throw_(0, rest - s.equal));
        s.patients = uint16(rest - s.equal - s.contributed);
    }
}
