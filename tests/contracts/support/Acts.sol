// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Benefits} from "contracts/Benefits.sol";
import {Study} from "contracts/Study.sol";
import {Contribution, Level, Parameters, Part, Publication, RelayRequest} from "contracts/interfaces/Types.sol";
import {House} from "./House.sol";
import {vm} from "./Vm.sol";

/// @title A house in which every act can be done next, and a table of these acts
/// @notice Institution 1 opened the studies; it acts through `speaker` and `node`. Who these are, and how they sign, says
///         the test.
abstract contract Acts is House {
    struct Act {
        string name;
        address from;
        address to;
        bytes data;
    }

    uint32 internal constant PAYEE = 1 << 16;

    Study internal study;
    /// @dev Signed by all, not started.
    Study internal unstarted;
    /// @dev Signed by nobody.
    Study internal unsigned;
    Benefits internal benefits;
    address internal speaker;
    address internal node;
    address internal applicant;
    address internal receiver;
    Act[] internal acts;

    function setUp() public virtual override {
        super.setUp();
        (speaker, node, applicant, receiver) = people();
        Parameters memory p = parameters();
        p.consentMaxAge = 30 days;
        p.shares.payees[0].account = receiver;
        study = running(p);
        unstarted = open(1, p);
        for (uint32 institution = 1; institution <= 3; ++institution) {
            sign(unstarted, institution);
        }
        unsigned = open(1, p);
        finalise(study, 5);
        benefits = benefitsOf(study);
        bytes memory proof = validatorProof(1, 7, FOREVER);
        vm.startPrank(account(1));
        swarm.registerValidator(vm.addr(7), FOREVER, proof);
        benefits.declare("EUR", 10_000_001, DOCUMENT, "", 0);
        benefits.pay(1, Part.Own, 1, DOCUMENT);
        benefits.pay(1, Part.Named, PAYEE, DOCUMENT);
        vm.stopPrank();
        takeOver();
        list();
        pass(1);
    }

    /// @dev Who acts for institution 1, its node, an applicant to be and a payee.
    function people() internal virtual returns (address, address, address, address);

    /// @dev What an account signs.
    function signed(address from, bytes32 digest) internal view virtual returns (bytes memory);

    /// @dev Another account that can sign, and has nothing to say in the house.
    function stranger() internal virtual returns (address);

    function signed(RelayRequest memory r) internal view returns (bytes memory) {
        return signed(r.from, requestDigest(r));
    }

    /// @dev Institution 1 goes over to its speaker and registers its node, unless it has them already.
    function takeOver() private {
        if (speaker != account(1)) decide(abi.encodeCall(swarm.recoverAccount, (1, speaker)));
        (uint32 owner,) = swarm.node(node);
        if (owner != 0) return;
        string memory type_ = "NodeRegistration(uint32 institution,address node,uint256 deadline)";
        bytes memory proof = signed(node, proofDigest(type_, 1, node, FOREVER));
        vm.prank(speaker);
        swarm.registerNode(node, FOREVER, proof);
    }

    function list() private {
        swarmActs();
        governorActs();
        studyActs();
        nodeActs();
        benefitsActs();
    }

    function swarmActs() private {
        uint256 key = 0xF0000000;
        address to = address(swarm);
        address new_ = vm.addr(key);
        acts.push(Act("applyToJoin", applicant, to, abi.encodeCall(swarm.applyToJoin, (profile()))));
        acts.push(Act("leave", speaker, to, abi.encodeCall(swarm.leave, ())));
        bytes memory proof = rotationProof(1, key, FOREVER);
        acts.push(Act("rotateAccount", speaker, to, abi.encodeCall(swarm.rotateAccount, (new_, FOREVER, proof))));
        proof = nodeProof(1, key, FOREVER);
        acts.push(Act("registerNode", speaker, to, abi.encodeCall(swarm.registerNode, (new_, FOREVER, proof))));
        acts.push(Act("revokeNode", speaker, to, abi.encodeCall(swarm.revokeNode, (node))));
        proof = validatorProof(1, key, FOREVER);
        acts.push(
            Act("registerValidator", speaker, to, abi.encodeCall(swarm.registerValidator, (new_, FOREVER, proof)))
        );
        acts.push(Act("removeValidator", speaker, to, abi.encodeCall(swarm.removeValidator, ())));
    }

    function governorActs() private {
        address to = address(governor);
        bytes memory call = abi.encodeCall(swarm.setCharter, (DOCUMENT));
        (address[] memory t, uint256[] memory v, bytes[] memory c) = (one(address(swarm)), new uint256[](1), one(call));
        uint256 decided = propose(2, address(swarm), call);
        vm.prank(speaker);
        uint256 active = governor.propose(t, v, c, "Because.");
        pass(1);
        vote(2, decided, IN_FAVOUR);
        vote(3, decided, IN_FAVOUR);
        acts.push(Act("propose", speaker, to, abi.encodeCall(governor.propose, (t, v, c, "Because."))));
        acts.push(Act("castVote", speaker, to, abi.encodeCall(governor.castVote, (active, IN_FAVOUR))));
        call = abi.encodeCall(governor.castVoteWithReason, (active, AGAINST, "No."));
        acts.push(Act("castVoteWithReason", speaker, to, call));
        call = abi.encodeCall(governor.castVoteWithReasonAndParams, (active, ABSTAIN, "Well.", ""));
        acts.push(Act("castVoteWithReasonAndParams", speaker, to, call));
        acts.push(Act("cancel", speaker, to, abi.encodeCall(governor.cancel, (t, v, c, descriptionHash(active)))));
        acts.push(Act("execute", speaker, to, abi.encodeCall(governor.execute, (t, v, c, descriptionHash(decided)))));
    }

    function studyActs() private {
        bytes memory call = abi.encodeCall(studies.open, (TERMS, parameters()));
        acts.push(Act("open", speaker, address(studies), call));
        (bytes32 digest, bytes32 hash) = unsigned.termsOf(1);
        call = abi.encodeCall(unsigned.sign, (1, digest, hash, DOCUMENT, DOCUMENT));
        acts.push(Act("sign", speaker, address(unsigned), call));
        acts.push(Act("decline", speaker, address(unsigned), abi.encodeCall(unsigned.decline, (1, 1, DOCUMENT))));
        acts.push(Act("withdraw", speaker, address(study), abi.encodeCall(study.withdraw, (1, DOCUMENT))));
        acts.push(Act("renewConsent", speaker, address(study), abi.encodeCall(study.renewConsent, (DOCUMENT))));
        acts.push(Act("start", speaker, address(unstarted), abi.encodeCall(study.start, ())));
        acts.push(Act("amend", speaker, address(study), abi.encodeCall(study.amend, (TERMS, parameters()))));
        acts.push(Act("close", speaker, address(study), abi.encodeCall(study.close, ())));
    }

    function nodeActs() private {
        Publication memory p = publication(study, 10);
        p.contributions = new Contribution[](1);
        p.contributions[0] = Contribution(2, 5);
        bytes32 candidate = publish(study, 2, p);
        p = publication(study, 11);
        acts.push(Act("publish", node, address(study), abi.encodeCall(study.publish, (p))));
        acts.push(Act("attest", node, address(study), abi.encodeCall(study.attest, (candidate, Level.SetChecked))));
    }

    function benefitsActs() private {
        address to = address(benefits);
        acts.push(Act("declare", speaker, to, abi.encodeCall(benefits.declare, ("EUR", 1, DOCUMENT, "", 0))));
        acts.push(Act("pay", speaker, to, abi.encodeCall(benefits.pay, (1, Part.Own, 2, DOCUMENT))));
        acts.push(Act("confirm", speaker, to, abi.encodeCall(benefits.confirm, (1, Part.Own, 1))));
        acts.push(Act("confirm", receiver, to, abi.encodeCall(benefits.confirm, (1, Part.Named, PAYEE))));
    }
}
