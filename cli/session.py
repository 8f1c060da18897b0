"""What a command works with: the context's chain, the state folded from it, and whose key signs."""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cli import home
from cli.connection import connect, newest
from cli.contexts import Context, Contexts
from cli.errors import NotAnInstitution, NotConfirmed, StudyNotNamed
from cli.output import note
from cli.passphrase import read_passphrase
from cli.progress import progress_to
from governance.chain.house import Trust
from governance.chain.keystore import Keystore
from governance.chain.reader import Follower
from governance.vocabulary import NodeStanding

if TYPE_CHECKING:
    from cli.options import Invocation
    from governance.chain.house import House
    from governance.chain.rpc import Chain
    from governance.chain.signer import Signer
    from governance.history import Record
    from governance.history.state import State
    from governance.history.study import Study
    from governance.history.swarm import Institution


PROMPTLY = 3_600
"""Seconds for which a proof counts in an act that is sent at once, and again if need be."""

WEEK = 7 * 24 * 3_600
"""Seconds for which an act that is only signed may be sent, unless --valid-for says otherwise."""

MOMENT = 5.0
"""Seconds for which a command waits where the contracts ask for the next second; not longer."""


def await_second(second: int) -> None:
    """Waits until a second has begun, if it is about to: commands can follow each other quickly.

    Args:
        second: Unix time.
    """
    left = second - time.time()
    if 0 < left <= MOMENT:
        time.sleep(left)


class Session:
    """One command's view of one swarm. Nothing is read before it is asked for.

    Args:
        invocation: what the shared options say.
    """

    def __init__(self, invocation: Invocation) -> None:
        self.invocation = invocation
        self._unlocked: dict[str, Signer] = {}

    @property
    def json(self) -> bool:
        """Whether the result is written as JSON."""
        return self.invocation.json

    @cached_property
    def _named_context(self) -> tuple[str, Context]:
        return Contexts.load(home.contexts_file()).get(self.invocation.context)

    @property
    def context_name(self) -> str:
        """The context's name."""
        return self._named_context[0]

    @property
    def context(self) -> Context:
        """The context that the command works in."""
        return self._named_context[1]

    def change_context(self, **settings: Any) -> None:
        """Changes what the context says, on disk; this command goes on with what it has read."""
        contexts = Contexts.load(home.contexts_file())
        contexts.by_name[self.context_name] = replace(self.context, **settings)
        contexts.save()

    # --- the chain ------------------------------------------------------------------------------

    @cached_property
    def trust(self) -> Trust:
        """Where trust begins."""
        return Trust.load(Path(self.context.trust))

    @cached_property
    def rpc(self) -> Chain:
        """The chain's JSON-RPC, closed when the command ends."""
        context = self.context
        rpc = connect(context.endpoints, context.ca, context.token_file)
        click.get_current_context().call_on_close(rpc.close)
        return rpc

    @property
    def follower(self) -> Follower:
        """What was read of the chain, held against History's head."""
        return self._read[0]

    @property
    def records(self) -> tuple[Record, ...]:
        """The events of record as they were read first."""
        return self._read[1]

    @cached_property
    def _read(self) -> tuple[Follower, tuple[Record, ...]]:
        follower = Follower(self.rpc, self.trust)
        with progress_to("Reading the history", newest(self.rpc)) as progress:
            records = follower.poll(progress)
        return follower, records

    @property
    def house(self) -> House:
        """The addresses of the house's contracts."""
        return self.follower.house

    @property
    def state(self) -> State:
        """The state as last read."""
        return self.follower.state

    def knows(self, account: str) -> bool:
        """Whether an account speaks for a member, or is a node of one, as last read."""
        swarm = self.state.swarm
        number = swarm.institution_of(account)
        if number is not None:
            return swarm.is_member(number)
        return swarm.node_standing(account) is NodeStanding.REGISTERED

    def refresh(self) -> State:
        """Reads what has come since and returns the state."""
        self.follower.poll()
        return self.state

    @property
    def now(self) -> int:
        """The later of block time and own clock, Unix seconds: expiry and deadlines count by it."""
        block = self.follower.block
        return max(int(time.time()), block.timestamp if block else 0)

    @property
    def valid_until(self) -> int:
        """Up to when an act signed now may be sent, and proofs in it count; Unix seconds."""
        if self.invocation.sign_only is None:
            return self.now + PROMPTLY
        return self.now + (self.invocation.valid_for or WEEK)

    # --- who I am -------------------------------------------------------------------------------

    @cached_property
    def keystore(self) -> Keystore:
        """The encrypted keys of this machine."""
        return Keystore(home.keystores())

    @cached_property
    def account(self) -> str:
        """The address of the context's account, or the one that --from names.

        Raises:
            ContextIncomplete: the context names none.
            KeystoreUnknown: there is no such key.
        """
        named = self.invocation.acts_for
        return named or self.keystore.address(self.context.require("account"))

    @cached_property
    def node(self) -> str:
        """The address of the context's node key; errors as for `account`."""
        named = self.invocation.acts_for
        return named or self.keystore.address(self.context.require("node"))

    def me(self) -> Institution:
        """The institution that the context's account speaks for.

        Raises:
            NotAnInstitution: it speaks for none.
        """
        number = self.state.swarm.institution_of(self.account)
        if number is None:
            raise NotAnInstitution(self.account)
        return self.state.swarm.institution(number)

    def study(self, number: int | None) -> Study:
        """A study by its number, otherwise the context's.

        Raises:
            StudyNotNamed: neither names one.
            StudyUnknown: there is no such study.
        """
        return self.state.study(self.study_number(number))

    def study_number(self, number: int | None) -> int:
        """The number given, otherwise that of the context's study.

        Raises:
            StudyNotNamed: neither names one.
        """
        chosen = number or self.context.study
        if not chosen:
            raise StudyNotNamed
        return chosen

    # --- keys and consent -----------------------------------------------------------------------

    def unlock(self, key: str, file: Path | None = None) -> Signer:
        """The signer of a key.

        Args:
            key: the key's keystore name.
            file: a file with this key's own passphrase; without it, the command's one counts.
        """
        if key not in self._unlocked:
            self.keystore.address(key)
            passphrase = read_passphrase(f"'{key}'", file) if file else self.passphrase(f"'{key}'")
            self._unlocked[key] = self.keystore.unlock(key, passphrase)
        return self._unlocked[key]

    def passphrase(self, what: str, *, new: bool = False) -> str:
        """The passphrase that was handed over for this command, otherwise one that is asked for.

        Raises:
            PassphraseMissing: there is none and nobody to ask.
        """
        if self._handed_over is not None:
            return self._handed_over
        return read_passphrase(what, new=new)

    @cached_property
    def _handed_over(self) -> str | None:
        file, descriptor = self.invocation.passphrase_file, self.invocation.passphrase_fd
        if file is None and descriptor is None:
            return None
        return read_passphrase("the key", file, descriptor)

    @property
    def journal(self) -> Path:
        """The folder of the journals of transactions."""
        named = self.context.journal
        return Path(named) if named else home.journals() / self.context_name

    def confirm(self, question: str) -> None:
        """Asks a person, unless --yes says that one has agreed.

        Raises:
            NotConfirmed: the person does not, or there is nobody to ask.
        """
        if self.invocation.yes:
            return
        note(question)
        if not sys.stdin.isatty() or not click.confirm("Go on?", err=True):
            raise NotConfirmed
