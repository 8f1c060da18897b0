"""Keeps a view in step with the chain, in a thread of its own."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from governance.errors import CharterError
from governance.gate.faults import FROZEN, Fault
from governance.gate.gate import VIEW_MAX_AGE
from governance.telling import teller

if TYPE_CHECKING:
    from collections.abc import Callable

    from governance.gate.decision import Reason
    from governance.gate.view import LiveView

POLL_SECONDS = 2.0
"""Seconds between two refreshes: a revoked node passes for no longer than that."""

LEAVE_SECONDS = 1.0
"""Seconds for which `Watch.stop` waits for a refresh that is going on; then it is left alone."""

logger = teller(__name__)


@dataclass(frozen=True, slots=True)
class Notice:
    """A fault has begun, or is over.

    Attributes:
        fault: Which.
        is_over: Whether it is over.
    """

    fault: Fault
    is_over: bool

    @property
    def sentence(self) -> str:
        """What a person is told."""
        if self.is_over:
            return f"The chain can be relied on again ({self.fault.reason} is over)."
        effect = "refused" if self.fault.at_once else "refused once the view is too old"
        return f"{self.fault.message} Updates are {effect} ({self.fault.reason})."


class Watch:
    """Refreshes a view again and again, until it is stopped; a context manager.

    Each kind of fault is told once when it begins and once when it is over: in the log of this
    module, and to whoever asked for it. Nothing that a refresh or the telling raises ends the
    watch.
    """

    def __init__(
        self,
        view: LiveView,
        poll_seconds: float = POLL_SECONDS,
        *,
        view_max_age: float = VIEW_MAX_AGE,
        told: Callable[[Notice], None] = lambda _: None,
    ) -> None:
        """Sets up the watch of a view; `start` begins it.

        Args:
            view: What is kept in step.
            poll_seconds: Seconds between the end of a refresh and the next one.
            view_max_age: Seconds after which a newest block is too old, where validators make
                blocks all the time; the gate's.
            told: Is told of faults, in the watch's own thread.
        """
        self._view = view
        self._poll_seconds = poll_seconds
        self._view_max_age = view_max_age
        self._told = told
        self._going_on: dict[Reason, Fault] = {}
        self._turn = threading.Condition()
        self._begun = 0
        self._ended = 0
        self._is_asked = False
        self._is_stopped = False
        self._thread = threading.Thread(target=self._run, name="charter-watch", daemon=True)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def view(self) -> LiveView:
        """The view that is kept in step."""
        return self._view

    def start(self) -> None:
        """Begins with a refresh at once. A watch begins once."""
        self._thread.start()

    def stop(self) -> None:
        """Ends the watch, at once but for a refresh that does not come back."""
        with self._turn:
            self._is_stopped = True
            self._turn.notify_all()
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join(LEAVE_SECONDS)

    def refresh(self, timeout: float | None = None) -> bool:
        """Has the view refreshed now, and waits for it.

        Args:
            timeout: Seconds to wait; without it, as long as the refresh takes.

        Returns:
            Whether a refresh that began after this call has succeeded.
        """
        with self._turn:
            wanted = self._begun + 1
            self._is_asked = True
            self._turn.notify_all()
            ended = self._turn.wait_for(lambda: self._ended >= wanted or self._is_stopped, timeout)
        return ended and not self._is_stopped and self._view.look().fault is None

    def wait_for(self, length: int, timeout: float | None = None) -> bool:
        """Waits until the view knows a history of a length.

        Args:
            length: Number of records, such as an envelope's `history_length`.
            timeout: Seconds to wait; without it, as long as it takes.

        Returns:
            Whether it does.
        """
        with self._turn:
            return (
                self._turn.wait_for(
                    lambda: self._view.look().state.length >= length or self._is_stopped, timeout
                )
                and self._view.look().state.length >= length
            )

    def _run(self) -> None:
        try:
            while self._begin():
                self._refresh()
                self._tell()
                with self._turn:
                    self._ended = self._begun
                    self._turn.notify_all()
        finally:
            # However it ends, nobody goes on waiting for it.
            with self._turn:
                self._is_stopped = True
                self._turn.notify_all()

    def _refresh(self) -> None:
        try:
            self._view.refresh()
        except CharterError:
            # It is part of the view's looks now, and told after this.
            pass
        except Exception:
            logger.exception("a refresh of the view failed for a reason nobody foresaw")

    def _begin(self) -> bool:
        """Waits for the next turn; returns whether there is one."""
        with self._turn:
            if self._begun:
                self._turn.wait_for(lambda: self._is_asked or self._is_stopped, self._poll_seconds)
            self._is_asked = False
            self._begun += 1
            return not self._is_stopped

    def _tell(self) -> None:
        look = self._view.look()
        fault = look.fault
        if fault is None and look.idle > self._view_max_age:
            fault = FROZEN
        if fault is None:
            over = [Notice(each, is_over=True) for each in self._going_on.values()]
            self._going_on.clear()
            for notice in over:
                self._tell_one(notice)
        elif fault.reason not in self._going_on:
            self._going_on[fault.reason] = fault
            self._tell_one(Notice(fault, is_over=False))

    def _tell_one(self, notice: Notice) -> None:
        if self._is_stopped:
            return
        logger.log(logging.INFO if notice.is_over else logging.WARNING, "%s", notice.sentence)
        try:
            self._told(notice)
        except Exception:
            logger.exception("who was told of a fault failed")
