// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Parameters} from "./Types.sol";

// Immutables are written in capitals, as the language's style guide has it.
// slither-disable-start naming-convention

/// @title The index of all studies
interface IStudies {
    /// @notice A study is open; its terms follow in `IStudy.TermsProposed`, emitted by the study.
    event StudyOpened(uint32 indexed study, address indexed contractAddress, address benefits, uint32 opener);

    /// @notice The caller does not speak for a member.
    error StudiesNotMember(address caller);

    /// @notice Opens a study. Only members.
    /// @dev Emits `StudyOpened`, then the study's `TermsProposed` and `TermsInForce`. Reverts with `StudiesNotMember`,
    ///      `StudyTermsSizeWrong`, `StudyParametersInvalid`, `BenefitsSharesInvalid`.
    /// @param terms Canonical JSON (RFC 8785) of the terms.
    /// @param parameters What the contract enforces of them.
    /// @return study Its number, counted from 1.
    /// @return contractAddress Its contract.
    function open(bytes calldata terms, Parameters calldata parameters)
        external
        returns (uint32 study, address contractAddress);

    /// @notice Number of studies.
    function count() external view returns (uint32);

    /// @notice A study's contract.
    /// @param study Its number.
    function studyAt(uint32 study) external view returns (address);
}

/// @title What the founding asks of Studies
interface IStudiesHouse {
    /// @notice The implementation that studies are clones of.
    function STUDY() external view returns (address);

    /// @notice The implementation that benefits are clones of.
    function BENEFITS() external view returns (address);
}

// slither-disable-end naming-convention
