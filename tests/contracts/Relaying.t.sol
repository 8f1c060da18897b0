// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Nonces} from "@openzeppelin/contracts/utils/Nonces.sol";
import {IRelay} from "contracts/interfaces/IRelay.sol";
import {RelayRequest} from "contracts/interfaces/Types.sol";
import {Acts} from "./support/Acts.sol";
import {Functions} from "./support/Functions.sol";
import {vm} from "./support/Vm.sol";

/// @title Every act can be signed offline and sent by anyone, once, as it was signed and in no other way
abstract contract RelayingTest is Acts {
    mapping(bytes4 selector => bool) private _known;

    /// @dev What is neither an act nor here has been forgotten.
    function test_EveryActIsInTheTable() public {
        for (uint256 i = 0; i < acts.length; ++i) {
            _known[bytes4(acts[i].data)] = true;
        }
        bytes4[11] memory nobodys = [
            swarm.found.selector,
            swarm.admit.selector,
            swarm.expel.selector,
            swarm.recoverAccount.selector,
            swarm.setCharter.selector,
            governor.setVotingRules.selector,
            governor.relay.selector,
            governor.queue.selector,
            study.initialize.selector,
            benefits.initialize.selector,
            benefits.agree.selector
        ];
        for (uint256 i = 0; i < nobodys.length; ++i) {
            vm.assertFalse(_known[nobodys[i]]);
            _known[nobodys[i]] = true;
        }
        string[5] memory contracts = ["Swarm", "SwarmGovernor", "Studies", "Study", "Benefits"];
        for (uint256 i = 0; i < contracts.length; ++i) {
            string[] memory functions = Functions.ofContract(contracts[i]);
            for (uint256 j = 0; j < functions.length; ++j) {
                vm.assertTrue(_known[bytes4(keccak256(bytes(functions[j])))], functions[j]);
            }
        }
    }

    /// @dev The same answer and the same records, to the last byte, and a nonce used.
    function test_AsIfTheAccountHadCalled() public {
        for (uint256 i = 0; i < acts.length; ++i) {
            Act memory act = acts[i];
            uint256 state = vm.snapshotState();
            vm.prank(act.from);
            (bool done, bytes memory answer) = act.to.call(act.data);
            vm.assertTrue(done, act.name);
            bytes32 head = history.head();
            vm.getRecordedLogs();
            vm.revertToState(state);

            (RelayRequest memory r, bytes memory signature_) = requested(act);
            expect(address(relay));
            emit IRelay.Relayed(act.from, act.to, r.nonce);
            vm.prank(vm.addr(0xD0000000));
            vm.assertEq(relay.relay(r, signature_), answer);
            vm.assertEq(history.head(), head, act.name);
            vm.assertEq(nonceOf(r), r.nonce + 1, act.name);
            holdHistory();
            vm.revertToState(state);
        }
    }

    function test_NotTwice() public {
        for (uint256 i = 0; i < acts.length; ++i) {
            uint256 state = vm.snapshotState();
            (RelayRequest memory r, bytes memory signature_) = requested(acts[i]);
            relay.relay(r, signature_);
            refuse(r, signature_, abi.encodeWithSelector(Nonces.InvalidAccountNonce.selector, r.from, r.nonce + 1));
            vm.revertToState(state);
        }
    }

    function test_NotAfterItsDeadline() public {
        uint256 deadline = vm.getBlockTimestamp();
        for (uint256 i = 0; i < acts.length; ++i) {
            (RelayRequest memory r,) = requested(acts[i]);
            r.deadline = deadline;
            bytes memory signature_ = signed(r);
            vm.warp(deadline + 1);
            refuse(r, signature_, abi.encodeWithSelector(IRelay.RelayDeadlineOver.selector, deadline));
            vm.warp(deadline);
            counts(r, signature_);
        }
    }

    function test_NotOnAnotherChain() public {
        uint256 here = block.chainid;
        for (uint256 i = 0; i < acts.length; ++i) {
            (RelayRequest memory r, bytes memory signature_) = requested(acts[i]);
            vm.chainId(here + 1);
            refuse(r, signature_, invalid(r));
            vm.chainId(here);
            counts(r, signature_);
        }
    }

    /// @dev Nor to another contract of the house.
    function test_NotInAnotherStudy() public {
        for (uint256 i = 0; i < acts.length; ++i) {
            (RelayRequest memory r, bytes memory signature_) = requested(acts[i]);
            r.to = acts[i].to == address(benefits)
                ? unstarted.benefits()
                : acts[i].to == address(study) ? address(unstarted) : address(study);
            refuse(r, signature_, invalid(r));
            r.to = acts[i].to;
            counts(r, signature_);
        }
    }

    function testFuzz_NotWithAnotherByte(uint256 which, uint256 where, bytes1 change) public {
        vm.assume(change != 0);
        (RelayRequest memory r, bytes memory signature_) = requested(acts[which % acts.length]);
        where %= r.data.length;
        r.data[where] ^= change;
        refuse(r, signature_, invalid(r));
        r.data[where] ^= change;
        counts(r, signature_);
    }

    function test_NotWithMoreOrLess() public {
        for (uint256 i = 0; i < acts.length; ++i) {
            (RelayRequest memory r, bytes memory signature_) = requested(acts[i]);
            r.data = bytes.concat(acts[i].data, hex"00");
            refuse(r, signature_, invalid(r));
            r.data = "";
            refuse(r, signature_, invalid(r));
            r.data = acts[i].data;
            counts(r, signature_);
        }
    }

    function test_NotForAnother() public {
        address[3] memory others = [account(2), stranger(), address(0)];
        for (uint256 i = 0; i < acts.length; ++i) {
            (RelayRequest memory r, bytes memory signature_) = requested(acts[i]);
            for (uint256 j = 0; j < others.length; ++j) {
                r.from = others[j];
                refuse(r, signature_, invalid(r));
            }
            r.from = acts[i].from;
            counts(r, signature_);
        }
    }

    function test_NotWithAnotherNonceOrDeadline() public {
        for (uint256 i = 0; i < acts.length; ++i) {
            (RelayRequest memory r, bytes memory signature_) = requested(acts[i]);
            ++r.nonce;
            refuse(r, signature_, invalid(r));
            --r.nonce;
            --r.deadline;
            refuse(r, signature_, invalid(r));
            ++r.deadline;
            counts(r, signature_);
        }
    }

    function test_NotWithAMalformedSignature() public {
        for (uint256 i = 0; i < acts.length; ++i) {
            (RelayRequest memory r, bytes memory signature_) = requested(acts[i]);
            refuse(r, "", invalid(r));
            refuse(r, new bytes(signature_.length), invalid(r));
            refuse(r, shortened(signature_), invalid(r));
            refuse(r, bytes.concat(signature_, hex"00"), invalid(r));
            signature_[7] ^= 0x01;
            refuse(r, signature_, invalid(r));
            signature_[7] ^= 0x01;
            counts(r, signature_);
        }
    }

    /// @dev Whatever is signed, the relay calls contracts of the house alone.
    function test_NotOutsideTheHouse() public {
        address[6] memory outside =
            [address(relay), address(history), studies.STUDY(), studies.BENEFITS(), account(2), address(this)];
        for (uint256 i = 0; i < acts.length; ++i) {
            (RelayRequest memory r,) = requested(acts[i]);
            for (uint256 j = 0; j < outside.length; ++j) {
                r.to = outside[j];
                refuse(r, signed(r), abi.encodeWithSelector(IRelay.RelayTargetForbidden.selector, outside[j]));
            }
        }
    }

    /// @dev Who may not do it directly may not do it by relay, and learns the same reason.
    function test_TheContractsOwnRefusalComesThrough() public {
        address who = stranger();
        for (uint256 i = 0; i < acts.length; ++i) {
            uint256 state = vm.snapshotState();
            vm.prank(who);
            (bool done, bytes memory answer) = acts[i].to.call(acts[i].data);
            vm.revertToState(state);
            RelayRequest memory r = request(who, acts[i].to, acts[i].data);
            if (done) counts(r, signed(r));
            else refuse(r, signed(r), answer);
        }
    }

    function requested(Act memory act) internal returns (RelayRequest memory r, bytes memory signature_) {
        r = request(act.from, act.to, act.data);
        signature_ = signed(r);
    }

    /// @dev It is refused for this reason, and leaves no trace: neither a record nor a nonce used.
    function refuse(RelayRequest memory r, bytes memory signature_, bytes memory reason) internal {
        uint256 nonce = nonceOf(r);
        bytes32 head = history.head();
        (bool done, bytes memory answer) = address(relay).call(abi.encodeCall(relay.relay, (r, signature_)));
        vm.assertFalse(done);
        vm.assertEq(answer, reason);
        vm.assertEq(nonceOf(r), nonce);
        vm.assertEq(history.head(), head);
    }

    /// @dev The request as it was signed is done; afterwards everything is as before.
    function counts(RelayRequest memory r, bytes memory signature_) internal {
        uint256 state = vm.snapshotState();
        relay.relay(r, signature_);
        vm.revertToState(state);
    }

    function nonceOf(RelayRequest memory r) internal view returns (uint256) {
        return relay.nonces(r.from, uint192(r.nonce >> 64));
    }

    function invalid(RelayRequest memory r) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(IRelay.RelaySignatureInvalid.selector, r.from);
    }

    function shortened(bytes memory all) private pure returns (bytes memory part) {
        part = new bytes(all.length - 1);
        for (uint256 i = 0; i < part.length; ++i) {
            part[i] = all[i];
        }
    }
}

