"""One chain for all journeys, and swarms on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from deploy import embedded
from deploy.anvil import free_port
from tests.journeys.swarm import TERMS, Swarm

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="session")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A running chain's JSON-RPC."""
    folder = tmp_path_factory.mktemp("chain")
    yield embedded.up(folder, port=free_port()).endpoint
    embedded.down(folder)


@pytest.fixture
def swarm(endpoint: str, tmp_path: Path) -> Swarm:
    """A swarm that was just founded by three hospitals; a fourth has keys and a context."""
    return Swarm.found(tmp_path, endpoint)


@pytest.fixture(scope="session")
def lived(endpoint: str, tmp_path_factory: pytest.TempPathFactory) -> Swarm:
    """A swarm in which something of everything has happened; nobody changes it any more.

    Members are alpha, beta, gamma and delta; echo has applied; foxtrot is a stranger. Alpha and
    beta have signed study 1, whose round 1 is final and has earned 10.00 EUR, of which alpha has
    had its own share paid; gamma's node is revoked. Study 2 is open and nobody has signed it.
    Proposal 2 is open; alpha is in favour.
    """
    swarm = Swarm.found(tmp_path_factory.mktemp("lived"), endpoint)
    swarm.admit_applicant()
    swarm.run_study("alpha", "beta")
    package = swarm.train(1, "alpha", "beta")
    swarm.good("publish", "--package", package, who="alpha")
    swarm.good("attest", "--package", package, who="beta")
    swarm.write("model.bin", "a model")
    document = ["--document", swarm / "profile.txt"]
    swarm.good("benefit", "declare", "10.00", "EUR", *document, who="alpha")
    swarm.good("benefit", "pay", "1", "1", *document, who="alpha")

    swarm.good("node", "register", "gamma-node", who="gamma")
    swarm.good("node", "revoke", "gamma-node", "--yes", who="gamma")
    swarm.new_key("echo")
    swarm.new_key("foxtrot")
    swarm.add_context("echo", "echo", study="1")
    swarm.add_context("foxtrot", "foxtrot", study="1")
    swarm.good(*swarm.join_words(), who="echo")
    other = swarm.write("terms-2.yaml", TERMS.replace("rounds: 50", "rounds: 60"))
    swarm.good("study", "open", other, who="alpha")
    proposal = swarm.good("propose", "rules", "--quorum", "70", who="alpha")["proposal"]
    swarm.good("vote", str(proposal), "for", who="alpha")
    return swarm
