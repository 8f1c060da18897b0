"""The report as a real browser shows and prints it: of the demo, and of a very large history."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from deploy.demo.run import run
from governance.audit import Basis, Proof, Report, Vouching
from governance.audit.page import render
from governance.history import events as e
from governance.vocabulary import Kind, Sector
from tests.browser.chromium import Chromium, is_installed
from tests.generating import records
from tests.required import without
from tests.unit.audit.reports import report_of
from tests.unit.audit.test_page import HOSTILE
from tests.unit.history.chronicle import Chronicle, address, digest

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.browser

CHECKS = Path(__file__).with_name("checks.js").read_text(encoding="utf-8")
LARGEST = 5_000_000
"""Bytes that the page of the large history may have."""
ZOOMED = 320
"""CSS pixels across at 400 % zoom of a window of 1,280."""
A4 = 673
"""CSS pixels between the margins of a printed page."""


@pytest.fixture(scope="module")
def chromium() -> Iterator[Chromium]:
    if not is_installed():
        without("chromium", "needs Debian's chromium")
    with Chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Report:
    if not is_installed():
        without("chromium", "needs Debian's chromium")
    return run(tmp_path_factory.mktemp("demo") / "out").report


@pytest.fixture(scope="module")
def large() -> Report:
    validators = tuple(address(f"validator {number}") for number in (1, 2, 3))
    proof = Proof(Basis.SEALS, f"0x{'ab' * 32}", validators, 4, 2, {"History": b"\1" * 32})
    told = list(records(institutions=50, studies=40, checkpoints=2_000))
    return report_of(told, proof=proof, vouching=Vouching(len(told), (1, 2, 3), 4))


def check(browser: Chromium, *names: str) -> dict[str, Any]:
    """What each check finds wrong."""
    wanted = json.dumps(names)
    found = browser.run(
        f"(() => {{ {CHECKS}; return {wanted}.map((name) => [name, checks[name]()]); }})()"
    )
    return {name: wrong[:10] for name, wrong in found if wrong}


def look(browser: Chromium, path: Path) -> None:
    """Looks at a page as readers do: on a screen, much enlarged, and on paper."""
    browser.view(1_280)
    browser.media("")
    browser.load(path)
    assert check(browser, "pictures", "width", "overlap", "contrast", "structure") == {}
    browser.view(ZOOMED, 256)
    assert check(browser, "pictures", "width", "overlap") == {}
    browser.view(A4, 970)
    browser.media("print")
    assert check(browser, "pictures", "paper", "overlap", "contrast") == {}
    browser.media("")
    assert browser.messages == []
    assert browser.requests == [path.as_uri()]


def pages(printed: bytes) -> int:
    assert printed.startswith(b"%PDF-")
    return len(re.findall(rb"/Type\s*/Page\b", printed))


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("own", [False, True])
def test_the_report_of_the_demo(
    chromium: Chromium, demo: Report, tmp_path: Path, language: Any, own: bool
) -> None:
    path = tmp_path / "report.html"
    account = demo.state.swarm.institutions[4].account if own else None
    path.write_text(render(demo, language, account), encoding="utf-8")
    look(chromium, path)
    assert chromium.run("document.querySelectorAll('svg').length") >= (2 if own else 4)
    assert 1 < pages(chromium.printed()) < 20


def test_the_report_of_fifty_institutions_forty_studies_and_two_thousand_checkpoints(
    chromium: Chromium, large: Report, tmp_path: Path
) -> None:
    path = tmp_path / "report.html"
    written = render(large, "de")
    path.write_text(written, encoding="utf-8")
    assert len(written.encode()) < LARGEST
    look(chromium, path)
    # A timeline, an overview, and for each study its participation, lineage and shares.
    assert chromium.run("document.querySelectorAll('svg').length") == 2 + 3 * 40
    rows = "[...document.querySelectorAll('.lineage tbody tr')].length"
    assert chromium.run(rows) == 2_000
    assert pages(chromium.printed()) > 100


def test_an_own_report_in_a_large_swarm(chromium: Chromium, large: Report, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    account = large.state.swarm.institutions[7].account
    path.write_text(render(large, "en", account), encoding="utf-8")
    look(chromium, path)


def test_names_that_mean_harm_leave_the_page_readable(chromium: Chromium, tmp_path: Path) -> None:
    chronicle = Chronicle(3)
    for number, name in enumerate(HOSTILE.values(), 4):
        account, profile = address(f"account {number}"), digest("profile")
        chronicle.emit(
            e.InstitutionApplied(
                number, account, name, Kind.HOSPITAL, Sector.PUBLIC, b"DE", profile
            )
        ).later()
    path = tmp_path / "report.html"
    report = report_of(chronicle.records)
    for number in (None, *range(4, 4 + len(HOSTILE))):
        account = address(f"account {number}") if number else None
        path.write_text(render(report, "de", account), encoding="utf-8")
        look(chromium, path)


GOOD = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>A page</title><style>
body { margin: 0; width: auto; background: #fff; color: #000 } .scroll { overflow-x: auto }
@media print { .scroll { overflow: visible }
details::details-content { content-visibility: visible } }
</style></head><body><h1>One</h1><h2>Two</h2>
<div class="scroll" tabindex="0" role="region" aria-label="Wide"><table><caption>Of things</caption>
<thead><tr><th scope="col">A</th><th scope="col">B</th></tr></thead>
<tbody><tr><th scope="row">1</th><td>2</td></tr></tbody></table></div>
<svg role="img" aria-labelledby="t d" width="200" height="40" viewBox="0 0 200 40">
<title id="t">A bar</title><desc id="d">A bar as long as it is</desc>
<path d="M0 0h90v20h-90z"/></svg>
<details><summary>More</summary><p>Folded away</p></details></body></html>"""
"""A page with nothing wrong, and what spoils it for each check."""
SPOILT = {
    "pictures": ('viewBox="0 0 200 40"', 'viewBox="0 0 200 40" style="display: none"'),
    "pictures without a word": ("A bar as long as it is", ""),
    "width": ("<h2>Two</h2>", '<h2>Two</h2><p style="width: 90rem">Far too wide</p>'),
    "width out of reach": (
        'tabindex="0" role="region" aria-label="Wide"><table>',
        'role="region" aria-label="Wide"><table style="width: 90rem">',
    ),
    "overlap": ("<h2>Two</h2>", '<h2 style="margin-top: -4rem">Two</h2>'),
    "contrast": ("<h2>Two</h2>", '<h2>Two</h2><p style="color: #808080">Pale</p>'),
    "structure": ("<h2>Two</h2>", "<h3>Three</h3>"),
    "structure of a table": ('<th scope="row">1</th>', "<td>1</td>"),
    "structure of ids": ("<h2>", '<h2 id="t">'),
    "paper": ("content-visibility: visible", ""),
    "paper cut": ("<table>", '<table style="width: 90rem">'),
}


