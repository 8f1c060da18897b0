"""The German MII Broad Consent as a FHIR R4 Consent, brought to what decisions need.

The structure is that of the MII core data set, module Consent: a base provision that denies, and
beneath it one level of provisions that permit or deny policies by code. Permissions count only
where everything around them is understood; denials count wherever they can be read.

The rules, in their order:

1. A resource that holds what changes the meaning of all else (`modifierExtension`,
   `implicitRules`, a status that is not FHIR's) is not understood, and then it may be a withdrawal.
2. One that was rejected refuses everything. Another that is not active says nothing. One that is
   not about research says nothing either, except that denials in the MII's codes count.
3. A withdrawal or refusal denies what its provisions name; a complete one, or one that names
   nothing, denies everything.
4. Permissions count if the resource is a broad consent of a known version, given by the patient, or
   for them until an end within 18 years; each needs the time from which it holds, and nothing that
   narrows it. They end with the base provision, and with the form's own validity at the latest.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any

from governance.consent.reasons import Reason
from governance.consent.spans import (
    END,
    TimeNotUnderstood,
    at_most,
    denied,
    permitted,
    within,
    years_after,
)
from governance.consent.statement import UNREADABLE, Denial, Policy, Statement

if TYPE_CHECKING:
    from collections.abc import Iterator

    from governance.consent.spans import Span

    Json = dict[str, Any]

POLICY_SYSTEM = "urn:oid:2.16.840.1.113883.3.1937.777.24.5.3"

_CODE = "2.16.840.1.113883.3.1937.777.24.5.3."
_FORM = "urn:oid:2.16.840.1.113883.3.1937.777.24.2."

CONSENTS = frozenset(_FORM + oid for oid in ("1790", "1791", "2079", "4031"))
"""Consent 1.6d, 1.6f and 1.7.2, and 1.7.2 with its first additional module."""

MODULES = frozenset(_FORM + oid for oid in ("4036", "4037", "4048"))
"""Additional modules, which stand beside a consent."""

FOR_MINORS = frozenset({_FORM + "3542"})
"""Parents and guardians consent for a minor."""

ASSENTS = frozenset(_FORM + oid for oid in ("3543", "3544"))
"""A minor assents; it is no consent without their parents'."""

REFUSALS = frozenset(_FORM + oid for oid in ("4053", "4054"))
WITHDRAWALS = frozenset(_FORM + oid for oid in ("2718", "2720", "2722"))
PARTIAL_WITHDRAWALS = frozenset(_FORM + oid for oid in ("2719", "2721", "2723"))

_KNOWN_FORMS = (
    CONSENTS | MODULES | FOR_MINORS | ASSENTS | REFUSALS | WITHDRAWALS | PARTIAL_WITHDRAWALS
)

_SCOPE = ("http://terminology.hl7.org/CodeSystem/consentscope", "research")
_PRIVACY = ("http://loinc.org", "57016-8")
_MII_SYSTEM = "https://www.medizininformatik-initiative.de/fhir/modul-consent/CodeSystem/"
_MII = frozenset(
    (_MII_SYSTEM + name, "2.16.840.1.113883.3.1937.777.24.2.184")
    for name in ("mii-cs-consent-version-modules", "mii-cs-consent-consent_category")
)
_TEMPLATE_SYSTEM = "http://fhir.de/ConsentManagement/CodeSystem/TemplateType"
_CONSENT_TEMPLATES = frozenset({"CONSENT", "CONSENT-OPT-IN"})
_INACTIVE = frozenset({"draft", "proposed", "inactive", "entered-in-error"})
_REJECTED = "rejected"

_MODULES_OF_CODES = {
    1: (6, 7, 8, 9),
    44: (45, 46, 47),
    48: (49,),
}
"""A denial of a module, which is a question on the form, denies all its policies."""

_LAST_CODE = 124
"""The last policy that the code system has; what comes later is not known."""

_NARROWING = (
    "actor",
    "action",
    "securityLabel",
    "purpose",
    "class",
    "dataPeriod",
    "data",
    "modifierExtension",
)
_CHANGING = ("modifierExtension", "implicitRules")

VALIDITY = 30
"""Years after which a broad consent ends, whatever else it says."""

_COLLECTION = 5
"""Years for which data may be collected where the provision has no end of its own."""

_MAJORITY = 18


def statement(resource: Json) -> Statement:
    """Bring a Consent that is valid FHIR R4 to what it says.

    Whatever cannot be understood permits nothing.
    """
    try:
        return _statement(resource)
    except (TimeNotUnderstood, AttributeError, KeyError, TypeError):
        return UNREADABLE


