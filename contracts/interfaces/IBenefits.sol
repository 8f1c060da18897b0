// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Part, Settlement, Shares} from "./Types.sol";

/// @title What a study earns, who is owed which part of it, and what was settled
/// @notice Money moves outside the chain; the chain says who is owed what, and who has confirmed receiving it.
///         Amounts are in minor units of the currency (cents).
interface IBenefits {
    /// @notice Revenue has come in, to be split by what final rounds have earned so far.
    event RevenueDeclared(
        uint32 indexed revenue,
        uint32 indexed institution,
        bytes3 currency,
        uint128 amount,
        bytes32 document,
        string licensee,
        bytes32 licence,
        uint32 sequence
    );
    /// @notice The institution that declared a revenue has paid a share of it, outside the chain.
    event SharePaid(
        uint32 indexed revenue, Part indexed part, uint32 indexed receiver, uint128 amount, bytes32 document
    );
    /// @notice Who was owed the share confirms that it has arrived.
    event SettlementConfirmed(uint32 indexed revenue, Part indexed part, uint32 indexed receiver, uint128 amount);

    /// @notice The clone is initialised already, or this is the implementation.
    error BenefitsInitialised();
    /// @notice Only the study itself may do this.
    error BenefitsNotStudy(address caller);
    /// @notice The shares do not sum to the whole, or exceed the bounds.
    error BenefitsSharesInvalid();
    /// @notice The caller is neither a signatory nor the study's opener, or no member.
    error BenefitsNotEntitled(address caller);
    /// @notice No round is final yet, so nobody has earned anything.
    error BenefitsNothingEarned();
    /// @notice Amount, currency, document or licensee is malformed.
    error BenefitsRevenueInvalid();
    /// @notice No such revenue.
    error BenefitsRevenueUnknown(uint32 revenue);
    /// @notice Only the institution that declared the revenue pays its shares.
    error BenefitsNotPayer(address caller);
    /// @notice Only who is owed the share may confirm it.
    error BenefitsNotReceiver(address caller);
    /// @notice Nothing is owed there.
    error BenefitsNothingOwed(uint32 revenue, Part part, uint32 receiver);
    /// @notice The share's settlement does not stand where this step begins.
    error BenefitsSettlementWrong(Settlement settlement);

    /// @notice Sets up a clone, once. Only `Studies`.
    /// @dev Reverts with `BenefitsInitialised`. `StudyOpened` is the event.
    /// @param study The study whose benefits these are.
    function initialize(address study) external;

    /// @notice Keeps how a version of the terms splits revenues. Only the study, as the version is put forward.
    /// @dev Reverts with `BenefitsNotStudy`, `BenefitsSharesInvalid`. `TermsProposed` is the event.
    /// @param version Which, counted from 1.
    /// @param shares What the terms say.
    function agree(uint32 version, Shares calldata shares) external;

    /// @notice Declares revenue. Signatories of the study and its opener, while members.
    /// @dev Emits `RevenueDeclared`. Reverts with `BenefitsNotEntitled`, `BenefitsRevenueInvalid`,
    ///      `BenefitsNothingEarned`.
    /// @param currency ISO 4217, three upper-case letters.
    /// @param amount In minor units, above zero.
    /// @param document Digest of the document that proves it.
    /// @param licensee Who pays for using the model, or empty.
    /// @param licence Digest of the licence, or zero.
    /// @return revenue Its number, counted from 1.
    function declare(bytes3 currency, uint128 amount, bytes32 document, string calldata licensee, bytes32 licence)
        external
        returns (uint32 revenue);

    /// @notice Records that a share was paid, in full. Only the institution that declared the revenue.
    /// @dev Emits `SharePaid`. Reverts with `BenefitsRevenueUnknown`, `BenefitsNotPayer`, `BenefitsRevenueInvalid`,
    ///      `BenefitsNothingOwed`, `BenefitsSettlementWrong`.
    /// @param receiver The institution's number; for `Part.Named` the payee, terms version · 2^16 + index; for
    ///        `Part.Remainder` the version of the terms.
    /// @param document Digest of the proof of payment.
    /// @param revenue Its number, counted from 1.
    /// @param part Which part of it.
    function pay(uint32 revenue, Part part, uint32 receiver, bytes32 document) external;

    /// @notice Confirms that a paid share has arrived. Only its receiver, member or not.
    /// @dev Emits `SettlementConfirmed`. Reverts with `BenefitsSettlementWrong`, `BenefitsNotReceiver`.
    /// @param revenue Its number, counted from 1.
    /// @param part Which part of it.
    /// @param receiver As in `pay`.
    function confirm(uint32 revenue, Part part, uint32 receiver) external;

    /// @notice What a receiver is owed of a revenue, settled or not.
    /// @dev In minor units of the revenue's currency. Reverts with `BenefitsRevenueUnknown`.
    /// @param revenue Its number, counted from 1.
    /// @param part Which part of it.
    /// @param receiver As in `pay`.
    function shareOf(uint32 revenue, Part part, uint32 receiver) external view returns (uint256);

    /// @notice Where a share stands.
    /// @param revenue Its number, counted from 1.
    /// @param part Which part of it.
    /// @param receiver As in `pay`.
    function settlementOf(uint32 revenue, Part part, uint32 receiver) external view returns (Settlement);

    /// @notice How a version of the terms splits revenues.
    /// @param version Which, counted from 1.
    function sharesOf(uint32 version) external view returns (Shares memory);

    /// @notice A revenue as declared; `sequence` is the last final checkpoint whose rounds it is split by.
    /// @param revenue Its number, counted from 1.
    function revenueOf(uint32 revenue)
        external
        view
        returns (uint32 institution, bytes3 currency, uint128 amount, uint32 sequence);

    /// @notice Number of revenues declared.
    function revenueCount() external view returns (uint32);
}
