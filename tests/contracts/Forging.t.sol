// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {ERC2771Context} from "@openzeppelin/contracts/metatx/ERC2771Context.sol";
import {Nonces} from "@openzeppelin/contracts/utils/Nonces.sol";
import {Relay} from "contracts/Relay.sol";
import {Study} from "contracts/Study.sol";
import {SwarmGovernor} from "contracts/SwarmGovernor.sol";
import {IBenefits} from "contracts/interfaces/IBenefits.sol";
import {IHistory} from "contracts/interfaces/IHistory.sol";
import {IRelay} from "contracts/interfaces/IRelay.sol";
import {IStudy} from "contracts/interfaces/IStudy.sol";
import {ISwarm} from "contracts/interfaces/ISwarm.sol";
import {RelayRequest, VotingRules} from "contracts/interfaces/Types.sol";
import {Answering, Scheming} from "./support/FalseAccounts.sol";
import {House} from "./support/House.sol";
import {vm} from "./support/Vm.sol";

contract ReadingGovernor is SwarmGovernor {
    constructor(address swarm, address history, address relay, VotingRules memory rules)
        SwarmGovernor(swarm, history, relay, rules)
    {}

    function message() external view returns (bytes memory) {
        return _msgData();
    }
}

/// @title What somebody tries who wants to act as another
contract ForgingTest is House {
    bytes private leaving;

    function setUp() public override {
        super.setUp();
        leaving = abi.encodeCall(swarm.leave, ());
    }

    // --- whose word counts -----------------------------------------------------------------------

    function test_TheHouseTrustsTheRelayAlone() public {
        Study study = running();
        address[7] memory house = [
            address(swarm),
            address(governor),
            address(studies),
            address(study),
            study.benefits(),
            studies.STUDY(),
            studies.BENEFITS()
        ];
        for (uint256 i = 0; i < house.length; ++i) {
            ERC2771Context member = ERC2771Context(house[i]);
            vm.assertEq(member.trustedForwarder(), address(relay));
            vm.assertTrue(member.isTrustedForwarder(address(relay)));
            vm.assertFalse(member.isTrustedForwarder(house[i]));
            vm.assertFalse(member.isTrustedForwarder(account(1)));
        }
    }

    /// @dev What OpenZeppelin's Governor would hold against a decision is the call without the account.
    function test_TheMessageIsWhatWasSigned() public {
        ReadingGovernor reading = new ReadingGovernor(address(swarm), address(history), address(relay), rules());
        bytes memory call = abi.encodeCall(reading.message, ());
        vm.prank(address(relay));
        (, bytes memory answer) = address(reading).call(abi.encodePacked(call, account(1)));
        vm.assertEq(abi.decode(answer, (bytes)), call);
        vm.assertEq(reading.message(), call);
    }

    /// @dev Whoever else appends an address acts as itself.
    function test_NobodyElseIsBelieved() public {
        Study study = running();
        address[4] memory callers = [account(9), address(governor), address(study), address(history)];
        for (uint256 i = 0; i < callers.length; ++i) {
            refusedTo(callers[i], address(swarm), leaving, error(ISwarm.SwarmNotMember.selector, callers[i]));
            bytes memory closing = abi.encodeCall(study.close, ());
            refusedTo(callers[i], address(study), closing, error(IStudy.StudyNotMember.selector, callers[i]));
            bytes memory declaring = abi.encodeCall(IBenefits.declare, ("EUR", 1, DOCUMENT, "", 0));
            bytes memory reason = error(IBenefits.BenefitsNotEntitled.selector, callers[i]);
            refusedTo(callers[i], study.benefits(), declaring, reason);
        }
    }

    /// @dev Where bytes are missing the account itself is read in their place, and it is its own act all the same.
    function test_ACallCutShortIsStillItsAccountsAct() public {
        bytes memory short = abi.encodePacked(swarm.revokeNode.selector, bytes12(0));
        RelayRequest memory r = request(account(1), address(swarm), short);
        bytes memory signed = signature(accountKey(1), requestDigest(r));
        refused(error(ISwarm.SwarmNodeNotYours.selector, account(1)));
        relay.relay(r, signed);
    }

    /// @dev What a vote alone, or the house alone, may do does not go by the relay's word.
    function test_NotEvenTheRelaysWordMakesADecision() public {
        Study study = running();
        bytes memory reason = error(ISwarm.SwarmNotByVote.selector, address(relay));
        vouched(address(governor), address(swarm), abi.encodeCall(swarm.admit, (4)), reason);
        vouched(address(governor), address(swarm), abi.encodeCall(swarm.expel, (2)), reason);
        vouched(address(governor), address(swarm), abi.encodeCall(swarm.recoverAccount, (2, account(9))), reason);
        vouched(address(governor), address(swarm), abi.encodeCall(swarm.setCharter, (DOCUMENT)), reason);

        reason = error(IHistory.HistoryNotOfTheHouse.selector, address(relay));
        vouched(address(swarm), address(history), abi.encodeCall(history.append, ("record")), reason);
        vouched(address(studies), address(history), abi.encodeCall(history.enroll, (account(9))), reason);

        address benefits = study.benefits();
        bytes memory call = abi.encodeCall(IBenefits.agree, (2, parameters().shares));
        vouched(address(study), benefits, call, error(IBenefits.BenefitsNotStudy.selector, address(relay)));
        call = abi.encodeCall(IBenefits.initialize, (account(9)));
        reason = abi.encodeWithSelector(IBenefits.BenefitsInitialised.selector);
        vouched(address(studies), studies.BENEFITS(), call, reason);
        call = abi.encodeCall(study.initialize, (1, account(9), TERMS, parameters()));
        reason = abi.encodeWithSelector(IStudy.StudyInitialised.selector);
        vouched(address(studies), studies.STUDY(), call, reason);
    }

    /// @dev The house signs nothing, so nobody sends anything in its name.
    function test_TheHouseSignsNothing() public {
        Study study = running();
        bytes memory call = abi.encodeCall(governor.setVotingRules, (rules()));
        address[8] memory house = [
            address(governor),
            address(swarm),
            address(studies),
            address(history),
            address(relay),
            address(study),
            study.benefits(),
            address(0)
        ];
        for (uint256 i = 0; i < house.length; ++i) {
            RelayRequest memory r = request(house[i], address(governor), call);
            bytes memory signed = signature(accountKey(1), requestDigest(r));
            bytes memory reason = error(IRelay.RelaySignatureInvalid.selector, house[i]);
            refused(reason);
            relay.relay(r, signed);
            refused(reason);
            relay.relay(r, "");
        }
    }

    // --- signatures ------------------------------------------------------------------------------

    function test_OneSignatureHasOneForm() public {
        RelayRequest memory r = request(account(1), address(swarm), leaving);
        (uint8 v, bytes32 r_, bytes32 s) = vm.sign(accountKey(1), requestDigest(r));
        uint256 order = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;
        bytes32 compact = bytes32(uint256(s) | (uint256(v - 27) << 255));
        bytes[3] memory others = [
            abi.encodePacked(r_, order - uint256(s), v == 27 ? 28 : 27),
            abi.encodePacked(r_, s, v - 27),
            abi.encodePacked(r_, compact)
        ];
        for (uint256 i = 0; i < others.length; ++i) {
            refused(error(IRelay.RelaySignatureInvalid.selector, account(1)));
            relay.relay(r, others[i]);
        }
        relay.relay(r, abi.encodePacked(r_, s, v));
    }

    /// @dev The relay's domain, read from outside, is what was signed in.
    function test_InTheRelaysDomain() public view {
        (, string memory name, string memory version, uint256 chain, address verifier,,) = relay.eip712Domain();
        vm.assertEq(name, "Swarm Charter");
        vm.assertEq(version, "1");
        vm.assertEq(chain, block.chainid);
        vm.assertEq(verifier, address(relay));
    }

    /// @dev Two swarms can live on one chain, with the same members.
    function test_NotInAnotherHouse() public {
        RelayRequest memory r = request(account(1), address(swarm), leaving);
        bytes memory signed = signature(accountKey(1), requestDigest(r));
        Relay first = relay;
        holdHistory();
        deploy(founders(3));
        swarm.found(founders(3));
        refused(error(IRelay.RelayTargetForbidden.selector, r.to));
        relay.relay(r, signed);
        r.to = address(swarm);
        refused(error(IRelay.RelaySignatureInvalid.selector, account(1)));
        relay.relay(r, signed);
        refused(error(IRelay.RelayTargetForbidden.selector, r.to));
        first.relay(r, signed);
    }

    // --- nonces ----------------------------------------------------------------------------------

    function testFuzz_EachKeyCountsForItself(uint192 key, uint192 other) public {
        vm.assume(key != other);
        for (uint64 i = 0; i < 3; ++i) {
            vm.assertEq(relay.nonces(account(1), key), nonce(key, i));
            relayed(nonce(key, i));
            vm.assertEq(relay.nonces(account(1), key), nonce(key, i + 1));
        }
        vm.assertEq(relay.nonces(account(1), other), nonce(other, 0));
        vm.assertEq(relay.nonces(account(2), key), nonce(key, 0));
        relayed(nonce(other, 0));
    }

    /// @dev A sender that gives too little gas gains nothing: all of it is done, or none.
    function testFuzz_WithTooLittleGasNothingIsDone(uint256 gas) public {
        (RelayRequest memory r, bytes memory signed) = signedWith(nonce(5, 0));
        uint256 length = history.length();
        (bool done,) = address(relay).call{gas: gas % 1_500_000}(abi.encodeCall(relay.relay, (r, signed)));
        vm.assertEq(relay.nonces(account(1), 5), nonce(5, done ? 1 : 0));
        vm.assertEq(studies.count(), done ? 1 : 0);
        vm.assertEq(history.length(), done ? length + 3 : length);
        if (!done) relay.relay(r, signed);
    }

    function test_InOrder() public {
        bytes memory reason = abi.encodeWithSelector(Nonces.InvalidAccountNonce.selector, account(1), nonce(5, 0));
        (RelayRequest memory early, bytes memory signed) = signedWith(nonce(5, 1));
        refused(reason);
        relay.relay(early, signed);
        relayed(nonce(5, 0));
        relay.relay(early, signed);
    }

    /// @dev How an account takes back what it has signed and nobody has sent yet.
    function test_AnotherActWithItsNonceVoidsARequest() public {
        Study study = running();
        (bytes32 digest, bytes32 hash) = study.termsOf(1);
        RelayRequest memory r =
            request(account(2), address(study), abi.encodeCall(study.sign, (1, digest, hash, DOCUMENT, 0)));
        bytes memory old = signature(accountKey(2), requestDigest(r));
        RelayRequest memory withdrawing =
            RelayRequest(account(2), address(study), abi.encodeCall(study.withdraw, (1, DOCUMENT)), r.nonce, FOREVER);
        relay.relay(withdrawing, signature(accountKey(2), requestDigest(withdrawing)));
        refused(abi.encodeWithSelector(Nonces.InvalidAccountNonce.selector, account(2), r.nonce + 1));
        relay.relay(r, old);
        vm.assertFalse(study.isSignatory(2));
    }

    /// @dev What brought an institution in does not bring it back.
    function test_WhoWithdrewIsNotSignedInAgainByItsOldSignature() public {
        Study study = open(1, parameters());
        (bytes32 digest, bytes32 hash) = study.termsOf(1);
        RelayRequest memory r =
            request(account(2), address(study), abi.encodeCall(study.sign, (1, digest, hash, DOCUMENT, 0)));
        bytes memory signed = signature(accountKey(2), requestDigest(r));
        relay.relay(r, signed);
        withdraw(study, 2);
        refused(abi.encodeWithSelector(Nonces.InvalidAccountNonce.selector, account(2), r.nonce + 1));
        relay.relay(r, signed);
    }

    // --- contract accounts -----------------------------------------------------------------------

    function test_AnAccountThatDoesNotSayYesSaysNo() public {
        bytes32 yes = IERC1271.isValidSignature.selector;
        answers("", false, false);
        answers(abi.encodePacked(IERC1271.isValidSignature.selector), false, false);
        answers(abi.encode(true), false, false);
        answers(abi.encode(bytes4(0xffffffff)), false, false);
        answers(abi.encode(yes | bytes32(uint256(1))), false, false);
        answers(abi.encode(yes), true, false);
        answers(abi.encode(yes), false, true);
        answers(abi.encode(yes, "and more"), false, true);
    }

    /// @dev Who agrees to everything has only itself to lose.
    function test_WhoSaysYesToAllSpeaksForItselfAlone() public {
        address yes = address(new Answering(abi.encode(IERC1271.isValidSignature.selector), false));
        RelayRequest memory r = request(account(1), address(swarm), leaving);
        refused(error(IRelay.RelaySignatureInvalid.selector, account(1)));
        vm.prank(yes);
        relay.relay(r, "");
        r.from = yes;
        refused(error(ISwarm.SwarmNotMember.selector, yes));
        relay.relay(r, "");
    }

    /// @dev It is asked by a static call: whatever it tries meanwhile does not happen.
    function test_NothingHappensWhilstAnAccountIsAsked() public {
        (RelayRequest memory other, bytes memory signed) = signedWith(nonce(5, 0));
        bytes memory relaying = abi.encodeCall(relay.relay, (other, signed));
        schemes(address(relay), relaying);
        schemes(address(swarm), abi.encodeCall(swarm.applyToJoin, (profile())));
        vm.assertEq(relay.nonces(account(1), 5), nonce(5, 0));
        vm.assertTrue(swarm.isMember(1));
        relay.relay(other, signed);
    }

    /// @dev A board hands its institution to the next one; what the old one has signed means nothing afterwards.
    function test_OneBoardAfterAnother() public {
        address old = twoOfThree();
        address next = twoOfThree();
        decide(abi.encodeCall(swarm.recoverAccount, (2, old)));
        RelayRequest memory unsent = request(old, address(swarm), leaving);
        bytes memory oldSigned = agreed(20, 21, requestDigest(unsent));

        string memory type_ = "AccountRotation(uint32 institution,address account,uint256 deadline)";
        bytes memory proof = agreed(21, 22, proofDigest(type_, 2, next, FOREVER));
        RelayRequest memory r =
            request(old, address(swarm), abi.encodeCall(swarm.rotateAccount, (next, FOREVER, proof)));
        relay.relay(r, agreed(20, 22, requestDigest(r)));
        vm.assertEq(swarm.memberOf(next), 2);

        refused(error(ISwarm.SwarmNotMember.selector, old));
        relay.relay(unsent, oldSigned);
        r = request(next, address(swarm), leaving);
        refused(error(IRelay.RelaySignatureInvalid.selector, next));
        relay.relay(r, oldSigned);
        relay.relay(r, agreed(20, 21, requestDigest(r)));
        vm.assertFalse(swarm.isMember(2));
        holdHistory();
    }

    // --- words -----------------------------------------------------------------------------------

    function error(bytes4 selector, address about) private pure returns (bytes memory) {
        return abi.encodeWithSelector(selector, about);
    }

    /// @dev Institution 1's account appended, as the relay does it, by somebody who is not the relay.
    function refusedTo(address caller, address to, bytes memory call, bytes memory reason) private {
        vm.prank(caller);
        (bool done, bytes memory answer) = to.call(bytes.concat(call, abi.encodePacked(account(1))));
        vm.assertFalse(done);
        vm.assertEq(answer, reason);
    }

    /// @dev As if the relay said that the entitled one calls.
    function vouched(address entitled, address to, bytes memory call, bytes memory reason) private {
        vm.prank(address(relay));
        (bool done, bytes memory answer) = to.call(abi.encodePacked(call, entitled));
        vm.assertFalse(done);
        vm.assertEq(answer, reason);
    }

    function nonce(uint192 key, uint64 count) private pure returns (uint256) {
        return (uint256(key) << 64) | count;
    }

    function signedWith(uint256 nonce_) private view returns (RelayRequest memory r, bytes memory signed) {
        r = RelayRequest(
            account(1), address(studies), abi.encodeCall(studies.open, (TERMS, parameters())), nonce_, FOREVER
        );
        signed = signature(accountKey(1), requestDigest(r));
    }

    function relayed(uint256 nonce_) private {
        (RelayRequest memory r, bytes memory signed) = signedWith(nonce_);
        relay.relay(r, signed);
    }

    function answers(bytes memory answer, bool fails, bool accepted) private {
        address from = address(new Answering(answer, fails));
        RelayRequest memory r = request(from, address(swarm), abi.encodeCall(swarm.applyToJoin, (profile())));
        if (!accepted) refused(error(IRelay.RelaySignatureInvalid.selector, from));
        relay.relay(r, "");
        vm.assertTrue((swarm.institutionOf(from) != 0) == accepted);
    }

    /// @dev The account agrees, as nothing else could be done; so its own act happens, and nothing more.
    function schemes(address target, bytes memory call) private {
        address from = address(new Scheming(target, call));
        RelayRequest memory r = request(from, address(swarm), abi.encodeCall(swarm.applyToJoin, (profile())));
        uint256 length = history.length();
        relay.relay(r, "");
        vm.assertEq(history.length(), length + 1);
        vm.assertEq(swarm.institutionOf(from), swarm.institutionCount());
    }
}
