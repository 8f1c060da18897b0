// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IGovernor} from "@openzeppelin/contracts/governance/IGovernor.sol";
import {ISwarmGovernor} from "contracts/interfaces/ISwarmGovernor.sol";
import {NodeStanding, Standing} from "contracts/interfaces/Types.sol";
import {Handler} from "./Handler.sol";
import {vm} from "./Vm.sol";

/// @title What always holds of the swarm, its votes, the relay and the history
abstract contract SwarmInvariants is Handler {
    /// @dev What must hold at the moment of an event has held whenever it came about.
    function kept(string memory rule) internal view {
        vm.assertEq(_broken[rule], 0, rule);
    }

    /// @dev One study, after each act another: what is wrong mostly stays so.
    function inTurn() internal view returns (address) {
        return _studies[_acts % _studies.length];
    }

    /// @notice The hash chain is the one that the logs give.
    function theHeadIsTheReplays() internal view {
        (bytes32 head, uint256 length) = recomputed();
        vm.assertEq(history.head(), head, "head");
        vm.assertEq(history.length(), length, "length");
    }

    /// @notice Members are the voting units: the count, the count over time, the institutions that are members one by
    ///         one, and those eligible for a proposal made now are the same.
    function membersAreTheVoters() internal view {
        uint32[] memory all = new uint32[](_institutionCount + 2);
        for (uint32 number = 1; number <= _institutionCount + 1; ++number) {
            all[number] = number;
        }
        uint256 bits = swarm.membersAmong(all)[0];
        for (uint32 number = 0; number <= _institutionCount + 1; ++number) {
            vm.assertTrue(swarm.isMember(number) == isMember(number), "isMember");
            vm.assertTrue(((bits >> number) & 1 == 1) == isMember(number), "membersAmong");
        }
        vm.assertEq(swarm.memberCount(), _memberCount, "memberCount");
        vm.assertEq(swarm.memberCountAt(vm.getBlockTimestamp()), _memberCount, "memberCountAt");
        kept("only members propose");

        if (_proposals[_proposalCount].snapshot != vm.getBlockTimestamp()) return;
        (,,, uint256 eligible) = governor.tally(_proposalCount);
        vm.assertEq(eligible, _memberCount, "eligible");
    }

    /// @notice One institution has one vote on a proposal, whichever account it speaks through and whoever sends it:
    ///         the tally is what the institutions' first votes give, and nobody who has voted can vote again.
    function oneInstitutionOneVote() internal {
        kept("a vote weighs one");
        kept("a voter is eligible");
        kept("one institution, one vote");
        for (uint256 proposal = 1; proposal <= _proposalCount; ++proposal) {
            (uint256[3] memory votes, uint256 eligible) = count(proposal);
            (uint256 against, uint256 inFavour, uint256 abstain, uint256 voters) = governor.tally(proposal);
            vm.assertEq(against, votes[AGAINST], "against");
            vm.assertEq(inFavour, votes[IN_FAVOUR], "in favour");
            vm.assertEq(abstain, votes[ABSTAIN], "abstain");
            vm.assertEq(voters, eligible, "eligible");
            if (outcome(proposal, vm.getBlockTimestamp()) != IGovernor.ProposalState.Active) continue;
            for (uint32 number = 1; number <= _institutionCount; ++number) {
                if (_ballots[proposal][number] == 0 || !isMember(number)) continue;
                bytes memory vote = abi.encodeCall(governor.castVote, (proposal, IN_FAVOUR));
                mustRefuse(
                    accountOf(number),
                    address(governor),
                    vote,
                    abi.encodeWithSelector(ISwarmGovernor.GovernorVotedAlready.selector, number)
                );
            }
        }
    }

    /// @notice A proposal stands where its votes put it; executed, cancelled, defeated or expired, it stays so. Nothing
    ///         is executed that had not succeeded, and nothing that needs a decision happens without one.
    function whatIsDecidedStaysDecided() internal view {
        for (uint256 proposal = 1; proposal <= _proposalCount; ++proposal) {
            uint256 state = uint256(governor.state(proposal));
            vm.assertEq(state, uint256(outcome(proposal, vm.getBlockTimestamp())), "outcome");
            uint256 ended = _proposals[proposal].ended;
            if (ended != 0 && vm.getBlockTimestamp() == _now) vm.assertEq(state + 1, ended, "ended");
        }
        kept("proposals are numbered in order");
        kept("what is executed had succeeded by these votes");
        vm.assertEq(_byVote, _decisions, "decisions");
    }

    /// @notice An address is an account, a node key or a validator of one institution, once and for ever.
    function keysAreNeverUsedTwice() internal view {
        kept("no key is used twice");
        kept("a node is revoked by its own");
        kept("a node is revoked once");
        kept("an account is replaced by who had it");
        for (uint256 i = 0; i < _nodeKeys.length; ++i) {
            (uint32 owner, NodeStanding standing_) = swarm.node(_nodeKeys[i]);
            vm.assertEq(owner, _nodes[_nodeKeys[i]].institution, "node's institution");
            vm.assertEq(uint256(standing_), uint256(_nodes[_nodeKeys[i]].standing), "node's standing");
        }
        address one_ = _known[_acts % _known.length];
        vm.assertEq(swarm.institutionEver(one_), _accountEver[one_], "institutionEver");
        vm.assertEq(swarm.institutionOf(one_), speaksFor(one_), "institutionOf");
        vm.assertEq(swarm.memberOf(one_), isMember(speaksFor(one_)) ? speaksFor(one_) : 0, "memberOf");
    }

    /// @notice A number is given once, and never goes back to an earlier standing: applicant, member, left or expelled.
    function numbersNeverGoBack() internal view {
        kept("numbers are given once, in order");
        kept("a standing never goes back");
        kept("only members depart");
        vm.assertEq(swarm.institutionCount(), _institutionCount, "institutionCount");
        for (uint32 number = 0; number <= _institutionCount + 1; ++number) {
            (Standing standing_, address account_,,,, uint48 joined, uint48 left, address validator) =
                swarm.institution(number);
            Institution storage i = _institutions[number];
            vm.assertEq(uint256(standing_), uint256(i.standing), "standing");
            vm.assertTrue(account_ == i.account, "account");
            vm.assertEq(joined, i.joinedAt, "joinedAt");
            vm.assertEq(left, i.leftAt, "leftAt");
            vm.assertTrue(validator == i.validator, "validator");
        }
    }

    /// @notice A relayed act happens once, and only as it was signed: nonces go up by one for each act done, and by
    ///         nothing else.
    function aRelayedActHappensOnce() internal view {
        kept("what was relayed is not relayed again");
        kept("what is not signed so is not relayed");
        for (uint256 i = 0; i < _senders.length; ++i) {
            address sender = _senders[i];
            for (uint256 j = 0; j < _nonceKeys[sender].length; ++j) {
                uint192 key = _nonceKeys[sender][j];
                vm.assertEq(relay.nonces(sender, key), (uint256(key) << 64) | _nonces[sender][key], "nonce");
            }
        }
    }

    /// @notice No account can do what a member cannot: what only the house may do is refused to everybody, and what
    ///         members do to the deployer, the relay, the studies, their benefits and strangers.
    function nobodyHasMoreThanAMember() internal {
        kept("what nobody may is not done");
        // One caller after the other, every fourth time: no act shall give anybody more.
        if (_acts % 4 != 0) return;
        uint256 who = _acts / 4 % 6;
        address study = inTurn();
        address member = accountOf(1 + uint32(_acts % _institutionCount));
        Call[] memory calls = reserved(study);
        address[6] memory callers =
            [deployer(), address(relay), study, _research[study].benefits, vm.addr(0xD0000000), member];
        address caller = callers[who];
        // The relay alone is believed when it names who acts: here it names itself.
        bytes memory suffix = who == 1 ? abi.encodePacked(caller) : bytes("");
        bool ofTheHouse = who == 2 || who == 3;
        for (uint256 i = 0; i < calls.length - (ofTheHouse ? 1 : 0); ++i) {
            mustRefuse(caller, calls[i].to, bytes.concat(calls[i].data, suffix), calls[i].reason);
        }
        if (who == 5) return;
        calls = membersActs(study, _proposalCount);
        for (uint256 i = 0; i < calls.length; ++i) {
            mustRefuse(caller, calls[i].to, bytes.concat(calls[i].data, suffix), calls[i].reason);
        }
    }

    /// @notice No contract of the house has a balance, or takes one.
    function nothingHoldsABalance() internal {
        address study = inTurn();
        address[8] memory house = [
            address(history),
            address(relay),
            address(swarm),
            address(governor),
            address(studies),
            study,
            _research[study].benefits,
            studies.STUDY()
        ];
        for (uint256 i = 0; i < house.length; ++i) {
            vm.assertEq(house[i].balance, 0, "balance");
        }
        address taker = house[_acts % house.length];
        vm.deal(address(this), 1);
        (bool taken,) = taker.call{value: 1}("");
        vm.assertTrue(!taken, "coin");
    }

    /// @dev Tries a call that must be refused with a reason; zero for any.
    function mustRefuse(address by, address to, bytes memory data, bytes4 reason) internal {
        vm.prank(by);
        (bool done, bytes memory answer) = to.call(data);
        vm.assertTrue(!done, "refused");
        if (reason != 0) vm.assertEq(bytes32(bytes4(answer)), bytes32(reason), "reason");
    }

    /// @dev The same, with the reason's arguments.
    function mustRefuse(address by, address to, bytes memory data, bytes memory reason) internal {
        vm.prank(by);
        (bool done, bytes memory answer) = to.call(data);
        vm.assertTrue(!done, "refused");
        vm.assertEq(answer, reason);
    }
}
