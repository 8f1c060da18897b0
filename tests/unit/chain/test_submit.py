"""What engines answer to a transaction, in their own words, and what is made of it."""

from typing import Any

import pytest

from governance.chain.errors import AccountNotInStep, RpcError
from governance.chain.journal import Signed
from governance.chain.rpc import Rpc
from governance.chain.submit import sign_down, submit
from governance.errors import ExitStatus
from tests.integration.world import key
from tests.unit.chain.endpoints import SERVERS, RpcFault, endpoint, methods

SIGNER = key("somebody")


@pytest.fixture(scope="module")
def entry() -> Signed:
    return sign_down(
        SIGNER, chain_id=1, nonce=0, to=SIGNER.address, data=b"", gas=21_000, description="nothing"
    )


def answered(answer: Any, entry: Signed, *, first: bool, known: bool) -> list[str]:
    """Submits a transaction to what answers so; returns the methods that were asked."""
    found = {"hash": entry.hash} if known else None
    table = {"eth_sendRawTransaction": answer, "eth_getTransactionByHash": found}
    with endpoint(methods(table)) as url, Rpc(url) as rpc:
        submit(rpc, entry, first=first)
        return [request["method"] for _, request in SERVERS[url].seen]


# The literal answers of Hyperledger Besu 26.8 and of anvil 1.7.1.
MAYBE_SENT = [
    pytest.param(-32000, "Known transaction", id="besu: pending already"),
    pytest.param(-32001, "Nonce too low", id="besu: mined already, or nonce used"),
    pytest.param(-32003, "transaction already imported", id="anvil: pending already"),
    pytest.param(-32003, "nonce too low", id="anvil: mined already, or nonce used"),
    pytest.param(-32000, "already known", id="geth: pending already"),
]
REFUSED = [
    pytest.param(
        -32000,
        "Transaction nonce is too distant from current sender nonce",
        id="besu: nonce far ahead",
    ),
    pytest.param(-32000, "Wrong chainId", id="besu: other chain"),
    pytest.param(-32602, "Invalid params", id="besu: malformed"),
    pytest.param(-32603, "Internal error", id="besu: signed by nobody, or init code too large"),
    pytest.param(-32005, "Transaction gas limit exceeds block gas limit", id="besu: too much gas"),
    pytest.param(
        -32003, "Intrinsic gas exceeds gas limit", id="besu: too little gas for the transaction"
    ),
    pytest.param(-32009, "Gas price below configured minimum gas price", id="besu: price too low"),
    pytest.param(-32000, "Replacement transaction underpriced", id="besu: replacement"),
    pytest.param(-32601, "Method not found", id="method unknown"),
    pytest.param(-32604, "Method not enabled", id="besu: method off"),
]


@pytest.mark.parametrize(("number", "text"), MAYBE_SENT)
def test_what_says_that_it_may_have_been_sent_is_no_failure(
    entry: Signed, number: int, text: str
) -> None:
    answered(RpcFault(number, text), entry, first=False, known=False)
    asked = answered(RpcFault(number, text), entry, first=True, known=True)
    assert asked == ["eth_sendRawTransaction", "eth_getTransactionByHash"]


@pytest.mark.parametrize(("number", "text"), MAYBE_SENT)
def test_what_was_never_sent_and_is_unknown_lost_its_nonce_to_another(
    entry: Signed, number: int, text: str
) -> None:
    with pytest.raises(RpcError, match=text) as caught:
        answered(RpcFault(number, text), entry, first=True, known=False)
    assert caught.value.number == number


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize(("number", "text"), REFUSED)
def test_what_is_refused_is_told_in_the_node_s_words(
    entry: Signed, number: int, text: str, first: bool
) -> None:
    with pytest.raises(RpcError, match=text) as caught:
        answered(RpcFault(number, text), entry, first=first, known=True)
    assert (caught.value.number, caught.value.code) == (number, "ChainRequestFailed")
    assert caught.value.exit_status is ExitStatus.CHAIN


@pytest.mark.parametrize("first", [True, False])
def test_an_account_that_validators_do_not_take_has_a_name(entry: Signed, first: bool) -> None:
    fault = RpcFault(-32007, "Sender account not authorized to send transactions")
    with pytest.raises(AccountNotInStep) as caught:
        answered(fault, entry, first=first, known=False)
    error = caught.value
    assert SIGNER.address in error.message
    assert "charter network sync" in error.remedy
    assert "charter relay" in error.remedy
    assert (error.number, error.code) == (-32007, "AccountNotInStep")
    assert error.as_json()["message"] == str(error)


def test_what_is_taken_is_asked_for_nothing_more(entry: Signed) -> None:
    asked = answered(entry.hash, entry, first=True, known=False)
    assert asked == ["eth_sendRawTransaction"]
