"""The digest of an update: which numbers a node sends, whatever framework computed them."""

from __future__ import annotations

import hashlib
import sys
from typing import TYPE_CHECKING, Any, Final

from governance.errors import CharterError
from governance.gate.canonical import canonical_json

if TYPE_CHECKING:
    from collections.abc import Sequence

SCHEME: Final = "swarm-charter/update/1"
"""Names how the digest is computed."""

_KINDS: Final = {"?": "bool"} | dict.fromkeys("efd", "float") | dict.fromkeys("bhilq", "int")
_UNSIGNED: Final = dict.fromkeys("BHILQ", "uint")


class UpdateInvalid(CharterError):
    """An update cannot be digested as it is."""

    code = "UpdateInvalid"


def update_digest(arrays: Sequence[Any]) -> bytes:
    """SHA-256 over an update's arrays: their element types and shapes, then their elements.

    The digest is over the 8-byte big-endian length of a canonical JSON header, the header
    (`{"arrays":[["float64",[12]],…],"scheme":…}`), and each array's elements in C order,
    little-endian.

    Args:
        arrays: Objects with Python's buffer interface, such as numpy arrays, in the order in which
            they are merged. They are read where they stand, not copied.

    Raises:
        UpdateInvalid: If there is none, or one is no plain array of numbers in C order and this
            byte order.
    """
    if not arrays:
        raise UpdateInvalid("The update holds no array.", "Send the arrays that are to be merged.")
    views = [_view(array) for array in arrays]
    header = canonical_json(
        {"scheme": SCHEME, "arrays": [[_type_name(view), list(view.shape or ())] for view in views]}
    )
    digest = hashlib.sha256(len(header).to_bytes(8, "big") + header)
    for view in views:
        # A view with a dimension of zero cannot be cast, and has nothing to say.
        digest.update(view.cast("B") if view.nbytes else b"")
    return digest.digest()


def _view(array: Any) -> memoryview:
    remedy = "Send arrays of numbers in C order, such as numpy.ascontiguousarray gives."
    try:
        view = memoryview(array)
    except (TypeError, ValueError, BufferError):
        raise UpdateInvalid("The update holds something that is no array.", remedy) from None
    if not view.c_contiguous:
        raise UpdateInvalid("The update holds an array that is not in C order.", remedy)
    return view


def _type_name(view: memoryview) -> str:
    code = view.format.lstrip("@=<") if sys.byteorder == "little" else ""
    kind = _KINDS.get(code) or _UNSIGNED.get(code)
    if kind is None:
        raise UpdateInvalid(
            f"The update holds elements of the format {view.format!r}.",
            "Send little-endian whole numbers, floating-point numbers or booleans.",
        )
    return kind if kind == "bool" else f"{kind}{8 * view.itemsize}"
