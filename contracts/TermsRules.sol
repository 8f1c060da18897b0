// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Level, Parameters} from "./interfaces/Types.sol";

// Deadlines and expiries are hours and days by the chain's clock, which a validator can move by seconds.
// slither-disable-start timestamp

/// @title Which parameters a study can be run by, and how they are kept, but for its shares
/// @notice The Python library holds the same rules against `terms.yaml` before anything is sent.
library TermsRules {
    uint256 private constant _MAX_COUNTRIES = 64;

    /// @dev Whether nothing in the parameters contradicts itself or exceeds a bound.
    /// @param p The parameters.
    /// @param maxSignatories Bound of everything that counts institutions.
    function areSound(Parameters calldata p, uint256 maxSignatories) internal view returns (bool) {
        if (
            p.minimumSignatories == 0 || p.minimumSignatories > maxSignatories || p.minimumContributors == 0
                || p.minimumContributors > maxSignatories || p.quorum > maxSignatories || p.rounds == 0
                || p.rounds > type(uint16).max || p.level == Level.None || p.expiresAt <= block.timestamp
                || (p.anyCountry && p.countries.length != 0) || p.countries.length > _MAX_COUNTRIES
        ) return false;
        // Otherwise two checkpoints of one round could reach the quorum with the fewest signatories.
        if (2 * uint256(p.quorum) <= p.minimumSignatories) return false;
        for (uint256 i = 1; i < p.countries.length; ++i) {
            if (p.countries[i] <= p.countries[i - 1]) return false;
        }
        return true;
    }

    /// @dev Copies parameters field by field, but for the shares, into storage never written before.
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
    }
}

// slither-disable-end timestamp
