"""What the commands on consent share: the ledger, and what is asked of it."""

from __future__ import annotations

import os
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import click

from cli import home
from cli.errors import UsageInvalid
from cli.options import ANY_FILE, EXISTING_FILE
from cli.progress import progress_to
from cli.values import NUMBER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from io import TextIOWrapper
    from pathlib import Path

    from cli.options import Invocation
    from governance.terms import Terms

    Command = Callable[..., Any]

Item = TypeVar("Item")

_SHOWN_EVERY = 4_096
"""Records between two states of the bar."""

LEDGER = click.option(
    "--ledger",
    type=ANY_FILE,
    envvar="CHARTER_LEDGER",
    help="The institution's ledger, instead of the one in this machine's data folder.",
)


def asking(command: Command) -> Command:
    """Gives a command the ways to say which study asks."""
    for option in (
        click.option("--version", type=NUMBER, help="Which version of the study's terms."),
        click.option("--terms", type=EXISTING_FILE, help="A file of terms; no chain is needed."),
        click.option("--study", type=NUMBER, help="The study, instead of the context's."),
        LEDGER,
    ):
        command = option(command)
    return command


def ledger_path(given: Path | None) -> Path:
    """The ledger that is meant."""
    return given or home.ledger()


@dataclass(frozen=True, slots=True)
class Asked:
    """The terms that ask, their digest, and the time at which they do."""

    terms: Terms
    digest: bytes
    at: int


def asked_by(
    invocation: Invocation, study: int | None, terms: Path | None, version: int | None
) -> Asked:
    """What asks: a study on the chain, or a file of terms.

    Of a study it is the version to sign: the one pending, otherwise the one in force.

    Raises:
        UsageInvalid: both are named.
    """
    if terms is not None:
        from governance.terms import digest, load_terms  # noqa: PLC0415 - loads pydantic

        if study or version:
            raise UsageInvalid(
                "--terms says already which terms are meant.",
                "Leave out --terms, or --study and --version.",
            )
        loaded = load_terms(terms)
        return Asked(loaded, digest(loaded), int(time.time()))
    from cli.session import Session  # noqa: PLC0415 - what reads the chain, only for that
    from cli.studies import signable, verified  # noqa: PLC0415

    session = Session(invocation)
    found = session.study(study)
    swarm, account = session.state.swarm, session.context.account
    institution = swarm.institution_of(session.account) if account else None
    chosen = signable(found, institution or 0, version)
    return Asked(verified(chosen), chosen.terms_digest, session.now)


def to_sign(path: Path | None, terms_digest: bytes, now: int) -> bytes:
    """The root of the newest commitment for some terms, if it says what the ledger says.

    Args:
        path: The ledger, instead of the one in the data folder.
        terms_digest: The terms that are signed.
        now: Unix seconds.

    Raises:
        LedgerMissing, CommitmentMissing, CommitmentOutdated: there is none that may be signed.
    """
    from governance.consent import Commitments, Ledger, root_of  # noqa: PLC0415

    chosen = ledger_path(path)
    with Ledger(chosen) as ledger:
        return root_of(Commitments(chosen).to_sign(ledger, terms_digest, now))


def watched(decided: Iterable[Item], total: int) -> Iterator[Item]:
    """Hands decisions on, and shows how far they are where that takes long."""
    with progress_to("Deciding about the records", total) as reached:
        for number, each in enumerate(decided):
            if number % _SHOWN_EVERY == 0:
                reached(number)
            yield each


@contextmanager
def private_file(path: Path) -> Iterator[TextIOWrapper]:
    """A file that only the institution can read, whole or not there."""
    making = path.with_name(f".{path.name}.making")
    making.unlink(missing_ok=True)
    try:
        handle = os.open(making, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            yield file
        making.replace(path)
    finally:
        making.unlink(missing_ok=True)
