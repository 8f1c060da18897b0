"""Who validates follows from the vote: a member more, and a member less, while a study runs."""

from __future__ import annotations

import shutil
import time
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from deploy.anvil import free_port
from deploy.network import process
from governance.audit import Basis
from governance.audit.collect import Order
from governance.audit.collect import collect as gather
from governance.audit.errors import EvidenceUnproven
from governance.audit.verify import verify as verified
from governance.chain.calls import call_data
from governance.chain.errors import AccountNotInStep
from governance.chain.house import Trust
from governance.chain.keystore import Keystore
from governance.chain.queries import transaction_count
from governance.chain.seals import header_at
from governance.chain.submit import sign_down, submit
from tests.journeys.swarm import PASSPHRASE
from tests.network.consortium import CHAIN_ID, Consortium, until
from tests.network.test_evidence import collect, judgement, verify

if TYPE_CHECKING:
    from collections.abc import Iterator

    from governance.chain.journal import Signed
    from tests.journeys.swarm import Swarm

FIFTH = "echo"


@pytest.fixture(scope="module")
def five(engine: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Consortium]:
    """Four members whose validators are registered and kept in step, and a study that runs."""
    own = Consortium(tmp_path_factory.mktemp("five"))
    with ExitStack() as stack:
        # So that the first block has the seal of the one that is expelled.
        stack.enter_context(own.running("alpha", "beta", "gamma"))
        stack.callback(process.down, own.place(FIFTH))
        swarm = own.found()
        for name in own.names:
            swarm.good("context", "set", name, "--endpoint", own.endpoint(name))
        watch(stack, own, *own.names)
        swarm.admit_applicant()
        for name in own.names:
            swarm.good("validator", "register", str(own.place(name).key_file), who=name)
        swarm.run_study("alpha", "beta", "gamma")
        yield own


def watch(stack: ExitStack, consortium: Consortium, *names: str) -> None:
    """Has validators follow the swarm until the stack ends."""
    for name in names:
        folder = str(consortium.place(name).path)
        words = ("network", "sync", "--watch", "--yes", "--dir", folder)
        started = consortium.swarm.start(*words, who=name)
        stack.callback(started.communicate, timeout=30)
        stack.callback(started.terminate)


def makers(consortium: Consortium, count: int) -> set[str]:
    """Who proposed or sealed one of the newest blocks."""
    found: set[str] = set()
    with consortium.rpc("alpha") as rpc:
        newest = int(rpc.call("eth_blockNumber"), 16)
        for number in range(newest - count + 1, newest + 1):
            header = header_at(rpc, number)
            found |= {header.proposer, *header.sealers}
    return found


def test_a_fifth_member_validates(five: Consortium) -> None:
    """It is no member when it applies, so a member sends for it what it signs."""
    swarm = five.swarm
    swarm.new_key(FIFTH)
    swarm.add_context(FIFTH, FIFTH)
    _by_post(swarm, "join", *swarm.join_words()[1:])
    proposal = swarm.good("propose", "admit", "5", who="alpha")["proposal"]
    swarm.decide(proposal, "alpha", "beta", "gamma")

    place = five.place(FIFTH)
    where = ("--dir", str(place.path))
    swarm.good(
        *("network", "key", "--name", "Echo Hospital", "--account", FIFTH, "--host", "127.0.0.1"),
        *("--port", str(free_port()), "--chain-id", str(CHAIN_ID), *where),
    )
    _by_post(swarm, "validator", "register", str(place.key_file))
    for name in five.names:
        shutil.copy(place.card_file, five.place(name).cards / "echo.json")
    cards = [str(five.place(name).card_file) for name in five.names]
    port = ("--rpc-port", str(free_port()))
    assert swarm.run("network", "assemble", *cards, *port, *where).status == 2
    told = swarm.good("network", "assemble", *cards, *port, "--joining", *where)
    assert told["digest"] == five.place("alpha").assembled().digest
    swarm.good("network", "up", *where)

    own = five.card(FIFTH).validator
    until(lambda: own in five.see("alpha").validators, 180)
    begun = five.block("alpha")
    # Where four seals are enough and it is the slowest of five, blocks may do without its seal; but
    # each fifth is its own.
    until(lambda: own in makers(five, five.block("alpha") - begun))
    swarm.good("context", "set", FIFTH, "--endpoint", five.endpoint(FIFTH))
    assert swarm.good("status", who=FIFTH)["institution"] == 5


