"""How a consortium chain stands, seen from each validator of this machine."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from cli.output import emit_json, note, table
from cli.session import Session
from deploy.network import process
from deploy.network.card import Card
from deploy.network.health import Finding, Level, findings
from deploy.network.observe import observe
from deploy.network.process import Status
from deploy.network.sync import require_same_chain
from governance.errors import CharterError, ExitStatus

if TYPE_CHECKING:
    from cli.options import Invocation
    from deploy.network.folder import ValidatorFolder
    from deploy.network.health import Observation
    from governance.chain.rpc import Rpc

_STATUS = {
    Level.OK: ExitStatus.DONE,
    Level.WARNING: ExitStatus.FINDINGS,
    Level.CRITICAL: ExitStatus.CHAIN,
}
_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class View:
    """One validator: its process, what it sees, and what is not as it should be."""

    folder: ValidatorFolder
    status: Status
    seen: Observation | None
    findings: tuple[Finding, ...]

    @property
    def level(self) -> Level:
        """How bad it is."""
        return self.findings[0].level if self.findings else Level.OK


def look(invocation: Invocation, folder: ValidatorFolder) -> View:
    """Looks at the chain from a validator of this machine.

    Raises:
        NetworkNotAssembled: there is no network in the folder.
    """
    assembled = folder.assembled()
    found = Status("unknown", assembled.endpoint)
    try:
        found = process.status(folder)
        if found.phase != "running":
            return View(folder, found, None, (_away(found),))
        with assembled.rpc(_SECONDS) as rpc:
            seen = observe(
                rpc,
                Card.load(folder.card_file).validator,
                folder.data,
                started_at=found.since,
                wanted=_wanted(invocation, rpc),
            )
    except CharterError as error:
        said = Finding("NotAnswering", Level.CRITICAL, f"{error.message} {error.remedy}")
        return View(folder, found, None, (said,))
    return View(folder, found, seen, tuple(findings(seen)))


def _away(found: Status) -> Finding:
    if found.phase != "starting":
        text = f"The validator does not run ({found.phase}). Start it with `charter network up`."
        return Finding("NotRunning", Level.CRITICAL, text)
    if not found.since:
        return Finding("Starting", Level.WARNING, "The validator is starting. Wait a minute.")
    text = "The validator runs and does not answer any more. Stop it, look into its log, start it."
    return Finding("NotAnswering", Level.CRITICAL, text)


def tell(invocation: Invocation, views: list[View]) -> None:
    """Writes how all of them stand, and ends the command with the status of the worst."""
    worst = max((view.level for view in views), key=list(Level).index)
    if invocation.json:
        emit_json("network-status", {"level": worst, "validators": [_row(view) for view in views]})
    else:
        rows = [_row(view) for view in views]
        columns = ("folder", "phase", "endpoint", "block", "age", "validators", "reached", "level")
        table(columns, [[row[column] for column in columns] for row in rows])
        told: set[str] = set()
        for finding in (each for view in views for each in view.findings):
            if finding.text not in told:
                note(f"{finding.code}: {finding.text}")
                told.add(finding.text)
    sys.stdout.flush()
    click.get_current_context().exit(_STATUS[worst])


def _row(view: View) -> dict[str, object]:
    seen = view.seen
    return {
        "folder": str(view.folder.path),
        "phase": view.status.phase,
        "endpoint": view.status.endpoint,
        "block": seen.block if seen else None,
        "age": round(seen.age) if seen else None,
        "round": seen.round if seen else None,
        "validators": len(seen.validators) if seen else None,
        "reached": len(seen.reached) if seen else None,
        "needed": seen.needed if seen else None,
        "waiting": seen.waiting if seen else None,
        "level": view.level,
        "findings": [
            {"code": each.code, "level": each.level, "text": each.text} for each in view.findings
        ],
    }


def _wanted(invocation: Invocation, rpc: Rpc) -> list[str] | None:
    """The validators that members have registered, where a context knows the chain's swarm."""
    session = Session(invocation)
    try:
        require_same_chain(rpc, session.rpc)
        swarm = session.state.swarm
    except CharterError:
        return None
    return [each.validator for each in swarm.members() if each.validator is not None] or None
