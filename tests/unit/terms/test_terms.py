"""Canonical form, digest, derivation, and the check of what stands on the chain."""

from __future__ import annotations

import dataclasses
import json
import re
import subprocess
import sys
from pathlib import Path
from string import Formatter
from typing import TYPE_CHECKING

import pytest
import rfc8785
from pydantic import ValidationError

from governance.primitives import sha256
from governance.terms import (
    CharterInvalid,
    CharterProhibitionMissing,
    DocumentUnreadable,
    Terms,
    TermsInvalid,
    TermsMismatch,
    TermsNotCanonical,
    canonical,
    check_against_charter,
    digest,
    load_charter,
    load_terms,
    missing_prohibitions,
    parameters,
    parameters_hash,
    parse_charter,
    parse_terms,
    summary,
    terms_from_canonical,
    verify_terms,
)
from governance.terms.english import ENGLISH
from governance.terms.german import GERMAN
from governance.vocabulary import Kind, Level, Parameters, Payee, Sector, Shares, Weight

if TYPE_CHECKING:
    from governance.terms.summary import Language

ROOT = Path(__file__).parents[3]
EXAMPLE = ROOT / "examples" / "terms.yaml"
PAYEE = "0x52908400098527886E0F7030069857D2E4169EE7"
CHARTER = ROOT / "examples" / "charter.yaml"
VECTOR = json.loads((ROOT / "tests" / "vectors" / "terms.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def terms() -> Terms:
    return load_terms(EXAMPLE)


def altered(terms: Terms, **fields: object) -> bytes:
    """Canonical bytes of the terms with top-level fields replaced, whatever they then say."""
    return rfc8785.dumps(json.loads(canonical(terms)) | fields)


def test_the_example_gives_the_committed_bytes_and_digests(terms: Terms) -> None:
    assert canonical(terms).decode() == VECTOR["canonical"]
    assert digest(terms).hex() == VECTOR["digest"]
    assert parameters_hash(parameters(terms)).hex() == VECTOR["parameters_hash"]


def test_what_is_enforced_of_the_example(terms: Terms) -> None:
    assert parameters(terms) == Parameters(
        kinds=1 << Kind.HOSPITAL | 1 << Kind.INSTITUTE,
        sectors=1 << Sector.PUBLIC | 1 << Sector.PRIVATE,
        any_country=False,
        minimum_signatories=3,
        minimum_contributors=2,
        quorum=3,
        rounds=50,
        level=Level.SET_CHECKED,
        consent_max_age=30 * 86_400,
        expires_at=1_924_988_400,
        countries=(b"CH", b"DE", b"HU", b"NO", b"US"),
        shares=Shares(
            equal=3_000,
            contributed=3_335,
            patients=1_665,
            weighted=1_500,
            remainder_to=1,
            weights=(Weight(1, 3), Weight(2, 2), Weight(3, 2)),
            payees=(Payee(PAYEE, 500),),
        ),
    )


def test_any_and_null_are_enforced_as_such() -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    for before, after in {
        "kinds: [hospital, institute]": "kinds: any",
        "sectors: any": "sectors: [private]",
        "countries: [CH, DE, HU, NO, US]": "countries: any",
        "max_age: 30d": "max_age: null",
        "set-checked": "merge-recomputed",
    }.items():
        text = text.replace(before, after)
    enforced = parameters(parse_terms(text))
    assert (enforced.kinds, enforced.sectors) == (0b1111, 0b10)
    assert (enforced.any_country, enforced.countries) == (True, ())
    assert enforced.consent_max_age == 0
    assert enforced.level is Level.MERGE_RECOMPUTED


@pytest.mark.parametrize(
    ("written", "same"),
    [
        ("[CH, DE, HU, NO, US]", "[US, NO, HU, DE, CH]"),
        ("[hospital, institute]", "[institute, hospital]"),
        ("minimum: 0.80", 'minimum: "0.8"'),
        ("equal: 30", "equal: 30.0"),
        ("equal: 30", '"equal": "30.00"'),
        ("rounds: 50", "# of training\nrounds:    50"),
        (PAYEE, PAYEE.lower()),
        ("title: Heart", "title:   Heart"),
    ],
)
def test_one_meaning_has_one_digest(terms: Terms, written: str, same: str) -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    assert text.count(written) == 1
    assert digest(parse_terms(text.replace(written, same))) == digest(terms)


def test_norway_is_a_country_and_no_falsehood(terms: Terms) -> None:
    assert "NO" in terms.participants.countries


def test_json_is_a_way_to_write_terms(terms: Terms) -> None:
    assert parse_terms(canonical(terms).decode()) == terms


def test_canonical_bytes_read_back(terms: Terms) -> None:
    assert terms_from_canonical(canonical(terms)) == terms


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: data + b"\n",
        lambda data: data.replace(b'"rounds":50', b'"rounds": 50'),
        lambda data: data.replace(b'"rounds":50', b'"rounds":50.0'),
        lambda data: data.replace(b'"rounds":50', b'"rounds":5e1'),
        lambda data: data.replace(b'"rounds":50', b'"rounds":50,"rounds":50'),
        lambda data: data.replace(b'"equal":"30"', b'"equal":30'),
        lambda data: data.replace(b'"equal":"30"', b'"equal":"30.0"'),
        lambda data: data.replace(b'"CH","DE"', b'"DE","CH"'),
        lambda data: data.replace(b'"currency":"EUR",', b""),
        lambda data: data.replace(b"Heart disease", b"Heart\\u0020disease"),
        lambda data: data.replace(PAYEE.encode(), PAYEE.lower().encode()),
        lambda data: data.replace(b"Heart disease", b"Heart \xff disease"),
        lambda data: data.replace(b"Heart disease", b"\\ud800 disease"),
        lambda data: b"[" * 10_000,
        lambda data: b"x" * 24_577,
        lambda data: b"",
        lambda data: b'{"rounds":' + b"9" * 30 + b"}",
    ],
)
def test_no_other_bytes_stand_for_the_same_terms(terms: Terms, spoil: object) -> None:
    data = canonical(terms)
    spoilt = spoil(data)  # type: ignore[operator]
    assert spoilt != data
    with pytest.raises(TermsNotCanonical):
        terms_from_canonical(spoilt)