def test_an_expelled_member_validates_no_more(five: Consortium) -> None:
    swarm = five.swarm
    expelled = five.card("gamma").validator
    proposal = swarm.good("member", "expel", "3", who="alpha")["proposal"]
    swarm.decide(proposal, "alpha", "beta", "delta")
    until(lambda: expelled not in five.see("alpha").validators, 180)
    last = five.block("alpha")

    # The study goes on with those who are left, and the one that was expelled seals none of it.
    package = swarm.train(1, "alpha", "beta")
    swarm.good("publish", "--package", package, who="alpha")
    swarm.good("attest", "--package", package, who="beta")
    newest = five.block("alpha")
    assert newest > last
    assert expelled not in makers(five, newest - last)

    # Nobody is connected to it or takes what it sends, and by itself it finds no way back.
    until(lambda: expelled not in five.see("alpha").peers, 120)
    with five.rpc("alpha") as rpc, pytest.raises(AccountNotInStep):
        submit(rpc, _act_of(five, "gamma"), first=True)
    process.down(five.place("gamma"))
    process.up(five.place("gamma"))
    with five.rpc("gamma") as rpc:
        rpc.call("admin_addPeer", five.card("alpha").enode)
    end = time.monotonic() + 15
    while time.monotonic() < end:
        assert expelled not in five.see("alpha").peers
        time.sleep(0.5)
    process.down(five.place(FIFTH))


def _act_of(consortium: Consortium, name: str) -> Signed:
    """A transaction of an institution's account, which the contracts may refuse or not."""
    signer = Keystore(consortium.home / "keystores").unlock(name, PASSPHRASE)
    house = consortium.swarm.follower().house
    with consortium.rpc("alpha") as rpc:
        return sign_down(
            signer,
            chain_id=CHAIN_ID,
            nonce=transaction_count(rpc, signer.address),
            to=house.swarm,
            data=call_data("Swarm", "leave", ()),
            gas=1_000_000,
            description="leave",
        )


def _by_post(swarm: Swarm, *words: str) -> None:
    """What the fifth signs, a member sends."""
    file = Path(swarm / f"{'-'.join(words[:2])}.json".replace("--", ""))
    swarm.good(*words, "--sign-only", str(file), who=FIFTH)
    swarm.good("relay", "send", str(file), who="alpha")


def test_the_evidence_of_all_this_needs_no_other_trust_file(
    five: Consortium, tmp_path: Path
) -> None:
    """A validator came and one went: who has the first trust file alone follows by the seals."""
    swarm = five.swarm
    trust = Trust.load(swarm.home / "trust.json")
    assert set(trust.validators) == {five.card(name).validator for name in five.names}
    left = [five.card(name).validator for name in ("alpha", "beta", "delta", FIFTH)]
    verdicts = []
    # The one that was expelled hears nothing of what is done from here on.
    swarm.good("node", "register", "delta-node", who="delta")
    for name in ("alpha", "beta", "delta"):
        told = collect(swarm, f"{name}.zip", five.endpoint("gamma"), five.endpoint(name))
        assert told.status == 0, told.err
        (behind,) = told.json["endpoints_behind"]
        assert behind["endpoint"] == five.endpoint("gamma")
        assert behind["block"] < told.json["block"]
        assert five.endpoint("gamma") in told.err
        status, report = verify(swarm / f"{name}.zip", swarm / "trust.json", tmp_path / name)
        verdicts.append((status, judgement(report)))
        assert (report["proof"]["basis"], report["proof"]["validators"]) == ("seals", 4)
        assert set(report["proof"]["sealers"]) <= set(left)
    assert verdicts[0][1]["members"] == [1, 2, 4, 5]
    assert all(each == verdicts[0] for each in verdicts)

    # Who began with the one that was expelled needs headers in between, and they are in the bundle.
    few = replace(trust, validators=(five.card("gamma").validator,))
    with five.rpc("alpha") as rpc:
        bundle = gather(rpc, Order(few)).bundle
    assert bundle.seal is not None
    proof = verified(bundle.to_bytes(), few).proof
    assert (proof.basis, proof.headers) == (Basis.SEALS, len(bundle.seal.headers))
    assert proof.headers > 1
    with pytest.raises(EvidenceUnproven, match="is not sealed"):
        verified(
            replace(bundle, seal=replace(bundle.seal, headers=bundle.seal.headers[1:])).to_bytes(),
            few,
        )
