"""`charter audit`: the whole history, proven, looked through and told."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal

import click

from cli.connection import connect, newest, reaching
from cli.files import READABLE_BY_ALL
from cli.options import ANY_FILE, EXISTING_DOCUMENT, EXISTING_FILE, Invocation, common, common_as
from cli.output import emit, emit_json, note, show, table
from cli.present import names, when
from cli.progress import progress_to
from cli.proving import prove_event, verify_event
from cli.session import Session
from cli.values import ADDRESS, INSTANT
from governance.errors import CharterError, ExitStatus

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from governance.audit import Report
    from governance.chain.house import Trust
    from governance.chain.rpc import Chain
    from governance.terms import Charter


@click.group()
def command() -> None:
    """The audit: collect evidence, verify it anywhere, report what it shows."""


def _bundled(function: Callable[..., Any]) -> Callable[..., Any]:
    """Gives a command the bundle to verify and what to hold it against."""
    for option in (
        click.option(
            "--charter", type=EXISTING_DOCUMENT, help="The charter in force, to hold terms against."
        ),
        click.option(
            "--not-before",
            type=INSTANT,
            metavar="DATE",
            help="Refuse evidence that ends before this date or time (UTC).",
        ),
        click.option(
            "--trust", type=EXISTING_DOCUMENT, help="The trust file, instead of the context's."
        ),
        click.argument("evidence", type=EXISTING_FILE),
    ):
        function = option(function)
    return function


@command.command()
@click.option("--trust", type=EXISTING_DOCUMENT, help="The trust file, instead of the context's.")
@reaching
@click.option(
    "--countersignature",
    "countersignatures",
    type=EXISTING_FILE,
    multiple=True,
    help="A countersignature handed over as a file; repeatable.",
)
@click.option(
    "--evidence-log",
    "logs",
    type=EXISTING_FILE,
    multiple=True,
    help="A gate's evidence log, to go into the bundle; repeatable.",
)
@click.option(
    "--output", "-o", type=ANY_FILE, default="evidence.zip", show_default=True, help="The bundle."
)
@common
def collect(
    invocation: Invocation,
    *,
    trust: Path | None,
    endpoints: tuple[str, ...],
    ca: Path | None,
    token_file: Path | None,
    countersignatures: tuple[Path, ...],
    logs: tuple[Path, ...],
    output: Path,
) -> int:
    """Collect everything that proves the history into one file.

    The endpoints need not be trusted: what does not prove itself is not taken, and the endpoint is
    named. What was read stays beside the bundle until it is whole, so that a collection that was
    broken off goes on where it was.
    """
    from governance.audit.collect import Order  # noqa: PLC0415 - not for what only shows its help
    from governance.audit.collect import collect as collected  # noqa: PLC0415
    from governance.audit.countersigning import read_files  # noqa: PLC0415
    from governance.audit.partial import Partial  # noqa: PLC0415
    from governance.audit.testimony import read_log  # noqa: PLC0415
    from governance.chain.files import write_atomically  # noqa: PLC0415

    session = Session(invocation)
    with _unverifiable():
        anchor = _trust(session, trust)
        written = Partial(output.with_name(f"{output.name}.part"), anchor)
        given = [_plain(path).read_bytes() for path in logs]
        for path, log in zip(logs, given, strict=True):
            read_log(log, path.name)
        with (
            _chain(session, endpoints, ca, token_file) as rpc,
            progress_to("Collecting the history") as progress,
        ):
            order = Order(anchor, read_files(countersignatures, anchor), written, progress)
            found = collected(rpc, order, given)
        data = found.bundle.to_bytes()
        write_atomically(output, data, READABLE_BY_ALL)
        written.remove()
    for fault in found.faults:
        note(f"{fault.sentence} Nothing of it was used.")
    for endpoint, number in found.behind:
        note(f"{endpoint} is behind: its newest block is {number}.")
    length = len(found.bundle.records)
    if length < found.read:
        note(
            f"NO SEALS: the {found.read - length} events after number {length} are not "
            "countersigned by more than two thirds of the members, prove nothing, and were left "
            "out."
        )
    told: dict[str, Any] = {
        "bundle": str(output),
        "bytes": len(data),
        "events": length,
        "left_out": found.read - length,
        "block": found.block,
        "proven_until": found.time,
        "basis": "seals" if found.bundle.seal else "countersignatures",
        "countersignatures": len(found.bundle.countersignatures),
        "evidence_logs": len(found.bundle.logs),
    }
    if session.json:
        told["endpoints_refused"] = [fault.as_json() for fault in found.faults]
        told["endpoints_behind"] = [
            {"endpoint": endpoint, "block": number} for endpoint, number in found.behind
        ]
    emit("audit-collect", told, as_json=session.json)
    return int(ExitStatus.DONE)


@command.command()
@_bundled
@common
def verify(
    invocation: Invocation,
    *,
    evidence: Path,
    trust: Path | None,
    not_before: int | None,
    charter: Path | None,
) -> int:
    """Verify an evidence bundle, believing nobody and asking no network.

    Exit status 0: verified and clean; 1: verified, with findings; 2: wrong usage; 3: not
    verifiable, with a sentence that says what does not fit.
    """
    session = Session(invocation)
    report = _verified(session, evidence, trust, not_before, charter)
    if session.json:
        emit_json("audit-verify", report.as_json())
    else:
        _show(report)
    return int(report.exit_status)


@command.command()
@_bundled
@click.option(
    "--output", "-o", type=ANY_FILE, metavar="FILE", help="Where it goes.  [default: report.…]"
)
@click.option(
    "--language",
    type=click.Choice(["en", "de"]),
    default="en",
    show_default=True,
    help="Of the page.",
)
@click.option(
    "--for",
    "account",
    type=ADDRESS,
    help="Of one institution's participation alone; an account that speaks or spoke for it.",
)
@common_as("html", "json", "csv")
def report(
    invocation: Invocation,
    *,
    evidence: Path,
    trust: Path | None,
    not_before: int | None,
    charter: Path | None,
    output: Path | None,
    form: str,
    language: Literal["en", "de"],
    account: str | None,
) -> int:
    """Verify an evidence bundle and write what it shows, for people to read.

    As a page to read and print, as plain data, or as a table of who did what when. Exit status as
    `verify`; what cannot be verified is not reported.
    """
    from pathlib import Path  # noqa: PLC0415 - not for what only shows its help

    from governance.audit.page import as_csv, render  # noqa: PLC0415
    from governance.chain.files import write_atomically  # noqa: PLC0415

    if account is not None and form == "json":
        raise click.UsageError("--for says something only of the page and the table.")
    session = Session(invocation)
    verified = _verified(session, evidence, trust, not_before, charter)
    if form == "json":
        text = json.dumps(verified.as_json(), indent=2) + "\n"
    elif form == "csv":
        text = as_csv(verified, account)
    else:
        text = render(verified, language, account)
    place = output or Path(f"report.{form}")
    with _unverifiable():
        write_atomically(place, text, READABLE_BY_ALL)
    note(f"Wrote {place}.")
    return int(verified.exit_status)


@command.command()
@click.option("--trust", type=EXISTING_DOCUMENT, help="The trust file, instead of the context's.")
@reaching
@click.option(
    "--charter", type=EXISTING_DOCUMENT, help="The charter in force, to hold terms against."
)
@click.option(
    "--evidence-log",
    "logs",
    type=EXISTING_FILE,
    multiple=True,
    help="A gate's evidence log; repeatable.",
)
@click.option("--html", type=ANY_FILE, help="Write the report as a page too.")
@common
def live(
    invocation: Invocation,
    *,
    trust: Path | None,
    endpoints: tuple[str, ...],
    ca: Path | None,
    token_file: Path | None,
    charter: Path | None,
    logs: tuple[Path, ...],
    html: Path | None,
) -> int:
    """Look through the history of a running chain now, without a bundle.

    On a chain without seals this believes its endpoint for the head; `collect` and `verify` do not.
    Exit status as `verify`.
    """
    from governance.audit import audit  # noqa: PLC0415 - not for what only shows its help
    from governance.audit.page import render  # noqa: PLC0415
    from governance.audit.testimony import read_log  # noqa: PLC0415
    from governance.chain.files import write_atomically  # noqa: PLC0415

    session = Session(invocation)
    with _unverifiable():
        anchor = _trust(session, trust)
        document = _charter(charter)
        with (
            _chain(session, endpoints, ca, token_file) as rpc,
            progress_to("Reading the history", newest(rpc)) as progress,
        ):
            report = audit(
                rpc,
                anchor,
                charter=document,
                logs=[read_log(_plain(path).read_bytes(), path.name) for path in logs],
                progress=progress,
            )
        _require_charter(charter, report)
        if html is not None:
            write_atomically(html, render(report), READABLE_BY_ALL)
            note(f"Wrote {html}.")
    if session.json:
        emit_json("audit-live", report.as_json())
    else:
        _show(report)
    return int(report.exit_status)


# --- what they share ------------------------------------------------------------------------------


@contextmanager
def _unverifiable() -> Iterator[None]:
    """Has whatever is no wrong usage end as `not verifiable`: an audit ends in four ways alone."""
    try:
        yield
    except CharterError as error:
        if error.exit_status is not ExitStatus.USAGE:
            error.exit_status = ExitStatus.UNVERIFIABLE
        raise
    except OSError as error:
        from cli.errors import FileUnusable  # noqa: PLC0415 - only where one is

        failed = FileUnusable(error)
        failed.exit_status = ExitStatus.UNVERIFIABLE
        raise failed from None


def _plain(path: Path) -> Path:
    """The file, which is none that never ends or never begins, nor larger than evidence can be."""
    from governance.audit.bundle.archive import LARGEST  # noqa: PLC0415 - not for --help alone

    if not path.is_file():
        raise click.BadParameter(f"'{path}' is no plain file.")
    if path.stat().st_size > LARGEST:
        raise click.BadParameter(f"'{path}' is larger than {LARGEST // 2**30} GiB.")
    return path


def _trust(session: Session, path: Path | None) -> Trust:
    from governance.chain.house import Trust  # noqa: PLC0415 - not for what only shows its help

    return Trust.load(path) if path else session.trust


def _chain(
    session: Session, endpoints: tuple[str, ...], ca: Path | None, token_file: Path | None
) -> Chain:
    return connect(endpoints, ca, token_file) if endpoints else session.rpc


def _verified(
    session: Session,
    evidence: Path,
    trust: Path | None,
    not_before: int | None,
    charter: Path | None,
) -> Report:
    from governance.audit.verify import verify as verified  # noqa: PLC0415 - not for --help alone

    with _unverifiable():
        report = verified(
            _plain(evidence).read_bytes(),
            _trust(session, trust),
            not_before=not_before,
            charter=_charter(charter),
        )
        _require_charter(charter, report)
    return report


def _charter(path: Path | None) -> Charter | None:
    from governance.terms import load_charter  # noqa: PLC0415 - loads pydantic

    return load_charter(path) if path else None


def _require_charter(path: Path | None, report: Report) -> None:
    from cli.errors import CharterForeign  # noqa: PLC0415 - only where one is given
    from governance.primitives import sha256, to_hex  # noqa: PLC0415

    if path is not None and sha256(path.read_bytes()) != report.state.swarm.charter:
        raise CharterForeign(path, to_hex(report.state.swarm.charter))


_BASIS = {
    "seals": "Proven by its validators' seals",
    "countersignatures": "NO SEALS: proven by the institutions' countersignatures alone",
    "endpoint": "NOT PROVEN: the head is what an endpoint says it is",
}


_CHARTER = {
    True: "given: terms were held against what it prohibits",
    False: "not given: terms were not held against what it prohibits (--charter)",
}


def _show(report: Report) -> None:
    from governance.primitives import to_hex  # noqa: PLC0415 - not for what only shows its help

    vouched, state, proof = report.vouching, report.state, report.proof
    print(
        f"{_BASIS[proof.basis.value]}, up to block {report.block}, {when(report.time)}: "
        f"{report.length} events."
    )
    carried = (
        f"{vouched.length} of {report.length} events, by {len(vouched.institutions)} of "
        f"{vouched.members} members"
    )
    show(
        {
            "chain": report.chain_id,
            "history": report.history,
            "head": to_hex(report.head),
            "sealed": f"{len(proof.sealers)} of {proof.validators} validators, block {proof.header}"
            if proof.header
            else None,
            "countersigned": carried if vouched.length else "nothing by more than two thirds",
            "charter": _CHARTER[report.charter_given],
            "members": names(state, tuple(each.number for each in state.swarm.members())),
            "studies": len(state.studies),
            "final checkpoints": sum(len(each.finals) for each in state.studies.values()),
            "refusals": len(report.refusals),
        }
    )
    table(
        ["severity", "finding", "where", "what", "ask next"],
        (
            [each.severity.value, each.id, each.subject, each.detail, each.ask_next]
            for each in report.findings
        ),
        empty="Nothing was found.",
    )


command.add_command(prove_event)
command.add_command(verify_event)
