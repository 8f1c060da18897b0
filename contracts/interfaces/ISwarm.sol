// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Founder, Kind, NodeStanding, Profile, Sector, Standing, VotingRules} from "./Types.sol";

// In an interface a parameter hides nothing: there is no code.
// slither-disable-start shadowing-local

/// @title The swarm: institutions, their accounts, nodes and validators, and the charter
interface ISwarm {
    /// @notice The swarm exists. The first record of every history; the founders' applications and admissions follow.
    // The one record of its kind; nobody looks for it by address.
    // slither-disable-next-line unindexed-event-address
    event SwarmFounded(bytes32 charter, address governor, address studies, address relay, VotingRules rules);
    /// @notice An institution has applied and has its number.
    event InstitutionApplied(
        uint32 indexed institution,
        address indexed account,
        string name,
        Kind kind,
        Sector sector,
        bytes2 country,
        bytes32 document
    );
    /// @notice An applicant is a member from this block on.
    event InstitutionAdmitted(uint32 indexed institution);
    /// @notice A member has left of its own will.
    event InstitutionLeft(uint32 indexed institution);
    /// @notice A member was expelled by vote.
    event InstitutionExpelled(uint32 indexed institution);
    /// @notice Another account speaks for an institution from now on.
    event AccountRotated(uint32 indexed institution, address indexed previous, address indexed current, bool byVote);
    /// @notice An institution runs a node with this key.
    event NodeRegistered(uint32 indexed institution, address indexed node);
    /// @notice A node key is void for ever.
    event NodeRevoked(uint32 indexed institution, address indexed node);
    /// @notice An institution's validator has this address; an earlier one is replaced.
    event ValidatorRegistered(uint32 indexed institution, address indexed validator);
    /// @notice An institution runs no validator any more.
    event ValidatorRemoved(uint32 indexed institution, address indexed validator);
    /// @notice The charter document in force has this digest.
    event CharterSet(bytes32 charter);

    /// @notice The swarm is founded already.
    error SwarmFoundedAlready();
    /// @notice The swarm is not founded yet.
    error SwarmNotFounded();
    /// @notice A contract of the house has no code yet.
    error SwarmHouseIncomplete(address missing);
    /// @notice These are not the founders that the deployment commits to.
    error SwarmFoundersMismatch();
    /// @notice Only a decision of the swarm may do this.
    error SwarmNotByVote(address caller);
    /// @notice The caller does not speak for a member.
    error SwarmNotMember(address caller);
    /// @notice No institution has this number.
    error SwarmInstitutionUnknown(uint32 institution);
    /// @notice The institution's standing does not allow this.
    error SwarmStandingWrong(uint32 institution, Standing standing);
    /// @notice This address was used before, as an account, a node or a validator, or is zero.
    error SwarmAddressUsed(address used);
    /// @notice The profile is malformed.
    error SwarmProfileInvalid();
    /// @notice The key did not prove that it is in the institution's hands.
    error SwarmProofInvalid(address key);
    /// @notice The signature's deadline is over.
    error SwarmDeadlineOver(uint256 deadline);
    /// @notice The node is not a registered node of the caller's institution.
    error SwarmNodeNotYours(address node);
    /// @notice The institution has no validator.
    error SwarmNoValidator(uint32 institution);

    /// @notice Founds the swarm, once; anyone may send it, the founders are fixed by the deployment.
    /// @dev Emits `SwarmFounded`, then `InstitutionApplied` and `InstitutionAdmitted` for each founder. Reverts with
    ///      `SwarmFoundedAlready`, `SwarmFoundersMismatch`, `SwarmHouseIncomplete`, `SwarmProfileInvalid`,
    ///      `SwarmAddressUsed`. The whole house must have code, so that nothing is recorded before.
    /// @param founders The founders, numbered from 1 in this order.
    function found(Founder[] calldata founders) external;

    /// @notice Applies for membership in the name of the calling account.
    /// @dev Anyone, for the calling account. Emits `InstitutionApplied`. Reverts with `SwarmNotFounded`,
    ///      `SwarmProfileInvalid`, `SwarmAddressUsed`.
    /// @param profile What the institution says about itself.
    /// @return institution The number given, never reused.
    function applyToJoin(Profile calldata profile) external returns (uint32 institution);

    /// @notice Makes an applicant a member. Only by vote.
    /// @dev Emits `InstitutionAdmitted`. Reverts with `SwarmNotByVote`, `SwarmStandingWrong`.
    /// @param institution The applicant's number.
    function admit(uint32 institution) external;

    /// @notice Expels a member. Only by vote.
    /// @dev Emits `InstitutionExpelled`. Reverts with `SwarmNotByVote`, `SwarmStandingWrong`.
    /// @param institution The member's number.
    function expel(uint32 institution) external;

    /// @notice Leaves the swarm, from this block on and for ever; who comes back applies anew.
    /// @dev Only members. Emits `InstitutionLeft`. Reverts with `SwarmNotMember`.
    function leave() external;

    /// @notice Hands the caller's institution over to another account.
    /// @dev The institution's present account, whatever its standing. Emits `AccountRotated`. Reverts with
    ///      `SwarmNotMember`, `SwarmDeadlineOver`, `SwarmProofInvalid`, `SwarmAddressUsed`.
    /// @param account The new account; must never have been used here.
    /// @param deadline Unix time in seconds up to which the proof counts.
    /// @param proof EIP-712 signature of `AccountRotation(uint32 institution,address account,uint256 deadline)`
    ///        by the new account.
    function rotateAccount(address account, uint256 deadline, bytes calldata proof) external;

