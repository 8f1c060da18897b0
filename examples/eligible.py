"""Whose data a node of the examples trains on: the patients' whose consent permits it, no others.

Each node's folder has the list of their pseudonyms that `charter consent eligible --ids` writes,
with the times in which their data may have been collected. It is read anew for every round, so who
is taken off the list trains no more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from deploy.demo.consents import patients
from deploy.demo.patients import draw, sites
from deploy.demo.records import hold_the_data
from deploy.demo.story import SPLIT
from governance.consent import read_eligible

if TYPE_CHECKING:
    from pathlib import Path

    from deploy.demo.patients import Array

NAME = "eligible.csv"
"""Name of the list, beside the node's settings."""


def training_data(site: str, settings: Path) -> tuple[Array, Array]:
    """Features and disease of the patients of a site that a node may train on.

    Whose data may have been collected at other times alone is left out.

    Args:
        site: The hospital's name in the data.
        settings: The node's settings, beside which the list lies.

    Raises:
        FileNotFoundError: There is no list: nobody has permitted anything.
        EligibleListInvalid: The file is another one.
    """
    listed = read_eligible(settings.with_name(NAME))
    may_train = [hold_the_data(listed.get(person.pseudonym, ())) for person in patients(site)]
    known = next(each for each in sites() if each.name == site)
    drawn, tested = draw(known, SPLIT)
    return known.parted([place for place in drawn if may_train[place]], tested).train
