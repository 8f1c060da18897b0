// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Benefits} from "contracts/Benefits.sol";
import {Part, Settlement} from "contracts/interfaces/Types.sol";
import {StudyInvariants} from "./StudyInvariants.sol";
import {vm} from "./Vm.sol";

/// @title What always holds of revenues and settlements
abstract contract BenefitsInvariants is StudyInvariants {
    /// @dev Asks everything: first in the block of the last act, where what it brought about counts already, and then in
    ///      the next block.
    function holdsEverything() internal {
        vm.warp(_lastTime);
        vm.roll(_block - 1);
        theHeadIsTheReplays();
        membersAreTheVoters();
        whatIsDecidedStaysDecided();
        nobodyTrainsWithoutAllOfIt();
        whoIsOutIsRefused();

        vm.warp(_now);
        vm.roll(_block);
        membersAreTheVoters();
        oneInstitutionOneVote();
        whatIsDecidedStaysDecided();
        keysAreNeverUsedTwice();
        numbersNeverGoBack();
        aRelayedActHappensOnce();
        nobodyHasMoreThanAMember();
        nothingHoldsABalance();
        nobodyTrainsWithoutAllOfIt();
        whoIsOutIsRefused();
        finalCheckpointsHadTheirQuorum();
        theLineageDoesNotFork();
        anInstitutionSpeaksOnceARound();
        seatsAreGivenOnce();
        creditsGrowAndSumUp();
        versionsPartitionTheLineage();
        termsNeverChange();
        whatAStudyDoesWasApproved();
        aQuorumIsAMajority();
        revenuesAreSplitToTheCent();
        sharesNeverChange();
        sharesAreSettledOnce();
    }

    /// @notice The shares of a revenue, those of every institution, payee and version's remainder, sum to it to the
    ///         cent.
    function revenuesAreSplitToTheCent() internal view {
        kept("who declares is the opener or a signatory");
        kept("a revenue is split by what is final");
        kept("revenues are numbered in order");
        for (uint256 i = 0; i < _studies.length; ++i) {
            address study = _studies[i];
            uint256 number = _revenues[study].length;
            Benefits benefits = Benefits(_research[study].benefits);
            vm.assertEq(benefits.revenueCount(), number, "revenueCount");
            if (number != 0) sumsUp(study, benefits, uint32(1 + _acts % number));
        }
    }

    /// @notice Whatever happens after a revenue is declared, nobody's share of it changes.
    function sharesNeverChange() internal view {
        for (uint256 i = 0; i < _studies.length; ++i) {
            address study = _studies[i];
            if (_revenues[study].length == 0) continue;
            uint32 number = uint32(1 + _acts % _revenues[study].length);
            vm.assertEq(sharesSaid(study, number), _revenues[study][number - 1].shares, "shares");
        }
    }

    /// @notice A share is paid once, in full, and confirmed once, after that; what is paid of a revenue is never more
    ///         than the revenue.
    function sharesAreSettledOnce() internal view {
        kept("a share is paid once");
        kept("what is confirmed was paid, once");
        kept("what is confirmed is what was paid");
        for (uint256 i = 0; i < _studies.length; ++i) {
            Revenue[] storage revenues = _revenues[_studies[i]];
            for (uint256 j = 0; j < revenues.length; ++j) {
                vm.assertLe(revenues[j].paid, revenues[j].amount, "paid");
            }
        }
        // The latest two, and two others.
        uint256 count_ = _paid.length;
        for (uint256 i = 0; i < count_ && i < 4; ++i) {
            Line storage line_ = _lines[_paid[i < 2 ? count_ - 1 - i : (_acts + i) % count_]];
            Benefits benefits = Benefits(_research[line_.study].benefits);
            uint256 share = benefits.shareOf(line_.revenue, line_.part, line_.receiver);
            vm.assertEq(share, line_.amount, "what was paid is the share");
            Settlement settlement = benefits.settlementOf(line_.revenue, line_.part, line_.receiver);
            vm.assertEq(uint256(settlement), uint256(line_.settlement), "settlement");
        }
    }

    function sumsUp(address study, Benefits benefits, uint32 number) private view {
        Revenue storage revenue = _revenues[study][number - 1];
        (uint32 payer,, uint128 amount, uint32 sequence) = benefits.revenueOf(number);
        vm.assertEq(payer, revenue.institution, "payer");
        vm.assertEq(amount, revenue.amount, "amount");
        vm.assertEq(sequence, revenue.sequence, "sequence");
        uint256 sum = 0;
        for (uint32 number_ = 0; number_ <= _institutionCount; ++number_) {
            sum += benefits.shareOf(number, Part.Own, number_);
            sum += benefits.shareOf(number, Part.Patients, number_);
        }
        for (uint32 version = 0; version <= _research[study].versions + 1; ++version) {
            for (uint32 payee_ = 0; payee_ <= PAYEES; ++payee_) {
                sum += benefits.shareOf(number, Part.Named, (version << 16) + payee_);
            }
            sum += benefits.shareOf(number, Part.Remainder, version);
        }
        vm.assertEq(sum, amount, "to the cent");
    }
}
