// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Study} from "contracts/Study.sol";
import {Swarm} from "contracts/Swarm.sol";
import {Authorisation, Contribution, Level, Parameters, Publication} from "contracts/interfaces/Types.sol";
import {vm} from "../support/Vm.sol";
import {SilentBenefits, SilentHistory} from "./support/StandIns.sol";
import {svm} from "./support/Symbolic.sol";

/// @title What becomes final, whoever publishes and attests whatever
/// @dev Three institutions have signed and the study runs, with a quorum of two; the rest of the swarm, and every node's
///      owner and standing, may be anything.
contract CheckpointsCheck {
    Swarm private swarm;
    Study private study;

    function setUp() public {
        address history = address(new SilentHistory());
        swarm = new Swarm(history, address(0x60), address(0x57), address(0x4e), "charter", "founders");
        study = new Study(address(swarm), history, address(0x4e), address(this));
        svm.enableSymbolicStorage(address(swarm));
        vm.assume(swarm.institutionCount() >= 3);
        study.initialize(1, address(new SilentBenefits()), "terms", parameters());
        (bytes32 digest, bytes32 hash) = study.termsOf(1);
        for (uint32 institution = 1; institution <= 3; ++institution) {
            vm.assume(swarm.institutionOf(account(institution)) == institution && swarm.isMember(institution));
            vm.prank(account(institution));
            study.sign(1, digest, hash, "readiness", 0);
        }
        vm.prank(account(1));
        study.start();
    }

    function check_APublicationNamesOnlyTheAuthorised(address caller, Publication calldata p) public {
        bool entitled = study.authorisation(caller) == Authorisation.Authorised;
        vm.prank(caller);
        study.publish(p);
        assert(entitled);
        assert(p.round >= 1 && p.round <= 50 && p.parent == 0 && p.digest != 0);
        assert(p.contributions.length != 0);
        for (uint256 i = 0; i < p.contributions.length; ++i) {
            Contribution calldata c = p.contributions[i];
            assert(study.authorisationOf(c.institution) == Authorisation.Authorised);
            assert(c.rounds >= 1 && c.rounds <= p.round);
        }
    }

    /// @dev Two nodes of one institution are one institution.
    function check_FinalNeedsTwoInstitutions(address publisher, address attester, Level level) public {
        vm.prank(publisher);
        bytes32 checkpoint = study.publish(publication("model"));
        vm.prank(attester);
        study.attest(checkpoint, level);
        (,, uint32 sequence) = study.lineageHead();
        (uint32 one,) = swarm.node(publisher);
        (uint32 other,) = swarm.node(attester);
        assert(one != other && level >= Level.SetChecked);
        assert(study.isSignatory(one) && study.isSignatory(other));
        assert(sequence == 1);
    }

    /// @dev Two models of one round, and four nodes of anybody's.
    function check_TheLineageDoesNotFork(address[4] calldata nodes) public {
        bytes32 one = publish(nodes[0], "one");
        bytes32 other = publish(nodes[1], "other");
        attest(nodes[2], one);
        attest(nodes[3], other);
        (,, uint32 sequence) = study.lineageHead();
        assert(sequence <= 1);
    }

    /// @dev From the very block on.
    function check_WhoWithdrewIsRefused(uint32 institution, address node) public {
        vm.assume(institution >= 1 && institution <= 3);
        (uint32 owner,) = swarm.node(node);
        vm.assume(owner == institution);
        vm.prank(account(institution));
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

    function attest(address node, bytes32 checkpoint) private {
        vm.prank(node);
        (bool done,) = address(study).call(abi.encodeCall(study.attest, (checkpoint, Level.SetChecked)));
        done;
    }

    function publication(bytes32 digest) private pure returns (Publication memory p) {
        p.round = 1;
        p.digest = digest;
        p.envelopesRoot = "envelopes";
        p.roundRecord = "record";
        p.contributions = new Contribution[](1);
        p.contributions[0] = Contribution(1, 1);
    }

    function account(uint32 institution) private pure returns (address) {
        return address(uint160(0xA0000000 + institution));
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
