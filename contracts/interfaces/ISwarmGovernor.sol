// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {VotingRules} from "./Types.sol";

/// @title How the swarm decides: OpenZeppelin's Governor, counting institutions by number
/// @notice The Governor's own `ProposalCreated`, `VoteCast`, `ProposalExecuted` and `ProposalCanceled` are events of
///         record too. Proposals are numbered from 1, and the number stands at the end of the description (` #1`), so
///         that what was rejected can be proposed again in the same words.
interface ISwarmGovernor {
    /// @notice The rules for proposals made from now on.
    event VotingRulesSet(VotingRules rules);

    /// @notice The rules are outside their bounds.
    error GovernorRulesInvalid();
    /// @notice A proposal may only call the swarm and the governor, without value.
    error GovernorTargetForbidden(address target);
    /// @notice The account's institution was not a member at the proposal's snapshot, or is none now.
    error GovernorNotEligible(address account);
    /// @notice Votes carry no parameters here.
    error GovernorParametersForbidden();
    /// @notice The institution has voted on this proposal already, whichever account spoke for it.
    error GovernorVotedAlready(uint32 institution);
    /// @notice This function of OpenZeppelin's Governor is not offered.
    error GovernorNotOffered();

    /// @notice Sets how the swarm decides, for proposals made afterwards. Only by vote.
    /// @dev Emits `VotingRulesSet`. Reverts with `GovernorOnlyExecutor`, `GovernorRulesInvalid`.
    /// @param rules The new rules.
    function setVotingRules(VotingRules calldata rules) external;

    /// @notice The rules for proposals made now.
    function votingRules() external view returns (VotingRules memory);

    /// @notice A proposal's votes, of institutions that were members at its snapshot and remained so.
    /// @dev Reverts with `GovernorNonexistentProposal`.
    /// @param proposalId Its number.
    /// @return against Votes against.
    /// @return inFavour Votes in favour.
    /// @return abstain Abstentions.
    /// @return eligible Institutions that may vote.
    function tally(uint256 proposalId)
        external
        view
        returns (uint256 against, uint256 inFavour, uint256 abstain, uint256 eligible);
}
