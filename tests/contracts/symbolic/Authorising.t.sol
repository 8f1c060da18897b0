// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Study} from "contracts/Study.sol";
import {Swarm} from "contracts/Swarm.sol";
import {
    Authorisation,
    Contribution,
    Level,
    NodeStanding,
    Parameters,
    Publication,
    StudyState
} from "contracts/interfaces/Types.sol";
import {vm} from "../support/Vm.sol";
import {SilentBenefits, SilentHistory} from "./support/StandIns.sol";
import {svm} from "./support/Symbolic.sol";

/// @title Who may do what in a study, in every swarm and at every time
/// @dev The swarm's storage holds anything: whoever calls may be anybody, of any institution, in any standing.
contract AuthorisingCheck {
    struct Life {
        bool signs;
        bool starts;
        bool withdraws;
        bool closes;
        uint48 signedAt;
        uint48 askedAt;
    }

    Swarm private swarm;
    Study private study;
    address private benefits;

    function setUp() public {
        address history = address(new SilentHistory());
        swarm = new Swarm(history, address(0x60), address(0x57), address(0x4e), "charter", "founders");
        study = new Study(address(swarm), history, address(0x4e), address(this));
        benefits = address(new SilentBenefits());
        svm.enableSymbolicStorage(address(swarm));
        vm.assume(swarm.institutionCount() != 0);
    }

    /// @dev Whatever became of an institution's signature, of the study and of the terms.
    function check_NobodyIsAuthorisedWithoutCause(
        Life calldata life,
        address account,
        address node,
        uint48 expiresAt,
        uint32 consentMaxAge
    ) public {
        Parameters memory p = parameters();
        p.expiresAt = expiresAt;
        p.consentMaxAge = consentMaxAge;
        uint32 institution = swarm.institutionOf(account);
        vm.assume(life.signedAt <= life.askedAt);

        vm.warp(life.signedAt);
        study.initialize(institution, benefits, "terms", p);
        if (life.signs) sign(account, consentMaxAge != 0);
        if (life.starts) {
            vm.prank(account);
            study.start();
        }
        if (life.withdraws) {
            vm.prank(account);
            study.withdraw(1, "");
        }
        if (life.closes) {
            vm.prank(account);
            study.close();
        }
        vm.warp(life.askedAt);
        vm.assume(study.authorisation(node) == Authorisation.Authorised);

        (uint32 owner, NodeStanding standing) = swarm.node(node);
        assert(standing == NodeStanding.Registered);
        assert(owner == institution && swarm.isMember(institution));
        assert(life.signs && life.starts && !life.withdraws && !life.closes);
        assert(life.askedAt < expiresAt);
        assert(consentMaxAge == 0 || life.askedAt <= uint256(life.signedAt) + consentMaxAge);
    }

    function sign(address account, bool withConsent) private {
        (bytes32 digest, bytes32 hash) = study.termsOf(1);
        vm.prank(account);
        study.sign(1, digest, hash, "readiness", withConsent ? bytes32("consent") : bytes32(0));
    }

    /// @dev Terms that one institution alone can start a study with.
    function parameters() private pure returns (Parameters memory p) {
        p.kinds = 0xf;
        p.sectors = 0x3;
        p.anyCountry = true;
        p.minimumSignatories = 1;
        p.minimumContributors = 1;
        p.quorum = 1;
        p.rounds = 50;
        p.level = Level.SetChecked;
        p.expiresAt = type(uint48).max;
        p.shares.equal = 10_000;
        p.shares.remainderTo = 1;
    }
}
