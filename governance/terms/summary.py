"""Terms in plain language, for those who sign them and for reports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from governance.terms import duo

if TYPE_CHECKING:
    from collections.abc import Iterator

    from governance.terms.model import Terms

_KINDS = {
    "hospital": "hospitals",
    "institute": "institutes",
    "data-trustee": "data trustees",
    "company": "companies",
}
_BASES = {
    "broad-consent": "the patients' broad consent",
    "study-consent": "the patients' consent to this study",
    "waiver": "a waiver of consent",
    "legal-basis": "a law, without consent",
}
_LEVELS = {
    "set-checked": "held the contributors against the authorisations",
    "merge-recomputed": "computed the merge again",
}
_USES = {"free": "free of charge", "paid": "against payment", "none": "not at all"}
_OWNERS = {
    "signatories": "to all signatories in common",
    "contributors": "to all contributors in common",
    "sponsor": "to the sponsor",
}


@dataclass(frozen=True, slots=True)
class Section:
    """One heading of the summary with its sentences."""

    heading: str
    sentences: tuple[str, ...]


def summary(terms: Terms) -> tuple[Section, ...]:
    """Return the terms as readable sections, complete: nothing that binds is left out."""
    return (
        Section("Question", (terms.question, f"{terms.sponsor} answers for the study.")),
        Section("Use of the data", tuple(_data_use(terms))),
        Section("Prohibited", terms.prohibited_uses),
        Section("Who may take part", tuple(_participants(terms))),
        Section("Data and annotation", tuple(_data(terms))),
        Section("Consent and ethics", tuple(_consent(terms))),
        Section("Training", tuple(_training(terms))),
        Section("The resulting model", tuple(_model(terms))),
        Section("Benefits", tuple(_benefits(terms))),
        Section("End", (f"Nobody is authorised any more from {terms.expires} on.",)),
    )


def _data_use(terms: Terms) -> Iterator[str]:
    use = terms.data_use
    permission = duo.PERMISSIONS[use.permission]
    yield f"Permitted: {permission.label} ({permission.code})."
    if use.diseases:
        yield f"Only for {_listed(use.diseases)}."
    for modifier in use.modifiers:
        term = duo.MODIFIERS[modifier.code]
        detail = f": {modifier.detail}" if modifier.detail else ""
        yield f"Condition: {term.label} ({term.code}){detail}."


def _participants(terms: Terms) -> Iterator[str]:
    who = terms.participants
    kinds = "Institutions of any kind"
    if who.kinds != "any":
        kinds = _capital(_listed([_KINDS[kind] for kind in who.kinds]))
    sectors = "public or private" if who.sectors == "any" else _listed(who.sectors, "or")
    countries = "any country" if who.countries == "any" else _listed(who.countries, "or")
    yield f"{kinds}, {sectors}, from {countries}."
    needed = max(who.minimum_signatories, terms.checkpoints.quorum)
    yield f"Training starts with at least {_counted(needed, 'signatory')}."
    needed = who.minimum_signatories
    yield (
        f"These terms come into force with at least {_counted(needed, 'signature')}; where others "
        "are in force, more than half of their signatories must be among them."
    )
    yield f"Every checkpoint has at least {_counted(who.minimum_contributors, 'contributor')}."


def _data(terms: Terms) -> Iterator[str]:
    yield f"The data follow the schema with digest {terms.data.schema_digest}."
    told = "the exact number of" if terms.data.records == "exact" else "nothing about the number of"
    yield f"An update tells {told} records it was trained on."
    if terms.readiness == "checked":
        yield "Who signs has checked the readiness of its data, and the check has passed."
    else:
        yield "Who signs states the readiness of its data on its own word."
    annotation = terms.annotation
    if annotation is None:
        yield "The data need no annotation."
        return
    yield f"They are annotated by the protocol with digest {annotation.protocol_digest}."
    if annotation.agreement:
        metric = annotation.agreement.metric.replace("-", " ")
        yield f"Annotators agree by {metric} of at least {annotation.agreement.minimum}."


def _consent(terms: Terms) -> Iterator[str]:
    yield f"The use of the data rests on {_BASES[terms.consent.basis]}."
    if terms.consent.max_age:
        yield f"An institution's consent commitment counts for {terms.consent.max_age}."
    else:
        yield "No consent commitment is asked for."
    if terms.ethics.approval_digest:
        yield f"The ethics approval has digest {terms.ethics.approval_digest}."
    else:
        yield "No ethics approval is given."


def _training(terms: Terms) -> Iterator[str]:
    yield f"Training ends with round {terms.rounds}."
    quorum = _counted(terms.checkpoints.quorum, "institution")
    yield f"A checkpoint is final when {quorum} {_LEVELS[terms.checkpoints.level]}."


def _model(terms: Terms) -> Iterator[str]:
    model = terms.model
    yield f"The model belongs {_OWNERS[model.owner]}."
    yield f"Signatories may use it {_USES[model.use.signatories]}."
    yield f"Contributors may use it {_USES[model.use.contributors]}."
    yield f"Others may use it {_USES[model.use.others]}."
    yield f"Its licence is {model.licence.id}, with digest {model.licence.digest}."
    yield f"Its risk class is {terms.risk_class}."


def _benefits(terms: Terms) -> Iterator[str]:
    benefits = terms.benefits
    if benefits.currency:
        yield f"Revenue is expected in {benefits.currency}."
    parts = {
        "in equal parts to signatories, by the rounds they were signed": benefits.equal,
        "to contributors, by the rounds they contributed to": benefits.contributed,
        "to patients, through the contributors, by rounds contributed": benefits.patients,
        "by the weights named here": benefits.weighted,
    }
    for how, share in parts.items():
        if share != "0":
            yield f"{share} % goes {how}."
    for weight in benefits.weights:
        yield f"Institution {weight.institution} has weight {weight.weight} ({weight.reason})."
    for payee in benefits.payees:
        yield f"{payee.share} % goes to {payee.name} ({payee.account})."
    yield f"What rounding leaves over goes to institution {benefits.remainder_to}."


def _listed(items: tuple[str, ...] | list[str], last: str = "and") -> str:
    *most, end = items
    return f"{', '.join(most)} {last} {end}" if most else end


def _counted(number: int, thing: str) -> str:
    if number == 1:
        return f"1 {thing}"
    plural = thing.removesuffix("y") + "ies" if thing.endswith("y") else thing + "s"
    return f"{number} {plural}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
