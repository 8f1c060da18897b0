"""What a contract's custom errors become."""

import re
from pathlib import Path
from string import Formatter

import pytest
from eth_abi.abi import encode

from governance.abi import load_errors
from governance.chain.errors import RpcError
from governance.chain.refusals import SENTENCES, refusal, refusal_of
from governance.errors import ExitStatus
from governance.primitives import keccak
from governance.vocabulary import Authorisation, Standing

INTERFACES = Path(__file__).resolve().parents[3] / "contracts" / "interfaces"


def _declared() -> set[str]:
    text = "".join(path.read_text() for path in INTERFACES.glob("*.sol"))
    return set(re.findall(r"^\s*error (\w+)\(", text, re.MULTILINE))


def test_every_error_of_the_interfaces_has_its_sentences() -> None:
    assert len(_declared()) > 50
    assert _declared() <= SENTENCES.keys()


def test_every_error_that_can_surface_has_its_sentences_and_no_other() -> None:
    assert {error.name for error in load_errors().values()} == SENTENCES.keys()


@pytest.mark.parametrize("name", sorted(SENTENCES))
def test_sentences_are_sentences_over_the_errors_own_fields(name: str) -> None:
    message, remedy = SENTENCES[name]
    (declaration,) = (each for each in load_errors().values() if each.name == name)
    fields = {field for _, field, _, _ in Formatter().parse(message) if field}
    assert fields <= {field.name for field in declaration.inputs}
    for sentence in (message, remedy):
        assert sentence[0].isupper() or sentence[0] == "{"
        assert sentence.endswith(".")
    assert "{" not in remedy


def _data(signature: str, *values: object) -> bytes:
    types = signature.partition("(")[2].removesuffix(")")
    body = encode(types.split(","), values) if types else b""
    return keccak(signature.encode())[:4] + body


@pytest.mark.parametrize("name", sorted(SENTENCES))
def test_every_error_decodes_to_its_own_name(name: str) -> None:
    (declaration,) = (each for each in load_errors().values() if each.name == name)
    samples = {"address": "0x" + "ab" * 20, "bytes32": b"\x01" * 32, "string": "text"}
    values = [samples.get(field.type, 1) for field in declaration.inputs]
    refused = refusal_of(_data(declaration.signature, *values))
    assert refused.code == name
    assert refused.exit_status == ExitStatus.REFUSED
    assert "{" not in refused.message
    assert refused.as_json()["code"] == name


def test_words_stand_for_numbers() -> None:
    standing = refusal_of(_data("SwarmStandingWrong(uint32,uint8)", 4, Standing.EXPELLED))
    assert standing.message == "Institution 4 is expelled, which does not allow this."
    stale = refusal_of(_data("StudyNotAuthorised(uint32,uint8)", 2, Authorisation.CONSENT_STALE))
    assert "consent stale" in stale.message
    over = refusal_of(_data("SwarmDeadlineOver(uint256)", 1_700_000_000))
    assert "2023-11-14 22:13:20 UTC" in over.message
    for state, word in ((0, "pending"), (3, "defeated"), (7, "executed"), (9, "9")):
        data = _data("GovernorUnexpectedProposalState(uint256,uint8,bytes32)", 1, state, bytes(32))
        assert f"is {word}," in refusal_of(data).message


def test_absurd_numbers_are_told_as_they_are() -> None:
    huge = 2**256 - 1
    assert str(huge) in refusal_of(_data("SwarmDeadlineOver(uint256)", huge)).message
    assert "250" in refusal_of(_data("StudyStateWrong(uint8)", 250)).message


def test_addresses_carry_their_checksum() -> None:
    refused = refusal_of(
        _data("SwarmNotMember(address)", "0x1a642f0e3c3af545e7acbd38b07251b3990914f1")
    )
    assert refused.arguments == {"caller": "0x1a642f0E3c3aF545E7AcBD38b07251B3990914F1"}


@pytest.mark.parametrize(
    ("data", "code", "words"),
    [
        (_data("Error(string)", "no way"), "RefusedWithReason", "no way"),
        (_data("Panic(uint256)", 0x11), "RefusedByPanic", "overflows"),
        (_data("Panic(uint256)", 0x41), "RefusedByPanic", "0x41"),
        (_data("Foreign(uint256)", 1), "RefusedUnexplained", "does not say why"),
        (b"", "RefusedUnexplained", "does not say why"),
        (b"\x01", "RefusedUnexplained", "does not say why"),
    ],
)
def test_other_reverts_have_names_too(data: bytes, code: str, words: str) -> None:
    refused = refusal_of(data)
    assert refused.code == code
    assert words in refused.message


def test_truncated_arguments_do_not_break_the_message() -> None:
    assert refusal_of(_data("SwarmNotMember(address)", "0x" + "ab" * 20)[:9]).code == (
        "SwarmNotMember"
    )


MEMBER = "0x" + _data("SwarmNotMember(address)", "0x" + "ab" * 20).hex()


@pytest.mark.parametrize("data", [MEMBER, {"data": MEMBER}])
def test_nodes_put_the_data_in_different_places(data: object) -> None:
    refused = refusal(RpcError("eth_call", 3, "execution reverted", data))
    assert refused is not None
    assert refused.code == "SwarmNotMember"


def test_a_revert_without_data_is_a_refusal() -> None:
    for data in (None, "0x"):
        refused = refusal(RpcError("eth_call", 3, "execution reverted", data))
        assert refused is not None
        assert refused.code == "RefusedUnexplained"


@pytest.mark.parametrize("data", [None, "nonsense", "0xzz", 7])
def test_other_errors_are_no_refusals(data: object) -> None:
    assert refusal(RpcError("eth_call", -32601, "method unknown", data)) is None