def _statement(resource: Json) -> Statement:
    if any(resource.get(name) for name in _CHANGING):
        return UNREADABLE
    status = resource["status"]
    base = resource.get("provision") or {}
    research = _SCOPE in set(_codings(resource["scope"]))
    if status == _REJECTED and research:
        refusal = Denial(Policy.ALL, *denied(base.get("period")), Reason.REFUSED)
        return Statement(denials=(refusal,), flaw=Reason.NOT_ACTIVE)
    if status != "active":
        known = status in _INACTIVE or status == _REJECTED
        return Statement(flaw=Reason.NOT_ACTIVE) if known else UNREADABLE
    flaw = next(_flaws(resource, base), None)
    denials = _denials(resource, base, research=research)
    if flaw is not None:
        return Statement(denials=denials, flaw=flaw)
    permits, flaw = _permits(base)
    return Statement(permits, denials, flaw)


# --- what the resource is -------------------------------------------------------------------------


def _codings(concept: Json) -> Iterator[tuple[str, str]]:
    for coding in concept.get("coding") or ():
        yield coding.get("system") or "", coding.get("code") or ""


def _categories(resource: Json) -> set[tuple[str, str]]:
    return {coding for each in resource["category"] for coding in _codings(each)}


def _forms(resource: Json) -> set[str]:
    return {policy.get("uri") or "" for policy in resource.get("policy") or ()}


def _kinds(resource: Json) -> set[str]:
    """What kind of document it says it is."""
    return {code for system, code in _categories(resource) if system == _TEMPLATE_SYSTEM}


def _is_consent(resource: Json) -> bool:
    return _kinds(resource) <= _CONSENT_TEMPLATES


def _flaws(resource: Json, base: Json) -> Iterator[Reason]:
    """Why nothing that the resource permits counts; the first reason is the one that is told."""
    categories, forms = _categories(resource), _forms(resource)
    if _SCOPE not in set(_codings(resource["scope"])):
        yield Reason.SCOPE_OTHER
    if _PRIVACY not in categories or not categories & _MII:
        yield Reason.CATEGORY_MISSING
    if not forms or not forms <= _KNOWN_FORMS:
        yield Reason.POLICY_UNKNOWN
    if forms & (REFUSALS | WITHDRAWALS | PARTIAL_WITHDRAWALS) or not _is_consent(resource):
        yield Reason.TEMPLATE_OTHER
    if forms & ASSENTS:
        yield Reason.ASSENT_ALONE
    if not forms & (CONSENTS | FOR_MINORS):
        yield Reason.POLICY_UNKNOWN
    if any(each.get("verified") is not True for each in resource.get("verification") or ()):
        yield Reason.NOT_VERIFIED
    if base.get("type") not in ("deny", "permit") or base.get("code"):
        yield Reason.BASE_OTHER
    if _is_narrowed(base):
        yield Reason.NARROWED
    represented = _represented(resource, base)
    if represented is not None:
        yield represented


def _represented(resource: Json, base: Json) -> Reason | None:
    """Why nobody may speak for the patient, if somebody else did and may not."""
    others = [each for each in resource.get("performer") or () if each != resource["patient"]]
    if not others and not _forms(resource) & FOR_MINORS:
        return None
    for other in others:
        reference = other.get("reference") or ""
        if other.get("type") != "RelatedPerson" and "RelatedPerson/" not in reference:
            return Reason.GIVEN_BY_OTHER
    period = base.get("period") or {}
    span = permitted(period)
    if span is None or not period.get("end"):
        return Reason.REPRESENTATION_OPEN
    # A minor comes of age within 18 years; whoever wrote a later end forgot that they do.
    if span[1] > years_after(span[0], _MAJORITY):
        return Reason.REPRESENTATION_OPEN
    return None


# --- what it permits ------------------------------------------------------------------------------


def _permits(base: Json) -> tuple[tuple[tuple[int, int, int], ...], Reason | None]:
    """What the provisions permit, and, where that is nothing, why the last one does not count."""
    whole = permitted(base.get("period"))
    if whole is None:
        return (), Reason.PERIOD_MISSING
    whole = at_most(whole, VALIDITY)
    permits: list[tuple[int, int, int]] = []
    flaw: Reason | None = None
    for provision in base.get("provision") or ():
        if provision.get("type") != "permit":
            continue
        problem = _problem(provision)
        if problem is not None:
            flaw = problem
            continue
        for policy in _policies(provision):
            span = _bounded(policy, provision, whole)
            if span is not None and policy in _PERMITTABLE:
                permits.append((policy, *span))
    return tuple(permits), None if permits else flaw


