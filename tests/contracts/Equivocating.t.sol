// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Study} from "contracts/Study.sol";
import {IStudy} from "contracts/interfaces/IStudy.sol";
import {Level, Publication} from "contracts/interfaces/Types.sol";
import {House} from "./support/House.sol";
import {vm} from "./support/Vm.sol";

/// @title An institution speaks once for each round, version and parent, by whichever of its nodes
contract EquivocatingTest is House {
    Study private study;

    function setUp() public override {
        super.setUp();
        study = running();
        registerNode(1, 1);
    }

    function test_ASecondOneIsRecordedAndIsNoCheckpoint() public {
        bytes32 first = publish(study, 1, publication(study, 10));
        Publication memory p = another(10, "second");
        bytes32 second = identity(1, p);
        expect(address(study));
        emit IStudy.EquivocationRecorded(nodeOf(1), 10, 1, second);
        uint256 length = history.length();
        vm.prank(nodeOf(1));
        vm.assertEq(study.publish(p), second);
        vm.assertEq(history.length(), length + 1);

        refused(abi.encodeWithSelector(IStudy.StudyCheckpointUnknown.selector, second));
        attest(study, 2, second);
        attest(study, 2, first);
        final_(first);
        holdHistory();
    }

    function test_ByAnotherNodeOfTheInstitution() public {
        publish(study, 1, publication(study, 10));
        Publication memory p = another(10, "second");
        expect(address(study));
        emit IStudy.EquivocationRecorded(nodeOf(1, 1), 10, 1, identity(1, p));
        vm.prank(nodeOf(1, 1));
        study.publish(p);
    }

    function test_AfterAFinalCheckpointToo() public {
        finalise(study, 10);
        publish(study, 1, publication(study, 20));
        Publication memory p = another(20, "second");
        expect(address(study));
        emit IStudy.EquivocationRecorded(nodeOf(1), 20, 1, identity(1, p));
        publish(study, 1, p);
    }

    /// @dev Whose node it was is on record, not who sent it.
    function test_ByRelayTheNodeIsOnRecord() public {
        publish(study, 1, publication(study, 10));
        Publication memory p = another(10, "second");
        expect(address(study));
        emit IStudy.EquivocationRecorded(nodeOf(1, 1), 10, 1, identity(1, p));
        relayed(nodeKey(1, 1), address(study), abi.encodeCall(study.publish, (p)));
        holdHistory();
    }

    /// @dev However many nodes it has, and whatever they publish.
    function test_RecordedOnce() public {
        publish(study, 1, publication(study, 10));
        publish(study, 1, another(10, "second"));
        bytes memory reason = abi.encodeWithSelector(IStudy.StudyEquivocatedAlready.selector, uint32(1), uint32(10));
        refusedBy(nodeOf(1), another(10, "second"), reason);
        refusedBy(nodeOf(1), another(10, "third"), reason);
        refusedBy(nodeOf(1, 1), another(10, "fourth"), reason);
    }

    function test_TheFirstOneAgainIsPublishedAlready() public {
        Publication memory p = publication(study, 10);
        bytes32 first = publish(study, 1, p);
        refusedBy(nodeOf(1, 1), p, abi.encodeWithSelector(IStudy.StudyPublishedAlready.selector, first));
        publish(study, 1, another(10, "second"));
        refusedBy(nodeOf(1), p, abi.encodeWithSelector(IStudy.StudyPublishedAlready.selector, first));
    }

    /// @dev One institution's fault takes the checkpoint from nobody else.
    function test_AnotherInstitutionMayPublishIt() public {
        publish(study, 1, publication(study, 10));
        Publication memory p = another(10, "second");
        bytes32 second = publish(study, 1, p);
        vm.assertEq(publish(study, 2, p), second);
        attest(study, 3, second);
        final_(second);
        (uint256 signed, uint256 contributed) = study.credit(2, 1);
        vm.assertEq(signed, 10);
        vm.assertEq(contributed, 10);
    }

    /// @dev Who has equivocated may still vouch for what others publish, its own second one included.
    function test_WhoEquivocatedStillAttests() public {
        publish(study, 1, publication(study, 10));
        Publication memory p = another(10, "second");
        publish(study, 1, p);
        bytes32 second = publish(study, 2, p);
        attest(study, 1, second);
        final_(second);
    }

    function test_AnEarlierRoundIsRefused() public {
        publish(study, 1, publication(study, 10));
        publish(study, 1, publication(study, 12));
        bytes memory reason = abi.encodeWithSelector(IStudy.StudyRoundWrong.selector, uint32(11));
        refusedBy(nodeOf(1), publication(study, 11), reason);
        refusedBy(nodeOf(1, 1), publication(study, 11), reason);
        refusedBy(nodeOf(1), another(10, "second"), abi.encodeWithSelector(IStudy.StudyRoundWrong.selector, uint32(10)));
        publish(study, 2, publication(study, 11));
    }

    function test_ALaterRoundIsNoEquivocation() public {
        publish(study, 1, publication(study, 10));
        publish(study, 1, another(10, "second"));
        bytes32 later = publish(study, 1, publication(study, 11));
        Publication memory p = another(11, "second");
        expect(address(study));
        emit IStudy.EquivocationRecorded(nodeOf(1), 11, 1, identity(1, p));
        publish(study, 1, p);
        attest(study, 2, later);
        final_(later);
    }

    /// @dev Once the lineage has moved on, the same round is published anew.
    function test_AnotherParentIsNoEquivocation() public {
        bytes32 early = publish(study, 3, publication(study, 20));
        finalise(study, 10);
        bytes32 again = publish(study, 3, publication(study, 20));
        vm.assertTrue(again != early);
        publish(study, 3, another(20, "second"));
        attest(study, 2, again);
        final_(again);
    }

    /// @dev Under the next terms the same round may be an earlier one than before, and is another checkpoint.
    function test_AnotherVersionIsNoEquivocation() public {
        Publication memory p = publication(study, 10);
        bytes32 early = publish(study, 1, p);
        publish(study, 1, publication(study, 30));
        vm.prank(account(1));
        study.amend(TERMS, parameters());
        for (uint32 institution = 1; institution <= 2; ++institution) {
            sign(study, institution, 2);
        }
        bytes32 again = publish(study, 1, p);
        vm.assertEq(again, identity(2, p));
        vm.assertTrue(again != early);
        attest(study, 2, again);
        final_(again);
    }

    /// @dev Not even for an institution that withdrew, signed again and has its seat and its past.
    function test_ComingBackDoesNotForget() public {
        publish(study, 3, publication(study, 10));
        withdraw(study, 3);
        sign(study, 3);
        bytes32 second = publish(study, 3, another(10, "second"));
        refused(abi.encodeWithSelector(IStudy.StudyCheckpointUnknown.selector, second));
        attest(study, 1, second);
    }

    function another(uint32 round, string memory model) private view returns (Publication memory p) {
        p = publication(study, round);
        p.digest = keccak256(bytes(model));
    }

    function final_(bytes32 checkpoint) private view {
        (, bytes32 head,) = study.lineageHead();
        vm.assertEq(head, checkpoint);
    }

    function refusedBy(address node, Publication memory p, bytes memory reason) private {
        refused(reason);
        vm.prank(node);
        study.publish(p);
    }
}
