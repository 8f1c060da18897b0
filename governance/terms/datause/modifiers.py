"""A rule for every DUO modifier: is the condition met by what the study's terms say?

A rule sees the purpose and the detail of its own condition, and nothing else; so no condition can
make another one weaker. What the terms could undertake and do not is denied where nothing outside
the terms can make up for it, and is for a person where something might.
"""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, TypeAlias

from governance.terms import duo
from governance.terms.charter import words
from governance.terms.datause.purpose import read_date
from governance.terms.datause.regions import read_region
from governance.terms.datause.verdict import Decision, Outcome, Reason, Step, ask, deny, permit

if TYPE_CHECKING:
    from collections.abc import Callable

    from governance.terms.datause.conditions import Condition
    from governance.terms.datause.purpose import Purpose

Rule: TypeAlias = "Callable[[Purpose, str], Outcome]"

_MONTHS = re.compile(r"([1-9][0-9]{0,3})(?: months?)?(?: from ([0-9]{4}-[0-9]{2}-[0-9]{2}))?")
_DIGEST = re.compile(r"0x[0-9a-f]{64}")
_YEAR = 12

_SHOWN = 18
"""Characters of a digest that a person compares; the terms show all of it."""


def modifier(purpose: Purpose, condition: Condition) -> Step:
    """Holds the purpose against one modifier."""
    term = duo.MODIFIERS.get(condition.code)
    label = term.label if term else "unknown condition"
    named = f"{label}: {condition.detail}" if condition.detail else label
    return Step(condition.code, named, _outcome(purpose, condition, term))


def _outcome(purpose: Purpose, condition: Condition, term: duo.DuoTerm | None) -> Outcome:
    if term is None:
        reason = f"{condition.code} is no modifier of the release of DUO that is known here."
        question = f"What does {condition.code} ask for, and does the study keep to it?"
        return ask(Reason.CODE_UNKNOWN, "nothing that could be held against it", reason, question)
    if term.detail and condition.detail is None:
        reason = f"The condition leaves open {term.detail}."
        question = f"What is {term.detail}? Write it into the conditions as the detail."
        return ask(Reason.DETAIL_MISSING, _undertaken(purpose, term.code), reason, question)
    outcome = RULES[term.code](purpose, condition.detail or "")
    if not term.detail and condition.detail and outcome.decision is Decision.PERMIT:
        reason = "The condition says more than its code, and what it says is not understood."
        question = f"Does the study keep to '{condition.detail}'?"
        return ask(Reason.DETAIL_NOT_UNDERSTOOD, outcome.study, reason, question)
    return outcome


def _undertaken(purpose: Purpose, *codes: str) -> str:
    """What the terms say to a condition by modifiers of their own."""
    for code in codes:
        if code in purpose.undertakings:
            detail = purpose.undertakings[code]
            return f"undertakes {code}{f': {detail}' if detail else ''}"
    return "undertakes nothing of the kind"


def _permitted(purpose: Purpose, *codes: str) -> Outcome | None:
    if not any(code in purpose.undertakings for code in codes):
        return None
    reason = "The terms bind every signatory to the same condition."
    return permit(Reason.UNDERTAKEN, _undertaken(purpose, *codes), reason)


# --- what may be studied --------------------------------------------------------------------------


def _research_type(purpose: Purpose, detail: str) -> Outcome:
    told = _undertaken(purpose, duo.RESEARCH_TYPE)
    own = purpose.undertakings.get(duo.RESEARCH_TYPE)
    if own is not None and words(own) == words(detail):
        reason = "The terms limit the study to the same type of research, word for word."
        return permit(Reason.UNDERTAKEN, told, reason)
    reason = "A type of research is said in words, which a person has to compare."
    question = f"Is all that the study does research of the type '{detail}'?"
    return ask(Reason.ONLY_A_PERSON_KNOWS, told, reason, question)


def _no_methods(purpose: Purpose, _detail: str) -> Outcome:
    done = _permitted(purpose, duo.NO_METHODS)
    if done:
        return done
    if purpose.permission in (duo.NO_RESTRICTION, duo.GENERAL_RESEARCH):
        reason = "The study's purpose includes the development of methods, and is not limited."
        return deny(Reason.EXCLUDED_USE, purpose.scope, reason)
    reason = "The terms do not say whether methods are developed for their own sake."
    question = (
        "Does the study use the data to develop methods, software or algorithms, beyond answering "
        "its question?"
    )
    return ask(Reason.TERMS_SILENT, purpose.scope, reason, question)


