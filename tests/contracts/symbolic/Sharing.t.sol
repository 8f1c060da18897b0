// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Benefits} from "contracts/Benefits.sol";
import {Swarm} from "contracts/Swarm.sol";
import {Credit, Earnings, Part, Payee, Shares} from "contracts/interfaces/Types.sol";
import {vm} from "../support/Vm.sol";
import {SilentHistory} from "./support/StandIns.sol";
import {svm} from "./support/Symbolic.sol";

/// @title A study that says of two institutions' work, of one round, what it is told to
contract ToldStudy {
    uint48 private _one;
    uint48 private _other;

    function tell(Benefits benefits, Shares calldata shares, uint48 one, uint48 other) external {
        benefits.agree(1, shares);
        (_one, _other) = (one, other);
    }

    function opener() external pure returns (uint32) {
        return 1;
    }

    function lineageHead() external pure returns (uint32, bytes32, uint32) {
        return (1, 0, 1);
    }

    function versionsInForce() external pure returns (uint32[] memory versions) {
        versions = new uint32[](1);
        versions[0] = 1;
    }

    function earnings(uint32, uint32, uint32 institution)
        external
        view
        returns (Earnings memory all, Credit memory own)
    {
        all.rounds = 1;
        all.upTo = 1;
        all.signed = uint256(_one) + _other;
        all.contributed = all.signed;
        own.institution = institution;
        own.signed = institution == 1 ? _one : institution == 2 ? _other : 0;
        own.contributed = own.signed;
    }

    function credits(uint32, uint32)
        external
        view
        returns (uint32[] memory institutions, uint256[] memory signed, uint256[] memory contributed)
    {
        institutions = new uint32[](3);
        signed = new uint256[](3);
        (institutions[1], institutions[2]) = (1, 2);
        (signed[1], signed[2]) = (_one, _other);
        contributed = signed;
    }
}

/// @title Where every cent of a revenue goes
/// @dev That the remainder can always be computed, as no receiver takes more than its part, is `RoundingModel`'s.
contract SharingCheck {
    ToldStudy private study;
    Benefits private benefits;

    function setUp() public {
        address history = address(new SilentHistory());
        Swarm swarm = new Swarm(history, address(0x60), address(0x57), address(0x4e), "charter", "founders");
        svm.enableSymbolicStorage(address(swarm));
        vm.assume(swarm.memberOf(address(this)) == 1);
        benefits = new Benefits(address(swarm), history, address(0x4e), address(this));
        study = new ToldStudy();
        benefits.initialize(address(study));
    }

    /// @dev For every amount and all work of two institutions: what is not theirs nor a payee's is the remainder.
    function check_LinesSumToTheAmount(uint128 amount, uint48 one, uint48 other) public {
        uint32 revenue = declare(amount, one, other);
        uint256 sum = benefits.shareOf(revenue, Part.Remainder, 1) + benefits.shareOf(revenue, Part.Named, 1 << 16);
        for (uint32 institution = 1; institution <= 2; ++institution) {
            sum += benefits.shareOf(revenue, Part.Own, institution);
            sum += benefits.shareOf(revenue, Part.Patients, institution);
        }
        assert(sum == amount);
    }

    function declare(uint128 amount, uint48 one, uint48 other) private returns (uint32) {
        Shares memory shares;
        shares.equal = 3000;
        shares.contributed = 4000;
        shares.patients = 2500;
        shares.remainderTo = 1;
        shares.payees = new Payee[](1);
        shares.payees[0] = Payee(address(0xFA), 500);
        study.tell(benefits, shares, one, other);
        return benefits.declare("EUR", amount, "document", "", 0);
    }
}
