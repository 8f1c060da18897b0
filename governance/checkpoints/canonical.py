"""Canonical JSON for envelopes and evidence, fast enough to be written for every decision."""

import json
from collections.abc import Mapping
from typing import Any


def canonical_json(data: Mapping[str, Any]) -> bytes:
    """RFC 8785 JSON of data with ASCII keys and texts and whole numbers below 2**53.

    For these the standard encoder gives the bytes that a full one gives, at a fraction of its cost.
    """
    return _ENCODER.encode(data).encode("ascii")


_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), allow_nan=False)
