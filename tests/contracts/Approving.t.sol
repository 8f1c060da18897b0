// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Study} from "contracts/Study.sol";
import {IStudy} from "contracts/interfaces/IStudy.sol";
import {Parameters, StudyState} from "contracts/interfaces/Types.sol";
import {House} from "./support/House.sol";
import {vm} from "./support/Vm.sol";

/// @dev Whether there is a majority is asked when somebody approves, and each approves once.
contract ApprovingTest is House {
    Study private study;

    /// @dev Two of four have approved closing the study, and neither is its opener.
    function setUp() public override {
        super.setUp();
        join();
        study = open(1, fourSignatories());
        for (uint32 institution = 1; institution <= 4; ++institution) {
            sign(study, institution);
        }
        close(2);
        close(3);
    }

    function test_ADepartureBringsAboutNothingThatWasApproved() public {
        withdraw(study, 4);
        vm.assertEq(study.signatories().length, 3);
        refusedAgain(2);
        refusedAgain(3);
        equal(study.state(), StudyState.Open);
    }

    /// @dev Who withdraws and signs again has approved all the same.
    function test_SigningAgainIsNoOtherApproval() public {
        withdraw(study, 4);
        withdraw(study, 2);
        sign(study, 2);
        refusedAgain(2);
        equal(study.state(), StudyState.Open);
    }

    /// @dev A newcomer's approval does, with those that were there before.
    function test_ANewcomerBringsItAbout() public {
        uint32 newcomer = join();
        withdraw(study, 4);
        sign(study, newcomer);
        close(newcomer);
        equal(study.state(), StudyState.Closed);
    }

    /// @dev And a majority that puts other terms in force can approve anew.
    function test_AnotherVersionInForceLetsThemApproveAnew() public {
        withdraw(study, 4);
        amend(2);
        amend(3);
        sign(study, 2, 2);
        sign(study, 3, 2);
        close(2);
        close(3);
        equal(study.state(), StudyState.Closed);
        holdHistory();
    }

    /// @dev The opener can keep them from it for as long as it goes on.
    function test_TheOpenerCanKeepAnotherVersionFromComing() public {
        withdraw(study, 4);
        for (uint256 i = 0; i < 3; ++i) {
            amend(2);
            amend(1);
            amend(3);
            amend(1);
        }
        (uint32 inForce,) = study.versions();
        vm.assertEq(inForce, 1);
        refusedAgain(2);
        refusedAgain(3);
        equal(study.state(), StudyState.Open);
    }

    function fourSignatories() private pure returns (Parameters memory p) {
        p = parameters();
        p.quorum = 3;
    }

    function close(uint32 institution) private {
        vm.prank(account(institution));
        study.close();
    }

    function amend(uint32 institution) private {
        vm.prank(account(institution));
        study.amend(TERMS, fourSignatories());
    }

    function refusedAgain(uint32 institution) private {
        refused(abi.encodeWithSelector(IStudy.StudyApprovedAlready.selector, institution));
        close(institution);
    }
}
