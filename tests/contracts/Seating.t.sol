// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {MAX_SEATS} from "contracts/Seats.sol";
import {Study} from "contracts/Study.sol";
import {IStudy} from "contracts/interfaces/IStudy.sol";
import {Authorisation, Contribution, Parameters, Publication} from "contracts/interfaces/Types.sol";
import {Dice} from "./support/Dice.sol";
import {House} from "./support/House.sol";
import {vm} from "./support/Vm.sol";

/// @title The order of first signatures
contract SeatingTest is House {
    /// @dev Their numbers by seat take two words.
    uint32 private constant MANY = 18;
    uint32 private constant QUORUM = MANY / 2 + 1;

    Study private crowd;
    uint32[] private order;

    function setUp() public override {
        super.setUp();
        grow(MANY);
        for (uint32 institution = 1; institution <= QUORUM; ++institution) {
            registerNode(institution);
        }
        gather();
    }

    function test_InTheOrderOfFirstSignatures() public {
        Study study = open(1, parameters());
        vm.assertEq(study.seats().length, 0);
        sign(study, 3);
        sign(study, 1);
        vm.prank(account(2));
        study.decline(1, 1, DOCUMENT);
        seats(study, [uint32(3), 1, 0]);
        sign(study, 2);
        seats(study, [uint32(3), 1, 2]);
        uint32[] memory signatories = study.signatories();
        vm.assertEq(abi.encode(signatories), abi.encode(study.seats()));
    }

    function test_KeptForEver() public {
        Study study = open(1, parameters());
        sign(study, 3);
        sign(study, 1);
        sign(study, 2);
        withdraw(study, 3);
        seats(study, [uint32(3), 1, 2]);
        sign(study, 3);
        seats(study, [uint32(3), 1, 2]);
        depart(1);
        seats(study, [uint32(3), 1, 2]);
        vm.prank(account(3));
        study.start();
        vm.prank(account(2));
        study.start();
        vm.prank(account(3));
        study.amend(TERMS, parameters());
        vm.prank(account(2));
        study.amend(TERMS, parameters());
        sign(study, 2, 2);
        sign(study, 3, 2);
        (uint32 inForce,) = study.versions();
        vm.assertEq(inForce, 2);
        seats(study, [uint32(3), 1, 2]);
    }

    /// @dev A seat is for ever, so who withdraws makes room for nobody, and finds its own again.
    function test_ThereAreFiveHundred() public {
        uint32 last = uint32(MAX_SEATS);
        grow(last + 1);
        Parameters memory p = parameters();
        p.quorum = uint16(MAX_SEATS / 2 + 1);
        Study study = open(1, p);
        for (uint32 institution = 1; institution <= last; ++institution) {
            sign(study, institution);
        }
        withdraw(study, last);
        (bytes32 digest, bytes32 hash) = study.termsOf(1);
        refused(IStudy.StudyTooManySignatories.selector);
        vm.prank(account(last + 1));
        study.sign(1, digest, hash, DOCUMENT, 0);
        sign(study, last);
        vm.assertEq(study.seats().length, last);
        vm.assertEq(study.signatories().length, last);
    }

    /// @dev Sixteen numbers fill a word: who sits at its edge earns like everybody else, and nobody's place nothing.
    function test_WhoSitsAtTheEdgeOfAWord() public {
        for (uint32 last = 15; last <= 17; ++last) {
            edge(last);
        }
        edge(33);
    }

    /// @dev A set of seats has two words; the second counts as soon as it has one seat, and is read.
    function test_SeatsBeyondTheFirstWord() public {
        uint32 first = 256;
        grow(first + 1);
        Parameters memory p = parameters();
        p.quorum = uint16(first / 2 + 1);
        Study study = open(1, p);
        for (uint32 institution = 1; institution <= first; ++institution) {
            sign(study, institution);
        }
        vm.assertEq(study.signatories().length, first);
        sign(study, first + 1);
        start(study);
        Publication memory next = publication(study, 10);
        next.contributions = new Contribution[](2);
        next.contributions[0] = Contribution(first, 9);
        next.contributions[1] = Contribution(first + 1, 10);
        finalise(study, next, p.quorum);
        (, uint256[] memory signed, uint256[] memory contributed) = study.credits(1, 1);
        for (uint32 seat = 1; seat <= first + 1; ++seat) {
            vm.assertEq(signed[seat], 10);
            vm.assertEq(contributed[seat], seat < first ? 0 : seat == first ? 9 : 10);
        }
    }

    /// @dev What it earned before it withdrew and after it came back stands in one place.
    function test_WhoComesBackGoesOnEarning() public {
        Study study = running();
        finalise(study, 10);
        withdraw(study, 3);
        finalise(study, 20);
        sign(study, 3);
        finalise(study, 25);
        (uint256 signed,) = study.credit(3, 3);
        vm.assertEq(signed, 15);
        (uint32[] memory institutions, uint256[] memory each,) = study.credits(1, 3);
        vm.assertEq(institutions.length, 4);
        vm.assertEq(institutions[3], 3);
        vm.assertEq(each[3], 15);
    }

    function test_ContributionsAreInTheOrderOfSeats() public {
        Study study = open(1, parameters());
        sign(study, 3);
        sign(study, 1);
        sign(study, 2);
        start(study);
        Publication memory p = publication(study, 10);
        p.contributions = new Contribution[](3);
        p.contributions[0] = Contribution(1, 1);
        p.contributions[1] = Contribution(2, 1);
        p.contributions[2] = Contribution(3, 1);
        refused(IStudy.StudyContributionsInvalid.selector);
        publish(study, 1, p);
        p.contributions[0] = Contribution(3, 1);
        p.contributions[1] = Contribution(1, 1);
        p.contributions[2] = Contribution(2, 1);
        publish(study, 1, p);
    }

    /// @dev Whoever signed in whichever order: each institution has what it contributed, and the total is their sum.
    function testFuzz_EachContributionCountsForItsInstitution(uint256 seed) public {
        Dice memory dice = Dice(seed);
        uint256[] memory model = new uint256[](MANY + 1);
        uint32 round = 0;
        for (uint32 sequence = 1; sequence <= 2; ++sequence) {
            uint32 covered = uint32(dice.throw_(1, 20));
            round += covered;
            Publication memory p = publication(crowd, round);
            p.contributions = some(covered, dice);
            for (uint256 i = 0; i < p.contributions.length; ++i) {
                model[p.contributions[i].institution] += p.contributions[i].rounds;
            }
            bytes32 checkpoint = publish(crowd, 1, p);
            for (uint32 institution = 2; institution <= QUORUM; ++institution) {
                attest(crowd, institution, checkpoint);
            }
            uint256 sum = 0;
            for (uint32 institution = 1; institution <= MANY; ++institution) {
                (uint256 signed, uint256 contributed) = crowd.credit(institution, sequence);
                vm.assertEq(contributed, model[institution]);
                vm.assertEq(signed, round);
                sum += contributed;
            }
            (,, uint256 total) = crowd.creditTotal(sequence);
            vm.assertEq(total, sum);
        }
        holdHistory();
    }

    /// @dev Once out of order, or twice, and nothing is published.
    function testFuzz_AnyOtherOrderIsRefused(uint256 seed) public {
        Dice memory dice = Dice(seed);
        Publication memory p = publication(crowd, 10);
        p.contributions = some(10, dice);
        uint256 last = p.contributions.length - 1;
        vm.assume(last != 0);
        uint256 here = dice.throw_(0, last - 1);
        uint256 there = dice.throw_(here + 1, last);
        if (dice.coin(2)) {
            p.contributions[here].institution = p.contributions[there].institution;
        } else {
            (p.contributions[here], p.contributions[there]) = (p.contributions[there], p.contributions[here]);
        }
        refused(IStudy.StudyContributionsInvalid.selector);
        publish(crowd, 1, p);
    }

    /// @dev Whoever of many may not contribute is named in the refusal.
    function testFuzz_OneOfManyIsNotAuthorised(uint256 seed) public {
        Dice memory dice = Dice(seed);
        Publication memory p = publication(crowd, 10);
        p.contributions = some(10, dice);
        uint32 one_ = p.contributions[dice.throw_(0, p.contributions.length - 1)].institution;
        vm.assume(one_ != 1);
        Authorisation reason = dice.coin(2) ? Authorisation.NotMember : Authorisation.Withdrawn;
        if (reason == Authorisation.NotMember) depart(one_);
        else withdraw(crowd, one_);
        refused(abi.encodeWithSelector(IStudy.StudyNotAuthorised.selector, one_, reason));
        publish(crowd, 1, p);
    }

    /// @dev A study of so many: one round first, then nine more, and everybody has what is theirs.
    function edge(uint32 last) private {
        grow(last);
        Parameters memory p = parameters();
        p.quorum = uint16(last / 2 + 1);
        Study study = open(1, p);
        for (uint32 institution = 1; institution <= last; ++institution) {
            sign(study, institution);
        }
        start(study);
        finalise(study, everybody(study, last, 1), p.quorum);
        credited(study, last, 1, 1);
        finalise(study, everybody(study, last, 10), p.quorum);
        credited(study, last, 2, 10);
    }

    /// @dev A publication of round one, or of the nine after it, to which each contributes otherwise.
    function everybody(Study study, uint32 last, uint32 round) private view returns (Publication memory p) {
        p = publication(study, round);
        p.contributions = new Contribution[](last);
        for (uint32 institution = 1; institution <= last; ++institution) {
            p.contributions[institution - 1] = Contribution(institution, round == 1 ? 1 : institution % 9 + 1);
        }
    }

    function finalise(Study study, Publication memory p, uint32 quorum) private {
        for (uint32 institution = 1; institution <= quorum; ++institution) {
            (uint32 owner,) = swarm.node(nodeOf(institution));
            if (owner == 0) registerNode(institution);
        }
        bytes32 checkpoint = publish(study, 1, p);
        for (uint32 institution = 2; institution <= quorum; ++institution) {
            attest(study, institution, checkpoint);
        }
    }

    function credited(Study study, uint32 last, uint32 sequence, uint256 rounds) private view {
        (uint32[] memory institutions, uint256[] memory signed, uint256[] memory contributed) =
            study.credits(1, sequence);
        vm.assertEq(institutions.length, last + 1);
        vm.assertEq(signed.length, last + 1);
        vm.assertEq(contributed.length, last + 1);
        for (uint32 seat = 0; seat <= last; ++seat) {
            vm.assertEq(institutions[seat], seat);
            vm.assertEq(signed[seat], seat == 0 ? 0 : rounds);
            vm.assertEq(contributed[seat], seat == 0 ? 0 : rounds == 1 ? 1 : seat % 9 + 2);
        }
    }

    /// @dev A study that many have signed, in an order that is not their numbers'.
    function gather() private {
        Dice memory dice = Dice(MANY);
        order = new uint32[](MANY);
        for (uint32 i = 0; i < MANY; ++i) {
            uint256 j = dice.throw_(0, i);
            order[i] = order[j];
            order[j] = i + 1;
        }
        Parameters memory p = parameters();
        p.minimumSignatories = 1;
        p.quorum = uint16(QUORUM);
        crowd = open(1, p);
        for (uint256 i = 0; i < MANY; ++i) {
            sign(crowd, order[i]);
        }
        vm.assertEq(abi.encode(crowd.seats()), abi.encode(order));
        start(crowd);
    }

    function seats(Study study, uint32[3] memory expected) private view {
        uint32[] memory list = study.seats();
        for (uint256 i = 0; i < 3; ++i) {
            vm.assertEq(i < list.length ? list[i] : 0, expected[i]);
        }
        vm.assertLe(list.length, 3, "seats");
    }

    function some(uint32 covered, Dice memory dice) private view returns (Contribution[] memory list) {
        list = new Contribution[](order.length);
        uint256 count = 0;
        for (uint256 i = 0; i < order.length; ++i) {
            if (dice.coin(3)) continue;
            list[count++] = Contribution(order[i], uint32(dice.throw_(1, covered)));
        }
        if (count == 0) list[count++] = Contribution(order[0], covered);
        assembly ("memory-safe") {
            mstore(list, count)
        }
    }
}