_PERMITTABLE = frozenset(Policy) - {Policy.ALL, Policy.STORE, Policy.THIRD_PARTIES_EARLIER}
"""Storing is not asked for by name, nor what newer forms do not have; only their denial counts."""


def _problem(provision: Json) -> Reason | None:
    """Why a permission does not count."""
    if provision.get("provision"):
        return Reason.NESTED
    if _is_narrowed(provision):
        return Reason.NARROWED
    if permitted(provision.get("period")) is None:
        return Reason.PERIOD_MISSING
    return None if list(_policies(provision)) else Reason.CODE_UNKNOWN


def _is_narrowed(provision: Json) -> bool:
    return any(provision.get(name) for name in _NARROWING)


def _bounded(policy: int, provision: Json, whole: Span) -> Span | None:
    span = permitted(provision.get("period"))
    assert span is not None
    if policy == Policy.COLLECT and span[1] == END:
        span = at_most(span, _COLLECTION)
    return within(span, whole)


def _policies(provision: Json) -> Iterator[int]:
    """The numbers of all policies that a provision names."""
    for concept in provision.get("code") or ():
        yield from _named(concept)


def _named(concept: Json) -> Iterator[int]:
    """The numbers of policies in the MII's code system; other systems name nothing."""
    for system, code in _codings(concept):
        number = code.removeprefix(_CODE)
        if system == POLICY_SYSTEM and code.startswith(_CODE) and number.isdecimal():
            yield int(number)


# --- what it denies -------------------------------------------------------------------------------


def _denials(resource: Json, base: Json, *, research: bool) -> tuple[Denial, ...]:
    found = list(_denied_beneath(base, research=research))
    if not research:
        return tuple(found)
    forms, span = _forms(resource), denied(base.get("period"))
    if forms & WITHDRAWALS:
        return (Denial(Policy.ALL, *span, Reason.WITHDRAWN),)
    if forms & REFUSALS:
        return (Denial(Policy.ALL, *span, Reason.REFUSED),)
    withdrawal = bool(forms & PARTIAL_WITHDRAWALS) or "WITHDRAWAL" in _kinds(resource)
    # Who signs a form on which nothing is permitted and nothing denied by name permits nothing.
    silent = base.get("type") == "deny" and not base.get("provision") and not base.get("code")
    denies = any(kind != "permit" for kind in (each.get("type") for each in _beneath(base)))
    if silent or (not denies and (withdrawal or not _is_consent(resource))):
        found.append(Denial(Policy.ALL, *span, Reason.WITHDRAWN if withdrawal else Reason.REFUSED))
    return tuple(found)


def _beneath(base: Json) -> Iterator[Json]:
    """The provisions on whatever level, without the base."""
    waiting = list(base.get("provision") or ())
    while waiting:
        provision = waiting.pop(0)
        waiting += provision.get("provision") or ()
        yield provision


def _denied_beneath(base: Json, *, research: bool) -> Iterator[Denial]:
    """What the provisions deny, on whatever level; those of the base only where it has codes."""
    if base.get("type") == "deny" and base.get("code"):
        yield from _denied(base, research=research)
    for provision in _beneath(base):
        kind = provision.get("type")
        if kind == "deny" or (kind != "permit" and research):
            yield from _denied(provision, research=research)


def _denied(provision: Json, *, research: bool) -> Iterator[Denial]:
    span = denied(provision.get("period"))
    concepts = [list(_named(concept)) for concept in provision.get("code") or ()]
    for number in chain.from_iterable(concepts):
        for policy in _MODULES_OF_CODES.get(number, (number,)):
            if policy in _REASONS:
                yield Denial(policy, *span, _REASONS[policy])
    # Each concept is denied by itself: what one of them means does not tell what another does.
    known = all(named and max(named) <= _LAST_CODE for named in concepts)
    if research and not (concepts and known):
        yield Denial(Policy.ALL, *span, Reason.DENIAL_NOT_UNDERSTOOD)


_REASONS: dict[int, Reason] = {
    Policy.COLLECT: Reason.COLLECTION_DENIED,
    Policy.STORE: Reason.STORAGE_DENIED,
    Policy.USE: Reason.USE_DENIED,
    Policy.THIRD_PARTIES: Reason.THIRD_PARTIES_DENIED,
    Policy.STORE_EARLIER: Reason.COLLECTION_DENIED,
    Policy.USE_EARLIER: Reason.COLLECTION_DENIED,
    Policy.THIRD_PARTIES_EARLIER: Reason.COLLECTION_DENIED,
    Policy.BELOW_GDPR: Reason.PROTECTION_DENIED,
}
