"""Sending transactions so that a crash at any point leaves one effect, not none and not two.

A nonce is given to one act and written down, signed, before it is sent. Whoever sends next from the
account first brings to an end what was written down: a transaction that the chain lost, or never
got, is sent again as it was; one that was mined is found by its receipt. The same command again
therefore completes what an earlier one began and gives its receipt.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from governance.chain.errors import (
    ChainAnswerInvalid,
    ChainHalted,
    RpcError,
    TransactionPending,
)
from governance.chain.journal import Journal, Mined, account_lock, journal_name
from governance.chain.pulse import HALT_SECONDS, pulse
from governance.chain.queries import block, chain_id, latest, transaction_count
from governance.chain.receipts import Receipt, receipt
from governance.chain.refusals import refusal, refusal_of
from governance.chain.simulation import simulate
from governance.chain.submit import (
    GAS_CAP,
    await_receipt,
    receipt_anywhere,
    sign_down,
    submit,
    submit_in_step,
)
from governance.primitives import checksum_address, to_hex

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from pathlib import Path

    from governance.chain.errors import Refused
    from governance.chain.journal import Signed
    from governance.chain.pulse import Pulse
    from governance.chain.rpc import Chain
    from governance.chain.signer import Signer
    from governance.errors import CharterError

_NOTHING_GAS = 21_000
_DISTANT = 200
"""So far beyond an account's nonce no node keeps a transaction of it."""

_RECEIPT_SECONDS = 2.0
_SOON_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Act:
    """Something to be done on the chain, once.

    Attributes:
        to: the contract's address; empty to create one.
        data: the call, as `call_data` makes it.
        description: what a person is told about it; no part of its identity.
    """

    to: str
    data: bytes
    description: str


