"""Transactions as a person expects them: looked at first, told beforehand, safe to repeat."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cli.errors import ActWithoutEffect
from cli.output import emit, note
from governance.chain.calls import call_data
from governance.chain.errors import Refused
from governance.chain.sender import Act, Sender

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cli.session import Session
    from governance.chain.receipts import Receipt
    from governance.chain.signer import Signer
    from governance.history.state import State

    Outcome = dict[str, Any]
    Check = Callable[[State], Outcome | None]

ATTEMPTS = 2
"""What an earlier command did long ago is answered with its old receipt once, never twice."""


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a contract of the house: its name, its address, the function and the arguments."""

    contract: str
    address: str
    function: str
    args: tuple[Any, ...] = ()


def act(
    session: Session,
    command: str,
    plan: str,
    check: Check,
    call: Call | Callable[[], Call],
    *,
    key: str | None = None,
) -> Outcome | None:
    """Brings something about on the chain, once, however often it is asked for.

    With --sign-only it is signed, for somebody else to send.

    Args:
        session: the command's session.
        command: the command's words, joined by hyphens, for the JSON schema.
        plan: what will be done, in one sentence that a person reads before it happens.
        check: gives what there is to tell once it is done, or nothing while it is not. It can
            raise what makes it impossible.
        call: what to send, or a function that has a proof in it signed first.
        key: keystore name of the key that signs; the context's account if none.

    Returns:
        What there is to tell, which has been written to stdout too; nothing if it was only signed.

    Raises:
        Refused: the contract refuses it.
        ActWithoutEffect: the chain went through with it, and it is still not done.
    """
    outcome = check(session.state)
    if outcome is not None:
        note("This is done already; nothing is sent.")
        return tell(session, command, outcome, None)
    note(plan)
    signs = key or session.context.account
    if session.invocation.sign_only is not None:
        from cli.relaying import sign_only  # noqa: PLC0415 - most acts are sent

        chosen = call if isinstance(call, Call) else call()
        sign_only(session, session.invocation.sign_only, chosen.address, _data(chosen), signs)
        return None
    signer = session.unlock(signs or session.context.require("account"))
    chosen = call if isinstance(call, Call) else call()
    data = _data(chosen)
    for _ in range(ATTEMPTS):
        try:
            with sending(session, signer) as sender:
                receipt = sender.send(Act(chosen.address, data, plan))
        except Refused:
            # The state that was looked at may be older than the refusal: another machine of this
            # institution can have done the same meanwhile.
            outcome = check(session.refresh())
            if outcome is None:
                raise
            return tell(session, command, outcome, None)
        outcome = check(session.refresh())
        if outcome is not None:
            return tell(session, command, outcome, receipt)
    raise ActWithoutEffect(plan)


@contextmanager
def sending(session: Session, signer: Signer) -> Iterator[Sender]:
    """A sender of a key's transactions, whose notices a person is told."""
    in_step = note if session.knows(signer.address) else None
    with Sender(session.rpc, signer, session.journal, in_step=in_step) as sender:
        try:
            yield sender
        finally:
            for notice in sender.notices:
                note(notice)


def tell(session: Session, command: str, outcome: Outcome, receipt: Receipt | None) -> Outcome:
    """Writes what there is to tell, and by which transaction it came about; by none if already."""
    sent: Outcome = {"already": receipt is None}
    if receipt is not None:
        sent |= {"transaction": receipt.hash, "block": receipt.block}
    emit(command, outcome | sent, as_json=session.json)
    return outcome


def _data(call: Call) -> bytes:
    return call_data(call.contract, call.function, call.args)