@pytest.mark.parametrize("data", [b"{}", b"[]", b"1", b"null", b'"x"'])
def test_canonical_json_that_is_no_terms(data: bytes) -> None:
    with pytest.raises(TermsInvalid):
        terms_from_canonical(data)


def test_what_others_wrote_does_nothing_to_a_terminal(terms: Terms) -> None:
    with pytest.raises(TermsInvalid) as caught:
        terms_from_canonical(altered(terms, **{"\x1b[2J": 1, "risk_class": "\x1b[31m" * 200}))
    assert caught.value.message.isprintable()
    assert all(str(problem).isprintable() for problem in caught.value.problems)
    assert max(len(str(problem)) for problem in caught.value.problems) < 400


def test_verified_terms_are_those_on_the_chain(terms: Terms) -> None:
    enforced = parameters(terms)
    assert (
        verify_terms(canonical(terms), digest(terms), enforced, parameters_hash(enforced)) == terms
    )


def test_every_field_that_is_not_what_the_terms_say_is_named(terms: Terms) -> None:
    enforced = parameters(terms)
    for field in dataclasses.fields(Parameters):
        value = getattr(enforced, field.name)
        other = {
            bool: lambda v: not v,
            tuple: lambda v: v[1:],
            Shares: lambda v: dataclasses.replace(v, equal=v.equal + 1),
            Level: lambda v: Level.MERGE_RECOMPUTED,
        }.get(type(value), lambda v: v + 1)(value)
        forged = dataclasses.replace(enforced, **{field.name: other})
        with pytest.raises(TermsMismatch) as caught:
            verify_terms(canonical(terms), digest(terms), forged, parameters_hash(forged))
        assert caught.value.fields == (field.name.replace("_", " "), "parameters hash")


