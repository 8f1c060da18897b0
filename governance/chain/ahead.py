"""Asking the next question while the last answer is worked on.

No thread is needed for that: the question is on its way, the node works at the answer, and nobody
listens yet.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from governance.chain.errors import (
    ChainAnswerInvalid,
    ChainLoginRefused,
    ConnectionDropped,
    RpcError,
)
from governance.errors import CharterError

if TYPE_CHECKING:
    from governance.chain.connection import Connection
    from governance.chain.rpc import Chain, Rpc


class Ahead:
    """A chain that can be told what it will be asked next. To be closed.

    Args:
        chain: whom to ask.
    """

    def __init__(self, chain: Chain) -> None:
        self._chain = chain
        self._source: Rpc | None = None
        self._connection: Connection | None = None
        self._asked: tuple[Any, ...] | None = None

    def __enter__(self) -> Ahead:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Waits for no answer any longer."""
        if self._connection is not None:
            self._connection.close()
        self._connection = self._asked = None

    def expect(self, method: str, *params: Any) -> None:
        """Asks without waiting; a `call` with the same question gives the answer.

        Whoever answered last is asked. What goes wrong is told by `call`.
        """
        source = self._chain.answered()
        if self._connection is None or source is not self._source:
            self.close()
            self._source, self._connection = source, source.connect()
        try:
            source.send(self._connection, method, *params)
        except CharterError:
            self.close()
        else:
            self._asked = (method, *params)

    def call(self, method: str, *params: Any) -> tuple[Any, Rpc]:
        """The result, and the endpoint that gave it.

        Where an answer that was asked for ahead does not come as it should, the question is put
        again in the ordinary way, so that another endpoint can answer it. Only one that did not
        answer in time is not waited for twice.

        Raises:
            See `Chain.call`.
        """
        if self._connection is not None and self._source is not None and self._asked is not None:
            expected, self._asked = self._asked == (method, *params), None
            if expected:
                try:
                    return self._source.receive(self._connection, method), self._source
                except RpcError:
                    raise
                except (ConnectionDropped, ChainLoginRefused, ChainAnswerInvalid):
                    pass
                except CharterError as fault:
                    self.close()
                    self._chain.set_aside(self._source, fault)
                    if self._source in self._chain.sources():
                        raise
            self.close()
        result = self._chain.call(method, *params)
        return result, self._chain.answered()
