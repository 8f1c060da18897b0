"""A swarm's history in two bundles: carried by countersignatures, and sealed by validators."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest

from deploy import embedded
from deploy.anvil import free_port
from governance.audit.collect import Order, collect
from governance.chain.house import Trust
from governance.chain.keystore import Keystore
from governance.chain.proven import shown
from governance.chain.queries import head
from governance.chain.rpc import Rpc
from governance.chain.seals import header_at
from tests.audit.tampering import Evidence
from tests.integration.sealing import Sealing, validator
from tests.journeys.swarm import PASSPHRASE, Swarm

if TYPE_CHECKING:
    from collections.abc import Iterator

BLOCKS_OF_A_SET = 8
"""After so many blocks other validators seal; of those before, at most five go on."""


def sealing_at(number: int) -> list[str]:
    """The validators of a block, four to seven of them."""
    term = number // BLOCKS_OF_A_SET
    return [f"validator {each}" for each in range(2 * term, 2 * term + 4 + term % 4)]


@dataclass(frozen=True, slots=True)
class Bundles:
    """The same history twice, as it stood at one time."""

    unsealed: Evidence
    sealed: Evidence


@pytest.fixture(scope="session")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bundles]:
    """A study with two final rounds, each bundle with the one after the first round before it.

    Three founders countersigned the founding, let a fourth in and vouched for that. Then rounds
    are trained, published and attested; there is revenue with a payment, an account rotated, a
    withdrawal; at the end of each bundle three or four institutions vouch for its head.
    """
    folder = tmp_path_factory.mktemp("chain")
    endpoint = embedded.up(folder, port=free_port()).endpoint
    swarm = Swarm.found(tmp_path_factory.mktemp("swarm"), endpoint)
    founders = ("alpha", "beta", "gamma")
    _countersigned(swarm, *founders)
    swarm.admit_applicant()
    _countersigned(swarm, *founders)
    swarm.run_study(*founders)
    _final(swarm, 1)
    _countersigned(swarm, *founders)
    with Rpc(endpoint) as rpc:
        earlier = _collected(swarm, rpc)
        _final(swarm, 2)
        document = ["--document", swarm / "profile.txt"]
        swarm.good("benefit", "declare", "10.00", "EUR", *document, who="alpha")
        swarm.good("benefit", "pay", "1", "1", *document, who="alpha")
        swarm.new_key("beta-2")
        swarm.good("account", "rotate", "beta-2", "--yes", who="beta")
        swarm.good("study", "withdraw", "--reason", "legal", "--yes", who="gamma")
        _countersigned(swarm, *founders, "delta")
        yield _collected(swarm, rpc, earlier)
    embedded.down(folder)


@pytest.fixture(scope="session", params=["unsealed", "sealed"])
def evidence(bundles: Bundles, request: pytest.FixtureRequest) -> Evidence:
    """The whole history, proven by countersignatures or by seals."""
    found: Evidence = getattr(bundles, request.param)
    return found


def _final(swarm: Swarm, number: int) -> None:
    package = swarm.train(number, "alpha", "beta", evidence=f"evidence-{number}.jsonl")
    swarm.good("publish", "--package", package, who="alpha")
    swarm.good("attest", "--package", package, who="beta")


def _countersigned(swarm: Swarm, *names: str) -> None:
    for name in names:
        swarm.good("history", "countersign", who=name)


def _collected(swarm: Swarm, rpc: Rpc, earlier: Bundles | None = None) -> Bundles:
    trust = Trust.load(swarm.home / "trust.json")
    logs = [path.read_bytes() for path in sorted(swarm.home.glob("evidence-*.jsonl"))]
    unsealed = collect(rpc, Order(trust), logs).bundle
    sealing = Sealing(rpc, sealing_at)
    named = replace(trust, validators=tuple(map(validator, sealing_at(0))))
    with sealing.serve() as url, Rpc(url) as behind:
        sealed = collect(behind, Order(named), logs).bundle
        newest = head(behind).number
        blocks = {number: header_at(behind, number) for number in range(newest + 1)}
        others = shown(behind, swarm.follower().state.study(1).address, newest)
    store = Keystore(swarm.home / "keystores")
    keys = {name: store.unlock(name, PASSPHRASE) for name in store.addresses()}
    return Bundles(
        Evidence(unsealed, trust, blocks, others, earlier and earlier.unsealed, keys),
        Evidence(sealed, named, blocks, others, earlier and earlier.sealed, keys),
    )
