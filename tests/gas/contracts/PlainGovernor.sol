// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Governor} from "@openzeppelin/contracts/governance/Governor.sol";
import {GovernorCountingSimple} from "@openzeppelin/contracts/governance/extensions/GovernorCountingSimple.sol";
import {GovernorVotes} from "@openzeppelin/contracts/governance/extensions/GovernorVotes.sol";
import {IVotes} from "@openzeppelin/contracts/governance/utils/IVotes.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Votes} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Votes.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";

/// @title OpenZeppelin's Governor with nothing added to its parts
/// @notice Time is counted in seconds, as the house's governor does.
contract PlainGovernor is Governor, GovernorCountingSimple, GovernorVotes {
    /// @param token Whose holders vote.
    constructor(IVotes token) Governor("PlainGovernor") GovernorVotes(token) {}

    /// @inheritdoc Governor
    function votingDelay() public pure override returns (uint256) {
        return 0;
    }

    /// @inheritdoc Governor
    function votingPeriod() public pure override returns (uint256) {
        return 7 days;
    }

    /// @inheritdoc Governor
    function quorum(uint256) public pure override returns (uint256) {
        return 1;
    }
}

/// @title The token that its holders vote by
contract PlainToken is ERC20, ERC20Votes {
    /// @param holders Each gets one.
    constructor(address[] memory holders) ERC20("PlainToken", "PT") EIP712("PlainToken", "1") {
        for (uint256 i = 0; i < holders.length; ++i) {
            _mint(holders[i], 1);
        }
    }

    /// @notice Unix time in seconds.
    function clock() public view override returns (uint48) {
        return uint48(block.timestamp);
    }

    /// @notice The clock's mode, as ERC-6372 says it.
    // solhint-disable-next-line func-name-mixedcase
    function CLOCK_MODE() public pure override returns (string memory) {
        return "mode=timestamp";
    }

    function _update(address from, address to, uint256 value) internal override(ERC20, ERC20Votes) {
        super._update(from, to, value);
    }
}
