// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {Recorder} from "./Recorder.sol";
import {IBenefits} from "./interfaces/IBenefits.sol";
import {IStudy} from "./interfaces/IStudy.sol";
import {ISwarm} from "./interfaces/ISwarm.sol";
import {Part, Settlement, Shares} from "./interfaces/Types.sol";

/// @title What a study earns, who is owed which part of it, and what was settled
/// @notice Declaring costs the same however many institutions there are: a share is computed when it is asked for, from
///         what final rounds had earned at the declaration. Always rounding down; what is left over is a line of its
///         own, so that the lines sum to the revenue exactly.
contract Benefits is IBenefits, Recorder {
    struct Revenue {
        uint32 institution;
        bytes3 currency;
        uint128 amount;
        uint32 sequence;
    }

    /// @dev What a version's rounds earned of a revenue, between which final checkpoints they lie, how the version
    ///      splits it, and what all institutions together hold of each measure it is split by.
    struct Pot {
        uint256 amount;
        uint32 first;
        uint32 last;
        Shares shares;
        uint256 signed;
        uint256 contributed;
        uint256 weights;
    }

    uint256 private constant _BASIS_POINTS = 10_000;

    /// @notice Whose institutions are paid.
    ISwarm public immutable SWARM;
    /// @notice Who may initialise clones.
    address public immutable STUDIES;

    /// @notice The study whose benefits these are.
    IStudy public study;
    /// @inheritdoc IBenefits
    uint32 public revenueCount;

    mapping(uint32 revenue => Revenue) private _revenues;
    mapping(bytes32 line => Settlement) private _settlements;

    /// @param swarm The house's Swarm.
    /// @param history The house's History.
    /// @param studies The house's Studies, which alone initialises clones; the implementation itself stays locked.
    constructor(address swarm, address history, address studies) Recorder(history) {
        SWARM = ISwarm(swarm);
        STUDIES = studies;
    }

    /// @inheritdoc IBenefits
    function initialize(address study_) external {
        if (msg.sender != STUDIES || address(study) != address(0)) revert BenefitsInitialised();
        study = IStudy(study_);
    }

    /// @inheritdoc IBenefits
    function declare(bytes3 currency, uint128 amount, bytes32 document, string calldata licensee, bytes32 licence)
        external
        returns (uint32 revenue)
    {
        uint32 institution = SWARM.institutionOf(msg.sender);
        bool entitled = study.isSignatory(institution) || (institution == study.opener() && SWARM.isMember(institution));
        if (!entitled) revert BenefitsNotEntitled(msg.sender);
        if (amount == 0 || document == 0 || !_isCurrency(currency) || bytes(licensee).length > 128) {
            revert BenefitsRevenueInvalid();
        }
        (,, uint32 sequence) = study.lineageHead();
        if (sequence == 0) revert BenefitsNothingEarned();
        revenue = ++revenueCount;
        _revenues[revenue] = Revenue(institution, currency, amount, sequence);
        emit RevenueDeclared(revenue, institution, currency, amount, document, licensee, licence, sequence);
        _record(
            RevenueDeclared.selector,
            abi.encode(revenue, institution, currency, amount, document, licensee, licence, sequence)
        );
    }

    /// @inheritdoc IBenefits
    function pay(uint32 revenue, Part part, uint32 receiver, bytes32 document) external {
        uint32 payer = _known(revenue).institution;
        if (SWARM.institutionOf(msg.sender) != payer) revert BenefitsNotPayer(msg.sender);
        if (document == 0) revert BenefitsRevenueInvalid();
        uint128 amount = _owed(revenue, part, receiver);
        _step(revenue, part, receiver, Settlement.Open, Settlement.Paid);
        emit SharePaid(revenue, part, receiver, amount, document);
        _record(SharePaid.selector, abi.encode(revenue, part, receiver, amount, document));
    }

    /// @inheritdoc IBenefits
    function confirm(uint32 revenue, Part part, uint32 receiver) external {
        _known(revenue);
        uint128 amount = _owed(revenue, part, receiver);
        if (!_isReceiver(msg.sender, part, receiver)) revert BenefitsNotReceiver(msg.sender);
        _step(revenue, part, receiver, Settlement.Paid, Settlement.Confirmed);
        emit SettlementConfirmed(revenue, part, receiver, amount);
        _record(SettlementConfirmed.selector, abi.encode(revenue, part, receiver, amount));
    }

    /// @inheritdoc IBenefits
    function settlementOf(uint32 revenue, Part part, uint32 receiver) external view returns (Settlement) {
        return _settlements[_line(revenue, part, receiver)];
    }

    /// @inheritdoc IBenefits
    function revenueOf(uint32 revenue) external view returns (uint32, bytes3, uint128, uint32) {
        Revenue memory r = _revenues[revenue];
        return (r.institution, r.currency, r.amount, r.sequence);
    }

    /// @inheritdoc IBenefits
    function shareOf(uint32 revenue, Part part, uint32 receiver) public view returns (uint256 share) {
        Revenue memory r = _known(revenue);
        if (part == Part.Named) return _named(r, receiver);
        if (part == Part.Remainder) return _remainder(r, receiver);
        (uint32 inForce,) = study.versions();
        for (uint32 version = 1; version <= inForce; ++version) {
            Pot memory pot = _potOf(r, version);
            if (pot.amount != 0) share += part == Part.Patients ? _patients(pot, receiver) : _own(pot, receiver);
        }
    }

    function _step(uint32 revenue, Part part, uint32 receiver, Settlement from, Settlement to) private {
        bytes32 line = _line(revenue, part, receiver);
        if (_settlements[line] != from) revert BenefitsSettlementWrong(_settlements[line]);
        _settlements[line] = to;
    }

    function _known(uint32 revenue) private view returns (Revenue memory r) {
        r = _revenues[revenue];
        if (r.amount == 0) revert BenefitsRevenueUnknown(revenue);
    }

    function _owed(uint32 revenue, Part part, uint32 receiver) private view returns (uint128 amount) {
        // A share is a part of the revenue's amount, which fits.
        amount = uint128(shareOf(revenue, part, receiver));
        if (amount == 0) revert BenefitsNothingOwed(revenue, part, receiver);
    }

    function _isReceiver(address account, Part part, uint32 receiver) private view returns (bool) {
        if (part == Part.Named) return study.sharesOf(receiver >> 16).payees[receiver & 0xffff].account == account;
        uint32 institution = part == Part.Remainder ? study.sharesOf(receiver).remainderTo : receiver;
        return SWARM.institutionOf(account) == institution;
    }

    /// @dev Differences of rounded sums, so that the versions' pots sum to the amount exactly.
    function _potOf(Revenue memory r, uint32 version) private view returns (Pot memory pot) {
        pot.first = version == 1 ? 0 : _bounded(study.lastSequenceOf(version - 1), r.sequence);
        pot.last = _bounded(study.lastSequenceOf(version), r.sequence);
        if (pot.first == pot.last) return pot;
        (uint256 all,,) = study.creditTotal(r.sequence);
        (uint256 before, uint256 signedBefore, uint256 contributedBefore) = study.creditTotal(pot.first);
        (uint256 upTo, uint256 signed, uint256 contributed) = study.creditTotal(pot.last);
        pot.amount = Math.mulDiv(r.amount, upTo, all) - Math.mulDiv(r.amount, before, all);
        pot.signed = signed - signedBefore;
        pot.contributed = contributed - contributedBefore;
        pot.shares = study.sharesOf(version);
        for (uint256 i = 0; i < pot.shares.weights.length; ++i) {
            pot.weights += pot.shares.weights[i].weight;
        }
    }

    function _own(Pot memory pot, uint32 institution) private view returns (uint256 share) {
        (uint256 signed, uint256 contributed) = _earned(pot, institution);
        share = _part(pot, pot.shares.equal, signed, pot.signed);
        share += _part(pot, pot.shares.contributed, contributed, pot.contributed);
        if (signed != 0) share += _part(pot, pot.shares.weighted, _weightOf(pot.shares, institution), pot.weights);
    }

    function _patients(Pot memory pot, uint32 institution) private view returns (uint256) {
        (, uint256 contributed) = _earned(pot, institution);
        return _part(pot, pot.shares.patients, contributed, pot.contributed);
    }

    function _named(Revenue memory r, uint32 receiver) private view returns (uint256) {
        uint32 version = receiver >> 16;
        if (!_wasInForce(version)) return 0;
        Pot memory pot = _potOf(r, version);
        uint256 index = receiver & 0xffff;
        return index < pot.shares.payees.length ? _part(pot, pot.shares.payees[index].share, 1, 1) : 0;
    }

    function _remainder(Revenue memory r, uint32 version) private view returns (uint256 left) {
        if (!_wasInForce(version)) return 0;
        Pot memory pot = _potOf(r, version);
        left = pot.amount;
        if (left == 0) return 0;
        for (uint256 i = 0; i < pot.shares.payees.length; ++i) {
            left -= _part(pot, pot.shares.payees[i].share, 1, 1);
        }
        uint32[] memory institutions = study.credited();
        for (uint256 i = 0; i < institutions.length; ++i) {
            left -= _own(pot, institutions[i]) + _patients(pot, institutions[i]);
        }
    }

    function _earned(Pot memory pot, uint32 institution) private view returns (uint256 signed, uint256 contributed) {
        (uint256 signedBefore, uint256 contributedBefore) = study.credit(institution, pot.first);
        (signed, contributed) = study.credit(institution, pot.last);
        return (signed - signedBefore, contributed - contributedBefore);
    }

    function _wasInForce(uint32 version) private view returns (bool) {
        (uint32 inForce,) = study.versions();
        return version != 0 && version <= inForce;
    }

    function _part(Pot memory pot, uint256 basisPoints, uint256 own, uint256 all) private pure returns (uint256) {
        return all == 0 ? 0 : Math.mulDiv(pot.amount * basisPoints / _BASIS_POINTS, own, all);
    }

    /// @dev The weights ascend by institution.
    function _weightOf(Shares memory shares, uint32 institution) private pure returns (uint256) {
        uint256 low = 0;
        uint256 high = shares.weights.length;
        while (low < high) {
            uint256 middle = (low + high) / 2;
            if (shares.weights[middle].institution < institution) low = middle + 1;
            else high = middle;
        }
        bool named = low < shares.weights.length && shares.weights[low].institution == institution;
        return named ? shares.weights[low].weight : 0;
    }

    function _bounded(uint32 sequence, uint32 bound) private pure returns (uint32) {
        return sequence < bound ? sequence : bound;
    }

    function _line(uint32 revenue, Part part, uint32 receiver) private pure returns (bytes32) {
        return keccak256(abi.encode(revenue, part, receiver));
    }

    function _isCurrency(bytes3 currency) private pure returns (bool) {
        for (uint256 i = 0; i < 3; ++i) {
            if (currency[i] < "A" || currency[i] > "Z") return false;
        }
        return true;
    }
}
