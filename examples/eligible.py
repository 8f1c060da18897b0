"""Whose data a node of the examples trains on: the patients' whose consent permits it, no others.

Each node's folder has a list of their pseudonyms, one a line, as `charter consent eligible --ids`
writes it. It is read anew for every round, so who is taken off the list trains no more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from deploy.demo.consents import patients
from deploy.demo.patients import draw, sites
from deploy.demo.story import SPLIT

if TYPE_CHECKING:
    from pathlib import Path

    from deploy.demo.patients import Array

NAME = "eligible.csv"
"""Name of the list, beside the node's settings."""


def training_data(site: str, settings: Path) -> tuple[Array, Array]:
    """Features and disease of the patients of a site that a node may train on.

    Args:
        site: The hospital's name in the data.
        settings: The node's settings, beside which the list lies.

    Raises:
        FileNotFoundError: There is no list: nobody has permitted anything.
    """
    listed = set(settings.with_name(NAME).read_text(encoding="utf-8").split())
    may_train = [person.pseudonym in listed for person in patients(site)]
    known = next(each for each in sites() if each.name == site)
    drawn, tested = draw(known, SPLIT)
    return known.parted([place for place in drawn if may_train[place]], tested).train
