// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {History} from "contracts/History.sol";
import {Swarm} from "contracts/Swarm.sol";
import {vm} from "../support/Vm.sol";
import {SignedOnce, SilentHistory} from "./support/StandIns.sol";
import {svm} from "./support/Symbolic.sol";

/// @title What is signed once counts for one thing, at one contract, on one chain
/// @dev For every digest, and in every state of the swarms: two acts that the same signature lets happen are the same
///      act. Keccak is taken to be free of collisions.
contract ProofsCheck {
    enum Kind {
        Account,
        Node,
        Validator
    }

    struct Act {
        Kind kind;
        uint32 institution;
        uint256 deadline;
    }

    address private silent;
    Swarm private swarm;
    Swarm private another;
    History private history;
    SignedOnce private signer;

    function setUp() public {
        silent = address(new SilentHistory());
        swarm = make();
        another = make();
        history = new History(address(0x51), address(0x60), address(0x57));
        signer = new SignedOnce();
        svm.enableSymbolicStorage(address(signer));
    }

    function check_OneActOnly(Act calldata one, Act calldata other) public {
        vm.assume(happens(swarm, one) && happens(swarm, other));
        assert(one.kind == other.kind && one.institution == other.institution && one.deadline == other.deadline);
    }

    function check_OneContractOnly(Act calldata one, Act calldata other) public {
        vm.assume(happens(swarm, one));
        assert(!happens(another, other));
    }

    function check_OneChainOnly(Act calldata one, Act calldata other, uint64 here, uint64 there) public {
        vm.assume(here != there);
        vm.chainId(here);
        Swarm copied = make();
        vm.assume(happens(copied, one));
        vm.chainId(there);
        assert(!happens(copied, other));
    }

    /// @dev Who countersigns a head registers nothing by it, nor the other way round.
    function check_NoActIsACountersignature(Act calldata act, uint256 length, bytes32 head) public {
        vm.assume(happens(swarm, act));
        (bool done,) = address(history).call(abi.encodeCall(history.countersign, (address(signer), length, head, "")));
        assert(!done);
    }

    function check_OneCountersignatureOnly(uint256 length, bytes32 head, uint256 otherLength, bytes32 otherHead)
        public
    {
        history.countersign(address(signer), length, head, "");
        history.countersign(address(signer), otherLength, otherHead, "");
        assert(length == otherLength && head == otherHead);
    }

    function make() private returns (Swarm made) {
        made = new Swarm(silent, address(0x60), address(0x57), address(0x4e), "charter", "founders");
        svm.enableSymbolicStorage(address(made));
    }

    /// @dev Whether a swarm lets an act happen with the signer's consent; it does not happen.
    function happens(Swarm where, Act calldata act) private returns (bool) {
        try this.attempt(where, act) {
            return false;
        } catch (bytes memory answer) {
            return answer.length == 32;
        }
    }

    /// @dev Undoes everything, so that the next attempt meets the same swarm.
    function attempt(Swarm where, Act calldata act) external {
        address account = svm.createAddress("account");
        // The relay says who acts; what it says is proved in `Requesting.t.sol`.
        vm.assume(account != where.trustedForwarder());
        vm.assume(where.institutionOf(account) == act.institution);
        vm.prank(account);
        if (act.kind == Kind.Account) where.rotateAccount(address(signer), act.deadline, "");
        else if (act.kind == Kind.Node) where.registerNode(address(signer), act.deadline, "");
        else where.registerValidator(address(signer), act.deadline, "");
        assembly {
            revert(0, 32)
        }
    }
}
