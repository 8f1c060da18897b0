"""`charter audit prove-event` and `verify-event`: one event, proven alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from cli.connection import connect, reaching
from cli.files import READABLE_BY_ALL
from cli.options import ANY_FILE, EXISTING_DOCUMENT, EXISTING_FILE, Invocation, common
from cli.output import emit, emit_json, note, show
from cli.present import brief, plain, when
from cli.progress import progress_to
from cli.session import Session
from cli.values import HASH, NUMBER
from governance.chain.files import write_atomically
from governance.chain.house import Trust
from governance.primitives import to_hex

if TYPE_CHECKING:
    from pathlib import Path

    from governance.audit.event_proof import EventProof
    from governance.audit.verify_event import ProvenEvent
    from governance.chain.rpc import Chain


@click.command(name="prove-event")
@click.option("--transaction", type=HASH, help="Hash of the transaction that brought it about.")
@click.option(
    "--log",
    type=click.IntRange(min=0),
    metavar="K",
    help="With --transaction: its place among the transaction's logs, from 0 on.",
)
@click.option("--number", type=NUMBER, help="Its number in the history, instead.")
@click.option("--out", "-o", type=ANY_FILE, required=True, help="The file to write.")
@click.option("--trust", type=EXISTING_DOCUMENT, help="The trust file, instead of the context's.")
@reaching
@common
def prove_event(
    invocation: Invocation,
    *,
    transaction: bytes | None,
    log: int | None,
    number: int | None,
    out: Path,
    trust: Path | None,
    endpoints: tuple[str, ...],
    ca: Path | None,
    token_file: Path | None,
) -> None:
    """Write a file that proves one event.

    Whoever has the trust file can verify it without a network. Name the event by its transaction,
    or by its number in `charter history show`. The endpoints need not be trusted: what does not
    hold is refused, and the next one is asked.
    """
    if (transaction is None) == (number is None):
        raise click.UsageError("Name the event by --transaction, or by --number.")
    if number is not None and log is not None:
        raise click.UsageError("--log says something only with --transaction.")
    session = Session(invocation)
    anchor = Trust.load(trust) if trust else session.trust
    with connect(endpoints, ca, token_file) if endpoints else session.rpc as rpc:
        proof, found = _prove(rpc, anchor, transaction, log, number)
    write_atomically(out, proof.to_bytes().decode(), READABLE_BY_ALL)
    if not anchor.validators:
        note(
            "This chain has no seals: whoever verifies the file needs the hash of the event's "
            "block from somebody else."
        )
    if not found.of_the_house:
        note(f"The file does not show that {found.emitter} belongs to the house.")
    told = {
        "id": to_hex(found.id),
        "event": type(found.event).__name__,
        "emitter": found.emitter,
        "of_the_house": found.of_the_house,
        "block": found.block,
        "block_hash": found.block_hash,
        "file": str(out),
        "bytes": out.stat().st_size,
    }
    emit("audit-prove-event", told, as_json=session.json)


@click.command(name="verify-event")
@click.argument("file", type=EXISTING_FILE)
@click.option("--trust", type=EXISTING_DOCUMENT, help="The trust file, instead of the context's.")
@click.option(
    "--head-hash",
    type=HASH,
    help="The hash of the event's block, from somebody you trust; needed on a chain without seals.",
)
@common
def verify_event(
    invocation: Invocation, *, file: Path, trust: Path | None, head_hash: bytes | None
) -> None:
    """Verify a file that proves one event.

    No network is needed. Exit status 0: proven; 2: wrong usage, or no such file; 3: not proven.
    """
    from governance.audit.event_proof import (  # noqa: PLC0415
        LARGEST_FILE,
        EventProof,
    )
    from governance.audit.verify_event import verify_event as verified  # noqa: PLC0415

    session = Session(invocation)
    anchor = Trust.load(trust) if trust else session.trust
    with file.open("rb") as opened:
        content = opened.read(LARGEST_FILE + 1)
    given = None if head_hash is None else to_hex(head_hash)
    found = verified(EventProof.from_bytes(content, file), anchor, given)
    if session.json:
        emit_json("audit-verify-event", _told(found))
    else:
        _show(found)
    if not found.of_the_house:
        note(
            f"Emitted by {found.emitter}; that this contract belongs to the house is not shown by "
            "this proof."
        )


def _prove(
    rpc: Chain, trust: Trust, transaction: bytes | None, log: int | None, number: int | None
) -> tuple[EventProof, ProvenEvent]:
    from governance.audit.prove_event import (  # noqa: PLC0415
        EventMissing,
        prove_record,
        prove_transaction,
    )

    if transaction is not None:
        return prove_transaction(rpc, trust, to_hex(transaction), log)
    assert number is not None
    from governance.chain.queries import head  # noqa: PLC0415
    from governance.chain.reader import Follower  # noqa: PLC0415

    with progress_to("Reading the history", head(rpc).number) as progress:
        records = Follower(rpc, trust).poll(progress)
    if number > len(records):
        raise EventMissing(f"the history has {len(records)} events of record")
    return prove_record(rpc, trust, records[number - 1])


def _told(found: ProvenEvent) -> dict[str, Any]:
    return {
        "proven": True,
        "id": to_hex(found.id),
        "event": type(found.event).__name__,
        "fields": plain(found.event),
        "emitter": found.emitter,
        "of_the_house": found.of_the_house,
        "block": found.block,
        "block_hash": found.block_hash,
        "at": found.timestamp,
        "transaction_index": found.transaction,
        "log": found.log,
        "basis": found.basis.value,
        "sealers": list(found.sealers),
        "validators": found.validators,
        "headers": found.headers,
    }


def _show(found: ProvenEvent) -> None:
    print(f"Proven: {type(found.event).__name__}, in block {found.block}, {when(found.timestamp)}.")
    sealed = f"{len(found.sealers)} of {found.validators} validators"
    told: dict[str, Any] = {
        "id": to_hex(found.id),
        "emitter": found.emitter,
        "of_the_house": found.of_the_house,
        "block_hash": found.block_hash,
        "place": f"transaction {found.transaction} of the block, log {found.log}",
        "vouched_by": sealed if found.sealers else found.basis.value,
    }
    show(told)
    show({name: brief(value) for name, value in plain(found.event).items()})
