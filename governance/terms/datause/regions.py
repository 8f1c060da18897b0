"""Regions by the countries that belong to them, for geographical restrictions."""

from __future__ import annotations

from governance.terms.codes import COUNTRIES

_EU = frozenset(
    [
        *("AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU"),
        *("IE", "IT", "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK"),
    ]
)

REGIONS = {"EU": _EU, "EEA": _EU | {"IS", "LI", "NO"}}
"""The European Union and the European Economic Area as they have been since 2020-02-01."""


def read_region(detail: str) -> frozenset[str] | None:
    """The countries that a detail names, such as `EEA, CH`; None if anything in it is not clear.

    Countries by ISO 3166-1 alpha-2 and the regions above, with commas between.
    """
    found: set[str] = set()
    for name in (part.strip() for part in detail.split(",")):
        if name in REGIONS:
            found |= REGIONS[name]
        elif name in COUNTRIES:
            found.add(name)
        else:
            return None
    return frozenset(found)
