// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Kind, NodeStanding, Sector} from "contracts/interfaces/Types.sol";

/// @title A swarm of four institutions, with members as it is told, and any nodes
/// @dev Which institution is found by comparing, one after the other, so that each is a path of its own: a study keeps
///      everything by seat, and halmos does not follow a seat that may be any.
contract SmallSwarm {
    uint32 public constant institutionCount = 4;
    /// @dev Bit by institution.
    uint256 private _members;

    function tell(uint256 members) external {
        _members = members;
    }

    function accountOf(uint32 institution) public pure returns (address) {
        return address(uint160(0xA0000000 + institution));
    }

    function institutionOf(address account) public pure returns (uint32) {
        for (uint32 i = 1; i <= institutionCount; ++i) {
            if (account == accountOf(i)) return i;
        }
        return 0;
    }

    function memberOf(address account) external view returns (uint32 institution) {
        institution = institutionOf(account);
        if (!isMember(institution)) return 0;
    }

    function isMember(uint32 institution) public view returns (bool) {
        return institution != 0 && (_members >> institution) & 1 == 1;
    }

    function membersAmong(uint32[] calldata institutions) external view returns (uint256[] memory bits) {
        bits = new uint256[](1);
        for (uint256 i = 0; i < institutions.length; ++i) {
            if (institutions[i] != 0) bits[0] |= ((_members >> institutions[i]) & 1) << i;
        }
    }

    function profileOf(uint32) external pure returns (Kind kind, Sector sector, bytes2 country) {
        return (Kind.Hospital, Sector.Public, "DE");
    }

    /// @dev A key says itself whose node it is and in what standing: so any number of nodes, of anybody, in any.
    function node(address key) external pure returns (uint32 institution, NodeStanding) {
        for (uint32 i = 1; i <= institutionCount; ++i) {
            if (uint8(uint160(key)) == i) return (i, NodeStanding((uint160(key) >> 152) % 3));
        }
        return (0, NodeStanding.Unknown);
    }
}
