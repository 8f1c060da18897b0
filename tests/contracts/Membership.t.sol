// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ISwarm} from "contracts/interfaces/ISwarm.sol";
import {Standing} from "contracts/interfaces/Types.sol";
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

    function wrong(bytes memory call, uint32 institution, Standing standing) private {
        uint256 proposal = carry(address(swarm), call);
        bytes32 description = descriptionHash(proposal);
        refused(abi.encodeWithSelector(ISwarm.SwarmStandingWrong.selector, institution, standing));
        governor.execute(one(address(swarm)), new uint256[](1), one(call), description);
    }
}
