// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Level, Parameters, Shares} from "./interfaces/Types.sol";

/// @title Which parameters a study can be run by, and how they are kept
/// @notice The Python library holds the same rules against `terms.yaml` before anything is sent.
library TermsRules {
    uint256 private constant _BASIS_POINTS = 10_000;
    uint256 private constant _MAX_COUNTRIES = 250;
    uint256 private constant _MAX_PAYEES = 16;

    /// @dev Whether nothing in the parameters contradicts itself or exceeds a bound.
    /// @param p The parameters.
    /// @param maxSignatories Bound of everything that counts institutions.
    /// @param institutions Numbers given by the swarm so far.
    function areSound(Parameters calldata p, uint256 maxSignatories, uint256 institutions)
        internal
        view
        returns (bool)
    {
        if (
            p.minimumSignatories == 0 || p.minimumSignatories > maxSignatories || p.minimumContributors == 0
                || p.minimumContributors > maxSignatories || p.quorum > maxSignatories || p.rounds == 0
                || p.level == Level.None || p.expiresAt <= block.timestamp || (p.anyCountry && p.countries.length != 0)
                || p.countries.length > _MAX_COUNTRIES
        ) return false;
        // Otherwise two checkpoints of one round could reach the quorum with the fewest signatories.
        if (2 * uint256(p.quorum) <= p.minimumSignatories) return false;
        for (uint256 i = 1; i < p.countries.length; ++i) {
            if (p.countries[i] <= p.countries[i - 1]) return false;
        }
        return _areSoundShares(p.shares, maxSignatories, institutions);
    }

    /// @dev Copies parameters field by field, into storage never written before.
    /// @param to Where they are kept.
    /// @param from Where they come from.
    function store(Parameters storage to, Parameters calldata from) internal {
        to.kinds = from.kinds;
        to.sectors = from.sectors;
        to.anyCountry = from.anyCountry;
        to.minimumSignatories = from.minimumSignatories;
        to.minimumContributors = from.minimumContributors;
        to.quorum = from.quorum;
        to.rounds = from.rounds;
        to.level = from.level;
        to.consentMaxAge = from.consentMaxAge;
        to.expiresAt = from.expiresAt;
        to.countries = from.countries;
        Shares storage shares = to.shares;
        shares.equal = from.shares.equal;
        shares.contributed = from.shares.contributed;
        shares.patients = from.shares.patients;
        shares.weighted = from.shares.weighted;
        shares.remainderTo = from.shares.remainderTo;
        for (uint256 i = 0; i < from.shares.weights.length; ++i) {
            shares.weights.push(from.shares.weights[i]);
        }
        for (uint256 i = 0; i < from.shares.payees.length; ++i) {
            shares.payees.push(from.shares.payees[i]);
        }
    }

    function _areSoundShares(Shares calldata s, uint256 maxSignatories, uint256 institutions)
        private
        pure
        returns (bool)
    {
        if (s.payees.length > _MAX_PAYEES || s.weights.length > maxSignatories) return false;
        if ((s.weighted == 0) != (s.weights.length == 0)) return false;
        if (s.remainderTo == 0 || s.remainderTo > institutions) return false;
        uint256 sum = uint256(s.equal) + s.contributed + s.patients + s.weighted;
        for (uint256 i = 0; i < s.payees.length; ++i) {
            if (s.payees[i].account == address(0) || s.payees[i].share == 0) return false;
            sum += s.payees[i].share;
        }
        uint32 previous = 0;
        for (uint256 i = 0; i < s.weights.length; ++i) {
            if (s.weights[i].institution <= previous || s.weights[i].weight == 0) return false;
            previous = s.weights[i].institution;
        }
        return sum == _BASIS_POINTS;
    }
}
