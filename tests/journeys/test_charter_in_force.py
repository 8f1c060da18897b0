"""Terms that omit what the charter in force prohibits are neither opened nor amended nor signed."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.journeys.swarm import CHARTER, TERMS, Swarm

STRICTER = CHARTER.replace("text:", "  - Employment decisions\ntext:")


def test_terms_are_held_against_the_charter_in_force_whenever_they_count(swarm: Swarm) -> None:
    study = swarm.good("study", "open", swarm / "terms.yaml", who="alpha")["study"]
    swarm.good(*swarm.sign_words(study), who="alpha")
    stricter = swarm.write("stricter.yaml", STRICTER)
    proposal = swarm.good("propose", "charter", stricter, who="alpha")["proposal"]
    swarm.decide(proposal, "alpha", "beta")
    other = swarm.write("other.yaml", TERMS.replace("rounds: 50", "rounds: 40"))
    head = swarm.head()

    acts = (
        swarm.sign_words(study),
        ["study", "open", other],
        ["study", "amend", str(study), "--terms", other],
    )
    # Nobody here has shown the new charter yet: then nothing is signed unseen.
    for words in acts:
        result = swarm.run(*words, who="beta")
        assert (result.status, result.out) == (2, "")
        assert "Error [CharterNotAtHand]" in result.err
    assert swarm.run(*acts[0], "--charter", swarm / "charter.yaml", who="beta").status == 2
    for words in acts:
        error = swarm.run(*words, "--charter", stricter, "--format", "json", who="beta").error
        assert error["code"] == "CharterProhibitionMissing"
        assert "“Employment decisions”" in error["message"]
    assert swarm.head() == head

    # The terms that were amended can be signed; the document has to be shown once.
    good = swarm.write(
        "good.yaml", TERMS.replace("participants:", "  - Employment decisions\nparticipants:", 1)
    )
    swarm.good("study", "amend", str(study), "--terms", good, "--charter", stricter, who="alpha")
    assert swarm.good(*swarm.sign_words(study), who="beta")["version"] == 2
    report = swarm.run("audit", "--charter", stricter, "--format", "json", who="alpha")
    found = [each for each in report.json["findings"] if each["id"] == "prohibition-missing"]
    assert (report.status, [each["subject"] for each in found]) == (
        1,
        [f"study {study}, version 1 of the terms"],
    )


def test_a_document_that_was_changed_is_not_the_one_that_was_kept(swarm: Swarm) -> None:
    (kept,) = (swarm.home / "charters").iterdir()
    assert kept.read_text(encoding="utf-8") == CHARTER
    kept.write_text(CHARTER.replace("Re-identification", "Nothing"), encoding="utf-8")
    result = swarm.run("study", "open", swarm / "terms.yaml", who="alpha")
    assert "Error [CharterNotAtHand]" in result.err
    shutil.rmtree(kept.parent)
    swarm.good(
        "study", "open", swarm / "terms.yaml", "--charter", swarm / "charter.yaml", who="alpha"
    )
    assert Path(kept).read_text(encoding="utf-8") == CHARTER
