"""What a proxy before a chain can do to whoever believes it."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Callable
from typing import Any

from governance.chain.queries import selector
from governance.history import genesis_head, replay
from tests.chaos.proxy import Behaviour, Exchange, HangUp, honest

Ask = Callable[..., Any]
"""Asks the chain behind the proxy: a method and its parameters."""

Change = Callable[..., Any]
"""What a method is answered: made of `Ask` and the parameters."""


class Said(Exception):
    """The chain answered with an error, which is handed on."""


# --- delays and drops -----------------------------------------------------------------------------


def late(seconds: float) -> Behaviour:
    """Answers late."""

    def behave(exchange: Exchange) -> None:
        exchange.ended.wait(seconds)
        honest(exchange)

    return behave


def hang(exchange: Exchange) -> None:
    """Never answers."""
    exchange.ended.wait()
    raise HangUp


def drop(exchange: Exchange) -> None:
    """Hangs up without an answer."""
    raise HangUp


def break_off(exchange: Exchange) -> None:
    """Hangs up in the midst of the answer."""
    answer = exchange.forward()
    exchange.say(answer[: len(answer) // 2], length=len(answer))
    raise HangUp


def drip(exchange: Exchange) -> None:
    """Sends byte after byte, so slowly that no single wait is too long."""
    answer = exchange.forward()
    exchange.say(b"", length=len(answer))
    for place in range(len(answer)):
        if exchange.ended.wait(0.1):
            break
        exchange.more(answer[place : place + 1])
    raise HangUp


# --- nonsense -------------------------------------------------------------------------------------


def says(text: bytes, status: int = 200) -> Behaviour:
    """Answers always the same."""

    def behave(exchange: Exchange) -> None:
        exchange.say(text, status)

    return behave


def cut(exchange: Exchange) -> None:
    """Gives half of the answer for the whole."""
    answer = exchange.forward()
    exchange.say(answer[: len(answer) // 2])


def huge(exchange: Exchange) -> None:
    """Does not come to an end of its answer."""
    exchange.say(b"", length=1 << 40)
    while not exchange.ended.is_set():
        exchange.more(b" " * (1 << 20))


def mix_up(exchange: Exchange) -> None:
    """Answers another request than was made."""
    exchange.answer(lambda asked: {"jsonrpc": "2.0", "id": asked["id"] + 1, "result": "0x1"})


def fails(number: int, text: str, *methods: str) -> Behaviour:
    """Answers some methods, or all, with an error."""

    def refuse(ask: Ask, *_: Any) -> Any:
        raise Said({"code": number, "message": text})

    def behave(exchange: Exchange) -> None:
        names = methods or {each["method"] for each in _each(exchange.request)}
        changed(**dict.fromkeys(names, refuse))(exchange)

    return behave


def _each(asked: Any) -> list[Any]:
    return asked if isinstance(asked, list) else [asked]


# --- lies -----------------------------------------------------------------------------------------


def changed(**changes: Change) -> Behaviour:
    """Answers some methods otherwise than the chain."""

    def behave(exchange: Exchange) -> None:
        def ask(method: str, *params: Any) -> Any:
            call = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
            told = json.loads(exchange.forward(json.dumps(call).encode()))
            if "error" in told:
                raise Said(told["error"])
            return told["result"]

        def one(asked: dict[str, Any]) -> dict[str, Any]:
            change = changes.get(asked["method"])
            told = {"jsonrpc": "2.0", "id": asked["id"]}
            try:
                if change is None:
                    return told | {"result": ask(asked["method"], *asked["params"])}
                return told | {"result": change(ask, *asked["params"])}
            except Said as said:
                return told | {"error": said.args[0]}

        exchange.answer(one)

    return behave


def logs(change: Callable[[list[Any]], list[Any]]) -> Behaviour:
    """Alters the logs that are asked for."""
    return changed(eth_getLogs=lambda ask, query: change(ask("eth_getLogs", query)))


def header(**fields: Any) -> Behaviour:
    """Alters fields of every block's header; a function makes the new value of the old one."""

    def by_number(ask: Ask, tag: str, full: bool) -> Any:
        block = ask("eth_getBlockByNumber", tag, full)
        if block is None:
            return None
        return block | {
            name: value(block[name]) if callable(value) else value for name, value in fields.items()
        }

    return changed(eth_getBlockByNumber=by_number)


def ends_at(number: int) -> Behaviour:
    """Shows the chain only up to a block."""

    def by_number(ask: Ask, tag: str, full: bool) -> Any:
        wanted = number if tag == "latest" else int(tag, 16)
        return ask("eth_getBlockByNumber", hex(wanted), full) if wanted <= number else None

    def call(ask: Ask, request: Any, tag: str) -> Any:
        return ask("eth_call", request, hex(number) if tag == "latest" else tag)

    return changed(
        eth_getBlockByNumber=by_number, eth_call=call, eth_blockNumber=lambda ask: hex(number)
    )


def hides(
    record: Any, records: list[Any], chain_id: int, history: str, *, state: int | None = None
) -> Behaviour:
    """Hides a record, and lies about History's head and length accordingly.

    Args:
        record: The record to hide.
        records: All records up to it.
        chain_id: The chain's number.
        history: History's address.
        state: The block whose state is shown for that of all later ones, if one is.
    """
    head, length = replay(
        [each for each in records if each is not record], genesis_head(chain_id, history)
    )
    answers = {selector("head()"): head, selector("length()"): length.to_bytes(32, "big")}

    def get_logs(ask: Ask, query: Any) -> Any:
        return [
            log
            for log in ask("eth_getLogs", query)
            if (int(log["blockNumber"], 16), int(log["logIndex"], 16))
            != (record.number, record.log_index)
        ]

    def call(ask: Ask, request: Any, tag: str) -> Any:
        if request["data"] in answers and (tag == "latest" or int(tag, 16) >= record.number):
            return "0x" + answers[request["data"]].hex()
        return ask("eth_call", request, tag)

    def get_proof(ask: Ask, address: str, keys: list[str], tag: str) -> Any:
        return ask("eth_getProof", address, keys, tag if state is None else hex(state))

    return changed(eth_getLogs=get_logs, eth_call=call, eth_getProof=get_proof)


def shows(other: str) -> Behaviour:
    """Shows another chain."""

    def behave(exchange: Exchange) -> None:
        exchange.say(Exchange.forward(_At(exchange, other)))

    return behave


class _At(Exchange):
    """The same request, asked of another chain."""

    def __init__(self, exchange: Exchange, chain: str) -> None:
        self.body = exchange.body
        self._chain = chain


# --- one after the other --------------------------------------------------------------------------


def in_turns(*behaviours: Behaviour, every: int = 1) -> Behaviour:
    """Does one thing and then the other, so many requests each."""
    turns = itertools.cycle([each for each in behaviours for _ in range(every)])

    def behave(exchange: Exchange) -> None:
        next(turns)(exchange)

    return behave


def after(seconds: float, then: Behaviour) -> Behaviour:
    """Is honest for a while."""
    begins = time.monotonic() + seconds

    def behave(exchange: Exchange) -> None:
        (then if time.monotonic() >= begins else honest)(exchange)

    return behave
