"""A statement of readiness against the terms: does it pass, and if not, why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from governance.errors import CharterError, ExitStatus
from governance.primitives import to_hex
from governance.readiness.statement import ReadinessInvalid, Verdict, statement_from_canonical

if TYPE_CHECKING:
    from collections.abc import Iterator

    from governance.readiness.statement import AgreementReached, Statement, Table
    from governance.terms import Terms


class NotReady(CharterError):
    """The data of an institution do not meet the terms of a study."""

    code = "NotReady"
    exit_status = ExitStatus.REFUSED

    def __init__(self, problems: tuple[str, ...]) -> None:
        self.problems = problems
        super().__init__(
            f"The data are not ready for the study: {'; '.join(problems)}.",
            "Sign when the data meet the terms; until then decline, or ask for other terms.",
        )


def shortfalls(made: Statement, terms: Terms) -> tuple[str, ...]:
    """Return what keeps a statement from passing, in words; nothing where it passes.

    An endpoint that did not answer keeps nobody from signing, and is not called safe either: the
    statement says `unknown` of it.
    """
    # Importing the terms costs what pydantic costs, which reading a statement need not.
    from governance.terms import digest  # noqa: PLC0415

    def found() -> Iterator[str]:
        if made.terms_digest != digest(terms):
            yield "the statement is about other terms, or another version of them"
        yield from _in_table(made.data, terms)
        yield from _in_agreement(made.agreement, terms)
        if terms.consent.max_age is not None and made.consent is None:
            yield "the terms ask for a consent commitment, and no counts are given"
        if made.consent and not made.consent.permitting:
            yield "no patient permits the use"
        for asked in made.exposure:
            if asked.verdict is Verdict.OPEN:
                yield f"{asked.target} is open to anybody who asks from {asked.vantage}"

    return tuple(found())


def require_passing(data: bytes, terms: Terms, institution: int) -> Statement:
    """Read a statement that an institution is about to sign, and refuse one that does not pass.

    Args:
        data: The statement's canonical bytes.
        terms: The version of the terms to be signed.
        institution: The number of who signs.

    Raises:
        ReadinessInvalid: they are no statement, or one of another institution.
        NotReady: it does not meet the terms.
    """
    made = statement_from_canonical(data)
    if made.institution != institution:
        raise ReadinessInvalid(
            f"The statement of readiness is that of institution {made.institution}, and "
            f"institution {institution} signs.",
            "Give your own, as `charter readiness check` wrote it.",
        )
    problems = shortfalls(made, terms)
    if problems:
        raise NotReady(problems)
    return made


def _in_table(table: Table, terms: Terms) -> Iterator[str]:
    if to_hex(table.schema_digest) != terms.data.schema_digest:
        yield "the data were held against another schema than the terms name"
    if not table.rows:
        yield "there is no record"
    if table.faulty:
        columns = ", ".join(column.name for column in table.columns if column.faulty)
        where = f", in {columns}" if columns else ""
        yield f"{table.faulty} of {table.rows} rows break the schema{where}"
    for name in table.unlike:
        yield f"the unit of {name} is not stated, or not the schema's"


def _in_agreement(reached: AgreementReached | None, terms: Terms) -> Iterator[str]:
    required = terms.annotation and terms.annotation.agreement
    if not required:
        return
    if reached is None:
        yield f"the terms ask for the annotators' agreement by {required.metric}"
    elif reached.metric != required.metric:
        yield f"the terms measure agreement by {required.metric}, not by {reached.metric}"
    elif reached.value is None:
        yield f"the labels give no value of {required.metric}"
    elif _millionths(reached.value) < _millionths(required.minimum):
        yield f"the agreement of {reached.value} is below {required.minimum}"


def _millionths(value: str) -> int:
    sign = -1 if value.startswith("-") else 1
    whole, _, fraction = value.removeprefix("-").partition(".")
    return sign * (int(whole) * 1_000_000 + int(fraction.ljust(6, "0")))
