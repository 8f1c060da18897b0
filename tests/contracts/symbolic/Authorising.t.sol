// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Study} from "contracts/Study.sol";
import {Authorisation, Level, NodeStanding, Parameters} from "contracts/interfaces/Types.sol";
import {vm} from "../support/Vm.sol";
import {SmallSwarm} from "./support/SmallSwarm.sol";
import {SilentBenefits, SilentHistory} from "./support/StandIns.sol";

/// @title Who may do what in a study, whatever became of it
contract AuthorisingCheck {
    struct Life {
        bool signs;
        bool starts;
        bool withdraws;
        bool closes;
        uint48 signedAt;
        uint48 askedAt;
    }

    uint32 private constant _OPENER = 1;

    SmallSwarm private swarm;
    Study private study;
    address private benefits;

    function setUp() public {
        swarm = new SmallSwarm();
        study = new Study(address(swarm), address(new SilentHistory()), address(0x4e), address(this));
        benefits = address(new SilentBenefits());
    }

    /// @dev Whatever became of the opener's signature, of its membership, of the study and of the terms.
    function check_NobodyIsAuthorisedWithoutCause(
        Life calldata life,
        address node,
        uint256 members,
        uint256 membersLater,
        uint48 expiresAt,
        uint32 consentMaxAge
    ) public {
        Parameters memory p = parameters();
        p.expiresAt = expiresAt;
        p.consentMaxAge = consentMaxAge;
        vm.assume(life.signedAt <= life.askedAt);

        swarm.tell(members);
        vm.warp(life.signedAt);
        study.initialize(_OPENER, benefits, "terms", p);
        if (life.signs) sign(consentMaxAge != 0);
        if (life.starts) {
            asOpener();
            study.start();
        }
        if (life.withdraws) {
            asOpener();
            study.withdraw(1, "");
        }
        if (life.closes) {
            asOpener();
            study.close();
        }
        swarm.tell(membersLater);
        vm.warp(life.askedAt);
        vm.assume(study.authorisation(node) == Authorisation.Authorised);

        (uint32 owner, NodeStanding standing) = swarm.node(node);
        assert(standing == NodeStanding.Registered);
        assert(owner == _OPENER && swarm.isMember(_OPENER));
        assert(life.signs && life.starts && !life.withdraws && !life.closes);
        assert(life.askedAt < expiresAt);
        assert(consentMaxAge == 0 || life.askedAt <= uint256(life.signedAt) + consentMaxAge);
    }

    function sign(bool withConsent) private {
        (bytes32 digest, bytes32 hash) = study.termsOf(1);
        asOpener();
        study.sign(1, digest, hash, "readiness", withConsent ? bytes32("consent") : bytes32(0));
    }

    function asOpener() private {
        vm.prank(swarm.accountOf(_OPENER));
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
        p.shares.equal = 10_000;
        p.shares.remainderTo = 1;
    }
}
