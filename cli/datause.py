"""`charter study datause`: a study's purpose against the conditions on an institution's data."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from cli.options import EXISTING_FILE, Invocation, common
from cli.output import emit_json, printable, table
from cli.session import Session
from cli.studies import verified
from cli.values import NUMBER
from governance.errors import ExitStatus

if TYPE_CHECKING:
    from pathlib import Path

    from governance.terms import Terms
    from governance.terms.datause import Overall

_SAID = {"permit": "permit", "needs_person": "needs a person", "deny": "deny"}


@click.command()
@click.argument("study", type=NUMBER, required=False)
@click.option("--version", type=NUMBER, help="Which version of the terms.")
@click.option("--terms", type=EXISTING_FILE, help="Terms in YAML, instead of a study on the chain.")
@click.option(
    "--conditions",
    type=EXISTING_FILE,
    multiple=True,
    required=True,
    help="The conditions on a data set, in YAML or JSON; repeatable.",
)
@click.option(
    "--ontology",
    type=EXISTING_FILE,
    help="Table of diseases, CSV or TSV: child, parent.  [default: a small one on heart diseases]",
)
@common
def datause(
    invocation: Invocation,
    *,
    study: int | None,
    version: int | None,
    terms: Path | None,
    conditions: tuple[Path, ...],
    ontology: Path | None,
) -> int:
    """Hold the STUDY's purpose against the conditions on your data.

    Meant is the version of the terms that is pending, otherwise the one in force. The conditions
    stay home; nothing is sent. What cannot be decided by machine is left to a
    person, with the question to ask. Exit status 0: all is permitted; 1: something is denied or
    needs a person; 2: wrong usage.
    """
    from governance.terms import datause as use  # noqa: PLC0415 - loads pydantic

    if terms is not None and (study or version):
        raise click.UsageError("Give either --terms or a study on the chain, not both.")
    # What is at hand is read first: a mistake in it is told without asking the chain.
    told = [use.load_conditions(path) for path in conditions]
    known = use.load_ontology(ontology) if ontology else use.shipped_ontology()
    session = Session(invocation)
    found = _terms(session, study, version, terms)
    purpose = use.Purpose.of(found, on=datetime.now(UTC).date())
    overall = use.combine(use.decide(purpose, each, known) for each in told)
    if session.json:
        basis = {"title": purpose.title, "terms_digest": purpose.terms_digest}
        emit_json("study-datause", basis | overall.as_json())
    else:
        _show(overall, purpose.title)
    permitted = overall.decision is use.Decision.PERMIT
    return int(ExitStatus.DONE if permitted else ExitStatus.FINDINGS)


def _terms(session: Session, study: int | None, version: int | None, file: Path | None) -> Terms:
    from governance.terms import load_terms  # noqa: PLC0415 - loads pydantic

    if file is not None:
        return load_terms(file)
    found = session.study(study)
    return verified(found.version(version or found.pending or found.in_force))


def _show(overall: Overall, title: str) -> None:
    for verdict in overall.verdicts:
        print(f"{printable(verdict.dataset)}: {_SAID[verdict.decision]}")
        table(
            ["condition", "what it asks", "the study", "decision", "why"],
            (
                [
                    step.condition,
                    step.label,
                    step.outcome.study,
                    _SAID[step.outcome.decision],
                    f"{step.outcome.reason} [{step.outcome.code}]",
                ]
                for step in verdict.steps
            ),
        )
        for step in verdict.open_steps:
            if step.outcome.question:
                print(f"  Ask [{step.asked}]: {printable(step.outcome.question)}")
        print()
    print(f"Decision for '{printable(title)}': {_SAID[overall.decision]}.")
