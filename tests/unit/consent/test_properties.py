"""Nothing is permitted by mistake, whatever is taken away, put in, or spoiled."""

from __future__ import annotations

import copy
import tempfile
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.consent import decide
from governance.consent.commitment import CONSENT_SCHEME, SALT_BYTES, leaves
from governance.consent.errors import ConsentUnreadable
from governance.consent.spans import denied, minus, permitted
from tests.unit.consent.builder import (
    AT,
    Json,
    asked,
    concept,
    consent,
    deny,
    everything,
    permit,
    statements,
)

QUESTIONS = [
    asked(third_parties=third, below_gdpr=below, at=at)
    for third, below, at in product(
        (False, True), (False, True), (AT - 3 * 31_557_600, AT, AT + 5 * 31_557_600)
    )
]
STARTS = st.sampled_from(["2021", "2022-09-01", "2024-05-01T08:00:00+02:00", "2030-01-01"])
ENDS = st.sampled_from([None, "2023-08-31", "2026-06-15", "2052-08-31"])
PERMITS = st.builds(permit, st.sampled_from([6, 7, 8, 9, 45, 46, 49]), STARTS, ENDS)
DENIES = st.builds(deny, st.sampled_from([1, 6, 7, 8, 9, 19, 45, 48, 999]), STARTS, ENDS)
CONSENTS = st.builds(
    lambda provisions, form, status: consent(*provisions, form=form, status=status),
    st.lists(PERMITS, min_size=2, max_size=6).map(lambda more: [*everything()[:4], *more]),
    st.sampled_from(["1790", "1791", "2079", "4031", "2720", "9999"]),
    st.sampled_from(["active"] * 4 + ["inactive"]),
)


def allowed(*resources: Json) -> set[int]:
    """Which questions a patient with these consents says yes to."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            said = statements(Path(folder), *resources)
        except (ConsentUnreadable, AssertionError):
            return set()
    return {place for place, each in enumerate(QUESTIONS) if decide(said, each).permits}


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a resource, as the way to it."""
    found = [path] if path else []
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    if isinstance(value, dict | list):
        for key, below in inner:
            found += places(below, (*path, key))
    return found


def changed(resource: Json, path: tuple[Any, ...], value: Any) -> Json:
    """A resource that has something else at a place, or nothing there."""
    made = copy.deepcopy(resource)
    inner: Any = made
    for step in path[:-1]:
        inner = inner[step]
    if value is None:
        del inner[path[-1]]
    else:
        inner[path[-1]] = value
    return made


@given(CONSENTS, st.data())
@settings(max_examples=120, deadline=None)
def test_what_is_taken_away_permits_no_more(resource: Json, data: st.DataObject) -> None:
    # An end is what limits; all else in these consents is what permits, or tells what they are.
    path = data.draw(st.sampled_from([p for p in places(resource) if p[-1] != "end"]))
    assert allowed(changed(resource, path, None)) <= allowed(resource)


@given(CONSENTS, st.data(), st.text(max_size=8))
@settings(max_examples=120, deadline=None)
def test_what_is_spoiled_permits_no_more(resource: Json, data: st.DataObject, text: str) -> None:
    # Which consent and which form it is may be told in other words; a time may be another time.
    free = {"id", "reference", "end", "start", "dateTime", "display"}
    listed = [p for p in places(resource) if p[-1] not in free]
    path = data.draw(st.sampled_from(listed))
    assert allowed(changed(resource, path, text)) <= allowed(resource)


@given(CONSENTS, DENIES, st.integers(0, 6))
@settings(max_examples=100, deadline=None)
def test_a_denial_permits_no_more_wherever_it_stands(
    resource: Json, denial: Json, place: int
) -> None:
    within = copy.deepcopy(resource)
    within["provision"]["provision"].insert(place, denial)
    beneath = copy.deepcopy(resource)
    beneath["provision"]["provision"][0]["provision"] = [denial]
    before = allowed(resource)
    assert allowed(within) <= before
    assert allowed(beneath) <= before
    assert allowed(resource, consent(denial, name="c2")) <= before


SPOILERS = {
    "no use": lambda c: [c["provision"]["provision"].pop(2)],
    "no collecting": lambda c: [c["provision"]["provision"].pop(0)],
    "another system": lambda c: [
        each.update(code=[concept(8, "urn:oid:1.2")])
        for each in c["provision"]["provision"]
        if each["code"] == [concept(8)]
    ],
    "not active": lambda c: c.update(status="inactive"),
    "expired": lambda c: c["provision"]["period"].update(end="2024-12-31"),
    "unknown form": lambda c: c.update(policy=[{"uri": "urn:oid:1.2.3"}]),
    "use denied": lambda c: c["provision"]["provision"].append(deny(8)),
    "changed in meaning": lambda c: c.update(modifierExtension=[{"url": "u", "valueString": "x"}]),
}


@pytest.mark.parametrize("spoil", SPOILERS.values(), ids=SPOILERS)
def test_each_condition_is_needed(spoil: Any) -> None:
    made = consent(*everything())
    now = {place for place, each in enumerate(QUESTIONS) if each.at == AT}
    assert now <= allowed(made)
    spoil(made)
    assert not now & allowed(made)


# --- times ----------------------------------------------------------------------------------------


@given(STARTS, ENDS)
@settings(deadline=None)
def test_a_permission_is_never_longer_than_a_denial_of_the_same_period(
    start: str, end: str | None
) -> None:
    period = {"start": start, "end": end}
    may, may_not = permitted(period), denied(period)
    assert may is None or (may_not[0] <= may[0] < may[1] <= may_not[1])


SPANS = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)).filter(lambda s: s[0] < s[1]))


@given(SPANS, SPANS)
@settings(deadline=None)
def test_spans_are_taken_from_spans(spans: list[Any], taken: list[Any]) -> None:
    def seconds(some: list[Any]) -> set[int]:
        return {second for start, end in some for second in range(start, end)}

    left = minus(spans, taken)
    assert seconds(left) == seconds(spans) - seconds(taken)
    assert left == sorted(left)


# --- leaves ---------------------------------------------------------------------------------------

TEXT = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12)


@given(st.lists(st.tuples(st.one_of(TEXT, st.from_regex(r"[ -~]+")), st.booleans()), max_size=4))
@settings(deadline=None)
def test_leaves_are_canonical_json(decided: list[tuple[str, bool]]) -> None:
    salts = bytes(range(SALT_BYTES)) * len(decided)
    salt = "0x" + bytes(range(SALT_BYTES)).hex()
    assert leaves(decided, salts) == [
        rfc8785.dumps(
            {"scheme": CONSENT_SCHEME, "pseudonym": name, "permits": permits, "salt": salt}
        )
        for name, permits in decided
    ]
