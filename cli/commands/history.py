"""`charter history`: every event of record, and the one hash that proves them."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Any

import click

from cli.acts import Call, act
from cli.options import Invocation, common, signing
from cli.output import emit, emit_json, table
from cli.present import when, word
from cli.session import Session
from cli.values import NUMBER
from governance.primitives import to_hex

if TYPE_CHECKING:
    from governance.history.state import State

LONGEST = 64
"""Bytes up to which a field is shown whole in a table; terms are longer."""


@click.group()
def command() -> None:
    """The history: show, verify, countersign."""


@command.command()
@click.option("--last", type=NUMBER, help="Only the last so many events.")
@common
def show(invocation: Invocation, last: int | None) -> None:
    """Show the events of record, the oldest first."""
    session = Session(invocation)
    records = session.records
    first = max(0, len(records) - last) if last else 0
    told: list[dict[str, Any]] = [
        {
            "number": number,
            "block": record.number,
            "at": record.timestamp,
            "emitter": record.emitter,
            "event": type(record.event).__name__,
            "fields": _plain(record.event),
        }
        for number, record in enumerate(records[first:], first + 1)
    ]
    if session.json:
        emit_json("history-show", {"events": told})
        return
    table(
        ["number", "at", "event", "what"],
        (
            [
                each["number"],
                when(each["at"]),
                each["event"],
                ", ".join(f"{name} {_brief(value)}" for name, value in each["fields"].items()),
            ]
            for each in told
        ),
    )


@command.command()
@common
def verify(invocation: Invocation) -> None:
    """Read the whole history and hold its hash against the chain's own."""
    session = Session(invocation)
    follower = session.follower
    block = follower.block
    assert block is not None
    told = {
        "verified": True,
        "length": follower.length,
        "head": to_hex(follower.head),
        "block": block.number,
        "proven_until": block.timestamp,
        "chain_id": session.trust.chain_id,
        "history": session.trust.history,
        "countersignatures": len(follower.countersignatures),
    }
    emit("history-verify", told, as_json=session.json)


@command.command()
@common
@signing
def countersign(invocation: Invocation) -> None:
    """Vouch, as your institution, for the history as it stands now."""
    from governance.audit.vouching import countersignature_digest  # noqa: PLC0415 - loads pydantic

    session = Session(invocation)
    account, me = session.account, session.me()
    length, head = session.follower.length, session.follower.head

    def check(_: State) -> dict[str, Any] | None:
        for each in session.follower.countersignatures:
            if (each.account, each.length, each.head) == (account, length, head):
                return {"institution": me.number, "length": length, "head": to_hex(head)}
        return None

    def call() -> Call:
        signer = session.unlock(session.context.require("account"))
        digest = countersignature_digest(
            session.trust.chain_id, session.house.history, length, head
        )
        args = (account, length, head, signer.sign_digest(digest))
        return Call("History", session.house.history, "countersign", args)

    plan = f"Countersign the history at length {length} as {me.name}."
    act(session, "history-countersign", plan, check, call)


def _plain(value: Any) -> Any:
    """A field of an event as JSON has it."""
    if isinstance(value, bytes):
        return to_hex(value)
    if isinstance(value, IntEnum):
        return word(value)
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: _plain(getattr(value, f.name)) for f in fields(value)}
    return value


def _brief(value: Any) -> str:
    text = str(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