class Sender:
    """Sends one account's transactions. Use it as a context manager, or `close` it.

    A receipt that was returned counts as told when the next act is sent or the sender is closed
    without an error; until then, the same act sent by a later process gives the same receipt.

    Args:
        rpc: the chain.
        signer: the account.
        journals: folder of the journals, one file an account and chain.
        timeout: seconds to wait for a block, and for another process that uses the account.
        in_step: for an account that the swarm knows: validators that do not take its transactions
            yet are given time to follow the swarm's state, and this is told so.

    Attributes:
        notices: what was found and put right on the way, in sentences for a person.
    """

    def __init__(
        self,
        rpc: Chain,
        signer: Signer,
        journals: Path,
        timeout: float = 60.0,
        *,
        in_step: Callable[[str], None] | None = None,
    ) -> None:
        self.rpc = rpc
        self.signer = signer
        self.journals = journals
        self.timeout = timeout
        self.in_step = in_step
        self.notices: list[str] = []
        self._chain_id = 0
        self._journal: Journal | None = None
        self._returned: list[str] = []

    def __enter__(self) -> Sender:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self.close()

    def close(self) -> None:
        """Takes note that the caller has had all receipts."""
        if self._journal is not None and self._returned:
            with self._locked(self._journal):
                self._mend(self._journal)
                self._tell(self._journal)

    def send(self, act: Act) -> Receipt:
        """Has an act done, and returns when a block holds it.

        Raises:
            Refused: the contract refuses it; nothing was changed.
            TransactionPending: it is sent, and no block holds it yet; send it again to go on.
            ChainHalted: as above, and no block was made at all.
            AccountNotInStep: the validators do not take the account's transactions; nothing was
                changed.
            AccountBusy: another process uses the account for too long.
            JournalCorrupt: the journal is damaged.
            ChainUnreachable, ChainAnswerInvalid, RpcError: see `Rpc`; send it again to go on.
        """
        journal = self._open()
        with self._locked(journal):
            self._mend(journal)
            self._tell(journal)
            done = self._do(journal, act)
            self._returned.append(done.hash)
            return done

    def _do(self, journal: Journal, act: Act) -> Receipt:
        for _ in self.rpc.sources()[1:]:
            try:
                return self._settle_and_do(journal, act)
            except ChainAnswerInvalid:
                # Who said it is set aside, and the next one goes on from the journal.
                continue
        return self._settle_and_do(journal, act)

    def _settle_and_do(self, journal: Journal, act: Act) -> Receipt:
        self._settle(journal)
        return self._completed(journal, act) or self._begin(journal, act)

    def recover(self) -> int:
        """Brings to an end what was written down and never seen through.

        Returns:
            How many transactions were sent again.

        Raises:
            See `send`.
        """
        journal = self._open()
        with self._locked(journal):
            self._mend(journal)
            return self._settle(journal)

    # --- the journal ------------------------------------------------------------------------------

    def _open(self) -> Journal:
        if self._journal is None:
            self._chain_id = chain_id(self.rpc)
            genesis = block(self.rpc, 0)
            if genesis is None:
                raise self.rpc.invalid("the chain has no first block")
            name = journal_name(self._chain_id, genesis.hash, self.signer.address)
            self._journal = Journal(self.journals / name)
        return self._journal

    def _locked(self, journal: Journal) -> AbstractContextManager[None]:
        return account_lock(journal.path, self.signer.address, self.timeout)

    def _mend(self, journal: Journal) -> None:
        if journal.mend():
            self.notices.append(
                "A crash had torn the journal's last line, which was cut off; no transaction was "
                "sent that it could have held."
            )

    def _tell(self, journal: Journal) -> None:
        for transaction in self._returned:
            if transaction not in journal.told:
                journal.append_told(transaction)
        self._returned.clear()

    def _settle(self, journal: Journal) -> int:
        """Follows up every transaction that holds a nonce which the chain has free or unseen."""
        free = transaction_count(self.rpc, self.signer.address)
        for entry in journal.live():
            if entry.nonce < free and entry.hash not in journal.mined:
                self._conclude(journal, entry)
        lost = [entry for entry in journal.live() if entry.nonce >= free]
        again = self._send_again(journal, lost, free) if lost else 0
        if again:
            self.notices.append(f"{again} transaction(s) of an earlier command were sent again.")
        return again

    def _conclude(self, journal: Journal, entry: Signed) -> None:
        # A node can count a transaction a moment before it gives its receipt.
        found = await_receipt(self.rpc, entry, _RECEIPT_SECONDS)
        found = found or receipt_anywhere(self.rpc, entry)
        if found is not None:
            self._note(journal, found)
            return
        journal.append_void(entry.hash)
        self.notices.append(
            f"Another transaction took the place of '{entry.description}', which was not done."
        )

    def _send_again(self, journal: Journal, lost: list[Signed], free: int) -> int:
        again = 0
        taken = max(free, transaction_count(self.rpc, self.signer.address, "pending"))
        for entry in lost:
            if entry.nonce - taken > _DISTANT:
                # Whoever said that this nonce is the next one lied; what lies before it is endless.
                journal.append_void(entry.hash)
                self.notices.append(
                    f"'{entry.description}' was signed for a place in the account's order that is "
                    "too far ahead, as an endpoint had told it falsely, and was given up."
                )
                continue
            # Nothing is mined beyond a nonce that nobody has: it is used up by doing nothing.
            for nonce in range(taken, entry.nonce):
                gap = self._sign(nonce, self.signer.address, b"", _NOTHING_GAS, "do nothing")
                self._write_down(journal, gap)
                self._submit(gap, first=True)
            if self.rpc.call("eth_getTransactionByHash", entry.hash) is None:
                self._submit(entry, first=False)
                again += 1
            self._await(journal, entry)
            taken = max(taken, entry.nonce + 1)
        return again

    def _completed(self, journal: Journal, act: Act) -> Receipt | None:
        """The receipt of the same act by an earlier process which could not tell its caller."""
        wanted = (self._chain_id, self.signer.address, _to(act), to_hex(act.data))
        for entry in reversed(journal.live()):
            if entry.act() != wanted or entry.hash in journal.told:
                continue
            mined = journal.mined.get(entry.hash)
            if mined is None or not mined.success:
                continue
            found = receipt(self.rpc, entry.hash)
            if found is not None and found.success:
                return replace(found, repeated=True)
        return None

    # --- one transaction --------------------------------------------------------------------------

    def _begin(self, journal: Journal, act: Act) -> Receipt:
        gas, nonce = self._simulate(journal, act)
        entry = self._sign(nonce, act.to, act.data, gas, act.description)
        self._write_down(journal, entry)
        try:
            self._submit(entry, first=True)
        except RpcError:
            # Refused for good, and never sent before: the nonce is free for another act.
            journal.append_void(entry.hash)
            raise
        found = self._await(journal, entry)
        if not found.success:
            raise self._why(entry, found)
        return found

    def _sign(self, nonce: int, to: str, data: bytes, gas: int, description: str) -> Signed:
        return sign_down(
            self.signer,
            chain_id=self._chain_id,
            nonce=nonce,
            to=to,
            data=data,
            gas=gas,
            description=description,
        )

    def _simulate(self, journal: Journal, act: Act) -> tuple[int, int]:
        """The gas to give and the nonce to use, once it is known that the contract agrees."""
        request: dict[str, Any] = {"from": self.signer.address, "data": to_hex(act.data)}
        if act.to:
            request["to"] = act.to
        gas = min(simulate(self.rpc, request, latest(self.rpc)), GAS_CAP)
        nonce = transaction_count(self.rpc, self.signer.address, "pending")
        held = {entry.nonce for entry in journal.live()}
        while nonce in held:
            nonce += 1
        return gas, nonce

    def _write_down(self, journal: Journal, entry: Signed) -> None:
        journal.append_signed(entry)

    def _submit(self, entry: Signed, *, first: bool) -> None:
        if first and self.in_step is not None:
            submit_in_step(self.rpc, entry, self.in_step)
        else:
            submit(self.rpc, entry, first=first)

    def _await(self, journal: Journal, entry: Signed) -> Receipt:
        soon = min(_SOON_SECONDS, self.timeout)
        found = await_receipt(self.rpc, entry, soon)
        if found is None:
            before = pulse(self.rpc)
            found = await_receipt(self.rpc, entry, self.timeout - soon)
            if found is None:
                raise self._why_pending(entry, before)
        self._note(journal, found)
        return found

    def _why_pending(self, entry: Signed, before: Pulse | None) -> CharterError:
        now = pulse(self.rpc)
        if before is None or now is None:
            return TransactionPending(entry.description, self.timeout)
        # With a transaction waiting, an engine that makes empty blocks makes one every second.
        stands_still = self.timeout >= HALT_SECONDS and now.number == before.number
        if now.halted or stands_still:
            return ChainHalted(now.sentence)
        return TransactionPending(entry.description, self.timeout)

    def _note(self, journal: Journal, found: Receipt) -> None:
        journal.append_mined(Mined.of(found))

    def _why(self, entry: Signed, found: Receipt) -> Refused:
        """What the contract says to the same call just before the block that refused it."""
        request = {"from": entry.sender, "data": entry.data}
        if entry.to:
            request["to"] = entry.to
        try:
            self.rpc.call("eth_call", request, hex(max(found.block - 1, 0)))
        except RpcError as error:
            refused = refusal(error)
            if refused is not None:
                return refused
        return refusal_of(b"")


def _to(act: Act) -> str:
    return checksum_address(act.to) if act.to else ""
