// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC2771Context} from "@openzeppelin/contracts/metatx/ERC2771Context.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {Checkpoints} from "@openzeppelin/contracts/utils/structs/Checkpoints.sol";
import {Recorder} from "./Recorder.sol";
import {IStudiesHouse} from "./interfaces/IStudies.sol";
import {ISwarm} from "./interfaces/ISwarm.sol";
import {ISwarmGovernor} from "./interfaces/ISwarmGovernor.sol";
import {Founder, Kind, NodeStanding, Profile, Sector, Standing, VotingRules} from "./interfaces/Types.sol";

// Calls go to contracts of the house alone, at addresses fixed in the code, and none of them calls back; and, where a key
// to be proven is a contract, to it, in a call that can change nothing (ERC-1271).
// slither-disable-start reentrancy-no-eth,reentrancy-events
// Deadlines and expiries are hours and days by the chain's clock, which a validator can move by seconds.
// slither-disable-start timestamp
// Immutables are written in capitals, as the language's style guide has it.
// slither-disable-start naming-convention
// What a constructor is given is checked by every founder before the swarm is used; see docs/architecture.md.
// slither-disable-start missing-zero-check

/// @title The swarm: institutions, their accounts, nodes and validators, and the charter
/// @notice Nobody has more power here than a member; what needs a decision is done by the governor alone, and the
///         governor does only what members voted.
contract Swarm is ISwarm, Recorder, ERC2771Context, EIP712 {
    using Checkpoints for Checkpoints.Trace208;

    struct Institution {
        address account;
        Standing standing;
        Kind kind;
        Sector sector;
        bytes2 country;
        uint48 joinedAt;
        address validator;
        uint48 leftAt;
    }

    struct Node {
        uint32 institution;
        NodeStanding standing;
    }

    bytes32 private constant _ROTATION_TYPEHASH =
        keccak256("AccountRotation(uint32 institution,address account,uint256 deadline)");
    bytes32 private constant _NODE_TYPEHASH =
        keccak256("NodeRegistration(uint32 institution,address node,uint256 deadline)");
    bytes32 private constant _VALIDATOR_TYPEHASH =
        keccak256("ValidatorRegistration(uint32 institution,address validator,uint256 deadline)");
    uint256 private constant _MAX_NAME = 128;

    /// @notice Decides for the swarm.
    address public immutable GOVERNOR;
    /// @notice The index of studies.
    address public immutable STUDIES;
    /// @notice keccak256 of the ABI-encoded founders, fixed by the deployment.
    bytes32 public immutable FOUNDERS_DIGEST;

    /// @inheritdoc ISwarm
    bytes32 public charter;
    /// @inheritdoc ISwarm
    uint32 public institutionCount;

    mapping(uint32 number => Institution) private _institutions;
    /// @dev Every address that ever was an institution's account stays here, so that it is never used twice and an
    ///      open vote stays the institution's after a rotation.
    mapping(address account => uint32 number) private _institutionEver;
    mapping(address key => Node) private _nodes;
    mapping(address validator => uint32 number) private _validatorEver;
    /// @dev By number, so that a study can ask about all its signatories at once.
    mapping(uint256 word => uint256 bits) private _members;
    Checkpoints.Trace208 private _memberCounts;
    /// @dev Institutions in the order in which they stopped being members, and how many there were at a time.
    uint32[] private _departures;
    Checkpoints.Trace208 private _departureCounts;

    modifier onlyByVote() {
        if (msg.sender != GOVERNOR) revert SwarmNotByVote(msg.sender);
        _;
    }

    /// @param history The house's History.
    /// @param governor The address at which the SwarmGovernor will stand.
    /// @param studies The address at which Studies will stand.
    /// @param relay The house's Relay.
    /// @param charter_ Digest of the charter document.
    /// @param foundersDigest keccak256 of the ABI-encoded list of founders.
    constructor(
        address history,
        address governor,
        address studies,
        address relay,
        bytes32 charter_,
        bytes32 foundersDigest
    ) Recorder(history) ERC2771Context(relay) EIP712("Swarm Charter", "1") {
        GOVERNOR = governor;
        STUDIES = studies;
        FOUNDERS_DIGEST = foundersDigest;
        charter = charter_;
    }

    /// @inheritdoc ISwarm
    function found(Founder[] calldata founders) external {
        if (institutionCount != 0) revert SwarmFoundedAlready();
        if (keccak256(abi.encode(founders)) != FOUNDERS_DIGEST || founders.length == 0) revert SwarmFoundersMismatch();
        _requireCode(address(HISTORY));
        _requireCode(GOVERNOR);
        _requireCode(STUDIES);
        _requireCode(trustedForwarder());
        _requireCode(IStudiesHouse(STUDIES).STUDY());
        _requireCode(IStudiesHouse(STUDIES).BENEFITS());

        VotingRules memory rules = ISwarmGovernor(GOVERNOR).votingRules();
        emit SwarmFounded(charter, GOVERNOR, STUDIES, trustedForwarder(), rules);
        _record(SwarmFounded.selector, abi.encode(charter, GOVERNOR, STUDIES, trustedForwarder(), rules));
        for (uint256 i = 0; i < founders.length; ++i) {
            _admit(_apply(founders[i].account, founders[i].profile));
        }
    }

    /// @inheritdoc ISwarm
    function applyToJoin(Profile calldata profile) external returns (uint32) {
        if (institutionCount == 0) revert SwarmNotFounded();
        return _apply(_msgSender(), profile);
    }

    /// @inheritdoc ISwarm
    function admit(uint32 number) external onlyByVote {
        Standing standing = _institutions[number].standing;
        if (standing != Standing.Applicant) revert SwarmStandingWrong(number, standing);
        _admit(number);
    }

    /// @inheritdoc ISwarm
    function expel(uint32 number) external onlyByVote {
        Standing standing = _institutions[number].standing;
        if (standing != Standing.Member) revert SwarmStandingWrong(number, standing);
        _depart(number, Standing.Expelled);
        emit InstitutionExpelled(number);
        _record(InstitutionExpelled.selector, abi.encode(number));
    }

    /// @inheritdoc ISwarm
    function leave() external {
        uint32 number = _callingMember();
        _depart(number, Standing.Left);
        emit InstitutionLeft(number);
        _record(InstitutionLeft.selector, abi.encode(number));
    }

    /// @inheritdoc ISwarm
    function rotateAccount(address account, uint256 deadline, bytes calldata proof) external {
        uint32 number = institutionOf(_msgSender());
        if (number == 0) revert SwarmNotMember(_msgSender());
        _requireProof(_ROTATION_TYPEHASH, number, account, deadline, proof);
        _rotate(number, account, false);
    }

    /// @inheritdoc ISwarm
    function recoverAccount(uint32 number, address account) external onlyByVote {
        if (_institutions[number].standing == Standing.Unknown) revert SwarmInstitutionUnknown(number);
        _rotate(number, account, true);
    }

    /// @inheritdoc ISwarm
    function registerNode(address key, uint256 deadline, bytes calldata proof) external {
        uint32 number = _callingMember();
        _requireProof(_NODE_TYPEHASH, number, key, deadline, proof);
        _requireUnused(key);
        _nodes[key] = Node(number, NodeStanding.Registered);
        emit NodeRegistered(number, key);
        _record(NodeRegistered.selector, abi.encode(number, key));
    }

    /// @inheritdoc ISwarm
    function revokeNode(address key) external {
        uint32 number = institutionOf(_msgSender());
        Node storage node_ = _nodes[key];
        if (number == 0 || node_.institution != number || node_.standing != NodeStanding.Registered) {
            revert SwarmNodeNotYours(key);
        }
        node_.standing = NodeStanding.Revoked;
        emit NodeRevoked(number, key);
        _record(NodeRevoked.selector, abi.encode(number, key));
    }

    /// @inheritdoc ISwarm
    function registerValidator(address validator, uint256 deadline, bytes calldata proof) external {
        uint32 number = _callingMember();
        _requireProof(_VALIDATOR_TYPEHASH, number, validator, deadline, proof);
        if (_validatorEver[validator] != number) _requireUnused(validator);
        if (_institutions[number].validator == validator) revert SwarmAddressUsed(validator);
        _validatorEver[validator] = number;
        _institutions[number].validator = validator;
        emit ValidatorRegistered(number, validator);
        _record(ValidatorRegistered.selector, abi.encode(number, validator));
    }

    /// @inheritdoc ISwarm
    function removeValidator() external {
        uint32 number = _callingMember();
        address validator = _institutions[number].validator;
        if (validator == address(0)) revert SwarmNoValidator(number);
        _institutions[number].validator = address(0);
        emit ValidatorRemoved(number, validator);
        _record(ValidatorRemoved.selector, abi.encode(number, validator));
    }

    /// @inheritdoc ISwarm
    function setCharter(bytes32 charter_) external onlyByVote {
        charter = charter_;
        emit CharterSet(charter_);
        _record(CharterSet.selector, abi.encode(charter_));
    }

    /// @inheritdoc ISwarm
    function memberCount() external view returns (uint256) {
        return _memberCounts.latest();
    }

    /// @inheritdoc ISwarm
    function memberCountAt(uint256 timepoint) external view returns (uint256) {
        return _memberCounts.upperLookupRecent(uint48(timepoint));
    }

    /// @inheritdoc ISwarm
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
        )
    {
        Institution storage i = _institutions[number];
        return (i.standing, i.account, i.kind, i.sector, i.country, i.joinedAt, i.leftAt, i.validator);
    }

    /// @inheritdoc ISwarm
    function institutionEver(address account) external view returns (uint32) {
        return _institutionEver[account];
    }

    /// @inheritdoc ISwarm
    function membersAmong(uint32[] calldata numbers) external view returns (uint256[] memory bits) {
        bits = new uint256[]((numbers.length + 255) >> 8);
        uint256 loaded = type(uint256).max;
        uint256 word = 0;
        for (uint256 i = 0; i < numbers.length; ++i) {
            uint256 institution_;
            // What the compiler's own reading of hundreds of numbers costs is half of all this.
            // slither-disable-next-line assembly
            assembly ("memory-safe") {
                institution_ := calldataload(add(numbers.offset, shl(5, i)))
            }
            // Neighbours share a word.
            if (institution_ >> 8 != loaded) {
                loaded = institution_ >> 8;
                word = _members[loaded];
            }
            if ((word >> (institution_ & 0xff)) & 1 != 0) bits[i >> 8] |= 1 << (i & 0xff);
        }
    }

    /// @inheritdoc ISwarm
    function voterSince(address account, uint256 timepoint) external view returns (uint32) {
        uint32 number = memberOf(account);
        return _institutions[number].joinedAt <= timepoint ? number : 0;
    }

    /// @inheritdoc ISwarm
    function profileOf(uint32 number) external view returns (Kind kind, Sector sector, bytes2 country) {
        Institution storage i = _institutions[number];
        return (i.kind, i.sector, i.country);
    }

    /// @inheritdoc ISwarm
    function node(address key) external view returns (uint32, NodeStanding) {
        return (_nodes[key].institution, _nodes[key].standing);
    }

    /// @inheritdoc ISwarm
    function departed(uint256 since, uint256 until) external view returns (uint32[] memory numbers) {
        uint256 first = _departureCounts.upperLookupRecent(uint48(since));
        uint256 end = _departureCounts.upperLookupRecent(uint48(until));
        if (end <= first) return numbers;
        numbers = new uint32[](end - first);
        uint256 found_ = 0;
        for (uint256 i = first; i < end; ++i) {
            uint32 number = _departures[i];
            if (_institutions[number].joinedAt <= since) numbers[found_++] = number;
        }
        // Shortens the array in place: those that joined later were never voters.
        // slither-disable-next-line assembly
        assembly ("memory-safe") {
            mstore(numbers, found_)
        }
    }

    /// @inheritdoc ISwarm
    function isMember(uint32 number) public view returns (bool) {
        return (_members[number >> 8] >> (number & 0xff)) & 1 == 1;
    }

    /// @inheritdoc ISwarm
    function memberOf(address account) public view returns (uint32) {
        uint32 number = institutionOf(account);
        return isMember(number) ? number : 0;
    }

    /// @inheritdoc ISwarm
    function institutionOf(address account) public view returns (uint32) {
        uint32 number = _institutionEver[account];
        return _institutions[number].account == account ? number : 0;
    }

    function _apply(address account, Profile calldata profile) private returns (uint32 number) {
        _requireProfile(profile);
        _requireUnused(account);
        // In a loop only for the founders, once.
        // slither-disable-next-line costly-loop
        number = ++institutionCount;
        Institution storage i = _institutions[number];
        i.account = account;
        i.standing = Standing.Applicant;
        i.kind = profile.kind;
        i.sector = profile.sector;
        i.country = profile.country;
        _institutionEver[account] = number;
        emit InstitutionApplied(
            number, account, profile.name, profile.kind, profile.sector, profile.country, profile.document
        );
        _record(
            InstitutionApplied.selector,
            abi.encode(number, account, profile.name, profile.kind, profile.sector, profile.country, profile.document)
        );
    }

    function _admit(uint32 number) private {
        _institutions[number].standing = Standing.Member;
        _institutions[number].joinedAt = uint48(block.timestamp);
        _members[number >> 8] |= 1 << (number & 0xff);
        // It gives back what was and what is.
        // slither-disable-next-line unused-return
        _memberCounts.push(uint48(block.timestamp), _memberCounts.latest() + 1);
        emit InstitutionAdmitted(number);
        _record(InstitutionAdmitted.selector, abi.encode(number));
    }

    function _depart(uint32 number, Standing standing) private {
        _institutions[number].standing = standing;
        _institutions[number].leftAt = uint48(block.timestamp);
        _members[number >> 8] &= ~(1 << (number & 0xff));
        // It gives back what was and what is.
        // slither-disable-next-line unused-return
        _memberCounts.push(uint48(block.timestamp), _memberCounts.latest() - 1);
        _departures.push(number);
        // As above.
        // slither-disable-next-line unused-return
        _departureCounts.push(uint48(block.timestamp), uint208(_departures.length));
    }

    function _rotate(uint32 number, address account, bool byVote) private {
        _requireUnused(account);
        address previous = _institutions[number].account;
        _institutions[number].account = account;
        _institutionEver[account] = number;
        emit AccountRotated(number, previous, account, byVote);
        _record(AccountRotated.selector, abi.encode(number, previous, account, byVote));
    }

    function _callingMember() private view returns (uint32 number) {
        number = memberOf(_msgSender());
        if (number == 0) revert SwarmNotMember(_msgSender());
    }

    function _requireUnused(address account) private view {
        if (
            account == address(0) || _institutionEver[account] != 0 || _nodes[account].institution != 0
                || _validatorEver[account] != 0
        ) revert SwarmAddressUsed(account);
    }

    function _requireProof(bytes32 typehash, uint32 number, address key, uint256 deadline, bytes calldata proof)
        private
        view
    {
        if (block.timestamp > deadline) revert SwarmDeadlineOver(deadline);
        bytes32 digest = _hashTypedDataV4(keccak256(abi.encode(typehash, number, key, deadline)));
        if (!SignatureChecker.isValidSignatureNow(key, digest, proof)) revert SwarmProofInvalid(key);
    }

    function _requireCode(address contractAddress) private view {
        if (contractAddress.code.length == 0) revert SwarmHouseIncomplete(contractAddress);
    }

    function _requireProfile(Profile calldata profile) private pure {
        uint256 size = bytes(profile.name).length;
        if (size == 0 || size > _MAX_NAME || profile.document == 0) revert SwarmProfileInvalid();
        for (uint256 i = 0; i < 2; ++i) {
            if (profile.country[i] < "A" || profile.country[i] > "Z") revert SwarmProfileInvalid();
        }
    }
}

// slither-disable-end missing-zero-check
// slither-disable-end naming-convention
// slither-disable-end timestamp
// slither-disable-end reentrancy-no-eth,reentrancy-events
