"""The report as a page: self-contained, complete, and safe against what stands on the chain."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import pytest

from cli.commands.audit import command
from governance.audit import Basis, Proof, Refusal, Vouching
from governance.audit.page import LANGUAGES, AccountUnknown, render
from governance.history import events as e
from governance.primitives import AddressInvalid, to_hex
from governance.vocabulary import Kind, Sector
from tests.generating import records
from tests.unit.audit.reports import report_of
from tests.unit.history.chronicle import Chronicle, address, digest
from tests.unit.history.test_fold import whole_story

if TYPE_CHECKING:
    from governance.audit import Report

VOID = {"meta", "br"}


class Outline(HTMLParser):
    """What a browser would make of the page, as far as these tests ask."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.names: set[str] = set()
        self.links: list[str] = []
        self.words: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.names |= {name for name, _ in attrs}
        self.links += [value or "" for name, value in attrs if name in {"src", "href", "action"}]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1:] != ["style"]:
            self.words.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.words))


def text_of(report: Report, language: Any = "en", account: str | None = None) -> str:
    return Outline(render(report, language, account)).text


@pytest.fixture(scope="module")
def story() -> Report:
    return report_of(whole_story().records)


@pytest.fixture(scope="module")
def told() -> Report:
    return report_of(list(records(institutions=12, studies=6, checkpoints=90, contributors=5)))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("account", [None, address("account 2")])
def test_the_page_is_well_formed_and_loads_nothing(
    story: Report, language: Any, account: str | None
) -> None:
    page = render(story, language, account)
    outline = Outline(page)
    assert outline.open == []
    assert all(link.startswith("#") for link in outline.links)
    assert not {"script", "link", "img", "iframe", "object", "form"} & set(outline.tags)
    assert not any(name.startswith("on") or name == "style" for name in outline.names)
    assert "default-src 'none'; style-src 'unsafe-inline'" in page
    assert "url(" not in page.replace("url(#", "")
    assert f'<html lang="{language}">' in page


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_tells_the_whole_story(story: Report, language: Any) -> None:
    text = text_of(story, language)
    say = LANGUAGES[language]
    assert say.moment(story.time) in text
    for institution in story.state.swarm.institutions.values():
        assert institution.name in text
    for finding in story.findings:
        assert finding.id in text
        for words in say.tell(finding):
            assert Outline(words).text.strip() in text
    assert "NodeUnknown" in text
    assert to_hex(story.head) in text
    assert story.history in text
    assert {"en": "100,000.01\u00a0EUR", "de": "100.000,01\u00a0EUR"}[language].replace(
        "\u00a0", " "
    ) in text


def test_every_kind_of_act_that_matters_is_told_in_words(story: Report) -> None:
    text = text_of(story)
    for sentence in (
        "opened the study",
        "signed version 1 of the terms",
        "declined version 1 of the terms: ethics",
        "put version 2 of the terms forward",
        "withdrew: consent",
        "approved the start",
    ):
        assert sentence in text


# --- what it rests on -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "proven"), [("en", ("proven", "proof")), ("de", ("nachgewiesen", "bewiesen"))]
)
def test_the_first_line_says_up_to_when_and_by_what(
    story: Report, language: Any, proven: tuple[str, str]
) -> None:
    def beginning(**changes: Any) -> str:
        page = render(replace(story, **changes), language)
        return Outline(page).text.split("</h1>")[0]

    sealed = beginning()
    assert proven[0] in sealed.lower()
    assert "3" in sealed
    signed = beginning(proof=Proof(Basis.COUNTERSIGNATURES), vouching=Vouching(9, (1, 2, 3), 4))
    assert proven[0] in signed.lower()
    assert LANGUAGES[language]("warning.countersignatures") in signed
    heard = beginning(proof=Proof(Basis.ENDPOINT))
    # Nowhere on such a page, not even to say that it is not.
    assert not any(word in heard.lower() for word in proven)
    assert LANGUAGES[language]("warning.endpoint") in heard


@pytest.mark.parametrize("account", [None, address("account 2")])
def test_the_commands_that_check_it_again_are_those_of_the_program(
    story: Report, account: str | None
) -> None:
    lines = re.findall(r"<code>charter audit (.*?)</code>", render(story, "de", account))
    assert [line.split()[0] for line in lines] == ["collect", "verify", "report"]
    for line in lines:
        name, *words = line.split()
        known = {option for each in command.commands[name].params for option in each.opts}
        assert {word for word in words if word.startswith("-")} <= known


