"""What became of a round where it was merged: which attempt the model goes on from, or none."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, TypedDict

if TYPE_CHECKING:
    from collections.abc import Mapping


class Became(StrEnum):
    """What became of an attempt at a round.

    Attributes:
        OPENED: It has begun. Where nothing follows, whoever merged ended before it was decided.
        MERGED: The model goes on from it.
        LEFT_OUT: The model goes on from no attempt at the round.
    """

    OPENED = "opened"
    MERGED = "merged"
    LEFT_OUT = "left-out"


class ChoiceJson(TypedDict):
    """A choice as the evidence log has it."""

    study: str
    round: int
    attempt: int
    became: str


@dataclass(frozen=True, slots=True)
class Choice:
    """What became of a round; a later choice takes the place of an earlier one.

    Attributes:
        study: Address of the study's contract.
        round: The round, counted from 1.
        attempt: Which try at it, counted from 1; 0 where none was opened.
        became: What became of it.
    """

    study: str
    round: int
    attempt: int
    became: Became

    def as_json(self) -> ChoiceJson:
        """The choice as plain data."""
        return {
            "study": self.study,
            "round": self.round,
            "attempt": self.attempt,
            "became": self.became.value,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, object]) -> Choice:
        """The choice that plain data describe.

        Raises:
            ValueError: If a field is missing, unknown or malformed.
        """
        match data:
            case {
                "study": str(study),
                "round": int(number),
                "attempt": int(attempt),
                "became": str(became),
                **others,
            } if _is_count(number, 1) and _is_count(attempt, 0) and not others:
                return cls(study, number, attempt, Became(became))
            case _:
                raise ValueError("a field of the choice is missing, unknown or malformed")


def _is_count(value: int, least: int) -> bool:
    """Whether JSON says a number that is large enough; `true` is none, though Python counts it."""
    return type(value) is int and value >= least
