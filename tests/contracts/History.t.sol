// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IGovernor} from "@openzeppelin/contracts/governance/IGovernor.sol";
import {Benefits} from "contracts/Benefits.sol";
import {Study} from "contracts/Study.sol";
import {IBenefits} from "contracts/interfaces/IBenefits.sol";
import {IHistory} from "contracts/interfaces/IHistory.sol";
import {IStudies} from "contracts/interfaces/IStudies.sol";
import {IStudy} from "contracts/interfaces/IStudy.sol";
import {ISwarm} from "contracts/interfaces/ISwarm.sol";
import {ISwarmGovernor} from "contracts/interfaces/ISwarmGovernor.sol";
import {Parameters, Part, Publication} from "contracts/interfaces/Types.sol";
import {House} from "./support/House.sol";
import {Vm, vm} from "./support/Vm.sol";

contract HistoryTest is House {
    mapping(bytes32 topic => bool) private _seen;

    /// @dev A story in which every event of record comes about; `holdHistory` recomputes the chain as it goes.
    function test_EveryEventOfRecordIsInTheChain() public {
        swarmStory();
        governorStory();
        Study study = studyStory();
        benefitsStory(study);
        holdHistory();

        bytes32[33] memory all = [
            ISwarm.SwarmFounded.selector,
            ISwarm.InstitutionApplied.selector,
            ISwarm.InstitutionAdmitted.selector,
            ISwarm.InstitutionLeft.selector,
            ISwarm.InstitutionExpelled.selector,
            ISwarm.AccountRotated.selector,
            ISwarm.NodeRegistered.selector,
            ISwarm.NodeRevoked.selector,
            ISwarm.ValidatorRegistered.selector,
            ISwarm.ValidatorRemoved.selector,
            ISwarm.CharterSet.selector,
            IGovernor.ProposalCreated.selector,
            IGovernor.VoteCast.selector,
            IGovernor.ProposalExecuted.selector,
            IGovernor.ProposalCanceled.selector,
            ISwarmGovernor.VotingRulesSet.selector,
            IStudies.StudyOpened.selector,
            IStudy.TermsProposed.selector,
            IStudy.TermsInForce.selector,
            IStudy.TermsSigned.selector,
            IStudy.TermsDeclined.selector,
            IStudy.StudyWithdrawn.selector,
            IStudy.ConsentRenewed.selector,
            IStudy.ActionApproved.selector,
            IStudy.StudyStarted.selector,
            IStudy.StudyClosed.selector,
            IStudy.CheckpointPublished.selector,
            IStudy.CheckpointAttested.selector,
            IStudy.CheckpointFinal.selector,
            IStudy.EquivocationRecorded.selector,
            IBenefits.RevenueDeclared.selector,
            IBenefits.SharePaid.selector,
            IBenefits.SettlementConfirmed.selector
        ];
        for (uint256 i = 0; i < all.length; ++i) {
            vm.assertTrue(_seen[all[i]]);
        }
    }

    function test_OnlyTheHouseAppends() public {
        Study study = open(1, parameters());
        vm.assertTrue(history.ofTheHouse(address(swarm)));
        vm.assertTrue(history.ofTheHouse(address(governor)));
        vm.assertTrue(history.ofTheHouse(address(studies)));
        vm.assertTrue(history.ofTheHouse(address(study)));
        vm.assertTrue(history.ofTheHouse(study.benefits()));
        vm.assertFalse(history.ofTheHouse(studies.STUDY()));
        vm.assertFalse(history.ofTheHouse(studies.BENEFITS()));
        vm.assertFalse(history.ofTheHouse(account(1)));

        address[2] memory others = [account(1), studies.STUDY()];
        for (uint256 i = 0; i < others.length; ++i) {
            refused(abi.encodeWithSelector(IHistory.HistoryNotOfTheHouse.selector, others[i]));
            vm.prank(others[i]);
            history.append("record");
        }
    }

    function test_OnlyStudiesEnrolls() public {
        address[2] memory others = [address(swarm), account(1)];
        for (uint256 i = 0; i < others.length; ++i) {
            refused(abi.encodeWithSelector(IHistory.HistoryNotOfTheHouse.selector, others[i]));
            vm.prank(others[i]);
            history.enroll(account(1));
        }
    }

    function test_ACountersignatureIsAPlainLog() public {
        bytes32 head = holdHistory();
        uint256 length = history.length();
        bytes memory signed = signature(accountKey(1), countersignature(length, head));
        expect(address(history));
        emit IHistory.Countersigned(account(1), length, head, signed);
        history.countersign(account(1), length, head, signed);
        vm.assertEq(history.length(), length);
        vm.assertEq(history.head(), head);
    }

    function test_ACountersignatureIsTheAccountsOwn() public {
        bytes memory signed = signature(accountKey(1), countersignature(1, CHARTER));
        bytes memory reason = abi.encodeWithSelector(IHistory.HistorySignatureInvalid.selector, account(2));
        refused(reason);
        history.countersign(account(2), 1, CHARTER, signed);
        refused(abi.encodeWithSelector(IHistory.HistorySignatureInvalid.selector, account(1)));
        history.countersign(account(1), 2, CHARTER, signed);
    }

    function test_AContractAccountCountersignsWhenTwoPersonsAgree() public {
        address account_ = twoOfThree();
        bytes32 digest = countersignature(1, CHARTER);
        bytes memory signed = agreed(20, 21, digest);
        expect(address(history));
        emit IHistory.Countersigned(account_, 1, CHARTER, signed);
        history.countersign(account_, 1, CHARTER, signed);
        signed = agreed(21, 21, digest);
        refused(abi.encodeWithSelector(IHistory.HistorySignatureInvalid.selector, account_));
        history.countersign(account_, 1, CHARTER, signed);
    }

    function swarmStory() private {
        join();
        join();
        depart(4);
        expel(5);
        registerNode(1);
        vm.startPrank(account(1));
        swarm.revokeNode(nodeOf(1));
        swarm.registerValidator(vm.addr(7), FOREVER, validatorProof(1, 7, FOREVER));
        swarm.removeValidator();
        vm.stopPrank();
        decide(abi.encodeCall(swarm.recoverAccount, (3, account(30))));
        decide(abi.encodeCall(swarm.recoverAccount, (3, account(31))));
        decide(abi.encodeCall(swarm.setCharter, (DOCUMENT)));
        pass(1);
    }

    function governorStory() private {
        decide(address(governor), abi.encodeCall(governor.setVotingRules, (rules())));
        bytes memory call = abi.encodeCall(swarm.setCharter, (CHARTER));
        uint256 proposal = propose(1, address(swarm), call);
        pass(1);
        vm.prank(account(1));
        governor.castVoteWithReason(proposal, ABSTAIN, "A reason of more than thirty-two bytes.");
        vm.prank(account(1));
        governor.cancel(one(address(swarm)), new uint256[](1), one(call), descriptionHash(proposal));
        pass(1);
    }

    function studyStory() private returns (Study study) {
        join();
        Parameters memory p = parameters();
        p.consentMaxAge = 30 days;
        study = open(1, p);
        registerNode(1, 1);
        registerNode(2, 1);
        vm.prank(account(6));
        study.decline(1, 1, DOCUMENT);
        sign(study, 1);
        sign(study, 2);
        sign(study, 6);
        pass(1);
        start(study);
        vm.prank(account(2));
        study.renewConsent(DOCUMENT);
        withdraw(study, 6);
        Publication memory publication_ = publication(study, 10);
        vm.startPrank(nodeOf(1, 1));
        bytes32 checkpoint = study.publish(publication_);
        publication_.digest = DOCUMENT;
        study.publish(publication_);
        vm.stopPrank();
        pass(1);
        vm.prank(nodeOf(2, 1));
        study.attest(checkpoint, p.level);
        pass(1);
    }

    function benefitsStory(Study study) private {
        Benefits benefits = benefitsOf(study);
        vm.startPrank(account(1));
        benefits.declare("EUR", 10_000_001, DOCUMENT, "Licensee", DOCUMENT);
        benefits.pay(1, Part.Own, 1, DOCUMENT);
        benefits.confirm(1, Part.Own, 1);
        study.close();
        vm.stopPrank();
    }

    function countersignature(uint256 length, bytes32 head) private view returns (bytes32) {
        bytes32 type_ = keccak256("Countersignature(uint256 length,bytes32 head)");
        return typed(address(history), abi.encode(type_, length, head));
    }

    function _noted(Vm.Log memory log) internal override {
        _seen[log.topics[0]] = true;
    }
}
