"""The file of contexts: what it keeps, and what becomes of a broken one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from cli.contexts import Context, Contexts
from cli.errors import ContextExists, ContextIncomplete, ContextsCorrupt, ContextUnknown, NoContext

if TYPE_CHECKING:
    from pathlib import Path

ONE = Context(("http://127.0.0.1:8545",), "/trust.json", account="a", study=2, journal="/j")
TWO = Context(("http://127.0.0.1:1", "https://two.example"), "/t", ca="/ca", token_file="/token")


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "contexts.json"
    contexts = Contexts.load(path)
    assert contexts.add("one", ONE)
    assert contexts.add("two", TWO)
    contexts.save()
    assert Contexts.load(path) == contexts
    assert [entry.name for entry in path.parent.iterdir()] == ["contexts.json"]


def test_the_first_context_becomes_current_and_the_second_does_not(tmp_path: Path) -> None:
    contexts = Contexts(tmp_path / "contexts.json")
    contexts.add("one", ONE)
    contexts.add("two", TWO)
    assert contexts.get(None) == ("one", ONE)
    assert contexts.get("two")[1].endpoint == "http://127.0.0.1:1"


def test_adding_the_same_again_changes_nothing_and_another_is_refused(tmp_path: Path) -> None:
    contexts = Contexts(tmp_path / "contexts.json")
    contexts.add("one", ONE)
    assert not contexts.add("one", ONE)
    with pytest.raises(ContextExists):
        contexts.add("one", TWO)
    assert contexts.get("one")[1] == ONE


def test_no_context_is_current_after_it_was_removed(tmp_path: Path) -> None:
    contexts = Contexts(tmp_path / "contexts.json")
    contexts.add("one", ONE)
    contexts.remove("one")
    with pytest.raises(NoContext):
        contexts.get(None)
    with pytest.raises(ContextUnknown):
        contexts.get("one")
    with pytest.raises(ContextUnknown):
        contexts.remove("one")


def test_what_a_context_lacks_is_named() -> None:
    assert ONE.require("account") == "a"
    with pytest.raises(ContextIncomplete, match="names no node"):
        ONE.require("node")


def test_a_file_of_the_first_scheme_is_read_and_written_as_the_second(tmp_path: Path) -> None:
    path = tmp_path / "contexts.json"
    kept = {"trust": "/trust.json", "account": "a", "node": "", "study": 2, "journal": "/j"}
    entry = {"endpoint": "http://127.0.0.1:8545", **kept}
    written = {"scheme": "swarm-charter/contexts/1", "current": "one", "contexts": {"one": entry}}
    path.write_text(json.dumps(written))
    contexts = Contexts.load(path)
    assert contexts.get(None) == ("one", ONE)
    contexts.save()
    again = json.loads(path.read_text())
    assert again["scheme"] == "swarm-charter/contexts/2"
    assert again["contexts"]["one"]["endpoints"] == ["http://127.0.0.1:8545"]
    assert Contexts.load(path) == contexts


GOOD = {"scheme": "swarm-charter/contexts/2", "current": "", "contexts": {}}
FIRST = {**GOOD, "scheme": "swarm-charter/contexts/1"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        json.dumps({**GOOD, "scheme": "swarm-charter/contexts/9"}),
        json.dumps({**GOOD, "contexts": []}),
        json.dumps({**FIRST, "contexts": {"one": {"endpoint": "x"}}}),
        json.dumps({**FIRST, "contexts": {"one": {"endpoint": 3, "trust": "y"}}}),
        json.dumps({**FIRST, "contexts": {"one": {"endpoints": ["x"], "trust": "y"}}}),
        json.dumps({**FIRST, "contexts": {"one": "x"}}),
        json.dumps({**GOOD, "contexts": {"one": {"endpoint": "x", "trust": "y"}}}),
        json.dumps({**GOOD, "contexts": {"one": {"endpoints": "x", "trust": "y"}}}),
        json.dumps({**GOOD, "contexts": {"one": {"endpoints": [], "trust": "y"}}}),
        json.dumps({**GOOD, "contexts": {"one": {"endpoints": [3], "trust": "y"}}}),
        json.dumps({**GOOD, "contexts": {"one": {"endpoints": ["x"]}}}),
        json.dumps({**GOOD, "contexts": {"one": {"endpoints": ["x"], "trust": 3}}}),
        json.dumps({**GOOD, "contexts": {"one": {"endpoints": ["x"], "trust": "", "study": "z"}}}),
        json.dumps({**GOOD, "contexts": {"one": {"endpoints": ["x"], "trust": "", "more": "z"}}}),
        json.dumps({**GOOD, "contexts": {"one": {"endpoints": ["x"], "trust": "", "ca": 3}}}),
    ],
)
def test_a_broken_file_is_said_to_be_broken(tmp_path: Path, text: str) -> None:
    path = tmp_path / "contexts.json"
    path.write_text(text)
    with pytest.raises(ContextsCorrupt):
        Contexts.load(path)


def test_a_path_that_is_no_text_is_kept(tmp_path: Path) -> None:
    contexts = Contexts(tmp_path / "contexts.json")
    contexts.add("a", Context(("http://a",), "/tru\udcfft.json"))
    contexts.save()
    assert Contexts.load(contexts.path).by_name["a"].trust == "/tru\udcfft.json"
    assert [each.name for each in tmp_path.iterdir()] == ["contexts.json"]


def test_a_file_nested_without_end_is_none(tmp_path: Path) -> None:
    path = tmp_path / "contexts.json"
    path.write_text("[" * 200_000)
    with pytest.raises(ContextsCorrupt):
        Contexts.load(path)
