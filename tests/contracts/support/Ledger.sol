// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IGovernor} from "@openzeppelin/contracts/governance/IGovernor.sol";
import {ISwarm} from "contracts/interfaces/ISwarm.sol";
import {ISwarmGovernor} from "contracts/interfaces/ISwarmGovernor.sol";
import {Kind, NodeStanding, Sector, Standing, VotingRules} from "contracts/interfaces/Types.sol";
import {House} from "./House.sol";
import {Vm, vm} from "./Vm.sol";

/// @title What has happened in the swarm, as the logs tell it
/// @notice Kept from logs alone, never from the contracts' views, so that the views can be held against it. What must
///         hold at the moment of an event is judged then; what is broken is counted under the rule's name.
abstract contract Ledger is House {
    struct Institution {
        Standing standing;
        address account;
        uint256 joinedAt;
        uint256 leftAt;
        address validator;
    }

    struct Node {
        uint32 institution;
        NodeStanding standing;
    }

    struct Proposal {
        address target;
        bytes call;
        address proposer;
        uint256 snapshot;
        uint256 deadline;
        uint256 quorum;
        uint256 expiry;
        bool executed;
        bool cancelled;
        /// @dev Whether it had succeeded just before the act that executed it.
        bool due;
        /// @dev How it ended, plus one; zero while it has not.
        uint256 ended;
    }

    uint32 internal _institutionCount;
    uint256 internal _memberCount;
    uint256 internal _proposalCount;
    /// @dev Decisions that were executed, and events that only a decision can bring about.
    uint256 internal _decisions;
    uint256 internal _byVote;
    uint256 internal _byVoteRotations;
    address[] internal _nodeKeys;
    /// @dev Everyone who ever was or did anything, once for each time.
    address[] internal _known;

    mapping(uint32 institution => Institution) internal _institutions;
    mapping(address account => uint32 institution) internal _accountEver;
    mapping(address key => Node) internal _nodes;
    mapping(address validator => uint32 institution) internal _validatorEver;
    mapping(uint256 proposal => Proposal) internal _proposals;
    /// @dev One more than the vote, so that zero is none.
    mapping(uint256 proposal => mapping(uint32 institution => uint8)) internal _ballots;
    mapping(bytes32 topic => uint256) internal _heard;
    mapping(string rule => uint256) internal _broken;
    VotingRules private _rulesNow = rules();

    /// @dev Counts what does not hold.
    function holds(string memory rule, bool so) internal {
        if (!so) ++_broken[rule];
    }

    function isMember(uint32 institution) internal view returns (bool) {
        return _institutions[institution].standing == Standing.Member;
    }

    function accountOf(uint32 institution) internal view returns (address) {
        return _institutions[institution].account;
    }

    /// @dev The institution that an account speaks for now.
    function speaksFor(address account) internal view returns (uint32 institution) {
        institution = _accountEver[account];
        return _institutions[institution].account == account ? institution : 0;
    }

    /// @dev Whether an institution's vote counts: a member at the snapshot that was still one when the period ended.
    function isEligible(uint32 institution, uint256 proposal) internal view returns (bool) {
        Institution storage i = _institutions[institution];
        Proposal storage p = _proposals[proposal];
        return i.joinedAt != 0 && i.joinedAt <= p.snapshot && (i.leftAt == 0 || i.leftAt > p.deadline);
    }

    function count(uint256 proposal) internal view returns (uint256[3] memory votes, uint256 eligible) {
        for (uint32 institution = 1; institution <= _institutionCount; ++institution) {
            if (!isEligible(institution, proposal)) continue;
            ++eligible;
            uint8 ballot = _ballots[proposal][institution];
            if (ballot != 0) ++votes[ballot - 1];
        }
    }

    /// @dev Where a proposal stands at a time, by these votes.
    function outcome(uint256 proposal, uint256 time) internal view returns (IGovernor.ProposalState) {
        Proposal storage p = _proposals[proposal];
        if (p.executed) return IGovernor.ProposalState.Executed;
        if (p.cancelled) return IGovernor.ProposalState.Canceled;
        if (time <= p.snapshot) return IGovernor.ProposalState.Pending;
        (uint256[3] memory votes, uint256 eligible) = count(proposal);
        bool decided = 2 * votes[IN_FAVOUR] > eligible;
        if (time <= p.deadline) return decided ? IGovernor.ProposalState.Succeeded : IGovernor.ProposalState.Active;
        // Compared in hundredths, so that nothing is rounded but what the rule rounds: the quorum, up.
        uint256 quorum = (p.quorum * eligible + 99) / 100;
        bool carried = votes[0] + votes[1] + votes[2] >= quorum && votes[IN_FAVOUR] > votes[AGAINST]
            && 2 * votes[IN_FAVOUR] > quorum;
        if (!decided && !carried) return IGovernor.ProposalState.Defeated;
        return time > p.deadline + p.expiry ? IGovernor.ProposalState.Expired : IGovernor.ProposalState.Succeeded;
    }

    /// @dev Notes which proposals have ended by now.
    function noteEnded(uint256 time) internal {
        for (uint256 proposal = 1; proposal <= _proposalCount; ++proposal) {
            if (_proposals[proposal].ended != 0) continue;
            IGovernor.ProposalState state = outcome(proposal, time);
            bool open = state == IGovernor.ProposalState.Pending || state == IGovernor.ProposalState.Active
                || state == IGovernor.ProposalState.Succeeded;
            if (!open) _proposals[proposal].ended = uint256(state) + 1;
        }
    }

    function _noted(Vm.Log memory log) internal virtual override {
        bytes32 topic = log.topics[0];
        ++_heard[topic];
        if (log.emitter == address(swarm)) noteSwarm(topic, log);
        if (log.emitter == address(governor)) noteGovernor(topic, log);
    }

    function noteSwarm(bytes32 topic, Vm.Log memory log) private {
        if (topic == ISwarm.SwarmFounded.selector) return;
        if (topic == ISwarm.CharterSet.selector) {
            ++_byVote;
            return;
        }
        uint32 number = uint32(uint256(log.topics[1]));
        Institution storage i = _institutions[number];
        if (topic == ISwarm.InstitutionApplied.selector) {
            holds("numbers are given once, in order", number == ++_institutionCount);
            move(number, Standing.Applicant);
            takeAccount(number, addressAt(log, 2));
        } else if (topic == ISwarm.InstitutionAdmitted.selector) {
            if (_proposalCount != 0) ++_byVote;
            move(number, Standing.Member);
            i.joinedAt = vm.getBlockTimestamp();
            ++_memberCount;
        } else if (topic == ISwarm.InstitutionLeft.selector || topic == ISwarm.InstitutionExpelled.selector) {
            bool left = topic == ISwarm.InstitutionLeft.selector;
            if (!left) ++_byVote;
            holds("only members depart", isMember(number));
            move(number, left ? Standing.Left : Standing.Expelled);
            i.leftAt = vm.getBlockTimestamp();
            --_memberCount;
        } else if (topic == ISwarm.AccountRotated.selector) {
            if (abi.decode(log.data, (bool))) (_byVote, _byVoteRotations) = (_byVote + 1, _byVoteRotations + 1);
            holds("an account is replaced by who had it", i.account == addressAt(log, 2));
            takeAccount(number, addressAt(log, 3));
        } else {
            noteKey(topic, number, addressAt(log, 2));
        }
    }

    function noteKey(bytes32 topic, uint32 number, address key) private {
        if (topic == ISwarm.NodeRegistered.selector) {
            takeUnused(key);
            _nodes[key] = Node(number, NodeStanding.Registered);
            _nodeKeys.push(key);
        } else if (topic == ISwarm.NodeRevoked.selector) {
            holds("a node is revoked by its own", _nodes[key].institution == number);
            holds("a node is revoked once", _nodes[key].standing == NodeStanding.Registered);
            _nodes[key].standing = NodeStanding.Revoked;
        } else if (topic == ISwarm.ValidatorRegistered.selector) {
            // An institution may come back to a validator of its own.
            if (_validatorEver[key] != number) takeUnused(key);
            _validatorEver[key] = number;
            _institutions[number].validator = key;
        } else {
            _institutions[number].validator = address(0);
        }
    }

    function noteGovernor(bytes32 topic, Vm.Log memory log) private {
        if (topic == IGovernor.ProposalCreated.selector) noteProposal(log.data);
        if (topic == IGovernor.VoteCast.selector) noteVote(log);
        if (topic == IGovernor.ProposalCanceled.selector) _proposals[abi.decode(log.data, (uint256))].cancelled = true;
        if (topic == IGovernor.ProposalExecuted.selector) {
            Proposal storage p = _proposals[abi.decode(log.data, (uint256))];
            holds("what is executed had succeeded by these votes", p.due && !p.executed);
            p.executed = true;
            ++_decisions;
        }
        if (topic == ISwarmGovernor.VotingRulesSet.selector) {
            _rulesNow = abi.decode(log.data, (VotingRules));
            ++_byVote;
        }
    }

    function noteProposal(bytes memory data) private {
        (uint256 id, address proposer, address[] memory targets,,, bytes[] memory calls, uint256 start, uint256 end,) =
            abi.decode(data, (uint256, address, address[], uint256[], string[], bytes[], uint256, uint256, string));
        holds("proposals are numbered in order", id == ++_proposalCount);
        holds("only members propose", isMember(speaksFor(proposer)));
        Proposal storage p = _proposals[id];
        (p.target, p.call) = (targets[0], calls[0]);
        p.proposer = proposer;
        (p.snapshot, p.deadline) = (start, end);
        (p.quorum, p.expiry) = (_rulesNow.quorum, _rulesNow.expiry);
    }

    function noteVote(Vm.Log memory log) private {
        address voter = addressAt(log, 1);
        (uint256 id, uint8 support, uint256 weight,) = abi.decode(log.data, (uint256, uint8, uint256, string));
        uint32 institution = speaksFor(voter);
        holds("a vote weighs one", weight == 1);
        holds("a voter is eligible", isMember(institution) && isEligible(institution, id));
        holds("one institution, one vote", _ballots[id][institution] == 0);
        _ballots[id][institution] = support + 1;
    }

    /// @dev A standing only ever goes forward: applicant, member, and out.
    function move(uint32 number, Standing to) private {
        Standing from = _institutions[number].standing;
        bool forward = uint256(from) + 1 == uint256(to) || (from == Standing.Member && to == Standing.Expelled);
        holds("a standing never goes back", forward);
        _institutions[number].standing = to;
    }

    function takeAccount(uint32 number, address account) private {
        takeUnused(account);
        _institutions[number].account = account;
        _accountEver[account] = number;
    }

    function takeUnused(address key) private {
        bool unused = _accountEver[key] == 0 && _nodes[key].institution == 0 && _validatorEver[key] == 0;
        holds("no key is used twice", unused && key != address(0));
        _known.push(key);
    }

    /// @dev An indexed address.
    function addressAt(Vm.Log memory log, uint256 topic) internal pure returns (address) {
        return address(uint160(uint256(log.topics[topic])));
    }
}
