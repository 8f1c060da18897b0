"""Contexts with several endpoints, an own authority and a token, as a person has them."""

from __future__ import annotations

import ssl
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import trustme

from governance.chain.house import Trust
from governance.chain.queries import selector
from governance.chain.rlp import encode
from governance.chain.rpc import Rpc
from tests.integration.sealing import Sealing, validator
from tests.integration.world import like_the_chain
from tests.unit.chain.endpoints import RpcFault, methods
from tests.unit.chain.endpoints import endpoint as serve

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.journeys.swarm import Swarm

DEAD = "http://127.0.0.1:9"
TOKEN = "eyJhbGciOiJSUzI1NiJ9.c2VjcmV0.c2lnbmF0dXJl"
FOUR = ("one", "two", "three", "four")


@pytest.fixture
def rpc(endpoint: str) -> Iterator[Rpc]:
    with Rpc(endpoint) as rpc:
        yield rpc


def add(swarm: Swarm, name: str, *endpoints: str, **settings: str) -> Any:
    """Adds a context of alpha's with these endpoints."""
    where = [word for url in endpoints for word in ("--endpoint", url)]
    options = [word for key, value in settings.items() for word in (f"--{key}", value)]
    words = [*where, "--trust", swarm / "trust.json", "--account", "alpha", *options]
    return swarm.good("context", "add", name, *words)


# --- contexts -------------------------------------------------------------------------------------


def test_a_context_has_several_endpoints_in_their_order(swarm: Swarm) -> None:
    added = add(swarm, "several", DEAD, swarm.endpoint)
    assert added["endpoints"] == [DEAD, swarm.endpoint]
    assert added["endpoint"] == DEAD
    shown = swarm.run("context", "show", "several")
    assert f"{DEAD}, {swarm.endpoint}" in shown.out
    assert f"{DEAD}, {swarm.endpoint}" in swarm.run("context", "list").out
    listed = swarm.good("context", "list")["contexts"]
    assert {each["name"]: each["endpoints"] for each in listed}["several"] == [DEAD, swarm.endpoint]


def test_endpoints_that_are_set_replace_those_before_and_others_stay(swarm: Swarm) -> None:
    add(swarm, "several", DEAD, swarm.endpoint)
    assert swarm.good("context", "set", "several", "--study", "3")["endpoints"] == [
        DEAD,
        swarm.endpoint,
    ]
    changed = swarm.good("context", "set", "several", "--endpoint", swarm.endpoint)
    assert (changed["endpoints"], changed["study"]) == ([swarm.endpoint], 3)


def test_settings_are_taken_away(swarm: Swarm) -> None:
    token = swarm.write("token", "a.b.c")
    Path(token).chmod(0o600)
    add(swarm, "several", swarm.endpoint)
    words = ("context", "set", "several")
    assert swarm.good(*words, "--token-file", token, "--study", "3")["token_file"] == token
    changed = swarm.good(*words, "--without", "token-file", "--without", "study")
    assert (changed["token_file"], changed["study"]) == ("", 0)
    assert swarm.run(*words, "--without", "endpoint").status == 2


def test_a_context_needs_an_endpoint(swarm: Swarm) -> None:
    result = swarm.run("context", "add", "none", "--trust", swarm / "trust.json")
    assert result.status == 2
    assert "Missing option '--endpoint'" in result.err


def test_a_file_of_contexts_from_before_still_works(swarm: Swarm) -> None:
    path = swarm.home / "contexts.json"
    trust = swarm / "trust.json"
    path.write_text(
        f"""{{"scheme": "swarm-charter/contexts/1", "current": "old", "contexts": {{"old":
        {{"endpoint": "{swarm.endpoint}", "trust": "{trust}", "account": "alpha"}}}}}}"""
    )
    assert swarm.good("status")["institution"] == 1
    assert swarm.good("context", "set", "--study", "1")["endpoints"] == [swarm.endpoint]
    assert '"swarm-charter/contexts/2"' in path.read_text()


# --- endpoints that fail or lie -------------------------------------------------------------------


def test_the_next_endpoint_serves_where_one_is_dead_and_it_is_said(swarm: Swarm) -> None:
    add(swarm, "several", DEAD, swarm.endpoint)
    result = swarm.run("status", who="several")
    assert result.status == 0
    assert result.err.count(DEAD) == 1
    applied = swarm.run("propose", "rules", "--quorum", "60", "--format", "json", who="several")
    assert applied.status == 0, applied.err
    assert applied.json["proposal"] == 1


def test_where_all_are_dead_the_chain_is_unreachable(swarm: Swarm) -> None:
    add(swarm, "dead", DEAD, "http://127.0.0.1:10")
    result = swarm.run("status", "--format", "json", who="dead")
    assert (result.status, result.error["code"]) == (5, "ChainUnreachable")


