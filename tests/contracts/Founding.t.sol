// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Benefits} from "contracts/Benefits.sol";
import {Studies} from "contracts/Studies.sol";
import {Study} from "contracts/Study.sol";
import {Swarm} from "contracts/Swarm.sol";
import {IBenefits} from "contracts/interfaces/IBenefits.sol";
import {IStudy} from "contracts/interfaces/IStudy.sol";
import {ISwarm} from "contracts/interfaces/ISwarm.sol";
import {Founder, Kind, Sector, Standing} from "contracts/interfaces/Types.sol";
import {House} from "./support/House.sol";
import {vm} from "./support/Vm.sol";

contract FoundingTest is House {
    function setUp() public override {
        vm.warp(START);
        deploy(founders(3));
    }

    function test_WritesTheFoundersIntoTheHistory() public {
        expect(address(swarm));
        emit ISwarm.SwarmFounded(CHARTER, address(governor), address(studies), address(relay), rules());
        for (uint32 institution = 1; institution <= 3; ++institution) {
            expect(address(swarm));
            emit ISwarm.InstitutionApplied(
                institution, account(institution), profile().name, Kind.Hospital, Sector.Public, "DE", DOCUMENT
            );
            expect(address(swarm));
            emit ISwarm.InstitutionAdmitted(institution);
        }
        swarm.found(founders(3));

        holdHistory();
        vm.assertEq(history.length(), 7);
        vm.assertEq(swarm.memberCount(), 3);
        vm.assertEq(swarm.institutionCount(), 3);
        vm.assertEq(swarm.charter(), CHARTER);
        vm.assertEq(swarm.FOUNDERS_DIGEST(), keccak256(abi.encode(founders(3))));
        (Standing standing, address account_,,,, uint48 joinedAt, uint48 leftAt, address validator) =
            swarm.institution(2);
        equal(standing, Standing.Member);
        vm.assertEq(account_, account(2));
        vm.assertEq(joinedAt, START);
        vm.assertEq(leftAt, 0);
        vm.assertEq(validator, address(0));
    }

    function test_NothingIsRecordedBefore() public {
        vm.assertEq(history.length(), 0);
        vm.assertEq(history.head(), sha256(abi.encodePacked(block.chainid, address(history))));
        refused(ISwarm.SwarmNotFounded.selector);
        swarm.applyToJoin(profile());
    }

    function test_HappensOnce() public {
        swarm.found(founders(3));
        refused(ISwarm.SwarmFoundedAlready.selector);
        swarm.found(founders(3));
    }

    function test_TakesTheFoundersOfTheDeploymentAlone() public {
        Founder[] memory others = founders(3);
        others[2].account = account(9);
        refused(ISwarm.SwarmFoundersMismatch.selector);
        swarm.found(others);
    }

    function test_NeedsFounders() public {
        deploy(founders(0));
        refused(ISwarm.SwarmFoundersMismatch.selector);
        swarm.found(founders(0));
    }

    function test_RefusesOneAccountForTwoFounders() public {
        Founder[] memory twice = founders(2);
        twice[1].account = account(1);
        deploy(twice);
        refused(abi.encodeWithSelector(ISwarm.SwarmAddressUsed.selector, account(1)));
        swarm.found(twice);
    }

    function test_RefusesAMalformedFounder() public {
        Founder[] memory malformed = founders(2);
        malformed[1].profile.name = "";
        deploy(malformed);
        refused(ISwarm.SwarmProfileInvalid.selector);
        swarm.found(malformed);
    }

    /// @dev Whichever contract has no code yet, nothing is founded.
    function test_NeedsTheWholeHouse() public {
        address nothing = address(0xdead);
        address noStudy = address(without(nothing, studies.BENEFITS()));
        address noBenefits = address(without(studies.STUDY(), nothing));
        requiresCode(other(nothing, address(governor), address(studies), address(relay)), nothing);
        requiresCode(other(address(history), nothing, address(studies), address(relay)), nothing);
        requiresCode(other(address(history), address(governor), nothing, address(relay)), nothing);
        requiresCode(other(address(history), address(governor), address(studies), nothing), nothing);
        requiresCode(other(address(history), address(governor), noStudy, address(relay)), nothing);
        requiresCode(other(address(history), address(governor), noBenefits, address(relay)), nothing);
    }

    function test_ImplementationsAreLocked() public {
        Study study = Study(studies.STUDY());
        Benefits benefits = Benefits(studies.BENEFITS());
        refused(IStudy.StudyInitialised.selector);
        study.initialize(1, address(benefits), TERMS, parameters());
        refused(IBenefits.BenefitsInitialised.selector);
        benefits.initialize(address(study));
    }

    /// @dev A swarm that knows other contracts as its house.
    function other(address history_, address governor_, address studies_, address relay_) private returns (Swarm) {
        return new Swarm(history_, governor_, studies_, relay_, CHARTER, keccak256(abi.encode(founders(3))));
    }

    /// @dev Studies with other implementations.
    function without(address study, address benefits) private returns (Studies) {
        return new Studies(address(swarm), address(history), address(relay), study, benefits);
    }

    function requiresCode(Swarm incomplete, address missing) private {
        refused(abi.encodeWithSelector(ISwarm.SwarmHouseIncomplete.selector, missing));
        incomplete.found(founders(3));
    }
}