def test_a_foreign_digest_or_hash_is_a_mismatch(terms: Terms) -> None:
    enforced = parameters(terms)
    with pytest.raises(TermsMismatch) as caught:
        verify_terms(canonical(terms), bytes(32), enforced, parameters_hash(enforced))
    assert caught.value.fields == ("terms digest",)
    with pytest.raises(TermsMismatch) as caught:
        verify_terms(canonical(terms), digest(terms), enforced, sha256(b""))
    assert caught.value.fields == ("parameters hash",)
    assert caught.value.exit_status == 3


def test_terms_cannot_be_made_that_contradict_themselves(terms: Terms) -> None:
    plain = terms.model_dump()
    plain["checkpoints"]["quorum"] = 1
    with pytest.raises(ValidationError, match="not more than half"):
        Terms.model_validate(plain)
    with pytest.raises(ValidationError, match="frozen"):
        terms.rounds = 3  # type: ignore[misc]


def test_the_summary_tells_everything_that_binds(terms: Terms) -> None:
    told = "\n".join(f"{s.heading}\n" + "\n".join(s.sentences) for s in summary(terms))

    def leaves(value: object) -> list[str]:
        if isinstance(value, dict):
            return [leaf for item in value.values() for leaf in leaves(item)]
        if isinstance(value, tuple):
            return [leaf for item in value for leaf in leaves(item)]
        return [str(value)]

    # These are told in other words.
    worded = {
        "swarm-charter/terms/1": "",
        terms.title: "",
        "30d": "30 days",
        "hospital": "Hospitals",
        "institute": "institutes",
        "any": "public or private",
        "cohen-kappa": "cohen kappa",
        "checked": "readiness has passed",
        "broad-consent": "broad consent",
        "set-checked": "against the authorisations",
        "exact": "exact number",
        "free": "free of charge",
        "paid": "against payment",
        "None": "",
    }
    for leaf in leaves(terms.model_dump()):
        assert worded.get(leaf, leaf) in told, leaf


def test_the_summary_tells_what_is_not_asked_for() -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    start, end = text.index("annotation:"), text.index("consent:")
    text = text[:start] + "annotation: null\n" + text[end:]
    text = text.replace("records: exact", "records: none").replace("max_age: 30d", "max_age: null")
    told = "\n".join("\n".join(section.sentences) for section in summary(parse_terms(text)))
    for sentence in (
        "The data need no annotation.",
        "An update tells nothing about the number of records it was trained on.",
        "No consent commitment is asked for.",
    ):
        assert sentence in told


def test_terms_prohibit_what_the_charter_prohibits(terms: Terms) -> None:
    check_against_charter(terms, load_charter(CHARTER))


def test_terms_that_omit_a_prohibition_are_refused() -> None:
    charter = load_charter(CHARTER)
    text = EXAMPLE.read_text(encoding="utf-8").replace("  - Employment decisions\n", "")
    with pytest.raises(CharterProhibitionMissing) as caught:
        check_against_charter(parse_terms(text), charter)
    assert caught.value.missing == ("Employment decisions",)
    assert "“Employment decisions”" in caught.value.message


def test_case_spacing_and_a_full_stop_do_not_make_another_prohibition() -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    text = text.replace("- Employment decisions", "- employment  Decisions.")
    assert missing_prohibitions(parse_terms(text), load_charter(CHARTER)) == ()


