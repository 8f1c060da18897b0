"""The evidence bundle: what it is made of, and the one form that it has."""

from __future__ import annotations

from governance.audit.bundle.form import SCHEME, Bundle, in_order
from governance.audit.bundle.seal import Seal, Sealed, sealed, walk

__all__ = ["SCHEME", "Bundle", "Seal", "Sealed", "in_order", "sealed", "walk"]
