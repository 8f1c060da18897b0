"""Random parameters of studies: sound ones, and now and then some that contradict themselves."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeVar

from hypothesis import strategies as st

from governance.vocabulary import (
    BASIS_POINTS,
    Kind,
    Level,
    Parameters,
    Payee,
    Sector,
    Shares,
    Weight,
)

T = TypeVar("T")

_ALL_KINDS = (1 << len(Kind)) - 1
_ALL_SECTORS = (1 << len(Sector)) - 1
_COUNTRIES = (b"AT", b"CH", b"DE", b"FR")
LONG = 100_000
"""Seconds that no history outlasts."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Parameters but for what depends on the swarm and the time.

    Attributes:
        kinds, sectors, countries, minimum, contributors, quorum, rounds, level, consent_max_age:
            As `Parameters` has them; no countries stand for any.
        expires_in: Seconds from now.
        parts: Weights by which the basis points are split: equal, contributed, patients, weighted,
            and the payees.
        weights: By institution, from number 1 on; zero for none.
        payees: Indices of addresses.
        remainder_to: An institution's number.
        sound: Whether the basis points are left as they sum up.
    """

    kinds: int
    sectors: int
    countries: tuple[bytes, ...]
    minimum: int
    contributors: int
    quorum: int
    rounds: int
    level: Level
    consent_max_age: int
    expires_in: int
    parts: tuple[int, ...]
    weights: tuple[int, ...]
    payees: tuple[int, ...]
    remainder_to: int
    sound: bool

    def parameters(self, now: int, addresses: list[str]) -> Parameters:
        """The parameters, for a study whose terms are put forward now."""
        basis_points = _split(self.parts)
        named = basis_points[4:]
        weights = tuple(
            Weight(number, weight) for number, weight in enumerate(self.weights, start=1) if weight
        )
        return Parameters(
            kinds=self.kinds,
            sectors=self.sectors,
            any_country=not self.countries,
            minimum_signatories=self.minimum,
            minimum_contributors=self.contributors,
            quorum=self.quorum,
            rounds=self.rounds,
            level=self.level,
            consent_max_age=self.consent_max_age,
            expires_at=now + self.expires_in,
            countries=self.countries,
            shares=Shares(
                equal=basis_points[0],
                contributed=basis_points[1],
                patients=basis_points[2] + (0 if self.sound else 1),
                weighted=basis_points[3],
                remainder_to=self.remainder_to,
                weights=weights,
                payees=tuple(
                    Payee(addresses[index % len(addresses)], share)
                    for index, share in zip(self.payees, named, strict=True)
                ),
            ),
        )


_PARTS = (3, 4, 2, 1, 1)

FRIENDLY = Plan(
    kinds=_ALL_KINDS,
    sectors=_ALL_SECTORS,
    countries=(),
    minimum=2,
    contributors=1,
    quorum=3,
    rounds=50,
    level=Level.SET_CHECKED,
    consent_max_age=0,
    expires_in=LONG,
    parts=_PARTS,
    weights=(3, 0, 7, 1),
    payees=(1,),
    remainder_to=1,
    sound=True,
)
"""A study that four founders can run."""


def friendly(which: int) -> Plan:
    """Such a study, in one of several variations."""
    variations = (
        FRIENDLY,
        replace(FRIENDLY, consent_max_age=40, weights=(), parts=(0, 0, 1, 0, 3)),
        replace(FRIENDLY, level=Level.MERGE_RECOMPUTED, minimum=3, parts=(1, 1, 1, 1, 1)),
        replace(FRIENDLY, consent_max_age=LONG, contributors=2, payees=(2, 2), parts=(*_PARTS, 5)),
        replace(FRIENDLY, expires_in=200, weights=(), parts=(1, 0, 0, 0, 2), remainder_to=3),
    )
    return variations[which % len(variations)]


def _split(parts: tuple[int, ...]) -> list[int]:
    """Basis points in the relation of the parts, all of them handed out."""
    total = sum(parts) or 1
    split = [BASIS_POINTS * part // total for part in parts]
    split[0] += BASIS_POINTS - sum(split)
    return split


def _seldom(usual: T, *others: T) -> st.SearchStrategy[T]:
    return st.sampled_from([*(usual for _ in range(4 * len(others))), *others])


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """Plans that most studies can be opened by, and that many can be run by."""
    minimum = draw(st.integers(1, 4))
    weights = draw(st.one_of(st.just(()), st.lists(st.integers(0, 5), min_size=1, max_size=5)))
    payees = draw(st.lists(st.integers(0, 20), max_size=2))
    weighted = draw(st.integers(1, 5)) if any(weights) else 0
    open_parts = draw(st.lists(st.integers(0, 5), min_size=3, max_size=3))
    named = draw(st.lists(st.integers(1, 3), min_size=len(payees), max_size=len(payees)))
    return Plan(
        kinds=draw(_seldom(_ALL_KINDS, 0b0011, 0b1110, 0)),
        sectors=draw(_seldom(_ALL_SECTORS, 0b01, 0)),
        countries=draw(_seldom((), _COUNTRIES, _COUNTRIES[1:], (b"DE", b"AT"))),
        minimum=draw(_seldom(minimum, 0, 501)),
        contributors=draw(_seldom(1, 2, 3, 0)),
        quorum=minimum // 2 + draw(st.sampled_from([0, 1, 1, 1, 2])),
        rounds=draw(_seldom(20, 1, 3, 0, 65_535, 65_536)),
        level=draw(_seldom(Level.SET_CHECKED, Level.MERGE_RECOMPUTED, Level.NONE)),
        consent_max_age=draw(st.sampled_from([0, 0, 1, 20, 150, LONG])),
        expires_in=draw(_seldom(LONG, 40, 150, 0)),
        parts=(*open_parts, weighted, *named),
        weights=tuple(weights),
        payees=tuple(payees),
        remainder_to=draw(_seldom(1, 2, 4, 0, 200)),
        sound=draw(_seldom(True, False)),
    )
