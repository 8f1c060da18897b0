"""`charter audit`: the whole history, verified and looked through."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cli.connection import connect, reaching
from cli.errors import CharterForeign
from cli.options import ANY_PATH, EXISTING_FILE, Invocation, common
from cli.output import emit_json, note, show, table
from cli.present import names, when
from cli.progress import progress_to
from cli.proving import prove_event, verify_event
from cli.session import Session
from governance.audit import Refusal, Report, audit
from governance.audit.page import render
from governance.chain.house import Trust
from governance.chain.queries import head
from governance.errors import CharterError, ExitStatus
from governance.gate import EvidenceReader
from governance.primitives import sha256, to_hex
from governance.terms import load_charter

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@click.group(invoke_without_command=True)
@click.option("--trust", type=EXISTING_FILE, help="The trust file, instead of the context's.")
@reaching
@click.option("--charter", type=EXISTING_FILE, help="The charter in force, to hold terms against.")
@click.option(
    "--evidence", type=EXISTING_FILE, multiple=True, help="A gate's evidence log; repeatable."
)
@click.option("--html", type=ANY_PATH, help="Write the report as a page too.")
@common
def command(
    invocation: Invocation,
    *,
    trust: Path | None,
    endpoints: tuple[str, ...],
    ca: Path | None,
    token_file: Path | None,
    charter: Path | None,
    evidence: tuple[Path, ...],
    html: Path | None,
) -> int:
    """Verify the whole history and look for findings.

    With --trust and --endpoint no context is needed, so whoever is no member can run it. Exit
    status 0: verified and clean; 1: verified, with findings; 2: wrong usage; 3: not verifiable.
    """
    if click.get_current_context().invoked_subcommand is not None:
        return 0
    session = Session(invocation)
    try:
        anchor = Trust.load(trust) if trust else session.trust
        with (
            connect(endpoints, ca, token_file) if endpoints else session.rpc as rpc,
            progress_to("Reading the history", head(rpc).number) as progress,
        ):
            report = audit(
                rpc,
                anchor,
                charter=load_charter(charter) if charter else None,
                refusals=[refusal for path in evidence for refusal in _refusals(path)],
                progress=progress,
            )
        if charter is not None and sha256(charter.read_bytes()) != report.state.swarm.charter:
            raise CharterForeign(charter, to_hex(report.state.swarm.charter))
    except CharterError as error:
        if error.exit_status is not ExitStatus.USAGE:
            error.exit_status = ExitStatus.UNVERIFIABLE
        raise
    if html is not None:
        html.write_text(render(report), encoding="utf-8")
        note(f"Wrote {html}.")
    if session.json:
        emit_json("audit", report.as_json())
    else:
        _show(report)
    return int(report.exit_status)


command.add_command(prove_event)
command.add_command(verify_event)


def _refusals(evidence: Path) -> Iterator[Refusal]:
    for entry in EvidenceReader(evidence):
        if not entry.decision.accepted:
            envelope, decision = entry.envelope.envelope, entry.decision
            yield Refusal(
                study=envelope.study,
                round=envelope.round,
                node=decision.node,
                institution=decision.institution,
                reason=decision.reason.value,
                at=decision.at,
            )


def _show(report: Report) -> None:
    print(f"Proven up to block {report.block}, {when(report.time)}: {report.length} events.")
    vouched = report.vouching
    state = report.state
    carried = (
        f"{vouched.length} of {report.length} events, by {len(vouched.institutions)} of "
        f"{vouched.members} members"
    )
    show(
        {
            "chain": report.chain_id,
            "history": report.history,
            "head": to_hex(report.head),
            "countersigned": carried if vouched.length else "nothing by more than two thirds",
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
