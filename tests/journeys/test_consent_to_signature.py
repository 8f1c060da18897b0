"""From patients' answers to a signature and past a withdrawal, as docs/consent.md has it."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from tests.journeys.test_consent import NAMES, bundle, patients
from tests.journeys.test_readiness import furnish

if TYPE_CHECKING:
    from tests.journeys.swarm import Swarm

PAGE = (Path(__file__).parents[2] / "docs" / "consent.md").read_text(encoding="utf-8")
FILES = re.compile(r"[a-z]+\.(csv|json|yaml)|exports")


def commands() -> list[str]:
    """The lines of the page, without their remarks."""
    (block,) = re.findall(r"```sh\n(charter consent import.*?)```", PAGE, re.DOTALL)
    return [line.partition("#")[0].strip() for line in block.splitlines()]


def run(swarm: Swarm, line: str, study: int) -> str:
    """Runs a line in the second institution's name; its output goes where the line says."""
    words, _, into = line.partition(" > ")
    _, *given = shlex.split(re.sub(r"(--study|sign|renew-consent) 1\b", rf"\1 {study}", words))
    given = [swarm / word if FILES.fullmatch(word) else word for word in given]
    result = swarm.run(*(NAMES[0] if each == "PSEUDONYM" else each for each in given), who="beta")
    assert result.status == 0, (line, result.err)
    if into:
        swarm.write(into, result.out)
    return result.out


def test_the_lines_of_the_page_do_what_it_says(swarm: Swarm) -> None:
    furnish(swarm)
    (swarm.home / "data.csv").rename(swarm.home / "patients.csv")
    (swarm.home / "exports").mkdir()
    (swarm.home / "exports" / "all.json").write_text(json.dumps(bundle(*patients())))
    study = swarm.good("study", "open", swarm / "asking.yaml", who="alpha")["study"]
    roots, told = [], {}
    for line in commands():
        told[line.split()[2], len(roots)] = run(swarm, line, study)
        found = swarm.follower().state.study(study).participations
        if found and found[2].consent not in roots:
            roots.append(found[2].consent)
    signed = json.loads((swarm.home / "readiness.json").read_bytes())
    assert signed["consent"] == {"asked": 4, "permitting": 2}
    assert len(roots) == 2
    assert NAMES[0] in (swarm.home / "records.csv").read_text()
    assert "permits" in told["verify-proof", 2]
    proof = json.loads((swarm.home / "proof.json").read_bytes())
    assert (proof["pseudonym"], proof["permits"]) == (NAMES[0], False)
    state = swarm.follower().state.study(study)
    assert [(each.institution, each.consent) for each in state.signatures] == [(2, roots[0])]
    assert [(each.institution, each.consent) for each in state.renewals] == [(2, roots[1])]
