// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Swarm} from "contracts/Swarm.sol";
import {NodeStanding, Standing} from "contracts/interfaces/Types.sol";
import {vm} from "../support/Vm.sol";
import {SilentHistory} from "./support/StandIns.sol";
import {svm} from "./support/Symbolic.sol";

/// @title What one call of the swarm can change, whoever makes it, whatever it says, in any swarm
/// @dev The swarm's storage holds anything that a founded swarm's may. One call changing nothing it should not, no
///      number of calls does.
contract StandingCheck {
    Swarm private swarm;

    function setUp() public {
        address silent = address(new SilentHistory());
        swarm = new Swarm(silent, address(0x60), address(0x57), address(0x4e), "charter", "founders");
        svm.enableSymbolicStorage(address(swarm));
        vm.assume(swarm.institutionCount() != 0);
    }

    /// @dev Membership, and the charter, are the members' decision; leaving alone is not.
    function check_OnlyTheGovernorDecides(address caller, uint32 number) public {
        vm.assume(caller != swarm.GOVERNOR());
        bytes32 charter = swarm.charter();
        uint256 members = swarm.memberCount();
        assumeGivenOrUnused(number);
        Standing before = standing(number);
        anyCall(caller);
        assert(swarm.charter() == charter);
        assert(swarm.memberCount() <= members);
        Standing then = standing(number);
        bool leaves = before == Standing.Member && then == Standing.Left;
        bool applies = before == Standing.Unknown && then == Standing.Applicant;
        assert(then == before || leaves || applies);
    }

    /// @dev An account is handed over by itself, or by vote.
    function check_NobodyElseTakesAnAccountOver(address caller, uint32 number) public {
        assumeGivenOrUnused(number);
        address before = account(number);
        vm.assume(before != address(0) && caller != before && caller != swarm.GOVERNOR());
        anyCall(caller);
        assert(account(number) == before);
    }

    function check_AnAddressIsAnInstitutionsForEver(address caller, address account_) public {
        uint32 number = swarm.institutionEver(account_);
        vm.assume(number != 0);
        anyCall(caller);
        assert(swarm.institutionEver(account_) == number);
    }

    function check_ANodeIsAnInstitutionsForEver(address caller, address key) public {
        (uint32 number, NodeStanding before) = swarm.node(key);
        vm.assume(number != 0);
        anyCall(caller);
        (uint32 then, NodeStanding after_) = swarm.node(key);
        assert(then == number);
        assert(after_ == before || after_ == NodeStanding.Revoked);
    }

    function check_WhoDepartedStaysAway(address caller, uint32 number) public {
        assumeGivenOrUnused(number);
        Standing before = standing(number);
        vm.assume(before == Standing.Left || before == Standing.Expelled);
        anyCall(caller);
        assert(standing(number) == before);
    }

    function anyCall(address caller) private {
        // The relay says who acts; what it says is proved in `Requesting.t.sol`.
        vm.assume(caller != swarm.trustedForwarder());
        bytes memory call = svm.createCalldata("Swarm");
        vm.prank(caller);
        (bool done,) = address(swarm).call(call);
        vm.assume(done);
    }

    /// @dev An institution's number, or one that is still to be given and that nothing is known of.
    function assumeGivenOrUnused(uint32 number) private view {
        bool unused = standing(number) == Standing.Unknown && account(number) == address(0);
        vm.assume(number <= swarm.institutionCount() || unused);
        vm.assume(swarm.isMember(number) == (standing(number) == Standing.Member));
    }

    function standing(uint32 number) private view returns (Standing answer) {
        (answer,,,,,,,) = swarm.institution(number);
    }

    function account(uint32 number) private view returns (address answer) {
        (, answer,,,,,,) = swarm.institution(number);
    }
}
