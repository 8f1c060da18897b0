// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Governor} from "@openzeppelin/contracts/governance/Governor.sol";
import {IGovernor} from "@openzeppelin/contracts/governance/IGovernor.sol";
import {
    GovernorSequentialProposalId
} from "@openzeppelin/contracts/governance/extensions/GovernorSequentialProposalId.sol";
import {ERC2771Context} from "@openzeppelin/contracts/metatx/ERC2771Context.sol";
import {Context} from "@openzeppelin/contracts/utils/Context.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";
import {Checkpoints} from "@openzeppelin/contracts/utils/structs/Checkpoints.sol";
import {Recorder} from "./Recorder.sol";
import {ISwarm} from "./interfaces/ISwarm.sol";
import {ISwarmGovernor} from "./interfaces/ISwarmGovernor.sol";
import {VotingRules} from "./interfaces/Types.sol";

// Deadlines and expiries are hours and days by the chain's clock, which a validator can move by seconds.
// slither-disable-start timestamp
// Immutables are written in capitals, as the language's style guide has it. Other names are OpenZeppelin's.
// slither-disable-start naming-convention
// What OpenZeppelin's Governor calls is taken for dead.
// slither-disable-start dead-code

/// @title How the swarm decides: OpenZeppelin's Governor, counting institutions by number
/// @notice One institution, one vote, whichever account speaks for it. More than half of all eligible institutions in
///         favour decide at once; otherwise the end of the period does, with the quorum, and with more votes in favour
///         than against and than half of the quorum.
contract SwarmGovernor is ISwarmGovernor, Governor, GovernorSequentialProposalId, ERC2771Context, Recorder {
    using Checkpoints for Checkpoints.Trace208;

    struct Votes {
        uint32[3] counts;
        /// @dev The rules when it was proposed; others may have come in the same second.
        uint16 quorum;
        uint32 expiry;
        /// @dev One more than OpenZeppelin's `support`, so that zero is "has not voted".
        mapping(uint32 institution => uint8) ballots;
    }

    uint8 private constant _AGAINST = 0;
    uint8 private constant _IN_FAVOUR = 1;
    uint8 private constant _ABSTAIN = 2;
    uint32 private constant _MAX_PERIOD = 365 days;

    /// @notice Whose members vote.
    ISwarm public immutable SWARM;

    VotingRules private _rules;
    Checkpoints.Trace208 private _quorumOverTime;
    mapping(uint256 proposalId => Votes) private _votes;

    /// @param swarm The house's Swarm.
    /// @param history The house's History.
    /// @param forwarder The house's Relay.
    /// @param rules How the swarm decides at first.
    constructor(address swarm, address history, address forwarder, VotingRules memory rules)
        Governor("Swarm Charter")
        Recorder(history)
        ERC2771Context(forwarder)
    {
        SWARM = ISwarm(swarm);
        _setRules(rules);
    }

    /// @dev No coins: nothing here may need or hold a balance.
    receive() external payable override {
        revert GovernorDisabledDeposit();
    }

    /// @inheritdoc ISwarmGovernor
    function setVotingRules(VotingRules calldata rules) external onlyGovernance {
        _setRules(rules);
        emit VotingRulesSet(rules);
        _record(VotingRulesSet.selector, abi.encode(rules));
    }

    /// @inheritdoc ISwarmGovernor
    function votingRules() external view returns (VotingRules memory) {
        return _rules;
    }

    /// @inheritdoc Governor
    function propose(
        address[] memory targets,
        uint256[] memory values,
        bytes[] memory calldatas,
        string memory description
    ) public override returns (uint256) {
        for (uint256 i = 0; i < targets.length; ++i) {
            if (targets[i] != address(SWARM) && targets[i] != address(this)) {
                revert GovernorTargetForbidden(targets[i]);
            }
            if (i < values.length && values[i] != 0) revert GovernorTargetForbidden(targets[i]);
        }
        string memory unique = string.concat(description, " #", Strings.toString(latestProposalId() + 1));
        return super.propose(targets, values, calldatas, unique);
    }

    /// @inheritdoc Governor
    function execute(
        address[] memory targets,
        uint256[] memory values,
        bytes[] memory calldatas,
        bytes32 descriptionHash
    ) public payable override returns (uint256 proposalId) {
        if (msg.value != 0) revert GovernorDisabledDeposit();
        proposalId = super.execute(targets, values, calldatas, descriptionHash);
        _record(ProposalExecuted.selector, abi.encode(proposalId));
    }

    /// @dev Would let a decision call anything; a decision concerns the swarm and the governor alone.
    function relay(address, uint256, bytes calldata) public payable override {
        revert GovernorNotOffered();
    }

    /// @dev A ballot of OpenZeppelin's names no deadline; every act by signature goes through the relay.
    function castVoteBySig(uint256, uint8, address, bytes memory) public pure override returns (uint256) {
        revert GovernorNotOffered();
    }

    /// @dev As `castVoteBySig`.
    function castVoteWithReasonAndParamsBySig(uint256, uint8, address, string calldata, bytes memory, bytes memory)
        public
        pure
        override
        returns (uint256)
    {
        revert GovernorNotOffered();
    }

    /// @dev No tokens.
    function onERC721Received(address, address, uint256, bytes memory) public pure override returns (bytes4) {
        revert GovernorDisabledDeposit();
    }

    /// @dev No tokens.
    function onERC1155Received(address, address, uint256, uint256, bytes memory) public pure override returns (bytes4) {
        revert GovernorDisabledDeposit();
    }

    /// @dev No tokens.
    function onERC1155BatchReceived(address, address, uint256[] memory, uint256[] memory, bytes memory)
        public
        pure
        override
        returns (bytes4)
    {
        revert GovernorDisabledDeposit();
    }

    /// @inheritdoc ISwarmGovernor
    function tally(uint256 proposalId)
        public
        view
        returns (uint256 against, uint256 inFavour, uint256 abstain, uint256 eligible)
    {
        uint256 snapshot = proposalSnapshot(proposalId);
        // Zero says that there is none, and no time is equal to it.
        // slither-disable-next-line incorrect-equality
        if (snapshot == 0) revert GovernorNonexistentProposal(proposalId);
        Votes storage votes = _votes[proposalId];
        uint256[3] memory counts = [uint256(votes.counts[0]), votes.counts[1], votes.counts[2]];
        eligible = SWARM.memberCountAt(snapshot);
        // After the deadline the outcome stands: who departs later takes no vote away.
        uint32[] memory departed = SWARM.departed(snapshot, Math.min(clock(), proposalDeadline(proposalId)));
        eligible -= departed.length;
        for (uint256 i = 0; i < departed.length; ++i) {
            uint8 ballot = votes.ballots[departed[i]];
            if (ballot != 0) --counts[ballot - 1];
        }
        return (counts[_AGAINST], counts[_IN_FAVOUR], counts[_ABSTAIN], eligible);
    }

    /// @inheritdoc Governor
    function state(uint256 proposalId) public view override returns (ProposalState) {
        ProposalState current = super.state(proposalId);
        if (current == ProposalState.Active && _isDecided(proposalId)) return ProposalState.Succeeded;
        if (current == ProposalState.Succeeded) {
            if (clock() > proposalDeadline(proposalId) + _votes[proposalId].expiry) return ProposalState.Expired;
        }
        return current;
    }

    /// @inheritdoc IGovernor
    function hasVoted(uint256 proposalId, address account) public view returns (bool) {
        return _votes[proposalId].ballots[SWARM.institutionEver(account)] != 0;
    }

    /// @inheritdoc Governor
    function quorum(uint256 timepoint) public view override returns (uint256) {
        uint256 percent = _quorumOverTime.upperLookupRecent(uint48(timepoint));
        return Math.ceilDiv(percent * SWARM.memberCountAt(timepoint), 100);
    }

    /// @inheritdoc Governor
    function votingPeriod() public view override returns (uint256) {
        return _rules.votingPeriod;
    }

    /// @inheritdoc Governor
    function votingDelay() public pure override returns (uint256) {
        return 0;
    }

    /// @notice Only members propose.
    function proposalThreshold() public pure override returns (uint256) {
        return 1;
    }

    /// @notice Unix time in seconds.
    function clock() public view override returns (uint48) {
        return uint48(block.timestamp);
    }

    /// @notice The clock's mode, as ERC-6372 says it.
    // solhint-disable-next-line func-name-mixedcase
    function CLOCK_MODE() public pure override returns (string memory) {
        return "mode=timestamp";
    }

    /// @inheritdoc IGovernor
    // solhint-disable-next-line func-name-mixedcase
    function COUNTING_MODE() public pure returns (string memory) {
        return "support=bravo&quorum=against,for,abstain";
    }

    /// @inheritdoc GovernorSequentialProposalId
    function getProposalId(
        address[] memory targets,
        uint256[] memory values,
        bytes[] memory calldatas,
        bytes32 descriptionHash
    ) public view override(Governor, GovernorSequentialProposalId) returns (uint256) {
        return super.getProposalId(targets, values, calldatas, descriptionHash);
    }

    function _propose(
        address[] memory targets,
        uint256[] memory values,
        bytes[] memory calldatas,
        string memory description,
        address proposer
    ) internal override(Governor, GovernorSequentialProposalId) returns (uint256 proposalId) {
        proposalId = super._propose(targets, values, calldatas, description, proposer);
        _votes[proposalId].quorum = _rules.quorum;
        _votes[proposalId].expiry = _rules.expiry;
        _record(
            ProposalCreated.selector,
            abi.encode(
                proposalId,
                proposer,
                targets,
                values,
                new string[](targets.length),
                calldatas,
                proposalSnapshot(proposalId),
                proposalDeadline(proposalId),
                description
            )
        );
    }

    function _cancel(
        address[] memory targets,
        uint256[] memory values,
        bytes[] memory calldatas,
        bytes32 descriptionHash
    ) internal override returns (uint256 proposalId) {
        proposalId = super._cancel(targets, values, calldatas, descriptionHash);
        _record(ProposalCanceled.selector, abi.encode(proposalId));
    }

    function _castVote(uint256 proposalId, address account, uint8 support, string memory reason, bytes memory params)
        internal
        override
        returns (uint256 weight)
    {
        if (params.length != 0) revert GovernorParametersForbidden();
        weight = super._castVote(proposalId, account, support, reason, params);
        _record(VoteCast.selector, abi.encode(account, proposalId, support, weight, reason));
    }

    function _countVote(uint256 proposalId, address account, uint8 support, uint256 weight, bytes memory)
        internal
        override
        returns (uint256)
    {
        if (weight == 0) revert GovernorNotEligible(account);
        if (support > _ABSTAIN) revert GovernorInvalidVoteType();
        Votes storage votes = _votes[proposalId];
        uint32 institution = SWARM.institutionOf(account);
        if (votes.ballots[institution] != 0) revert GovernorVotedAlready(institution);
        votes.ballots[institution] = support + 1;
        // Not more often than there are institutions.
        unchecked {
            ++votes.counts[support];
        }
        return weight;
    }

    /// @dev The proposer's institution, while a member, may take a proposal back until it is decided.
    function _validateCancel(uint256 proposalId, address caller) internal view override returns (bool) {
        ProposalState current = state(proposalId);
        uint32 institution = SWARM.institutionOf(caller);
        // States and numbers, not amounts.
        // slither-disable-next-line incorrect-equality
        return (current == ProposalState.Pending || current == ProposalState.Active) && SWARM.isMember(institution)
            && institution == SWARM.institutionEver(proposalProposer(proposalId));
    }

    function _getVotes(address account, uint256 timepoint, bytes memory) internal view override returns (uint256) {
        return SWARM.voterSince(account, timepoint) != 0 ? 1 : 0;
    }

    function _quorumReached(uint256 proposalId) internal view override returns (bool) {
        (uint256 against, uint256 inFavour, uint256 abstain, uint256 eligible) = tally(proposalId);
        return _isMajority(inFavour, eligible) || against + inFavour + abstain >= _quorumOf(proposalId, eligible);
    }

    function _voteSucceeded(uint256 proposalId) internal view override returns (bool) {
        (uint256 against, uint256 inFavour,, uint256 eligible) = tally(proposalId);
        return _isMajority(inFavour, eligible) || (inFavour > against && 2 * inFavour > _quorumOf(proposalId, eligible));
    }

    function _msgSender() internal view override(Context, ERC2771Context) returns (address) {
        return ERC2771Context._msgSender();
    }

    function _msgData() internal view override(Context, ERC2771Context) returns (bytes calldata) {
        return ERC2771Context._msgData();
    }

    function _contextSuffixLength() internal view override(Context, ERC2771Context) returns (uint256) {
        return ERC2771Context._contextSuffixLength();
    }

    function _isDecided(uint256 proposalId) private view returns (bool) {
        (, uint256 inFavour,, uint256 eligible) = tally(proposalId);
        return _isMajority(inFavour, eligible);
    }

    function _quorumOf(uint256 proposalId, uint256 eligible) private view returns (uint256) {
        return Math.ceilDiv(uint256(_votes[proposalId].quorum) * eligible, 100);
    }

    function _setRules(VotingRules memory rules) private {
        if (
            rules.votingPeriod == 0 || rules.votingPeriod > _MAX_PERIOD || rules.expiry == 0
                || rules.expiry > _MAX_PERIOD || rules.quorum == 0 || rules.quorum > 100
        ) revert GovernorRulesInvalid();
        _rules = rules;
        // It gives back what was and what is.
        // slither-disable-next-line unused-return
        _quorumOverTime.push(clock(), rules.quorum);
    }

    function _isMajority(uint256 inFavour, uint256 eligible) private pure returns (bool) {
        return inFavour >= eligible / 2 + 1;
    }
}

// slither-disable-end dead-code
// slither-disable-end naming-convention
// slither-disable-end timestamp
