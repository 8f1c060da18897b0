"""A network of several validators on one machine: the trial that a newcomer can look at.

```
home/          CHARTER_HOME of the trial: the institutions' keys, contexts, journals
passphrase     of those keys; they guard nothing
validator-1/ … one folder for each institution's validator
```
"""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import TYPE_CHECKING

from deploy.anvil import free_port
from deploy.network import process
from deploy.network.card import Card
from deploy.network.folder import ValidatorFolder
from governance.chain.files import write_atomically
from governance.chain.keystore import Keystore
from governance.errors import CharterError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

CHAIN_ID = 7_294_554
"""A consortium chain's number unless another one is chosen; no public chain has it."""

HOST = "127.0.0.1"

_TRIAL_WORK = 4_096
_PRIVATE = 0o600


class NoLocalNetwork(CharterError):
    """The folder holds no network of one machine."""

    code = "NoLocalNetwork"

    def __init__(self, folder: Path) -> None:
        super().__init__(
            f"There is no local network in {folder}.",
            "Make one with `charter network local 4 --dir DIR`.",
        )


def create(folder: Path, count: int) -> list[ValidatorFolder]:
    """Makes keys, cards and files of so many institutions, or finds them made.

    Each goes the way that it would go on a machine of its own: a key, a card, everybody's cards.
    What was broken off is gone on with.

    Args:
        folder: where all of it lies.
        count: validators.
    """
    made = _existing(folder)
    if made:
        return made
    passphrase = _passphrase(folder / "passphrase")
    keystore = Keystore(folder / "home" / "keystores", work=_TRIAL_WORK)
    cards = []
    for number in range(1, count + 1):
        name = f"hospital-{number}"
        if name not in keystore.addresses():
            keystore.create(name, passphrase)
        place = ValidatorFolder(folder / f"validator-{number}")
        cards.append(
            Card.load(place.card_file)
            if place.card_file.exists()
            else place.create(
                f"Hospital {number}",
                keystore.unlock(name, passphrase),
                chain_id=CHAIN_ID,
                host=HOST,
                port=free_port(),
            )
        )
        made.append(place)
    for place in made:
        place.assemble(cards, free_port())
    return made


def validators(folder: Path) -> list[ValidatorFolder]:
    """The folders of a local network's validators, in order.

    Raises:
        NoLocalNetwork: there is none.
    """
    found = _existing(folder)
    if not found:
        raise NoLocalNetwork(folder)
    return found


def up(
    places: Sequence[ValidatorFolder], progress: Callable[[], None] = lambda: None
) -> list[process.Status]:
    """Starts all validators at once and waits until each answers.

    Args:
        places: their folders.
        progress: told each time that one answers.

    Raises:
        See `process.up`.
    """
    started = [process.start(place) for place in places]
    found = []
    for place, new in zip(places, started, strict=True):
        found.append(replace(process.await_ready(place), already=not new))
        progress()
    return found


def _passphrase(path: Path) -> str:
    if path.exists():
        return path.read_text(encoding="utf-8").strip()
    passphrase = secrets.token_urlsafe(16)
    write_atomically(path, passphrase + "\n", _PRIVATE)
    return passphrase


def _existing(folder: Path) -> list[ValidatorFolder]:
    """The validators of a network that is whole; none as long as it is being made."""
    numbered = sorted(
        (
            path
            for path in folder.glob("validator-*")
            if path.name.removeprefix("validator-").isdigit()
        ),
        key=lambda path: int(path.name.removeprefix("validator-")),
    )
    found = [ValidatorFolder(path) for path in numbered]
    return found if all(place.manifest.exists() for place in found) else []
