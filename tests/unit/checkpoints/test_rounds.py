from __future__ import annotations

import hashlib
import json
import random
from pathlib import Path
from typing import Any

import eth_abi
import pytest

from governance.checkpoints import (
    Accepted,
    Refused,
    RoundRecord,
    RoundRecordInvalid,
    checkpoint_id,
    envelopes_root,
    round_record_from_canonical,
)
from governance.primitives import keccak, merkle_root
from governance.vocabulary import Contribution, Publication

VECTOR = json.loads(
    (Path(__file__).parents[2] / "vectors" / "checkpoint.json").read_text(encoding="utf-8")
)


def envelope(number: int) -> bytes:
    return hashlib.sha256(bytes([number])).digest()


def record(**changed: Any) -> RoundRecord:
    fields: dict[str, Any] = {
        "first": 1,
        "last": 2,
        "accepted": (
            Accepted(2, 1, envelope(1)),
            Accepted(1, 2, envelope(2)),
            Accepted(1, 1, envelope(3)),
        ),
        "refused": (Refused(2, 0, envelope(4), "NodeUnknown"),),
        "silent": (4, 3),
    }
    return RoundRecord(**(fields | changed))


def test_the_committed_record_has_the_committed_digest() -> None:
    assert record().canonical().decode() == VECTOR["round_record"]["canonical"]
    assert record().digest().hex() == VECTOR["round_record"]["digest"]
    assert record().envelopes_root().hex() == VECTOR["round_record"]["envelopes_root"]


def test_the_order_in_which_things_happened_changes_nothing() -> None:
    accepted = list(record().accepted)
    random.Random(1).shuffle(accepted)
    assert record(accepted=tuple(accepted), silent=(3, 4)) == record()


def test_contributions_count_the_rounds_merged() -> None:
    assert list(record().contributions().items()) == [(1, 2), (2, 1)]


def test_a_record_reads_back() -> None:
    assert round_record_from_canonical(record().canonical()) == record()


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: data + b" ",
        lambda data: data.replace(b'"silent":[3,4]', b'"silent":[4,3]'),
        lambda data: data.replace(b'"silent":[3,4]', b'"silent":["3"]'),
        lambda data: data.replace(b'"silent":[3,4]', b'"silent":[true]'),
        lambda data: data.replace(b"round/1", b"round/2"),
        lambda data: data.replace(b"NodeUnknown", b"not a code"),
        lambda data: data.replace(b'"last":2', b'"last":1'),
        lambda data: data.replace(b'"0x', b'"0y'),
        lambda data: b"[]",
        lambda data: b"\xff",
        lambda data: b"[" * 100_000,
    ],
)
def test_other_bytes_are_no_record(spoil: Any) -> None:
    with pytest.raises(RoundRecordInvalid):
        round_record_from_canonical(spoil(record().canonical()))


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"first": 0}, "counted from 1"),
        ({"last": 0}, "counted from 1"),
        ({"last": 1}, "round 2 is not among"),
        ({"accepted": (Accepted(1, 1, b"short"),)}, "not 32 bytes"),
        (
            {"accepted": (Accepted(1, 1, envelope(1)), Accepted(1, 1, envelope(1)))},
            "merged twice",
        ),
        ({"accepted": (Accepted(1, 0, envelope(1)),)}, "not counted from 1"),
        ({"silent": (1,)}, "silent and contributing"),
        ({"silent": (3, 3)}, "silent twice"),
        ({"refused": (Refused(1, 1, envelope(1), "no code"),)}, "no reason's code"),
    ],
)
def test_a_record_that_contradicts_itself_is_refused(changed: dict[str, Any], words: str) -> None:
    with pytest.raises(RoundRecordInvalid, match=words) as caught:
        record(**changed)
    assert caught.value.exit_status == 3


def test_the_tree_over_envelopes_is_the_same_whoever_grows_it() -> None:
    envelopes = [envelope(n) for n in range(7)]
    assert envelopes_root(envelopes) == envelopes_root(envelopes[::-1])
    assert envelopes_root(envelopes) == merkle_root(sorted(envelopes))


def test_a_tree_over_something_else_is_refused() -> None:
    with pytest.raises(ValueError, match="envelope"):
        envelopes_root([b"short"])


def test_two_nodes_may_sign_the_same_words() -> None:
    """Otherwise a node could spoil a round's record by copying another's update."""
    copied = (Accepted(1, 1, envelope(1)), Accepted(1, 2, envelope(1)))
    both = RoundRecord(1, 1, copied)
    assert both.contributions() == {1: 1, 2: 1}
    assert both.envelopes_root() == merkle_root([envelope(1)] * 2)


def publication(**changed: Any) -> Publication:
    fields: dict[str, Any] = {
        "round": 2,
        "parent": bytes(32),
        "digest": envelope(9),
        "contributions": (Contribution(1, 2), Contribution(2, 1)),
        "envelopes_root": record().envelopes_root(),
        "round_record": record().digest(),
    }
    return Publication(**(fields | changed))


def test_the_committed_publication_has_the_committed_identity() -> None:
    assert checkpoint_id(1, publication()).hex() == VECTOR["checkpoint"]["id"]


def test_a_checkpoint_is_the_hash_of_what_solidity_encodes() -> None:
    said = publication()
    encoded = eth_abi.encode(
        ["uint32", "(uint32,bytes32,bytes32,(uint32,uint32)[],bytes32,bytes32)"],
        [
            1,
            (2, said.parent, said.digest, [(1, 2), (2, 1)], said.envelopes_root, said.round_record),
        ],
    )
    assert checkpoint_id(1, said) == keccak(encoded)


@pytest.mark.parametrize(
    "changed",
    [
        {"round": 3},
        {"parent": envelope(1)},
        {"digest": envelope(1)},
        {"contributions": (Contribution(1, 2),)},
        {"envelopes_root": envelope(1)},
        {"round_record": envelope(1)},
    ],
)
def test_another_publication_or_version_is_another_checkpoint(changed: dict[str, Any]) -> None:
    assert checkpoint_id(1, publication(**changed)) != checkpoint_id(1, publication())
    assert checkpoint_id(2, publication()) != checkpoint_id(1, publication())


def test_what_does_not_fit_the_chain_is_no_checkpoint() -> None:
    with pytest.raises(ValueError, match="uint32"):
        checkpoint_id(1, publication(round=2**32))
    with pytest.raises(ValueError, match="bytes32"):
        checkpoint_id(1, publication(digest=b"short"))


def test_two_nodes_of_an_institution_count_as_one_round() -> None:
    accepted = (
        Accepted(1, 1, envelope(1)),
        Accepted(1, 1, envelope(2)),
        Accepted(2, 1, envelope(3)),
    )
    assert RoundRecord(1, 2, accepted).contributions() == {1: 2}