    /// @notice Gives an institution another account when its key is lost or stolen. Only by vote.
    /// @dev Emits `AccountRotated`. Reverts with `SwarmNotByVote`, `SwarmInstitutionUnknown`, `SwarmAddressUsed`.
    /// @param institution Whose account.
    /// @param account The new account; must never have been used here.
    function recoverAccount(uint32 institution, address account) external;

    /// @notice Registers a node of the caller's institution.
    /// @dev Only members. Emits `NodeRegistered`. Reverts with `SwarmNotMember`, `SwarmDeadlineOver`,
    ///      `SwarmProofInvalid`, `SwarmAddressUsed`.
    /// @param node The node key's address.
    /// @param deadline Unix time in seconds up to which the proof counts.
    /// @param proof EIP-712 signature of `NodeRegistration(uint32 institution,address node,uint256 deadline)` by the
    ///        node key.
    function registerNode(address node, uint256 deadline, bytes calldata proof) external;

    /// @notice Revokes a node of the caller's institution at once and for ever.
    /// @dev The institution's account, member or not. Emits `NodeRevoked`. Reverts with `SwarmNodeNotYours`.
    /// @param node The node key's address.
    function revokeNode(address node) external;

    /// @notice Registers the validator of the caller's institution; an earlier one is replaced.
    /// @dev Only members. Emits `ValidatorRegistered`. Reverts with `SwarmNotMember`, `SwarmDeadlineOver`,
    ///      `SwarmProofInvalid`, `SwarmAddressUsed`.
    /// @param validator The validator's address.
    /// @param deadline Unix time in seconds up to which the proof counts.
    /// @param proof EIP-712 signature of
    ///        `ValidatorRegistration(uint32 institution,address validator,uint256 deadline)` by the validator's key.
    function registerValidator(address validator, uint256 deadline, bytes calldata proof) external;

    /// @notice The caller's institution runs no validator any more.
    /// @dev Only members. Emits `ValidatorRemoved`. Reverts with `SwarmNotMember`, `SwarmNoValidator`.
    function removeValidator() external;

    /// @notice Puts another charter document in force. Only by vote.
    /// @dev Emits `CharterSet`. Reverts with `SwarmNotByVote`.
    /// @param charter SHA-256 of the document.
    function setCharter(bytes32 charter) external;

    /// @notice Digest of the charter document in force.
    function charter() external view returns (bytes32);

    /// @notice Numbers given so far; the highest number in use.
    function institutionCount() external view returns (uint32);

    /// @notice Members now.
    function memberCount() external view returns (uint256);

    /// @notice Members at the end of a past second.
    /// @param timepoint Unix time in seconds.
    function memberCountAt(uint256 timepoint) external view returns (uint256);

    /// @notice What the chain keeps of an institution.
    /// @return standing Where it stands.
    /// @return account The address that speaks for it.
    /// @return kind What it is.
    /// @return sector Who owns it.
    /// @return country ISO 3166-1 alpha-2.
    /// @return joinedAt Unix time of its admission, or zero.
    /// @return leftAt Unix time at which it left or was expelled, or zero.
    /// @return validator Its validator's address, or zero.
    function institution(uint32 number)
        external
        view
        returns (
            Standing standing,
            address account,
            Kind kind,
            Sector sector,
            bytes2 country,
            uint48 joinedAt,
            uint48 leftAt,
            address validator
        );

    /// @notice The institution that an account speaks for now, whatever its standing; zero if none.
    /// @param account An address.
    function institutionOf(address account) external view returns (uint32);

    /// @notice The institution that an account speaks for now or once spoke for; zero if none.
    /// @param account An address.
    function institutionEver(address account) external view returns (uint32);

    /// @notice The member that an account speaks for now; zero if none.
    /// @param account An address.
    function memberOf(address account) external view returns (uint32);

    /// @notice Whether the institution is a member.
    /// @param institution Its number.
    function isMember(uint32 institution) external view returns (bool);

    /// @notice The same for many at once.
    /// @param institutions Numbers, in any order.
    /// @return bits Bit `i % 256` of word `i / 256` says it of `institutions[i]`.
    function membersAmong(uint32[] calldata institutions) external view returns (uint256[] memory bits);

    /// @notice The member that an account speaks for now, if it was one at the end of a past second; zero otherwise.
    /// @param account An address.
    /// @param timepoint Unix time in seconds.
    function voterSince(address account, uint256 timepoint) external view returns (uint32 institution);

    /// @notice What a study asks about who wants to sign.
    /// @param institution Its number.
    function profileOf(uint32 institution) external view returns (Kind kind, Sector sector, bytes2 country);

    /// @notice A node key's institution and standing.
    function node(address key) external view returns (uint32 institution, NodeStanding standing);

    /// @notice The institutions that were members at `since` and stopped being members after it, up to `until`.
    /// @param since Unix time in seconds.
    /// @param until Unix time in seconds.
    function departed(uint256 since, uint256 until) external view returns (uint32[] memory);
}

// slither-disable-end shadowing-local