def _genetic_only(purpose: Purpose, _detail: str) -> Outcome:
    done = _permitted(purpose, duo.GENETIC_ONLY)
    if done:
        return done
    if purpose.permission in (duo.NO_RESTRICTION, duo.GENERAL_RESEARCH, duo.BIOMEDICAL):
        reason = "The study's purpose includes studies that are not genetic."
        return deny(Reason.SCOPE_BROADER, purpose.scope, reason)
    reason = "The terms do not say whether the study is a genetic one."
    question = "Does the study use genotypes, alone or beside phenotypes?"
    return ask(Reason.TERMS_SILENT, purpose.scope, reason, question)


def _no_ancestry(purpose: Purpose, _detail: str) -> Outcome:
    told = purpose.scope
    if purpose.permission == duo.ANCESTRY_ONLY:
        reason = "The study is about population origins or ancestry."
        return deny(Reason.EXCLUDED_USE, told, reason)
    done = _permitted(purpose, duo.ANCESTRY_PROHIBITED)
    if done:
        return done
    if purpose.permission == duo.BIOMEDICAL:
        reason = "By its definition, biomedical research includes no study of ancestry."
        return permit(Reason.EXCLUDED_BY_SCOPE, told, reason)
    if purpose.permission == duo.DISEASE_SPECIFIC:
        reason = "The terms do not say whether origins or ancestry are studied with the disease."
        question = "Does the study look at the origins or the ancestry of populations?"
        return ask(Reason.TERMS_SILENT, told, reason, question)
    reason = "The study's purpose includes the study of population origins or ancestry."
    return deny(Reason.EXCLUDED_USE, told, reason)


def _clinical_care(purpose: Purpose, _detail: str) -> Outcome:
    reason = "It allows a use in clinical care besides; it takes nothing away and adds nothing."
    return permit(Reason.ALLOWS_MORE, _undertaken(purpose, duo.CLINICAL_CARE), reason)


# --- who may use it, and what for -----------------------------------------------------------------


def _no_profit_organisations(purpose: Purpose, _detail: str) -> Outcome:
    told = f"{_listed(purpose.kinds)}; {_listed(purpose.sectors)}"
    if "company" in purpose.kinds:
        reason = "The terms let companies take part."
        return deny(Reason.COMPANIES_ADMITTED, told, reason)
    done = _permitted(purpose, duo.NON_PROFIT_ORGANISATION, duo.NON_PROFIT)
    if done:
        return done
    if "private" not in purpose.sectors:
        reason = "Only public institutions that are no companies can take part."
        return permit(Reason.TERMS_SHOW_IT, told, reason)
    reason = "Private institutions can take part, and may work for profit."
    question = "Is every private institution that takes part a not-for-profit organisation?"
    return ask(Reason.TERMS_SILENT, told, reason, question)


def _non_commercial(purpose: Purpose, _detail: str) -> Outcome:
    told = f"{_undertaken(purpose, duo.NON_COMMERCIAL_USE, duo.NON_PROFIT)}; "
    told += "the model is sold" if purpose.sells else "the model is not sold"
    told += f"; revenue is expected in {purpose.currency}" if purpose.currency else ""
    if purpose.sells:
        reason = "The terms have the resulting model sold, which is commercial."
        return deny(Reason.MODEL_SOLD, told, reason)
    done = _permitted(purpose, duo.NON_COMMERCIAL_USE, duo.NON_PROFIT)
    if done is None and "company" in purpose.kinds:
        reason = "Companies can take part, and the terms do not bind them to non-commercial use."
        return deny(Reason.COMPANIES_ADMITTED, told, reason)
    if purpose.currency:
        reason = "The terms expect revenue, and do not say what from."
        question = f"Is the revenue expected in {purpose.currency} from anything commercial?"
        return ask(Reason.REVENUE_EXPECTED, told, reason, question)
    if done is None:
        reason = "The terms do not exclude commercial use."
        question = "Will nobody use data or model commercially, and where is that laid down?"
        return ask(Reason.TERMS_SILENT, told, reason, question)
    return permit(done.code, told, done.reason)


