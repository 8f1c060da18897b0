"""Countersigning as an institution does it: never a history that contradicts what it signed."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from cli import home
from cli.acts import sending
from cli.ending import until_ended
from cli.errors import (
    CountersignatureOther,
    CountersignedUnreadable,
    HistoryRewritten,
    HistoryShorterThanSigned,
)
from cli.output import emit_line, note
from cli.session import Session
from cli.watching import PASSING, Absence
from governance.audit.countersigning import countersignature, load, save
from governance.audit.vouching import genuine, heads_at
from governance.chain.calls import call_data
from governance.chain.errors import (
    ChainHalted,
    EndpointsBehind,
    HistoryRewound,
    TransactionPending,
)
from governance.chain.sender import Act
from governance.errors import CharterError
from governance.history import genesis_head
from governance.history.events import InstitutionAdmitted, InstitutionExpelled
from governance.primitives import to_hex

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from governance.chain.signer import Signer
    from governance.history import Record
    from governance.history.events import Countersigned, Event
    from governance.history.swarm import Institution

_OWNERS_ALONE = 0o600
_SIGNATURE = 65
_BY_OTHERS = (InstitutionAdmitted, InstitutionExpelled)
"""What names an institution and was decided by the others."""


def call_arguments(signed: Countersigned) -> tuple[Any, ...]:
    """What `History.countersign` takes."""
    return signed.account, signed.length, signed.head, signed.signature


def vouching_for(session: Session) -> Institution:
    """The institution whose account the context's account is, or was before a rotation.

    The first head after a rotation may count by the account before it alone.

    Raises:
        NotAnInstitution: it was nobody's account.
    """
    number = session.state.swarm.accounts.get(session.account)
    return session.me() if number is None else session.state.swarm.institution(number)


def sign_head(
    session: Session,
    signer: Signer,
    length: int,
    head: bytes,
    begun: Countersigned | None = None,
) -> Countersigned:
    """Signs a head and writes down at home that it was signed, before anybody else sees it.

    Args:
        session: the command's session.
        signer: the institution's key, or that of a person who speaks for its contract account.
        length: records under the head, which `require_consistent` has let pass.
        head: the head.
        begun: what other persons signed already for the contract account; its length and head
            count then, and `require_begun` has let it pass.
    """
    trust = session.trust
    if begun is not None:
        length, head = begun.length, begun.head
    signed = countersignature(trust.chain_id, trust.history, length, head, signer)
    before = b"" if begun is None else begun.signature
    if signed.signature in (
        before[at : at + _SIGNATURE] for at in range(0, len(before), _SIGNATURE)
    ):
        return replace(signed, account=session.account, signature=before)
    signed = replace(signed, account=session.account, signature=before + signed.signature)
    known = _remembered(session)
    if known is None or known.length <= length:
        save(_memory(session), signed, trust, _OWNERS_ALONE)
    return signed


def require_begun(session: Session, begun: Countersigned) -> None:
    """Makes sure that what other persons signed is for this account, and of this history.

    Raises:
        CountersignatureOther: it is not.
    """
    trust = session.trust
    genesis = genesis_head(trust.chain_id, trust.history)
    heads = heads_at(session.records, [begun.length], genesis)
    if begun.account != session.account or heads.get(begun.length) != begun.head:
        raise CountersignatureOther(begun.account, begun.length)


def last_signed(session: Session) -> tuple[Countersigned, ...]:
    """What this institution is known to have signed: as home remembers, and as the chain shows.

    Raises:
        CountersignedUnreadable: what is kept at home cannot be read.
    """
    published = [each for each in _published(session) if _is_own(session, each.account)]
    known = _remembered(session)
    return (*published, known) if known is not None else tuple(published)


def require_consistent(session: Session, records: Sequence[Record]) -> None:
    """Makes sure that a history holds every head that this institution signed.

    Args:
        session: the command's session, which has read the history.
        records: all of it.

    Raises:
        HistoryRewritten: it does not. Its own signature and those that contradict it are kept.
        HistoryShorterThanSigned: it ends before one of them.
        CountersignedUnreadable: what is kept at home cannot be read.
    """
    trust = session.trust
    own = last_signed(session)
    lengths = [each.length for each in own]
    heads = heads_at(records, lengths, genesis_head(trust.chain_id, trust.history))
    for each in own:
        head = heads.get(each.length, each.head)
        if head != each.head:
            raise HistoryRewritten(each.length, each.head, head, _keep(session, each))
    longest = max(lengths, default=0)
    if longest > len(records):
        raise HistoryShorterThanSigned(len(records), longest)


def run_watch(session: Session, every: int, *, interval: float = 2.0) -> None:
    """Countersigns whenever so many events of others have come, until SIGINT or SIGTERM.

    Args:
        session: the command's session.
        every: events of others since the own last countersignature.
        interval: seconds between two looks.

    Raises:
        HistoryRewritten, HistoryRewound: the history is another one than it was.
        CharterError: what reading and sending raise; what passes, a watch lets pass.
    """
    signer = session.unlock(session.context.require("account"))
    with until_ended():
        _Watch(session, signer, every).forever(interval)


class _Watch:
    """One run: what has come since the own last countersignature, and what waits to be sent."""

    def __init__(self, session: Session, signer: Signer, every: int) -> None:
        self._session = session
        self._signer = signer
        self._every = every
        self._absence = Absence()
        self._read: tuple[Record, ...] = ()
        self._others: int | None = None
        self._waiting: Countersigned | None = None

    def forever(self, interval: float) -> None:
        """Looks and signs, again and again."""
        away = (
            *PASSING,
            ChainHalted,
            EndpointsBehind,
            HistoryShorterThanSigned,
            TransactionPending,
        )
        while True:
            try:
                self._look()
                self._sign()
            except away as error:
                self._absence.tell(error)
            else:
                self._absence.over()
            time.sleep(interval)

    def _look(self) -> None:
        session = self._session
        if self._others is not None:
            self._others += _of_others(session, self._poll())
            return
        self._read = (*self._read, *self._poll()) if self._read else session.records
        session.me()
        require_consistent(session, self._read)
        since = max((each.length for each in last_signed(session)), default=0)
        self._others = _of_others(session, self._read[since:])
        self._read = ()
        note(
            f"Watching from length {session.follower.length} on, {self._others} events of others "
            "after the own last countersignature."
        )

    def _poll(self) -> tuple[Record, ...]:
        try:
            return self._session.follower.poll()
        except HistoryRewound:
            # Whether what was signed is still there is seen by reading all of it again.
            again = Session(self._session.invocation)
            require_consistent(again, again.records)
            raise

    def _sign(self) -> None:
        session = self._session
        if self._waiting is None and self._others is not None and self._others >= self._every:
            follower = session.follower
            self._waiting = sign_head(session, self._signer, follower.length, follower.head)
            self._others = 0
        if self._waiting is None:
            return
        signed, me = self._waiting, session.me()
        plan = f"Countersign the history at length {signed.length} as {me.name}."
        data = call_data("History", "countersign", call_arguments(signed))
        with sending(session, self._signer) as sender:
            receipt = sender.send(Act(session.house.history, data, plan))
        self._waiting = None
        head = to_hex(signed.head)
        told = {
            "institution": me.number,
            "length": signed.length,
            "head": head,
            "already": False,
            "transaction": receipt.hash,
            "block": receipt.block,
        }
        sentence = (
            f"Countersigned length {signed.length}, head {head}, in transaction {receipt.hash}."
        )
        emit_line("history-countersign", told, sentence, as_json=session.json)


def _of_others(session: Session, records: Iterable[Record]) -> int:
    accounts, me = session.state.swarm.accounts, session.me().number
    return sum(_actor(record.event, accounts) != me for record in records)


def _actor(event: Event, accounts: Any) -> int | None:
    """The institution that brought an event about, as far as the event itself says so."""
    if isinstance(event, _BY_OTHERS):
        return None
    for name in ("institution", "opener"):
        number = getattr(event, name, None)
        if isinstance(number, int):
            return number
    for name in ("voter", "proposer"):
        account = getattr(event, name, None)
        if account in accounts:
            return int(accounts[account])
    return None


def _published(session: Session) -> tuple[Countersigned, ...]:
    trust = session.trust
    return genuine(session.follower.countersignatures, trust.chain_id, trust.history)


def _is_own(session: Session, account: str) -> bool:
    accounts = session.state.swarm.accounts
    return account == session.account or accounts.get(account) == vouching_for(session).number


def _memory(session: Session) -> Path:
    trust = session.trust
    name = f"{trust.chain_id}-{trust.history.lower()}.json"
    return home.countersigned(session.context_name) / name


def _remembered(session: Session) -> Countersigned | None:
    path = _memory(session)
    if not path.exists():
        return None
    try:
        return load(path, session.trust)
    except CharterError as error:
        raise CountersignedUnreadable(path, error.message) from None


def _keep(session: Session, mine: Countersigned) -> tuple[Path, ...]:
    """Keeps an own signature and each that contradicts it as files, for whoever has to see them."""
    folder = _memory(session).parent
    against = [
        each
        for each in _published(session)
        if each.length == mine.length and each.head != mine.head
    ]
    kept = []
    for each in (mine, *against):
        path = folder / f"rewritten-{each.length}-{each.account}-{each.head.hex()[:8]}.json"
        save(path, each, session.trust, _OWNERS_ALONE)
        kept.append(path)
    return tuple(kept)
