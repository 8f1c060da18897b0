"""Every kind of mistake in a terms file is told with its line, its field and its reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from governance.terms import TermsInvalid, parse_terms

EXAMPLE = (Path(__file__).parents[3] / "examples" / "terms.yaml").read_text(encoding="utf-8")
EXPIRES = 1_924_988_400  # 2030-12-31T23:00:00Z


def problems_of(text: str, now: int | None = None) -> list[tuple[int, str, str]]:
    with pytest.raises(TermsInvalid) as caught:
        parse_terms(text, now=now)
    return [(problem.line, problem.path, problem.message) for problem in caught.value.problems]


def line_of(text: str, part: str) -> int:
    """The line that holds `part`, which must stand there once, so that a case means one place."""
    assert text.count(part) == 1, part
    return text[: text.index(part)].count("\n") + 1


# The text replaced, what replaces it, the field told, words of the message; the line told is the
# one where the replacement begins unless a marker names another.
WRONG = [
    ("scheme: swarm-charter/terms/1", "scheme: swarm-charter/terms/2", "scheme", "must be 'swarm"),
    ("title: Heart disease from", "titel: Heart disease from", "titel", "did you mean title?"),
    ("title: Heart disease from routine findings", "title: 5", "title", "text, not the number 5"),
    ("title: Heart disease from routine findings", "title: ''", "title", "must not be empty"),
    ("title: Heart disease", 'title: "Heart \\u202e disease"\n#', "title", "character U+202E"),
    ("title: Heart", f"title: {'x' * 201}\n#", "title", "longer than 200"),
    ("DUO:0000007 ", "DUO:0000099 ", "data_use.permission", "is no DUO permission"),
    ("DUO:0000007 ", "DUO:0000021 ", "data_use.permission", "is a DUO modifier"),
    ("code: DUO:0000019", "code: DUO:0000042", "data_use.modifiers[1].code", "DUO permission"),
    ("code: DUO:0000019", "code: DUO:19", "data_use.modifiers[1].code", "is no DUO modifier"),
    ("code: DUO:0000019", "code: DUO:0000022\n#", "data_use.modifiers[1].detail", "the region"),
    (
        "diseases: [ICD10:I25, MONDO:0005010]",
        "diseases: []",
        "data_use.diseases",
        "needs a disease",
    ),
    ("diseases: [ICD10:I25,", "diseases: [heart,", "data_use.diseases[0]", "is no disease code"),
    ("[ICD10:I25, MONDO:0005010]", "[ICD10:I25, ICD10:I25]", "data_use.diseases", "I25 twice"),
    ("DUO:0000007 ", "DUO:0000042 ", "data_use.diseases", "not disease specific"),
    ("kinds: [hospital, institute]", "kinds: [clinic]", "participants.kinds[0]", "'hospital'"),
    ("kinds: [hospital, institute]", "kinds: []", "participants.kinds", "at least 1"),
    ("kinds: [hospital, institute]", "kinds: all", "participants.kinds", "must be 'any'"),
    ("kinds: [hospital, institute]", "kinds: {a: b}", "participants.kinds", "a list"),
    ("sectors: any", "sectors: true", "participants.sectors", "not true"),
    ("[CH, DE, HU, NO, US]", "[CH, XX]", "participants.countries[1]", "XX is no country code"),
    ("[CH, DE, HU, NO, US]", "[ch]", "participants.countries[0]", "ch is no country code"),
    ("[CH, DE, HU, NO, US]", "[DE, CH, DE]", "participants.countries", "names DE twice"),
    (
        "minimum_signatories: 3",
        "minimum_signatories: 0",
        "participants.minimum_signatories",
        "at l",
    ),
    (
        "minimum_signatories: 3",
        "minimum_signatories: 501",
        "participants.minimum_signatories",
        "at most 500",
    ),
    (
        "minimum_signatories: 3",
        'minimum_signatories: "3"',
        "participants.minimum_signatories",
        "'3'",
    ),
    (
        "minimum_signatories: 3",
        "minimum_signatories: 3.0",
        "participants.minimum_signatories",
        "who",
    ),
    (
        "minimum_signatories: 3",
        "minimum_signatories: 1e1",
        "participants.minimum_signatories",
        "dif",
    ),
    (
        "minimum_signatories: 3",
        "minimum_signatories: 03",
        "participants.minimum_signatories",
        "dif",
    ),
    (
        "minimum_contributors: 2",
        "minimum_contributors: 4",
        "participants.minimum_contributors",
        "mo",
    ),
    ("quorum: 3 ", "quorum: 1 ", "checkpoints.quorum", "not more than half of the 3"),
    ("level: set-checked", "level: none", "checkpoints.level", "'merge-recomputed', not the text"),
    ("level: set-checked", "level: null", "checkpoints.level", "nothing is there"),
    ("rounds: 50", "rounds: 0", "rounds", "must be at least 1"),
    ("rounds: 50", "rounds: 65536", "rounds", "at most 65535"),
    ("rounds: 50", "rounds: 1:30", "rounds", "read differently"),
    ("rounds: 50", "rounds: 5_0", "rounds", "read differently"),
    ("rounds: 50", "rounds: yes", "rounds", "not the text 'yes'"),
    ("rounds: 50", "rounds: [50]", "rounds", "not a list"),
    ("minimum: 0.80", "minimum: 1.2", "annotation.agreement.minimum", "from 0 to 1"),
    ("metric: cohen-kappa", "metric: kappa", "annotation.agreement.metric", "'fleiss-kappa'"),
    ('"0xde6d', '"0xDE6D', "data.schema_digest", "64 lower-case"),
    ('schema_digest: "0xde6d', 'schema_digest: "de6d', "data.schema_digest", "SHA-256 digest"),
    ("records: exact", "records: rounded", "data.records", "'exact' or 'none'"),
    ("max_age: 30d", "max_age: 30", "consent.max_age", "text, not the number 30"),
    ("max_age: 30d", "max_age: 1 month", "consent.max_age", "such as 30d"),
    ("max_age: 30d", "max_age: 0d", "consent.max_age", "such as 30d"),
    ("max_age: 30d", "max_age: 9999999d", "consent.max_age", "136 years"),
    ("equal: 30", "equal: 31", "benefits", "sum to 101 instead of 100"),
    ("equal: 30", "equal: -30", "benefits.equal", "must not be negative"),
    ("equal: 30", "equal: 130", "benefits.equal", "from 0 to 100"),
    ("equal: 30", "equal: 30.001", "benefits.equal", "at most two decimals"),
    ("equal: 30", "equal: true", "benefits.equal", "must be text, not true"),
    ("weighted: 15", "weighted: 14.99", "benefits", "sum to 99.99"),
    ("      share: 5", "      share: 0", "benefits.payees[0].share", "above 0"),
    ("weight: 3,", "weight: 0,", "benefits.weights[0].weight", "at least 1"),
    ("{institution: 2,", "{institution: 1,", "benefits.weights", "names 1 twice"),
    ("0x52908400098527886E0F", "0x52908400098527886e0F", "benefits.payees[0].account", "checksum"),
    ("0x52908400098527886E0F", "0x5290", "benefits.payees[0].account", "no account"),
    ("remainder_to: 1", "remainder_to: 0", "benefits.remainder_to", "at least 1"),
    ("currency: EUR", "currency: Euro", "benefits.currency", "ISO 4217"),
    ("currency: EUR", "currency: XAU", "benefits.currency", "ISO 4217"),
    ("risk_class: high", "risk_class: IIa", "risk_class", "'minimal', 'limited' or 'high'"),
    ("2030-12-31T23:00:00Z", "2030-12-31", "expires", "date and time in UTC"),
    ("2030-12-31T23:00:00Z", "1969-12-31T23:00:00Z", "expires", "date and time in UTC"),
    ("2030-12-31T23:00:00Z", "2030-02-30T23:00:00Z", "expires", "date and time in UTC"),
    ("2030-12-31T23:00:00Z", "2030-12-31T23:00:00+01:00", "expires", "date and time in UTC"),
    ("risk_class: high", "rounds: 51\nrisk_class: high", "rounds", "stands here twice"),
    ("risk_class: high", "risk_class: high\nsunset: 5", "sunset", "is no field here"),
    ("risk_class: high", "risk_class: !!str high", "", "tags are not allowed"),
    ("owner: signatories", "owner: signatories\n  prize: 1", "model.prize", "is no field here"),
    ("name: Patients' Heart", "nam: Patients' Heart", "benefits.payees[0].nam", "mean name?"),
]


@pytest.mark.parametrize(
    ("part", "instead", "path", "words"),
    WRONG,
    ids=[f"{w[2] or 'file'}: {w[1][:24]}" for w in WRONG],
)
def test_a_mistake_is_told_where_it_stands(part: str, instead: str, path: str, words: str) -> None:
    # The section's own problems stand at its first line, a sum's at the section's beginning.
    at = line_of(EXAMPLE, part)
    if path == "benefits":
        at = line_of(EXAMPLE, "  equal: 30")
    elif path == "benefits.weights":
        at = line_of(EXAMPLE, "    - {institution: 1")
    elif path == "data_use.diseases":
        at = line_of(EXAMPLE, "  diseases:")
    elif path == "data_use.modifiers[1].detail":
        at = line_of(EXAMPLE, "code: DUO:0000019")
    wrong = EXAMPLE.replace(part, instead)
    if path in ("sunset", "model.prize"):
        at += 1
    found = problems_of(wrong)
    assert [(line, field) for line, field, _ in found if field == path] == [(at, path)]
    assert words in next(message for _, field, message in found if field == path)


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("", 1, "empty"),
        ("# only a comment\n", 1, "empty"),
        ("just text", 1, "must be a group of fields"),
        ("- a\n- b\n", 1, "not a list"),
        ("title: a\n  b: c\n", 2, "mapping values are not allowed"),
        ("title: [a,\n", 2, "no readable YAML"),
        ("title:\n\tx: 1\n", 2, "no readable YAML"),
        ("title: a\nquestion: 'b\n", 3, "no readable YAML"),
        ("title: &a x\nquestion: *a\n", 2, "aliases are not allowed"),
        ("title: a\n---\ntitle: b\n", 2, "no readable YAML"),
        ("title: a\nquestion: \x07\n", 2, "not allowed in YAML"),
        ("a: " + "[" * 20 + "]" * 20, 1, "nested deeper"),
        ("[a, b]: c\n", 1, "name must be text"),
        ("x" * 300_000, 1, "longer than"),
    ],
)
def test_what_is_no_terms_at_all(text: str, line: int, words: str) -> None:
    found = problems_of(text)
    assert (found[0][0], words in found[0][2]) == (line, True), found


def test_all_mistakes_are_told_at_once_in_order_of_the_lines() -> None:
    wrong = (
        EXAMPLE.replace("title: Heart disease", "titel: Heart disease")
        .replace("quorum: 3 ", "quorum: 1 ")
        .replace("[CH, DE, HU, NO, US]", "[CH, XX]")
        .replace("equal: 30", "equal: 40")
        .replace("risk_class: high", "risk_class: low\nrounds: 5")
    )
    found = problems_of(wrong)
    assert {path for _, path, _ in found} == {
        "title",
        "titel",
        "participants.countries[1]",
        "checkpoints.quorum",
        "benefits",
        "risk_class",
        "rounds",
    }
    assert found == sorted(found)


def test_a_missing_field_is_told_where_its_section_stands() -> None:
    wrong = EXAMPLE.replace("  level: set-checked\n", "")
    assert problems_of(wrong) == [
        (line_of(wrong, "checkpoints:"), "checkpoints.level", "is missing")
    ]


def test_a_missing_section_is_told_once() -> None:
    wrong = EXAMPLE.replace("rounds: 50\n", "")
    assert [path for _, path, _ in problems_of(wrong)] == ["rounds"]


def test_terms_expire_in_the_past_only_for_whoever_opens_them() -> None:
    parse_terms(EXAMPLE)
    parse_terms(EXAMPLE, now=EXPIRES - 1)
    line = line_of(EXAMPLE, "expires:")
    assert problems_of(EXAMPLE, now=EXPIRES) == [(line, "expires", "lies in the past")]


def test_a_waiver_leaves_no_consent_commitment_to_ask_for() -> None:
    wrong = EXAMPLE.replace("basis: broad-consent", "basis: waiver")
    assert [path for _, path, _ in problems_of(wrong)] == ["consent.max_age"]


def test_what_duo_forbids_is_not_sold() -> None:
    wrong = EXAMPLE.replace("code: DUO:0000019", "code: DUO:0000046")
    assert [path for _, path, _ in problems_of(wrong)] == ["data_use.modifiers[1].code"]


def test_an_ethics_approval_that_is_asked_for_is_given() -> None:
    start = EXAMPLE.index('  approval_digest: "')
    end = EXAMPLE.index("\n", start)
    wrong = EXAMPLE[:start] + "  approval_digest: null" + EXAMPLE[end:]
    assert [path for _, path, _ in problems_of(wrong)] == ["ethics.approval_digest"]


def test_weights_without_anything_to_split_are_a_mistake() -> None:
    wrong = EXAMPLE.replace("weighted: 15", "weighted: 0").replace("equal: 30", "equal: 45")
    assert [path for _, path, _ in problems_of(wrong)] == ["benefits.weights"]
    start, end = EXAMPLE.index("  weights:"), EXAMPLE.index("  payees:")
    wrong = EXAMPLE[:start] + EXAMPLE[end:]
    assert [path for _, path, _ in problems_of(wrong)] == ["benefits.weighted"]


def test_an_account_is_paid_once() -> None:
    payee = EXAMPLE[EXAMPLE.index("    - name: Patients'") : EXAMPLE.index("  remainder_to")]
    wrong = EXAMPLE.replace(payee, payee + payee).replace("equal: 30", "equal: 25")
    assert [path for _, path, _ in problems_of(wrong)] == ["benefits.payees[1].account"]


def test_terms_that_the_chain_cannot_take_are_a_mistake() -> None:
    uses = "".join(f"  - {'é' * 190} number {n}\n" for n in range(60))
    [(_, path, message)] = problems_of(EXAMPLE.replace("uses:\n", "uses:\n" + uses))
    assert path == ""
    assert "the chain takes 16384" in message


def test_the_error_names_file_line_and_field_and_counts_the_rest() -> None:
    with pytest.raises(TermsInvalid) as caught:
        parse_terms(EXAMPLE.replace("rounds: 50", "rounds: 0").replace("high", "x"), name="my.yaml")
    line = line_of(EXAMPLE, "rounds: 50")
    assert caught.value.message == (
        f"The terms file is not valid: my.yaml, line {line}, column 9: rounds: must be at least 1"
        " (and 1 more)."
    )
    assert caught.value.code == "TermsInvalid"
    assert caught.value.exit_status == 2


def test_a_modifier_that_says_it_all_takes_no_detail() -> None:
    wrong = EXAMPLE.replace("code: DUO:0000019 ", "code: DUO:0000019\n      detail: soon #")
    line = line_of(wrong, "detail: soon")
    [(told, path, message)] = problems_of(wrong)
    assert (told, path) == (line, "data_use.modifiers[1].detail")
    assert "takes no detail" in message


def test_ancestry_research_is_not_both_the_only_use_and_prohibited() -> None:
    wrong = (
        EXAMPLE.replace("permission: DUO:0000007", "permission: DUO:0000011")
        .replace("diseases: [ICD10:I25, MONDO:0005010]", "diseases: []")
        .replace("code: DUO:0000019", "code: DUO:0000044")
    )
    assert [path for _, path, _ in problems_of(wrong)] == ["data_use.modifiers[1].code"]


def test_zero_stands_for_no_digest_and_no_account() -> None:
    digest = EXAMPLE[EXAMPLE.index('"0x') + 1 :][:66]
    account = EXAMPLE[EXAMPLE.index("account: ") + 10 :][:42]
    wrong = EXAMPLE.replace(digest, "0x" + 64 * "0").replace(account, "0x" + 40 * "0")
    assert [(path, message) for _, path, message in problems_of(wrong)] == [
        ("data.schema_digest", "must not be the zero digest"),
        ("benefits.payees[0].account", "must not be the zero address"),
    ]


def test_a_date_that_is_none_is_told_once_to_whoever_opens() -> None:
    wrong = EXAMPLE.replace("2030-12-31T23:00:00Z", "2030-13-31T23:00:00Z")
    assert [path for _, path, _ in problems_of(wrong, now=EXPIRES)] == ["expires"]


def test_shares_are_not_summed_while_the_payees_are_unreadable() -> None:
    payees = EXAMPLE[EXAMPLE.index("  payees:") : EXAMPLE.index("  remainder_to")]
    wrong = EXAMPLE.replace(payees, "  payees: the patients\n")
    assert [path for _, path, _ in problems_of(wrong)] == ["benefits.payees"]
