// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Benefits} from "contracts/Benefits.sol";
import {IBenefits} from "contracts/interfaces/IBenefits.sol";
import {Part, Settlement} from "contracts/interfaces/Types.sol";
import {StudyLedger} from "./StudyLedger.sol";
import {Vm} from "./Vm.sol";

/// @title What the studies have earned and settled, as the logs tell it
abstract contract BenefitsLedger is StudyLedger {
    struct Revenue {
        uint32 institution;
        uint256 amount;
        uint32 sequence;
        uint256 paid;
        /// @dev Who could be owed a part of it when it was declared.
        uint256 seats;
        uint256 chapters;
        /// @dev All shares as they were said to be at once after the declaration.
        bytes32 shares;
    }

    struct Line {
        address study;
        uint32 revenue;
        Part part;
        uint32 receiver;
        uint256 amount;
        Settlement settlement;
    }

    mapping(address study => Revenue[]) internal _revenues;
    mapping(bytes32 line => Line) internal _lines;
    bytes32[] internal _paid;
    /// @dev Settlements confirmed, by part.
    mapping(Part part => uint256) internal _confirmed;
    /// @dev Revenues that rounds of more than one version have earned.
    uint256 internal _revenuesOfVersions;

    function _noted(Vm.Log memory log) internal virtual override {
        super._noted(log);
        bytes32 topic = log.topics[0];
        if (topic == IBenefits.RevenueDeclared.selector) noteRevenue(studyOf(log.emitter), log);
        if (topic == IBenefits.SharePaid.selector) notePaid(studyOf(log.emitter), log);
        if (topic == IBenefits.SettlementConfirmed.selector) noteConfirmed(studyOf(log.emitter), log);
    }

    function noteRevenue(address study, Vm.Log memory log) private {
        Research storage r = _research[study];
        uint32 institution = uint32(uint256(log.topics[2]));
        (, uint128 amount,,,, uint32 sequence) =
            abi.decode(log.data, (bytes3, uint128, bytes32, string, bytes32, uint32));
        bool entitled = isMember(institution) && (institution == r.opener || isSignatory(study, institution));
        holds("who declares is the opener or a signatory", entitled);
        holds("a revenue is split by what is final", sequence == r.finals.length && sequence != 0 && amount != 0);
        _revenues[study].push(Revenue(institution, amount, sequence, 0, r.seats.length, r.chapters.length, 0));
        uint256 number = _revenues[study].length;
        holds("revenues are numbered in order", uint256(log.topics[1]) == number);
        _revenues[study][number - 1].shares = sharesSaid(study, uint32(number));
        if (_candidates[study][r.finals[0]].version != _candidates[study][r.finals[sequence - 1]].version) {
            ++_revenuesOfVersions;
        }
    }

    function notePaid(address study, Vm.Log memory log) private {
        (uint32 revenue, Part part, uint32 receiver) = lineOf(log);
        (uint128 amount,) = abi.decode(log.data, (uint128, bytes32));
        bytes32 key = lineKey(study, revenue, part, receiver);
        holds("a share is paid once", _lines[key].settlement == Settlement.Open && amount != 0);
        _lines[key] = Line(study, revenue, part, receiver, amount, Settlement.Paid);
        _paid.push(key);
        _revenues[study][revenue - 1].paid += amount;
    }

    function noteConfirmed(address study, Vm.Log memory log) private {
        (uint32 revenue, Part part, uint32 receiver) = lineOf(log);
        Line storage line = _lines[lineKey(study, revenue, part, receiver)];
        holds("what is confirmed was paid, once", line.settlement == Settlement.Paid);
        holds("what is confirmed is what was paid", line.amount == abi.decode(log.data, (uint128)));
        line.settlement = Settlement.Confirmed;
        ++_confirmed[part];
    }

    function lineKey(address study, uint32 revenue, Part part, uint32 receiver) internal pure returns (bytes32) {
        return keccak256(abi.encode(study, revenue, part, receiver));
    }

    /// @dev Every share that the contract says anyone was owed when a revenue was declared, as one hash.
    function sharesSaid(address study, uint32 number) internal view returns (bytes32 all) {
        Research storage r = _research[study];
        Revenue storage revenue = _revenues[study][number - 1];
        Benefits benefits = Benefits(r.benefits);
        for (uint256 i = 0; i < revenue.seats; ++i) {
            uint256 own = benefits.shareOf(number, Part.Own, r.seats[i]);
            all = keccak256(abi.encode(all, own, benefits.shareOf(number, Part.Patients, r.seats[i])));
        }
        for (uint256 i = 0; i < revenue.chapters; ++i) {
            uint32 version = r.chapters[i];
            for (uint32 payee_ = 0; payee_ < _terms[study][version].payees.length; ++payee_) {
                all = keccak256(abi.encode(all, benefits.shareOf(number, Part.Named, (version << 16) + payee_)));
            }
            all = keccak256(abi.encode(all, benefits.shareOf(number, Part.Remainder, version)));
        }
    }

    function studyOf(address benefits) private view returns (address) {
        for (uint256 i = 0; i < _studies.length; ++i) {
            if (_research[_studies[i]].benefits == benefits) return _studies[i];
        }
        return address(0);
    }

    function lineOf(Vm.Log memory log) private pure returns (uint32, Part, uint32) {
        return (uint32(uint256(log.topics[1])), Part(uint256(log.topics[2])), uint32(uint256(log.topics[3])));
    }
}
