"""Whatever terms one can write: one canonical form, one digest, parameters that the chain takes."""

from __future__ import annotations

import dataclasses
import json
import unicodedata
from datetime import datetime
from pathlib import Path
from typing import Any

import eth_abi
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.encoding import encode_parameters, encode_publication
from governance.primitives import checksum_address
from governance.terms import (
    Terms,
    TermsError,
    TermsInvalid,
    canonical,
    digest,
    parameters,
    parameters_hash,
    parse_terms,
    summary,
    terms_from_canonical,
    verify_terms,
)
from governance.terms.canonical import MAX_TERMS
from governance.terms.codes import COUNTRIES
from governance.terms.document import read_yaml
from governance.terms.fields import MAX_ROUNDS, MAX_SIGNATORIES
from governance.terms.model import MAX_COUNTRIES, MAX_PAYEES, MAX_WEIGHTS
from governance.vocabulary import Contribution, Publication

PARAMETERS = (
    "(uint8,uint8,bool,uint16,uint16,uint16,uint32,uint8,uint32,uint48,bytes2[],"
    "(uint16,uint16,uint16,uint16,uint32,(uint32,uint32)[],(address,uint16)[]))"
)
PUBLICATION = "(uint32,bytes32,bytes32,(uint32,uint32)[],bytes32,bytes32)"

visible = st.characters(exclude_categories=("C", "Zl", "Zp"))
lines = (
    st.text(visible, min_size=1, max_size=40)
    .map(lambda text: unicodedata.normalize("NFC", text).strip())
    .filter(bool)
)
digests = st.binary(min_size=32, max_size=32).filter(any).map(lambda raw: "0x" + raw.hex())
accounts = st.binary(min_size=20, max_size=20).filter(any).map(checksum_address)
numbers = st.integers(1, 2**32 - 1)


class _Careful(yaml.SafeDumper):
    """Writes in quotes what starts like a number, such as 08, which readers take differently."""


def _quoted(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = '"' if text[0] in "+-.0123456789" else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style)


_Careful.add_representer(str, _quoted)


def any_or_some(names: list[str]) -> st.SearchStrategy[Any]:
    return st.just("any") | st.lists(st.sampled_from(names), min_size=1, max_size=20, unique=True)


@st.composite
def percentages(draw: st.DrawFn) -> dict[str, Any]:
    """Shares that sum to 100, with whom they go to."""
    cuts = sorted(draw(st.lists(st.integers(0, 10_000), min_size=3, max_size=9)))
    points = [b - a for a, b in zip([0, *cuts], [*cuts, 10_000], strict=True)]
    texts = [f"{p // 100}.{p % 100:02}" for p in points]
    weights = draw(
        st.lists(
            st.fixed_dictionaries({"institution": numbers, "weight": numbers, "reason": lines}),
            min_size=1,
            max_size=8,
            unique_by=lambda weight: weight["institution"],
        )
    )
    named = draw(st.lists(accounts, min_size=len(texts) - 4, max_size=len(texts) - 4, unique=True))
    payees = [
        {"name": draw(lines), "account": account, "share": share}
        for account, share, size in zip(named, texts[4:], points[4:], strict=True)
        if size
    ]
    return {
        "equal": texts[0],
        "contributed": texts[1],
        "patients": texts[2],
        "weighted": texts[3],
        "weights": weights if points[3] else [],
        "payees": payees,
        "remainder_to": draw(numbers),
    }


