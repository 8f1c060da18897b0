"""What a study's contract enforces of its terms: the one derivation, and the check against it."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

from governance.encoding import encode_parameters
from governance.primitives import keccak, sha256
from governance.terms.canonical import terms_from_canonical
from governance.terms.errors import TermsMismatch
from governance.terms.fields import basis_points, seconds, unix_time
from governance.vocabulary import Kind, Level, Parameters, Payee, Sector, Shares, Weight

if TYPE_CHECKING:
    from collections.abc import Iterator
    from enum import IntEnum

    from governance.terms.model import BenefitRules, Terms

KIND_NAMES = {kind: kind.name.lower().replace("_", "-") for kind in Kind}
"""Kinds of institutions as terms write them."""

SECTOR_NAMES = {sector: sector.name.lower() for sector in Sector}
"""Sectors as terms write them."""

LEVEL_NAMES = {
    Level.SET_CHECKED: "set-checked",
    Level.MERGE_RECOMPUTED: "merge-recomputed",
}
"""Levels of attestation as terms write them."""


def parameters(terms: Terms) -> Parameters:
    """Derive what the contract enforces.

    The one derivation: tools that show, sign, open, guard and audit all call it.
    """
    participants = terms.participants
    levels = {name: level for level, name in LEVEL_NAMES.items()}
    any_country = participants.countries == "any"
    countries = () if any_country else participants.countries
    max_age = terms.consent.max_age
    return Parameters(
        kinds=_bit_set(participants.kinds, KIND_NAMES),
        sectors=_bit_set(participants.sectors, SECTOR_NAMES),
        any_country=any_country,
        minimum_signatories=participants.minimum_signatories,
        minimum_contributors=participants.minimum_contributors,
        quorum=terms.checkpoints.quorum,
        rounds=terms.rounds,
        level=levels[terms.checkpoints.level],
        consent_max_age=seconds(max_age) if max_age else 0,
        expires_at=unix_time(terms.expires),
        countries=tuple(country.encode() for country in countries),
        shares=_shares(terms.benefits),
    )


def parameters_hash(enforced: Parameters) -> bytes:
    """Return keccak256 of the ABI encoding, which is what is signed beside the terms' digest.

    Raises:
        ValueError: a field does not fit its type on the chain.
    """
    return keccak(encode_parameters(enforced))


def verify_terms(
    terms_bytes: bytes, terms_digest: bytes, enforced: Parameters, enforced_hash: bytes
) -> Terms:
    """Check what a study put on chain: bytes, digest, parameters and hash must all say the same.

    Returns:
        The terms.

    Raises:
        TermsNotCanonical: the bytes are not in canonical form.
        TermsInvalid: they are, but are no valid terms.
        TermsMismatch: digest, parameters or hash are not what the bytes give.
    """
    terms = terms_from_canonical(terms_bytes)
    derived = parameters(terms)
    differing = list(_differences(derived, enforced))
    if sha256(terms_bytes) != terms_digest:
        differing.append("terms digest")
    if parameters_hash(derived) != enforced_hash:
        differing.append("parameters hash")
    if differing:
        raise TermsMismatch(differing)
    return terms


def _differences(derived: Parameters, enforced: Parameters) -> Iterator[str]:
    for field in fields(Parameters):
        if getattr(derived, field.name) != getattr(enforced, field.name):
            yield field.name.replace("_", " ")


def _bit_set(named: Any, names: dict[Any, str]) -> int:
    members: list[IntEnum] = [
        member for member, name in names.items() if named == "any" or name in named
    ]
    return sum(1 << member for member in members)


def _shares(benefits: BenefitRules) -> Shares:
    return Shares(
        equal=basis_points(benefits.equal),
        contributed=basis_points(benefits.contributed),
        patients=basis_points(benefits.patients),
        weighted=basis_points(benefits.weighted),
        remainder_to=benefits.remainder_to,
        weights=tuple(Weight(w.institution, w.weight) for w in benefits.weights),
        payees=tuple(Payee(p.account, basis_points(p.share)) for p in benefits.payees),
    )
