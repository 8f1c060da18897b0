// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IGovernor} from "@openzeppelin/contracts/governance/IGovernor.sol";
import {Errors} from "@openzeppelin/contracts/utils/Errors.sol";
import {Benefits} from "contracts/Benefits.sol";
import {Study} from "contracts/Study.sol";
import {IBenefits} from "contracts/interfaces/IBenefits.sol";
import {IHistory} from "contracts/interfaces/IHistory.sol";
import {IRelay} from "contracts/interfaces/IRelay.sol";
import {IStudies} from "contracts/interfaces/IStudies.sol";
import {IStudy} from "contracts/interfaces/IStudy.sol";
import {ISwarm} from "contracts/interfaces/ISwarm.sol";
import {ISwarmGovernor} from "contracts/interfaces/ISwarmGovernor.sol";
import {Contribution, Level, Parameters, Part, Publication, RelayRequest} from "contracts/interfaces/Types.sol";
import {Functions} from "./support/Functions.sol";
import {House} from "./support/House.sol";
import {vm} from "./support/Vm.sol";

/// @title Who may call what: every function that changes something, for every kind of caller, directly and by relay
/// @notice A founder has no more than a member; nobody has anything that is not in this table.
contract CallersTest is House {
    uint256 private constant KINDS = 11;
    bytes4 private constant OK = 0;

    uint32 private constant OPENER = 1;
    uint32 private constant FOUNDER = 2;
    uint32 private constant SIGNATORY = 3;
    uint32 private constant MEMBER = 4;
    uint32 private constant APPLICANT = 5;
    uint32 private constant LEFT = 6;
    uint32 private constant EXPELLED = 7;
    uint32 private constant WITHDRAWN = 8;

    Study private study;
    Study private unstarted;
    Benefits private benefits;
    bytes32 private candidate;
    uint256 private active;
    uint256 private decided;
    bytes private charterCall;
    mapping(bytes4 selector => bool) private inTable;
    address[KINDS] private callers;
    /// @dev Zero for who cannot sign.
    uint256[KINDS] private keys;
    string[KINDS] private kinds = [
        "founder",
        "member",
        "applicant",
        "left",
        "expelled",
        "node",
        "revoked node",
        "signatory",
        "withdrawn",
        "study",
        "stranger"
    ];

    function setUp() public override {
        super.setUp();
        join();
        applyNext();
        join();
        join();
        join();
        depart(LEFT);
        expel(EXPELLED);

        Parameters memory p = parameters();
        p.consentMaxAge = 30 days;
        study = open(OPENER, p);
        unstarted = open(OPENER, p);
        registerNode(OPENER);
        registerNode(SIGNATORY);
        registerNode(SIGNATORY, 1);
        uint32[3] memory signers = [OPENER, SIGNATORY, WITHDRAWN];
        for (uint256 i = 0; i < 3; ++i) {
            sign(study, signers[i]);
            sign(unstarted, signers[i]);
        }
        start(study);
        withdraw(study, WITHDRAWN);
        withdraw(unstarted, WITHDRAWN);
        attest(study, SIGNATORY, publishAlone(5));
        candidate = publishAlone(10);
        benefits = benefitsOf(study);
        bytes memory proof = validatorProof(SIGNATORY, 7, FOREVER);
        vm.startPrank(account(SIGNATORY));
        swarm.revokeNode(nodeOf(SIGNATORY, 1));
        swarm.registerValidator(vm.addr(7), FOREVER, proof);
        benefits.declare("EUR", 10_000_001, DOCUMENT, "", 0);
        benefits.pay(1, Part.Own, SIGNATORY, DOCUMENT);
        vm.stopPrank();

        charterCall = abi.encodeCall(swarm.setCharter, (DOCUMENT));
        decided = carry(address(swarm), charterCall);
        active = propose(FOUNDER, address(swarm), charterCall);
        pass(1);
        keys = [
            accountKey(FOUNDER),
            accountKey(MEMBER),
            accountKey(APPLICANT),
            accountKey(LEFT),
            accountKey(EXPELLED),
            nodeKey(SIGNATORY, 0),
            nodeKey(SIGNATORY, 1),
            accountKey(SIGNATORY),
            accountKey(WITHDRAWN),
            0,
            accountKey(99)
        ];
        for (uint256 kind = 0; kind < KINDS; ++kind) {
            callers[kind] = keys[kind] == 0 ? address(study) : vm.addr(keys[kind]);
        }
    }

    // One column for each of `kinds`, in that order: `+` is done, `-` and `=` are refused with the reasons that follow.
    // By relay the same, but for History and the relay itself, which it does not call.

    function test_History() public {
        address house = address(history);
        bytes4 no = IHistory.HistoryNotOfTheHouse.selector;
        bytes32 type_ = keccak256("Countersignature(uint256 length,bytes32 head)");
        bytes memory signed = signature(accountKey(1), typed(house, abi.encode(type_, 1, DOCUMENT)));
        row("append", house, abi.encodeCall(history.append, ("record")), "---------+-", no);
        row("enroll", house, abi.encodeCall(history.enroll, (account(9))), "-----------", no);
        row("countersign", house, abi.encodeCall(history.countersign, (account(1), 1, DOCUMENT, signed)), "+++++++++++");
        complete("History");
    }

    function test_Relay() public {
        RelayRequest memory r = request(account(FOUNDER), address(swarm), abi.encodeCall(swarm.leave, ()));
        bytes memory signed = signature(accountKey(FOUNDER), requestDigest(r));
        row("relay", address(relay), abi.encodeCall(relay.relay, (r, signed)), "+++++++++++");
        complete("Relay");
    }

    function test_Swarm() public {
        address house = address(swarm);
        bytes4 no = ISwarm.SwarmNotMember.selector;
        bytes4 us = ISwarm.SwarmAddressUsed.selector;
        bytes4 by = ISwarm.SwarmNotByVote.selector;
        bytes4 fo = ISwarm.SwarmFoundedAlready.selector;
        bytes4 ny = ISwarm.SwarmNodeNotYours.selector;
        bytes4 nv = ISwarm.SwarmNoValidator.selector;
        row("found", house, abi.encodeCall(swarm.found, (founders(3))), "-----------", fo);
        row("applyToJoin", house, abi.encodeCall(swarm.applyToJoin, (profile())), "---------++", us);
        row("admit", house, abi.encodeCall(swarm.admit, (APPLICANT)), "-----------", by);
        row("expel", house, abi.encodeCall(swarm.expel, (MEMBER)), "-----------", by);
        row("recoverAccount", house, abi.encodeCall(swarm.recoverAccount, (1, account(50))), "-----------", by);
        row("setCharter", house, abi.encodeCall(swarm.setCharter, (DOCUMENT)), "-----------", by);
        row("leave", house, abi.encodeCall(swarm.leave, ()), "++-----++--", no);
        row("rotateAccount", house, rotateAccount, "+++++--++--", no);
        row("registerNode", house, registerNodeCall, "++-----++--", no);
        row("revokeNode", house, abi.encodeCall(swarm.revokeNode, (nodeOf(SIGNATORY))), "-------+---", ny);
        row("registerValidator", house, registerValidator, "++-----++--", no);
        row("removeValidator", house, abi.encodeCall(swarm.removeValidator, ()), "==-----+=--", no, nv);
        complete("Swarm");
    }

    function test_Governor() public {
        address house = address(governor);
        bytes4 no = IGovernor.GovernorInsufficientProposerVotes.selector;
        bytes4 ne = ISwarmGovernor.GovernorNotEligible.selector;
        bytes4 uc = IGovernor.GovernorUnableToCancel.selector;
        bytes4 ex = IGovernor.GovernorOnlyExecutor.selector;
        bytes4 qu = IGovernor.GovernorProposalQueueingNotRequired.selector;
        bytes4 of_ = ISwarmGovernor.GovernorNotOffered.selector;
        bytes4 dd = IGovernor.GovernorDisabledDeposit.selector;
        (address[] memory t, uint256[] memory v, bytes[] memory c) =
            (one(address(swarm)), new uint256[](1), one(charterCall));
        row("propose", house, abi.encodeCall(governor.propose, (t, v, c, "")), "++-----++--", no);
        row("castVote", house, abi.encodeCall(governor.castVote, (active, IN_FAVOUR)), "++-----++--", ne);
        row(
            "castVoteWithReason", house, abi.encodeCall(governor.castVoteWithReason, (active, 0, "")), "++-----++--", ne
        );
        row(
            "castVoteWithReasonAndParams",
            house,
            abi.encodeCall(governor.castVoteWithReasonAndParams, (active, 0, "", "")),
            "++-----++--",
            ne
        );
        row(
            "castVoteBySig",
            house,
            abi.encodeCall(governor.castVoteBySig, (active, IN_FAVOUR, account(1), "")),
            "-----------",
            of_
        );
        row(
            "castVoteWithReasonAndParamsBySig",
            house,
            abi.encodeCall(governor.castVoteWithReasonAndParamsBySig, (active, 1, account(1), "Yes.", "", "")),
            "-----------",
            of_
        );
        row("cancel", house, abi.encodeCall(governor.cancel, (t, v, c, descriptionHash(active))), "+----------", uc);
        row("execute", house, abi.encodeCall(governor.execute, (t, v, c, descriptionHash(decided))), "+++++++++++");
        row("queue", house, abi.encodeCall(governor.queue, (t, v, c, descriptionHash(decided))), "-----------", qu);
        row("relay", house, abi.encodeCall(governor.relay, (address(swarm), 0, charterCall)), "-----------", of_);
        row("setVotingRules", house, abi.encodeCall(governor.setVotingRules, (rules())), "-----------", ex);
        row("receive", house, "", "-----------", dd);
        complete("SwarmGovernor");
    }

    function test_Studies() public {
        bytes4 no = IStudies.StudiesNotMember.selector;
        row("open", address(studies), abi.encodeCall(studies.open, (TERMS, parameters())), "++-----++--", no);
        complete("Studies");
    }

    function test_Study() public {
        address house = address(study);
        bytes4 no = IStudy.StudyNotMember.selector;
        bytes4 ns = IStudy.StudyNotSignatory.selector;
        bytes4 sa = IStudy.StudySignedAlready.selector;
        bytes4 na = IStudy.StudyNotAuthorised.selector;
        bytes4 in_ = IStudy.StudyInitialised.selector;
        (bytes32 digest, bytes32 hash) = study.termsOf(1);
        row(
            "initialize",
            house,
            abi.encodeCall(study.initialize, (1, account(1), TERMS, parameters())),
            "-----------",
            in_
        );
        row("sign", house, abi.encodeCall(study.sign, (1, digest, hash, DOCUMENT, DOCUMENT)), "++-----=+--", no, sa);
        row("decline", house, abi.encodeCall(study.decline, (1, 1, DOCUMENT)), "++-----=+--", no, sa);
        row("withdraw", house, abi.encodeCall(study.withdraw, (1, DOCUMENT)), "-------+---", ns);
        row("renewConsent", house, abi.encodeCall(study.renewConsent, (DOCUMENT)), "==-----+=--", no, ns);
        row("start", address(unstarted), abi.encodeCall(study.start, ()), "==-----+=--", no, ns);
        row("amend", house, abi.encodeCall(study.amend, (TERMS, parameters())), "==-----+=--", no, ns);
        row("close", house, abi.encodeCall(study.close, ()), "==-----+=--", no, ns);
        row("publish", house, publishCall, "-----+-----", na);
        row("attest", house, abi.encodeCall(study.attest, (candidate, Level.SetChecked)), "-----+-----", na);
        complete("Study");
    }

    function test_Benefits() public {
        address house = address(benefits);
        bytes4 ne = IBenefits.BenefitsNotEntitled.selector;
        bytes4 np = IBenefits.BenefitsNotPayer.selector;
        bytes4 nr = IBenefits.BenefitsNotReceiver.selector;
        bytes4 in_ = IBenefits.BenefitsInitialised.selector;
        bytes4 nt = IBenefits.BenefitsNotStudy.selector;
        row("initialize", house, abi.encodeCall(benefits.initialize, (address(study))), "-----------", in_);
        row("agree", house, abi.encodeCall(benefits.agree, (2, parameters().shares)), "---------+-", nt);
        row("declare", house, abi.encodeCall(benefits.declare, ("EUR", 1, DOCUMENT, "", 0)), "-------+---", ne);
        row("pay", house, abi.encodeCall(benefits.pay, (1, Part.Own, OPENER, DOCUMENT)), "-------+---", np);
        row("confirm", house, abi.encodeCall(benefits.confirm, (1, Part.Own, SIGNATORY)), "-------+---", nr);
        complete("Benefits");
    }

    /// @dev Calls as each kind of caller, from the same state, and compares with what the table says.
    function row(string memory name, address house, bytes memory call, string memory outcomes) private {
        row(name, house, call, outcomes, 0, 0);
    }

    function row(string memory name, address house, bytes memory call, string memory outcomes, bytes4 minus) private {
        row(name, house, call, outcomes, minus, 0);
    }

    function row(
        string memory name,
        address house,
        bytes memory call,
        string memory outcomes,
        bytes4 minus,
        bytes4 equals
    ) private {
        for (uint256 kind = 0; kind < KINDS; ++kind) {
            compare(name, kind, house, call, outcome(outcomes, kind, minus, equals));
        }
    }

    /// @dev The same for a call that each caller makes in its own way.
    function row(
        string memory name,
        address house,
        function(address) internal view returns (bytes memory) call,
        string memory outcomes,
        bytes4 minus
    ) private {
        for (uint256 kind = 0; kind < KINDS; ++kind) {
            compare(name, kind, house, call(callers[kind]), outcome(outcomes, kind, minus, 0));
        }
    }

    function outcome(string memory outcomes, uint256 kind, bytes4 minus, bytes4 equals) private pure returns (bytes4) {
        bytes1 sign_ = bytes(outcomes)[kind];
        return sign_ == "+" ? OK : sign_ == "-" ? minus : equals;
    }

    /// @dev From the same state, directly and by relay.
    function compare(string memory name, uint256 kind, address house, bytes memory call, bytes4 expected) private {
        inTable[bytes4(call)] = true;
        string memory where = string.concat(name, " by ", kinds[kind]);
        uint256 state = vm.snapshotState();
        vm.prank(callers[kind]);
        (bool done, bytes memory answer) = house.call(call);
        vm.assertEq(done ? OK : bytes4(answer), expected, where);
        vm.revertToState(state);
        if (keys[kind] == 0) return;

        RelayRequest memory r = request(callers[kind], house, call);
        bytes memory signed = signature(keys[kind], requestDigest(r));
        (done, answer) = address(relay).call(abi.encodeCall(relay.relay, (r, signed)));
        vm.assertEq(done ? OK : bytes4(answer), byRelay(house, call, expected), string.concat(where, ", relayed"));
        vm.revertToState(state);
    }

    function byRelay(address house, bytes memory call, bytes4 expected) private view returns (bytes4) {
        if (house == address(history) || house == address(relay)) return IRelay.RelayTargetForbidden.selector;
        // With the account appended it is no empty call any more, and means nothing.
        return call.length == 0 ? Errors.FailedCall.selector : expected;
    }

    /// @dev Holds the table against the functions that there are.
    function complete(string memory name) private view {
        string[] memory functions = Functions.ofContract(name);
        for (uint256 i = 0; i < functions.length; ++i) {
            vm.assertTrue(inTable[bytes4(keccak256(bytes(functions[i])))], string.concat("no row for ", functions[i]));
        }
    }

    function rotateAccount(address caller) private view returns (bytes memory) {
        bytes memory proof = rotationProof(swarm.institutionOf(caller), accountKey(50), FOREVER);
        return abi.encodeCall(swarm.rotateAccount, (account(50), FOREVER, proof));
    }

    function registerNodeCall(address caller) private view returns (bytes memory) {
        bytes memory proof = nodeProof(swarm.institutionOf(caller), accountKey(50), FOREVER);
        return abi.encodeCall(swarm.registerNode, (account(50), FOREVER, proof));
    }

    function registerValidator(address caller) private view returns (bytes memory) {
        bytes memory proof = validatorProof(swarm.institutionOf(caller), accountKey(50), FOREVER);
        return abi.encodeCall(swarm.registerValidator, (account(50), FOREVER, proof));
    }

    function publishCall(address) private view returns (bytes memory) {
        return abi.encodeCall(study.publish, (alone(11)));
    }

    /// @dev A publication to which the opener alone contributed.
    function alone(uint32 round) private view returns (Publication memory p) {
        p = publication(study, round);
        p.contributions = new Contribution[](1);
        p.contributions[0] = Contribution(OPENER, 1);
    }

    function publishAlone(uint32 round) private returns (bytes32) {
        return publish(study, OPENER, alone(round));
    }
}
