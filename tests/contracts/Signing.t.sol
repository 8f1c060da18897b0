// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Study} from "contracts/Study.sol";
import {IStudy} from "contracts/interfaces/IStudy.sol";
import {Authorisation, Kind, Parameters, Profile, Sector, StudyState} from "contracts/interfaces/Types.sol";
import {House} from "./support/House.sol";
import {vm} from "./support/Vm.sol";

contract SigningTest is House {
    bytes32 private constant READINESS = keccak256("readiness");
    bytes32 private constant CONSENT = keccak256("consent");

    function test_SignsTheTermsInForce() public {
        Study study = open(1, parameters());
        (bytes32 digest, bytes32 hash) = study.termsOf(1);
        vm.assertFalse(study.isSignatory(2));
        expect(address(study));
        emit IStudy.TermsSigned(2, 1, digest, hash, READINESS, 0);
        vm.prank(account(2));
        study.sign(1, digest, hash, READINESS, 0);
        vm.assertTrue(study.isSignatory(2));
        vm.assertEq(study.signatories().length, 1);
        vm.assertEq(study.signatories()[0], 2);
        holdHistory();
    }

    function test_SignsWhatIsEnforced() public {
        Study study = open(1, parameters());
        (bytes32 digest, bytes32 hash) = study.termsOf(1);
        vm.startPrank(account(2));
        refused(IStudy.StudyTermsMismatch.selector);
        study.sign(1, hash, hash, READINESS, 0);
        refused(IStudy.StudyTermsMismatch.selector);
        study.sign(1, digest, digest, READINESS, 0);
        refused(IStudy.StudyDigestMissing.selector);
        study.sign(1, digest, hash, 0, 0);
    }

    function test_SignsOnce() public {
        Study study = open(1, parameters());
        sign(study, 2);
        (bytes32 digest, bytes32 hash) = study.termsOf(1);
        refused(abi.encodeWithSelector(IStudy.StudySignedAlready.selector, uint32(2), uint32(1)));
        vm.prank(account(2));
        study.sign(1, digest, hash, READINESS, 0);
    }

    function test_SignsAVersionThatThereIs() public {
        Study study = open(1, parameters());
        uint32[2] memory versions = [uint32(0), 2];
        for (uint256 i = 0; i < 2; ++i) {
            refused(abi.encodeWithSelector(IStudy.StudyVersionWrong.selector, versions[i]));
            vm.prank(account(2));
            study.sign(versions[i], 0, 0, READINESS, 0);
        }
    }

    function test_OnlyMembersSign() public {
        Study study = open(1, parameters());
        uint32 applicant = applyNext();
        depart(3);
        address[3] memory others = [account(applicant), account(3), account(9)];
        (bytes32 digest, bytes32 hash) = study.termsOf(1);
        for (uint256 i = 0; i < others.length; ++i) {
            vm.startPrank(others[i]);
            refused(abi.encodeWithSelector(IStudy.StudyNotMember.selector, others[i]));
            study.sign(1, digest, hash, READINESS, 0);
            refused(abi.encodeWithSelector(IStudy.StudyNotMember.selector, others[i]));
            study.decline(1, 1, 0);
            vm.stopPrank();
        }
    }

    function test_KindSectorAndCountryMustFit() public {
        vm.prank(account(4));
        swarm.applyToJoin(Profile("Company", Kind.Company, Sector.Private, "AT", DOCUMENT));
        decide(abi.encodeCall(swarm.admit, (4)));

        Parameters memory p = parameters();
        p.kinds = uint8(1 << uint8(Kind.Company));
        eligible(p, 1, false);
        eligible(p, 4, true);
        p.sectors = uint8(1 << uint8(Sector.Public));
        eligible(p, 4, false);
        p = parameters();
        p.anyCountry = false;
        eligible(p, 4, false);
        p.countries = new bytes2[](2);
        p.countries[0] = "AT";
        p.countries[1] = "CH";
        eligible(p, 4, true);
        eligible(p, 1, false);
        p = parameters();
        p.kinds = 0;
        eligible(p, 1, false);
        p = parameters();
        p.sectors = 0;
        eligible(p, 1, false);
    }

    function test_ConsentWhereTheTermsAskForIt() public {
        Study none = open(1, parameters());
        (bytes32 digest, bytes32 hash) = none.termsOf(1);
        refused(IStudy.StudyConsentMismatch.selector);
        vm.prank(account(1));
        none.sign(1, digest, hash, READINESS, CONSENT);

        Study asking = open(1, consenting());
        (digest, hash) = asking.termsOf(1);
        refused(IStudy.StudyConsentMismatch.selector);
        vm.prank(account(1));
        asking.sign(1, digest, hash, READINESS, 0);
    }

    function test_ConsentGrowsStaleAndIsRenewed() public {
        Study study = running(consenting());
        pass(30 days);
        equal(study.authorisationOf(2), Authorisation.Authorised);
        pass(1);
        equal(study.authorisationOf(2), Authorisation.ConsentStale);

        expect(address(study));
        emit IStudy.ConsentRenewed(2, CONSENT);
        vm.prank(account(2));
        study.renewConsent(CONSENT);
        equal(study.authorisationOf(2), Authorisation.Authorised);
        holdHistory();
    }

    /// @dev Who has signed pending terms that ask for consent keeps it fresh until they are in force.
    function test_ConsentIsRenewedForPendingTerms() public {
        Study study = running();
        Parameters memory p = consenting();
        p.minimumSignatories = 3;
        vm.prank(account(1));
        study.amend(TERMS, p);
        sign(study, 2, 2);
        pass(20 days);
        vm.prank(account(2));
        study.renewConsent(CONSENT);
        pass(20 days);
        sign(study, 1, 2);
        sign(study, 3, 2);
        equal(study.authorisationOf(2), Authorisation.Authorised);
    }

    function test_ConsentIsRenewedByWhoSignedTheTermsThatAsk() public {
        Study study = running();
        Parameters memory p = consenting();
        p.minimumSignatories = 3;
        vm.prank(account(1));
        study.amend(TERMS, p);
        sign(study, 2, 2);
        refused(IStudy.StudyConsentMismatch.selector);
        vm.prank(account(3));
        study.renewConsent(CONSENT);
    }

    function test_ConsentIsRenewedBySignatoriesWhereTheTermsAsk() public {
        Study asking = open(1, consenting());
        refused(abi.encodeWithSelector(IStudy.StudyNotSignatory.selector, uint32(2)));
        vm.prank(account(2));
        asking.renewConsent(CONSENT);

        sign(asking, 2);
        refused(IStudy.StudyConsentMismatch.selector);
        vm.prank(account(2));
        asking.renewConsent(0);

        withdraw(asking, 2);
        refused(abi.encodeWithSelector(IStudy.StudyNotSignatory.selector, uint32(2)));
        vm.prank(account(2));
        asking.renewConsent(CONSENT);

        refused(abi.encodeWithSelector(IStudy.StudyNotMember.selector, account(9)));
        vm.prank(account(9));
        asking.renewConsent(CONSENT);

        Study none = open(1, parameters());
        sign(none, 2);
        refused(IStudy.StudyConsentMismatch.selector);
        vm.prank(account(2));
        none.renewConsent(CONSENT);
    }

    function test_ConsentOfEachInstitutionIsItsOwn() public {
        uint32 many = 10;
        grow(many);
        Parameters memory p = consenting();
        p.quorum = 6;
        Study study = open(1, p);
        uint256[] memory at = new uint256[](many + 1);
        for (uint32 institution = many; institution >= 1; --institution) {
            at[institution] = vm.getBlockTimestamp();
            sign(study, institution);
            pass(1 minutes);
        }
        start(study);
        for (uint32 one_ = many; one_ >= 1; --one_) {
            vm.warp(at[one_] + 30 days);
            fresh(study, at);
            vm.warp(at[one_] + 30 days + 1);
            fresh(study, at);
        }
        for (uint32 institution = 1; institution <= many; institution += 2) {
            vm.prank(account(institution));
            study.renewConsent(CONSENT);
            at[institution] = vm.getBlockTimestamp();
            fresh(study, at);
        }
    }

    function test_SigningOtherTermsRenewsConsent() public {
        Study study = running(consenting());
        pass(20 days);
        vm.prank(account(1));
        study.amend(TERMS, consenting());
        sign(study, 2, 2);
        pass(20 days);
        equal(study.authorisationOf(2), Authorisation.Authorised);
        equal(study.authorisationOf(3), Authorisation.ConsentStale);
    }

    function test_NoConsentGrowsStaleWhereNoneIsAskedFor() public {
        Study study = running(parameters());
        pass(300 days);
        equal(study.authorisationOf(2), Authorisation.Authorised);
    }

    function test_ExpiredTermsAreNotSigned() public {
        Study study = open(1, parameters());
        (bytes32 digest, bytes32 hash) = study.termsOf(1);
        uint256 expiry = START + 365 days;
        vm.warp(expiry);
        refused(abi.encodeWithSelector(IStudy.StudyExpired.selector, expiry));
        vm.prank(account(2));
        study.sign(1, digest, hash, READINESS, 0);
    }

    function test_Declines() public {
        Study study = open(1, parameters());
        expect(address(study));
        emit IStudy.TermsDeclined(2, 1, 7, DOCUMENT);
        vm.prank(account(2));
        study.decline(1, 7, DOCUMENT);

        sign(study, 2);
        refused(abi.encodeWithSelector(IStudy.StudySignedAlready.selector, uint32(2), uint32(1)));
        vm.prank(account(2));
        study.decline(1, 7, DOCUMENT);
        holdHistory();
    }

    function test_WithdrawsUnconditionally() public {
        Study study = running();
        expect(address(study));
        emit IStudy.StudyWithdrawn(2, 3, DOCUMENT);
        vm.prank(account(2));
        study.withdraw(3, DOCUMENT);
        vm.assertFalse(study.isSignatory(2));
        equal(study.authorisation(nodeOf(2)), Authorisation.Withdrawn);

        refused(abi.encodeWithSelector(IStudy.StudyNotSignatory.selector, uint32(2)));
        vm.prank(account(2));
        study.withdraw(3, DOCUMENT);
        holdHistory();
    }

    function test_WithdrawsFromAClosedStudyAndAfterLeavingTheSwarm() public {
        Study study = running();
        vm.prank(account(1));
        study.close();
        withdraw(study, 2);
        depart(3);
        withdraw(study, 3);
        vm.assertEq(study.signatories().length, 1);
    }

    function test_OnlyWhoHasSignedWithdraws() public {
        Study study = running();
        refused(abi.encodeWithSelector(IStudy.StudyNotSignatory.selector, uint32(0)));
        vm.prank(account(9));
        study.withdraw(1, 0);
    }

    function test_WhoHasWithdrawnMaySignAgain() public {
        Study study = running();
        withdraw(study, 2);
        sign(study, 2);
        equal(study.authorisation(nodeOf(2)), Authorisation.Authorised);
    }

    function test_AClosedStudyIsNeitherSignedNorDeclined() public {
        Study study = running();
        vm.prank(account(1));
        study.close();
        uint32 late = join();
        vm.startPrank(account(late));
        refused(abi.encodeWithSelector(IStudy.StudyStateWrong.selector, StudyState.Closed));
        study.sign(1, 0, 0, READINESS, 0);
        refused(abi.encodeWithSelector(IStudy.StudyStateWrong.selector, StudyState.Closed));
        study.decline(1, 1, 0);
    }

    function test_SignatoriesAreMembers() public {
        Study study = running();
        expel(2);
        vm.assertFalse(study.isSignatory(2));
        uint32[] memory signatories = study.signatories();
        vm.assertEq(signatories.length, 2);
        vm.assertEq(signatories[0], 1);
        vm.assertEq(signatories[1], 3);
    }

    /// @dev Whose consent is 30 days old at most is authorised, the others are not.
    function fresh(Study study, uint256[] memory at) private view {
        for (uint32 institution = 1; institution < at.length; ++institution) {
            bool isStale = vm.getBlockTimestamp() > at[institution] + 30 days;
            Authorisation expected = isStale ? Authorisation.ConsentStale : Authorisation.Authorised;
            equal(study.authorisationOf(institution), expected);
        }
    }

    function eligible(Parameters memory p, uint32 institution, bool fits) private {
        Study study = open(1, p);
        (bytes32 digest, bytes32 hash) = study.termsOf(1);
        if (!fits) refused(abi.encodeWithSelector(IStudy.StudyNotEligible.selector, institution));
        vm.prank(account(institution));
        study.sign(1, digest, hash, READINESS, 0);
    }

    function consenting() private pure returns (Parameters memory p) {
        p = parameters();
        p.consentMaxAge = 30 days;
    }
}
