// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IGovernor} from "@openzeppelin/contracts/governance/IGovernor.sol";
import {IBenefits} from "contracts/interfaces/IBenefits.sol";
import {IHistory} from "contracts/interfaces/IHistory.sol";
import {IStudies} from "contracts/interfaces/IStudies.sol";
import {IStudy} from "contracts/interfaces/IStudy.sol";
import {ISwarm} from "contracts/interfaces/ISwarm.sol";
import {ISwarmGovernor} from "contracts/interfaces/ISwarmGovernor.sol";
import {Level, Parameters, Part, Publication} from "contracts/interfaces/Types.sol";
import {StudyActs} from "./StudyActs.sol";
import {vm} from "./Vm.sol";

/// @title What only the house itself may do, and what only members may
abstract contract Privileges is StudyActs {
    /// @dev A call, and the reason why it is refused whatever the state; zero where the state may be the reason.
    struct Call {
        address to;
        bytes data;
        bytes4 reason;
    }

    /// @dev What no account may do, a member's neither: only the swarm by vote, or one contract of another.
    function reserved(address study) internal view returns (Call[] memory calls) {
        Parameters memory p = parameters();
        address benefits = _research[study].benefits;
        bytes4 byVote = ISwarm.SwarmNotByVote.selector;
        calls = new Call[](16);
        calls[0] = Call(address(swarm), abi.encodeCall(swarm.admit, (_institutionCount)), byVote);
        calls[1] = Call(address(swarm), abi.encodeCall(swarm.expel, (1)), byVote);
        calls[2] = Call(address(swarm), abi.encodeCall(swarm.setCharter, (DOCUMENT)), byVote);
        calls[3] = Call(address(swarm), abi.encodeCall(swarm.recoverAccount, (1, payee())), byVote);
        calls[4] = Call(address(swarm), abi.encodeCall(swarm.found, (founders(3))), ISwarm.SwarmFoundedAlready.selector);
        calls[5] = Call(
            address(governor),
            abi.encodeCall(governor.setVotingRules, (rules())),
            IGovernor.GovernorOnlyExecutor.selector
        );
        bytes4 never = ISwarmGovernor.GovernorNotOffered.selector;
        calls[6] = Call(address(governor), abi.encodeCall(governor.relay, (address(swarm), 0, "")), never);
        calls[7] = Call(address(governor), abi.encodeCall(governor.castVoteBySig, (1, 1, account(1), "")), never);
        calls[8] =
            Call(address(history), abi.encodeCall(history.enroll, (payee())), IHistory.HistoryNotOfTheHouse.selector);
        calls[9] =
            Call(study, abi.encodeCall(IStudy.initialize, (1, benefits, TERMS, p)), IStudy.StudyInitialised.selector);
        calls[10] = Call(
            studies.STUDY(),
            abi.encodeCall(IStudy.initialize, (1, benefits, TERMS, p)),
            IStudy.StudyInitialised.selector
        );
        calls[11] =
            Call(benefits, abi.encodeCall(IBenefits.initialize, (study)), IBenefits.BenefitsInitialised.selector);
        calls[12] = Call(
            studies.BENEFITS(), abi.encodeCall(IBenefits.initialize, (study)), IBenefits.BenefitsInitialised.selector
        );
        calls[13] = Call(address(governor), "", 0);
        calls[14] = Call(
            address(governor),
            abi.encodeCall(governor.onERC721Received, (payee(), payee(), 1, "")),
            IGovernor.GovernorDisabledDeposit.selector
        );
        calls[15] = Call(address(history), abi.encodeCall(history.append, ("")), IHistory.HistoryNotOfTheHouse.selector);
    }

    /// @dev What members do, as it would be right for one.
    function membersActs(address study, uint256 proposal) internal view returns (Call[] memory calls) {
        Research storage r = _research[study];
        Terms storage t = _terms[study][r.inForce];
        Parameters memory p = parameters();
        calls = new Call[](18);
        bytes4 no = ISwarm.SwarmNotMember.selector;
        address house = address(swarm);
        bytes memory proof = nodeProof(0, 7, FOREVER);
        calls[0] = Call(house, abi.encodeCall(swarm.leave, ()), no);
        calls[1] = Call(house, abi.encodeCall(swarm.removeValidator, ()), no);
        calls[2] = Call(house, abi.encodeCall(swarm.registerNode, (vm.addr(7), FOREVER, proof)), no);
        calls[3] = Call(house, abi.encodeCall(swarm.registerValidator, (vm.addr(7), FOREVER, proof)), no);
        calls[4] = Call(house, abi.encodeCall(swarm.rotateAccount, (vm.addr(7), FOREVER, proof)), no);
        calls[5] = Call(house, abi.encodeCall(swarm.revokeNode, (_nodeKeys[0])), ISwarm.SwarmNodeNotYours.selector);
        calls[6] = Call(
            address(governor),
            abi.encodeCall(
                governor.propose,
                (one(house), new uint256[](1), one(abi.encodeCall(swarm.setCharter, (DOCUMENT))), "Because.")
            ),
            IGovernor.GovernorInsufficientProposerVotes.selector
        );
        calls[7] = Call(address(governor), abi.encodeCall(governor.castVote, (proposal, IN_FAVOUR)), 0);
        calls[8] = Call(address(studies), abi.encodeCall(studies.open, (TERMS, p)), IStudies.StudiesNotMember.selector);
        no = IStudy.StudyNotMember.selector;
        calls[9] = Call(study, abi.encodeCall(IStudy.sign, (r.inForce, t.digest, t.hash, DOCUMENT, 0)), no);
        calls[10] = Call(study, abi.encodeCall(IStudy.renewConsent, (DOCUMENT)), no);
        calls[11] = Call(study, abi.encodeCall(IStudy.withdraw, (1, DOCUMENT)), IStudy.StudyNotSignatory.selector);
        calls[12] = Call(study, abi.encodeCall(IStudy.start, ()), 0);
        calls[13] = Call(study, abi.encodeCall(IStudy.amend, (TERMS, p)), 0);
        calls[14] = Call(study, abi.encodeCall(IStudy.close, ()), 0);
        Publication memory publication_;
        publication_.round = r.lastRound + 1;
        publication_.parent = lastFinal(study);
        no = IStudy.StudyNotAuthorised.selector;
        calls[15] = Call(study, abi.encodeCall(IStudy.publish, (publication_)), no);
        calls[16] = Call(study, abi.encodeCall(IStudy.attest, (publication_.parent, Level.MergeRecomputed)), no);
        calls[17] = Call(
            r.benefits,
            abi.encodeCall(IBenefits.declare, ("EUR", 1, DOCUMENT, "", 0)),
            IBenefits.BenefitsNotEntitled.selector
        );
    }
}
