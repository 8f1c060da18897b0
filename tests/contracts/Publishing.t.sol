// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Study} from "contracts/Study.sol";
import {IStudy} from "contracts/interfaces/IStudy.sol";
import {Authorisation, Contribution, Level, Parameters, Publication} from "contracts/interfaces/Types.sol";
import {House} from "./support/House.sol";
import {vm} from "./support/Vm.sol";

contract PublishingTest is House {
    Study private study;

    function setUp() public override {
        super.setUp();
        study = running();
    }

    function test_PublishesAndAttestsInOne() public {
        Publication memory p = publication(study, 10);
        bytes32 id = identity(1, p);
        expect(address(study));
        emit IStudy.CheckpointPublished(
            id, 10, nodeOf(1), 1, 1, p.parent, p.digest, p.contributions, p.envelopesRoot, p.roundRecord
        );
        vm.prank(nodeOf(1));
        vm.assertEq(study.publish(p), id);
        (uint32 round, bytes32 identity, uint32 sequence) = study.lineageHead();
        vm.assertEq(round, 0);
        vm.assertEq(identity, 0);
        vm.assertEq(sequence, 0);
        holdHistory();
    }

    function test_AQuorumOfOneIsFinalAtOnce() public {
        Parameters memory p = parameters();
        p.minimumSignatories = 1;
        p.quorum = 1;
        Study single = open(1, p);
        sign(single, 1);
        start(single);
        Publication memory publication_ = publication(single, 50);
        publication_.contributions = contributions(1);
        bytes32 id = publish(single, 1, publication_);
        (uint32 round,, uint32 sequence) = single.lineageHead();
        vm.assertEq(round, 50);
        vm.assertEq(sequence, 1);
        vm.assertTrue(id != 0);
    }

    function test_OnlyAuthorisedNodesPublish() public {
        Publication memory p = publication(study, 10);
        unauthorised(account(1), 0, Authorisation.NodeUnknown, p);
        vm.prank(account(3));
        swarm.revokeNode(nodeOf(3));
        unauthorised(nodeOf(3), 3, Authorisation.NodeRevoked, p);
        withdraw(study, 1);
        unauthorised(nodeOf(1), 1, Authorisation.Withdrawn, p);
    }

    /// @dev The set is checked in the block of the publication.
    function test_EveryContributorMustBeAuthorised() public {
        Publication memory p = publication(study, 10);
        withdraw(study, 2);
        unauthorised(nodeOf(1), 2, Authorisation.Withdrawn, p);
        p.contributions[1].institution = 9;
        unauthorised(nodeOf(1), 9, Authorisation.NotMember, p);
        p.contributions[1].institution = 0;
        unauthorised(nodeOf(1), 0, Authorisation.NotMember, p);
        p.contributions[1].institution = 3;
        publish(study, 1, p);
    }

    function test_NobodyContributesOnStaleConsent() public {
        Parameters memory p = parameters();
        p.consentMaxAge = 30 days;
        study = running(p);
        pass(31 days);
        vm.prank(account(1));
        study.renewConsent(DOCUMENT);
        Publication memory publication_ = publication(study, 10);
        unauthorised(nodeOf(1), 2, Authorisation.ConsentStale, publication_);
        unauthorised(nodeOf(2), 2, Authorisation.ConsentStale, publication_);
        vm.prank(account(2));
        study.renewConsent(DOCUMENT);
        publish(study, 1, publication_);
    }

    function test_WhoSignedOtherTermsAloneDoesNotContribute() public {
        Publication memory p = publication(study, 10);
        vm.prank(account(1));
        study.amend(TERMS, parameters());
        sign(study, 1, 2);
        sign(study, 3, 2);
        unauthorised(nodeOf(1), 2, Authorisation.TermsNotSigned, p);
    }

    function test_RoundsGoOnAndEnd() public {
        Publication memory p = publication(study, 51);
        wrong(p, abi.encodeWithSelector(IStudy.StudyRoundWrong.selector, uint32(51)));
        p = publication(study, 10);
        p.round = 0;
        wrong(p, abi.encodeWithSelector(IStudy.StudyRoundWrong.selector, uint32(0)));
        finalise(study, 10);
        p = publication(study, 20);
        p.round = 10;
        wrong(p, abi.encodeWithSelector(IStudy.StudyRoundWrong.selector, uint32(10)));
        publish(study, 1, publication(study, 50));
    }

    function test_OnTheLastFinalCheckpoint() public {
        Publication memory p = publication(study, 10);
        p.parent = DOCUMENT;
        wrong(p, abi.encodeWithSelector(IStudy.StudyParentWrong.selector, DOCUMENT));
    }

    /// @dev The parent is a checkpoint with all that was said about it, not the model alone, nor one from before.
    function test_OnItsIdentity() public {
        Publication memory first = publication(study, 10);
        bytes32 parent = finalise(study, 10);
        vm.assertEq(parent, identity(1, first));
        Publication memory p = publication(study, 20);
        vm.assertEq(p.parent, parent);
        bytes32[2] memory others = [first.digest, bytes32(0)];
        for (uint256 i = 0; i < 2; ++i) {
            p.parent = others[i];
            wrong(p, abi.encodeWithSelector(IStudy.StudyParentWrong.selector, others[i]));
        }
        p.parent = parent;
        vm.assertEq(publish(study, 1, p), identity(1, p));
    }

    function test_DigestsMustBeThere() public {
        bytes memory missing = abi.encodeWithSelector(IStudy.StudyDigestMissing.selector);
        Publication memory p = publication(study, 10);
        p.digest = 0;
        wrong(p, missing);
        p = publication(study, 10);
        p.envelopesRoot = 0;
        wrong(p, missing);
        p = publication(study, 10);
        p.roundRecord = 0;
        wrong(p, missing);
    }

    function test_ContributionsMustBePossible() public {
        bytes memory invalid = abi.encodeWithSelector(IStudy.StudyContributionsInvalid.selector);
        Publication memory p = publication(study, 10);
        p.contributions[1].institution = 1;
        wrong(p, invalid);
        p = publication(study, 10);
        p.contributions[0].rounds = 0;
        wrong(p, invalid);
        p.contributions[0].rounds = 11;
        wrong(p, invalid);
        p.contributions = new Contribution[](0);
        wrong(p, invalid);
        p.contributions = new Contribution[](4);
        for (uint32 i = 0; i < 4; ++i) {
            p.contributions[i] = Contribution(1 + i % 3, 1);
        }
        wrong(p, invalid);
    }

    /// @dev Rounds of an earlier final checkpoint are not claimed a second time.
    function test_NoMoreRoundsThanTheCheckpointCovers() public {
        finalise(study, 10);
        Publication memory p = publication(study, 15);
        p.contributions[1].rounds = 6;
        refused(IStudy.StudyContributionsInvalid.selector);
        publish(study, 1, p);
        p.contributions[1].rounds = 5;
        publish(study, 1, p);
    }

    function test_TheSameTwiceIsPublishedAlready() public {
        Publication memory p = publication(study, 10);
        bytes32 id = publish(study, 1, p);
        wrong(p, abi.encodeWithSelector(IStudy.StudyPublishedAlready.selector, id));
        refused(abi.encodeWithSelector(IStudy.StudyPublishedAlready.selector, id));
        vm.prank(nodeOf(2));
        study.publish(p);
    }

    function contributions(uint32 institution) private pure returns (Contribution[] memory list) {
        list = new Contribution[](1);
        list[0] = Contribution(institution, 1);
    }

    function unauthorised(address node, uint32 institution, Authorisation reason, Publication memory p) private {
        refused(abi.encodeWithSelector(IStudy.StudyNotAuthorised.selector, institution, reason));
        vm.prank(node);
        study.publish(p);
    }

    function wrong(Publication memory p, bytes memory reason) private {
        refused(reason);
        vm.prank(nodeOf(1));
        study.publish(p);
    }
}