def _no_profit_at_all(purpose: Purpose, detail: str) -> Outcome:
    organisations = _no_profit_organisations(purpose, detail)
    use = _non_commercial(purpose, detail)
    return max(organisations, use, key=lambda each: each.decision.strictness)


def _users(purpose: Purpose, detail: str) -> Outcome:
    told = f"{_listed(purpose.kinds)}; names no persons"
    reason = "The terms name no users, so they cannot be held against those approved."
    question = f"Are all who use data or model among the approved users: {detail}?"
    return ask(Reason.ONLY_A_PERSON_KNOWS, told, reason, question)


def _project(purpose: Purpose, detail: str) -> Outcome:
    told = f"'{purpose.title}', terms {purpose.terms_digest}"
    if _DIGEST.fullmatch(detail):
        if detail == purpose.terms_digest:
            reason = "These very terms are the approved project."
            return permit(Reason.TERMS_SHOW_IT, told, reason)
        reason = "Other terms, or another version of them, were approved."
        return deny(Reason.OTHER_PROJECT, told, reason)
    reason = "The approved project is not named by the digest of its terms."
    question = f"Is this study the approved project: {detail}?"
    return ask(Reason.ONLY_A_PERSON_KNOWS, told, reason, question)


def _institution(purpose: Purpose, detail: str) -> Outcome:
    told = f"{_listed(purpose.kinds)}; who they are is told by who signs"
    reason = "The terms do not name the institutions that take part."
    question = f"Do only approved institutions use data and model: {detail}?"
    return ask(Reason.ONLY_A_PERSON_KNOWS, told, reason, question)


def _region(purpose: Purpose, detail: str) -> Outcome:
    countries = purpose.countries
    told = "participants from any country"
    if countries is not None:
        told = f"participants from {_listed(countries)}"
    region = read_region(detail)
    if region is None:
        reason = "The region is not given by codes of countries, EU or EEA, with commas between."
        question = f"Does the use stay within '{detail}'?"
        return ask(Reason.DETAIL_NOT_UNDERSTOOD, told, reason, question)
    if countries is None:
        reason = "The terms let institutions of any country take part."
        return deny(Reason.COUNTRY_OUTSIDE, told, reason)
    outside = countries - region
    if outside:
        reason = f"The terms let institutions outside the region take part: {_listed(outside)}."
        return deny(Reason.COUNTRY_OUTSIDE, told, reason)
    reason = "All countries that participants can come from lie in the region."
    return permit(Reason.TERMS_SHOW_IT, told, reason)


# --- what is owed ---------------------------------------------------------------------------------


def _publication(purpose: Purpose, _detail: str) -> Outcome:
    reason = "The terms do not undertake to publish; amended with DUO:0000019, they would."
    told = _undertaken(purpose, duo.PUBLICATION)
    return _permitted(purpose, duo.PUBLICATION) or deny(Reason.NOT_UNDERTAKEN, told, reason)


def _return(purpose: Purpose, _detail: str) -> Outcome:
    reason = "The terms do not undertake to return results; amended with DUO:0000029, they would."
    told = _undertaken(purpose, duo.RETURN)
    return _permitted(purpose, duo.RETURN) or deny(Reason.NOT_UNDERTAKEN, told, reason)


def _collaboration(purpose: Purpose, _detail: str) -> Outcome:
    reason = "The terms do not undertake it, and who collaborates can be agreed elsewhere."
    question = "Have the data's own investigators agreed how they collaborate in the study?"
    told = _undertaken(purpose, duo.COLLABORATION)
    return _permitted(purpose, duo.COLLABORATION) or ask(
        Reason.TERMS_SILENT, told, reason, question
    )


def _ethics(purpose: Purpose, _detail: str) -> Outcome:
    if purpose.ethics_approval:
        told = f"ethics approval with digest {purpose.ethics_approval[:_SHOWN]}…"
        return permit(Reason.TERMS_SHOW_IT, told, "The terms name an ethics approval.")
    reason = "The terms name no ethics approval."
    return deny(Reason.NO_ETHICS_APPROVAL, "no ethics approval", reason)


