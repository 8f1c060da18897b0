// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Relay} from "contracts/Relay.sol";
import {RelayRequest} from "contracts/interfaces/Types.sol";
import {vm} from "../support/Vm.sol";
import {Called, OpenHouse, SignedOnce} from "./support/StandIns.sol";
import {svm} from "./support/Symbolic.sol";

/// @title What a request that was signed once lets happen, and for whom
/// @dev For every request of one word of data, and whatever was relayed before.
contract RequestingCheck {
    Relay private relay;
    Relay private another;
    SignedOnce private signer;

    Called private called;

    function setUp() public {
        address house = address(new OpenHouse());
        relay = new Relay(house);
        another = new Relay(house);
        signer = new SignedOnce();
        called = new Called();
        svm.enableSymbolicStorage(address(relay));
        svm.enableSymbolicStorage(address(another));
        svm.enableSymbolicStorage(address(signer));
    }

    function check_OneSignatureOneAct(
        bytes32 data,
        uint256 nonce,
        uint256 deadline,
        bytes32 data2,
        uint256 nonce2,
        uint256 deadline2
    ) public {
        relay.relay(request(data, nonce, deadline), "");
        // Unless it was a question, which changes nothing.
        assert(
            bytes4(data) == called.calls.selector || bytes4(data) == called.from.selector
                || (called.calls() == 1 && called.from() == address(signer))
        );
        try relay.relay(request(data2, nonce2, deadline2), "") {
            assert(false);
        } catch {}
    }

    function check_OneRelayOnly(
        bytes32 data,
        uint256 nonce,
        uint256 deadline,
        bytes32 data2,
        uint256 nonce2,
        uint256 deadline2
    ) public {
        relay.relay(request(data, nonce, deadline), "");
        try another.relay(request(data2, nonce2, deadline2), "") {
            assert(false);
        } catch {}
    }

    /// @dev The relay's code and address are the same on both, as after a fork.
    function check_OneChainOnly(
        bytes32 data,
        uint256 nonce,
        uint256 deadline,
        bytes32 data2,
        uint256 nonce2,
        uint64 here,
        uint64 there
    ) public {
        vm.assume(here != there);
        vm.chainId(here);
        Relay forked = new Relay(address(relay.HISTORY()));
        forked.relay(request(data, nonce, deadline), "");
        vm.chainId(there);
        try forked.relay(request(data2, nonce2, deadline), "") {
            assert(false);
        } catch {}
    }

    function check_NothingAfterItsDeadline(bytes32 data, uint256 nonce, uint256 deadline, uint256 time) public {
        vm.warp(time);
        relay.relay(request(data, nonce, deadline), "");
        assert(time <= deadline);
    }

    function request(bytes32 data, uint256 nonce, uint256 deadline) private view returns (RelayRequest memory) {
        return RelayRequest(address(signer), address(called), abi.encode(data), nonce, deadline);
    }
}
