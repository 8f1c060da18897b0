"""Several endpoints of one chain: dead ones, slow ones, ones that lag, and ones that lie."""

import contextlib
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from governance.chain import endpoints as module
from governance.chain.endpoints import Endpoints, SetAside
from governance.chain.errors import (
    ChainAnswerInvalid,
    ChainLoginRefused,
    ChainUnreachable,
    EndpointContradicted,
    EndpointInvalid,
    EndpointsBehind,
    EndpointsDisagree,
    HistoryRewound,
    RpcError,
)
from governance.chain.queries import quantity, selector, transaction_count
from governance.chain.reader import Follower, read_records
from governance.chain.rpc import Rpc
from governance.chain.sender import Act, Sender
from governance.errors import ExitStatus
from governance.history import genesis_head, replay
from governance.primitives import sha256
from tests.integration.sealing import Sealing, validator
from tests.integration.world import Founded, key, like_the_chain
from tests.unit.chain.endpoints import SERVERS, RpcFault, endpoint

NOWHERE = "http://127.0.0.1:9"
FOUR = ("one", "two", "three", "four")


@pytest.fixture
def hanging() -> Iterator[str]:
    """An endpoint that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


@contextlib.contextmanager
def several(*urls: str, timeout: float = 5.0) -> Iterator[tuple[Endpoints, list[SetAside]]]:
    """Endpoints, and what was told of them."""
    told: list[SetAside] = []
    with Endpoints([Rpc(url, timeout) for url in urls], told.append) as rpc:
        yield rpc, told


def apply(founded: Founded, *names: str) -> None:
    for name in names:
        with founded.sender(key(name)) as sender:
            sender.send(founded.apply(name))


def named(told: list[SetAside]) -> list[tuple[str, str]]:
    return [(each.endpoint, each.fault.code) for each in told]


# --- one request ----------------------------------------------------------------------------------


def test_there_must_be_one() -> None:
    with pytest.raises(EndpointInvalid):
        Endpoints([])


def test_the_first_that_is_in_order_is_asked(founded: Founded) -> None:
    with like_the_chain(founded.rpc) as second, several(founded.chain.endpoint, second) as made:
        rpc, told = made
        assert rpc.call("eth_chainId") == founded.rpc.call("eth_chainId")
        assert rpc.batch([("eth_chainId", ())]) == [rpc.call("eth_chainId")]
        assert not SERVERS[second].seen
        assert not told


def test_the_next_is_asked_where_one_is_dead_and_the_dead_one_is_left_alone(
    founded: Founded,
) -> None:
    with several(NOWHERE, founded.chain.endpoint) as (rpc, told):
        for _ in range(3):
            assert rpc.call("eth_chainId") == founded.rpc.call("eth_chainId")
        assert named(told) == [(NOWHERE, "ChainUnreachable")]
        assert rpc.endpoint == founded.chain.endpoint
        assert NOWHERE in told[0].sentence


def test_one_that_hangs_costs_its_time_once(founded: Founded, hanging: str) -> None:
    with several(hanging, founded.chain.endpoint, timeout=0.3) as (rpc, told):
        begun = time.monotonic()
        for _ in range(5):
            rpc.call("eth_chainId")
        assert 0.3 <= time.monotonic() - begun < 0.6
        assert named(told) == [(hanging, "ChainUnreachable")]


@pytest.mark.parametrize(
    ("answer", "status", "code"),
    [
        (lambda _: b"no", 401, "ChainLoginRefused"),
        (lambda _: b"<html>", 200, "ChainAnswerInvalid"),
        (lambda _: b'{"jsonrpc":"2.0","id":7,"result":1}', 200, "ChainAnswerInvalid"),
    ],
)
def test_one_that_refuses_the_login_or_answers_nonsense_is_set_aside(
    founded: Founded, answer: Callable[[Any], bytes], status: int, code: str
) -> None:
    with endpoint(answer, status) as url, several(url, founded.chain.endpoint) as (rpc, told):
        assert rpc.call("eth_chainId") == founded.rpc.call("eth_chainId")
        assert named(told) == [(url, code)]


def test_what_makes_no_sense_to_a_reader_counts_against_who_said_it(founded: Founded) -> None:
    with (
        like_the_chain(founded.rpc, eth_gasPrice=[]) as url,
        several(url, founded.chain.endpoint) as (rpc, told),
    ):
        with pytest.raises(ChainAnswerInvalid):
            quantity(rpc, rpc.call("eth_gasPrice"), "the price")
        assert quantity(rpc, rpc.call("eth_gasPrice"), "the price") >= 0
        assert named(told) == [(url, "ChainAnswerInvalid")]


def test_an_error_in_the_answer_is_an_answer(founded: Founded) -> None:
    with (
        like_the_chain(founded.rpc, eth_call=RpcFault(3, "reverted")) as url,
        several(url, founded.chain.endpoint) as (rpc, told),
    ):
        with pytest.raises(RpcError, match="reverted"):
            rpc.call("eth_call", {}, "latest")
        assert not told


def test_one_that_was_set_aside_is_asked_again_later(
    founded: Founded, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "FAILED_SECONDS", 0.2)
    down = [True]

    def chain() -> Any:
        return "not hexadecimal" if down[0] else "0x1"

    with (
        like_the_chain(founded.rpc, eth_chainId=chain) as url,
        several(url, founded.chain.endpoint) as (rpc, told),
    ):
        with pytest.raises(ChainAnswerInvalid):
            quantity(rpc, rpc.call("eth_chainId"), "the number")
        down[0] = False
        assert rpc.call("eth_chainId") != "0x1"
        time.sleep(0.25)
        assert rpc.call("eth_chainId") == "0x1"
        assert len(told) == 1


def test_when_all_are_dead_all_are_named(hanging: str) -> None:
    with endpoint(lambda _: b"no", 401) as closed, several(NOWHERE, closed) as (rpc, _):
        with pytest.raises(ChainUnreachable, match=f"{NOWHERE}, {closed}"):
            rpc.call("eth_chainId")
        with pytest.raises(ChainUnreachable):
            rpc.batch([("eth_chainId", ())])
    with (
        endpoint(lambda _: b"no", 401) as closed,
        several(closed, closed) as (rpc, _),
        pytest.raises(ChainLoginRefused),
    ):
        rpc.call("eth_chainId")


def test_one_that_is_alone_again_is_asked_though_it_failed(founded: Founded) -> None:
    failing = [True]

    def flaky() -> Any:
        return RpcFault("no number", "x") if failing[0] else "0x1"  # type: ignore[arg-type]

    with like_the_chain(founded.rpc, eth_chainId=flaky) as url, several(url, NOWHERE) as (rpc, _):
        with pytest.raises(ChainUnreachable):
            rpc.call("eth_chainId")
        failing[0] = False
        assert rpc.call("eth_chainId") == "0x1"


def test_one_that_lied_is_not_asked_even_if_it_is_alone(founded: Founded) -> None:
    with several(founded.chain.endpoint, NOWHERE) as (rpc, told):
        first, second = rpc.sources()
        rpc.set_aside(first, EndpointContradicted(first.endpoint, 1))
        assert rpc.sources() == (second,)
        for _ in range(2):
            with pytest.raises(ChainUnreachable):
                rpc.call("eth_chainId")
        assert [each.seconds for each in told] == [module.LIED_SECONDS, module.FAILED_SECONDS]


# --- following ------------------------------------------------------------------------------------


def lagging(founded: Founded, behind: Callable[[], int]) -> Any:
    """An endpoint that knows only the blocks up to a number."""

    def by_number(tag: str, full: bool) -> Any:
        last = behind()
        if tag == "latest":
            return founded.rpc.call("eth_getBlockByNumber", hex(last), full)
        if int(tag, 16) > last:
            return None
        return founded.rpc.call("eth_getBlockByNumber", tag, full)

    return like_the_chain(founded.rpc, eth_getBlockByNumber=by_number)


def last_block(founded: Founded) -> int:
    return int(founded.rpc.call("eth_blockNumber"), 16)


@contextlib.contextmanager
def hiding(founded: Founded) -> Iterator[str]:
    """An endpoint that hides the last record, and lies about head and length accordingly."""
    records = read_records(founded.rpc, founded.house)
    hidden = records[-1]
    begin = genesis_head(founded.trust.chain_id, founded.trust.history)
    head, length = replay(records[:-1], begin)
    answers = {selector("head()"): head, selector("length()"): length.to_bytes(32, "big")}

    def logs(query: Any) -> Any:
        found = founded.rpc.call("eth_getLogs", query)
        return [
            log
            for log in found
            if (int(log["blockNumber"], 16), int(log["logIndex"], 16))
            != (hidden.number, hidden.log_index)
        ]

    def call(request: Any, tag: str) -> Any:
        if request["data"] in answers and int(tag, 16) >= hidden.number:
            return "0x" + answers[request["data"]].hex()
        return founded.rpc.call("eth_call", request, tag)

    with like_the_chain(founded.rpc, eth_getLogs=logs, eth_call=call) as url:
        yield url


def test_the_lie_would_be_believed_alone(founded: Founded) -> None:
    apply(founded, "a")
    with hiding(founded) as liar, Rpc(liar) as rpc:
        assert len(Follower(rpc, founded.trust).poll()) == 7
    assert founded.follower().length == 8


@pytest.mark.parametrize("place", [0, 1, 2])
def test_one_liar_among_three_is_named_and_not_believed(founded: Founded, place: int) -> None:
    apply(founded, "a")
    with hiding(founded) as liar, like_the_chain(founded.rpc) as honest:
        urls = [honest, founded.chain.endpoint]
        urls.insert(place, liar)
        with several(*urls) as (rpc, told):
            follower = Follower(rpc, founded.trust)
            assert len(follower.poll()) == 8
            assert follower.head == founded.follower().head
            assert named(told) == [(liar, "EndpointContradicted")]
            assert follower.poll() == ()
            assert len(told) == 1
            assert liar not in [each.endpoint for each in rpc.sources()]


@pytest.mark.parametrize("place", [0, 1])
def test_of_two_nobody_knows_which_one_lies(founded: Founded, place: int) -> None:
    apply(founded, "a")
    with hiding(founded) as liar:
        urls = [founded.chain.endpoint]
        urls.insert(place, liar)
        with several(*urls) as (rpc, told):
            follower = Follower(rpc, founded.trust)
            with pytest.raises(EndpointsDisagree, match=liar) as caught:
                follower.poll()
            assert caught.value.exit_status is ExitStatus.UNVERIFIABLE
            assert follower.block is None
            assert not told


def test_what_most_say_counts(founded: Founded) -> None:
    apply(founded, "a")
    with (
        hiding(founded) as one,
        hiding(founded) as two,
        several(founded.chain.endpoint, one, two) as (rpc, told),
    ):
        assert len(Follower(rpc, founded.trust).poll()) == 7
        assert named(told) == [(founded.chain.endpoint, "EndpointContradicted")]


def test_one_that_leaves_events_out_is_passed_over(founded: Founded) -> None:
    with (
        like_the_chain(founded.rpc, eth_getLogs=[]) as url,
        like_the_chain(founded.rpc) as other,
        several(url, founded.chain.endpoint, other) as (rpc, told),
    ):
        assert len(Follower(rpc, founded.trust).poll()) == 7
        assert named(told) == [(url, "HistoryHeadMismatch")]


@pytest.mark.parametrize("method", ["eth_getBlockByNumber", "eth_call", "eth_getLogs"])
@pytest.mark.parametrize("place", [0, 1])
def test_one_that_answers_with_errors_is_neither_read_from_nor_a_witness(
    founded: Founded, method: str, place: int
) -> None:
    with like_the_chain(founded.rpc, **{method: RpcFault(-32000, "not now")}) as url:
        urls = [founded.chain.endpoint]
        urls.insert(place, url)
        with several(*urls) as (rpc, told):
            follower = Follower(rpc, founded.trust)
            assert len(follower.poll()) == 7
            apply(founded, "a")
            assert len(follower.poll()) == 1
            assert {endpoint for endpoint, _ in named(told)} <= {url}


def test_where_all_answer_with_errors_the_first_is_told(founded: Founded) -> None:
    fault = RpcFault(-32000, "not now")
    with (
        like_the_chain(founded.rpc, eth_getBlockByNumber=fault) as one,
        like_the_chain(founded.rpc, eth_getBlockByNumber=fault) as two,
        several(one, two) as (rpc, _),
        pytest.raises(RpcError, match="not now"),
    ):
        Follower(rpc, founded.trust).poll()


def test_a_dead_one_and_one_that_hangs_do_not_keep_the_view_from_going_on(
    founded: Founded, hanging: str
) -> None:
    with several(hanging, NOWHERE, founded.chain.endpoint, timeout=0.3) as (rpc, told):
        follower = Follower(rpc, founded.trust)
        assert len(follower.poll()) == 7
        assert named(told) == [(hanging, "ChainUnreachable"), (NOWHERE, "ChainUnreachable")]
        apply(founded, "a")
        begun = time.monotonic()
        assert len(follower.poll()) == 1
        assert time.monotonic() - begun < 0.3
        assert follower.age < 0.3


def test_one_that_lags_is_neither_read_from_nor_at_fault(founded: Founded) -> None:
    stuck = [last_block(founded)]
    with (
        lagging(founded, lambda: stuck[0]) as slow,
        like_the_chain(founded.rpc) as other,
        several(slow, founded.chain.endpoint, other) as (rpc, told),
    ):
        follower = Follower(rpc, founded.trust)
        assert len(follower.poll()) == 7
        for number in range(4):
            apply(founded, f"new {number}")
            assert len(follower.poll()) == 1
            stuck[0] += number % 2
        assert not told
        assert follower.length == 11


def test_a_view_does_not_go_back_to_one_that_lags(founded: Founded) -> None:
    before = last_block(founded)
    apply(founded, "a")
    answering = [True]

    def by_number(tag: str, full: bool) -> Any:
        if not answering[0]:
            return "nonsense"
        return founded.rpc.call("eth_getBlockByNumber", tag, full)

    with (
        lagging(founded, lambda: before) as slow,
        like_the_chain(founded.rpc, eth_getBlockByNumber=by_number) as quick,
        several(slow, quick) as (rpc, told),
        contextlib.ExitStack(),
    ):
        follower = Follower(rpc, replace(founded.trust))
        with pytest.raises(EndpointsDisagree):
            # Where blocks have no seals, one cannot tell a block that is not there yet from one
            # that was made up.
            follower.poll()
        assert not told
        sealing = Sealing(founded.rpc, lambda _: FOUR)
        trust = replace(founded.trust, validators=tuple(map(validator, FOUR)))

        def slowly(tag: str, full: bool) -> Any:
            number = before if tag == "latest" else int(tag, 16)
            return sealing.block(hex(number)) if number <= before else None

        def quickly(tag: str, full: bool) -> Any:
            return sealing.block(tag) if answering[0] else "nonsense"

        with (
            sealing.serve(eth_getBlockByNumber=slowly) as slow_sealed,
            sealing.serve(eth_getBlockByNumber=quickly) as quick_sealed,
            several(slow_sealed, quick_sealed) as (sealed, told_sealed),
        ):
            follower = Follower(sealed, trust)
            assert len(follower.poll()) == 8
            assert not told_sealed
            answering[0] = False
            with pytest.raises(EndpointsBehind) as caught:
                follower.poll()
            assert caught.value.exit_status is ExitStatus.CHAIN
            assert follower.length == 8
            assert named(told_sealed) == [(quick_sealed, "ChainAnswerInvalid")]


def test_a_chain_that_went_back_everywhere_is_rewound(founded: Founded) -> None:
    ends = [last_block(founded)]
    with (
        lagging(founded, lambda: ends[0]) as one,
        lagging(founded, lambda: ends[0]) as two,
        several(one, two) as (rpc, _),
    ):
        follower = Follower(rpc, founded.trust)
        follower.poll()
        ends[0] -= 1
        with pytest.raises(HistoryRewound, match="ends at block"):
            follower.poll()
        assert follower.length == 7


def test_one_that_shows_another_block_is_a_liar_and_most_of_them_are_a_rewound_chain(
    founded: Founded,
) -> None:
    forking = [False]

    def fork(tag: str, full: bool) -> Any:
        block = founded.rpc.call("eth_getBlockByNumber", tag, full)
        if not forking[0] or block is None:
            return block
        other = "0x" + sha256(block["hash"].encode()).hex()
        parent = "0x" + sha256(block["parentHash"].encode()).hex()
        return block | {"hash": other, "parentHash": parent}

    def forked() -> Any:
        return like_the_chain(founded.rpc, eth_getBlockByNumber=fork)

    with (
        forked() as one,
        like_the_chain(founded.rpc) as honest,
        several(one, honest, founded.chain.endpoint) as (rpc, told),
    ):
        follower = Follower(rpc, founded.trust)
        follower.poll()
        forking[0] = True
        apply(founded, "a")
        assert len(follower.poll()) == 1
        assert (one, "EndpointContradicted") in named(told)
    forking[0] = False
    with forked() as one, forked() as two, several(one, two, founded.chain.endpoint) as made:
        follower = Follower(made[0], founded.trust)
        follower.poll()
        forking[0] = True
        apply(founded, "b")
        with pytest.raises(HistoryRewound):
            follower.poll()


def test_where_blocks_are_sealed_one_that_makes_blocks_up_is_no_witness(founded: Founded) -> None:
    sealing = Sealing(founded.rpc, lambda _: FOUR)
    unsealed = Sealing(founded.rpc, lambda _: FOUR, lambda _: FOUR[:1])

    def altered(tag: str, _: bool) -> Any:
        return sealing.block(tag) | {"timestamp": "0x1"}

    trust = replace(founded.trust, validators=tuple(map(validator, FOUR)))
    with unsealed.serve() as liar, sealing.serve() as honest:
        for urls in ((liar, honest), (honest, liar)):
            with several(*urls) as (rpc, told):
                assert len(Follower(rpc, trust).poll()) == 7
                assert named(told) == [(liar, "BlockNotSealed")]
    with (
        sealing.serve(eth_getBlockByNumber=altered) as liar,
        sealing.serve() as honest,
        several(honest, liar) as (rpc, told),
    ):
        assert len(Follower(rpc, trust).poll()) == 7
        assert named(told) == [(liar, "HeaderInvalid")]
        assert liar in told[0].sentence


# --- sending --------------------------------------------------------------------------------------


def note(number: int = 1) -> Act:
    return Act(key("somebody").address, bytes([number]), "note")


def test_a_transaction_goes_to_the_next_where_one_is_dead(
    founded: Founded, hanging: str, tmp_path: Path
) -> None:
    signer = key(str(tmp_path))
    with (
        several(hanging, NOWHERE, founded.chain.endpoint, timeout=0.3) as (rpc, _),
        Sender(rpc, signer, tmp_path) as sender,
    ):
        assert sender.send(note()).success
    assert transaction_count(founded.rpc, signer.address) == 1


def test_one_that_takes_the_transaction_and_dies_leaves_one_effect(
    founded: Founded, tmp_path: Path
) -> None:
    """The first has it sent and never says so; the second knows it already."""
    signer = key(str(tmp_path))

    def send(raw: str) -> Any:
        founded.rpc.call("eth_sendRawTransaction", raw)
        return RpcFault("dead", "x")  # type: ignore[arg-type]

    with (
        like_the_chain(founded.rpc, eth_sendRawTransaction=send) as url,
        several(url, founded.chain.endpoint) as (rpc, _),
        contextlib.ExitStack(),
    ):
        sender = Sender(rpc, signer, tmp_path)
        with contextlib.suppress(ChainUnreachable):
            sender.send(note())
        with Sender(rpc, signer, tmp_path) as again:
            assert again.send(note()).success
    assert transaction_count(founded.rpc, signer.address) == 1


def test_what_one_refuses_another_that_hung_may_have_taken(
    founded: Founded, tmp_path: Path
) -> None:
    """No refusal is final while somebody who did not answer may have the transaction."""
    signer = key(str(tmp_path))
    held: list[str] = []

    def keep(raw: str) -> Any:
        held.append(raw)
        return RpcFault("dead", "x")  # type: ignore[arg-type]

    fault = RpcFault(-32000, "Invalid something")
    with (
        like_the_chain(founded.rpc, eth_sendRawTransaction=keep) as one,
        like_the_chain(founded.rpc, eth_sendRawTransaction=fault) as two,
        several(one, two) as (rpc, _),
        pytest.raises((ChainUnreachable, RpcError)),
    ):
        Sender(rpc, signer, tmp_path).send(note())
    founded.rpc.call("eth_sendRawTransaction", held[0])
    with Sender(founded.rpc, signer, tmp_path) as sender:
        assert sender.send(note()).repeated
    assert transaction_count(founded.rpc, signer.address) == 1


def test_an_account_that_one_does_not_take_another_may(founded: Founded, tmp_path: Path) -> None:
    signer = key(str(tmp_path))
    fault = RpcFault(-32007, "Sender account not authorized to send transactions")
    with (
        like_the_chain(founded.rpc, eth_sendRawTransaction=fault) as url,
        several(url, founded.chain.endpoint) as (rpc, told),
    ):
        with Sender(rpc, signer, tmp_path) as sender:
            assert sender.send(note()).success
        assert not told


def test_a_nonce_is_given_up_only_if_no_endpoint_has_the_receipt(
    founded: Founded, tmp_path: Path
) -> None:
    """One counts the transaction and does not give its receipt; the other does."""
    signer = key(str(tmp_path))

    class Torn(Sender):
        def _await(self, *_: Any) -> Any:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Torn(founded.rpc, signer, tmp_path).send(note())
    with (
        like_the_chain(founded.rpc, eth_getTransactionReceipt=None) as silent,
        several(silent, founded.chain.endpoint) as (rpc, _),
    ):
        Sender(rpc, signer, tmp_path).recover()
    with Sender(founded.rpc, signer, tmp_path) as sender:
        assert sender.send(note()).repeated
    assert transaction_count(founded.rpc, signer.address) == 1


def test_a_transaction_that_its_endpoint_keeps_to_itself_is_given_to_the_others(
    founded: Founded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("governance.chain.submit.SPREAD_SECONDS", 0.2)
    signer = key(str(tmp_path))
    with (
        like_the_chain(founded.rpc, eth_sendRawTransaction="0x" + 64 * "1") as url,
        several(url, founded.chain.endpoint) as (rpc, _),
        Sender(rpc, signer, tmp_path) as s,
    ):
        assert s.send(note()).success
    assert transaction_count(founded.rpc, signer.address) == 1


def test_a_sender_goes_on_with_another_where_an_answer_makes_no_sense(
    founded: Founded, tmp_path: Path
) -> None:
    signer = key(str(tmp_path))
    with (
        like_the_chain(founded.rpc, eth_getTransactionCount="many") as url,
        several(url, founded.chain.endpoint) as (rpc, told),
    ):
        with Sender(rpc, signer, tmp_path) as sender:
            receipt = sender.send(note())
        assert receipt.success
        assert named(told) == [(url, "ChainAnswerInvalid")]
    assert transaction_count(founded.rpc, signer.address) == 1