def _moratorium(purpose: Purpose, detail: str) -> Outcome:
    told = _undertaken(purpose, duo.MORATORIUM)
    until = read_date(detail)
    if until is None:
        reason = "The end of the moratorium is not given as a date such as 2027-06-30."
        question = f"Does the study publish nothing before '{detail}'?"
        return ask(Reason.DETAIL_NOT_UNDERSTOOD, told, reason, question)
    if purpose.on is not None and until <= purpose.on:
        reason = f"The moratorium has been over since {until}."
        return permit(Reason.MORATORIUM_OVER, told, reason)
    if duo.MORATORIUM not in purpose.undertakings:
        reason = f"The terms do not undertake to publish nothing before {until}."
        return deny(Reason.NOT_UNDERTAKEN, told, reason)
    own = read_date(purpose.undertakings[duo.MORATORIUM] or "")
    if own is None:
        reason = "The terms undertake a moratorium, and its end is not given as a date."
        question = f"Does the study publish nothing before {until}?"
        return ask(Reason.DETAIL_NOT_UNDERSTOOD, told, reason, question)
    if own < until:
        reason = f"The study may publish from {own} on, which is before {until}."
        return deny(Reason.PUBLISHED_TOO_EARLY, told, reason)
    reason = f"The study publishes nothing before {own}."
    return permit(Reason.UNDERTAKEN, told, reason)


def _time_limit(purpose: Purpose, detail: str) -> Outcome:
    told = f"ends on {purpose.ends:%Y-%m-%d}"
    found = _MONTHS.fullmatch(detail.strip())
    begins = read_date(found[2]) if found and found[2] else None
    # Where no beginning is named, even the one that is best for the study may not be enough.
    beginning = begins if found and found[2] else purpose.on
    end = _later(beginning, int(found[1])) if found and beginning else None
    if not found or (found[2] and end is None):
        reason = "The time is not given in months, such as '24 months from 2027-01-01'."
        question = f"Does the study end within '{detail}'?"
        return ask(Reason.DETAIL_NOT_UNDERSTOOD, told, reason, question)
    if end and purpose.ends > datetime.combine(end, time(), UTC):
        since = f"from {begins} on" if begins else "even counted from today"
        reason = f"The study lasts longer than the {found[1]} months permitted, {since}."
        return deny(Reason.LASTS_TOO_LONG, told, reason)
    if begins is None:
        reason = "The conditions do not say from when on the months are counted."
        question = f"When did the {found[1]} months begin, and does the study end within them?"
        return ask(Reason.BEGINNING_UNKNOWN, told, reason, question)
    return permit(Reason.TERMS_SHOW_IT, told, f"The study ends by {end}.")


def _later(day: date, months: int) -> date | None:
    """The same day some months later, or the month's last; None beyond the calendar."""
    years, month = divmod(day.month - 1 + months, _YEAR)
    year, month = day.year + years, month + 1
    try:
        return date(year, month, min(day.day, monthrange(year, month)[1]))
    except ValueError:
        return None


def _listed(names: frozenset[str]) -> str:
    return ", ".join(sorted(names))


RULES: dict[str, Rule] = {
    duo.RESEARCH_TYPE: _research_type,
    duo.NO_METHODS: _no_methods,
    duo.GENETIC_ONLY: _genetic_only,
    duo.NON_PROFIT: _no_profit_at_all,
    duo.PUBLICATION: _publication,
    duo.COLLABORATION: _collaboration,
    duo.ETHICS_REQUIRED: _ethics,
    duo.REGION: _region,
    duo.MORATORIUM: _moratorium,
    duo.TIME_LIMIT: _time_limit,
    duo.USERS: _users,
    duo.PROJECT: _project,
    duo.INSTITUTION: _institution,
    duo.RETURN: _return,
    duo.CLINICAL_CARE: _clinical_care,
    duo.ANCESTRY_PROHIBITED: _no_ancestry,
    duo.NON_PROFIT_ORGANISATION: _no_profit_organisations,
    duo.NON_COMMERCIAL_USE: _non_commercial,
}
"""Modifier -> the rule that decides it; there is one for every modifier that is known."""