@st.composite
def written_terms(draw: st.DrawFn) -> dict[str, Any]:
    signatories = draw(st.integers(1, MAX_SIGNATORIES))
    quorum = draw(st.integers(signatories // 2 + 1, MAX_SIGNATORIES))
    disease = draw(st.booleans())
    use = st.sampled_from(["free", "paid", "none"])
    return {
        "scheme": "swarm-charter/terms/1",
        "title": draw(lines),
        "question": draw(lines),
        "sponsor": draw(lines),
        "data_use": {
            "permission": "DUO:0000007" if disease else "DUO:0000042",
            "diseases": ["MONDO:0005010"] if disease else [],
            "modifiers": [{"code": code} for code in draw(st.sets(st.just("DUO:0000019")))],
        },
        "prohibited_uses": draw(st.lists(lines, min_size=1, max_size=5, unique=True)),
        "participants": {
            "kinds": draw(any_or_some(["hospital", "institute", "data-trustee", "company"])),
            "sectors": draw(any_or_some(["public", "private"])),
            "countries": draw(any_or_some(sorted(COUNTRIES))),
            "minimum_signatories": signatories,
            "minimum_contributors": draw(st.integers(1, max(signatories, quorum))),
        },
        "data": {
            "schema_digest": draw(digests),
            "records": draw(st.sampled_from(["exact", "none"])),
        },
        "annotation": draw(
            st.none() | st.fixed_dictionaries({"protocol_digest": digests, "agreement": st.none()})
        ),
        "consent": {
            "basis": "broad-consent",
            "max_age": draw(
                st.none()
                | st.integers(1, 40_000).flatmap(
                    lambda n: st.sampled_from([f"{n}s", f"{n}min", f"{n}h", f"{n}d"])
                )
            ),
        },
        "rounds": draw(st.integers(1, MAX_ROUNDS)),
        "checkpoints": {
            "quorum": quorum,
            "level": draw(st.sampled_from(["set-checked", "merge-recomputed"])),
        },
        "model": {
            "owner": draw(st.sampled_from(["signatories", "contributors", "sponsor"])),
            "use": {
                "signatories": draw(use),
                "contributors": draw(use),
                "others": draw(use),
            },
            "licence": {"id": draw(lines), "digest": draw(digests)},
        },
        "benefits": draw(percentages()),
        "ethics": {"approval_digest": draw(st.none() | digests)},
        "risk_class": draw(st.sampled_from(["minimal", "limited", "high"])),
        "expires": draw(st.datetimes(datetime(1971, 1, 1))).strftime("%Y-%m-%dT%H:%M:%SZ"),  # noqa: DTZ001
    }


def parsed(written: dict[str, Any]) -> Terms:
    return parse_terms(json.dumps(written, ensure_ascii=False))


def as_values(value: Any) -> Any:
    if dataclasses.is_dataclass(value):
        return tuple(as_values(getattr(value, f.name)) for f in dataclasses.fields(value))
    if isinstance(value, tuple):
        return tuple(map(as_values, value))
    return value


def reordered(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: reordered(value[key]) for key in reversed(value)}
    return value


@settings(max_examples=60, deadline=None)
@given(written_terms())
def test_terms_survive_the_way_to_the_chain_and_back(written: dict[str, Any]) -> None:
    terms = parsed(written)
    data = canonical(terms)
    assert terms_from_canonical(data) == terms
    assert canonical(parse_terms(data.decode())) == data
    assert digest(parsed(reordered(written))) == digest(terms)
    enforced = parameters(terms)
    verify_terms(data, digest(terms), enforced, parameters_hash(enforced))
    assert all(sentence for section in summary(terms) for sentence in section.sentences)


@settings(max_examples=60, deadline=None)
@given(written_terms())
def test_yaml_and_json_of_the_same_terms_have_one_digest(written: dict[str, Any]) -> None:
    text = yaml.dump(written, Dumper=_Careful, allow_unicode=True, width=1_000)
    assert digest(parse_terms(text)) == digest(parsed(written))


@settings(max_examples=60, deadline=None)
@given(written_terms())
def test_what_is_enforced_keeps_the_bounds_of_the_contract(written: dict[str, Any]) -> None:
    enforced = parameters(parsed(written))
    shares = enforced.shares
    assert enforced.kinds in range(1, 16)
    assert enforced.sectors in range(1, 4)
    assert 1 <= enforced.minimum_signatories < 2 * enforced.quorum
    assert max(enforced.minimum_signatories, enforced.minimum_contributors) <= 500
    assert 1 <= enforced.rounds < 2**16
    assert len(enforced.countries) <= 64
    assert enforced.any_country == (not enforced.countries)
    assert list(enforced.countries) == sorted(set(enforced.countries))
    assert bool(shares.weighted) == bool(shares.weights)
    institutions = [weight.institution for weight in shares.weights]
    assert institutions == sorted(set(institutions))
    total = shares.equal + shares.contributed + shares.patients + shares.weighted
    assert total + sum(payee.share for payee in shares.payees) == 10_000
    assert eth_abi.encode([PARAMETERS], [as_values(enforced)]) == encode_parameters(enforced)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 2**32 - 1),
    st.builds(
        Publication,
        *[st.integers(0, 2**32 - 1)],
        *[st.binary(min_size=32, max_size=32)] * 2,
        st.lists(st.builds(Contribution, numbers, numbers), max_size=4).map(tuple),
        *[st.binary(min_size=32, max_size=32)] * 2,
    ),
)
def test_a_publication_is_encoded_as_solidity_does(version: int, publication: Publication) -> None:
    peer = eth_abi.encode(["uint32", PUBLICATION], [version, as_values(publication)])
    assert encode_publication(version, publication) == peer


@settings(max_examples=150, deadline=None)
@given(st.text(st.sampled_from("title: a[]{},&*!|>'\"#%@`-?\n\t 01.5éZ"), max_size=60))
def test_no_text_brings_the_reader_down(text: str) -> None:
    with pytest.raises(TermsInvalid) as caught:
        parse_terms(text)
    lines_in_text = text.count("\n") + 1
    assert all(1 <= problem.line <= lines_in_text for problem in caught.value.problems)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
def test_no_bytes_bring_the_canonical_reader_down(data: bytes) -> None:
    with pytest.raises(TermsError):
        terms_from_canonical(data)


@settings(max_examples=100, deadline=None)
@given(st.from_regex(r"[-+]?[0-9][0-9_.:eExX]{0,8}", fullmatch=True))
def test_a_number_is_read_as_written_or_not_at_all(text: str) -> None:
    document = read_yaml(f"value: {text}")
    value = document.data["value"] if isinstance(document.data, dict) else None
    if not document.problems:
        assert str(value).lstrip("+-") == text.lstrip("+-")


@pytest.mark.parametrize(
    ("file", "bound"),
    [
        ("Seats", f"MAX_SEATS = {MAX_SIGNATORIES};"),
        ("Study", "MAX_SIGNATORIES = MAX_SEATS;"),
        ("Study", f"MAX_TERMS = {MAX_TERMS:_};"),
        ("TermsRules", f"_MAX_COUNTRIES = {MAX_COUNTRIES};"),
        ("TermsRules", f"p.rounds > type(uint{MAX_ROUNDS.bit_length()}).max"),
        ("SharesRules", f"_MAX_PAYEES = {MAX_PAYEES};"),
        ("SharesRules", f"_MAX_WEIGHTS = {MAX_WEIGHTS};"),
    ],
)
def test_the_bounds_are_the_contracts(file: str, bound: str) -> None:
    source = (Path(__file__).parents[3] / "contracts" / f"{file}.sol").read_text(encoding="utf-8")
    assert bound in source
