"""`charter network`: the consortium chain, one validator for each institution, no operator."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from cli import home
from cli.options import (
    ANY_PATH,
    EXISTING_DOCUMENT,
    EXISTING_FILE,
    Invocation,
    common,
    confirming,
    signing,
)
from cli.output import emit, emit_json, note, table
from cli.session import Session

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from deploy.network.folder import ValidatorFolder
    from deploy.network.process import Status

    Command = Callable[..., Any]

_FOLDER_HELP = "The validator's folder, or that of a local network; one of this machine if none."


@click.group()
def command() -> None:
    """The consortium chain: key, assemble, up, down, status, sync, move, local."""


def _in_folder(command: Command) -> Command:
    return click.option("--dir", "folder", type=ANY_PATH, help=_FOLDER_HELP)(command)


def _serving(command: Command) -> Command:
    for name, what in (
        ("token-file", "File with a token that allows everything, for this machine's commands."),
        ("ca", "Certificates (PEM) that vouch for the keystore's."),
        ("login-key", "Public key (PEM) that verifies tokens (JWT, RS256)."),
        ("password-file", "File with the keystore's password."),
        ("keystore", "TLS key and certificate (PKCS12)."),
    ):
        command = click.option(f"--rpc-{name}", type=EXISTING_FILE, help=what)(command)
    return click.option("--rpc-host", help="IP address at which others reach the RPC.")(command)


@command.command()
@click.option("--name", required=True, help="What the institution calls itself.")
@click.option("--account", required=True, metavar="KEY", help="Name of the key that speaks for it.")
@click.option("--host", required=True, help="IP address at which other validators reach yours.")
@click.option(
    "--port",
    type=click.IntRange(1, 65_535),
    default=30_303,
    show_default=True,
    help="TCP port there.",
)
@click.option("--chain-id", type=click.IntRange(min=1), help="The chain's number, equal for all.")
@_in_folder
@common
@signing
def key(
    invocation: Invocation,
    *,
    name: str,
    account: str,
    host: str,
    port: int,
    chain_id: int | None,
    folder: Path | None,
) -> None:
    """Make your validator's key, which never leaves, and its card, for all others.

    The card holds nothing secret. Give it to every other institution by a way that you both trust.
    """
    from deploy.network.local import CHAIN_ID  # noqa: PLC0415 - `--help` needs none of it

    session = Session(invocation)
    place = _place(folder)
    card = place.create(
        name, session.unlock(account), chain_id=chain_id or CHAIN_ID, host=host, port=port
    )
    note(
        f"The validator's key lies in {place.key_file}; keep a copy where no other machine "
        "reads it."
    )
    note(f"Give the card {place.card_file} to every other institution.")
    told = card.as_json() | {"validator": card.validator, "card": str(place.card_file)}
    emit("network-key", told, as_json=session.json)


@command.command()
@click.option("--account", required=True, metavar="KEY", help="Name of the key that speaks for it.")
@click.option("--host", required=True, help="IP address at which others reach yours from now on.")
@click.option("--port", type=click.IntRange(1, 65_535), help="TCP port there; as before if none.")
@_in_folder
@common
@signing
def move(
    invocation: Invocation, *, account: str, host: str, port: int | None, folder: Path | None
) -> None:
    """Give your validator another address, while it is stopped; its key stays.

    It makes a new card, for all others. Until they have put it into their folders' `cards`, beside
    the one that they have, and their `sync` has seen it, they do not let your validator in.
    """
    from deploy.network.moving import move as move_  # noqa: PLC0415

    session = Session(invocation)
    place = _place(folder)
    found = move_(place, session.unlock(account), host=host, port=port)
    card = found.card
    if found.already:
        note("It is reached there already, by its card.")
    note(f"Give the card {place.card_file} to every other institution, then start your validator.")
    told = card.as_json() | {
        "validator": card.validator,
        "card": str(place.card_file),
        "already": found.already,
    }
    emit("network-move", told, as_json=session.json)


@command.command()
@click.argument("cards", nargs=-1, required=True, type=EXISTING_DOCUMENT)
@click.option(
    "--rpc-port",
    type=click.IntRange(1, 65_535),
    show_default="8550, or where it was",
    help="Where your validator's RPC shall listen.",
)
@click.option(
    "--rpc-local", is_flag=True, help="Bring the RPC back to this machine, where it was offered."
)
@click.option("--joining", is_flag=True, help="The network began without your validator.")
@_serving
@_in_folder
@common
def assemble(
    invocation: Invocation,
    *,
    cards: tuple[Path, ...],
    rpc_port: int | None,
    rpc_local: bool,
    joining: bool,
    folder: Path | None,
    **serving: Any,
) -> None:
    """Make genesis, peers and permissions from everybody's CARDS, your own included.

    Everybody does this with the same cards, in any order, and gets the same digest. Compare it
    with the others before anybody starts. Who joins later takes the cards of those who began.

    The RPC is for this machine alone, unless --rpc-host and its five files are given: then other
    machines reach it by TLS and with a token. What is given later changes the files of a network
    that stands, while the validator is stopped; what is not given stays as it is.
    """
    from deploy.network.card import Card  # noqa: PLC0415
    from deploy.network.genesis import TOLERANT  # noqa: PLC0415
    from deploy.network.serving import Serving  # noqa: PLC0415

    offered = Serving.of(**{name.removeprefix("rpc_"): each for name, each in serving.items()})
    if rpc_local and offered:
        raise click.UsageError("--rpc-local and the options that offer the RPC exclude each other.")
    place = _place(folder)
    before = place.assembled() if place.is_assembled else None
    network = place.assemble(
        [Card.load(path) for path in cards],
        rpc_port,
        joining=joining,
        serving=offered,
        local=rpc_local,
    )
    found = place.assembled()
    if before:
        note("The network is assembled already, from these cards.")
    if before not in (None, found):
        note(f"Your validator's RPC is at {found.endpoint} from its next start on.")
    if found.serving:
        note(f"Other machines reach the RPC at {found.endpoint}; `--rpc-local` takes it back.")
    if len(network.cards) < TOLERANT:
        note(
            f"With fewer than {TOLERANT} validators the chain stops as soon as one of them fails; "
            f"here are {len(network.cards)}."
        )
    note("Compare the digest with all the others before you start.")
    told = {
        "digest": network.digest,
        "chain_id": network.chain_id,
        "validators": [f"{card.name} ({card.validator})" for card in network.cards],
        "endpoint": found.endpoint,
        "folder": str(place.path),
        "already": before is not None,
    }
    emit("network-assemble", told, as_json=invocation.json)


@command.command()
@_in_folder
@common
def up(invocation: Invocation, folder: Path | None) -> None:
    """Start your validator, or all of a local network, and wait until it answers."""
    from deploy.network import local  # noqa: PLC0415

    places = _places(folder)
    _tell(invocation, "network-up", places, local.up(places))


@command.command()
@_in_folder
@common
def down(invocation: Invocation, folder: Path | None) -> None:
    """Stop your validator, or all of a local network; all of it is kept.

    What `charter network up` has started is stopped. Of a validator that systemd or a container
    keeps running, it is said who must stop it.
    """
    from deploy.network import process  # noqa: PLC0415

    places = _places(folder)
    _tell(invocation, "network-down", places, [process.down(place) for place in places])


@command.command()
@_in_folder
@common
def status(invocation: Invocation, folder: Path | None) -> None:
    """Show how the chain stands, seen from your validator, and what is to be done.

    The exit status is 0 where all is well, 1 where somebody should look, 5 where it is critical:
    the chain or the validator has stopped, the validator cannot be asked, more validators are away
    than the chain can do without, or the disk is nearly full. Monitoring needs nothing else.
    """
    from cli.network import look, tell  # noqa: PLC0415

    tell(invocation, [look(invocation, place) for place in _places(folder)])


@command.command()
@click.option("--watch", is_flag=True, help="Go on until interrupted, and act on every change.")
@click.option(
    "--keep-fault-tolerance",
    is_flag=True,
    help="Never vote anybody out where the rest could not do without one of them.",
)
@_in_folder
@common
@confirming
def sync(
    invocation: Invocation, *, watch: bool, keep_fault_tolerance: bool, folder: Path | None
) -> None:
    """Have your validator follow what the swarm has voted, and say what it will do first.

    Validators of members are voted in and those of departed institutions out, by your own vote;
    whose nodes and accounts may speak to your validator is written anew. Whose card your validator
    lacks is said: put it into the folder's `cards`.
    """
    from cli.syncing import run_sync  # noqa: PLC0415

    places = _places(folder)
    if watch and len(places) > 1:
        raise click.UsageError("Watch one validator: name its own folder with --dir.")
    session = Session(invocation)
    for place in places:
        with place.assembled().rpc() as rpc:
            run_sync(
                session,
                rpc,
                folder=place.path,
                watch=watch,
                yes=invocation.yes,
                cards=place.known_cards,
                # Who runs a validator may speak to it, as an applicant too.
                extra=place.own_accounts,
                keep_fault_tolerance=keep_fault_tolerance,
            )


@command.command(name="local")
@click.argument("count", type=click.IntRange(1, 20))
@click.option("--dir", "folder", type=ANY_PATH, required=True, help="Where all of it shall lie.")
@common
def local_(invocation: Invocation, count: int, folder: Path) -> None:
    """Make and start a network of COUNT validators on this machine, to look at.

    Each has a folder of its own, made as on a machine of its own. The institutions' keys lie in
    DIR/home, which `CHARTER_HOME` may name, and their passphrase in DIR/passphrase.
    """
    from deploy.network import local  # noqa: PLC0415
    from deploy.network.engine import find_engine  # noqa: PLC0415

    # Before anything is made that could not be started.
    find_engine()
    places = local.create(folder.absolute(), count)
    if len(places) != count:
        note(f"There is a local network of {len(places)} here already; it is started as it is.")
    note(f"Starting {len(places)} validators; this takes up to a minute.")
    found = local.up(places)
    note(f"Stop them with `charter network down --dir {folder}`.")
    _tell(invocation, "network-local", places, found)


def _place(folder: Path | None) -> ValidatorFolder:
    from deploy.network.folder import ValidatorFolder  # noqa: PLC0415

    return ValidatorFolder(folder or home.validator())


def _places(folder: Path | None) -> list[ValidatorFolder]:
    from deploy.network import local  # noqa: PLC0415

    if folder is not None and not (folder / "card.json").exists():
        return local.validators(folder.absolute())
    return [_place(folder)]


def _tell(
    invocation: Invocation,
    schema: str,
    places: Sequence[ValidatorFolder],
    found: Sequence[Status],
) -> None:
    rows = [
        {
            "folder": str(place.path),
            "phase": each.phase,
            "endpoint": each.endpoint,
            "pid": each.pid or None,
            "already": each.already,
        }
        for place, each in zip(places, found, strict=True)
    ]
    if invocation.json:
        emit_json(schema, {"validators": rows})
        return
    columns = ("folder", "phase", "endpoint", "pid", "already")
    table(columns, [[row[column] for column in columns] for row in rows])