def hiding(rpc: Rpc) -> Any:
    """An endpoint on whose chain no swarm was ever founded, though its contracts stand."""
    empty = {selector("length()"): bytes(32)}

    def call(request: Any, tag: str) -> Any:
        answer = rpc.call("eth_call", request, tag)
        return "0x" + empty[request["data"]].hex() if request["data"] in empty else answer

    return like_the_chain(rpc, eth_call=call)


def test_a_liar_among_three_is_named(swarm: Swarm, rpc: Rpc) -> None:
    with hiding(rpc) as liar, like_the_chain(rpc) as honest:
        add(swarm, "three", liar, honest, swarm.endpoint)
        result = swarm.run("status", "--format", "json", who="three")
        assert result.status == 0, result.err
        assert result.json["history_length"] == 7
        assert liar in result.err
        assert honest not in result.err

        add(swarm, "witness", honest, liar, swarm.endpoint)
        result = swarm.run("status", who="witness")
        assert result.status == 0
        assert f"What {liar} says of block" in result.err


def test_two_that_contradict_each_other_are_not_believed(swarm: Swarm, rpc: Rpc) -> None:
    with hiding(rpc) as liar:
        add(swarm, "two", swarm.endpoint, liar)
        result = swarm.run("status", "--format", "json", who="two")
        assert (result.status, result.error["code"]) == (3, "EndpointsDisagree")
        assert liar in result.error["message"]


# --- TLS and tokens -------------------------------------------------------------------------------


@pytest.fixture
def authority(swarm: Swarm) -> trustme.CA:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(swarm / "ca.pem")
    return authority


