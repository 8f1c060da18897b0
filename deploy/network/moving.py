"""Giving a validator another address: the same key says in a new card where it is reached."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deploy.network import process
from deploy.network.card import Card, CardFieldWrong
from deploy.network.folder import NetworkNotAssembled
from deploy.network.process import ValidatorKeyForeign, ValidatorRuns
from deploy.network.validator_key import ValidatorKey

if TYPE_CHECKING:
    from deploy.network.folder import ValidatorFolder
    from governance.chain.signer import Signer


@dataclass(frozen=True, slots=True)
class Moved:
    """A validator's card after a move.

    Attributes:
        card: what says where it is reached now.
        already: whether it said so before.
    """

    card: Card
    already: bool


def move(folder: ValidatorFolder, account: Signer, *, host: str, port: int | None = None) -> Moved:
    """Has a validator be reached elsewhere; the same place again changes nothing.

    The key stays, and so does whatever was made from the cards of those who began the network. The
    others learn of it by the new card, which is newer than each one before it.

    Args:
        folder: the validator's.
        account: the key that speaks for the institution; another one than before where it changed.
        host: IP address at which other validators reach it.
        port: TCP port there; the one before if none.

    Raises:
        NetworkNotAssembled: there is no card of its own.
        CardInvalid: that card was altered.
        CardFieldWrong: the new one would not fit, or another validator is reached there.
        ValidatorRuns: it would go on at its old address.
        ValidatorKeyForeign: the key is not the card's; see `ValidatorKey.load` too.
    """
    if not folder.card_file.exists():
        raise NetworkNotAssembled(folder.path)
    own = Card.load(folder.card_file)
    port = own.port if port is None else port
    already = (own.account, own.host, own.port) == (account.address, host, port)
    if process.may_run(folder):
        if already:
            return Moved(own, already)
        raise ValidatorRuns(folder)
    card = own if already else _later(folder, own, account, host, port)
    # Done again, since it may have been broken off.
    folder.put_own_card(card)
    return Moved(card, already)


def _later(folder: ValidatorFolder, own: Card, account: Signer, host: str, port: int) -> Card:
    key = ValidatorKey.load(folder.key_file)
    if key.address != own.validator:
        raise ValidatorKeyForeign(folder, own.validator, key.address)
    for other in folder.known_cards().cards:
        if (other.host, other.port) == (host, port) and other.validator != own.validator:
            raise CardFieldWrong(f"{other.name} is reached at {host}:{port}")
    return Card.make(
        own.name,
        account,
        key,
        chain_id=own.chain_id,
        host=host,
        port=port,
        # Later than the one before, whatever the clock says.
        issued_at=max(int(time.time()), own.issued_at + 1),
    )
