// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Benefits} from "contracts/Benefits.sol";
import {Study} from "contracts/Study.sol";
import {IStudy} from "contracts/interfaces/IStudy.sol";
import {Contribution, Parameters, Part, Publication, Weight} from "contracts/interfaces/Types.sol";
import {House} from "./support/House.sol";
import {vm} from "./support/Vm.sol";

/// @title The largest study there can be
contract ScaleTest is House {
    uint32 private constant MOST = 256;

    /// @dev What one transaction may use on every engine (EIP-7825).
    uint256 private constant MOST_GAS = 16_777_216;

    Study private study;

    function setUp() public override {
        super.setUp();
        for (uint32 institution = 4; institution <= MOST + 1; ++institution) {
            applyNext();
            vm.prank(address(governor));
            swarm.admit(institution);
        }
        Parameters memory p = parameters();
        p.minimumSignatories = uint16(MOST);
        p.quorum = uint16(MOST / 2 + 1);
        p.shares.weights = new Weight[](MOST);
        for (uint32 i = 0; i < MOST; ++i) {
            p.shares.weights[i] = Weight(i + 1, i + 1);
        }
        study = open(1, p);
        (bytes32 termsDigest, bytes32 parametersHash) = study.termsOf(1);
        for (uint32 institution = 1; institution <= MOST; ++institution) {
            vm.prank(account(institution));
            study.sign(1, termsDigest, parametersHash, DOCUMENT, 0);
        }
        start(study);
        pass(1);
    }

    function test_AStudyIsFull() public {
        (bytes32 termsDigest, bytes32 parametersHash) = study.termsOf(1);
        vm.prank(account(MOST + 1));
        vm.expectRevert(IStudy.StudyTooManySignatories.selector);
        study.sign(1, termsDigest, parametersHash, DOCUMENT, 0);
    }

    /// forge-config: default.isolate = true
    function test_EveryStepFitsIntoATransaction() public {
        for (uint32 institution = 1; institution <= MOST / 2 + 1; ++institution) {
            registerNode(institution);
        }
        Publication memory p = publication(study, 10);
        p.contributions = new Contribution[](MOST);
        for (uint32 i = 0; i < MOST; ++i) {
            p.contributions[i] = Contribution(i + 1, 10);
        }
        uint256 gas = gasleft();
        bytes32 checkpoint = publish(study, 1, p);
        within(gas, "publish");
        for (uint32 institution = 2; institution <= MOST / 2; ++institution) {
            attest(study, institution, checkpoint);
        }
        gas = gasleft();
        attest(study, MOST / 2 + 1, checkpoint);
        within(gas, "attest, final");

        Benefits benefits = benefitsOf(study);
        vm.prank(account(1));
        benefits.declare("EUR", 10_000_001, DOCUMENT, "", 0);
        gas = gasleft();
        vm.prank(account(1));
        benefits.pay(1, Part.Own, MOST, DOCUMENT);
        within(gas, "pay a share");
        gas = gasleft();
        vm.prank(account(1));
        benefits.pay(1, Part.Remainder, 1, DOCUMENT);
        within(gas, "pay the remainder");
    }

    function within(uint256 before, string memory step) private view {
        uint256 used = before - gasleft();
        vm.assertLt(used, MOST_GAS, step);
    }
}