@pytest.fixture
def guarded(rpc: Rpc, authority: trustme.CA) -> Iterator[str]:
    """The chain behind TLS and a login."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)

    class Forward(dict[str, Any]):
        def __missing__(self, method: str) -> Any:
            return lambda *params: rpc.call(method, *params)

    with serve(methods(Forward()), tls=context, token=TOKEN) as url:
        yield url


def token(swarm: Swarm, text: str = TOKEN, mode: int = 0o600) -> str:
    path = swarm.home / "token"
    path.write_text(text)
    path.chmod(mode)
    return str(path)


def test_an_own_authority_and_a_token_open_the_endpoint(swarm: Swarm, guarded: str) -> None:
    settings = {"ca": swarm / "ca.pem", "token-file": token(swarm)}
    added = add(swarm, "guarded", guarded, **settings)
    assert (added["ca"], added["token_file"]) == (settings["ca"], settings["token-file"])
    assert swarm.good("status", who="guarded")["institution"] == 1
    found = ["found", "--verify", "--endpoint", guarded, "--ca", swarm / "ca.pem"]
    assert swarm.good(*found, "--token-file", swarm / "token")["verified"]
    assert TOKEN not in (swarm.home / "contexts.json").read_text()


@pytest.mark.parametrize(
    ("code", "status", "settings", "content", "mode"),
    [
        ("CertificateRefused", 5, {"token-file"}, TOKEN, 0o600),
        ("ChainLoginRefused", 5, {"ca"}, TOKEN, 0o600),
        ("ChainLoginRefused", 5, {"ca", "token-file"}, "expired", 0o600),
        ("TokenFileInsecure", 7, {"ca", "token-file"}, TOKEN, 0o640),
        ("TokenFileInvalid", 7, {"ca", "token-file"}, "", 0o600),
        ("CertificatesInvalid", 7, {"no-ca"}, TOKEN, 0o600),
    ],
)
def test_what_is_missing_is_said_and_the_token_never(
    swarm: Swarm,
    guarded: str,
    *,
    code: str,
    status: int,
    settings: set[str],
    content: str,
    mode: int,
) -> None:
    known = {"ca": swarm / "ca.pem", "token-file": token(swarm, content, mode)}
    chosen = {name: known[name] for name in settings if name in known}
    if "no-ca" in settings:
        chosen["ca"] = swarm / "charter.yaml"
    add(swarm, "guarded", guarded, **chosen)
    for words in (["status"], ["status", "--debug"]):
        result = swarm.run(*words, "--format", "json", who="guarded")
        assert (result.status, result.error["code"]) == (status, code)
        assert TOKEN not in result.err + result.out
    table = swarm.run("status", who="guarded")
    assert f"Error [{code}]: " in table.err


def test_a_token_is_not_sent_unencrypted(swarm: Swarm) -> None:
    add(swarm, "open", "http://validator.example:8545", **{"token-file": token(swarm)})
    result = swarm.run("status", "--format", "json", who="open")
    assert (result.status, result.error["code"]) == (2, "EndpointInvalid")
    assert "unencrypted" in result.error["message"]


# --- seals and halts ------------------------------------------------------------------------------


def test_a_founding_on_a_sealed_chain_names_the_validators(
    swarm: Swarm, rpc: Rpc, tmp_path: Path
) -> None:
    trust = tmp_path / "sealed.json"
    words = ["found", swarm / "founders.yaml", "--trust", str(trust)]
    named = [validator(name) for name in FOUR]
    with Sealing(rpc, lambda _: FOUR).serve() as sealed:
        told = swarm.good(*words, "--endpoint", sealed)
        assert told["validators"] == named
        assert Trust.load(trust).validators == tuple(named)
        verify = ["found", "--verify", "--trust", str(trust), "--endpoint"]
        assert swarm.good(*verify, sealed)["validators"] == named
        few = Sealing(rpc, lambda _: FOUR, lambda _: FOUR[:2])
        with few.serve() as unsealed:
            result = swarm.run(*verify, unsealed, "--format", "json")
            assert (result.status, result.error["code"]) == (3, "BlockNotSealed")
        others = Sealing(rpc, lambda _: ("five", "six", "seven"))
        with others.serve() as foreign:
            result = swarm.run(*verify, foreign, "--format", "json")
            assert (result.status, result.error["code"]) == (3, "BlockNotSealed")
    assert swarm.good("found", "--verify")["validators"] == []


def test_status_tells_a_halted_chain_from_one_that_goes_on(swarm: Swarm, rpc: Rpc) -> None:
    extra = encode([bytes(32), [bytes([n]) * 20 for n in range(4)], [], b"", []])
    age = [34.0]

    def block(tag: str, full: bool) -> Any:
        found = rpc.call("eth_getBlockByNumber", tag, full) | {"extraData": "0x" + extra.hex()}
        when = {"timestamp": hex(int(time.time() - age[0]))} if tag == "latest" else {}
        return found | when

    # The trust file names no validators, so that what is altered here is not noticed.
    with like_the_chain(rpc, eth_getBlockByNumber=block, net_peerCount="0x1") as url:
        add(swarm, "halted", url)
        table = swarm.run("status", who="halted")
        assert table.status == 0
        assert "The chain has made no block for 3" in table.err
        assert "2 of 4 validators can be reached" in table.err
        assert swarm.good("status", who="halted")["halted"] is True
        age[0] = 5
        assert "no block" not in swarm.run("status", who="halted").err
        assert swarm.good("status", who="halted")["halted"] is False
    assert swarm.good("status", who="alpha")["halted"] is None


@pytest.mark.parametrize(("who", "waits"), [("alpha", True), ("delta", False)])
def test_an_account_that_validators_do_not_take_is_waited_for_if_it_belongs_to_the_swarm(
    swarm: Swarm, rpc: Rpc, monkeypatch: pytest.MonkeyPatch, who: str, waits: bool
) -> None:
    monkeypatch.setattr("governance.chain.submit._STEP_PAUSE", 0.05)
    monkeypatch.setattr("governance.chain.submit.STEP_SECONDS", 0.3)
    fault = RpcFault(-32007, "Sender account not authorized to send transactions")
    words = swarm.join_words() if who == "delta" else ["propose", "rules", "--quorum", "60"]
    before = swarm.head()
    with like_the_chain(rpc, eth_sendRawTransaction=fault) as url:
        swarm.good("context", "set", who, "--endpoint", url)
        result = swarm.run(*words, "--format", "json", who=who)
        table = swarm.run(*words, who=who)
    assert (result.status, result.error["code"]) == (5, "AccountNotInStep")
    assert swarm.address(who) in result.error["message"]
    assert "charter relay" in result.error["remedy"]
    assert ("trying again for" in result.err) is waits
    assert "Error [AccountNotInStep]: " in table.err
    assert swarm.head() == before
    swarm.good("context", "set", who, "--endpoint", swarm.endpoint)
    assert swarm.good(*words, who=who)["already"] is False


def test_who_is_no_member_audits_over_several_endpoints(swarm: Swarm, rpc: Rpc) -> None:
    words = ["audit", "live", "--trust", swarm / "trust.json"]
    with hiding(rpc) as liar:
        three = ["--endpoint", liar, "--endpoint", DEAD, "--endpoint", swarm.endpoint]
        result = swarm.run(*words, *three, "--format", "json")
        assert (result.status, result.error["code"]) == (3, "EndpointsDisagree")
        with like_the_chain(rpc) as honest:
            result = swarm.run(*words, *three, "--endpoint", honest, "--format", "json")
            assert result.status in {0, 1}, result.err
            assert result.json["history"]["length"] == 7
            assert f"What {liar} says of block" in result.err