@pytest.mark.parametrize("spoilt", ["", *SPOILT])
def test_each_check_sees_what_it_looks_for(chromium: Chromium, tmp_path: Path, spoilt: str) -> None:
    path = tmp_path / "page.html"
    page = GOOD.replace(*SPOILT[spoilt]) if spoilt else GOOD
    assert not spoilt or page != GOOD
    path.write_text(page, encoding="utf-8")
    chromium.view(640)
    chromium.media("")
    chromium.load(path)
    wrong = check(chromium, "pictures", "width", "overlap", "contrast", "structure")
    chromium.media("print")
    wrong |= check(chromium, "paper")
    chromium.media("")
    assert (spoilt.split(" ", maxsplit=1)[0] in wrong) if spoilt else wrong == {}


def test_the_browser_tells_what_a_page_says_and_asks_for(
    chromium: Chromium, tmp_path: Path
) -> None:
    path = tmp_path / "page.html"
    policy = "<meta http-equiv=Content-Security-Policy content=\"default-src 'none'\">"
    path.write_text(f"{GOOD}<script>console.log('heard')</script><img src='other.png'>")
    chromium.load(path)
    assert any("heard" in message for message in chromium.messages)
    assert len(chromium.requests) == 2
    path.write_text(GOOD.replace("<title>", f"{policy}<title>", 1))
    chromium.load(path)
    assert any("Content Security Policy" in message for message in chromium.messages)
