// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Benefits} from "contracts/Benefits.sol";
import {Swarm} from "contracts/Swarm.sol";
import {Part, Shares} from "contracts/interfaces/Types.sol";
import {vm} from "../support/Vm.sol";
import {SilentHistory} from "./support/StandIns.sol";

/// @title A study of two institutions that says of their work what it is told to
contract ToldStudy {
    uint256[2] public signed;
    uint256[2] public contributed;
    Shares private _shares;

    function tell(uint256[2] calldata signed_, uint256[2] calldata contributed_, Shares calldata shares) external {
        signed = signed_;
        contributed = contributed_;
        _shares.equal = shares.equal;
        _shares.contributed = shares.contributed;
        _shares.patients = shares.patients;
        _shares.weighted = shares.weighted;
        for (uint256 i = 0; i < shares.weights.length; ++i) {
            _shares.weights.push(shares.weights[i]);
        }
        for (uint256 i = 0; i < shares.payees.length; ++i) {
            _shares.payees.push(shares.payees[i]);
        }
    }

    function opener() external pure returns (uint32) {
        return 1;
    }

    function isSignatory(uint32) external pure returns (bool) {
        return true;
    }

    function versions() external pure returns (uint32, uint32) {
        return (1, 0);
    }

    function lineageHead() external pure returns (uint32, bytes32, uint32) {
        return (1, 0, 1);
    }

    function lastSequenceOf(uint32) external pure returns (uint32) {
        return 1;
    }

    function sharesOf(uint32) external view returns (Shares memory) {
        return _shares;
    }

    function credited() external pure returns (uint32[] memory numbers) {
        numbers = new uint32[](2);
        numbers[0] = 1;
        numbers[1] = 2;
    }

    function credit(uint32 institution, uint32 sequence) external view returns (uint256, uint256) {
        if (sequence == 0) return (0, 0);
        return (signed[institution - 1], contributed[institution - 1]);
    }

    function creditTotal(uint32 sequence) external view returns (uint256, uint256, uint256) {
        if (sequence == 0) return (0, 0, 0);
        return (1, signed[0] + signed[1], contributed[0] + contributed[1]);
    }
}

/// @title Where every cent of a revenue goes
/// @dev For every amount, every way to split it and all work of two institutions. That a line can always be computed,
///      so that nothing here is said of revenues whose remainder would be below zero, is for `Accounting.sol`.
contract SharingCheck {
    ToldStudy private study;
    Benefits private benefits;

    function setUp() public {
        address history = address(new SilentHistory());
        Swarm swarm = new Swarm(history, address(0x60), address(0x57), "charter", "founders");
        benefits = new Benefits(address(swarm), history, address(this));
        study = new ToldStudy();
        benefits.initialize(address(study));
    }

    function check_LinesSumToTheAmount(uint128 amount, uint32[2] calldata contributed) public {
        vm.assume(contributed[0] != 0);
        Shares memory shares;
        shares.contributed = 10_000;
        study.tell([uint256(0), 0], [uint256(contributed[0]), contributed[1]], shares);
        uint32 revenue = benefits.declare("EUR", amount, "document", "", 0);
        uint256 sum = benefits.shareOf(revenue, Part.Remainder, 1);
        sum += benefits.shareOf(revenue, Part.Own, 1) + benefits.shareOf(revenue, Part.Own, 2);
        assert(sum == amount);
    }
}
