"""Calls of the contracts, from names and values to bytes and back."""

import pytest
from eth_abi.abi import decode, encode

from governance.abi import load_functions
from governance.chain.calls import call_data, constructor_data, decode_result, read
from governance.chain.errors import FunctionUnknown, Refused, RpcError
from governance.chain.rpc import Rpc
from governance.encoding import encode_parameters
from governance.primitives import keccak
from governance.vocabulary import (
    Kind,
    Level,
    Parameters,
    Payee,
    Profile,
    Sector,
    Shares,
    VotingRules,
    Weight,
)
from tests.unit.chain.endpoints import RpcFault, endpoint, methods

PROFILE = Profile("Hospital", Kind.HOSPITAL, Sector.PRIVATE, b"DE", b"\x01" * 32)
ACCOUNT = "0x" + "ab" * 20


def test_structs_are_encoded_from_dataclasses() -> None:
    data = call_data("Swarm", "applyToJoin", [PROFILE])
    assert data[:4] == keccak(b"applyToJoin((string,uint8,uint8,bytes2,bytes32))")[:4]
    (found,) = decode(["(string,uint8,uint8,bytes2,bytes32)"], data[4:])
    assert found == ("Hospital", 0, 1, b"DE", b"\x01" * 32)


def test_tuples_do_as_well() -> None:
    plain = ("Hospital", 0, 1, b"DE", b"\x01" * 32)
    assert call_data("Swarm", "applyToJoin", [plain]) == call_data(
        "Swarm", "applyToJoin", [PROFILE]
    )


def test_nested_structs_agree_with_the_librarys_own_encoder() -> None:
    parameters = Parameters(
        kinds=3,
        sectors=1,
        any_country=False,
        minimum_signatories=3,
        minimum_contributors=2,
        quorum=3,
        rounds=50,
        level=Level.SET_CHECKED,
        consent_max_age=86_400,
        expires_at=1_900_000_000,
        countries=(b"CH", b"DE"),
        shares=Shares(
            equal=1000,
            contributed=8000,
            patients=500,
            weighted=400,
            remainder_to=1,
            weights=(Weight(1, 2), Weight(2, 3)),
            payees=(Payee(ACCOUNT, 100),),
        ),
    )
    data = call_data("Studies", "open", [b"{}", parameters])
    (types,) = {signature.partition("(")[2][:-1] for signature in _signatures("Studies", "open")}
    kinds = types.split(",", 1)
    assert kinds[0] == "bytes"
    assert data[4:] == encode(["bytes", kinds[1]], decode(["bytes", kinds[1]], data[4:]))
    assert encode([kinds[1]], [decode(["bytes", kinds[1]], data[4:])[1]]) == encode_parameters(
        parameters
    )


def _signatures(contract: str, name: str) -> list[str]:
    return [each for each in load_functions(contract) if each.startswith(f"{name}(")]


@pytest.mark.parametrize(
    ("contract", "function", "args"),
    [
        ("Nobody", "x", []),
        ("Swarm", "fly", []),
        ("Swarm", "leave", [1]),
        ("Swarm", "admit", []),
        ("Swarm", "admit", [-1]),
        ("Swarm", "admit", [2**32]),
        ("Swarm", "admit", ["one"]),
        ("Swarm", "revokeNode", ["0x12"]),
        ("Swarm", "setCharter", [b"\x01" * 33]),
        ("Swarm", "applyToJoin", [("Hospital",)]),
        ("Swarm", "applyToJoin", [None]),
    ],
)
def test_a_call_that_does_not_fit_is_refused(
    contract: str, function: str, args: list[object]
) -> None:
    with pytest.raises(FunctionUnknown):
        call_data(contract, function, args)


def test_constructors_are_encoded() -> None:
    data = constructor_data("History", [ACCOUNT, ACCOUNT, ACCOUNT])
    assert data == encode(["address"] * 3, [ACCOUNT] * 3)
    rules = constructor_data("SwarmGovernor", [ACCOUNT, ACCOUNT, ACCOUNT, VotingRules(1, 2, 3)])
    assert rules[96:] == encode(["uint32", "uint16", "uint32"], [1, 2, 3])
    with pytest.raises(FunctionUnknown):
        constructor_data("History", [])


def test_results_are_decoded() -> None:
    assert decode_result("Swarm", "memberCount", encode(["uint256"], [4])) == 4
    assert decode_result("Swarm", "node", encode(["uint32", "uint8"], [4, 1])) == (4, 1)
    with pytest.raises(FunctionUnknown):
        decode_result("Swarm", "memberCount", b"")


def test_reading_decodes_or_names_the_refusal() -> None:
    four = "0x" + encode(["uint256"], [4]).hex()
    table: dict[str, object] = {"eth_call": four}
    with endpoint(methods(table)) as url, Rpc(url) as rpc:
        assert read(rpc, ACCOUNT, "Swarm", "memberCount") == 4
        table["eth_call"] = "0x"
        with pytest.raises(FunctionUnknown):
            read(rpc, ACCOUNT, "Swarm", "memberCount")
        table["eth_call"] = RpcFault(3, "revert", "0x" + keccak(b"SwarmNotFounded()")[:4].hex())
        with pytest.raises(Refused) as caught:
            read(rpc, ACCOUNT, "Swarm", "memberCount")
        assert caught.value.code == "SwarmNotFounded"
        table["eth_call"] = RpcFault(-32601, "no such method")
        with pytest.raises(RpcError):
            read(rpc, ACCOUNT, "Swarm", "memberCount")
