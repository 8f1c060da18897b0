"""Random histories: hash chain, fold and contracts agree after each of them."""

from __future__ import annotations

import os
import secrets
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule, run_state_machine_as_test

from deploy.anvil import Anvil, free_port
from governance.vocabulary import NodeStanding, Standing
from tests.integration.histories.benefits_rules import BenefitsRules
from tests.integration.histories.chain import CHAIN_ID, GENESIS, Chain
from tests.integration.histories.checkpoint_rules import CheckpointRules
from tests.integration.histories.machine import index, pick
from tests.integration.histories.plans import friendly
from tests.integration.histories.seen import Seen
from tests.integration.histories.swarm_rules import SwarmRules
from tests.integration.histories.voting_rules import GovernorRules

if TYPE_CHECKING:
    from collections.abc import Iterator

_STEPS = 50
_EXPULSION = 3
_HISTORIES = 200
_MORE = 5
_CAMPAIGN = "CHARTER_HISTORIES"
"""How many histories to try instead, chosen anew in each run."""
_SEED = "CHARTER_SEED"
"""The number that a campaign printed, to play the same one again."""


class Histories(SwarmRules, GovernorRules, CheckpointRules, BenefitsRules):
    """Everything that a person or a node can do, in any order."""

    @initialize(
        depth=st.sampled_from([0, 1, 2, 3, 4, 4, 5, 5, 5, 5]),
        what=index,
        outside=st.sampled_from([None, None, None, Standing.APPLICANT, Standing.EXPELLED]),
    )
    def begin(self, depth: int, what: int, outside: Standing | None) -> None:
        """Histories begin at different depths, or few would get anywhere in so few steps."""
        self.salt = what
        if depth > 0:
            self._everyone_runs_a_node()
        if depth > 1:
            self._open(self.account_of(pick(self.members, what)), friendly(what))
            self._everyone_signs(1)
        if depth > 2:
            study = self.state.studies[1]
            self.act(self.account_of(study.opener), study.address, "Study", "start")
        if depth > 3:
            self._train(self.state.studies[1], what)
            self._train(self.state.studies[1], what + 1)
        if depth > 4:
            study = self.state.studies[1]
            self._declare(study, self.account_of(study.opener), 10_000_001 + what)
        if outside is Standing.APPLICANT:
            self.apply_for_membership(what, what)
        elif outside is Standing.EXPELLED:
            self._decide(what, _EXPULSION, what)

    @rule(who=index, what=index)
    def meddle(self, who: int, what: int) -> None:
        """Who is no member, account or node yet, or any more, tries what it could do as one."""
        swarm = self.state.swarm
        outside = [each for each in swarm.institutions.values() if not each.is_member]
        others = [each.account for each in outside]
        others += [each for each in swarm.accounts if swarm.institution_of(each) is None]
        others += [
            each.address for each in swarm.nodes.values() if each.standing is NodeStanding.REVOKED
        ]
        if not others:
            return
        sender = pick(others, who)
        self._propose(sender, what, who)
        self._vote(sender, len(self.state.proposals), 1)
        for study in self.studies():
            self._sign(sender, study, study.in_force)
            self._publish(study, sender, self.publication(study, what))
            self._attest(study, sender, self._identity(study, what), 2)
            self._declare(study, sender, 100)


@pytest.fixture(scope="session")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chain]:
    """A chain of this test's own, ended with it."""
    folder = tmp_path_factory.mktemp("histories")
    with Anvil(folder, free_port(), CHAIN_ID, GENESIS) as anvil:
        yield Chain(anvil.rpc, folder)


@pytest.mark.chain
@pytest.mark.timeout(0)
def test_hash_chain_fold_and_views_agree(chain: Chain) -> None:
    campaign = os.environ.get(_CAMPAIGN)
    histories = int(campaign) if campaign else _HISTORIES
    chosen = int(os.environ.get(_SEED) or secrets.randbits(32))
    seen = Seen()

    class Here(Histories):
        def __init__(self) -> None:
            super().__init__(chain, seen)

    if campaign:
        print(f"{_SEED}={chosen}")
        seed(chosen)(Here)
    _run(Here, histories, derandomize=campaign is None)
    # Which histories come by chance changes with every module that is added anywhere; what chance
    # has left out comes with a few more.
    for number in range(_MORE):
        if histories < _HISTORIES or not seen.missing():
            break
        _run(seed(number)(_another(Here)), _HISTORIES // _MORE, derandomize=False)
    print(seen.report())
    assert seen.histories >= histories
    # Few histories need not see everything.
    assert histories < _HISTORIES or seen.missing() == []


def _another(machine: type[Histories]) -> type[Histories]:
    """The same once more: a seed belongs to a class."""
    return type("Here", (machine,), {})


def _run(machine: type[Histories], histories: int, *, derandomize: bool) -> None:
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=histories,
            stateful_step_count=_STEPS,
            deadline=None,
            database=None,
            derandomize=derandomize,
            suppress_health_check=list(HealthCheck),
        ),
    )
