"""`charter history`: every event of record, and the one hash that proves them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from cli.acts import Call, act
from cli.options import ANY_FILE, EXISTING_DOCUMENT, EXISTING_FILE, Invocation, common, signing
from cli.output import emit, emit_json, note, table
from cli.present import brief, plain, when
from cli.session import Session
from cli.values import ADDRESS, NUMBER
from governance.primitives import to_hex

if TYPE_CHECKING:
    from pathlib import Path

    from governance.history.events import Countersigned
    from governance.history.state import State

EVERY = 100
"""Entries of others after which a watch countersigns, unless it is told otherwise."""


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
            "fields": plain(record.event),
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
                ", ".join(f"{name} {brief(value)}" for name, value in each["fields"].items()),
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
@click.option("--watch", is_flag=True, help="Go on until interrupted, and countersign again.")
@click.option(
    "--every",
    type=NUMBER,
    metavar="N",
    help="With --watch: after so many events of others.  [default: 100]",
)
@click.option(
    "--to-file",
    "-o",
    type=ANY_FILE,
    metavar="FILE",
    help="Write the countersignature into FILE instead of sending it.",
)
@click.option(
    "--from",
    "speaks_for",
    type=ADDRESS,
    help="With --to-file: the contract account for which you are one of the persons.",
)
@common
@signing
def countersign(
    invocation: Invocation,
    *,
    watch: bool,
    every: int | None,
    to_file: Path | None,
    speaks_for: str | None,
) -> None:
    """Vouch, as your institution, for the history as it stands now.

    What you sign is remembered on this machine. A history that does not hold what you signed
    before is not signed again: it was rewritten, and your signature proves it.

    Where the account is a contract, each person signs into the same FILE, with --from.
    """
    from cli.countersigning import (  # noqa: PLC0415 - loads pydantic
        call_arguments,
        require_begun,
        require_consistent,
        run_watch,
        sign_head,
        vouching_for,
    )

    if every is not None and not watch:
        raise click.UsageError("--every says something only with --watch.")
    if watch and to_file is not None:
        raise click.UsageError("--watch sends what it signs; it writes no file.")
    if speaks_for is not None and to_file is None:
        raise click.UsageError("--from says something only with --to-file.")
    session = Session(replace(invocation, acts_for=speaks_for))
    if watch:
        run_watch(session, every or EVERY)
        return
    account, me = session.account, vouching_for(session)
    length, head = session.follower.length, session.follower.head
    require_consistent(session, session.records)
    outcome = {"institution": me.number, "length": length, "head": to_hex(head)}

    def signed(begun: Countersigned | None = None) -> Countersigned:
        signer = session.unlock(session.context.require("account"))
        return sign_head(session, signer, length, head, begun)

    if to_file is not None:
        from governance.audit.countersigning import load, save  # noqa: PLC0415

        begun = None
        if speaks_for is not None and to_file.exists():
            begun = load(to_file, session.trust)
            require_begun(session, begun)
            outcome |= {"length": begun.length, "head": to_hex(begun.head)}
        written = signed(begun)
        save(to_file, written, session.trust)
        note(f"Give {to_file} to the other institutions, or to whoever audits.")
        told = outcome | {"already": written == begun, "file": str(to_file)}
        emit("history-countersign", told, as_json=session.json)
        return

    def check(_: State) -> dict[str, Any] | None:
        for each in session.follower.countersignatures:
            if (each.account, each.length, each.head) == (account, length, head):
                return outcome
        return None

    def call() -> Call:
        return Call("History", session.house.history, "countersign", call_arguments(signed()))

    plan = f"Countersign the history at length {length} as {me.name}."
    act(session, "history-countersign", plan, check, call)


@command.command()
@click.argument("files", nargs=-1, type=EXISTING_FILE)
@click.option(
    "--trust",
    type=EXISTING_DOCUMENT,
    help="Hold the FILES against each other alone, without context and chain.",
)
@common
def countersignatures(
    invocation: Invocation, files: tuple[Path, ...], *, trust: Path | None
) -> int:
    """Hold countersignatures in FILES, and the chain's, against each other and the history.

    Exit status 0: they fit together; 1: the history was rewritten, or is not the one that an
    institution signed; 2: wrong usage; 3: a signature is not by whom it names.
    """
    from cli.countersignatures import (  # noqa: PLC0415 - loads pydantic
        check_alone,
        check_with_chain,
    )

    session = Session(invocation)
    if trust is None:
        return int(check_with_chain(session, files))
    if not files:
        raise click.UsageError("Name the FILES that are to be held against each other.")
    return int(check_alone(session, trust, files))


@command.command(name="hand-in")
@click.argument("files", nargs=-1, required=True, type=EXISTING_FILE)
@common
@signing
def hand_in_(invocation: Invocation, files: tuple[Path, ...]) -> None:
    """Have the chain publish countersignatures.

    Anybody may hand in what others signed into FILES; what the chain has already is not sent.
    """
    from cli.countersignatures import hand_in  # noqa: PLC0415 - loads pydantic

    hand_in(Session(invocation), files)
