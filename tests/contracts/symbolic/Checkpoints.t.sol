// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Study} from "contracts/Study.sol";
import {Authorisation, Contribution, Level, Parameters, Publication} from "contracts/interfaces/Types.sol";
import {vm} from "../support/Vm.sol";
import {SmallSwarm} from "./support/SmallSwarm.sol";
import {SilentBenefits, SilentHistory} from "./support/StandIns.sol";

/// @title What becomes final, whoever publishes and attests whatever
/// @dev Three of four institutions have signed and the study runs, with a quorum of two. Nodes may be anybody's.
contract CheckpointsCheck {
    uint256 private constant _ALL = type(uint256).max;

    SmallSwarm private swarm;
    Study private study;

    function setUp() public {
        swarm = new SmallSwarm();
        swarm.tell(_ALL);
        study = new Study(address(swarm), address(new SilentHistory()), address(0x4e), address(this));
        study.initialize(1, address(new SilentBenefits()), "terms", parameters());
        (bytes32 digest, bytes32 hash) = study.termsOf(1);
        for (uint32 institution = 1; institution <= 3; ++institution) {
            vm.prank(swarm.accountOf(institution));
            study.sign(1, digest, hash, "readiness", 0);
        }
        vm.prank(swarm.accountOf(1));
        study.start();
    }

    /// @dev Whatever is published, by whomever, and whoever is a member then.
    function check_APublicationNamesOnlyTheAuthorised(
        address caller,
        uint256 members,
        uint32 round,
        bytes32 parent,
        bytes32 digest,
        Contribution calldata contribution
    ) public {
        swarm.tell(members);
        Publication memory p = publication(digest);
        (p.round, p.parent, p.contributions[0]) = (round, parent, contribution);
        bool entitled = study.authorisation(caller) == Authorisation.Authorised;
        vm.prank(caller);
        study.publish(p);
        assert(entitled);
        assert(round >= 1 && round <= 50 && parent == 0 && digest != 0);
        assert(contribution.institution >= 1 && contribution.institution <= 3);
        assert(swarm.isMember(contribution.institution));
        assert(contribution.rounds >= 1 && contribution.rounds <= round);
    }

    /// @dev Two nodes of one institution are one institution, and who has left the swarm does not help.
    function check_FinalNeedsTwoInstitutions(address publisher, address attester, Level level, uint256 members) public {
        bytes32 checkpoint = publish(publisher, "model");
        swarm.tell(members);
        vm.prank(attester);
        study.attest(checkpoint, level);
        (,, uint32 sequence) = study.lineageHead();
        vm.assume(sequence != 0);
        (uint32 one,) = swarm.node(publisher);
        (uint32 other,) = swarm.node(attester);
        assert(one != other && level >= Level.SetChecked);
        assert(study.isSignatory(one) && study.isSignatory(other));
        assert(sequence == 1);
    }

    /// @dev Two models of one round, and whoever attests them.
    function check_TheLineageDoesNotFork(address publisher, address rival, address attester, address another) public {
        bytes32 one = publish(publisher, "one");
        bytes32 other = publish(rival, "other");
        bool first = attest(attester, one);
        bool second = attest(another, other);
        assert(!first || !second);
        (,, uint32 sequence) = study.lineageHead();
        assert(sequence <= 1);
    }

    /// @dev From the very block on.
    function check_WhoWithdrewIsRefused(address node) public {
        (uint32 institution,) = swarm.node(node);
        vm.assume(institution >= 1 && institution <= 3);
        vm.prank(swarm.accountOf(institution));
        study.withdraw(1, "");
        assert(study.authorisation(node) != Authorisation.Authorised);
        vm.prank(node);
        (bool done,) = address(study).call(abi.encodeCall(study.publish, (publication("model"))));
        assert(!done);
    }

    function publish(address node, bytes32 digest) private returns (bytes32) {
        vm.prank(node);
        return study.publish(publication(digest));
    }

    function attest(address node, bytes32 checkpoint) private returns (bool done) {
        vm.prank(node);
        (done,) = address(study).call(abi.encodeCall(study.attest, (checkpoint, Level.SetChecked)));
    }

    function publication(bytes32 digest) private pure returns (Publication memory p) {
        p.round = 1;
        p.digest = digest;
        p.envelopesRoot = "envelopes";
        p.roundRecord = "record";
        p.contributions = new Contribution[](1);
        p.contributions[0] = Contribution(1, 1);
    }

    function parameters() private pure returns (Parameters memory p) {
        p.kinds = 0xf;
        p.sectors = 0x3;
        p.anyCountry = true;
        p.minimumSignatories = 3;
        p.minimumContributors = 1;
        p.quorum = 2;
        p.rounds = 50;
        p.level = Level.SetChecked;
        p.expiresAt = type(uint48).max;
        p.shares.equal = 10_000;
        p.shares.remainderTo = 1;
    }
}
