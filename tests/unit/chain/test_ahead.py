"""Asking ahead: the answer is the same, whatever becomes of the question that was put early."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from governance.chain.ahead import Ahead
from governance.chain.endpoints import Endpoints
from governance.chain.errors import ChainAnswerInvalid, ChainUnreachable, RpcError
from governance.chain.rpc import Rpc
from tests.unit.chain.endpoints import SERVERS, RpcFault, endpoint, methods


@pytest.fixture
def counted() -> Iterator[tuple[str, list[Any]]]:
    """An endpoint that says how often it was asked, and what."""
    seen: list[Any] = []

    def echo(*params: Any) -> Any:
        seen.append(params)
        return list(params)

    with endpoint(methods({"echo": echo})) as url:
        yield url, seen


def test_what_was_expected_is_asked_once(counted: tuple[str, list[Any]]) -> None:
    url, seen = counted
    with Rpc(url) as rpc, Ahead(rpc) as ahead:
        for number in range(5):
            ahead.expect("echo", number)
            assert ahead.call("echo", number) == ([number], rpc)
        assert len(set(map(id, SERVERS[url].sockets))) == 1
    assert seen == [(number,) for number in range(5)]


def test_the_node_works_while_nobody_waits() -> None:
    begun, may_end = threading.Event(), threading.Event()

    def slow() -> str:
        begun.set()
        assert may_end.wait(10)
        return "done"

    with (
        endpoint(methods({"slow": slow, "other": "meanwhile"})) as url,
        Rpc(url) as rpc,
        Ahead(rpc) as ahead,
    ):
        ahead.expect("slow")
        assert begun.wait(10)
        assert rpc.call("other") == "meanwhile"
        may_end.set()
        assert ahead.call("slow")[0] == "done"


def test_another_question_is_answered_as_such(counted: tuple[str, list[Any]]) -> None:
    url, seen = counted
    with Rpc(url) as rpc, Ahead(rpc) as ahead:
        ahead.expect("echo", 1)
        assert ahead.call("echo", 2)[0] == [2]
        ahead.expect("echo", 3)
        assert ahead.call("echo", 3)[0] == [3]
    assert (2,) in seen
    assert (3,) in seen


def test_a_question_put_twice_gets_its_own_answer(counted: tuple[str, list[Any]]) -> None:
    url, _ = counted
    with Rpc(url) as rpc, Ahead(rpc) as ahead:
        ahead.expect("echo", 1)
        ahead.expect("echo", 2)
        assert ahead.call("echo", 2)[0] == [2]


def test_an_error_of_the_node_is_the_answer() -> None:
    asked: list[None] = []

    def refuse() -> RpcFault:
        asked.append(None)
        return RpcFault(-32005, "too much")

    with endpoint(methods({"ask": refuse})) as url, Rpc(url) as rpc, Ahead(rpc) as ahead:
        ahead.expect("ask")
        with pytest.raises(RpcError, match="too much"):
            ahead.call("ask")
    assert len(asked) == 1


def test_an_early_answer_that_is_none_is_asked_for_again() -> None:
    bodies = [b"not JSON", b'{"jsonrpc":"2.0","id":1,"result":"sound"}']
    with endpoint(lambda _: bodies.pop(0)) as url, Rpc(url) as rpc, Ahead(rpc) as ahead:
        ahead.expect("ask")
        assert ahead.call("ask")[0] == "sound"


def test_a_lasting_fault_is_told_as_ever() -> None:
    with endpoint(lambda _: b"not JSON") as url, Rpc(url) as rpc, Ahead(rpc) as ahead:
        ahead.expect("ask")
        with pytest.raises(ChainAnswerInvalid):
            ahead.call("ask")


def test_an_endpoint_that_dies_meanwhile_is_told_as_ever() -> None:
    with endpoint(methods({"ask": 1})) as url:
        rpc = Rpc(url, timeout=5)
    with rpc, Ahead(rpc) as ahead:
        ahead.expect("ask")
        with pytest.raises(ChainUnreachable):
            ahead.call("ask")


def test_where_one_endpoint_fails_another_answers(counted: tuple[str, list[Any]]) -> None:
    url, _ = counted
    with endpoint(lambda _: b"not JSON") as lying:
        chain = Endpoints([Rpc(lying), Rpc(url)])
        with chain, Ahead(chain) as ahead:
            ahead.expect("echo", 1)
            result, source = ahead.call("echo", 1)
            assert (result, source.endpoint) == ([1], url)
            # From now on the one that answered is asked ahead.
            ahead.expect("echo", 2)
            assert ahead.call("echo", 2)[1].endpoint == url


def test_who_leaves_early_waits_for_nothing() -> None:
    never = threading.Event()
    try:
        with endpoint(methods({"ask": lambda: never.wait(10)})) as url, Rpc(url) as rpc:
            with Ahead(rpc) as ahead:
                ahead.expect("ask")
            assert not never.is_set()
    finally:
        never.set()


def test_one_that_hangs_is_waited_for_once(counted: tuple[str, list[Any]]) -> None:
    """Neither is it asked again, where it is alone, nor before the others."""
    url, _ = counted
    asked: list[int] = []
    never = threading.Event()

    def hang(number: int) -> None:
        asked.append(number)
        never.wait(10)

    try:
        with endpoint(methods({"echo": hang})) as hanging:
            with Rpc(hanging, timeout=0.2) as rpc, Ahead(rpc) as ahead:
                ahead.expect("echo", 1)
                with pytest.raises(ChainUnreachable):
                    ahead.call("echo", 1)
            with Endpoints([Rpc(hanging, timeout=0.2), Rpc(url)]) as chain, Ahead(chain) as ahead:
                ahead.expect("echo", 2)
                assert ahead.call("echo", 2)[1].endpoint == url
            never.set()
    finally:
        never.set()
    assert asked == [1, 2]
