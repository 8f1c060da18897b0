"""The one byte form of terms (RFC 8785), its digest, and the way back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NoReturn, cast

import rfc8785

from governance.primitives import each_once, sha256
from governance.terms.check import check
from governance.terms.document import Document
from governance.terms.errors import TermsInvalid, TermsNotCanonical
from governance.terms.model import Terms

if TYPE_CHECKING:
    from governance.terms.document import Plain

MAX_TERMS = 16_384
"""Bytes of canonical terms that the chain takes."""


def canonical(terms: Terms) -> bytes:
    """Return the canonical JSON: every field stands there, defaults and nulls included.

    `readiness` alone is left out where it is `checked`: terms signed before there was such a field
    keep their bytes, and what they leave unsaid is the strict meaning.
    """
    plain = terms.model_dump()
    if terms.readiness == "checked":
        del plain["readiness"]
    return rfc8785.dumps(plain)


def digest(terms: Terms) -> bytes:
    """Return the SHA-256 of the canonical form, which is what goes on chain and is signed."""
    return sha256(canonical(terms))


def terms_from_canonical(data: bytes, *, name: str = "the canonical terms") -> Terms:
    """Read terms from their canonical bytes, as they stand on the chain.

    Raises:
        TermsNotCanonical: the bytes are not in canonical form.
        TermsInvalid: they are, but what they say is no valid terms.
    """
    if len(data) > MAX_TERMS:
        _not_canonical(f"they are {len(data)} bytes long and {MAX_TERMS} are allowed")
    try:
        plain = _frozen(
            json.loads(
                data.decode(),
                object_pairs_hook=each_once,
                parse_float=_no_float,
                parse_constant=_no_float,
            )
        )
        written_anew = rfc8785.dumps(cast("Any", plain))
    except (ValueError, RecursionError):
        _not_canonical("they are not JSON without duplicate fields and decimals")
    if written_anew != data:
        _not_canonical("written anew as RFC 8785 says they give other bytes")
    terms = check(Document(data=plain), Terms, TermsInvalid, name)
    if canonical(terms) != data:
        _not_canonical("a field is left out, or a value not in its shortest form")
    return terms


def _not_canonical(reason: str) -> NoReturn:
    raise TermsNotCanonical(
        f"The terms are not in canonical form: {reason}.",
        "Do not sign them; have them proposed again from a terms file with our tools.",
    )


def _no_float(text: str) -> NoReturn:
    raise ValueError(f"{text} is no whole number")


def _frozen(value: Any) -> Plain:
    if isinstance(value, dict):
        return {key: _frozen(item) for key, item in value.items()}
    if isinstance(value, list):
        return tuple(_frozen(item) for item in value)
    plain: Plain = value
    return plain
