from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.consent import (
    ConsentDecisionsInvalid,
    Decision,
    commit,
    new_salts,
    verify,
)
from governance.primitives import merkle_verify

VECTOR = json.loads(
    (Path(__file__).parents[2] / "vectors" / "consent.json").read_text(encoding="utf-8")
)
PATIENTS = [Decision(f"P{number}", permits=number % 3 != 0) for number in range(11)]

decisions = st.dictionaries(
    st.text(st.characters(codec="utf-8"), min_size=1), st.booleans(), min_size=1
).map(lambda known: [Decision(name, permits) for name, permits in known.items()])


def test_the_committed_decisions_have_the_committed_root() -> None:
    known = [Decision(d["pseudonym"], d["permits"]) for d in VECTOR["decisions"]]
    salts = {d["pseudonym"]: bytes.fromhex(d["salt"]) for d in VECTOR["decisions"]}
    assert commit(known, salts).root.hex() == VECTOR["root"]
    assert commit(known[::-1], salts).root.hex() == VECTOR["root"]


@given(decisions)
def test_every_patient_can_be_proven(known: list[Decision]) -> None:
    commitment = commit(known, new_salts(known))
    assert commitment.size == len(known)
    assert commitment.permitting == sum(decision.permits for decision in known)
    for decision in known:
        proof = commitment.prove(decision.pseudonym)
        assert proof.decision == decision
        assert verify(proof, commitment.root)


def test_a_proof_of_something_else_proves_nothing() -> None:
    commitment = commit(PATIENTS, new_salts(PATIENTS))
    proof = commitment.prove("P4")
    for forged in (
        dataclasses.replace(proof, decision=Decision("P4", permits=not proof.decision.permits)),
        dataclasses.replace(proof, decision=Decision("P5", permits=True)),
        dataclasses.replace(proof, salt=bytes(32)),
        dataclasses.replace(proof, index=(proof.index + 1) % proof.size),
        dataclasses.replace(proof, size=proof.size * 2),
        dataclasses.replace(proof, path=proof.path[:-1]),
        dataclasses.replace(proof, path=()),
    ):
        assert not verify(forged, commitment.root)
    assert not verify(proof, bytes(32))


def test_fresh_salts_hide_the_same_decisions_under_another_root() -> None:
    first, second = (commit(PATIENTS, new_salts(PATIENTS)).root for _ in range(2))
    assert first != second


def test_without_the_salt_a_guess_cannot_be_confirmed() -> None:
    commitment = commit(PATIENTS, new_salts(PATIENTS))
    proof = commitment.prove("P4")
    guess = b'{"permits":true,"pseudonym":"P4","scheme":"swarm-charter/consent/1"}'
    assert not merkle_verify(guess, proof.index, proof.size, proof.path, commitment.root)
    assert len(set(new_salts(PATIENTS).values())) == len(PATIENTS)


@pytest.mark.parametrize(
    ("known", "salts", "words"),
    [
        ([], {}, "no decisions"),
        ([Decision("", permits=True)], {"": bytes(32)}, "no pseudonym"),
        (
            [Decision("a", permits=True), Decision("a", permits=False)],
            {"a": bytes(32)},
            "stands there twice",
        ),
        ([Decision("a", permits=True)], {}, "salt is missing"),
        ([Decision("a", permits=True)], {"a": bytes(16)}, "not 32 bytes"),
        (
            [Decision("a", permits=True), Decision("b", permits=True)],
            {"a": bytes(32), "b": bytes(32)},
            "the same salt",
        ),
    ],
)
def test_wrong_decisions_are_refused(
    known: list[Decision], salts: dict[str, bytes], words: str
) -> None:
    with pytest.raises(ConsentDecisionsInvalid, match=words):
        commit(known, salts)


def test_an_unknown_patient_cannot_be_proven_and_is_not_named() -> None:
    with pytest.raises(ConsentDecisionsInvalid) as caught:
        commit(PATIENTS, new_salts(PATIENTS)).prove("Erika Mustermann")
    assert "Erika" not in caught.value.message + caught.value.remedy
