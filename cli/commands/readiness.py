"""`charter readiness`: whether an institution's data meet a study's terms, before it signs them."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import click

from cli.errors import ConsentCountsUnreadable, StatementTaken, UsageInvalid
from cli.options import ANY_DOCUMENT, EXISTING_DOCUMENT, EXISTING_FILE, Invocation, common
from cli.output import emit_json, note, table
from cli.output import show as show_facts
from cli.session import Session
from cli.studies import signable, verified
from cli.values import NUMBER
from governance.primitives import to_hex
from governance.readiness import (
    NotReady,
    ReadinessInvalid,
    keep,
    shortfalls,
    statement_from_canonical,
)

if TYPE_CHECKING:
    from pathlib import Path

    from governance.readiness import ConsentCounts, Statement
    from governance.readiness.check import Checked
    from governance.terms import Terms


@click.group()
def command() -> None:
    """Readiness of your data, before you sign a study's terms."""


@command.command()
@click.option("--study", type=NUMBER, help="The study, instead of the context's.")
@click.option("--version", type=NUMBER, help="Which version of the terms.")
@click.option("--terms", type=EXISTING_FILE, help="A terms file, instead of a study on the chain.")
@click.option("--institution", type=NUMBER, help="Your institution's number, with --terms.")
@click.option(
    "--data", type=EXISTING_FILE, required=True, help="Your data, CSV or NDJSON; they stay home."
)
@click.option(
    "--schema", type=EXISTING_DOCUMENT, required=True, help="The JSON Schema that the terms name."
)
@click.option(
    "--labels", type=EXISTING_FILE, help="The annotators' labels: record, annotator, label."
)
@click.option(
    "--consent", type=EXISTING_DOCUMENT, help="JSON with the counts of consent: asked, permitting."
)
@click.option("--config", type=EXISTING_DOCUMENT, help="Your endpoints, units and the rest: YAML.")
@click.option(
    "--faults",
    type=click.IntRange(min=0, max=10_000),
    default=20,
    show_default=True,
    help="How many faults of rows are told one by one.",
)
@click.option(
    "--out", "-o", type=ANY_DOCUMENT, required=True, help="Where the statement is written; keep it."
)
@common
def check(
    invocation: Invocation,
    *,
    study: int | None,
    version: int | None,
    terms: Path | None,
    institution: int | None,
    data: Path,
    schema: Path,
    labels: Path | None,
    consent: Path | None,
    config: Path | None,
    faults: int,
    out: Path,
) -> None:
    """Check whether your data meet the terms, and write the statement that you sign.

    Rows are held against the schema, annotators against each other; the endpoints in your
    configuration are asked for data without credentials, each once. The statement stays home; its
    digest goes on chain with `charter study sign --readiness`. A check that is not passed ends with
    exit status 4.
    """
    from governance.readiness.check import check as check_all  # noqa: PLC0415 - loads pydantic
    from governance.readiness.config import load_config  # noqa: PLC0415

    if (terms is None) != (institution is None) or (terms and (study or version)):
        raise click.UsageError("Give --terms with --institution, or a study on the chain.")
    if terms is not None and institution is not None:
        from governance.terms import load_terms  # noqa: PLC0415

        asked, number = load_terms(terms), institution
    else:
        session = Session(invocation)
        number, found = session.me().number, session.study(study)
        asked = verified(signable(found, number, version))
    _refuse_taken(out, asked)
    said = load_config(config) if config else None
    checked = check_all(
        asked,
        number,
        data=data,
        schema=schema,
        now=int(time.time()),
        labels=labels,
        consent=_counts(consent, asked) if consent else None,
        config=said,
        told=faults,
    )
    keep(checked.statement, out)
    note(f"Wrote {out}, which stays home.")
    _tell(checked, out, as_json=invocation.json)
    if checked.shortfalls:
        raise NotReady(checked.shortfalls)


def _refuse_taken(out: Path, terms: Terms) -> None:
    """Refuses to write over anything but a statement about the same terms that does not pass."""
    from governance.terms import digest  # noqa: PLC0415 - loads pydantic

    if not out.exists():
        return
    try:
        there = statement_from_canonical(out.read_bytes())
    except ReadinessInvalid:
        raise StatementTaken(out) from None
    if there.terms_digest != digest(terms) or not shortfalls(there, terms):
        raise StatementTaken(out)


def _counts(path: Path, asked: Terms) -> ConsentCounts:
    from governance.readiness.config import counts  # noqa: PLC0415
    from governance.terms import digest  # noqa: PLC0415 - loads pydantic

    try:
        plain = json.loads(path.read_bytes())
        counted = counts(plain)
    except (ValueError, RecursionError):
        raise ConsentCountsUnreadable(path) from None
    # What `charter consent` counts says for which terms.
    if plain.get("terms_digest", to_hex(digest(asked))) != to_hex(digest(asked)):
        raise UsageInvalid(
            "The counts of consent were made for other terms, or another version of them.",
            "Make them for these with `charter consent commit --format json`.",
        )
    return counted


def _tell(checked: Checked, out: Path, *, as_json: bool) -> None:
    made = checked.statement
    if as_json:
        faults = [{"row": f.row, "column": f.column, "rule": f.rule} for f in checked.faults]
        told = {
            "passes": not checked.shortfalls,
            "shortfalls": list(checked.shortfalls),
            "readiness": str(out),
            "digest": to_hex(made.digest()),
            "faults": faults,
            "statement": made.as_json(),
        }
        emit_json("readiness-check", told)
        return
    show_facts(
        {
            "passes": not checked.shortfalls,
            "institution": made.institution,
            "rows": made.data.rows,
            "faulty_rows": made.data.faulty,
            "foreign_columns": made.data.foreign,
            "agreement": _agreement(made),
            "consent": made.consent
            and f"{made.consent.permitting} of {made.consent.asked} permit the use",
            "prior_use": made.prior_use,
            "readiness": out,
            "digest": to_hex(made.digest()),
        }
    )
    table(
        ["column", "unit", "missing", "faulty"],
        ([each.name, each.unit, each.missing, each.faulty] for each in made.data.columns),
    )
    if checked.faults:
        table(["row", "column", "what"], ([f.row, f.column, f.rule] for f in checked.faults))
    table(
        ["endpoint", "asked from", "verdict", "why"],
        ([each.target, each.vantage, each.verdict, each.reason] for each in made.exposure),
        empty="No endpoint was asked, for none is named; nothing is known of what stands open.",
    )
    if checked.shortfalls:
        table(["what keeps you from signing"], ([each] for each in checked.shortfalls))


def _agreement(made: Statement) -> Any:
    reached = made.agreement
    if reached is None:
        return None
    value = "has no value" if reached.value is None else reached.value
    if reached.source == "stated":
        return f"{reached.metric} {value}, which you state; it is not computed here"
    return (
        f"{reached.metric} {value}, computed from {reached.records} records with two labels or "
        f"more, by {reached.annotators} annotators"
    )
