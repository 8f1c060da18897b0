// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ISwarm} from "contracts/interfaces/ISwarm.sol";
import {Standing} from "contracts/interfaces/Types.sol";
import {Dice} from "./support/Dice.sol";
import {House} from "./support/House.sol";
import {vm} from "./support/Vm.sol";

contract MembershipTest is House {
    function test_AdmittedByVote() public {
        uint32 institution = applyNext();
        bytes memory call = abi.encodeCall(swarm.admit, (institution));
        uint256 proposal = carry(address(swarm), call);
        expect(address(swarm));
        emit ISwarm.InstitutionAdmitted(institution);
        execute(proposal, address(swarm), call);

        equal(standingOf(institution), Standing.Member);
        vm.assertTrue(swarm.isMember(institution));
        vm.assertEq(swarm.memberCount(), 4);
        holdHistory();
    }

    function test_AdmissionNeedsAnApplicant() public {
        wrong(abi.encodeCall(swarm.admit, (1)), 1, Standing.Member);
        wrong(abi.encodeCall(swarm.admit, (9)), 9, Standing.Unknown);
        depart(3);
        wrong(abi.encodeCall(swarm.admit, (3)), 3, Standing.Left);
        expel(2);
        wrong(abi.encodeCall(swarm.admit, (2)), 2, Standing.Expelled);
    }

    function test_ExpelledByVote() public {
        bytes memory call = abi.encodeCall(swarm.expel, (3));
        uint256 proposal = carry(address(swarm), call);
        uint256 at = vm.getBlockTimestamp();
        expect(address(swarm));
        emit ISwarm.InstitutionExpelled(3);
        execute(proposal, address(swarm), call);

        equal(standingOf(3), Standing.Expelled);
        (,,,,,, uint48 leftAt,) = swarm.institution(3);
        vm.assertEq(leftAt, at);
        vm.assertFalse(swarm.isMember(3));
        vm.assertEq(swarm.memberCount(), 2);
        holdHistory();
    }

    function test_ExpulsionNeedsAMember() public {
        applyNext();
        wrong(abi.encodeCall(swarm.expel, (4)), 4, Standing.Applicant);
    }

    function test_LeavesForEver() public {
        expect(address(swarm));
        emit ISwarm.InstitutionLeft(3);
        vm.prank(account(3));
        swarm.leave();
        equal(standingOf(3), Standing.Left);
        vm.assertEq(swarm.institutionOf(account(3)), 3);

        refused(abi.encodeWithSelector(ISwarm.SwarmNotMember.selector, account(3)));
        vm.prank(account(3));
        swarm.leave();
        holdHistory();
    }

    function test_DecisionsAreTheGovernorsAlone() public {
        vm.startPrank(account(1));
        bytes memory reason = abi.encodeWithSelector(ISwarm.SwarmNotByVote.selector, account(1));
        refused(reason);
        swarm.admit(4);
        refused(reason);
        swarm.expel(2);
        refused(reason);
        swarm.recoverAccount(2, account(9));
        refused(reason);
        swarm.setCharter(DOCUMENT);
    }

    function test_TheCharterIsSetByVote() public {
        bytes memory call = abi.encodeCall(swarm.setCharter, (DOCUMENT));
        uint256 proposal = carry(address(swarm), call);
        expect(address(swarm));
        emit ISwarm.CharterSet(DOCUMENT);
        execute(proposal, address(swarm), call);
        vm.assertEq(swarm.charter(), DOCUMENT);
        holdHistory();
    }

    function test_MembersOverTime() public {
        uint256 founded = START;
        uint256 before = vm.getBlockTimestamp();
        join();
        uint256 joined = vm.getBlockTimestamp() - 1;
        depart(2);
        uint256 left = vm.getBlockTimestamp();
        pass(10);

        vm.assertEq(swarm.memberCountAt(founded - 1), 0);
        vm.assertEq(swarm.memberCountAt(founded), 3);
        vm.assertEq(swarm.memberCountAt(before), 3);
        vm.assertEq(swarm.memberCountAt(joined), 4);
        vm.assertEq(swarm.memberCountAt(left), 3);
        vm.assertTrue(swarm.voterSince(account(4), joined) == 4);
        vm.assertFalse(swarm.voterSince(account(4), joined - 1) != 0);
        vm.assertFalse(swarm.voterSince(account(2), founded) != 0);
    }

    function test_WhoDepartedBetweenTwoTimes() public {
        uint256 before = vm.getBlockTimestamp();
        pass(1);
        join();
        depart(4);
        depart(2);
        uint256 at = vm.getBlockTimestamp();
        pass(1);
        depart(1);

        vm.assertEq(swarm.departed(before, at - 1).length, 0, "nobody yet");
        // Institution 4 joined after `before`, so it never was a voter of then.
        uint32[] memory gone = swarm.departed(before, at);
        vm.assertEq(gone.length, 1);
        vm.assertEq(gone[0], 2);
        vm.assertEq(swarm.departed(before, at + 1).length, 2);
        vm.assertEq(swarm.departed(at, at + 1).length, 1);
        vm.assertEq(swarm.departed(at, at).length, 0);
        vm.assertEq(swarm.departed(at, before).length, 0, "backwards");
    }

    function test_TheMemberThatAnAccountSpeaksFor() public {
        applyNext();
        vm.assertEq(swarm.memberOf(account(2)), 2);
        vm.assertEq(swarm.memberOf(account(4)), 0, "applicant");
        vm.assertEq(swarm.memberOf(account(9)), 0, "stranger");
        vm.assertEq(swarm.memberOf(address(0)), 0, "nobody");
        bytes memory proof = rotationProof(2, accountKey(30), FOREVER);
        vm.prank(account(2));
        swarm.rotateAccount(account(30), FOREVER, proof);
        vm.assertEq(swarm.memberOf(account(2)), 0, "account of former times");
        vm.assertEq(swarm.memberOf(account(30)), 2);
        depart(3);
        vm.assertEq(swarm.memberOf(account(3)), 0, "left");
        vm.prank(address(governor));
        swarm.expel(1);
        vm.assertEq(swarm.memberOf(account(1)), 0, "expelled");
    }

    function test_NobodyAmongNone() public view {
        vm.assertEq(swarm.membersAmong(new uint32[](0)).length, 0);
    }

    /// @dev Unordered, repeated, far apart, of former members and of numbers that nobody has.
    function test_MembersAmongAny() public {
        grow(600);
        depart(2);
        depart(300);
        uint32[10] memory numbers = [uint32(600), 1, 600, 2, 257, 256, 300, 255, type(uint32).max, 0];
        uint32[] memory asked = new uint32[](numbers.length);
        for (uint256 i = 0; i < asked.length; ++i) {
            asked[i] = numbers[i];
        }
        uint256[] memory bits = swarm.membersAmong(asked);
        vm.assertEq(bits.length, 1);
        vm.assertEq(bits[0], 1 + 2 + 4 + 16 + 32 + 128);
    }

    /// @dev However many are asked about, each bit is what `isMember` says.
    /// @dev Neighbours share a word; whoever comes after another word's has its own looked up.
    function test_MembersAmongAnyInWhateverOrder() public {
        grow(300);
        depart(300);
        uint32[] memory asked = new uint32[](3);
        (asked[0], asked[1], asked[2]) = (300, 130, 256 + 130);
        vm.assertEq(swarm.membersAmong(asked)[0], 2);
        (asked[0], asked[1], asked[2]) = (1 << 16, 1, 1 << 16);
        vm.assertEq(swarm.membersAmong(asked)[0], 2);
        (asked[0], asked[1], asked[2]) = (130, 300, 299);
        vm.assertEq(swarm.membersAmong(asked)[0], 5);
    }

    function testFuzz_MembersAmongMany(uint256 seed) public {
        Dice memory dice = Dice(seed);
        grow(12);
        for (uint256 i = dice.throw_(0, 5); i != 0; --i) {
            uint32 gone = uint32(dice.throw_(1, 12));
            if (swarm.isMember(gone)) depart(gone);
        }
        uint32[] memory asked = new uint32[](dice.throw_(0, 600));
        for (uint256 i = 0; i < asked.length; ++i) {
            asked[i] = uint32(dice.coin(9) ? dice.throw_(0, type(uint32).max) : dice.throw_(0, 13));
        }
        uint256[] memory bits = swarm.membersAmong(asked);
        vm.assertEq(bits.length, (asked.length + 255) / 256);
        for (uint256 i = 0; i < 256 * bits.length; ++i) {
            bool is_ = i < asked.length && swarm.isMember(asked[i]);
            vm.assertTrue(((bits[i / 256] >> (i % 256)) & 1 == 1) == is_);
        }
    }

    function wrong(bytes memory call, uint32 institution, Standing standing) private {
        uint256 proposal = carry(address(swarm), call);
        bytes32 description = descriptionHash(proposal);
        refused(abi.encodeWithSelector(ISwarm.SwarmStandingWrong.selector, institution, standing));
        governor.execute(one(address(swarm)), new uint256[](1), one(call), description);
    }
}