def test_the_verdict_weighs_what_was_found(story: Report) -> None:
    clean = report_of(Chronicle(3).records)
    assert "nothing was found" in text_of(clean)
    assert clean.exit_status == 0
    assert "Rules were broken" in text_of(story)
    assert story.exit_status == 1
    unpaid = tuple(each for each in story.findings if each.id == "share-unpaid")
    assert "No rule was broken" in text_of(replace(story, findings=unpaid))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("account", [None, address("account 2")])
def test_terms_that_were_not_held_against_the_charter_are_told_as_such(
    story: Report, language: Any, account: str | None
) -> None:
    say = LANGUAGES[language]
    not_looked_at = say("verdict.no-charter")
    for report in (replace(story, findings=()), story):
        without = text_of(report, language, account)
        assert not_looked_at in without.split(say("verified"))[0]
        assert say("check.charter.none") in without
        assert "--charter" not in without
        with_it = text_of(replace(report, charter_given=True), language, account)
        assert not_looked_at not in with_it
        assert say("check.charter.given") in with_it
        again = re.findall(
            r"charter audit (verify|report) evidence.zip --trust trust.json --charter charter.yaml",
            with_it,
        )
        assert again == ["verify", "report"]
        assert say("again.charter") in with_it
        assert to_hex(report.state.swarm.charter) in with_it.split(say("again.charter"))[1]


def test_seals_without_their_names_are_told_as_such(story: Report) -> None:
    report = replace(story, proof=Proof(Basis.SEALS, header=f"0x{'cd' * 32}", validators=4))
    for language, proven in (("en", "Proven up to block"), ("de", "Nachgewiesen bis Block")):
        text = text_of(report, language)
        assert proven in text
        assert LANGUAGES[language]("check.seals.unnamed", validators=4) in text
        assert LANGUAGES[language]("check.headers") not in text


def test_the_seals_and_the_code_are_told(story: Report) -> None:
    proof = replace(story.proof, headers=7, code={"History": b"\7" * 32})
    text = text_of(replace(story, proof=proof))
    assert "3 of 4 validators" in text
    assert address("b") in text
    assert "7 sealed headers" in text
    assert "History 0x0707" in text


# --- who took part --------------------------------------------------------------------------------


def test_who_is_not_in_a_checkpoint_is_told_with_the_reason(told: Report) -> None:
    text = text_of(told)
    for reason in ("withdrawn", "had not signed these terms", "no member any more"):
        assert f": {reason}" in text
    study = told.state.studies[2]
    final = study.finals[-1]
    missing = next(
        number
        for number in final.signatories
        if number not in {each.institution for each in final.contributions}
    )
    refusals = tuple(
        Refusal(study.address, round_, address("x"), missing, "StaleView", 1)
        for round_ in (final.round, final.round - 1, final.round + 1)
    )
    text = text_of(replace(told, refusals=refusals))
    assert f"{missing}: refused (StaleView \u00d7 2)" in text
    assert f"{missing}: refused" not in text_of(told)


def test_pictures_tell_in_words_what_they_show(told: Report) -> None:
    page = render(told)
    pictures = re.findall(r"<svg.*?</svg>", page, re.DOTALL)
    assert len(pictures) == 2 + 3 * len(told.state.studies)
    for picture in pictures:
        assert 'role="img"' in picture
        assert re.search(r"<title id=\"f\d+-t\">[^<]+</title><desc id=\"f\d+-d\">[^<]+", picture)
    assert "A chain of 15 final checkpoints up to round 150" in page


# --- one institution ------------------------------------------------------------------------------


def test_the_report_of_one_institution_tells_of_it_alone(told: Report) -> None:
    own = told.state.swarm.institutions[1]
    other = told.state.swarm.institutions[9]
    text = text_of(told, "en", own.account)
    assert f"Participation of {own.name}" in text
    assert other.name not in text
    assert "voted" in text
    assert "registered node" in text
    assert "contributed to" in text
    assert "attested the checkpoint" in text


def test_an_account_in_any_case_and_of_the_past_will_do(told: Report) -> None:
    rotated = next(e for e in told.state.swarm.institutions.values() if len(e.tenures) > 1)
    for tenure in rotated.tenures:
        assert rotated.name in text_of(told, "en", tenure.account.lower())


