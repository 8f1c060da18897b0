"""Countersignatures held against each other, and against the chain where it can be asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cli.acts import sending
from cli.countersigning import call_arguments
from cli.output import emit_json, note, show, table
from governance.audit.countersigning import conflicts, is_genuine, read_files
from governance.audit.vouching import believed, heads_at
from governance.chain.calls import call_data
from governance.chain.errors import RpcError
from governance.chain.house import Trust
from governance.chain.queries import eth_call
from governance.chain.sender import Act
from governance.errors import ExitStatus
from governance.history import genesis_head
from governance.primitives import to_hex

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from cli.session import Session
    from governance.audit.countersigning import Conflict
    from governance.history.events import Countersigned

FITS, CONTRADICTS, BEYOND, UNKNOWN = "fits", "contradicts", "beyond its end", "not held against"
"""What a countersigned head is to the chain's history."""


def check_alone(session: Session, trust_file: Path, files: Sequence[Path]) -> ExitStatus:
    """Holds files against each other alone, and tells what they show.

    Args:
        session: the command's session; no context is looked at.
        trust_file: where trust begins.
        files: countersignatures.

    Raises:
        TrustMissing, TrustInvalid: see `Trust.load`.
        CharterError: what `read_files` raises.
    """
    trust = Trust.load(trust_file)
    signed = read_files(files, trust)
    numbers = {account: number for number, account in enumerate(trust.founders, 1)}
    note(
        "The chain was not asked: it is not known who but the founders is a member, nor which of "
        "the heads the chain has."
    )
    rows = [
        _row(str(path), each, numbers, UNKNOWN) for path, each in zip(files, signed, strict=True)
    ]
    return _tell(session, rows, conflicts(signed), {})


def check_with_chain(session: Session, files: Sequence[Path]) -> ExitStatus:
    """Holds files and the chain's own countersignatures against each other and its history.

    Args:
        session: the command's session.
        files: countersignatures, beside those that the chain has.

    Raises:
        CharterError: what reading the history and `read_files` raise.
    """
    trust, asked = session.trust, _asking(session)
    read = read_files(files, trust, asked)
    # Logs of countersignatures are not of record: an endpoint could invent some.
    published = tuple(
        each for each in session.follower.countersignatures if is_genuine(each, trust, asked)
    )
    numbers = session.state.swarm.accounts
    sources = [*map(str, files), *("the chain" for _ in published)]
    signed = (*read, *published)
    genesis = genesis_head(trust.chain_id, trust.history)
    heads = heads_at(session.records, [each.length for each in signed], genesis)
    rows = [
        _row(source, each, numbers, _verdict(each, heads.get(each.length)))
        for source, each in zip(sources, signed, strict=True)
    ]
    # A stranger can sign whatever he likes.
    theirs = [each for each in signed if each.account in numbers]
    carried = believed(session.records, signed, trust.founders, genesis)
    told = {
        "history_length": session.follower.length,
        "history_head": to_hex(session.follower.head),
        "vouched_length": carried.length,
        "vouched_by": list(carried.institutions),
        "members": carried.members,
    }
    return _tell(session, rows, conflicts(theirs), told)


def hand_in(session: Session, files: Sequence[Path]) -> None:
    """Has the chain publish countersignatures; anybody may, not only who signed them.

    Args:
        session: the command's session.
        files: countersignatures; those that the chain has already are not sent.

    Raises:
        CharterError: what reading the history, `read_files` and sending raise.
    """
    read = read_files(files, session.trust, _asking(session))
    known = session.follower.countersignatures
    missing = [each for each in dict.fromkeys(read) if each not in known]
    sent = []
    if missing:
        signer = session.unlock(session.context.require("account"))
        with sending(session, signer) as sender:
            for each in missing:
                plan = f"Hand in the countersignature of {each.account} at length {each.length}."
                note(plan)
                data = call_data("History", "countersign", call_arguments(each))
                receipt = sender.send(Act(session.house.history, data, plan))
                sent.append(
                    {
                        "account": each.account,
                        "length": each.length,
                        "head": to_hex(each.head),
                        "transaction": receipt.hash,
                        "block": receipt.block,
                    }
                )
    else:
        note("The chain has them already; nothing is sent.")
    if session.json:
        emit_json("history-hand-in", {"already": not missing, "sent": sent})
    else:
        columns = ("account", "length", "head", "transaction", "block")
        rows = ([row[column] for column in columns] for row in sent)
        table(columns, rows, empty="Nothing was sent.")


def _asking(session: Session) -> Callable[[Countersigned], bool]:
    """What asks the chain: a contract account says itself whether it takes a signature."""

    def asked(signed: Countersigned) -> bool:
        data = call_data("History", "countersign", call_arguments(signed))
        try:
            eth_call(session.rpc, session.trust.history, data)
        except RpcError:
            return False
        return True

    return asked


def _verdict(signed: Countersigned, own: bytes | None) -> str:
    if own is None:
        return BEYOND
    return FITS if own == signed.head else CONTRADICTS


def _row(
    source: str, signed: Countersigned, numbers: Mapping[str, int], verdict: str
) -> dict[str, Any]:
    return {
        "source": source,
        "institution": numbers.get(signed.account),
        "account": signed.account,
        "length": signed.length,
        "head": to_hex(signed.head),
        "history": verdict,
    }


def _tell(
    session: Session,
    rows: Sequence[dict[str, Any]],
    found: Sequence[Conflict],
    told: Mapping[str, Any],
) -> ExitStatus:
    contradicted = [
        row
        for row in rows
        if row["institution"] is not None and row["history"] in {CONTRADICTS, BEYOND}
    ]
    if session.json:
        listed = [
            {
                "length": each.length,
                "heads": [
                    {"head": to_hex(head), "accounts": list(accounts)}
                    for head, accounts in each.heads.items()
                ],
            }
            for each in found
        ]
        shown = {"countersignatures": list(rows), "conflicts": listed}
        emit_json("history-countersignatures", shown | dict(told))
    else:
        table(
            ["from", "institution", "account", "length", "head", "this history"],
            (list(row.values()) for row in rows),
            empty="There is no countersignature.",
        )
        if told:
            show(told)
        for conflict in found:
            heads = "; ".join(
                f"{to_hex(head)} by {', '.join(accounts)}"
                for head, accounts in conflict.heads.items()
            )
            print(f"Rewritten: different heads were signed for length {conflict.length}: {heads}.")
        for row in contradicted:
            what = (
                "this history ends before that"
                if row["history"] == BEYOND
                else "this history has another head there"
            )
            print(
                f"Contradicted: institution {row['institution']} signed {row['head']} at length "
                f"{row['length']}, and {what}."
            )
    return ExitStatus.FINDINGS if found or contradicted else ExitStatus.DONE
