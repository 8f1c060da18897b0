// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IStudy} from "contracts/interfaces/IStudy.sol";
import {
    Authorisation,
    Contribution,
    Level,
    NodeStanding,
    Parameters,
    Payee,
    Publication,
    StudyState,
    Weight
} from "contracts/interfaces/Types.sol";
import {Dice} from "./Dice.sol";
import {SwarmActs} from "./SwarmActs.sol";
import {vm} from "./Vm.sol";

/// @title What people do in studies
abstract contract StudyActs is SwarmActs {
    uint256 private constant MOST_STUDIES = 3;
    uint256 internal constant PAYEES = 3;

    // --- terms and signatures --------------------------------------------------------------------

    function openStudy(uint256 seed) external act(seed) {
        Dice memory dice = cast(seed);
        bool full = _studies.length >= (_acts < 100 ? MOST_STUDIES : 2 * MOST_STUDIES);
        Parameters memory p = terms(dice.throw_(0, 99));
        bytes memory text = TERMS;
        if (full || dice.coin(6)) text = spoilTerms(dice, p);
        address by = mostly(dice, accountOf(someMember(dice)));
        if (!attempt(dice, by, address(studies), abi.encodeCall(studies.open, (text, p))) || dice.coin(3)) return;
        // Otherwise few would ever begin.
        address study = _studies[_studies.length - 1];
        signTogether(dice, study, 1);
        startTogether(dice, study);
    }

    function signTerms(uint256 seed) external act(seed) {
        Dice memory dice = cast(seed);
        address study = some(dice);
        uint32 version = some(dice, study);
        address by = mostly(dice, accountOf(someInstitution(dice)));
        attempt(dice, by, study, signing(dice, study, version));
    }

    /// @dev Everybody signs; otherwise amended terms would seldom come into force.
    function signTogether(uint256 seed) external act(seed) {
        Dice memory dice = cast(seed);
        address study = any(dice);
        signTogether(dice, study, some(dice, study));
    }

    /// @dev The opener amends the terms, and everybody signs them.
    function amendTogether(uint256 seed) external act(seed) {
        Dice memory dice = cast(seed);
        address study = some(dice);
        bytes memory data = abi.encodeCall(IStudy.amend, (TERMS, terms(dice.throw_(0, 99))));
        if (!attempt(dice, accountOf(_research[study].opener), study, data)) return;
        nextBlock(1);
        signTogether(dice, study, _research[study].versions);
    }

    function signTogether(Dice memory dice, address study, uint32 version) private {
        for (uint32 institution = 1; institution <= _institutionCount; ++institution) {
            if (_signed[study][version][institution] || dice.coin(4)) continue;
            attempt(dice, accountOf(institution), study, signing(dice, study, version));
        }
    }

    function declineTerms(uint256 seed) external act(seed) {
        Dice memory dice = cast(seed);
        address study = some(dice);
        address by = mostly(dice, accountOf(someInstitution(dice)));
        attempt(dice, by, study, abi.encodeCall(IStudy.decline, (some(dice, study), 1, DOCUMENT)));
    }

    function withdrawFromStudy(uint256 seed) external act(seed) {
        Dice memory dice = cast(seed);
        address study = some(dice);
        address by = dice.coin(3) ? accountOf(someInstitution(dice)) : anybody(dice);
        attempt(dice, by, study, abi.encodeCall(IStudy.withdraw, (1, DOCUMENT)));
    }

    /// @dev One institution renews its consents, or all do, or nobody would train for long.
    function renewConsent(uint256 seed) external act(seed) {
        Dice memory dice = cast(seed);
        address study = some(dice);
        bytes memory data = abi.encodeCall(IStudy.renewConsent, (dice.coin(8) ? bytes32(0) : DOCUMENT));
        if (dice.coin(2)) attempt(dice, mostly(dice, accountOf(someInstitution(dice))), study, data);
        for (uint32 institution = 1; institution <= _institutionCount; ++institution) {
            if (isSignatory(study, institution)) attempt(dice, accountOf(institution), study, data);
        }
    }

    // --- deciding --------------------------------------------------------------------------------

    function startStudy(uint256 seed) external act(seed) {
        Dice memory dice = cast(seed);
        address study = any(dice);
        if (dice.coin(2)) startTogether(dice, study);
        else attempt(dice, decider(dice, study), study, abi.encodeCall(IStudy.start, ()));
    }

    /// @dev The others decide without the opener, or the opener last; somebody twice.
    function startTogether(Dice memory dice, address study) private {
        bytes memory data = abi.encodeCall(IStudy.start, ());
        attempt(dice, accountOf(someMember(dice)), study, data);
        for (uint32 institution = _institutionCount; institution != 0; --institution) {
            attempt(dice, accountOf(institution), study, data);
            if (_research[study].state == StudyState.Running) return;
        }
    }

    function amendTerms(uint256 seed) external act(seed) {
        Dice memory dice = cast(seed);
        address study = some(dice);
        // Signatories can only agree on terms that they know.
        Parameters memory p = terms(dice.coin(2) ? _research[study].versions : dice.throw_(0, 99));
        bytes memory text = dice.coin(6) ? spoilTerms(dice, p) : TERMS;
        attempt(dice, decider(dice, study), study, abi.encodeCall(IStudy.amend, (text, p)));
    }

    function closeStudy(uint256 seed) external act(seed) {
        Dice memory dice = cast(seed);
        address study = some(dice);
        // The first study shall go on in most runs.
        bool may = study != _studies[0] || dice.coin(8);
        attempt(dice, may ? decider(dice, study) : anybody(dice), study, abi.encodeCall(IStudy.close, ()));
    }

    // --- training --------------------------------------------------------------------------------

    function publishCheckpoint(uint256 seed) external act(seed) {
        Dice memory dice = cast(seed);
        address study = some(dice);
        Publication memory p = publicationOf(dice, study);
        if (dice.coin(3)) spoilPublication(dice, study, p);
        attempt(dice, mostly(dice, trainer(dice, study)), study, abi.encodeCall(IStudy.publish, (p)));
    }

    /// @dev An institution publishes once more for a round of its own, by any of its nodes, or an earlier round; or the
    ///      very same again.
    function publishAgain(uint256 seed) external act(seed) {
        Dice memory dice = cast(seed);
        address study = some(dice);
        Publication memory p = publicationOf(dice, study);
        address node = trainer(dice, study);
        bytes memory data = abi.encodeCall(IStudy.publish, (p));
        attempt(dice, node, study, data);
        bytes32[] storage published = _research[study].published;
        if (published.length == 0) return;
        Candidate storage last = _candidates[study][published[published.length - 1]];
        if (dice.coin(4)) attempt(dice, trainer(dice, study), study, data);
        p.round = last.round - (dice.coin(4) ? 1 : 0);
        p.parent = lastFinal(study);
        for (uint256 i = 0; i < 3; ++i) {
            p.digest = keccak256(abi.encode("another model", i));
            attempt(dice, nodeAmong(dice, last.institution), study, abi.encodeCall(IStudy.publish, (p)));
        }
    }

    function attestCheckpoint(uint256 seed) external act(seed) {
        Dice memory dice = cast(seed);
        address study = some(dice);
        bytes memory data = abi.encodeCall(IStudy.attest, (candidate(dice, study), Level(dice.throw_(0, 2))));
        attempt(dice, mostly(dice, trainer(dice, study)), study, data);
    }

    /// @dev Everybody vouches for a checkpoint; otherwise few were ever final.
    function vouch(uint256 seed) external act(seed) {
        Dice memory dice = cast(seed);
        address study = some(dice);
        vouchTogether(dice, study, candidate(dice, study));
    }

    /// @dev Somebody publishes, and everybody vouches for it.
    function trainTogether(uint256 seed) external act(seed) {
        Dice memory dice = cast(seed);
        address study = some(dice);
        Publication memory p = publicationOf(dice, study);
        address node = trainer(dice, study);
        if (!attempt(dice, node, study, abi.encodeCall(IStudy.publish, (p)))) return;
        bytes32[] storage published = _research[study].published;
        if (published.length != 0) vouchTogether(dice, study, published[published.length - 1]);
    }

    function vouchTogether(Dice memory dice, address study, bytes32 checkpoint) private {
        bytes memory data = abi.encodeCall(IStudy.attest, (checkpoint, Level.MergeRecomputed));
        for (uint32 institution = 1; institution <= _institutionCount; ++institution) {
            address node = nodeAmong(dice, institution);
            if (node != address(0)) attempt(dice, node, study, data);
        }
    }

    /// @dev One act makes an institution's nodes void in a study, or all its nodes everywhere, or one; at once, in the
    ///      same block, they try to go on.
    function goOnAfterwards(uint256 seed) external act(seed) {
        Dice memory dice = cast(seed);
        address study = some(dice);
        address node = trainer(dice, study);
        uint32 institution = _nodes[node].institution;
        if (institution == 0 || signatoryCount(study) < 3 || dice.coin(2)) return;
        Publication memory p = publicationOf(dice, study);
        address by = accountOf(institution);
        if (dice.coin(2)) attempt(dice, by, study, abi.encodeCall(IStudy.withdraw, (1, DOCUMENT)));
        else attempt(dice, by, address(swarm), abi.encodeCall(swarm.revokeNode, (node)));
        attempt(dice, node, study, abi.encodeCall(IStudy.publish, (p)));
        attempt(dice, node, study, abi.encodeCall(IStudy.attest, (candidate(dice, study), Level.MergeRecomputed)));
        // Somebody else names it.
        attempt(dice, trainer(dice, study), study, abi.encodeCall(IStudy.publish, (p)));
    }

    // --- choices ---------------------------------------------------------------------------------

    /// @dev A study; one that runs, twice as often.
    function some(Dice memory dice) internal view returns (address) {
        address study = any(dice);
        return _research[study].state == StudyState.Running ? study : any(dice);
    }

    function any(Dice memory dice) private view returns (address) {
        return _studies[dice.throw_(0, _studies.length - 1)];
    }

    /// @dev A version that can be signed, mostly.
    function some(Dice memory dice, address study) internal view returns (uint32) {
        Research storage r = _research[study];
        if (dice.coin(12)) return uint32(dice.throw_(0, r.versions + 1));
        return r.pending != 0 && !dice.coin(3) ? r.pending : r.inForce;
    }

    function decider(Dice memory dice, address study) private view returns (address) {
        return mostly(dice, accountOf(dice.coin(2) ? _research[study].opener : someMember(dice)));
    }

    function signing(Dice memory dice, address study, uint32 version) private view returns (bytes memory) {
        Terms storage t = _terms[study][version];
        bytes32 digest = dice.coin(16) ? keccak256("other terms") : t.digest;
        bytes32 readiness = dice.coin(16) ? bytes32(0) : DOCUMENT;
        bytes32 consent = (t.consentMaxAge != 0) != dice.coin(16) ? DOCUMENT : bytes32(0);
        return abi.encodeCall(IStudy.sign, (version, digest, t.hash, readiness, consent));
    }

    /// @dev Mostly a node that may train.
    function trainer(Dice memory dice, address study) private view returns (address) {
        uint256 from = dice.throw_(0, _nodeKeys.length - 1);
        if (dice.coin(8)) return _nodeKeys[from];
        for (uint256 i = 0; i < _nodeKeys.length; ++i) {
            address node = _nodeKeys[(from + i) % _nodeKeys.length];
            if (entitlementOf(study, node, _now) == Authorisation.Authorised) return node;
        }
        return _nodeKeys[from];
    }

    /// @dev One of an institution's registered nodes; zero if there is none.
    function nodeAmong(Dice memory dice, uint32 institution) private view returns (address) {
        uint256 from = dice.throw_(0, _nodeKeys.length - 1);
        for (uint256 i = 0; i < _nodeKeys.length; ++i) {
            address node = _nodeKeys[(from + i) % _nodeKeys.length];
            Node storage n = _nodes[node];
            if (n.institution == institution && n.standing == NodeStanding.Registered) return node;
        }
        return address(0);
    }

    /// @dev One of the last three checkpoints published.
    function candidate(Dice memory dice, address study) private view returns (bytes32) {
        bytes32[] storage published = _research[study].published;
        uint256 back = dice.throw_(1, dice.coin(4) ? 3 : 1);
        return back > published.length ? DOCUMENT : published[published.length - back];
    }

    function publicationOf(Dice memory dice, address study) private view returns (Publication memory p) {
        uint32 covered = uint32(dice.throw_(1, 3));
        p.round = _research[study].lastRound + covered;
        p.parent = lastFinal(study);
        p.digest = keccak256(abi.encode("model", dice.throw_(0, 3)));
        p.envelopesRoot = keccak256("envelopes");
        p.roundRecord = keccak256("record");
        uint32[] storage seats = _research[study].seats;
        p.contributions = new Contribution[](seats.length);
        uint256 next = 0;
        for (uint256 i = 0; i < seats.length; ++i) {
            bool entitled = entitlement(study, seats[i], _now) == Authorisation.Authorised;
            if (!entitled || dice.coin(6)) continue;
            p.contributions[next++] = Contribution(seats[i], uint32(dice.throw_(1, covered)));
        }
        shorten(p.contributions, next);
    }

    function shorten(Contribution[] memory list, uint256 length) private pure {
        assembly ("memory-safe") {
            mstore(list, length)
        }
    }

    /// @dev Makes one thing wrong in a publication.
    function spoilPublication(Dice memory dice, address study, Publication memory p) private view {
        uint256 how = dice.throw_(0, 6);
        Contribution[] memory list = p.contributions;
        if (how == 0) p.round = dice.coin(2) ? _research[study].lastRound : 70_000;
        else if (how == 1) p.parent = dice.coin(2) ? bytes32(0) : DOCUMENT;
        else if (how == 2) p.digest = 0;
        else if (how == 3 || list.length == 0) p.contributions = new Contribution[](0);
        else if (how == 4) list[0].rounds = dice.coin(2) ? 0 : 9;
        // Anyone, wherever it stands, and twice one in the wrong order.
        else if (how == 5) list[0].institution = someInstitution(dice);
        else if (list.length > 1) (list[0], list[1]) = (list[1], list[0]);
    }

    // --- terms -----------------------------------------------------------------------------------

    /// @dev Terms of one of many kinds, the same for all who ask in the same month.
    function terms(uint256 kind) private view returns (Parameters memory p) {
        Dice memory dice = Dice(kind);
        p = parameters();
        if (dice.coin(5)) p.kinds = 0x7;
        if (dice.coin(5)) p.sectors = 0x1;
        if (dice.coin(5)) {
            p.anyCountry = false;
            p.countries = new bytes2[](1);
            p.countries[0] = "DE";
        }
        p.minimumSignatories = uint16(dice.throw_(1, 3));
        p.minimumContributors = uint16(dice.throw_(1, 2));
        p.quorum = uint16(dice.throw_(p.minimumSignatories / 2 + 1, 4));
        p.rounds = dice.coin(4) ? uint32(dice.throw_(5, 20)) : 65_535;
        p.level = Level(dice.throw_(1, 2));
        p.consentMaxAge = dice.coin(3) ? 20 days : 0;
        p.expiresAt = uint48((_now / 30 days + dice.throw_(1, 9)) * 30 days);
        shares(dice, p);
    }

    function shares(Dice memory dice, Parameters memory p) private view {
        p.shares.equal = uint16(dice.throw_(0, 3000));
        p.shares.contributed = uint16(dice.throw_(0, 3000));
        p.shares.weights = new Weight[](dice.throw_(0, 3));
        p.shares.weighted = p.shares.weights.length == 0 ? 0 : uint16(dice.throw_(1, 1500));
        for (uint256 i = 0; i < p.shares.weights.length; ++i) {
            p.shares.weights[i] = Weight(uint32(3 * i + dice.throw_(1, 3)), uint32(dice.throw_(1, 100)));
        }
        p.shares.remainderTo = someInstitution(dice);
        p.shares.payees = new Payee[](dice.throw_(0, PAYEES));
        uint256 left = 10_000 - p.shares.equal - p.shares.contributed - p.shares.weighted;
        for (uint256 i = 0; i < p.shares.payees.length; ++i) {
            p.shares.payees[i] = Payee(payees(i), uint16(dice.throw_(1, 500)));
            left -= p.shares.payees[i].share;
        }
        p.shares.patients = uint16(left);
    }

    function payees(uint256 index) internal pure returns (address) {
        return vm.addr(0xC0000000 + index);
    }

    /// @dev Makes one thing wrong in terms.
    function spoilTerms(Dice memory dice, Parameters memory p) private pure returns (bytes memory text) {
        uint256 how = dice.throw_(0, 3);
        if (how == 0) return "";
        text = TERMS;
        if (how == 1) p.quorum = 0;
        if (how == 2) p.expiresAt = uint48(START);
        if (how == 3) p.shares.patients -= 1;
    }
}
