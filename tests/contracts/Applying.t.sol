// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ISwarm} from "contracts/interfaces/ISwarm.sol";
import {Kind, Profile, Sector, Standing} from "contracts/interfaces/Types.sol";
import {House} from "./support/House.sol";
import {vm} from "./support/Vm.sol";

contract ApplyingTest is House {
    function test_GivesTheNextNumber() public {
        Profile memory p = Profile("Patients' trust", Kind.DataTrustee, Sector.Private, "AT", DOCUMENT);
        expect(address(swarm));
        emit ISwarm.InstitutionApplied(4, account(4), p.name, p.kind, p.sector, p.country, p.document);
        vm.prank(account(4));
        vm.assertEq(swarm.applyToJoin(p), 4);

        (Standing standing, address account_, Kind kind, Sector sector, bytes2 country, uint48 joinedAt,,) =
            swarm.institution(4);
        equal(standing, Standing.Applicant);
        vm.assertEq(account_, account(4));
        vm.assertEq(uint256(kind), uint256(Kind.DataTrustee));
        vm.assertEq(uint256(sector), uint256(Sector.Private));
        vm.assertEq(bytes32(country), bytes32("AT"));
        vm.assertEq(joinedAt, 0);
        (kind, sector, country) = swarm.profileOf(4);
        vm.assertEq(abi.encode(kind, sector, country), abi.encode(p.kind, p.sector, p.country));
        vm.assertEq(swarm.institutionOf(account(4)), 4);
        vm.assertFalse(swarm.isMember(4));
        vm.assertEq(swarm.memberCount(), 3);
        holdHistory();
    }

    function test_OncePerAccount() public {
        applyNext();
        refused(abi.encodeWithSelector(ISwarm.SwarmAddressUsed.selector, account(4)));
        vm.prank(account(4));
        swarm.applyToJoin(profile());
    }

    function test_NotWithANodeKey() public {
        registerNode(1);
        refused(abi.encodeWithSelector(ISwarm.SwarmAddressUsed.selector, nodeOf(1)));
        vm.prank(nodeOf(1));
        swarm.applyToJoin(profile());
    }

    function test_NotWithAnAccountOfFormerTimes() public {
        bytes memory proof = rotationProof(1, accountKey(9), FOREVER);
        vm.prank(account(1));
        swarm.rotateAccount(account(9), FOREVER, proof);
        refused(abi.encodeWithSelector(ISwarm.SwarmAddressUsed.selector, account(1)));
        vm.prank(account(1));
        swarm.applyToJoin(profile());
    }

    function test_CountriesAreOfCapitalLetters() public {
        Profile memory p = profile();
        p.country = "AZ";
        swarm.applyToJoin(p);
        p.country = "ZA";
        vm.prank(account(9));
        swarm.applyToJoin(p);
    }

    function test_RefusesMalformedProfiles() public {
        Profile memory p = profile();
        p.name = "";
        malformed(p);
        p.name = string(new bytes(129));
        malformed(p);
        p = profile();
        p.document = 0;
        malformed(p);
        bytes2[4] memory countries = [bytes2("dE"), "De", "@E", "D["];
        for (uint256 i = 0; i < countries.length; ++i) {
            p = profile();
            p.country = countries[i];
            malformed(p);
        }
    }

    function test_ANameMayHave128Bytes() public {
        Profile memory p = profile();
        p.name = string(new bytes(128));
        vm.assertEq(swarm.applyToJoin(p), 4);
    }

    function malformed(Profile memory p) private {
        refused(ISwarm.SwarmProfileInvalid.selector);
        swarm.applyToJoin(p);
    }
}
