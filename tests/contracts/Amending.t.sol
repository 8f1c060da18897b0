// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Study} from "contracts/Study.sol";
import {IStudy} from "contracts/interfaces/IStudy.sol";
import {Action, Authorisation, Level, Parameters, StudyState} from "contracts/interfaces/Types.sol";
import {House} from "./support/House.sol";
import {vm} from "./support/Vm.sol";

contract AmendingTest is House {
    bytes private constant OTHER_TERMS = '{"question":"Who recovers?"}';

    function test_PendingUntilTheFewestHaveSigned() public {
        Study study = running();
        Parameters memory p = parameters();
        bytes32 termsDigest = sha256(OTHER_TERMS);
        bytes32 hash = keccak256(abi.encode(p));
        expect(address(study));
        emit IStudy.ActionApproved(1, Action.Amend, keccak256(abi.encode(termsDigest, hash)));
        expect(address(study));
        emit IStudy.TermsProposed(2, 1, termsDigest, hash, OTHER_TERMS, p);
        amend(study, 1, p);
        inForce(study, 1, 2);
        equal(study.authorisationOf(1), Authorisation.Authorised);

        sign(study, 2, 2);
        inForce(study, 1, 2);
        vm.assertEq(study.signatories().length, 3, "the old terms' signatories");
        expect(address(study));
        emit IStudy.TermsSigned(3, 2, termsDigest, hash, DOCUMENT, 0);
        expect(address(study));
        emit IStudy.TermsInForce(2);
        vm.prank(account(3));
        study.sign(2, termsDigest, hash, DOCUMENT, 0);
        inForce(study, 2, 0);
        vm.assertEq(study.signatories().length, 2);
        holdHistory();
    }

    function test_BindsOnlyWhoHasSigned() public {
        Study study = amended();
        equal(study.authorisation(nodeOf(2)), Authorisation.Authorised);
        equal(study.authorisation(nodeOf(1)), Authorisation.TermsNotSigned);
        vm.prank(account(1));
        refused(abi.encodeWithSelector(IStudy.StudyVersionWrong.selector, uint32(1)));
        study.sign(1, 0, 0, DOCUMENT, 0);
        sign(study, 1);
        equal(study.authorisation(nodeOf(1)), Authorisation.Authorised);
    }

    function test_ByAMajorityWithoutTheOpener() public {
        Study study = running();
        amend(study, 2, parameters());
        inForce(study, 1, 0);
        amend(study, 3, parameters());
        inForce(study, 1, 2);
    }

    function test_ApprovalsAreForTheseTermsAlone() public {
        Study study = running();
        Parameters memory p = parameters();
        amend(study, 2, p);
        p.rounds = 60;
        amend(study, 3, p);
        inForce(study, 1, 0);
        amend(study, 2, p);
        inForce(study, 1, 2);
    }

    /// @dev Otherwise an opener could keep the others from ever closing its study.
    function test_WhatTheOpenerPutsForwardUndoesNoApprovalToClose() public {
        Study study = running();
        vm.prank(account(2));
        study.close();
        amend(study, 1, parameters());
        equal(study.state(), StudyState.Running);
        vm.prank(account(3));
        study.close();
        equal(study.state(), StudyState.Closed);
    }

    function test_ALaterAmendmentReplacesThePendingOne() public {
        Study study = running();
        amend(study, 1, parameters());
        sign(study, 2, 2);
        amend(study, 1, parameters());
        inForce(study, 1, 3);
        refused(abi.encodeWithSelector(IStudy.StudyVersionWrong.selector, uint32(2)));
        vm.prank(account(3));
        study.sign(2, 0, 0, DOCUMENT, 0);
        sign(study, 2, 3);
        sign(study, 3, 3);
        inForce(study, 3, 0);
    }

    function test_WhoWithdrawsWithdrawsFromThePendingTermsToo() public {
        Study study = running();
        amend(study, 1, parameters());
        sign(study, 2, 2);
        withdraw(study, 2);
        sign(study, 3, 2);
        inForce(study, 1, 2);
        sign(study, 1, 2);
        inForce(study, 2, 0);
        equal(study.authorisationOf(2), Authorisation.Withdrawn);
    }

    /// @dev Nor for how many must have signed them.
    function test_WhoWithdrewIsNoneOfThePendingTermsSignatories() public {
        Study study = running();
        Parameters memory p = parameters();
        p.minimumSignatories = 3;
        amend(study, 1, p);
        sign(study, 2, 2);
        withdraw(study, 2);
        sign(study, 3, 2);
        sign(study, 1, 2);
        inForce(study, 1, 2);
        sign(study, 2, 2);
        inForce(study, 2, 0);
    }

    function test_WhoLeftTheSwarmBringsNothingIntoForce() public {
        Study study = running();
        amend(study, 1, parameters());
        sign(study, 2, 2);
        depart(2);
        sign(study, 3, 2);
        inForce(study, 1, 2);
    }

    function test_WhoLeftTheSwarmDoesNotCountForTheMinimum() public {
        Study study = running();
        Parameters memory p = parameters();
        p.minimumSignatories = 3;
        amend(study, 1, p);
        sign(study, 2, 2);
        depart(2);
        sign(study, 3, 2);
        sign(study, 1, 2);
        inForce(study, 1, 2);
    }

    function test_HalfOfTheSignatoriesIsNotMost() public {
        uint32 fourth = join();
        Parameters memory p = parameters();
        p.quorum = 3;
        Study study = running(p);
        sign(study, fourth);
        p.minimumSignatories = 1;
        amend(study, 1, p);
        sign(study, 1, 2);
        sign(study, 2, 2);
        inForce(study, 1, 2);
        sign(study, fourth, 2);
        inForce(study, 2, 0);
    }

    function test_ANewcomerMaySignThePendingTermsFirst() public {
        uint32 newcomer = join();
        Study study = running();
        amend(study, 1, parameters());
        sign(study, newcomer, 2);
        equal(study.authorisationOf(newcomer), Authorisation.TermsNotSigned);
        sign(study, 1, 2);
        inForce(study, 1, 2);
        sign(study, 2, 2);
        inForce(study, 2, 0);
        equal(study.authorisationOf(newcomer), Authorisation.Authorised);
    }

    /// @dev Terms whose minimum is one would otherwise be in force by their proposer's signature alone.
    function test_TheOpenerCannotTakeTheStudyForItself() public {
        Study study = running();
        Parameters memory p = parameters();
        p.minimumSignatories = 1;
        p.quorum = 1;
        amend(study, 1, p);
        sign(study, 1, 2);
        inForce(study, 1, 2);
        // A quorum of one is no majority of two, so it can never come into force while the study runs.
        (bytes32 termsDigest, bytes32 hash) = study.termsOf(2);
        vm.prank(account(2));
        refused(IStudy.StudyTooManySignatories.selector);
        study.sign(2, termsDigest, hash, DOCUMENT, 0);
        inForce(study, 1, 2);
    }

    function test_NewcomersDoNotOutvoteTheSignatories() public {
        uint32 first = join();
        uint32 second = join();
        Study study = running();
        Parameters memory p = parameters();
        p.quorum = 3;
        amend(study, 1, p);
        sign(study, 1, 2);
        sign(study, first, 2);
        sign(study, second, 2);
        inForce(study, 1, 2);
        sign(study, 3, 2);
        inForce(study, 2, 0);
    }

    /// @dev Who withdraws does not hold the others back.
    function test_MostOfThoseWhoRemain() public {
        Study study = running();
        amend(study, 1, parameters());
        sign(study, 1, 2);
        withdraw(study, 2);
        withdraw(study, 3);
        uint32 newcomer = join();
        sign(study, newcomer, 2);
        inForce(study, 2, 0);
    }

    function test_BySignatoriesOfAStudyThatIsNotClosed() public {
        uint32 other = join();
        Study study = running();
        refused(abi.encodeWithSelector(IStudy.StudyNotSignatory.selector, other));
        amend(study, other, parameters());
        refused(abi.encodeWithSelector(IStudy.StudyNotMember.selector, account(9)));
        amend(study, 9, parameters());
        vm.prank(account(1));
        study.close();
        refused(abi.encodeWithSelector(IStudy.StudyStateWrong.selector, StudyState.Closed));
        amend(study, 1, parameters());
    }

    function test_OtherTermsMustBeSoundToo() public {
        Study study = running();
        Parameters memory p = parameters();
        p.rounds = 0;
        refused(IStudy.StudyParametersInvalid.selector);
        amend(study, 1, p);
    }

    function test_ThereIsALastVersion() public {
        Study study = running();
        for (uint32 version = 2; version <= study.MAX_VERSIONS(); ++version) {
            amend(study, 1, parameters());
            sign(study, 1, version);
            sign(study, 2, version);
        }
        inForce(study, 24, 0);
        refused(IStudy.StudyTooManyVersions.selector);
        amend(study, 1, parameters());
    }

    /// @dev Otherwise an opener could spend them all.
    function test_VersionsThatNeverCameIntoForceAreNotCounted() public {
        Study study = running();
        for (uint256 i = 0; i <= study.MAX_VERSIONS(); ++i) {
            amend(study, 1, parameters());
        }
        sign(study, 1, 26);
        sign(study, 2, 26);
        inForce(study, 26, 0);
    }

    /// @dev A payee's number has 16 bits for the version; that many are put forward only in thought.
    function test_VersionsStayWithinWhatAPayeesNumberHolds() public {
        Study study = running();
        putForward(study, type(uint16).max - 1);
        amend(study, 1, parameters());
        inForce(study, 1, type(uint16).max);
        refused(IStudy.StudyTooManyVersions.selector);
        amend(study, 1, parameters());
    }

    function test_RevivesExpiredTerms() public {
        Study study = running();
        vm.warp(START + 365 days);
        Parameters memory p = parameters();
        p.expiresAt = uint48(START + 730 days);
        amend(study, 1, p);
        sign(study, 1, 2);
        sign(study, 2, 2);
        equal(study.authorisationOf(1), Authorisation.Authorised);
    }

    /// @dev What was published under the old terms cannot become final under the new ones.
    function test_CandidatesAreSuperseded() public {
        Study study = running();
        bytes32 candidate = publish(study, 1, publication(study, 10));
        amend(study, 1, parameters());
        sign(study, 2, 2);
        sign(study, 3, 2);
        refused(abi.encodeWithSelector(IStudy.StudyCheckpointSuperseded.selector, candidate));
        vm.prank(nodeOf(2));
        study.attest(candidate, Level.MergeRecomputed);
    }

    function test_EachVersionInForceKnowsItsCheckpoints() public {
        Study study = running();
        finalise(study, 10);
        finalise(study, 20);
        amend(study, 1, parameters());
        amend(study, 1, parameters());
        sign(study, 1, 3);
        sign(study, 2, 3);
        finalise(study, 30);
        uint32[] memory chapters = study.versionsInForce();
        vm.assertEq(chapters.length, 2);
        vm.assertEq(chapters[0], 1);
        vm.assertEq(chapters[1], 3);
        spans(study, 0, 0, 0);
        spans(study, 1, 0, 2);
        spans(study, 2, 0, 0);
        spans(study, 3, 2, 3);
        spans(study, 4, 0, 0);
    }

    function amended() private returns (Study study) {
        study = running();
        amend(study, 1, parameters());
        sign(study, 2, 2);
        sign(study, 3, 2);
    }

    function amend(Study study, uint32 institution, Parameters memory p) private {
        vm.prank(account(institution));
        study.amend(OTHER_TERMS, p);
    }

    /// @dev As if so many versions had been put forward: the fourth number in the first word.
    function putForward(Study study, uint256 versions) private {
        uint256 word = uint256(vm.load(address(study), 0));
        uint256 shift = 8 * 13;
        vm.assertEq(uint32(word >> shift), 1);
        vm.store(address(study), 0, bytes32(word - (1 << shift) + (versions << shift)));
    }

    function spans(Study study, uint32 version, uint32 first, uint32 last) private view {
        (uint32 first_, uint32 last_) = study.spanOf(version);
        vm.assertEq(first_, first, "after");
        vm.assertEq(last_, last, "up to");
    }

    function inForce(Study study, uint32 version, uint32 pending) private view {
        (uint32 inForce_, uint32 pending_) = study.versions();
        vm.assertEq(inForce_, version, "in force");
        vm.assertEq(pending_, pending, "pending");
    }
}
