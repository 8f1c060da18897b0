"""Why an institution declines or withdraws, as the number that the chain keeps."""

from __future__ import annotations

from enum import IntEnum


class Reason(IntEnum):
    """The kind of a reason. What there is to say in words stays with the institutions."""

    UNSPECIFIED = 0
    CONSENT = 1
    ETHICS = 2
    LEGAL = 3
    DATA = 4
    RESOURCES = 5
    BENEFITS = 6
    PARTNERS = 7
    SECURITY = 8
    OTHER = 255
