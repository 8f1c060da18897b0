// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IGovernor} from "@openzeppelin/contracts/governance/IGovernor.sol";
import {Kind, NodeStanding, Profile, Sector, Standing, VotingRules} from "contracts/interfaces/Types.sol";
import {Dice} from "./Dice.sol";
import {People} from "./People.sol";
import {vm} from "./Vm.sol";

/// @title What people do in the swarm
/// @notice Every function tries one act, or one many times, with arguments cut to what there is; many are refused,
///         which is as well.
abstract contract SwarmActs is People {
    uint32 private constant MOST_INSTITUTIONS = 9;

    /// @dev Cheat codes change the clock, so it is kept here and set before each act.
    uint256 internal _now;
    uint256 internal _block;
    uint256 internal _lastTime;
    uint256 internal _acts;

    modifier act(uint256 seed) {
        vm.warp(_now);
        vm.roll(_block);
        vm.recordLogs();
        ++_acts;
        _;
        _lastTime = _now;
        ++_block;
        Dice memory dice = Dice(~seed);
        // Often several blocks share a second.
        if (!dice.coin(3)) _now += dice.throw_(1, dice.coin(4) ? 3 days : 1 hours);
        noteEnded(_now);
    }

    /// @dev Goes on in a block of its own.
    function nextBlock(uint256 seconds_) internal {
        vm.warp(_now += seconds_);
        vm.roll(++_block);
    }

    // --- joining and leaving ---------------------------------------------------------------------

    function applyForMembership(uint256 seed) external act(seed) {
        Dice memory dice = cast(seed);
        Profile memory p = profile();
        (p.kind, p.sector) = (Kind(dice.throw_(0, 3)), Sector(dice.throw_(0, 1)));
        if (dice.coin(4)) p.country = "FR";
        if (dice.coin(12)) p.document = 0;
        bool used = dice.coin(8);
        if (!used && _institutionCount >= MOST_INSTITUTIONS) return;
        address by = used ? accountOf(someInstitution(dice)) : newcomer(dice);
        attempt(dice, by, address(swarm), abi.encodeCall(swarm.applyToJoin, (p)));
    }

    function leaveSwarm(uint256 seed) external act(seed) {
        Dice memory dice = cast(seed);
        // The swarm shall live on in most runs.
        address by = dice.coin(3) && _memberCount > 3 ? accountOf(someMember(dice)) : anybody(dice);
        if (_memberCount <= 2 && isMember(speaksFor(by))) return;
        attempt(dice, by, address(swarm), abi.encodeCall(swarm.leave, ()));
    }

    // --- accounts, nodes, validators -------------------------------------------------------------

    function rotate(uint256 seed) external act(seed) {
        Dice memory dice = cast(seed);
        uint32 institution = someInstitution(dice);
        address by = mostly(dice, accountOf(institution));
        address to = dice.coin(8) ? accountOf(someInstitution(dice)) : newcomer(dice);
        string memory type_ = "AccountRotation(uint32 institution,address account,uint256 deadline)";
        (uint256 deadline, bytes memory proof) = proofOf(dice, type_, institution, to);
        attempt(dice, by, address(swarm), abi.encodeCall(swarm.rotateAccount, (to, deadline, proof)));
    }

    function register(uint256 seed) external act(seed) {
        Dice memory dice = cast(seed);
        uint32 institution = someInstitution(dice);
        address by = mostly(dice, accountOf(institution));
        address key = dice.coin(8) ? _nodeKeys[dice.throw_(0, _nodeKeys.length - 1)] : newKey();
        string memory type_ = "NodeRegistration(uint32 institution,address node,uint256 deadline)";
        (uint256 deadline, bytes memory proof) = proofOf(dice, type_, institution, key);
        attempt(dice, by, address(swarm), abi.encodeCall(swarm.registerNode, (key, deadline, proof)));
    }

    function revoke(uint256 seed) external act(seed) {
        Dice memory dice = cast(seed);
        address key = _nodeKeys[dice.throw_(0, _nodeKeys.length - 1)];
        // With other nodes gone already an institution keeps its last, or nobody would train for long.
        bool last = nodesOf(_nodes[key].institution) < 2 && !dice.coin(4);
        address by = last ? anybody(dice) : mostly(dice, accountOf(_nodes[key].institution));
        attempt(dice, by, address(swarm), abi.encodeCall(swarm.revokeNode, (key)));
    }

    function registerValidator(uint256 seed) external act(seed) {
        Dice memory dice = cast(seed);
        uint32 institution = someInstitution(dice);
        address by = mostly(dice, accountOf(institution));
        address key = dice.coin(3) ? _institutions[institution].validator : newKey();
        if (key == address(0) || dice.coin(8)) key = anybody(dice);
        if (!canSign(key)) return;
        string memory type_ = "ValidatorRegistration(uint32 institution,address validator,uint256 deadline)";
        (uint256 deadline, bytes memory proof) = proofOf(dice, type_, institution, key);
        attempt(dice, by, address(swarm), abi.encodeCall(swarm.registerValidator, (key, deadline, proof)));
    }

    function removeValidator(uint256 seed) external act(seed) {
        Dice memory dice = cast(seed);
        uint32 institution = someInstitution(dice);
        for (uint32 i = 0; i < _institutionCount && _institutions[institution].validator == address(0); ++i) {
            institution = 1 + institution % _institutionCount;
        }
        address by = mostly(dice, accountOf(institution));
        attempt(dice, by, address(swarm), abi.encodeCall(swarm.removeValidator, ()));
    }

    // --- deciding --------------------------------------------------------------------------------

    function proposeSomething(uint256 seed) external act(seed) {
        Dice memory dice = cast(seed);
        propose(dice, mostly(dice, accountOf(someMember(dice))));
    }

    function castVote(uint256 seed) external act(seed) {
        Dice memory dice = cast(seed);
        uint256 proposal = active(dice);
        address by = dice.coin(3) ? anybody(dice) : accountOf(someMember(dice));
        uint8 support = dice.coin(8) ? 3 : uint8(dice.throw_(0, 2));
        uint256 how = dice.throw_(0, 8);
        bytes memory data;
        if (how == 0) data = abi.encodeCall(governor.castVoteWithReasonAndParams, (proposal, support, "So.", "x"));
        else if (how == 1) data = abi.encodeCall(governor.castVoteBySig, (proposal, support, by, ""));
        else if (how < 4) data = abi.encodeCall(governor.castVoteWithReason, (proposal, support, "So."));
        else data = abi.encodeCall(governor.castVote, (proposal, support));
        attempt(dice, by, address(governor), data);
    }

    /// @dev Everybody is for it; otherwise chance alone would seldom decide anything.
    function agree(uint256 seed) external act(seed) {
        Dice memory dice = cast(seed);
        voteTogether(dice, recent(dice));
    }

    /// @dev Somebody proposes, everybody is for it a second later, and it is carried out.
    function decideTogether(uint256 seed) external act(seed) {
        Dice memory dice = cast(seed);
        if (!propose(dice, accountOf(someMember(dice)))) return;
        voteTogether(dice, _proposalCount);
        execute(dice, _proposalCount);
    }

    /// @dev An institution votes, hands itself over to another account, and would vote again.
    function voteAgain(uint256 seed) external act(seed) {
        Dice memory dice = cast(seed);
        uint256 proposal = active(dice);
        uint32 institution = someMember(dice);
        bytes memory data = abi.encodeCall(governor.castVote, (proposal, uint8(dice.throw_(0, 2))));
        attempt(dice, accountOf(institution), address(governor), data);
        address to = newcomer(dice);
        string memory type_ = "AccountRotation(uint32 institution,address account,uint256 deadline)";
        bytes memory proof = signedBy(to, proofDigest(type_, institution, to, FOREVER));
        bytes memory rotation = abi.encodeCall(swarm.rotateAccount, (to, FOREVER, proof));
        attempt(dice, accountOf(institution), address(swarm), rotation);
        attempt(dice, to, address(governor), data);
    }

    function carryOut(uint256 seed) external act(seed) {
        Dice memory dice = cast(seed);
        uint256 proposal = recent(dice);
        for (uint256 id = _proposalCount; id != 0; --id) {
            if (outcome(id, _now) == IGovernor.ProposalState.Succeeded) proposal = id;
        }
        if (proposal != 0) execute(dice, proposal);
    }

    function takeBack(uint256 seed) external act(seed) {
        Dice memory dice = cast(seed);
        uint256 proposal = active(dice);
        if (proposal == 0) return;
        Proposal storage p = _proposals[proposal];
        address by = dice.coin(2) ? accountOf(_accountEver[p.proposer]) : anybody(dice);
        bytes32 hash = descriptionHash(proposal);
        bytes memory data = abi.encodeCall(governor.cancel, (one(p.target), new uint256[](1), one(p.call), hash));
        attempt(dice, by, address(governor), data);
    }

    // --- choices ---------------------------------------------------------------------------------

    /// @dev The same seed does not mean the same twice.
    function cast(uint256 seed) internal view returns (Dice memory) {
        return Dice(uint256(keccak256(abi.encode(seed, _acts))));
    }

    function someInstitution(Dice memory dice) internal view returns (uint32) {
        return uint32(dice.throw_(1, _institutionCount));
    }

    /// @dev A member; zero if there is none any more.
    function someMember(Dice memory dice) internal view returns (uint32) {
        return someOf(dice, Standing.Member);
    }

    function someOf(Dice memory dice, Standing standing_) internal view returns (uint32) {
        uint32 from = someInstitution(dice);
        for (uint32 i = 0; i < _institutionCount; ++i) {
            uint32 institution = 1 + (from + i) % _institutionCount;
            if (_institutions[institution].standing == standing_) return institution;
        }
        return 0;
    }

    function nodesOf(uint32 institution) internal view returns (uint256 number) {
        for (uint256 i = 0; i < _nodeKeys.length; ++i) {
            Node storage n = _nodes[_nodeKeys[i]];
            if (n.institution == institution && n.standing == NodeStanding.Registered) ++number;
        }
    }

    function voteTogether(Dice memory dice, uint256 proposal) private {
        for (uint32 institution = 1; institution <= _institutionCount; ++institution) {
            if (outcome(proposal, _now) != IGovernor.ProposalState.Active) return;
            if (_ballots[proposal][institution] != 0 || !isEligible(institution, proposal)) continue;
            bytes memory data = abi.encodeCall(governor.castVote, (proposal, IN_FAVOUR));
            attempt(dice, accountOf(institution), address(governor), data);
        }
    }

    function execute(Dice memory dice, uint256 proposal) private {
        Proposal storage p = _proposals[proposal];
        p.due = outcome(proposal, _now) == IGovernor.ProposalState.Succeeded;
        bytes32 hash = descriptionHash(proposal);
        bytes memory data = abi.encodeCall(governor.execute, (one(p.target), new uint256[](1), one(p.call), hash));
        attempt(dice, anybody(dice), address(governor), data);
    }

    /// @dev Proposes something, and lets a second pass if that was done.
    function propose(Dice memory dice, address by) private returns (bool done) {
        (address target, bytes memory call) = something(dice);
        bytes memory data = abi.encodeCall(governor.propose, (one(target), new uint256[](1), one(call), "Because."));
        done = attempt(dice, by, address(governor), data);
        if (done) nextBlock(1);
    }

    /// @dev Mostly a proposal that can be voted on.
    function active(Dice memory dice) private returns (uint256 proposal) {
        proposal = recent(dice);
        if (dice.coin(4) || outcome(proposal, _now) == IGovernor.ProposalState.Active) return proposal;
        propose(dice, accountOf(someMember(dice)));
        return _proposalCount;
    }

    /// @dev One of the last three proposals; zero if there is none.
    function recent(Dice memory dice) private view returns (uint256) {
        uint256 back = dice.coin(2) ? 0 : dice.throw_(0, 2);
        return _proposalCount > back ? _proposalCount - back : _proposalCount;
    }

    function something(Dice memory dice) private returns (address target, bytes memory call) {
        target = address(swarm);
        uint256 what = dice.throw_(0, 9);
        uint32 institution = someInstitution(dice);
        if (what == 0) {
            call = abi.encodeCall(swarm.setCharter, (bytes32(dice.throw_(1, 9))));
        } else if (what == 1) {
            if (dice.coin(4)) institution = _institutionCount + 1;
            address to = dice.coin(4) ? accountOf(someInstitution(dice)) : newcomer(dice);
            call = abi.encodeCall(swarm.recoverAccount, (institution, to));
        } else if (what == 2) {
            uint16 quorum = uint16(dice.coin(4) ? 0 : dice.throw_(1, 100));
            VotingRules memory next = VotingRules(uint32(dice.throw_(1 hours, 5 days)), quorum, 5 days);
            (target, call) = (address(governor), abi.encodeCall(governor.setVotingRules, (next)));
        } else if (what == 3) {
            target = dice.coin(2) ? address(history) : address(relay);
        } else if (what < 6) {
            call = abi.encodeCall(swarm.expel, (institution));
        } else {
            uint32 applicant = someOf(dice, Standing.Applicant);
            call = abi.encodeCall(swarm.admit, (applicant == 0 ? institution : applicant));
        }
    }

    /// @dev What a key signs to be taken into use; now and then it is too late, or not the key's signature.
    function proofOf(Dice memory dice, string memory type_, uint32 institution, address key)
        private
        view
        returns (uint256 deadline, bytes memory proof)
    {
        deadline = dice.coin(12) ? _now - 1 : _now + dice.throw_(0, 1 days);
        bytes32 digest = proofDigest(type_, institution, key, deadline);
        proof = dice.coin(12) ? forgedBy(key, digest) : signedBy(key, digest);
    }
}
