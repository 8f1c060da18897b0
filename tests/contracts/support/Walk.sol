// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IGovernor} from "@openzeppelin/contracts/governance/IGovernor.sol";
import {Nonces} from "@openzeppelin/contracts/utils/Nonces.sol";
import {IBenefits} from "contracts/interfaces/IBenefits.sol";
import {IHistory} from "contracts/interfaces/IHistory.sol";
import {IRelay} from "contracts/interfaces/IRelay.sol";
import {IStudies} from "contracts/interfaces/IStudies.sol";
import {IStudy} from "contracts/interfaces/IStudy.sol";
import {ISwarm} from "contracts/interfaces/ISwarm.sol";
import {ISwarmGovernor} from "contracts/interfaces/ISwarmGovernor.sol";
import {Authorisation, Part} from "contracts/interfaces/Types.sol";
import {BenefitsInvariants} from "./BenefitsInvariants.sol";
import {Dice} from "./Dice.sol";
import {vm} from "./Vm.sol";

/// @dev How often something came about, by name.
struct Report {
    string[] names;
    uint256[] counts;
    uint256 length;
}

/// @title One random history, and what came of it
contract Walk is BenefitsInvariants {
    uint256 private constant MOST = 256;

    /// @dev Plays acts, and asks now and then whether everything holds.
    function play(uint256 seed, uint256 steps) external {
        bytes4[] memory list = acts();
        Dice memory dice = Dice(seed);
        for (uint256 i = 1; i <= steps; ++i) {
            bytes4 which = list[dice.throw_(0, list.length - 1)];
            (bool played,) = address(this).call(abi.encodeWithSelector(which, dice.seed));
            vm.assertTrue(played, "an act never reverts");
            if (i % 16 == 0) holdsEverything();
        }
    }

    /// @dev How often everything came about that can.
    function report() external view returns (Report memory r) {
        r = Report(new string[](MOST), new uint256[](MOST), 0);
        done(r);
        heard(r);
        ended(r);
        refusedBySwarm(r);
        refusedByStudies(r);
        refusedByBenefits(r);
    }

    function done(Report memory r) private view {
        ways(r, "applyToJoin", ISwarm.applyToJoin.selector);
        ways(r, "leave", ISwarm.leave.selector);
        ways(r, "rotateAccount", ISwarm.rotateAccount.selector);
        ways(r, "registerNode", ISwarm.registerNode.selector);
        ways(r, "revokeNode", ISwarm.revokeNode.selector);
        ways(r, "registerValidator", ISwarm.registerValidator.selector);
        ways(r, "removeValidator", ISwarm.removeValidator.selector);
        ways(r, "propose", IGovernor.propose.selector);
        ways(r, "castVote", IGovernor.castVote.selector);
        ways(r, "castVoteWithReason", IGovernor.castVoteWithReason.selector);
        ways(r, "execute", IGovernor.execute.selector);
        ways(r, "cancel", IGovernor.cancel.selector);
        ways(r, "open", IStudies.open.selector);
        ways(r, "sign", IStudy.sign.selector);
        ways(r, "decline", IStudy.decline.selector);
        ways(r, "withdraw", IStudy.withdraw.selector);
        ways(r, "renewConsent", IStudy.renewConsent.selector);
        ways(r, "start", IStudy.start.selector);
        ways(r, "amend", IStudy.amend.selector);
        ways(r, "close", IStudy.close.selector);
        ways(r, "declare", IBenefits.declare.selector);
        ways(r, "pay", IBenefits.pay.selector);
        ways(r, "confirm", IBenefits.confirm.selector);
        // Nodes are keys.
        note(r, "publish", _done[IStudy.publish.selector][Way.Directly]);
        note(r, "publish by relay", _done[IStudy.publish.selector][Way.ByKey]);
        note(r, "attest", _done[IStudy.attest.selector][Way.Directly]);
        note(r, "attest by relay", _done[IStudy.attest.selector][Way.ByKey]);
    }

    function heard(Report memory r) private view {
        note(r, "admit", _heard[ISwarm.InstitutionAdmitted.selector] - 5);
        note(r, "expel", _heard[ISwarm.InstitutionExpelled.selector]);
        note(r, "setCharter", _heard[ISwarm.CharterSet.selector]);
        note(r, "recoverAccount", _byVoteRotations);
        note(r, "setVotingRules", _heard[ISwarmGovernor.VotingRulesSet.selector]);
        note(r, "equivocation", _heard[IStudy.EquivocationRecorded.selector]);
        note(r, "final", _heard[IStudy.CheckpointFinal.selector] - 1);
        note(r, "amended terms in force", _heard[IStudy.TermsInForce.selector] - _studies.length);
        note(r, "revenue of several versions", _revenuesOfVersions);
        note(r, "confirmed own", _confirmed[Part.Own]);
        note(r, "confirmed patients", _confirmed[Part.Patients]);
        note(r, "confirmed named", _confirmed[Part.Named]);
        note(r, "confirmed remainder", _confirmed[Part.Remainder]);
    }

    function ended(Report memory r) private view {
        uint256[8] memory counts;
        for (uint256 proposal = 1; proposal <= _proposalCount; ++proposal) {
            if (_proposals[proposal].ended != 0) ++counts[_proposals[proposal].ended - 1];
        }
        note(r, "executed", counts[uint256(IGovernor.ProposalState.Executed)]);
        note(r, "cancelled", counts[uint256(IGovernor.ProposalState.Canceled)]);
        note(r, "defeated", counts[uint256(IGovernor.ProposalState.Defeated)]);
        note(r, "expired", counts[uint256(IGovernor.ProposalState.Expired)]);
    }

    function refusedBySwarm(Report memory r) private view {
        refusal(r, "RelayDeadlineOver", IRelay.RelayDeadlineOver.selector);
        refusal(r, "RelaySignatureInvalid", IRelay.RelaySignatureInvalid.selector);
        refusal(r, "RelayTargetForbidden", IRelay.RelayTargetForbidden.selector);
        refusal(r, "InvalidAccountNonce", Nonces.InvalidAccountNonce.selector);
        refusal(r, "HistoryNotOfTheHouse", IHistory.HistoryNotOfTheHouse.selector);
        refusal(r, "SwarmFoundedAlready", ISwarm.SwarmFoundedAlready.selector);
        refusal(r, "SwarmNotByVote", ISwarm.SwarmNotByVote.selector);
        refusal(r, "SwarmNotMember", ISwarm.SwarmNotMember.selector);
        refusal(r, "SwarmInstitutionUnknown", ISwarm.SwarmInstitutionUnknown.selector);
        refusal(r, "SwarmStandingWrong", ISwarm.SwarmStandingWrong.selector);
        refusal(r, "SwarmAddressUsed", ISwarm.SwarmAddressUsed.selector);
        refusal(r, "SwarmProfileInvalid", ISwarm.SwarmProfileInvalid.selector);
        refusal(r, "SwarmProofInvalid", ISwarm.SwarmProofInvalid.selector);
        refusal(r, "SwarmDeadlineOver", ISwarm.SwarmDeadlineOver.selector);
        refusal(r, "SwarmNodeNotYours", ISwarm.SwarmNodeNotYours.selector);
        refusal(r, "SwarmNoValidator", ISwarm.SwarmNoValidator.selector);
        refusal(r, "GovernorRulesInvalid", ISwarmGovernor.GovernorRulesInvalid.selector);
        refusal(r, "GovernorTargetForbidden", ISwarmGovernor.GovernorTargetForbidden.selector);
        refusal(r, "GovernorNotEligible", ISwarmGovernor.GovernorNotEligible.selector);
        refusal(r, "GovernorParametersForbidden", ISwarmGovernor.GovernorParametersForbidden.selector);
        refusal(r, "GovernorVotedAlready", ISwarmGovernor.GovernorVotedAlready.selector);
        refusal(r, "GovernorNotOffered", ISwarmGovernor.GovernorNotOffered.selector);
        refusal(r, "GovernorOnlyExecutor", IGovernor.GovernorOnlyExecutor.selector);
        refusal(r, "GovernorInsufficientProposerVotes", IGovernor.GovernorInsufficientProposerVotes.selector);
        refusal(r, "GovernorUnexpectedProposalState", IGovernor.GovernorUnexpectedProposalState.selector);
        refusal(r, "GovernorInvalidVoteType", IGovernor.GovernorInvalidVoteType.selector);
        refusal(r, "GovernorUnableToCancel", IGovernor.GovernorUnableToCancel.selector);
        refusal(r, "GovernorDisabledDeposit", IGovernor.GovernorDisabledDeposit.selector);
    }

    function refusedByStudies(Report memory r) private view {
        refusal(r, "StudiesNotMember", IStudies.StudiesNotMember.selector);
        refusal(r, "StudyInitialised", IStudy.StudyInitialised.selector);
        refusal(r, "StudyParametersInvalid", IStudy.StudyParametersInvalid.selector);
        refusal(r, "StudyTermsSizeWrong", IStudy.StudyTermsSizeWrong.selector);
        refusal(r, "StudyNotMember", IStudy.StudyNotMember.selector);
        refusal(r, "StudyNotEligible", IStudy.StudyNotEligible.selector);
        refusal(r, "StudyVersionWrong", IStudy.StudyVersionWrong.selector);
        refusal(r, "StudyTermsMismatch", IStudy.StudyTermsMismatch.selector);
        refusal(r, "StudySignedAlready", IStudy.StudySignedAlready.selector);
        refusal(r, "StudyNotSignatory", IStudy.StudyNotSignatory.selector);
        refusal(r, "StudyTooManySignatories", IStudy.StudyTooManySignatories.selector);
        refusal(r, "StudyTooFewSignatories", IStudy.StudyTooFewSignatories.selector);
        refusal(r, "StudyConsentMismatch", IStudy.StudyConsentMismatch.selector);
        refusal(r, "StudyStateWrong", IStudy.StudyStateWrong.selector);
        refusal(r, "StudyExpired", IStudy.StudyExpired.selector);
        refusal(r, "StudyApprovedAlready", IStudy.StudyApprovedAlready.selector);
        refusal(r, "StudyRoundWrong", IStudy.StudyRoundWrong.selector);
        refusal(r, "StudyParentWrong", IStudy.StudyParentWrong.selector);
        refusal(r, "StudyContributionsInvalid", IStudy.StudyContributionsInvalid.selector);
        refusal(r, "StudyDigestMissing", IStudy.StudyDigestMissing.selector);
        refusal(r, "StudyPublishedAlready", IStudy.StudyPublishedAlready.selector);
        refusal(r, "StudyEquivocatedAlready", IStudy.StudyEquivocatedAlready.selector);
        refusal(r, "StudyCheckpointUnknown", IStudy.StudyCheckpointUnknown.selector);
        refusal(r, "StudyCheckpointSuperseded", IStudy.StudyCheckpointSuperseded.selector);
        refusal(r, "StudyAttestedAlready", IStudy.StudyAttestedAlready.selector);
        refusal(r, "StudyLevelTooLow", IStudy.StudyLevelTooLow.selector);
        string[10] memory names = [
            "NodeUnknown",
            "NodeRevoked",
            "NotMember",
            "NotSigned",
            "Withdrawn",
            "TermsNotSigned",
            "NotStarted",
            "Closed",
            "Expired",
            "ConsentStale"
        ];
        for (uint256 i = 0; i < names.length; ++i) {
            note(r, names[i], _unauthorised[Authorisation(i + 1)]);
        }
    }

    function refusedByBenefits(Report memory r) private view {
        refusal(r, "BenefitsInitialised", IBenefits.BenefitsInitialised.selector);
        refusal(r, "BenefitsSharesInvalid", IBenefits.BenefitsSharesInvalid.selector);
        refusal(r, "BenefitsNotEntitled", IBenefits.BenefitsNotEntitled.selector);
        refusal(r, "BenefitsNothingEarned", IBenefits.BenefitsNothingEarned.selector);
        refusal(r, "BenefitsRevenueInvalid", IBenefits.BenefitsRevenueInvalid.selector);
        refusal(r, "BenefitsRevenueUnknown", IBenefits.BenefitsRevenueUnknown.selector);
        refusal(r, "BenefitsNotPayer", IBenefits.BenefitsNotPayer.selector);
        refusal(r, "BenefitsNotReceiver", IBenefits.BenefitsNotReceiver.selector);
        refusal(r, "BenefitsNothingOwed", IBenefits.BenefitsNothingOwed.selector);
        refusal(r, "BenefitsSettlementWrong", IBenefits.BenefitsSettlementWrong.selector);
    }

    function ways(Report memory r, string memory name, bytes4 selector) private view {
        note(r, name, _done[selector][Way.Directly]);
        note(r, string.concat(name, " by relay, by a key"), _done[selector][Way.ByKey]);
        note(r, string.concat(name, " by relay, by persons"), _done[selector][Way.ByPersons]);
    }

    function refusal(Report memory r, string memory name, bytes4 selector) private view {
        note(r, name, _refusals[selector]);
    }

    function note(Report memory r, string memory name, uint256 count_) private pure {
        (r.names[r.length], r.counts[r.length]) = (name, count_);
        ++r.length;
    }
}
