"""Keeping the own validator's engine in step with the swarm: once, or watching."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from cli.ending import until_ended
from cli.output import emit_json, note, table
from cli.watching import PASSING, Absence
from deploy.network.sync import (
    Action,
    Files,
    Plan,
    apply,
    plan,
    read_engine,
    read_own,
    require_same_chain,
    wanted,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from cli.session import Session
    from deploy.network.folder import KnownCards
    from governance.chain.rpc import Rpc

PATIENCE = 30.0
"""Seconds for which one run waits for who was let in to connect, and to be voted in."""


def run_sync(
    session: Session,
    rpc: Rpc,
    *,
    folder: Path,
    watch: bool,
    yes: bool,
    cards: Callable[[], KnownCards],
    extra: Callable[[], Iterable[str]] = tuple,
    keep_fault_tolerance: bool = False,
    interval: float = 5.0,
) -> None:
    """Shows what the own validator has to do to follow the swarm, and does it.

    Each plan is one result on stdout. Under `--format json` one run makes one plan; a watch writes
    one object after the other. A watch ends by SIGINT or SIGTERM, without an error.

    Args:
        session: the command's session; its state says what the swarm has decided.
        rpc: the own validator's RPC.
        folder: the own validator's folder, with the files that its engine reads.
        watch: whether to go on until interrupted.
        yes: whether a person has agreed beforehand.
        cards: the validators' cards, which say where they are reached; read for each plan.
        extra: accounts that are let in besides; read for each plan.
        keep_fault_tolerance: never vote the set below what bears one fault.
        interval: seconds between two looks.

    Raises:
        NetworkForeign: the context's swarm is on another chain than the validator; this ends a
            watch too.
        NotConfirmed: a person did not agree to the plan.
        EngineApiMissing, EngineListsOff, EngineRefused: the engine cannot be steered.
        EnodeInvalid: a card leads to another machine.
        CharterError: what `Session.state` and `Rpc.call` raise; a watch lets pass what passes.
    """
    watcher = _Syncing(session, rpc, Files.of(folder), cards, extra, keep=keep_fault_tolerance)
    if not watch:
        watcher.once(yes=yes, interval=interval)
        return
    # Files are whole or as before, and the rest is planned anew next time.
    with until_ended():
        watcher.forever(yes=yes, interval=interval)


class _Syncing:
    """One run: what was shown last, and whether the engine is away."""

    def __init__(
        self,
        session: Session,
        rpc: Rpc,
        files: Files,
        cards: Callable[[], KnownCards],
        extra: Callable[[], Iterable[str]],
        *,
        keep: bool,
    ) -> None:
        self._session = session
        self._rpc = rpc
        self._files = files
        self._cards = cards
        self._extra = extra
        self._keep = keep
        self._shown: dict[str, Any] | None = None
        self._absence = Absence()

    def once(self, *, yes: bool, interval: float) -> None:
        """Plans and acts until nothing is left to do at once."""
        deadline = time.monotonic() + PATIENCE
        waited = False
        while True:
            found = self._plan()
            self._act(found, yes=yes)
            # Of who is let in and not connected yet, it is said what that waits for. A program gets
            # one result, and may run it again.
            waits = bool(found.waiting and found.of(Action.CONNECT))
            if not waits or self._session.json or time.monotonic() >= deadline:
                return
            if not waited:
                note(f"Waiting up to {PATIENCE:g} seconds until who was let in is connected.")
            waited = True
            time.sleep(interval)

    def forever(self, *, yes: bool, interval: float) -> None:
        """Plans and acts, again and again."""
        while True:
            try:
                self._act(self._plan(), yes=yes)
            except PASSING as error:
                self._absence.tell(error)
            else:
                self._absence.over()
            time.sleep(interval)

    def _plan(self) -> Plan:
        # Each time: what answers at an address may be another chain's meanwhile.
        require_same_chain(self._rpc, self._session.rpc)
        cards = self._cards()
        asked = wanted(self._session.refresh(), cards.enodes, self._extra())
        own = read_own(self._rpc)
        engine = read_engine(self._rpc)
        found = plan(asked, engine, own, keep_fault_tolerance=self._keep)
        left_out = (f"{error.message} It is left out. {error.remedy}" for error in cards.unfit)
        return replace(found, warnings=(*found.warnings, *left_out))

    def _act(self, found: Plan, *, yes: bool) -> None:
        """Shows a plan that differs from the last one, and carries it out."""
        told = _told(found)
        new = told != self._shown
        if new:
            show(found, told, as_json=self._session.json)
            self._shown = told
        if not found.steps:
            return
        # Who is on the list may be connected to without being asked about again.
        decided = any(step.action is not Action.CONNECT for step in found.steps)
        if new and decided and not yes:
            self._session.confirm("Your validator is steered as told above.")
        apply(self._rpc, found, self._files)
        if new:
            note("Done.")


def show(found: Plan, told: Mapping[str, Any], *, as_json: bool) -> None:
    """Writes a plan to stdout; in words, warnings and what is waited for go to stderr."""
    if as_json:
        emit_json("network-sync", told)
        return
    table(
        ["do", "what", "why"],
        ([step.action.value, step.subject, step.why] for step in found.steps),
        empty="In step: there is nothing to do.",
    )
    for warning in found.warnings:
        note(f"Warning: {warning}")
    for waiting in found.waiting:
        note(waiting)


def _told(found: Plan) -> dict[str, Any]:
    return {
        "steps": [
            {"action": step.action.value, "subject": step.subject, "why": step.why}
            for step in found.steps
        ],
        "warnings": list(found.warnings),
        "waiting": list(found.waiting),
    }
