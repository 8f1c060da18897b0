// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Benefits} from "contracts/Benefits.sol";
import {Study} from "contracts/Study.sol";
import {IStudy} from "contracts/interfaces/IStudy.sol";
import {Contribution, Parameters, Part, Payee, Publication, Weight} from "contracts/interfaces/Types.sol";
import {House} from "./support/House.sol";
import {vm} from "./support/Vm.sol";

/// @title The largest study there can be
/// @notice Each step is one transaction, its calldata and base cost included.
contract ScaleTest is House {
    uint32 private constant MOST = 500;
    uint256 private constant QUORUM = MOST / 2 + 1;

    /// @dev A tenth of a block of 30 million.
    uint256 private constant MOST_GAS = 3_000_000;

    Study private study;

    function setUp() public override {
        super.setUp();
        for (uint32 institution = 4; institution <= MOST + 1; ++institution) {
            applyNext();
            vm.prank(address(governor));
            swarm.admit(institution);
        }
        for (uint32 institution = 1; institution <= QUORUM; ++institution) {
            registerNode(institution);
        }
        study = open(1, largest());
        for (uint32 institution = 1; institution <= MOST; ++institution) {
            sign(study, institution);
        }
        pass(1);
    }

    function test_AStudyIsFull() public {
        (bytes32 termsDigest, bytes32 parametersHash) = study.termsOf(1);
        vm.prank(account(MOST + 1));
        vm.expectRevert(IStudy.StudyTooManySignatories.selector);
        study.sign(1, termsDigest, parametersHash, DOCUMENT, DOCUMENT);
    }

    /// forge-config: default.isolate = true
    function test_OpeningFits() public {
        bytes memory terms = largestTerms();
        vm.prank(account(1));
        studies.open(terms, largest());
        fits("open");
    }

    /// forge-config: default.isolate = true
    function test_TermsFit() public {
        start(study);
        fits("start");
        bytes memory terms = largestTerms();
        vm.prank(account(1));
        study.amend(terms, largest());
        fits("amend, by the opener");
        (bytes32 termsDigest, bytes32 parametersHash) = study.termsOf(2);
        for (uint32 institution = 1; institution < MOST; ++institution) {
            vm.prank(account(institution));
            study.sign(2, termsDigest, parametersHash, DOCUMENT, DOCUMENT);
        }
        vm.prank(account(MOST));
        study.sign(2, termsDigest, parametersHash, DOCUMENT, DOCUMENT);
        fits("sign, coming into force");
        (uint32 inForce,) = study.versions();
        vm.assertEq(inForce, 2);
        for (uint32 institution = 2; institution <= QUORUM; ++institution) {
            vm.prank(account(institution));
            study.close();
            fits("close, approved");
        }
        vm.prank(account(MOST));
        study.close();
        fits("close");
    }

    /// forge-config: default.isolate = true
    function test_CheckpointsAndSharesFit() public {
        start(study);
        round(10);
        round(20);
        Benefits benefits = benefitsOf(study);
        vm.prank(account(1));
        benefits.declare("EUR", 10_000_001, DOCUMENT, "", 0);
        fits("declare");
        vm.startPrank(account(1));
        benefits.pay(1, Part.Own, MOST, DOCUMENT);
        fits("pay a share");
        benefits.pay(1, Part.Named, (1 << 16) + 15, DOCUMENT);
        fits("pay a payee");
        benefits.pay(1, Part.Remainder, 1, DOCUMENT);
        fits("pay the remainder");
        benefits.confirm(1, Part.Remainder, 1);
        fits("confirm the remainder");
        vm.stopPrank();
        withdraw(study, 1);
        fits("withdraw");
        vm.prank(account(2));
        swarm.leave();
        fits("leave");
    }

    /// forge-config: default.isolate = true
    function test_AShareOfAllVersionsFits() public {
        Parameters memory p = largest();
        p.minimumSignatories = 1;
        p.minimumContributors = 1;
        p.quorum = 1;
        Study small = open(1, p);
        sign(small, 1);
        start(small);
        uint256 versions = small.MAX_VERSIONS();
        for (uint32 version = 1; version <= versions; ++version) {
            if (version != 1) {
                vm.prank(account(1));
                small.amend(TERMS, p);
                sign(small, 1, version);
            }
            Publication memory next = publication(small, version);
            next.contributions = new Contribution[](1);
            next.contributions[0] = Contribution(1, 1);
            publish(small, 1, next);
        }
        Benefits benefits = benefitsOf(small);
        vm.startPrank(account(1));
        benefits.declare("EUR", 10_000_001, DOCUMENT, "", 0);
        benefits.pay(1, Part.Own, 1, DOCUMENT);
        fits("pay a share of all versions");
        vm.stopPrank();
    }

    function round(uint32 number) private {
        Publication memory p = publication(study, number);
        p.contributions = new Contribution[](MOST);
        for (uint32 i = 0; i < MOST; ++i) {
            p.contributions[i] = Contribution(i + 1, 10);
        }
        vm.prank(nodeOf(1));
        bytes32 checkpoint = study.publish(p);
        fits("publish");
        for (uint32 institution = 2; institution < QUORUM; ++institution) {
            attest(study, institution, checkpoint);
        }
        fits("attest");
        attest(study, uint32(QUORUM), checkpoint);
        fits("attest, final");
        (uint32 last,,) = study.lineageHead();
        vm.assertEq(last, number);
    }

    function largestTerms() private view returns (bytes memory terms) {
        terms = new bytes(study.MAX_TERMS());
        for (uint256 i = 0; i < terms.length; ++i) {
            terms[i] = bytes1(uint8(97 + i % 26));
        }
    }

    function largest() private view returns (Parameters memory p) {
        p = parameters();
        p.minimumSignatories = uint16(MOST);
        p.quorum = uint16(QUORUM);
        p.consentMaxAge = 100 days;
        p.anyCountry = false;
        p.countries = new bytes2[](64);
        for (uint256 i = 0; i < 64; ++i) {
            p.countries[i] = bytes2(uint16(0x4430 + i));
        }
        p.shares.weights = new Weight[](256);
        for (uint32 i = 0; i < 256; ++i) {
            p.shares.weights[i] = Weight(i + 1, 100_000 + i);
        }
        p.shares.payees = new Payee[](16);
        for (uint256 i = 0; i < 16; ++i) {
            p.shares.payees[i] = Payee(payee(), 50);
        }
        p.shares.equal = 2200;
    }

    /// @dev The last transaction was within the bound.
    function fits(string memory step) private view {
        uint256 used = vm.lastCallGas().gasTotalUsed;
        vm.assertLt(used, MOST_GAS, step);
    }
}