def test_a_charter_with_mistakes_tells_all_of_them() -> None:
    with pytest.raises(CharterInvalid) as caught:
        parse_charter("scheme: swarm-charter/charter/1\ntitel: x\nprohibited_uses: []\ntext: y\n")
    assert [(p.line, p.path) for p in caught.value.problems] == [
        (1, "title"),
        (2, "titel"),
        (3, "prohibited_uses"),
    ]


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(DocumentUnreadable, match=r"none\.yaml cannot be read: No such file"):
        load_terms(tmp_path / "none.yaml")
    (tmp_path / "latin.yaml").write_bytes(b"title: Z\xfcrich\n")
    with pytest.raises(DocumentUnreadable, match="is not text in UTF-8"):
        load_terms(tmp_path / "latin.yaml")


def test_a_byte_order_mark_and_other_line_ends_change_nothing(tmp_path: Path, terms: Terms) -> None:
    text = EXAMPLE.read_text(encoding="utf-8").replace("\n", "\r\n")
    (tmp_path / "windows.yaml").write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert load_terms(tmp_path / "windows.yaml") == terms


def test_reading_terms_loads_no_ethereum_library() -> None:
    probe = (
        "import sys, governance.terms, governance.checkpoints, governance.consent,"
        " governance.readiness\n"
        "print({'web3', 'eth_account', 'eth_abi', 'numpy'} & set(sys.modules))"
    )
    ran = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "set()"


def test_every_language_tells_the_same_terms_with_all_that_is_in_them(terms: Terms) -> None:
    english, german = summary(terms), summary(terms, "de")
    assert [len(each.sentences) for each in english] == [len(each.sentences) for each in german]
    told = "\n".join(sentence for section in german for sentence in section.sentences)
    assert terms.question in told
    for section in english:
        for sentence in section.sentences:
            for token in re.findall(r"0x[0-9A-Fa-f]+|DUO:[0-9]+|\b[0-9]+\b(?!\.[0-9])", sentence):
                assert token in told
    assert "33,35 %" in told


def test_every_language_has_words_for_the_same() -> None:
    for part in ("headings", "sentences", "counted", "conjunctions", "words"):
        assert getattr(ENGLISH, part).keys() == getattr(GERMAN, part).keys()
    for field, values in ENGLISH.words.items():
        assert values.keys() == GERMAN.words[field].keys()
    for key, sentence in ENGLISH.sentences.items():
        names = {name for _, name, _, _ in Formatter().parse(sentence) if name}
        others = {name for _, name, _, _ in Formatter().parse(GERMAN.sentences[key]) if name}
        assert names == others, key


def test_who_leaves_readiness_unsaid_means_the_strict_and_keeps_older_bytes(terms: Terms) -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    said = parse_terms(text.replace("rounds: 50", "readiness: checked\nrounds: 50"))
    assert (terms.readiness, canonical(said)) == ("checked", canonical(terms))
    assert b"readiness" not in canonical(terms)
    lenient = parse_terms(text.replace("rounds: 50", "readiness: stated\nrounds: 50"))
    assert b'"readiness":"stated"' in canonical(lenient)
    assert terms_from_canonical(canonical(lenient)) == lenient
    with pytest.raises(TermsNotCanonical, match="a field is left out"):
        terms_from_canonical(canonical(lenient).replace(b'"stated"', b'"checked"'))


def test_what_readiness_is_said_to_be_is_the_signers_word_in_both_languages(terms: Terms) -> None:
    """The contract sees a digest alone, and only our tools ask for more."""
    lenient = parse_terms(
        EXAMPLE.read_text(encoding="utf-8").replace("rounds: 50", "readiness: stated\nrounds: 50")
    )

    def told(one: Terms, language: Language) -> str:
        return " ".join(said for each in summary(one, language) for said in each.sentences)

    assert (
        "Who signs states by its signature that the check of its data's readiness has passed."
        in told(terms, "en")
    )
    assert (
        "Wer unterzeichnet, versichert mit der Unterschrift, dass die Prüfung der Bereitschaft "
        "seiner Daten bestanden ist." in told(terms, "de")
    )
    assert "on its own word" in told(lenient, "en")
    assert "auf eigenes Wort" in told(lenient, "de")
