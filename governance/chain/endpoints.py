"""Several endpoints of one chain: the next is asked where one fails, and a liar is named.

A single request goes to the first endpoint that is in order. Whoever must not mix what two
endpoints say asks one of `sources()` from beginning to end.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from governance.chain.errors import (
    BlockNotSealed,
    CertificateRefused,
    ChainAnswerInvalid,
    ChainForeign,
    ChainLoginRefused,
    ChainUnreachable,
    EndpointContradicted,
    EndpointInvalid,
    RpcError,
    StateNotProven,
)
from governance.chain.qbft import HeaderInvalid

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from governance.chain.rpc import Rpc
    from governance.errors import CharterError

FAILED_SECONDS = 30.0
"""For so long an endpoint is not asked that was dead, hung, refused the login or made no sense."""

LIED_SECONDS = 600.0
"""For so long an endpoint is not asked that lied, even where no other one answers."""

FAILURES = (ChainUnreachable, ChainLoginRefused, CertificateRefused, ChainAnswerInvalid)
"""Faults of an endpoint, not of what it was asked."""

LIES = (EndpointContradicted, BlockNotSealed, HeaderInvalid, StateNotProven, ChainForeign)
"""What no sound node of the chain would say."""

_Answer = TypeVar("_Answer")
_SEND = "eth_sendRawTransaction"
_SENDER_REFUSED = -32007
_KNOWN = "known"
"""What every engine says of a transaction that it has got by another way."""


@dataclass(frozen=True, slots=True)
class SetAside:
    """An endpoint is not asked for a while.

    Attributes:
        endpoint: its URL.
        fault: why.
        seconds: for how long.
    """

    endpoint: str
    fault: CharterError
    seconds: float

    @property
    def sentence(self) -> str:
        """What a person is told."""
        message = self.fault.message
        who = "It" if self.endpoint in message else self.endpoint
        return f"{message} {who} is not asked for {self.seconds:g} seconds."


class Endpoints:
    """Several endpoints of one chain behind the interface of one. Threads may share it.

    Args:
        rpcs: the endpoints, the one to ask first first.
        told: is told of each endpoint that is set aside.

    Raises:
        EndpointInvalid: there is none.
    """

    def __init__(
        self, rpcs: Sequence[Rpc], told: Callable[[SetAside], None] = lambda _: None
    ) -> None:
        if not rpcs:
            raise EndpointInvalid("there is none")
        self._rpcs = tuple(rpcs)
        self._told = told
        self._aside: dict[Rpc, tuple[float, CharterError]] = {}
        self._guard = threading.Lock()
        self._local = threading.local()

    def __enter__(self) -> Endpoints:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def endpoint(self) -> str:
        """URL of the endpoint that answered this thread last, or would be asked first."""
        return self.answered().endpoint

    @property
    def timeout(self) -> float:
        """Seconds within which each of them must have answered."""
        return self._rpcs[0].timeout

    @property
    def count(self) -> int:
        """How many there are, those set aside included."""
        return len(self._rpcs)

    def close(self) -> None:
        """Closes all connections; the next call opens new ones."""
        for rpc in self._rpcs:
            rpc.close()

    def answered(self) -> Rpc:
        """The endpoint that answered this thread last, or would be asked first."""
        last: Rpc = getattr(self._local, "last", self._rpcs[0])
        return last

    def sources(self) -> tuple[Rpc, ...]:
        """The endpoints to be asked, in order; those that failed only if no other is left.

        Raises:
            ChainUnreachable: all of them lied.
        """
        now = time.monotonic()
        with self._guard:
            for rpc in [rpc for rpc, (until, _) in self._aside.items() if until <= now]:
                del self._aside[rpc]
            aside = dict(self._aside)
        sound = tuple(rpc for rpc in self._rpcs if rpc not in aside)
        found = sound or tuple(rpc for rpc in aside if not isinstance(aside[rpc][1], LIES))
        if not found:
            raise _all_failed([fault for _, fault in aside.values()], self._names())
        return found

    def set_aside(self, source: Rpc, fault: CharterError) -> None:
        """Does not ask an endpoint for a while, because of a fault of its own."""
        seconds = LIED_SECONDS if isinstance(fault, LIES) else FAILED_SECONDS
        with self._guard:
            known = self._aside.get(source)
            self._aside[source] = time.monotonic() + seconds, fault
        if known is None:
            self._told(SetAside(source.endpoint, fault, seconds))

    def call(self, method: str, *params: Any) -> Any:
        """As `Rpc.call`, answered by one of the endpoints.

        Raises:
            ChainUnreachable: none of them answers.
            RpcError: the one that answered did so with an error.
        """
        if method == _SEND:
            return self._send(*params)
        return self._ask(lambda rpc: rpc.call(method, *params))

    def batch(self, requests: Sequence[tuple[str, Sequence[Any]]]) -> list[Any]:
        """As `Rpc.batch`, all answered by the same one of the endpoints; errors as `call`."""
        return self._ask(lambda rpc: rpc.batch(requests))

    def batch_or_errors(self, requests: Sequence[tuple[str, Sequence[Any]]]) -> list[Any]:
        """As `Rpc.batch_or_errors`, all answered by the same one; errors as `call`."""
        return self._ask(lambda rpc: rpc.batch_or_errors(requests))

    def invalid(self, reason: str) -> ChainAnswerInvalid:
        """The error to raise when the last answer makes no sense; its endpoint is set aside."""
        last = self.answered()
        error = last.invalid(reason)
        self.set_aside(last, error)
        return error

    def _ask(self, question: Callable[[Rpc], _Answer]) -> _Answer:
        faults: list[CharterError] = []
        for rpc in self.sources():
            self._local.last = rpc
            try:
                return question(rpc)
            except FAILURES as fault:
                self.set_aside(rpc, fault)
                faults.append(fault)
        raise _all_failed(faults, self._names())

    def _send(self, raw: Any) -> Any:
        """Hands a transaction over to the first endpoint that takes it.

        Validators keep their lists of accounts each for itself, so one may take what another
        refuses. Who did not answer may have taken it: then no refusal by another is final.
        """
        unanswered: list[CharterError] = []
        refused: RpcError | None = None
        for rpc in self.sources():
            self._local.last = rpc
            try:
                return rpc.call(_SEND, raw)
            except FAILURES as fault:
                self.set_aside(rpc, fault)
                unanswered.append(fault)
            except RpcError as error:
                refused = error
                if error.number != _SENDER_REFUSED:
                    break
        if refused is not None and (not unanswered or _KNOWN in refused.text.lower()):
            raise refused
        raise _all_failed(unanswered, self._names())

    def _names(self) -> str:
        return ", ".join(rpc.endpoint for rpc in self._rpcs)


def _all_failed(faults: Sequence[CharterError], names: str) -> CharterError:
    if len({type(fault) for fault in faults}) == 1 and isinstance(faults[0], FAILURES):
        return faults[0]
    return ChainUnreachable(names, "no endpoint is left to be asked")
