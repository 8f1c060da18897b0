// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Study} from "contracts/Study.sol";
import {IStudy} from "contracts/interfaces/IStudy.sol";
import {Parameters, StudyState} from "contracts/interfaces/Types.sol";
import {House} from "./support/House.sol";
import {vm} from "./support/Vm.sol";

/// @dev Each approves once; those whom a departure makes a majority bring about what they approved by asking again.
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

    function test_ADepartureByItselfBringsAboutNothing() public {
        withdraw(study, 4);
        vm.assertEq(study.signatories().length, 3);
        equal(study.state(), StudyState.Open);
    }

    function test_WhoApprovedBeforeBringsItAboutAfterADeparture() public {
        withdraw(study, 4);
        expect(address(study));
        emit IStudy.StudyClosed();
        close(2);
        equal(study.state(), StudyState.Closed);
        holdHistory();
    }

    /// @dev An approval is told once, however often it is asked for.
    function test_WhoAsksAgainApprovesNoSecondTime() public {
        withdraw(study, 4);
        uint256 before = history.length();
        close(3);
        vm.assertEq(history.length(), before + 1);
    }

    function test_WithoutAMajorityWhoAsksAgainIsRefused() public {
        refusedAgain(2);
        refusedAgain(3);
        equal(study.state(), StudyState.Open);
    }

    /// @dev Who withdraws counts no longer, and may not ask either; who signs again counts as before.
    function test_SigningAgainIsNoOtherApproval() public {
        withdraw(study, 2);
        sign(study, 2);
        refusedAgain(2);
        equal(study.state(), StudyState.Open);
        withdraw(study, 4);
        close(2);
        equal(study.state(), StudyState.Closed);
    }

    /// @dev A majority of those who were there is none of those who are.
    function test_WhoComesAndDoesNotApproveTakesTheMajorityAway() public {
        uint32 newcomer = join();
        withdraw(study, 4);
        sign(study, newcomer);
        refusedAgain(2);
        equal(study.state(), StudyState.Open);
    }

    function test_AStartAndAnAmendmentToo() public {
        vm.prank(account(2));
        study.start();
        vm.prank(account(3));
        study.start();
        amend(2);
        amend(3);
        withdraw(study, 4);
        vm.prank(account(2));
        study.start();
        equal(study.state(), StudyState.Running);
        amend(3);
        (, uint32 pending) = study.versions();
        vm.assertEq(pending, 2);
        holdHistory();
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

    /// @dev Whatever the opener puts forward meanwhile.
    function test_TheOpenerCannotKeepThemFromIt() public {
        amend(1);
        withdraw(study, 4);
        amend(1);
        close(3);
        equal(study.state(), StudyState.Closed);
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
