"""Single events of real Besu blocks, sealed by real validators."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from governance.audit.event_proof import EventProof
from governance.audit.verify_event import EventNotProven, verify_event
from governance.chain.house import Trust
from governance.chain.qbft import Header
from tests.network.consortium import INSTITUTIONS, until

if TYPE_CHECKING:
    from tests.network.consortium import Consortium


def test_an_event_is_proven_by_each_validator_and_verified_without_network(
    consortium: Consortium,
) -> None:
    swarm = consortium.swarm
    swarm.new_key("proven-node")
    block = swarm.good("node", "register", "proven-node", who="alpha")
    length = swarm.head()[0]
    # A block is with the others a moment after it is final.
    until(lambda: all(consortium.block(name) >= block["block"] for name in INSTITUTIONS), 30)
    trust = Trust.load(swarm.home / "trust.json")
    assert trust.validators
    told: dict[str, dict[str, Any]] = {}
    for name in INSTITUTIONS:
        out = swarm / f"event-{name}.json"
        words = ["audit", "prove-event", "--number", str(length), "-o", out]
        where = ["--trust", swarm / "trust.json", "--endpoint", consortium.endpoint(name)]
        swarm.good(*words, *where)
        verify = ["audit", "verify-event", out, "--trust", swarm / "trust.json"]
        told[name] = swarm.good(*verify)
    # Which seals a validator keeps with a block is its own; what is proven is not.
    assert len({json.dumps(each["fields"]) + each["id"] for each in told.values()}) == 1
    found = told["alpha"]
    assert (found["event"], found["of_the_house"], found["basis"]) == (
        "NodeRegistered",
        True,
        "seals",
    )
    assert found["block"] == block["block"]
    assert (len(found["sealers"]), found["validators"]) == (3, 4)

    proof = EventProof.from_bytes(Path(swarm / "event-alpha.json").read_bytes())
    header = Header.from_raw(proof.headers[-1])
    fewer = header.with_seals(header.seals[:2]).raw
    with pytest.raises(EventNotProven, match="two thirds"):
        verify_event(replace(proof, headers=(*proof.headers[:-1], fewer)), trust)
    others = replace(trust, validators=tuple(reversed(trust.founders)))
    with pytest.raises(EventNotProven, match="believed last"):
        verify_event(proof, others)


def test_a_watch_countersigns_on_the_consortium_chain(consortium: Consortium) -> None:
    swarm = consortium.swarm
    for name in ("first-node", "second-node"):
        swarm.new_key(name)
    # Whatever gamma has countersigned before, there is more now.
    swarm.good("node", "register", "first-node", who="beta")
    watch = swarm.start(
        "history", "countersign", "--watch", "--every", "1", "--format", "json", who="gamma"
    )
    try:
        assert watch.stdout is not None
        first = json.loads(watch.stdout.readline())
        swarm.good("node", "register", "second-node", who="beta")
        second = json.loads(watch.stdout.readline())
        assert second["length"] == first["length"] + 1
        watch.terminate()
        out, err = watch.communicate(timeout=30)
        assert (watch.returncode, out) == (0, ""), err
    finally:
        watch.kill()
        watch.wait()
    listed = swarm.good("history", "countersignatures", who="alpha")
    assert [each["length"] for each in listed["countersignatures"]][-2:] == [
        first["length"],
        second["length"],
    ]
    assert {each["history"] for each in listed["countersignatures"]} == {"fits"}
