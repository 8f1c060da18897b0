"""Who plays in the demo."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Role:
    """A hospital of the demo.

    Attributes:
        site: Its site in the data.
        name: What it is called on the chain. Not the name of the institution that collected the
            data, which takes no part in this.
        country: ISO 3166-1 alpha-2.
        folder: Its folder's name.
    """

    site: str
    name: str
    country: str
    folder: str


FOUNDERS = (
    Role("Cleveland", "Hospital Cleveland", "US", "cleveland"),
    Role("Hungary", "Hospital Budapest", "HU", "budapest"),
    Role("Switzerland", "Hospital Zurich-Basel", "CH", "zurich-basel"),
)
"""Those that found the swarm, in the order of their numbers."""

FOURTH = Role("VA Long Beach", "Hospital Long Beach", "US", "long-beach")
"""The one that applies later and is voted in."""

FOUNDATION = "Patients' Heart Foundation"
"""The payee that the terms name."""
