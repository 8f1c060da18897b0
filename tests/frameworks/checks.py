"""Runs checks where there is no pytest."""

from __future__ import annotations

import sys
import traceback
from typing import Any


def run_all(names: dict[str, Any]) -> None:
    """Runs every function whose name begins with `check_`; exits with the number that failed."""
    failed = 0
    for name, check in names.items():
        if name.startswith("check_"):
            try:
                check()
                print(f"passed {name}")
            except Exception:
                failed += 1
                print(f"FAILED {name}")
                traceback.print_exc(file=sys.stdout)
    sys.exit(failed)
