// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IGovernor} from "@openzeppelin/contracts/governance/IGovernor.sol";
import {Study} from "contracts/Study.sol";
import {IStudy} from "contracts/interfaces/IStudy.sol";
import {Authorisation, Level, Parameters, Publication, StudyState, VotingRules} from "contracts/interfaces/Types.sol";
import {House} from "./support/House.sol";
import {vm} from "./support/Vm.sol";

/// @title What somebody with bad intentions, or bad luck, tries
contract AdversaryTest is House {
    /// @dev A node that has published something else first copies what honest nodes are about to publish.
    function test_EquivocatorCannotSpendTheHonestCheckpoint() public {
        Study study = running();
        Publication memory honest = publication(study, 10);
        Publication memory junk = publication(study, 10);
        junk.digest = keccak256("junk");

        publish(study, 3, junk);
        publish(study, 3, honest);

        bytes32 checkpoint = publish(study, 1, honest);
        attest(study, 2, checkpoint);
        (uint32 round,,) = study.lineageHead();
        vm.assertEq(round, 10);
    }

    /// @dev Signing a pending version that asks for no consent must not lock out renewal under the one in force.
    function test_ConsentCanBeRenewedWhilstTermsWithoutConsentArePending() public {
        Parameters memory p = parameters();
        p.consentMaxAge = 30 days;
        p.minimumSignatories = 3;
        Study study = running(p);
        vm.prank(account(1));
        p.consentMaxAge = 0;
        study.amend(TERMS, p);
        sign(study, 2, 2);

        pass(31 days);
        assertReason(study.authorisationOf(2), Authorisation.ConsentStale);
        vm.prank(account(2));
        study.renewConsent(keccak256("renewed"));
        assertReason(study.authorisationOf(2), Authorisation.Authorised);
    }

    /// @dev A model that training does not change keeps its digest; a candidate from before must not come back.
    function test_CandidateOfAnEarlierParentWithTheSameDigestIsSuperseded() public {
        Study study = running();
        bytes32 model = publication(study, 10).digest;
        finalise(study, 10);
        bytes32 candidate = publish(study, 3, publication(study, 30));

        Publication memory unchanged = publication(study, 20);
        unchanged.digest = model;
        attest(study, 2, publish(study, 1, unchanged));

        vm.prank(nodeOf(2));
        vm.expectRevert(abi.encodeWithSelector(IStudy.StudyCheckpointSuperseded.selector, candidate));
        study.attest(candidate, Level.SetChecked);
    }

    /// @dev Who approved of an amendment has not approved of the same one after another came.
    function test_ApprovalsOfAnAmendmentEndWithTheNextOne() public {
        Study study = running();
        vm.prank(account(2));
        study.amend(TERMS, parameters());
        Parameters memory p = parameters();
        p.rounds = 60;
        vm.prank(account(1));
        study.amend(TERMS, p);
        vm.prank(account(3));
        study.amend(TERMS, parameters());
        (, uint32 pending) = study.versions();
        vm.assertEq(pending, 2);
    }

    /// @dev Who approved of anything did so under the terms then in force.
    function test_ApprovalsEndWithTheTerms() public {
        Study study = running();
        vm.prank(account(2));
        study.close();
        vm.prank(account(1));
        study.amend(TERMS, parameters());
        sign(study, 1, 2);
        sign(study, 2, 2);
        sign(study, 3, 2);
        vm.prank(account(3));
        study.close();
        equal(study.state(), StudyState.Running);
    }

    /// @dev "Proposals made from now on" must not mean the whole second.
    function test_RulesDoNotReachProposalsMadeEarlierInTheSameSecond() public {
        VotingRules memory rules_ = rules();
        rules_.quorum = 1;
        rules_.expiry = 1 days;
        bytes memory call = abi.encodeCall(governor.setVotingRules, (rules_));
        uint256 first = carry(address(governor), call);
        uint256 earlier = propose(2, address(swarm), abi.encodeCall(swarm.setCharter, (DOCUMENT)));
        execute(first, address(governor), call);
        pass(1);

        vote(1, earlier, IN_FAVOUR);
        pass(8 days);
        assertState(earlier, IGovernor.ProposalState.Defeated);
    }

    function test_WhoWasExpelledCannotTakeAProposalBack() public {
        join();
        bytes memory call = abi.encodeCall(swarm.setCharter, (DOCUMENT));
        uint256 proposal = propose(4, address(swarm), call);
        expel(4);
        vm.prank(account(4));
        vm.expectRevert(abi.encodeWithSelector(IGovernor.GovernorUnableToCancel.selector, proposal, account(4)));
        governor.cancel(one(address(swarm)), new uint256[](1), one(call), descriptionHash(proposal));
    }

    function assertReason(Authorisation left, Authorisation right) private pure {
        vm.assertEq(uint256(left), uint256(right));
    }

    function assertState(uint256 proposal, IGovernor.ProposalState expected) private view {
        vm.assertEq(uint256(governor.state(proposal)), uint256(expected));
    }
}
