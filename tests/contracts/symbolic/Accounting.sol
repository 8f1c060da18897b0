// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

// The sums of Study and Benefits without what surrounds them, for the compiler's model checker. It proves each assertion
// for every sequence of calls, however long, and that no operation runs over or under. These are models: that the
// contracts compute the same is for the tests that hold them against their own views after random histories.

/// @title What final checkpoints earn: of one institution, whatever it does, and whatever others do
contract CreditModel {
    uint32 private _lastRound;
    uint32 private _rounds;
    uint256 private _signed;
    uint256 private _contributed;

    /// @notice A checkpoint becomes final.
    /// @param round The round that it comes from.
    /// @param signs Whether the institution is a signatory then.
    /// @param contributes In how many of the rounds covered the institution contributed.
    function finalise(uint32 round, bool signs, uint32 contributes) external {
        require(round > _lastRound);
        uint32 covered = round - _lastRound;
        require(contributes <= covered);
        _lastRound = round;
        _rounds += covered;
        if (signs) _signed += covered;
        _contributed += contributes;
    }

    /// @notice Credit is for rounds that there were, each counted once.
    function creditIsForRoundsThatThereWere() external view {
        assert(_rounds == _lastRound);
        assert(_signed <= _rounds);
        assert(_contributed <= _rounds);
    }
}

/// @title A revenue on its way: what is left over, owed, paid and confirmed
contract RevenueModel {
    uint128 private _amount;
    uint128 private _left;
    uint128 private _open;
    uint128 private _paid;
    uint128 private _confirmed;

    /// @param amount The revenue.
    constructor(uint128 amount) {
        _amount = amount;
        _left = amount;
    }

    /// @notice A share is taken out of what is left.
    function owe(uint128 share) external {
        require(share <= _left);
        _left -= share;
        _open += share;
    }

    /// @notice A share that is owed is paid.
    function pay(uint128 share) external {
        require(share <= _open);
        _open -= share;
        _paid += share;
    }

    /// @notice A share that was paid is confirmed.
    function confirm(uint128 share) external {
        require(share <= _paid);
        _paid -= share;
        _confirmed += share;
    }

    /// @notice Not a cent is anywhere else, and none is in two places.
    function everyCentIsSomewhere() external view {
        assert(uint256(_left) + _open + _paid + _confirmed == _amount);
    }
}

/// @title Rounding down: one more receiver's share never takes more than the pot holds
/// @notice The step of an induction over the receivers, whose number does not matter. It starts with nothing taken.
contract RoundingModel {
    /// @notice After receivers who together hold `before` of `all` have `taken` no more than their part of the pot,
    ///         the next one, who holds `own`, does not take more than its part either; so there is always enough left.
    function oneMore(uint128 pot, uint64 own, uint64 before, uint64 all, uint128 taken) external pure {
        require(all != 0 && uint256(before) + own <= all);
        require(uint256(taken) * all <= uint256(pot) * before);
        uint256 share = uint256(pot) * own / all;
        // What was required holds for the next step too.
        assert(uint256(taken) * all + share * all <= uint256(pot) * before + uint256(pot) * own);
        assert(uint256(pot) * before + uint256(pot) * own <= uint256(pot) * all);
        if (taken + share > pot) {
            uint256 more = taken + share - pot;
            assert(more * all != 0);
            assert(uint256(taken) * all + share * all == uint256(pot) * all + more * all);
            // Which contradicts the assertions above.
            assert(false);
        }
    }
}
