// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Study} from "contracts/Study.sol";
import {IStudy} from "contracts/interfaces/IStudy.sol";
import {Authorisation, Level, Parameters, Publication} from "contracts/interfaces/Types.sol";
import {House} from "./support/House.sol";
import {vm} from "./support/Vm.sol";

contract AttestingTest is House {
    Study private study;

    function setUp() public override {
        super.setUp();
        study = running();
    }

    function test_FinalAtTheQuorum() public {
        bytes32 checkpoint = publish(study, 1, publication(study, 10));
        expect(address(study));
        emit IStudy.CheckpointAttested(checkpoint, 2, nodeOf(2), Level.SetChecked);
        expect(address(study));
        emit IStudy.CheckpointFinal(checkpoint, 10, 1);
        vm.prank(nodeOf(2));
        study.attest(checkpoint, Level.SetChecked);

        (uint32 round, bytes32 identity, uint32 sequence) = study.lineageHead();
        vm.assertEq(round, 10);
        vm.assertEq(identity, checkpoint);
        vm.assertEq(sequence, 1);
        holdHistory();
    }

    function test_CreditsSignatoriesAndContributors() public {
        finalise(study, 10);
        withdraw(study, 3);
        finalise(study, 25);
        credited(1, 1, 10, 10);
        credited(3, 1, 10, 0);
        credited(1, 2, 25, 25);
        credited(3, 2, 10, 0);
        credited(3, 0, 0, 0);
        (uint256 rounds, uint256 signed, uint256 contributed) = study.creditTotal(2);
        vm.assertEq(rounds, 25);
        vm.assertEq(signed, 30 + 30);
        vm.assertEq(contributed, 20 + 30);
    }

    /// @dev Credits are packed; the largest that there can be must fit.
    function test_CreditsOfTheLastPossibleRound() public {
        uint32 last = type(uint16).max;
        Parameters memory p = parameters();
        p.rounds = last;
        study = running(p);
        finalise(study, last - 1);
        finalise(study, last);
        credited(1, 2, last, last);
        (uint256 rounds, uint256 signed, uint256 contributed) = study.creditTotal(2);
        vm.assertEq(rounds, last);
        vm.assertEq(signed, 3 * uint256(last));
        vm.assertEq(contributed, 2 * uint256(last));
    }

    function test_OneAttestationAnInstitution() public {
        bytes32 checkpoint = publish(study, 1, publication(study, 10));
        registerNode(1, 1);
        refused(abi.encodeWithSelector(IStudy.StudyAttestedAlready.selector, uint32(1), checkpoint));
        vm.prank(nodeOf(1, 1));
        study.attest(checkpoint, Level.MergeRecomputed);
    }

    function test_OneAttestationAnInstitutionThatDidNotPublish() public {
        Parameters memory p = parameters();
        p.quorum = 3;
        study = running(p);
        bytes32 checkpoint = publish(study, 1, publication(study, 10));
        attest(study, 2, checkpoint);
        registerNode(2, 1);
        for (uint256 node = 0; node < 2; ++node) {
            refused(abi.encodeWithSelector(IStudy.StudyAttestedAlready.selector, uint32(2), checkpoint));
            vm.prank(nodeOf(2, node));
            study.attest(checkpoint, Level.SetChecked);
        }
    }

    function test_TheLevelThatTheTermsAskFor() public {
        Parameters memory p = parameters();
        p.level = Level.MergeRecomputed;
        Study strict = running(p);
        bytes32 checkpoint = publish(strict, 1, publication(strict, 10));
        vm.startPrank(nodeOf(2));
        refused(abi.encodeWithSelector(IStudy.StudyLevelTooLow.selector, Level.SetChecked, Level.MergeRecomputed));
        strict.attest(checkpoint, Level.SetChecked);
        refused(abi.encodeWithSelector(IStudy.StudyLevelTooLow.selector, Level.None, Level.MergeRecomputed));
        strict.attest(checkpoint, Level.None);
        strict.attest(checkpoint, Level.MergeRecomputed);
    }

    function test_OnlyAuthorisedNodesAttest() public {
        bytes32 checkpoint = publish(study, 1, publication(study, 10));
        withdraw(study, 2);
        refused(abi.encodeWithSelector(IStudy.StudyNotAuthorised.selector, uint32(2), Authorisation.Withdrawn));
        vm.prank(nodeOf(2));
        study.attest(checkpoint, Level.SetChecked);
    }

    function test_WhatIsPublished() public {
        refused(abi.encodeWithSelector(IStudy.StudyCheckpointUnknown.selector, DOCUMENT));
        vm.prank(nodeOf(2));
        study.attest(DOCUMENT, Level.SetChecked);
    }

    function test_TheFirstOfARoundWins() public {
        Publication memory p = publication(study, 10);
        bytes32 loser = publish(study, 1, p);
        bytes32 later = publish(study, 1, publication(study, 20));
        p.digest = DOCUMENT;
        attest(study, 3, publish(study, 2, p));
        bytes32[2] memory superseded = [loser, later];
        for (uint256 i = 0; i < 2; ++i) {
            refused(abi.encodeWithSelector(IStudy.StudyCheckpointSuperseded.selector, superseded[i]));
            vm.prank(nodeOf(3));
            study.attest(superseded[i], Level.SetChecked);
        }
    }

    /// @dev Who attested and withdrew does not help to make it final.
    function test_AttestationsOfSignatoriesCount() public {
        bytes32 checkpoint = publish(study, 3, publication(study, 10));
        withdraw(study, 3);
        attest(study, 1, checkpoint);
        (uint32 round,,) = study.lineageHead();
        vm.assertEq(round, 0);
        attest(study, 2, checkpoint);
        (round,,) = study.lineageHead();
        vm.assertEq(round, 10);
    }

    function test_WhoWasExpelledEarnsNoMore() public {
        bytes32 checkpoint = publish(study, 1, publication(study, 10));
        expel(3);
        attest(study, 2, checkpoint);
        credited(3, 1, 0, 0);
    }

    /// @dev A contribution stands once it is published, whatever becomes of the contributor.
    function test_WhatWasPublishedIsCredited() public {
        bytes32 checkpoint = publish(study, 1, publication(study, 10));
        withdraw(study, 2);
        attest(study, 3, checkpoint);
        credited(2, 1, 0, 10);
    }

    function test_AClosedStudyHasNoMoreCheckpoints() public {
        bytes32 checkpoint = publish(study, 1, publication(study, 10));
        vm.prank(account(1));
        study.close();
        refused(abi.encodeWithSelector(IStudy.StudyNotAuthorised.selector, uint32(2), Authorisation.Closed));
        vm.prank(nodeOf(2));
        study.attest(checkpoint, Level.SetChecked);
    }

    function credited(uint32 institution, uint32 sequence, uint256 signed, uint256 contributed) private view {
        (uint256 s, uint256 c) = study.credit(institution, sequence);
        vm.assertEq(s, signed, "signed");
        vm.assertEq(c, contributed, "contributed");
    }
}
