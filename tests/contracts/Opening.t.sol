// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Benefits} from "contracts/Benefits.sol";
import {Study} from "contracts/Study.sol";
import {IBenefits} from "contracts/interfaces/IBenefits.sol";
import {IStudies} from "contracts/interfaces/IStudies.sol";
import {IStudy} from "contracts/interfaces/IStudy.sol";
import {Level, Parameters, Payee, StudyState, Weight} from "contracts/interfaces/Types.sol";
import {House} from "./support/House.sol";
import {vm} from "./support/Vm.sol";

contract OpeningTest is House {
    function test_OpensAStudyAndItsBenefits() public {
        address study = vm.computeCreateAddress(address(studies), 1);
        address benefits = vm.computeCreateAddress(address(studies), 2);
        Parameters memory p = parameters();
        bytes32 termsDigest = sha256(TERMS);
        bytes32 parametersHash = keccak256(abi.encode(p));
        expect(address(studies));
        emit IStudies.StudyOpened(1, study, benefits, 2);
        expect(study);
        emit IStudy.TermsProposed(1, 2, termsDigest, parametersHash, TERMS, p);
        expect(study);
        emit IStudy.TermsInForce(1);
        vm.prank(account(2));
        (uint32 number, address contractAddress) = studies.open(TERMS, p);

        vm.assertEq(number, 1);
        vm.assertEq(contractAddress, study);
        vm.assertEq(studies.count(), 1);
        vm.assertEq(studies.studyAt(1), study);
        vm.assertEq(studies.studyAt(2), address(0));
        vm.assertEq(Study(study).opener(), 2);
        vm.assertEq(Study(study).benefits(), benefits);
        vm.assertEq(address(Benefits(benefits).study()), study);
        equal(Study(study).state(), StudyState.Open);
        (uint32 inForce, uint32 pending) = Study(study).versions();
        vm.assertEq(inForce, 1);
        vm.assertEq(pending, 0);
        (bytes32 digest, bytes32 hash) = Study(study).termsOf(1);
        vm.assertEq(digest, termsDigest);
        vm.assertEq(hash, parametersHash);
        holdHistory();
    }

    function test_KeepsTheParametersAsTheyAre() public {
        Parameters memory p = parameters();
        p.anyCountry = false;
        p.countries = new bytes2[](17);
        for (uint8 i = 0; i < 17; ++i) {
            p.countries[i] = bytes2(uint16(0x4141 + i));
        }
        p.consentMaxAge = 30 days;
        Study study = open(1, p);
        vm.assertEq(abi.encode(benefitsOf(study).sharesOf(1)), abi.encode(p.shares));
        delete p.shares;
        vm.assertEq(abi.encode(study.parametersOf(1)), abi.encode(p));
    }

    function test_OnlyMembersOpen() public {
        uint32 applicant = applyNext();
        depart(3);
        address[3] memory others = [account(applicant), account(3), account(9)];
        for (uint256 i = 0; i < others.length; ++i) {
            refused(abi.encodeWithSelector(IStudies.StudiesNotMember.selector, others[i]));
            vm.prank(others[i]);
            studies.open(TERMS, parameters());
        }
    }

    function test_AStudyIsInitialisedOnceByStudies() public {
        Study study = open(1, parameters());
        Benefits benefits = benefitsOf(study);
        address[2] memory callers = [address(studies), account(1)];
        for (uint256 i = 0; i < callers.length; ++i) {
            vm.startPrank(callers[i]);
            refused(IStudy.StudyInitialised.selector);
            study.initialize(2, address(benefits), TERMS, parameters());
            refused(IBenefits.BenefitsInitialised.selector);
            benefits.initialize(address(study));
            vm.stopPrank();
        }
    }

    function test_TermsHaveASize() public {
        refused(abi.encodeWithSelector(IStudy.StudyTermsSizeWrong.selector, 0));
        vm.prank(account(1));
        studies.open("", parameters());

        bytes memory large = new bytes(16_385);
        refused(abi.encodeWithSelector(IStudy.StudyTermsSizeWrong.selector, 16_385));
        vm.prank(account(1));
        studies.open(large, parameters());

        vm.prank(account(1));
        studies.open(new bytes(16_384), parameters());
    }

    function test_ParametersMustBeSound() public {
        Parameters memory p = parameters();
        p.minimumSignatories = 0;
        unsound(p);
        p = parameters();
        p.minimumSignatories = 501;
        p.quorum = 300;
        unsound(p);
        p = parameters();
        p.minimumContributors = 0;
        unsound(p);
        p = parameters();
        p.minimumContributors = 501;
        unsound(p);
        p = parameters();
        p.quorum = 501;
        unsound(p);
        p = parameters();
        p.rounds = 0;
        unsound(p);
        p.rounds = 65_536;
        unsound(p);
        p.rounds = 65_535;
        open(1, p);
        p = parameters();
        p.level = Level.None;
        unsound(p);
        p = parameters();
        p.expiresAt = uint48(vm.getBlockTimestamp());
        unsound(p);
    }

    /// @dev Half of the signatories is no quorum: two checkpoints could have it.
    function test_TheQuorumIsAMajorityOfTheFewest() public {
        Parameters memory p = parameters();
        p.minimumSignatories = 4;
        p.quorum = 2;
        unsound(p);
        p.quorum = 3;
        open(1, p);
    }

    function test_BoundsAreIncluded() public {
        Parameters memory p = parameters();
        (p.minimumSignatories, p.minimumContributors, p.quorum) = (500, 500, 500);
        p.anyCountry = false;
        p.countries = new bytes2[](64);
        for (uint16 i = 0; i < 64; ++i) {
            p.countries[i] = bytes2(i + 1);
        }
        open(1, p);
    }

    function test_CountriesMustBeSound() public {
        Parameters memory p = parameters();
        p.countries = new bytes2[](1);
        p.countries[0] = "DE";
        unsound(p);
        p.anyCountry = false;
        open(1, p);
        p.countries = new bytes2[](2);
        p.countries[0] = "DE";
        p.countries[1] = "DE";
        unsound(p);
        p.countries = new bytes2[](65);
        for (uint16 i = 0; i < 65; ++i) {
            p.countries[i] = bytes2(i + 1);
        }
        unsound(p);
    }

    function test_SharesSumToTheWhole() public {
        Parameters memory p = parameters();
        p.shares.equal += 1;
        unshareable(p);
        p.shares.equal -= 2;
        unshareable(p);
    }

    function test_WeightsMustBeSound() public {
        Parameters memory p = parameters();
        p.shares.weights = new Weight[](0);
        unshareable(p);
        p = parameters();
        p.shares.weighted = 0;
        p.shares.equal += 1500;
        unshareable(p);
        p = parameters();
        p.shares.weights[1].weight = 0;
        unshareable(p);
        p = parameters();
        p.shares.weights[1].institution = 1;
        unshareable(p);
        p = parameters();
        p.shares.weights = new Weight[](257);
        unshareable(p);
    }

    function test_PayeesAndTheRemaindersReceiverMustBeSound() public {
        Parameters memory p = parameters();
        p.shares.payees[0].account = address(0);
        unshareable(p);
        p = parameters();
        p.shares.payees = new Payee[](2);
        p.shares.payees[0] = Payee(payee(), 1000);
        p.shares.payees[1] = Payee(payee(), 0);
        unshareable(p);
        p.shares.payees = new Payee[](17);
        unshareable(p);
        p = parameters();
        p.shares.remainderTo = 0;
        unshareable(p);
        p.shares.remainderTo = 4;
        unshareable(p);
    }

    function unshareable(Parameters memory p) private {
        refused(IBenefits.BenefitsSharesInvalid.selector);
        vm.prank(account(1));
        studies.open(TERMS, p);
    }

    function unsound(Parameters memory p) private {
        refused(IStudy.StudyParametersInvalid.selector);
        vm.prank(account(1));
        studies.open(TERMS, p);
    }
}
