"""Study terms: what they say, their one byte form, and what the chain enforces of them. Pure.

`load_terms` reads a YAML file, `canonical` and `digest` give what goes on chain, `parameters` what
the contract enforces, and `verify_terms` holds a study on the chain against all of it.
"""

from __future__ import annotations

from governance.terms.canonical import MAX_TERMS, canonical, digest, terms_from_canonical
from governance.terms.charter import check_against_charter, missing_prohibitions
from governance.terms.derive import parameters, parameters_hash, verify_terms
from governance.terms.errors import (
    CharterInvalid,
    CharterProhibitionMissing,
    DocumentInvalid,
    DocumentUnreadable,
    Problem,
    TermsError,
    TermsInvalid,
    TermsMismatch,
    TermsNotCanonical,
)
from governance.terms.load import load_charter, load_terms, parse_charter, parse_terms
from governance.terms.model import Charter, Terms
from governance.terms.schema import committed_schema
from governance.terms.summary import Language, Section, summary

SCHEMA = committed_schema("terms.schema.json")
"""The JSON Schema (draft 2020-12) of a terms file."""

__all__ = [
    "MAX_TERMS",
    "SCHEMA",
    "Charter",
    "CharterInvalid",
    "CharterProhibitionMissing",
    "DocumentInvalid",
    "DocumentUnreadable",
    "Language",
    "Problem",
    "Section",
    "Terms",
    "TermsError",
    "TermsInvalid",
    "TermsMismatch",
    "TermsNotCanonical",
    "canonical",
    "check_against_charter",
    "digest",
    "load_charter",
    "load_terms",
    "missing_prohibitions",
    "parameters",
    "parameters_hash",
    "parse_charter",
    "parse_terms",
    "summary",
    "terms_from_canonical",
    "verify_terms",
]
