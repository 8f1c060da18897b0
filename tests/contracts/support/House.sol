// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Benefits} from "contracts/Benefits.sol";
import {History} from "contracts/History.sol";
import {Relay} from "contracts/Relay.sol";
import {Studies} from "contracts/Studies.sol";
import {Study} from "contracts/Study.sol";
import {Swarm} from "contracts/Swarm.sol";
import {SwarmGovernor} from "contracts/SwarmGovernor.sol";
import {
    Authorisation,
    Contribution,
    Founder,
    Kind,
    Level,
    NodeStanding,
    Parameters,
    Payee,
    Profile,
    Publication,
    RelayRequest,
    Sector,
    Settlement,
    Standing,
    StudyState,
    VotingRules,
    Weight
} from "contracts/interfaces/Types.sol";
import {Replay} from "./Replay.sol";
import {TwoOfThree} from "./TwoOfThree.sol";
import {Vm, vm} from "./Vm.sol";

/// @title A whole house for a test, founded by three hospitals, and words for what people do in it
/// @notice Institution n speaks through `account(n)` and runs `nodeOf(n)`. Whenever time passes, the recomputed hash
///         chain is held against `History.head`, so every test tests the history too.
abstract contract House {
    uint256 internal constant START = 1_800_000_000;
    uint256 internal constant FOREVER = type(uint256).max;
    bytes32 internal constant CHARTER = keccak256("charter");
    bytes internal constant TERMS = '{"question":"Who falls ill?"}';
    bytes32 internal constant DOCUMENT = keccak256("document");
    uint8 internal constant AGAINST = 0;
    uint8 internal constant IN_FAVOUR = 1;
    uint8 internal constant ABSTAIN = 2;

    History internal history;
    Relay internal relay;
    Swarm internal swarm;
    SwarmGovernor internal governor;
    Studies internal studies;

    bytes32 private _head;
    uint256 private _length;
    uint256 private _houses;
    uint256 private _requests;

    function setUp() public virtual {
        vm.warp(START);
        deploy(founders(3));
        swarm.found(founders(3));
        pass(1);
    }

    // --- the house -------------------------------------------------------------------------------

    /// @dev Deploys as docs/architecture.md says: from a throw-away account, to addresses known beforehand.
    function deploy(Founder[] memory founders_) internal {
        address deployer = vm.addr(0xE0000000 + ++_houses);
        address[7] memory house;
        for (uint256 nonce = 0; nonce < 7; ++nonce) {
            house[nonce] = vm.computeCreateAddress(deployer, nonce);
        }
        vm.recordLogs();
        vm.startPrank(deployer);
        history = new History(house[2], house[3], house[6]);
        relay = new Relay(house[0]);
        swarm = new Swarm(house[0], house[3], house[6], house[1], CHARTER, keccak256(abi.encode(founders_)));
        governor = new SwarmGovernor(house[2], house[0], house[1], rules());
        Study study = new Study(house[2], house[0], house[1], house[6]);
        Benefits benefits = new Benefits(house[2], house[0], house[1], house[6]);
        studies = new Studies(house[2], house[0], house[1], address(study), address(benefits));
        vm.stopPrank();
        vm.assertEq(address(history), house[0]);
        vm.assertEq(address(studies), house[6]);
        _head = Replay.genesis(address(history));
        _length = 0;
    }

    function rules() internal pure returns (VotingRules memory) {
        return VotingRules({votingPeriod: 7 days, quorum: 50, expiry: 14 days});
    }

    function founders(uint256 count) internal pure returns (Founder[] memory list) {
        list = new Founder[](count);
        for (uint256 i = 0; i < count; ++i) {
            list[i] = Founder(account(uint32(i + 1)), profile());
        }
    }

    function profile() internal pure returns (Profile memory) {
        return Profile("Universit\u00e4tsklinikum", Kind.Hospital, Sector.Public, "DE", DOCUMENT);
    }

    // --- time and history ------------------------------------------------------------------------

    /// @dev Lets seconds pass, in which a block is made.
    function pass(uint256 duration) internal {
        holdHistory();
        vm.warp(vm.getBlockTimestamp() + duration);
        vm.roll(vm.getBlockNumber() + 1);
    }

    /// @dev Holds the hash chain recomputed from the logs against the contract's.
    function holdHistory() internal returns (bytes32) {
        follow();
        vm.assertEq(history.length(), _length, "length of the history");
        vm.assertEq(history.head(), _head, "head of the history");
        return _head;
    }

    /// @dev Recomputes the hash chain from the logs of this block.
    function follow() internal {
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i = 0; i < logs.length; ++i) {
            if (!history.ofTheHouse(logs[i].emitter)) continue;
            _head = Replay.advance(_head, logs[i], vm.getBlockNumber(), vm.getBlockTimestamp());
            ++_length;
            _noted(logs[i]);
        }
    }

    /// @dev Head and length of the chain as recomputed so far.
    function recomputed() public view returns (bytes32 head, uint256 length) {
        return (_head, _length);
    }

    /// @dev For tests that look at the events themselves.
    function _noted(Vm.Log memory log) internal virtual {}

    // --- keys ------------------------------------------------------------------------------------

    function accountKey(uint32 institution) internal pure returns (uint256) {
        return 0xA0000000 + institution;
    }

    function account(uint32 institution) internal pure returns (address) {
        return vm.addr(accountKey(institution));
    }

    function nodeKey(uint32 institution, uint256 index) internal pure returns (uint256) {
        return 0xB0000000 + (index << 16) + institution;
    }

    function nodeOf(uint32 institution, uint256 index) internal pure returns (address) {
        return vm.addr(nodeKey(institution, index));
    }

    function nodeOf(uint32 institution) internal pure returns (address) {
        return nodeOf(institution, 0);
    }

    /// @dev EIP-712 digest in the domain that every contract of the house shares the name of.
    function typed(address verifier, bytes memory content) internal view returns (bytes32) {
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("Swarm Charter"),
                keccak256("1"),
                block.chainid,
                verifier
            )
        );
        return keccak256(abi.encodePacked(hex"1901", domain, keccak256(content)));
    }

    function signature(uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, s, v);
    }

    /// @dev An account for which two of the persons 20, 21 and 22 speak.
    function twoOfThree() internal returns (address) {
        return address(new TwoOfThree(account(20), account(21), account(22)));
    }

    /// @dev What two persons sign for their account.
    function agreed(uint32 one_, uint32 other, bytes32 digest) internal pure returns (bytes memory) {
        return bytes.concat(signature(accountKey(one_), digest), signature(accountKey(other), digest));
    }

    /// @dev What a key signs to become an institution's account, node or validator.
    function proofDigest(string memory type_, uint32 institution, address key, uint256 deadline)
        internal
        view
        returns (bytes32)
    {
        return typed(address(swarm), abi.encode(keccak256(bytes(type_)), institution, key, deadline));
    }

    function rotationProof(uint32 institution, uint256 key, uint256 deadline) internal view returns (bytes memory) {
        string memory type_ = "AccountRotation(uint32 institution,address account,uint256 deadline)";
        return signature(key, proofDigest(type_, institution, vm.addr(key), deadline));
    }

    function nodeProof(uint32 institution, uint256 key, uint256 deadline) internal view returns (bytes memory) {
        string memory type_ = "NodeRegistration(uint32 institution,address node,uint256 deadline)";
        return signature(key, proofDigest(type_, institution, vm.addr(key), deadline));
    }

    function validatorProof(uint32 institution, uint256 key, uint256 deadline) internal view returns (bytes memory) {
        string memory type_ = "ValidatorRegistration(uint32 institution,address validator,uint256 deadline)";
        return signature(key, proofDigest(type_, institution, vm.addr(key), deadline));
    }

    // --- by relay --------------------------------------------------------------------------------

    /// @dev A request that nobody has sent yet: each has a nonce key of its own.
    function request(address from, address to, bytes memory data) internal returns (RelayRequest memory) {
        return RelayRequest(from, to, data, ++_requests << 64, FOREVER);
    }

    /// @dev What an account signs to have an act sent for it.
    function requestDigest(RelayRequest memory r) internal view returns (bytes32) {
        bytes32 type_ = keccak256("RelayRequest(address from,address to,bytes data,uint256 nonce,uint256 deadline)");
        return typed(address(relay), abi.encode(type_, r.from, r.to, keccak256(r.data), r.nonce, r.deadline));
    }

    /// @dev Has a stranger send what a key has signed.
    function relayed(uint256 key, address to, bytes memory data) internal returns (bytes memory) {
        RelayRequest memory r = request(vm.addr(key), to, data);
        bytes memory signed = signature(key, requestDigest(r));
        vm.prank(vm.addr(0xD0000000));
        return relay.relay(r, signed);
    }

    // --- members and votes -----------------------------------------------------------------------

    /// @dev The next institution applies, with the account that its number gives it.
    function applyNext() internal returns (uint32 institution) {
        institution = swarm.institutionCount() + 1;
        vm.prank(account(institution));
        swarm.applyToJoin(profile());
    }

    /// @dev The next institution applies and is voted in.
    function join() internal returns (uint32 institution) {
        institution = applyNext();
        decide(abi.encodeCall(swarm.admit, (institution)));
        pass(1);
    }

    /// @dev Institutions come until there are so many; the votes on them are left out.
    function grow(uint32 count) internal {
        while (swarm.institutionCount() < count) {
            uint32 institution = applyNext();
            vm.prank(address(governor));
            swarm.admit(institution);
        }
        pass(1);
    }

    function depart(uint32 institution) internal {
        vm.prank(account(institution));
        swarm.leave();
    }

    function expel(uint32 institution) internal {
        decide(abi.encodeCall(swarm.expel, (institution)));
    }

    function propose(uint32 institution, address target, bytes memory call) internal returns (uint256) {
        vm.prank(account(institution));
        return governor.propose(one(target), new uint256[](1), one(call), "Because.");
    }

    function vote(uint32 institution, uint256 proposalId, uint8 support) internal {
        vm.prank(account(institution));
        governor.castVote(proposalId, support);
    }

    function execute(uint256 proposalId, address target, bytes memory call) internal {
        governor.execute(one(target), new uint256[](1), one(call), descriptionHash(proposalId));
    }

    /// @dev Proposes a call of the swarm, votes it through at once and executes it.
    function decide(bytes memory call) internal returns (uint256 proposalId) {
        return decide(address(swarm), call);
    }

    function decide(address target, bytes memory call) internal returns (uint256 proposalId) {
        proposalId = carry(target, call);
        execute(proposalId, target, call);
    }

    /// @dev Proposes a call and votes for it until it is decided.
    function carry(address target, bytes memory call) internal returns (uint256 proposalId) {
        uint32 count = swarm.institutionCount();
        uint32 institution = 1;
        while (!swarm.isMember(institution)) ++institution;
        proposalId = propose(institution, target, call);
        pass(1);
        uint256 missing = swarm.memberCount() / 2 + 1;
        for (; missing != 0 && institution <= count; ++institution) {
            if (!swarm.isMember(institution)) continue;
            vote(institution, proposalId, IN_FAVOUR);
            --missing;
        }
    }

    function descriptionHash(uint256 proposalId) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked("Because. #", decimal(proposalId)));
    }

    function registerNode(uint32 institution, uint256 index) internal returns (address node) {
        node = nodeOf(institution, index);
        bytes memory proof = nodeProof(institution, nodeKey(institution, index), FOREVER);
        vm.prank(account(institution));
        swarm.registerNode(node, FOREVER, proof);
    }

    function registerNode(uint32 institution) internal returns (address) {
        return registerNode(institution, 0);
    }

    // --- studies ---------------------------------------------------------------------------------

    /// @dev Terms that every institution may sign: two signatories, a quorum of two, fifty rounds.
    function parameters() internal pure returns (Parameters memory p) {
        p.kinds = 0xf;
        p.sectors = 0x3;
        p.anyCountry = true;
        p.minimumSignatories = 2;
        p.minimumContributors = 1;
        p.quorum = 2;
        p.rounds = 50;
        p.level = Level.SetChecked;
        p.expiresAt = uint48(START + 365 days);
        p.shares.equal = 2000;
        p.shares.contributed = 3000;
        p.shares.patients = 2500;
        p.shares.weighted = 1500;
        p.shares.remainderTo = 1;
        p.shares.weights = new Weight[](2);
        p.shares.weights[0] = Weight(1, 2);
        p.shares.weights[1] = Weight(2, 1);
        p.shares.payees = new Payee[](1);
        p.shares.payees[0] = Payee(payee(), 1000);
    }

    function payee() internal pure returns (address) {
        return vm.addr(0xC0000000);
    }

    function open(uint32 institution, Parameters memory p) internal returns (Study) {
        vm.prank(account(institution));
        (, address study) = studies.open(TERMS, p);
        return Study(study);
    }

    function sign(Study study, uint32 institution, uint32 version) internal {
        (bytes32 termsDigest, bytes32 parametersHash) = study.termsOf(version);
        bytes32 consent = study.parametersOf(version).consentMaxAge == 0 ? bytes32(0) : keccak256("consent");
        vm.prank(account(institution));
        study.sign(version, termsDigest, parametersHash, keccak256("readiness"), consent);
    }

    function sign(Study study, uint32 institution) internal {
        (uint32 version,) = study.versions();
        sign(study, institution, version);
    }

    function start(Study study) internal {
        vm.prank(account(study.opener()));
        study.start();
    }

    function withdraw(Study study, uint32 institution) internal {
        vm.prank(account(institution));
        study.withdraw(1, keccak256("reason"));
    }

    /// @dev A study that the three founders have signed and that runs; each has its node.
    function running(Parameters memory p) internal returns (Study study) {
        study = open(1, p);
        for (uint32 institution = 1; institution <= 3; ++institution) {
            sign(study, institution);
            (uint32 owner,) = swarm.node(nodeOf(institution));
            if (owner == 0) registerNode(institution);
        }
        start(study);
    }

    function running() internal returns (Study) {
        return running(parameters());
    }

    /// @dev A publication of the next rounds, to which institutions 1 and 2 contributed in every one.
    function publication(Study study, uint32 round) internal view returns (Publication memory p) {
        (uint32 last, bytes32 parent,) = study.lineageHead();
        p.round = round;
        p.parent = parent;
        p.digest = keccak256(abi.encode("model", round));
        p.contributions = new Contribution[](2);
        p.contributions[0] = Contribution(1, round - last);
        p.contributions[1] = Contribution(2, round - last);
        p.envelopesRoot = keccak256("envelopes");
        p.roundRecord = keccak256("record");
    }

    function publish(Study study, uint32 institution, Publication memory p) internal returns (bytes32) {
        vm.prank(nodeOf(institution));
        return study.publish(p);
    }

    function attest(Study study, uint32 institution, bytes32 checkpoint) internal {
        vm.prank(nodeOf(institution));
        study.attest(checkpoint, Level.SetChecked);
    }

    /// @dev A checkpoint's identity.
    function identity(uint32 version, Publication memory p) internal pure returns (bytes32) {
        return keccak256(abi.encode(version, p));
    }

    /// @dev A final checkpoint: published by institution 1, attested by 2.
    function finalise(Study study, uint32 round) internal returns (bytes32 checkpoint) {
        checkpoint = publish(study, 1, publication(study, round));
        attest(study, 2, checkpoint);
    }

    function benefitsOf(Study study) internal view returns (Benefits) {
        return Benefits(study.benefits());
    }

    // --- small things ----------------------------------------------------------------------------

    /// @dev The next call of this contract must emit the event that the test emits now.
    function expect(address emitter) internal {
        vm.expectEmit(emitter);
    }

    function refused(bytes4 reason) internal {
        vm.expectRevert(reason);
    }

    function equal(Authorisation left, Authorisation right) internal pure {
        vm.assertEq(uint256(left), uint256(right));
    }

    function equal(Standing left, Standing right) internal pure {
        vm.assertEq(uint256(left), uint256(right));
    }

    function equal(NodeStanding left, NodeStanding right) internal pure {
        vm.assertEq(uint256(left), uint256(right));
    }

    function equal(StudyState left, StudyState right) internal pure {
        vm.assertEq(uint256(left), uint256(right));
    }

    function equal(Settlement left, Settlement right) internal pure {
        vm.assertEq(uint256(left), uint256(right));
    }

    function standingOf(uint32 institution) internal view returns (Standing standing) {
        (standing,,,,,,,) = swarm.institution(institution);
    }

    /// @dev The next call is refused with an error and its arguments.
    function refused(bytes memory reason) internal {
        vm.expectRevert(reason);
    }

    function one(address value) internal pure returns (address[] memory list) {
        list = new address[](1);
        list[0] = value;
    }

    function one(bytes memory value) internal pure returns (bytes[] memory list) {
        list = new bytes[](1);
        list[0] = value;
    }

    function decimal(uint256 number) internal pure returns (bytes memory digits) {
        do {
            digits = abi.encodePacked(uint8(48 + number % 10), digits);
            number /= 10;
        } while (number != 0);
    }
}
