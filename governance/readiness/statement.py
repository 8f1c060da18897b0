"""An institution's statement of readiness; the document stays home, its digest goes on chain."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import rfc8785

from governance.errors import CharterError
from governance.primitives import HexInvalid, from_hex, sha256, to_hex

if TYPE_CHECKING:
    from collections.abc import Iterator

    from governance.terms import Terms

READINESS_SCHEME = "swarm-charter/readiness/1"

_UNIT = re.compile(r"0(\.[0-9]{0,5}[1-9])?|1")
_DIGEST_BYTES = 32
_LONGEST_EXPOSURE = 4_000


class ReadinessInvalid(CharterError):
    """A statement of readiness does not meet the terms, or contradicts itself."""

    code = "ReadinessInvalid"


@dataclass(frozen=True, slots=True)
class AgreementReached:
    """The agreement that the annotators reached; `value` is decimal text from 0 to 1."""

    metric: str
    value: str


@dataclass(frozen=True, slots=True)
class ConsentCounts:
    """Of how many patients the institution has a decision, and how many of them permit the use."""

    asked: int
    permitting: int


@dataclass(frozen=True, slots=True)
class Statement:
    """What an institution states.

    `terms_digest` binds it to one version of the terms; `exposure` is the institution's own word
    on what else the data were used for, such as training another model.
    """

    institution: int
    terms_digest: bytes
    schema_digest: bytes
    agreement: AgreementReached | None
    consent: ConsentCounts | None
    exposure: str

    def canonical(self) -> bytes:
        """Return the RFC 8785 JSON of the statement."""
        return rfc8785.dumps(
            {
                "scheme": READINESS_SCHEME,
                "institution": self.institution,
                "terms_digest": to_hex(self.terms_digest),
                "schema_digest": to_hex(self.schema_digest),
                "agreement": asdict(self.agreement) if self.agreement else None,
                "consent": asdict(self.consent) if self.consent else None,
                "exposure": self.exposure,
            }
        )

    def digest(self) -> bytes:
        """Return the SHA-256 of the canonical form, which the institution signs with the terms."""
        return sha256(self.canonical())


def statement(
    terms: Terms,
    institution: int,
    *,
    schema_digest: bytes,
    agreement: AgreementReached | None,
    consent: ConsentCounts | None,
    exposure: str,
) -> Statement:
    """State that an institution's data meet the terms.

    Args:
        terms: The version of the terms to be signed.
        institution: The institution's number.
        schema_digest: SHA-256 of the schema that its data follow.
        agreement: What its annotators reached; None where the terms ask for none.
        consent: Counts of its patients' decisions; None where the terms ask for no commitment.
        exposure: What else the data were used for, in the institution's own words.

    Raises:
        ReadinessInvalid: the statement does not meet the terms, or contradicts itself.
    """
    # Importing the terms costs what pydantic costs, which reading a statement need not.
    from governance.terms import digest  # noqa: PLC0415

    made = Statement(institution, digest(terms), schema_digest, agreement, consent, exposure)
    for problem in (*_contradictions(made), *_shortfalls(made, terms)):
        raise ReadinessInvalid(
            f"The data are not ready for the study: {problem}.",
            "Sign when the data meet the terms; until then decline, or ask for other terms.",
        )
    return made


def statement_from_canonical(data: bytes) -> Statement:
    """Read a statement from its canonical bytes.

    Raises:
        ReadinessInvalid: they are no statement in canonical form.
    """
    try:
        plain: dict[str, Any] = json.loads(data)
        agreement, consent = plain["agreement"], plain["consent"]
        made = Statement(
            institution=_count(plain["institution"]),
            terms_digest=from_hex(plain["terms_digest"], _DIGEST_BYTES),
            schema_digest=from_hex(plain["schema_digest"], _DIGEST_BYTES),
            agreement=agreement
            and AgreementReached(_text(agreement["metric"]), _text(agreement["value"])),
            consent=consent
            and ConsentCounts(_count(consent["asked"]), _count(consent["permitting"])),
            exposure=_text(plain["exposure"]),
        )
        sound = made.canonical() == data and not list(_contradictions(made))
    except (ValueError, KeyError, TypeError, HexInvalid, RecursionError):
        sound = False
    if not sound:
        raise ReadinessInvalid(
            "These bytes are no statement of readiness in canonical form.",
            "Give the file that was written when the terms were signed.",
        )
    return made


def _contradictions(made: Statement) -> Iterator[str]:
    if made.institution < 1:
        yield "institutions are counted from 1"
    if len(made.schema_digest) != _DIGEST_BYTES:
        yield "the schema's digest has not 32 bytes"
    agreement, consent = made.agreement, made.consent
    if agreement and not _UNIT.fullmatch(agreement.value):
        yield "an agreement is a decimal from 0 to 1, without needless zeros"
    if consent and not 0 <= consent.permitting <= consent.asked:
        yield "more patients permit the use than were asked, or fewer than none"
    if not 0 < len(made.exposure) <= _LONGEST_EXPOSURE:
        yield f"the exposure is to be told in 1 to {_LONGEST_EXPOSURE} characters"


def _shortfalls(made: Statement, terms: Terms) -> Iterator[str]:
    if to_hex(made.schema_digest) != terms.data.schema_digest:
        yield "the data follow another schema than the terms name"
    required = terms.annotation and terms.annotation.agreement
    if bool(required) != bool(made.agreement):
        yield f"the terms ask for {'an' if required else 'no'} agreement of the annotators"
    if required and made.agreement:
        if made.agreement.metric != required.metric:
            yield f"the terms measure agreement by {required.metric}"
        elif _millionths(made.agreement.value) < _millionths(required.minimum):
            yield f"the agreement of {made.agreement.value} is below {required.minimum}"
    asked = terms.consent.max_age is not None
    if asked != bool(made.consent):
        yield f"the terms ask for {'a' if asked else 'no'} consent commitment"
    if made.consent and not made.consent.permitting:
        yield "no patient permits the use"


def _millionths(value: str) -> int:
    whole, _, fraction = value.partition(".")
    return int(whole) * 1_000_000 + int(fraction.ljust(6, "0"))


def _count(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value
