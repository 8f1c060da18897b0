"""What the fields of terms must be to each other.

The rules take plain data that may still be wrong field by field, and say nothing where what they
compare is missing or malformed: so all mistakes of a document are found in one pass, and none is
told twice.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeAlias

from governance.terms import duo
from governance.vocabulary import BASIS_POINTS

if TYPE_CHECKING:
    from collections.abc import Iterator

Contradiction: TypeAlias = tuple[tuple[str | int, ...], str]
"""The field that is wrong, and a sentence part that says why."""

_PLAIN_PERCENT = re.compile(r"[0-9]{1,3}(\.[0-9]{1,2})?")
_PARTS = ("equal", "contributed", "patients", "weighted")


def contradictions(terms: Any) -> Iterator[Contradiction]:
    """Yield every rule that the terms break, as the field and the reason."""
    for rule in (_data_use, _ethics, _participants, _consent, _shares, _weights, _payees):
        yield from rule(terms)


def _data_use(terms: Any) -> Iterator[Contradiction]:
    permission = _text(terms, "data_use", "permission")
    diseases = _list(terms, "data_use", "diseases")
    if permission == duo.DISEASE_SPECIFIC and not diseases:
        yield ("data_use", "diseases"), f"{permission} (disease specific) needs a disease"
    if permission in duo.PERMISSIONS and permission != duo.DISEASE_SPECIFIC and diseases:
        yield ("data_use", "diseases"), f"{permission} is not disease specific, so it names none"
    for place, modifier in enumerate(_list(terms, "data_use", "modifiers")):
        where = ("data_use", "modifiers", place)
        code = _text(modifier, "code")
        term = duo.MODIFIERS.get(code) if code else None
        detail = _at(modifier, "detail")
        if term and term.detail and detail is None:
            yield (*where, "detail"), f"{code} ({term.label}) needs {term.detail} as its detail"
        if term and not term.detail and detail is not None:
            yield (*where, "detail"), f"{code} ({term.label}) takes no detail"
        if code == duo.ANCESTRY_PROHIBITED and permission == duo.ANCESTRY_ONLY:
            yield (*where, "code"), f"{code} prohibits the only use that {permission} permits"
        if code in duo.NON_COMMERCIAL and _text(terms, "model", "use", "others") == "paid":
            yield (*where, "code"), f"{code} forbids the commercial use that model.use.others sells"


def _ethics(terms: Any) -> Iterator[Contradiction]:
    codes = [_text(modifier, "code") for modifier in _list(terms, "data_use", "modifiers")]
    given = _at(terms, "ethics", "approval_digest")
    if duo.ETHICS_REQUIRED in codes and isinstance(_at(terms, "ethics"), dict) and given is None:
        message = f"{duo.ETHICS_REQUIRED} asks for an ethics approval"
        yield ("ethics", "approval_digest"), message


def _participants(terms: Any) -> Iterator[Contradiction]:
    signatories = _count(terms, "participants", "minimum_signatories")
    contributors = _count(terms, "participants", "minimum_contributors")
    quorum = _count(terms, "checkpoints", "quorum")
    if not signatories:
        return
    if contributors and quorum and contributors > max(signatories, quorum):
        needed = max(signatories, quorum)
        message = f"is more than the {needed} signatories that suffice to start"
        yield ("participants", "minimum_contributors"), message
    if quorum and 2 * quorum <= signatories:
        message = f"is not more than half of the {signatories} signatories needed to start"
        yield ("checkpoints", "quorum"), message


def _consent(terms: Any) -> Iterator[Contradiction]:
    basis = _text(terms, "consent", "basis")
    age = _at(terms, "consent", "max_age")
    if basis in ("waiver", "legal-basis") and age is not None:
        message = f"rests on {basis}, so no consent commitment can be asked for; write null"
        yield ("consent", "max_age"), message


def _shares(terms: Any) -> Iterator[Contradiction]:
    benefits = _at(terms, "benefits")
    if not isinstance(benefits, dict) or not isinstance(benefits.get("payees", ()), tuple):
        return
    shares = [benefits.get(part, "0") for part in _PARTS]
    shares += [_at(payee, "share") for payee in _list(benefits, "payees")]
    points = [_basis_points(share) for share in shares]
    if None in points:
        return
    total = sum(point for point in points if point is not None)
    if total != BASIS_POINTS:
        percent = f"{total // 100}.{total % 100:02}".rstrip("0").rstrip(".")
        yield ("benefits",), f"the shares sum to {percent} instead of 100 per cent"


def _weights(terms: Any) -> Iterator[Contradiction]:
    weighted = _basis_points(_at(terms, "benefits", "weighted"))
    weights = _list(terms, "benefits", "weights")
    if weighted and not weights:
        yield ("benefits", "weighted"), "is split by weights, and there are none"
    if weights and not weighted:
        yield ("benefits", "weights"), "split nothing, since weighted is 0"


def _payees(terms: Any) -> Iterator[Contradiction]:
    seen = set()
    for place, payee in enumerate(_list(terms, "benefits", "payees")):
        where = ("benefits", "payees", place)
        if _basis_points(_at(payee, "share")) == 0:
            yield (*where, "share"), "must be above 0"
        account = _text(payee, "account")
        if account and account.lower() in seen:
            yield (*where, "account"), "is named twice"
        seen.add((account or "").lower())


def _at(data: Any, *path: str) -> Any:
    for step in path:
        if not isinstance(data, dict):
            return None
        data = data.get(step)
    return data


def _text(data: Any, *path: str) -> str | None:
    found = _at(data, *path)
    return found if isinstance(found, str) else None


def _list(data: Any, *path: str) -> tuple[Any, ...]:
    found = _at(data, *path)
    return found if isinstance(found, tuple) else ()


def _count(data: Any, *path: str) -> int | None:
    found = _at(data, *path)
    return found if isinstance(found, int) and not isinstance(found, bool) and found > 0 else None


def _basis_points(share: Any) -> int | None:
    if isinstance(share, bool) or not isinstance(share, int | Decimal | str):
        return None
    text = str(share)
    return int(Decimal(text) * 100) if _PLAIN_PERCENT.fullmatch(text) else None
