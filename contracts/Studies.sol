// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC2771Context} from "@openzeppelin/contracts/metatx/ERC2771Context.sol";
import {Clones} from "@openzeppelin/contracts/proxy/Clones.sol";
import {Recorder} from "./Recorder.sol";
import {IBenefits} from "./interfaces/IBenefits.sol";
import {IStudies} from "./interfaces/IStudies.sol";
import {IStudy} from "./interfaces/IStudy.sol";
import {ISwarm} from "./interfaces/ISwarm.sol";
import {Parameters} from "./interfaces/Types.sol";

// Calls go to contracts of the house alone, at addresses fixed in the code, and none of them calls back.
// slither-disable-start reentrancy-events
// Immutables are written in capitals, as the language's style guide has it.
// slither-disable-start naming-convention
// What a constructor is given is checked by every founder before the swarm is used; see docs/architecture.md.
// slither-disable-start missing-zero-check

/// @title The index of all studies
/// @notice Opens, for each research question, a Study and its Benefits as ERC-1167 clones, which cannot be changed.
contract Studies is IStudies, Recorder, ERC2771Context {
    /// @notice Whose members open studies.
    ISwarm public immutable SWARM;
    /// @notice The implementation that studies are clones of.
    address public immutable STUDY;
    /// @notice The implementation that benefits are clones of.
    address public immutable BENEFITS;

    /// @inheritdoc IStudies
    uint32 public count;

    mapping(uint32 study => address) private _studies;

    /// @param swarm The house's Swarm.
    /// @param history The house's History.
    /// @param relay The house's Relay.
    /// @param study The implementation of Study.
    /// @param benefits The implementation of Benefits.
    constructor(address swarm, address history, address relay, address study, address benefits)
        Recorder(history)
        ERC2771Context(relay)
    {
        SWARM = ISwarm(swarm);
        STUDY = study;
        BENEFITS = benefits;
    }

    /// @inheritdoc IStudies
    function open(bytes calldata terms, Parameters calldata parameters)
        external
        returns (uint32 study, address contractAddress)
    {
        uint32 opener = SWARM.memberOf(_msgSender());
        if (opener == 0) revert StudiesNotMember(_msgSender());
        study = ++count;
        contractAddress = Clones.clone(STUDY);
        address benefits = Clones.clone(BENEFITS);
        _studies[study] = contractAddress;
        HISTORY.enroll(contractAddress);
        HISTORY.enroll(benefits);
        emit StudyOpened(study, contractAddress, benefits, opener);
        _record(StudyOpened.selector, abi.encode(study, contractAddress, benefits, opener));
        IBenefits(benefits).initialize(contractAddress);
        IStudy(contractAddress).initialize(opener, benefits, terms, parameters);
    }

    /// @inheritdoc IStudies
    function studyAt(uint32 study) external view returns (address) {
        return _studies[study];
    }
}

// slither-disable-end missing-zero-check
// slither-disable-end naming-convention
// slither-disable-end reentrancy-events
