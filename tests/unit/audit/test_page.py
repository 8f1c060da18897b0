"""The report as a page: self-contained, complete, and safe against what stands on the chain."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser

import pytest

from governance.audit import Refusal, Report, examine
from governance.audit.page import render
from governance.history import events as e
from governance.history import genesis_head, replay
from governance.vocabulary import Kind, Sector
from tests.unit.history.chronicle import Chronicle, address, digest
from tests.unit.history.test_fold import whole_story

CHAIN_ID = 31_337


def report_of(chronicle: Chronicle) -> Report:
    genesis = genesis_head(CHAIN_ID, address("history"))
    records = chronicle.records
    found = examine(records, (), genesis=genesis, at=chronicle.time)
    head, length = replay(records, genesis)
    return Report(
        chain_id=CHAIN_ID,
        history=address("history"),
        block=chronicle.number,
        time=chronicle.time,
        length=length,
        head=head,
        state=found.state,
        findings=found.findings,
        vouching=found.vouching,
        refusals=(Refusal(address("study 1"), 3, address("rogue"), 0, "NodeUnknown", 1003),),
    )


class Outline(HTMLParser):
    """What a browser would make of the page, as far as these tests ask."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.links: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [name for name, _ in attrs if name in {"src", "href", "onclick", "onload"}]
        if tag not in {"meta", "br"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def page() -> str:
    return render(report_of(whole_story()))


def test_the_page_is_well_formed_and_loads_nothing(page: str) -> None:
    outline = Outline(page)
    assert outline.open == []
    assert outline.links == []
    assert not {"script", "link", "img", "iframe"} & set(outline.tags)
    assert "default-src 'none'" in page


def test_the_page_tells_the_whole_story(page: str) -> None:
    report = report_of(whole_story())
    assert f"block {report.block}" in page
    for institution in report.state.swarm.institutions.values():
        assert institution.name in page
    for finding in report.findings:
        assert finding.id in page
        assert finding.ask_next.replace("'", "&#39;") in page
    assert "NodeUnknown" in page
    assert "100,000.01" in page
    assert "Nobody outside the endpoint vouches" in page


def test_a_name_cannot_break_out_of_the_page() -> None:
    chronicle = Chronicle(1)
    name = "</td><script>alert(1)</script>{{ 7 * 7 }}"
    chronicle.emit(
        e.InstitutionApplied(
            2, address("account 2"), name, Kind.HOSPITAL, Sector.PUBLIC, b"DE", digest("profile")
        )
    ).later()
    page = render(report_of(chronicle))
    assert "script" not in Outline(page).tags
    assert "{{ 7 * 7 }}" in page


def test_a_clean_history_says_so_and_a_broken_rule_too() -> None:
    clean = report_of(Chronicle(3))
    assert "Nothing was found" in render(clean)
    assert clean.exit_status == 0
    broken = report_of(whole_story())
    assert "Rules were broken" in render(broken)
    assert broken.exit_status == 1
    open_only = replace(
        broken, findings=tuple(each for each in broken.findings if each.id == "share-unpaid")
    )
    assert "no rule was broken" in render(open_only)


def test_the_report_as_json_names_what_counts() -> None:
    told = report_of(whole_story()).as_json()
    assert told["schema"] == "swarm-charter/audit/2"
    assert told["history"]["length"] == len(whole_story().records)
    assert told["studies"][0]["final_checkpoints"][0]["round"] == 2
    assert {finding["id"] for finding in told["findings"]} >= {"equivocation", "share-unpaid"}
