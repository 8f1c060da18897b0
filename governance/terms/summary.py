"""Terms in plain language, for those who sign them and for reports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from governance.terms import duo
from governance.terms.english import ENGLISH
from governance.terms.german import GERMAN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from governance.terms.model import Terms
    from governance.terms.wording import Wording

Language: TypeAlias = Literal["en", "de"]
"""ISO 639-1 code of a language that terms are told in."""

_WORDINGS: dict[Language, Wording] = {"en": ENGLISH, "de": GERMAN}


@dataclass(frozen=True, slots=True)
class Section:
    """One heading of the summary with its sentences."""

    heading: str
    sentences: tuple[str, ...]


def summary(terms: Terms, language: Language = "en") -> tuple[Section, ...]:
    """Return the terms as readable sections, complete: nothing that binds is left out.

    What the institutions wrote themselves, such as the question, stays as they wrote it.
    """
    wording = _WORDINGS[language]
    sections = {
        "question": _question,
        "use": _data_use,
        "prohibited": _prohibited,
        "participants": _participants,
        "data": _data,
        "consent": _consent,
        "training": _training,
        "model": _model,
        "benefits": _benefits,
        "end": _end,
    }
    return tuple(
        Section(wording.headings[heading], tuple(told(terms, wording)))
        for heading, told in sections.items()
    )


def _question(terms: Terms, wording: Wording) -> Iterator[str]:
    yield terms.question
    yield wording.sentences["sponsor"].format(sponsor=terms.sponsor)


def _data_use(terms: Terms, wording: Wording) -> Iterator[str]:
    say, use = wording.sentences, terms.data_use
    permission = duo.PERMISSIONS[use.permission].code
    yield say["permitted"].format(label=wording.words["duo"][permission], code=permission)
    if use.diseases:
        yield say["diseases"].format(diseases=wording.listed(use.diseases))
    for modifier in use.modifiers:
        key = "condition-detail" if modifier.detail else "condition"
        label = wording.words["duo"][modifier.code]
        yield say[key].format(label=label, code=modifier.code, detail=modifier.detail)


def _prohibited(terms: Terms, _wording: Wording) -> Iterator[str]:
    yield from terms.prohibited_uses


def _participants(terms: Terms, wording: Wording) -> Iterator[str]:
    say, words, who = wording.sentences, wording.words, terms.participants
    kinds = ("any",) if who.kinds == "any" else who.kinds
    sectors = ("any",) if who.sectors == "any" else who.sectors
    countries = (words["countries"]["any"],) if who.countries == "any" else who.countries
    yield say["who"].format(
        kinds=_capital(wording.listed([words["kinds"][kind] for kind in kinds])),
        sectors=wording.listed([words["sectors"][sector] for sector in sectors], "or"),
        countries=wording.listed(countries, "or"),
    )
    needed = max(who.minimum_signatories, terms.checkpoints.quorum)
    yield say["start"].format(signatories=wording.count(needed, "signatory"))
    yield say["force"].format(signatures=wording.count(who.minimum_signatories, "signature"))
    contributors = wording.count(who.minimum_contributors, "contributor")
    yield say["contributors"].format(contributors=contributors)


def _data(terms: Terms, wording: Wording) -> Iterator[str]:
    say, annotation = wording.sentences, terms.annotation
    yield say["schema"].format(digest=terms.data.schema_digest)
    yield say["records-exact" if terms.data.records == "exact" else "records-none"]
    yield say[f"readiness-{terms.readiness}"]
    if annotation is None:
        yield say["annotation-none"]
        return
    yield say["annotation"].format(digest=annotation.protocol_digest)
    if annotation.agreement:
        yield say["agreement"].format(
            metric=wording.words["metrics"][annotation.agreement.metric],
            minimum=wording.number(annotation.agreement.minimum),
        )


def _consent(terms: Terms, wording: Wording) -> Iterator[str]:
    say = wording.sentences
    yield say["basis"].format(basis=wording.words["bases"][terms.consent.basis])
    age = terms.consent.max_age
    if age:
        digits = age.rstrip("dhmins")
        yield say["consent-age"].format(age=wording.count(int(digits), age[len(digits) :]))
    else:
        yield say["consent-none"]
    yield say["ethics" if terms.ethics.approval_digest else "ethics-none"].format(
        digest=terms.ethics.approval_digest
    )


def _training(terms: Terms, wording: Wording) -> Iterator[str]:
    yield wording.sentences["rounds"].format(rounds=terms.rounds)
    yield wording.sentences["final"].format(
        institutions=wording.count(terms.checkpoints.quorum, "institution"),
        level=wording.words["levels"][terms.checkpoints.level],
    )


def _model(terms: Terms, wording: Wording) -> Iterator[str]:
    say, words, model = wording.sentences, wording.words, terms.model
    yield say["owner"].format(owner=words["owners"][model.owner])
    yield say["use-signatories"].format(how=words["uses"][model.use.signatories])
    yield say["use-contributors"].format(how=words["uses"][model.use.contributors])
    yield say["use-others"].format(how=words["uses"][model.use.others])
    yield say["licence"].format(licence=model.licence.id, digest=model.licence.digest)
    yield say["risk"].format(risk=words["risks"][terms.risk_class])


def _benefits(terms: Terms, wording: Wording) -> Iterator[str]:
    say, benefits = wording.sentences, terms.benefits
    if benefits.currency:
        yield say["currency"].format(currency=benefits.currency)
    for part in ("equal", "contributed", "patients", "weighted"):
        share = getattr(benefits, part)
        if share != "0":
            yield say[part].format(share=wording.number(share))
    for weight in benefits.weights:
        yield say["weight"].format(
            institution=weight.institution, weight=weight.weight, reason=weight.reason
        )
    for payee in benefits.payees:
        share = wording.number(payee.share)
        yield say["payee"].format(share=share, name=payee.name, account=payee.account)
    yield say["remainder"].format(institution=benefits.remainder_to)


def _end(terms: Terms, wording: Wording) -> Iterator[str]:
    yield wording.sentences["expires"].format(expires=terms.expires)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
