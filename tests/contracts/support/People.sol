// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Nonces} from "@openzeppelin/contracts/utils/Nonces.sol";
import {Authorisation, RelayRequest} from "contracts/interfaces/Types.sol";
import {IRelay} from "contracts/interfaces/IRelay.sol";
import {IStudy} from "contracts/interfaces/IStudy.sol";
import {BenefitsLedger} from "./BenefitsLedger.sol";
import {Dice} from "./Dice.sol";
import {TwoOfThree} from "./TwoOfThree.sol";
import {vm} from "./Vm.sol";

/// @title Who there is, how each of them acts, and what came of it
/// @notice Whoever can sign acts directly or through the relay, as the dice fall; what the relay is given is spoilt at
///         times, which it must notice.
abstract contract People is BenefitsLedger {
    enum Way {
        Directly,
        ByKey,
        ByPersons
    }

    struct Sent {
        RelayRequest request;
        bytes signature;
    }

    uint256 internal constant WAYS = 3;
    uint256 private constant SPOILS = 10;
    uint256 private constant MOST_SENT = 16;

    uint256 private _lastKey = 0xF0000000;
    mapping(address account => uint256) private _keys;
    mapping(address account => uint256) private _firstPersons;
    Sent[] private _sent;
    uint256 private _sends;
    /// @dev Nonces used up, by account and key of nonces, and those keys.
    mapping(address account => mapping(uint192 key => uint64)) internal _nonces;
    mapping(address account => uint192[]) internal _nonceKeys;
    address[] internal _senders;

    /// @dev How often each function was done in each way, and how often each reason for a refusal was met.
    mapping(bytes4 act => mapping(Way way => uint256)) internal _done;
    mapping(bytes4 reason => uint256) internal _refusals;
    mapping(Authorisation reason => uint256) internal _unauthorised;

    // --- who there is ----------------------------------------------------------------------------

    /// @dev An address that nobody has used yet: a key, or a contract of three persons.
    function newcomer(Dice memory dice) internal returns (address) {
        return dice.coin(3) ? newPersons() : newKey();
    }

    function newKey() internal returns (address) {
        return knowKey(++_lastKey);
    }

    function newPersons() internal returns (address account) {
        uint256 first = _lastKey + 1;
        _lastKey += 3;
        account = address(new TwoOfThree(vm.addr(first), vm.addr(first + 1), vm.addr(first + 2)));
        _firstPersons[account] = first;
    }

    function knowKey(uint256 key) internal returns (address account) {
        account = vm.addr(key);
        _keys[account] = key;
    }

    /// @dev Anyone who ever was or did anything, whatever they are now.
    function anybody(Dice memory dice) internal view returns (address) {
        return _known[dice.throw_(0, _known.length - 1)];
    }

    /// @dev Mostly who may do it, now and then anybody.
    function mostly(Dice memory dice, address account) internal view returns (address) {
        return account == address(0) || dice.coin(8) ? anybody(dice) : account;
    }

    // --- how they sign ---------------------------------------------------------------------------

    function canSign(address account) internal view returns (bool) {
        return _keys[account] != 0 || _firstPersons[account] != 0;
    }

    /// @dev The signature of a key, or of two persons of a contract.
    function signedBy(address account, bytes32 digest) internal view returns (bytes memory) {
        uint256 first = _firstPersons[account];
        if (first == 0) return signature(_keys[account], digest);
        // Which two depends on what they sign.
        (uint256 one_, uint256 other) = (uint256(digest) % 3, (uint256(digest) + 1) % 3);
        return bytes.concat(signature(first + one_, digest), signature(first + other, digest));
    }

    /// @dev A signature that is not the account's: of a stranger, or of one person alone, twice.
    function forgedBy(address account, bytes32 digest) internal view returns (bytes memory forged) {
        uint256 first = _firstPersons[account];
        if (first == 0) return signature(0xD0000001, digest);
        forged = signature(first, digest);
        return bytes.concat(forged, forged);
    }

    // --- how they act ----------------------------------------------------------------------------

    /// @dev Tries an act; says whether it was done.
    function attempt(Dice memory dice, address by, address to, bytes memory data) internal returns (bool done) {
        if (!canSign(by) || dice.coin(2)) return directly(by, to, data);
        uint192 key = uint192(dice.throw_(0, dice.coin(2) ? 3 : type(uint192).max));
        uint256 nonce = (uint256(key) << 64) | _nonces[by][key];
        uint256 deadline = dice.coin(2) ? FOREVER : vm.getBlockTimestamp() + dice.throw_(0, 1 days);
        RelayRequest memory r = RelayRequest(by, to, data, nonce, deadline);
        if (dice.coin(4)) spoil(dice, r);
        bytes memory signed = signedBy(by, requestDigest(r));
        bytes memory answer;
        (done, answer) = send(r, signed);
        tell(data, _firstPersons[by] == 0 ? Way.ByKey : Way.ByPersons, done, answer);
        if (!done) return false;
        if (_nonces[by][key]++ == 0) _nonceKeys[by].push(key);
        if (_nonceKeys[by].length == 1 && _nonces[by][key] == 1) _senders.push(by);
        Sent memory sent = Sent(r, signed);
        if (_sent.length < MOST_SENT) _sent.push(sent);
        else _sent[_sends % MOST_SENT] = sent;
        ++_sends;
    }

    function directly(address by, address to, bytes memory data) internal returns (bool done) {
        bytes memory answer;
        vm.prank(by);
        (done, answer) = to.call(data);
        tell(data, Way.Directly, done, answer);
    }

    function send(RelayRequest memory r, bytes memory signed) private returns (bool done, bytes memory answer) {
        vm.prank(vm.addr(0xD0000000));
        return address(relay).call(abi.encodeCall(relay.relay, (r, signed)));
    }

    /// @dev Sends again what was sent before.
    function sendAgain(Dice memory dice) internal {
        if (_sent.length == 0) return;
        Sent memory sent = _sent[dice.throw_(0, _sent.length - 1)];
        (bool done, bytes memory answer) = send(sent.request, sent.signature);
        bytes4 reason = vm.getBlockTimestamp() > sent.request.deadline
            ? IRelay.RelayDeadlineOver.selector
            : Nonces.InvalidAccountNonce.selector;
        ++_refusals[bytes4(answer)];
        holds("what was relayed is not relayed again", !done && bytes4(answer) == reason);
    }

    /// @dev Sends a request with one thing wrong in it, or in its signature, which must not be done.
    function spoil(Dice memory dice, RelayRequest memory right) private {
        RelayRequest memory r = RelayRequest(right.from, right.to, right.data, right.nonce, right.deadline);
        uint256 how = dice.throw_(1, SPOILS);
        bytes4 reason = IRelay.RelaySignatureInvalid.selector;
        bytes memory signed;
        if (how == 1) {
            r.deadline = vm.getBlockTimestamp() - 1;
            reason = IRelay.RelayDeadlineOver.selector;
        } else if (how == 2) {
            r.nonce += dice.throw_(1, 3);
            reason = Nonces.InvalidAccountNonce.selector;
        } else if (how == 3) {
            address[4] memory outside = [address(history), address(relay), address(this), studies.STUDY()];
            r.to = outside[dice.throw_(0, 3)];
            reason = IRelay.RelayTargetForbidden.selector;
        } else if (how == 4) {
            vm.chainId(2 ** 32);
            signed = signedBy(r.from, requestDigest(r));
            vm.chainId(31_337);
        } else if (how == 5) {
            signed = forgedBy(r.from, requestDigest(r));
        }
        if (signed.length == 0) signed = signedBy(r.from, requestDigest(r));
        // What was signed is not what is sent.
        if (how == 6) r.data = bytes.concat(r.data, hex"00");
        if (how == 7) r.nonce += 1 << 64;
        if (how == 8) r.deadline = r.deadline == FOREVER ? FOREVER - 1 : r.deadline + 1;
        if (how == 9) r.from = vm.addr(0xD0000001);
        if (how == 10) r.to = r.to == address(swarm) ? address(governor) : address(swarm);
        (bool done, bytes memory answer) = send(r, signed);
        ++_refusals[bytes4(answer)];
        holds("what is not signed so is not relayed", !done && bytes4(answer) == reason);
    }

    function tell(bytes memory data, Way way, bool done, bytes memory answer) private {
        if (done) {
            ++_done[bytes4(data)][way];
            follow();
            return;
        }
        // Forge keeps logs of what was reverted, too.
        vm.getRecordedLogs();
        bytes4 reason = bytes4(answer);
        ++_refusals[reason];
        if (reason == IStudy.StudyNotAuthorised.selector) {
            ++_unauthorised[Authorisation(uint8(answer[answer.length - 1]))];
        }
    }
}