def test_findings_and_refusals_that_concern_it_are_told_and_no_others(story: Report) -> None:
    refused = Refusal(address("study 1"), 3, address("node 2"), 2, "Withdrawn", 1003)
    report = replace(story, refusals=(refused, *story.refusals))
    equivocating = text_of(report, "en", address("account 3"))
    assert "equivocation" in equivocating
    assert "NodeUnknown" not in equivocating
    second = text_of(report, "de", address("account 2"))
    assert "equivocation" not in second
    assert "die Institution hatte sich zurückgezogen" in second


def test_an_unknown_account_is_refused_by_name(told: Report) -> None:
    with pytest.raises(AccountUnknown) as caught:
        render(told, "en", address("nobody"))
    assert caught.value.code == "AccountUnknown"
    with pytest.raises(AddressInvalid):
        render(told, "en", "0x12")


# --- what strangers wrote -------------------------------------------------------------------------

HOSTILE = {
    "markup": "</td></svg><script>alert(1)</script>{{ 7 * 7 }}{% raw %}",
    "attribute": "\" onload='alert(1)' x=\"",
    "entity": "&lt;b&gt; &#x202e;",
    "direction": "gnp.\u202egro.latipsoH\u2066",
    "control": "Hospital\x00\x07\x1b[31m\r\nNext",
    "marks": "Z" + "\u0301" * 400,
    "long": "W" * 5_000,
    "unknown": "\U0010ffff\ue000\u2028",
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("own", [False, True])
def test_a_name_cannot_break_out_of_the_page_nor_hide_in_it(name: str, own: bool) -> None:
    hostile = HOSTILE[name]
    chronicle = Chronicle(1)
    chronicle.emit(
        e.InstitutionApplied(
            2, address("account 2"), hostile, Kind.HOSPITAL, Sector.PUBLIC, b"\xff<", digest("p")
        )
    ).later()
    report = report_of(
        chronicle.records,
        refusals=(Refusal(hostile, 1, hostile, 0, hostile, 1_000),),
    )
    page = render(report, "en", address("account 2") if own else None)
    outline = Outline(page)
    assert outline.open == []
    assert "script" not in outline.tags
    assert "onload" not in outline.names
    assert not re.search("[\x00-\x08\x0b-\x1f\u202a-\u202e\u2066-\u2069\u2028\ue000]", page)
    assert "\u0301" * 5 not in page
    if name == "markup":
        assert "{{ 7 * 7 }}" in outline.text
    if name == "direction":
        assert "gnp.[U+202E]gro" in outline.text
    if name == "long":
        drawings = re.findall(r"<text[^>]*>([^<]*)", page)
        assert max(map(len, drawings)) < 60


def test_the_report_as_json_names_what_counts(story: Report) -> None:
    told = story.as_json()
    assert told["schema"] == "swarm-charter/audit/3"
    assert told["history"]["length"] == len(whole_story().records)
    assert told["studies"][0]["final_checkpoints"][0]["round"] == 2
    assert {finding["id"] for finding in told["findings"]} >= {"equivocation", "share-unpaid"}
    assert told["charter"] == {"digest": to_hex(story.state.swarm.charter), "given": False}
    assert replace(story, charter_given=True).as_json()["charter"]["given"] is True


def test_the_report_as_json_tells_what_the_page_tells(story: Report) -> None:
    told = json.loads(json.dumps(story.as_json()))
    second = told["institutions"][1]
    assert second["name"] == "Hospital 2"
    assert second["standing"] == "left"
    assert second["nodes"][0]["revoked_at"] is not None
    assert told["proposals"][0]["votes"] == {"for": [1, 2, 3], "against": [], "abstain": []}
    assert told["proposals"][1]["state"] == "canceled"
    (study,) = told["studies"]
    assert [each["institution"] for each in study["declined"]] == [4]
    assert [each["institution"] for each in study["withdrawn"]] == [3]
    first = study["final_checkpoints"][0]
    assert (first["published_by"], first["attested_by"]) == (1, [1, 2])
    assert first["contributions"] == {"1": 2, "2": 1}
    (revenue,) = study["revenues"]
    assert sum(share["amount"] for share in revenue["shares"]) == revenue["amount"]
