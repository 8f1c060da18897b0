// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC2771Context} from "@openzeppelin/contracts/metatx/ERC2771Context.sol";
import {Recorder} from "./Recorder.sol";
import {SharesRules} from "./SharesRules.sol";
import {Weights} from "./Weights.sol";
import {IBenefits} from "./interfaces/IBenefits.sol";
import {IStudy} from "./interfaces/IStudy.sol";
import {ISwarm} from "./interfaces/ISwarm.sol";
import {Credit, Earnings, Part, Payee, Settlement, Shares} from "./interfaces/Types.sol";

// Immutables are written in capitals, as the language's style guide has it.
// slither-disable-start naming-convention
// What a constructor is given is checked by every founder before the swarm is used; see docs/architecture.md.
// slither-disable-start missing-zero-check

/// @title What a study earns, who is owed which part of it, and what was settled
/// @notice Declaring costs the same however many institutions there are: a share is computed when it is asked for, from
///         what final rounds had earned at the declaration. Always rounding down; what is left over is a line of its
///         own, so that the lines sum to the revenue exactly.
contract Benefits is IBenefits, Recorder, ERC2771Context {
    using Weights for uint256[];

    struct Revenue {
        uint32 institution;
        bytes3 currency;
        uint128 amount;
        uint32 sequence;
    }

    struct Line {
        uint128 amount;
        Settlement settlement;
    }

    /// @dev What a version's rounds earned of a revenue, split by what it is shared by, and the sums of that.
    struct Pot {
        uint256 amount;
        uint256 equal;
        uint256 contributed;
        uint256 patients;
        uint256 weighted;
        uint256 allSigned;
        uint256 allContributed;
        uint256 allWeights;
        uint256[] weights;
    }

    /// @dev `Shares` of a version, with the weights in a store of their own.
    struct Split {
        uint16 equal;
        uint16 contributed;
        uint16 patients;
        uint16 weighted;
        uint32 remainderTo;
        address weights;
        Payee[] payees;
    }

    uint256 private constant _INDEX_BITS = 16;

    /// @notice Whose institutions are paid.
    ISwarm public immutable SWARM;
    /// @notice Who may initialise clones.
    address public immutable STUDIES;

    /// @notice The study whose benefits these are.
    IStudy public study;
    /// @inheritdoc IBenefits
    uint32 public revenueCount;

    mapping(uint32 version => Split) private _splits;
    mapping(uint32 revenue => Revenue) private _revenues;
    /// @dev The amount is set when it is paid.
    // Written through references.
    // slither-disable-next-line uninitialized-state
    mapping(bytes32 line => Line) private _lines;

    /// @param swarm The house's Swarm.
    /// @param history The house's History.
    /// @param relay The house's Relay.
    /// @param studies The house's Studies, which alone initialises clones; the implementation itself stays locked.
    constructor(address swarm, address history, address relay, address studies)
        Recorder(history)
        ERC2771Context(relay)
    {
        SWARM = ISwarm(swarm);
        STUDIES = studies;
    }

    /// @inheritdoc IBenefits
    function initialize(address study_) external {
        if (msg.sender != STUDIES || address(study) != address(0)) revert BenefitsInitialised();
        study = IStudy(study_);
    }

    /// @inheritdoc IBenefits
    function agree(uint32 version, Shares memory shares) external {
        if (msg.sender != address(study)) revert BenefitsNotStudy(msg.sender);
        if (!SharesRules.areSound(shares, SWARM.institutionCount())) revert BenefitsSharesInvalid();
        Split storage split = _splits[version];
        split.equal = shares.equal;
        split.contributed = shares.contributed;
        split.patients = shares.patients;
        split.weighted = shares.weighted;
        split.remainderTo = shares.remainderTo;
        for (uint256 i = 0; i < shares.payees.length; ++i) {
            split.payees.push(shares.payees[i]);
        }
        split.weights = Weights.keep(shares.weights);
    }

    /// @inheritdoc IBenefits
    function declare(bytes3 currency, uint128 amount, bytes32 document, string calldata licensee, bytes32 licence)
        external
        returns (uint32 revenue)
    {
        uint32 institution = SWARM.memberOf(_msgSender());
        bool entitled = institution != 0 && (institution == study.opener() || study.isSignatory(institution));
        if (!entitled) revert BenefitsNotEntitled(_msgSender());
        if (amount == 0 || document == 0 || !_isCurrency(currency) || bytes(licensee).length > 128) {
            revert BenefitsRevenueInvalid();
        }
        // Where the lineage stands is all that matters.
        // slither-disable-next-line unused-return
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
        Revenue memory r = _known(revenue);
        if (SWARM.institutionOf(_msgSender()) != r.institution) revert BenefitsNotPayer(_msgSender());
        if (document == 0) revert BenefitsRevenueInvalid();
        // A share is a part of the revenue's amount, which fits.
        uint128 amount = uint128(_share(r, part, receiver));
        if (amount == 0) revert BenefitsNothingOwed(revenue, part, receiver);
        Line storage line = _line(revenue, part, receiver);
        if (line.settlement != Settlement.Open) revert BenefitsSettlementWrong(line.settlement);
        line.settlement = Settlement.Paid;
        line.amount = amount;
        emit SharePaid(revenue, part, receiver, amount, document);
        _record(SharePaid.selector, abi.encode(revenue, part, receiver, amount, document));
    }

    /// @inheritdoc IBenefits
    function confirm(uint32 revenue, Part part, uint32 receiver) external {
        Line storage line = _line(revenue, part, receiver);
        if (line.settlement != Settlement.Paid) revert BenefitsSettlementWrong(line.settlement);
        if (!_isReceiver(_msgSender(), part, receiver)) revert BenefitsNotReceiver(_msgSender());
        line.settlement = Settlement.Confirmed;
        emit SettlementConfirmed(revenue, part, receiver, line.amount);
        _record(SettlementConfirmed.selector, abi.encode(revenue, part, receiver, line.amount));
    }

    /// @inheritdoc IBenefits
    function shareOf(uint32 revenue, Part part, uint32 receiver) external view returns (uint256) {
        return _share(_known(revenue), part, receiver);
    }

    /// @inheritdoc IBenefits
    function settlementOf(uint32 revenue, Part part, uint32 receiver) external view returns (Settlement) {
        return _line(revenue, part, receiver).settlement;
    }

    /// @inheritdoc IBenefits
    function revenueOf(uint32 revenue) external view returns (uint32, bytes3, uint128, uint32) {
        Revenue memory r = _revenues[revenue];
        return (r.institution, r.currency, r.amount, r.sequence);
    }

    /// @inheritdoc IBenefits
    function sharesOf(uint32 version) external view returns (Shares memory) {
        Split storage split = _splits[version];
        // Their sum is not part of the terms.
        // slither-disable-next-line unused-return
        (uint256[] memory weights,) = Weights.load(split.weights);
        return Shares({
            equal: split.equal,
            contributed: split.contributed,
            patients: split.patients,
            weighted: split.weighted,
            remainderTo: split.remainderTo,
            weights: weights.unpack(),
            payees: split.payees
        });
    }

    function _line(uint32 revenue, Part part, uint32 receiver) private view returns (Line storage) {
        return _lines[keccak256(abi.encode(revenue, part, receiver))];
    }

    function _known(uint32 revenue) private view returns (Revenue memory r) {
        r = _revenues[revenue];
        if (r.amount == 0) revert BenefitsRevenueUnknown(revenue);
    }

    function _isReceiver(address account, Part part, uint32 receiver) private view returns (bool) {
        if (part == Part.Named) return _splits[receiver >> _INDEX_BITS].payees[uint16(receiver)].account == account;
        uint32 institution = part == Part.Remainder ? _splits[receiver].remainderTo : receiver;
        return SWARM.institutionOf(account) == institution;
    }

    function _share(Revenue memory r, Part part, uint32 receiver) private view returns (uint256 share) {
        if (part == Part.Named || part == Part.Remainder) {
            // A payee's number holds its version and its index, a remainder's number is its version.
            uint32 version = part == Part.Named ? receiver >> _INDEX_BITS : receiver;
            return part == Part.Named ? _named(r, version, uint16(receiver)) : _remainder(r, version);
        }
        uint32[] memory versions = study.versionsInForce();
        for (uint256 i = 0; i < versions.length; ++i) {
            (Pot memory pot, Credit memory own) = _potOf(r, versions[i], receiver);
            if (pot.amount != 0) share += part == Part.Own ? _own(pot, own) : _patients(pot, own);
        }
    }

    function _named(Revenue memory r, uint32 version, uint256 index) private view returns (uint256) {
        Payee[] storage payees = _splits[version].payees;
        if (index >= payees.length) return 0;
        (Pot memory pot,) = _potOf(r, version, 0);
        return _portion(pot.amount, payees[index].share);
    }

    function _remainder(Revenue memory r, uint32 version) private view returns (uint256 left) {
        (Pot memory pot,) = _potOf(r, version, 0);
        left = pot.amount;
        if (left == 0) return 0;
        Payee[] storage payees = _splits[version].payees;
        for (uint256 i = 0; i < payees.length; ++i) {
            left -= _portion(pot.amount, payees[i].share);
        }
        (uint32[] memory institutions, uint256[] memory signed, uint256[] memory contributed) =
            study.credits(version, r.sequence);
        // Set for each institution below.
        // slither-disable-next-line uninitialized-local
        Credit memory own;
        for (uint256 i = 1; i < institutions.length; ++i) {
            (own.institution, own.signed, own.contributed) = (institutions[i], signed[i], contributed[i]);
            left -= _own(pot, own) + _patients(pot, own);
        }
    }

    /// @dev What a version's rounds earned of a revenue, and what an institution has done for it. The pots are
    ///      differences of rounded sums, so that they sum to the revenue's amount exactly.
    function _potOf(Revenue memory r, uint32 version, uint32 institution)
        private
        view
        returns (Pot memory pot, Credit memory own)
    {
        Earnings memory all;
        (all, own) = study.earnings(version, r.sequence, institution);
        if (all.before == all.upTo) return (pot, own);
        Split storage split = _splits[version];
        pot.amount = r.amount * all.upTo / all.rounds - r.amount * all.before / all.rounds;
        pot.equal = _portion(pot.amount, split.equal);
        pot.contributed = _portion(pot.amount, split.contributed);
        pot.patients = _portion(pot.amount, split.patients);
        pot.weighted = _portion(pot.amount, split.weighted);
        pot.allSigned = all.signed;
        pot.allContributed = all.contributed;
        (pot.weights, pot.allWeights) = Weights.load(split.weights);
    }

    function _own(Pot memory pot, Credit memory own) private pure returns (uint256 share) {
        share = _ratio(pot.equal, own.signed, pot.allSigned);
        share += _ratio(pot.contributed, own.contributed, pot.allContributed);
        if (own.signed != 0) share += _ratio(pot.weighted, pot.weights.find(own.institution), pot.allWeights);
    }

    function _patients(Pot memory pot, Credit memory own) private pure returns (uint256) {
        return _ratio(pot.patients, own.contributed, pot.allContributed);
    }

    function _portion(uint256 amount, uint256 basisPoints) private pure returns (uint256) {
        return amount * basisPoints / SharesRules.BASIS_POINTS;
    }

    /// @dev An amount has 128 bits, and what it is split by has 48.
    function _ratio(uint256 amount, uint256 own, uint256 all) private pure returns (uint256) {
        if (own == 0) return 0;
        unchecked {
            return amount * own / all;
        }
    }

    function _isCurrency(bytes3 currency) private pure returns (bool) {
        for (uint256 i = 0; i < 3; ++i) {
            if (currency[i] < "A" || currency[i] > "Z") return false;
        }
        return true;
    }
}

// slither-disable-end missing-zero-check
// slither-disable-end naming-convention
