"""halmos with one mistake of its own put right; runs in the verification's Python environment.

halmos 0.3.3 declares SHA-256 over as many bits as its input has bytes, so that nothing that hashes
with it, as `History` does, could be proved.
"""

import re
import sys

from halmos import sevm  # type: ignore[import-not-found]
from halmos.__main__ import main  # type: ignore[import-not-found]
from z3 import BitVecSort, Function  # type: ignore[import-not-found]


def declare(name: str, *sorts: object) -> object:
    """Declares an uninterpreted function, those of precompiled hashes over whole bytes."""
    hashed = re.fullmatch(r"f_(?:sha256|ripemd160)_(\d+)", name)
    return Function(name, *((BitVecSort(8 * int(hashed[1])), *sorts[1:]) if hashed else sorts))


if __name__ == "__main__":
    sevm.Function = declare
    sys.exit(main())
