// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title How a study's credit is accounted for, without what surrounds it
/// @notice For the compiler's model checker, which proves the assertions for every sequence of calls, however long.
///         The same sums as in Study, for one institution that is looked at and any number of others; that the
///         contracts really compute them is for the tests that hold them against a plain model.
contract Accounting {
    uint256 private constant _LAST_ROUND = 65_535;

    uint256 private _rounds;
    uint256 private _signedOfOne;
    uint256 private _signedOfOthers;
    uint256 private _signedOfAll;

    /// @notice A checkpoint becomes final and credits every signatory with the rounds covered.
    function finalise(uint16 covered, bool signed, uint32 ofOthers) external {
        require(covered != 0 && _rounds + covered <= _LAST_ROUND);
        require(_signedOfOthers <= type(uint64).max && _signedOfAll <= type(uint64).max);
        _rounds += covered;
        _signedOfOthers += ofOthers;
        _signedOfAll += ofOthers;
        if (signed) {
            _signedOfOne += covered;
            _signedOfAll += covered;
        }
    }

    /// @notice Nobody has signed for more rounds than there were, so a seat's 16 bits hold it.
    function creditIsWithinTheRounds() external view {
        assert(_signedOfOne <= _rounds);
        assert(_rounds <= _LAST_ROUND);
    }

    /// @notice What all have is what each has, so shares by it never sum to more than what is shared.
    function theWholeIsItsParts() external view {
        assert(_signedOfOne + _signedOfOthers == _signedOfAll);
    }
}