contract RelayingByKeyTest is RelayingTest {
    mapping(address => uint256) private _keys;

    function people() internal override returns (address, address, address, address) {
        return (keep(accountKey(1)), keep(nodeKey(1, 0)), keep(accountKey(9)), keep(accountKey(10)));
    }

    function stranger() internal override returns (address) {
        return keep(accountKey(11));
    }

    function signed(address from, bytes32 digest) internal view override returns (bytes memory) {
        return signature(_keys[from], digest);
    }

    function keep(uint256 key) private returns (address from) {
        from = vm.addr(key);
        _keys[from] = key;
    }
}

contract RelayingByTwoOfThreeTest is RelayingTest {
    function people() internal override returns (address, address, address, address) {
        return (twoOfThree(), twoOfThree(), twoOfThree(), twoOfThree());
    }

    function stranger() internal override returns (address) {
        return twoOfThree();
    }

    function signed(address, bytes32 digest) internal pure override returns (bytes memory) {
        return agreed(22, 20, digest);
    }

    /// @dev Each pair of the three, but nobody alone and nobody else.
    function test_TwoOfTheThree() public {
        uint32[2][3] memory pairs = [[uint32(20), 21], [uint32(21), 22], [uint32(22), 20]];
        (RelayRequest memory r,) = requested(acts[0]);
        bytes32 digest = requestDigest(r);
        for (uint256 i = 0; i < 3; ++i) {
            counts(r, agreed(pairs[i][0], pairs[i][1], digest));
            refuse(r, agreed(pairs[i][0], pairs[i][0], digest), invalid(r));
            refuse(r, agreed(pairs[i][0], 23, digest), invalid(r));
            refuse(r, signature(accountKey(pairs[i][0]), digest), invalid(r));
        }
    }
}
