// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {SharesRules} from "contracts/SharesRules.sol";
import {TermsRules} from "contracts/TermsRules.sol";
import {Parameters, Shares} from "contracts/interfaces/Types.sol";
import {vm} from "../support/Vm.sol";

/// @title What every study can rely on in its parameters
/// @dev For all values of all fields, with up to two countries, weights and payees.
contract TermsCheck {
    function check_SharesAreTheWhole(Shares calldata s, uint256 institutions) public pure {
        vm.assume(SharesRules.areSound(s, institutions));
        uint256 sum = uint256(s.equal) + s.contributed + s.patients + s.weighted;
        for (uint256 i = 0; i < s.payees.length; ++i) {
            assert(s.payees[i].account != address(0) && s.payees[i].share != 0);
            sum += s.payees[i].share;
        }
        assert(sum == 10_000);
        assert(s.remainderTo >= 1 && s.remainderTo <= institutions);
    }

    /// @dev Nobody has two weights, and who has one is not divided by zero.
    function check_WeightsAreEachInstitutionsOwn(Shares calldata s, uint256 institutions) public pure {
        vm.assume(SharesRules.areSound(s, institutions));
        assert((s.weighted != 0) == (s.weights.length != 0));
        for (uint256 i = 0; i < s.weights.length; ++i) {
            assert(s.weights[i].weight != 0);
            for (uint256 j = 0; j < i; ++j) {
                assert(s.weights[j].institution < s.weights[i].institution);
            }
        }
    }

    /// @dev With the fewest signatories, two checkpoints of a round cannot both reach the quorum.
    function check_TheQuorumIsAMajority(
        Parameters calldata p,
        uint256 most,
        uint256 attesting,
        uint256 attestingAnother
    ) public view {
        vm.assume(TermsRules.areSound(p, most));
        vm.assume(attesting <= p.minimumSignatories && attestingAnother <= p.minimumSignatories - attesting);
        assert(attesting < p.quorum || attestingAnother < p.quorum);
    }
}
