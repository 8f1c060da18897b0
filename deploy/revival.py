"""Bringing an embedded chain back after its end, however that came about.

The chain begins at the newest sound dump. Blocks that the log holds beyond it are made again as
they were. So are blocks that only journals know of, which happened in the last moments before the
end. Transactions that were signed and that no block held are sent last, in the order of their
signing. All this happens out of sight; who asks the chain sees it only when it is done.
"""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING, Any

from deploy.anvil import Anvil, AnvilFailed, free_port
from deploy.blocklog import transaction_hash
from governance.chain.errors import JournalCorrupt, RpcError
from governance.chain.journal import Journal, journal_name
from governance.chain.queries import transaction_count
from governance.chain.receipts import receipt
from governance.chain.refusals import refusal

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from deploy.blocklog import BlockLog, LoggedBlock
    from deploy.dumps import Dump, Dumps
    from governance.chain.journal import Mined, Signed

_PATIENCE = 3.0
_PAUSE = 0.05
_MINING_SECONDS = 10.0


@dataclass(slots=True)
class Revival:
    """What was done to bring the chain back.

    Attributes:
        dumped: number of the block that the dump held; the first block if there was none.
        made_again: blocks that the dump lacked and that were made again as they were.
        lost: blocks that had existed and could not be made again as they were.
        sent_again: descriptions of transactions without a block that were sent again.
        not_sent_again: descriptions of transactions that could not be sent again, with the reason.
        notes: what was damaged and set aside, in sentences for a person.
    """

    dumped: int = 0
    made_again: int = 0
    lost: int = 0
    sent_again: list[str] = field(default_factory=list)
    not_sent_again: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """The report as plain data."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Settings:
    """What an embedded chain is, for all its life.

    Attributes:
        chain_id: its number.
        genesis: Unix time of its first block.
    """

    chain_id: int
    genesis: int


def revive(
    folder: Path, settings: Settings, log: BlockLog, dumps: Dumps, journals: Iterable[Path]
) -> tuple[Dump | None, Revival]:
    """Brings folder and log to where the chain was, and returns the state to begin with.

    A crash in the midst of it leaves a folder from which it can be done again.

    Args:
        folder: the chain's folder.
        settings: what the chain is.
        log: its blocks.
        dumps: its dumps.
        journals: folders in which transactions were written down before they were sent.
    """
    report = Revival()
    if log.torn:
        report.notes.append("The end of the log of blocks was torn by a crash and was cut off.")
    port = free_port()
    begun, base = _begin(folder, port, settings, log, dumps)
    with begun as anvil:
        report.notes += dumps.notes
        report.dumped = anvil.head()
        genesis = anvil.hash_of(0)
        assert genesis is not None
        written = _Written.read(journals, settings.chain_id, genesis, report.notes)
        again = [block for number, block in log.blocks.items() if number > report.dumped]
        known = {each for block in log.blocks.values() for each in block.transactions()}
        beyond = written.mined_beyond(known, max(log.last, report.dumped))
        pending = written.without_block(known | {each.hash for each, _ in beyond})
        existed = max([log.last, report.dumped, *(mined.block for _, mined in beyond)])
        if not again and not beyond and not pending:
            return base, report
        anvil.rpc.call("evm_setAutomine", False)
        anvil.take_time_back()
        for block in again:
            _make_again(anvil, block, report)
        for number, group in groupby(beyond, key=lambda each: each[1].block):
            _make_from_journals(anvil, number, list(group), report)
        report.lost = max(0, existed - report.dumped - report.made_again)
        anvil.keep_time()
        anvil.rpc.call("evm_setAutomine", True)
        for entry in pending:
            _send_again(anvil, entry, report)
        dump = anvil.dump()
        kept = [block for number, block in log.blocks.items() if number <= report.dumped]
        first = kept[-1].number + 1 if kept else 0
        # The log first: a dump whose block the log does not have would be no use with it.
        log.rewrite(kept + anvil.blocks(range(first, dump.number + 1)))
        dumps.save(dump)
        return dump, report


def _begin(
    folder: Path, port: int, settings: Settings, log: BlockLog, dumps: Dumps
) -> tuple[Anvil, Dump | None]:
    for path, dump in dumps.load():
        logged = log.blocks.get(dump.number)
        if logged is not None and logged.hash != dump.hash:
            dumps.set_aside(path)
            continue
        try:
            anvil = Anvil(folder, port, settings.chain_id, settings.genesis, dump)
        except AnvilFailed:
            dumps.set_aside(path)
            continue
        if anvil.hash_of(dump.number) == dump.hash and anvil.head() == dump.number:
            return anvil, dump
        anvil.end()
        dumps.set_aside(path)
    return Anvil(folder, port, settings.chain_id, settings.genesis), None


def _make_again(anvil: Anvil, block: LoggedBlock, report: Revival) -> None:
    for raw in block.raw:
        _offer(anvil, raw, transaction_hash(raw), report)
    anvil.mine_at(block.timestamp)
    (made,) = anvil.blocks([anvil.head()])
    if made == block:
        report.made_again += 1


def _make_from_journals(
    anvil: Anvil, number: int, group: Sequence[tuple[Signed, Mined]], report: Revival
) -> None:
    for entry, _ in group:
        _offer(anvil, entry.raw, entry.description, report)
    anvil.mine_at(group[0][1].timestamp)
    if anvil.hash_of(number) == group[0][1].block_hash:
        report.made_again += 1


def _offer(anvil: Anvil, raw: str, description: str, report: Revival) -> bool:
    try:
        anvil.rpc.call("eth_sendRawTransaction", raw)
    except RpcError as error:
        report.not_sent_again.append(f"{description}: {error.text}")
        return False
    return True


def _send_again(anvil: Anvil, entry: Signed, report: Revival) -> None:
    if receipt(anvil.rpc, entry.hash) is not None:
        # In a block of the dump that the log no longer holds.
        return
    if transaction_count(anvil.rpc, entry.sender) > entry.nonce:
        report.not_sent_again.append(f"{entry.description}: another transaction took its place")
        return
    _wait_until_accepted(anvil, entry)
    # Sent even if the contract still refuses it: what the account signed next counts on its nonce.
    if not _offer(anvil, entry.raw, entry.description, report):
        return
    deadline = time.monotonic() + _MINING_SECONDS
    while (found := receipt(anvil.rpc, entry.hash)) is None and time.monotonic() < deadline:
        time.sleep(_PAUSE / 10)
    if found is None:
        report.not_sent_again.append(f"{entry.description}: an earlier transaction is missing")
    elif not found.success:
        report.not_sent_again.append(f"{entry.description}: the contract refuses it now")
    else:
        report.sent_again.append(entry.description)


def _wait_until_accepted(anvil: Anvil, entry: Signed) -> None:
    """Gives the clock a moment: a vote, for one, counts only after the second of its proposal."""
    request = {"from": entry.sender, "data": entry.data}
    if entry.to:
        request["to"] = entry.to
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        try:
            anvil.rpc.call("eth_call", request, "pending")
            return
        except RpcError as error:
            if refusal(error) is None:
                return
            time.sleep(_PAUSE)


class _Written:
    """What the journals know."""

    def __init__(self) -> None:
        self.signed: dict[str, Signed] = {}
        self.mined: dict[str, Mined] = {}

    @classmethod
    def read(
        cls, folders: Iterable[Path], chain_id: int, genesis: str, notes: list[str]
    ) -> _Written:
        written = cls()
        pattern = journal_name(chain_id, genesis, "*")
        paths = {path.resolve() for folder in folders for path in folder.rglob(pattern)}
        for path in sorted(paths):
            try:
                journal = Journal(path)
            except JournalCorrupt as error:
                notes.append(f"{error.message} Nothing of it was sent again.")
                continue
            written.signed |= {entry.hash: entry for entry in journal.live()}
            written.mined |= journal.mined
        return written

    def mined_beyond(self, known: set[str], last: int) -> list[tuple[Signed, Mined]]:
        """What was in blocks after the last one known, in the order of the chain."""
        found = [
            (self.signed[each], mined)
            for each, mined in self.mined.items()
            if each in self.signed and each not in known and mined.block > last
        ]
        return sorted(found, key=lambda pair: (pair[1].block, pair[1].index))

    def without_block(self, known: set[str]) -> list[Signed]:
        """What no block is known to have held, in the order of the signing."""
        found = [entry for each, entry in self.signed.items() if each not in known]
        return sorted(found, key=lambda entry: entry.at)
