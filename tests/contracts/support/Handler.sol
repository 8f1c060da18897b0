// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Study} from "contracts/Study.sol";
import {IBenefits} from "contracts/interfaces/IBenefits.sol";
import {Parameters, Part, Settlement} from "contracts/interfaces/Types.sol";
import {Dice} from "./Dice.sol";
import {Privileges} from "./Privileges.sol";
import {vm} from "./Vm.sol";

/// @title People who do anything at any time
/// @notice What they do in the swarm and in studies is in `SwarmActs` and `StudyActs`; here is the rest: money, time,
///         and what nobody may do. An act never reverts: what is refused is counted, and what is done is in the logs.
abstract contract Handler is Privileges {
    uint32 private constant FOUNDERS = 3;
    uint32 private constant MEMBERS = 5;
    uint256 private constant MOST_REVENUES = 4;

    /// @dev Five members, two of them contracts of three persons, train in a study that has a final checkpoint.
    function setUp() public virtual override {
        super.setUp();
        for (uint32 institution = 1; institution <= FOUNDERS; ++institution) {
            knowKey(accountKey(institution));
            knowKey(nodeKey(institution, 0));
        }
        for (uint32 institution = FOUNDERS + 1; institution <= MEMBERS; ++institution) {
            directly(newPersons(), address(swarm), abi.encodeCall(swarm.applyToJoin, (profile())));
            uint256 proposal = decide(abi.encodeCall(swarm.admit, (institution)));
            _proposals[proposal].due = true;
            pass(1);
        }
        train();
        for (uint256 i = 0; i < PAYEES; ++i) {
            _known.push(knowKey(0xC0000000 + i));
        }
        _known.push(knowKey(0xD0000000));
        _known.push(deployer());
        _now = vm.getBlockTimestamp();
        _block = vm.getBlockNumber();
        _lastTime = _now;
    }

    function train() private {
        Parameters memory p = parameters();
        p.consentMaxAge = 20 days;
        p.quorum = 3;
        Study study = running(p);
        for (uint32 institution = FOUNDERS + 1; institution <= MEMBERS; ++institution) {
            bytes memory data =
                abi.encodeCall(study.sign, (1, sha256(TERMS), keccak256(abi.encode(p)), DOCUMENT, DOCUMENT));
            directly(accountOf(institution), address(study), data);
            address node = newKey();
            string memory type_ = "NodeRegistration(uint32 institution,address node,uint256 deadline)";
            bytes memory proof = signedBy(node, proofDigest(type_, institution, node, FOREVER));
            data = abi.encodeCall(swarm.registerNode, (node, FOREVER, proof));
            directly(accountOf(institution), address(swarm), data);
        }
        attest(study, 3, finalise(study, 1));
        pass(1);
    }

    /// @dev Every act, by name.
    function acts() public pure returns (bytes4[] memory list) {
        list = new bytes4[](35);
        list[0] = this.applyForMembership.selector;
        list[1] = this.leaveSwarm.selector;
        list[2] = this.rotate.selector;
        list[3] = this.register.selector;
        list[4] = this.revoke.selector;
        list[5] = this.registerValidator.selector;
        list[6] = this.removeValidator.selector;
        list[7] = this.proposeSomething.selector;
        list[8] = this.castVote.selector;
        list[9] = this.agree.selector;
        list[10] = this.decideTogether.selector;
        list[11] = this.voteAgain.selector;
        list[12] = this.carryOut.selector;
        list[13] = this.takeBack.selector;
        list[14] = this.openStudy.selector;
        list[15] = this.signTerms.selector;
        list[16] = this.signTogether.selector;
        list[17] = this.declineTerms.selector;
        list[18] = this.withdrawFromStudy.selector;
        list[19] = this.renewConsent.selector;
        list[20] = this.startStudy.selector;
        list[21] = this.amendTerms.selector;
        list[22] = this.amendTogether.selector;
        list[23] = this.closeStudy.selector;
        list[24] = this.publishCheckpoint.selector;
        list[25] = this.trainTogether.selector;
        list[26] = this.publishAgain.selector;
        list[27] = this.attestCheckpoint.selector;
        list[28] = this.vouch.selector;
        list[29] = this.goOnAfterwards.selector;
        list[30] = this.declareRevenue.selector;
        list[31] = this.payShare.selector;
        list[32] = this.confirmShare.selector;
        list[33] = this.waitLong.selector;
        list[34] = this.overreach.selector;
    }

    // --- money -----------------------------------------------------------------------------------

    function declareRevenue(uint256 seed) external act(seed) {
        Dice memory dice = cast(seed);
        address study = some(dice);
        if (_revenues[study].length < MOST_REVENUES) declare(dice, study);
    }

    function declare(Dice memory dice, address study) private {
        address by = mostly(dice, accountOf(someMember(dice)));
        uint256 most = dice.coin(2) ? 100 : dice.coin(2) ? 10 ** 9 : type(uint128).max;
        uint128 amount = uint128(dice.throw_(dice.coin(8) ? 0 : 1, most));
        bytes3 currency = dice.coin(12) ? bytes3("eur") : bytes3("EUR");
        bytes memory data = abi.encodeCall(IBenefits.declare, (currency, amount, DOCUMENT, "", 0));
        attempt(dice, by, _research[study].benefits, data);
    }

    /// @dev Pays some shares of a revenue.
    function payShare(uint256 seed) external act(seed) {
        Dice memory dice = cast(seed);
        address study = some(dice);
        if (_revenues[study].length == 0) declare(dice, study);
        uint32 declared = uint32(_revenues[study].length);
        uint32 revenue = declared == 0 || dice.coin(8) ? declared + 1 : uint32(dice.throw_(1, declared));
        uint32 payer = revenue > declared ? 1 : _revenues[study][revenue - 1].institution;
        address by = mostly(dice, accountOf(payer));
        for (uint256 i = 0; i < 6; ++i) {
            (Part part, uint32 receiver) = line(dice, study);
            bytes32 document = dice.coin(12) ? bytes32(0) : DOCUMENT;
            bytes memory data = abi.encodeCall(IBenefits.pay, (revenue, part, receiver, document));
            if (!attempt(dice, by, _research[study].benefits, data) || dice.coin(2)) continue;
            confirm(dice, _lines[_paid[_paid.length - 1]]);
        }
    }

    function confirmShare(uint256 seed) external act(seed) {
        Dice memory dice = cast(seed);
        address study = some(dice);
        (Part part, uint32 receiver) = line(dice, study);
        Line memory l = Line(study, 1, part, receiver, 0, Settlement.Open);
        if (_paid.length != 0 && !dice.coin(8)) l = _lines[_paid[dice.throw_(0, _paid.length - 1)]];
        confirm(dice, l);
    }

    function confirm(Dice memory dice, Line memory l) private {
        bytes memory data = abi.encodeCall(IBenefits.confirm, (l.revenue, l.part, l.receiver));
        attempt(dice, mostly(dice, receiverOf(l)), _research[l.study].benefits, data);
    }

    // --- time, and what nobody may do ------------------------------------------------------------

    /// @dev Beyond voting periods, consents and terms.
    function waitLong(uint256 seed) external act(seed) {
        Dice memory dice = cast(seed);
        _now += dice.throw_(1, dice.coin(2) ? 3 : 30) * 1 days;
    }

    /// @dev Anybody tries what nobody may, or what was done already.
    function overreach(uint256 seed) external act(seed) {
        Dice memory dice = cast(seed);
        sendAgain(dice);
        Call[] memory calls = reserved(some(dice));
        Call memory call_ = calls[dice.throw_(0, calls.length - 1)];
        address by = anybody(dice);
        // A study appends, and agrees with its benefits on shares; no person can make it.
        if (!canSign(by)) by = deployer();
        // What is no contract of the house, or not yet, cannot be called by relay.
        bool relayable = call_.to == address(swarm) || call_.to == address(governor);
        bool done = relayable ? attempt(dice, by, call_.to, call_.data) : directly(by, call_.to, call_.data);
        holds("what nobody may is not done", !done);
    }

    // --- choices ---------------------------------------------------------------------------------

    /// @dev A share that someone may be owed.
    function line(Dice memory dice, address study) private view returns (Part part, uint32 receiver) {
        part = Part(dice.throw_(0, 3));
        receiver = someInstitution(dice);
        if (part == Part.Own || part == Part.Patients) return (part, receiver);
        uint32[] storage chapters = _research[study].chapters;
        receiver = chapters[dice.throw_(0, chapters.length - 1)];
        if (part == Part.Named) receiver = (receiver << 16) + uint32(dice.throw_(0, PAYEES));
    }

    function receiverOf(Line memory l) private view returns (address) {
        if (l.part == Part.Named) {
            address[] storage named = _terms[l.study][l.receiver >> 16].payees;
            uint256 index = uint16(l.receiver);
            return index < named.length ? named[index] : address(0);
        }
        return accountOf(l.part == Part.Remainder ? _terms[l.study][l.receiver].remainderTo : l.receiver);
    }

    function deployer() internal pure returns (address) {
        return vm.addr(0xE0000001);
    }
}
