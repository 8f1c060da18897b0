// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Study} from "contracts/Study.sol";
import {IStudy} from "contracts/interfaces/IStudy.sol";
import {Action, Authorisation, Parameters, StudyState} from "contracts/interfaces/Types.sol";
import {House} from "./support/House.sol";
import {vm} from "./support/Vm.sol";

contract StartingTest is House {
    function test_TheOpenerStarts() public {
        Study study = signed(3, parameters());
        expect(address(study));
        emit IStudy.ActionApproved(1, Action.Start, 0);
        expect(address(study));
        emit IStudy.StudyStarted();
        vm.prank(account(1));
        study.start();
        equal(study.state(), StudyState.Running);

        refused(abi.encodeWithSelector(IStudy.StudyStateWrong.selector, StudyState.Running));
        vm.prank(account(1));
        study.start();
        holdHistory();
    }

    function test_AMajorityStartsWithoutTheOpener() public {
        Study study = signed(3, parameters());
        approve(study, 2);
        equal(study.state(), StudyState.Open);
        refused(abi.encodeWithSelector(IStudy.StudyApprovedAlready.selector, uint32(2)));
        vm.prank(account(2));
        study.start();
        approve(study, 3);
        equal(study.state(), StudyState.Running);
    }

    function test_HalfIsNoMajority() public {
        join();
        Parameters memory p = parameters();
        p.quorum = 3;
        Study study = signed(4, p);
        approve(study, 2);
        approve(study, 3);
        equal(study.state(), StudyState.Open);
        approve(study, 4);
        equal(study.state(), StudyState.Running);
    }

    /// @dev The majority is of those who are members still.
    function test_WhoLeftTheSwarmIsNoPartOfTheMajority() public {
        join();
        Parameters memory p = parameters();
        p.quorum = 3;
        Study study = signed(4, p);
        depart(1);
        approve(study, 2);
        equal(study.state(), StudyState.Open);
        approve(study, 3);
        equal(study.state(), StudyState.Running);
    }

    /// @dev Approvals count as long as who gave them is a signatory.
    function test_ApprovalsGoWithWhoGaveThem() public {
        join();
        Parameters memory p = parameters();
        p.quorum = 3;
        Study study = signed(4, p);
        approve(study, 2);
        approve(study, 3);
        withdraw(study, 2);
        approve(study, 4);
        equal(study.state(), StudyState.Running);

        study = signed(4, p);
        approve(study, 2);
        withdraw(study, 2);
        approve(study, 3);
        equal(study.state(), StudyState.Open);
    }

    function test_NotBySomebodyElse() public {
        Study study = signed(2, parameters());
        refused(abi.encodeWithSelector(IStudy.StudyNotSignatory.selector, uint32(3)));
        vm.prank(account(3));
        study.start();
        refused(abi.encodeWithSelector(IStudy.StudyNotMember.selector, account(9)));
        vm.prank(account(9));
        study.start();
    }

    function test_TheOpenerOnlyWhileASignatory() public {
        Study study = signed(3, parameters());
        withdraw(study, 1);
        refused(abi.encodeWithSelector(IStudy.StudyNotSignatory.selector, uint32(1)));
        vm.prank(account(1));
        study.start();
    }

    function test_NeedsTheFewestSignatoriesAndTheQuorum() public {
        Study study = signed(1, parameters());
        refused(abi.encodeWithSelector(IStudy.StudyTooFewSignatories.selector, 1, 2));
        vm.prank(account(1));
        study.start();

        Parameters memory p = parameters();
        p.quorum = 3;
        study = signed(2, p);
        refused(abi.encodeWithSelector(IStudy.StudyTooFewSignatories.selector, 2, 3));
        vm.prank(account(1));
        study.start();
    }

    function test_WhoLeftTheSwarmDoesNotCount() public {
        Study study = signed(2, parameters());
        depart(2);
        refused(abi.encodeWithSelector(IStudy.StudyTooFewSignatories.selector, 1, 2));
        vm.prank(account(1));
        study.start();
    }

    /// @dev From the first signature on, or a study could be signed that cannot be started.
    function test_TheQuorumMustBeAMajority() public {
        join();
        Study study = signed(3, parameters());
        (bytes32 digest, bytes32 hash) = study.termsOf(1);
        refused(IStudy.StudyTooManySignatories.selector);
        vm.prank(account(4));
        study.sign(1, digest, hash, DOCUMENT, 0);
        start(study);
    }

    /// @dev Later signatories cannot turn the quorum into a minority, and one may sign where another has left.
    function test_TheQuorumStaysAMajority() public {
        join();
        Study study = running();
        (bytes32 digest, bytes32 hash) = study.termsOf(1);
        refused(IStudy.StudyTooManySignatories.selector);
        vm.prank(account(4));
        study.sign(1, digest, hash, DOCUMENT, 0);
        depart(3);
        sign(study, 4);
        vm.assertEq(study.signatories().length, 3);
    }

    function test_NotWithExpiredTerms() public {
        Study study = signed(2, parameters());
        vm.warp(START + 365 days);
        refused(abi.encodeWithSelector(IStudy.StudyExpired.selector, START + 365 days));
        vm.prank(account(1));
        study.start();
    }

    function test_ClosedByTheOpenerOrAMajority() public {
        Study study = running();
        expect(address(study));
        emit IStudy.ActionApproved(1, Action.Close, 0);
        expect(address(study));
        emit IStudy.StudyClosed();
        vm.prank(account(1));
        study.close();
        equal(study.state(), StudyState.Closed);
        refused(abi.encodeWithSelector(IStudy.StudyStateWrong.selector, StudyState.Closed));
        vm.prank(account(1));
        study.close();

        study = running();
        vm.prank(account(2));
        study.close();
        equal(study.state(), StudyState.Running);
        vm.prank(account(3));
        study.close();
        equal(study.state(), StudyState.Closed);
        holdHistory();
    }

    /// @dev The first reason that applies, in the order of the enum.
    function test_EveryReasonNotToBeAuthorised() public {
        Parameters memory p = parameters();
        p.consentMaxAge = 30 days;
        Study study = open(1, p);
        equal(study.authorisation(nodeOf(1)), Authorisation.NodeUnknown);
        registerNode(1);
        equal(study.authorisation(nodeOf(1)), Authorisation.NotSigned);
        sign(study, 1);
        equal(study.authorisation(nodeOf(1)), Authorisation.NotStarted);
        sign(study, 2);
        start(study);
        equal(study.authorisation(nodeOf(1)), Authorisation.Authorised);
        equal(study.authorisationOf(1), Authorisation.Authorised);

        uint256 state = vm.snapshotState();
        vm.warp(START + 1 + 30 days + 1);
        equal(study.authorisation(nodeOf(1)), Authorisation.ConsentStale);
        vm.warp(START + 365 days);
        equal(study.authorisation(nodeOf(1)), Authorisation.Expired);
        vm.prank(account(1));
        study.close();
        equal(study.authorisation(nodeOf(1)), Authorisation.Closed);
        vm.revertToState(state);

        vm.prank(account(1));
        study.amend(TERMS, p);
        sign(study, 2, 2);
        sign(study, 1, 2);
        equal(study.authorisation(nodeOf(1)), Authorisation.Authorised);
        vm.revertToState(state);

        sign(study, 3);
        vm.prank(account(1));
        study.amend(TERMS, p);
        sign(study, 2, 2);
        sign(study, 3, 2);
        equal(study.authorisation(nodeOf(1)), Authorisation.TermsNotSigned);
        withdraw(study, 1);
        equal(study.authorisation(nodeOf(1)), Authorisation.Withdrawn);
        depart(1);
        equal(study.authorisation(nodeOf(1)), Authorisation.NotMember);
        equal(study.authorisationOf(1), Authorisation.NotMember);
        vm.prank(account(1));
        swarm.revokeNode(nodeOf(1));
        equal(study.authorisation(nodeOf(1)), Authorisation.NodeRevoked);
    }

    function signed(uint32 count, Parameters memory p) private returns (Study study) {
        study = open(1, p);
        for (uint32 institution = 1; institution <= count; ++institution) {
            sign(study, institution);
        }
    }

    function approve(Study study, uint32 institution) private {
        vm.prank(account(institution));
        study.start();
    }
}
