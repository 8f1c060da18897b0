"""A whole institution's day from a shell, on the consortium's chain; the script is the same."""

from __future__ import annotations

import subprocess
import sys
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from tests.journeys.swarm import TERMS
from tests.journeys.test_institution_day import ROOT, SCRIPT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.journeys.swarm import Swarm
    from tests.network.consortium import Consortium


@contextmanager
def in_step(consortium: Consortium) -> Iterator[None]:
    """Each validator follows the swarm inside the block, by its own `charter network sync`."""
    with ExitStack() as stack:
        for name in consortium.names:
            folder = str(consortium.place(name).path)
            watch = consortium.swarm.start(
                *("network", "sync", "--watch", "--yes", "--dir", folder), who="alpha"
            )
            stack.callback(watch.communicate, timeout=30)
            stack.callback(watch.terminate)
        yield


def test_the_day_of_an_institution(consortium: Consortium) -> None:
    swarm = consortium.swarm
    for name in consortium.names:
        swarm.good("context", "set", name, "--endpoint", consortium.endpoint(name))
    with in_step(consortium):
        study = _ready(swarm)
        path = f"{sys.executable.rpartition('/')[0]}:{swarm.environment['PATH']}"
        day = subprocess.run(
            ["sh", str(SCRIPT), "table"],
            env={**swarm.environment, "PATH": path, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            timeout=500,
            check=False,
        )
    assert day.returncode == 0, day.stdout + day.stderr
    assert "Traceback" not in day.stderr
    assert "Nothing was found." in day.stdout
    found = swarm.follower().state
    assert found.swarm.is_member(4)
    assert [final.round for final in found.study(study).finals] == [1]


def _ready(swarm: Swarm) -> int:
    """Three founders who have signed a study that waits for the fourth."""
    terms = swarm.write("terms-3.yaml", TERMS.replace("quorum: 2", "quorum: 3"))
    study = int(swarm.good("study", "open", terms, who="alpha")["study"])
    for name in ("alpha", "beta", "gamma"):
        swarm.good(*swarm.sign_words(study), who=name)
    for name in ("alpha", "beta"):
        swarm.good("node", "register", f"{name}-node", who=name)
    return study
