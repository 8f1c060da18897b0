"""`charter relay`: acts that one has signed and another sends."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cli.acts import sending, tell
from cli.errors import RelaySignerForeign
from cli.options import EXISTING_DOCUMENT, Invocation, common, confirming, signing
from cli.output import note
from cli.relaying import counts, in_words, load, require_ours, where
from cli.relaying import tell as tell_request
from cli.session import Session
from governance.chain.relaying import send as send_request

if TYPE_CHECKING:
    from pathlib import Path

FILE = click.argument("file", type=EXISTING_DOCUMENT)
OFFLINE = click.option(
    "--offline", is_flag=True, help="Do without the chain: contracts are told by address alone."
)


@click.group()
def command() -> None:
    """Acts signed for others to send: show, sign, send."""


@command.command()
@FILE
@OFFLINE
@common
def show(invocation: Invocation, file: Path, offline: bool) -> None:
    """Show what the signed act in FILE does, who has signed it, and until when it counts."""
    session = Session(invocation)
    signed, said = load(file)
    if not offline:
        require_ours(session, signed.request, said)
    tell_request(session, file, signed, said, command="relay-show", offline=offline)


@command.command()
@FILE
@click.option("--key", help="Name of the key that signs, instead of the context's account.")
@OFFLINE
@common
@signing
@confirming
def sign(invocation: Invocation, file: Path, key: str | None, offline: bool) -> None:
    """Add your signature to the act in FILE.

    The signatures of a contract account are handed to it one after the other, in the order in
    which they were added. With --offline no chain and no trust file is needed, only the key.
    """
    session = Session(invocation)
    signed, said = load(file)
    request = signed.request
    place = request.to
    name = key or session.context.require("account")
    if not offline:
        require_ours(session, request, said)
        place = where(session, request.to)
        if not counts(session, name, request.account):
            raise RelaySignerForeign(name, request.account)
    if session.keystore.address(name) in signed.signers:
        note("This is signed already.")
    else:
        session.confirm(f"You sign: {in_words(said, request.account, place)}")
        signed = signed.signed(session.unlock(name))
        signed.save(file)
    tell_request(session, file, signed, said, command="relay-sign", offline=offline)


@command.command()
@FILE
@common
@signing
def send(invocation: Invocation, file: Path) -> None:
    """Send the signed act in FILE; any account may, once."""
    session = Session(invocation)
    signed, said = load(file)
    request = signed.request
    require_ours(session, request, said)
    plan = f"Send: {in_words(said, request.account, where(session, request.to))}"
    note(plan)
    with sending(session, session.unlock(session.context.require("account"))) as sender:
        receipt = send_request(sender, signed, plan)
    if receipt is None:
        note("This was sent already.")
    told = {
        "file": str(file),
        "from": request.account,
        "to": request.to,
        "contract": said.contract,
        "function": said.function,
    }
    tell(session, "relay-send", told, receipt)
